"""The congresses that are followed, and their sessions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.model import Abstract, Session
from pipelines.store.reader import Reader

LAST_TALK = timedelta(minutes=15)  # a catalogue says when talks start; the last one of a session takes this long


def congresses(reader: Reader) -> pa.Table:
    """Followed congresses in the order of their days, each with how many posts are kept."""
    return reader.ask(
        """
        SELECT c.congress_id AS id, c.* EXCLUDE (congress_id), coalesce(m.post_count, 0) AS post_count
        FROM congresses c LEFT JOIN (
            SELECT congress_id, count(*) AS post_count FROM matches WHERE visible GROUP BY ALL
        ) m USING (congress_id)
        ORDER BY c.starts_on, c.congress_id
        """
    )


def catalogue(reader: Reader, congress_id: str) -> pa.Table:
    """The catalogue as it was last taken in, by number; times are naive UTC."""
    return reader.ask("FROM abstracts WHERE congress_id = $congress_id ORDER BY number", congress_id=congress_id)


def sessions(reader: Reader, congress_id: str, start: datetime, end: datetime) -> pa.Table:
    """Sessions that touch [start, end), in order of their start."""
    return reader.ask(
        """
        SELECT session_id, title, starts_at, ends_at, kind FROM sessions
        WHERE congress_id = $congress_id AND starts_at < $end AND ends_at > $start
        ORDER BY starts_at, ends_at, session_id
        """,
        congress_id=congress_id,
        start=start,
        end=end,
    )


def sessions_of(abstracts: Iterable[Abstract]) -> tuple[Session, ...]:
    """The programme as far as a catalogue tells it: one session per name and UTC day, from its first talk to its last."""
    slots: dict[tuple[str, str], list[Abstract]] = {}
    for each in abstracts:
        if each.session and each.starts_at:
            slots.setdefault((each.session, f"{each.starts_at:%Y-%m-%d}"), []).append(each)
    return tuple(_session(name, day, talks) for (name, day), talks in sorted(slots.items()))


def _session(name: str, day: str, talks: list[Abstract]) -> Session:
    starts = [each.starts_at for each in talks if each.starts_at]
    return Session(
        talks[0].congress_id, f"{day} {name}", name, min(starts), max(starts) + LAST_TALK, talks[0].session_type
    )
