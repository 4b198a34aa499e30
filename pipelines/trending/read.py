"""The read: what rises at a moment, since when, how improbable it is, who started it and which posts carry it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from pipelines.store.reader import Reader
from pipelines.trending.assess import assess
from pipelines.trending.expectation import WINDOW
from pipelines.trending.gather import Kind, gather, minute_of, moment_of
from pipelines.trending.hysteresis import Rising, State, step
from pipelines.trending.telling import Bearer, Rise, carrying, name_of, started, why

LOOK_BACK = 4 * 60  # minutes that are stepped through to know what still rises

_COLUMNS = pa.schema(
    [
        ("kind", pa.string()), ("item", pa.string()), ("title", pa.string()),
        ("as_of", pa.timestamp("us")), ("observed", pa.int64()), ("expected", pa.float64()), ("p_value", pa.float64()), ("q_value", pa.float64()),
        ("lift", pa.float64()), ("peak", pa.int64()), ("since", pa.timestamp("us")),
        ("started_by", pa.string()), ("started_at", pa.timestamp("us")), ("post_ids", pa.list_(pa.string())),
        ("why", pa.string()),
    ]
)  # fmt: skip


def trending(reader: Reader, congress_id: str, as_of: datetime, kind: Kind = "abstract") -> pa.Table:
    """What rises at the last full minute before ``as_of`` (naive UTC), least probable first; empty when nothing does.

    ``observed`` counts distinct authors of the last half hour, ``expected`` what pace, share and session let expect,
    ``p_value`` the chance of at least as many, ``q_value`` the same among everything that was looked at. ``title`` is
    an abstract's, else empty. The figures are those of the row's own ``as_of``, the last minute in which it was
    improbable: up to a quarter of an hour before the one asked for while a rise fades. The last four hours are stepped through, so any past moment can be asked for, and live
    and replayed answers are the same.
    """
    found = rises(reader, congress_id, as_of, kind)
    zone = _zone(reader, congress_id)
    titles = _titles(reader, congress_id, [each.item for each in found]) if kind == "abstract" else {}
    rows = [
        {
            **{name: getattr(each, name) for name in _COLUMNS.names if hasattr(each, name)},
            "title": titles.get(each.item, ""),
            "why": why(each, zone),
        }
        for each in found
    ]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)


def rises(reader: Reader, congress_id: str, as_of: datetime, kind: Kind = "abstract") -> list[Rise]:
    """What rises at ``as_of``, as records; see ``trending``."""
    until = minute_of(as_of)
    gathered = gather(reader, congress_id, kind, until - LOOK_BACK, until)
    state: State = {}
    for minute, assessed in assess(gathered.talk, until - LOOK_BACK, until):
        state, _, _ = step(state, assessed, minute)
    if not state:
        return []
    names = {item: gathered.items[item] for item in state}
    bearers = _bearers(
        reader,
        congress_id,
        kind,
        gathered.members,
        {names[item]: rising.since for item, rising in state.items()},
        until,
    )
    found = [_told(rising, kind, names[item], bearers.get(names[item], [])) for item, rising in state.items()]
    return sorted(found, key=lambda each: (each.p_value, each.item))


def _told(rising: Rising, kind: Kind, item: str, bearers: Sequence[Bearer]) -> Rise:
    since, now = moment_of(rising.since), rising.now
    first = started([each for each in bearers if each.created_at <= since], rising.began.expected)
    recent = [each for each in bearers if first is None or each.created_at >= first.created_at]
    return Rise(
        kind=kind,
        item=item,
        as_of=moment_of(now.minute),
        observed=now.observed,
        expected=now.expected,
        p_value=now.p_value,
        q_value=now.q_value,
        since=since,
        peak=rising.peak,
        started_by=name_of(first),
        started_at=first.created_at if first else since,
        post_ids=carrying(recent),
    )


def _bearers(
    reader: Reader, congress_id: str, kind: Kind, members: pa.Table, since: Mapping[str, int], until: int
) -> dict[str, list[Bearer]]:
    """The posts that name each rising item, from half an hour before its rise was noticed.

    The role is what is known now, whatever moment is asked for: who turns out to be a patient is not named.
    """
    wanted = pa.table({"item": list(since), "begins": [moment_of(minute - WINDOW) for minute in since.values()]})
    ask = _tagging if kind == "hashtag" else _naming
    earliest = moment_of(min(since.values()) - WINDOW)  # a constant lets the scans skip what is older
    bounds = {"congress_id": congress_id, "earliest": earliest, "until": moment_of(until)}
    rows = reader.ask(
        """
        SELECT h.item, h.post_id, coalesce(p.repost_of_id, p.post_id) AS root_id,
            h.platform || ':' || h.author_id AS author_id, h.created_at, any_value(a.handle) AS handle,
            arg_max(r.role, (CASE r.decided_by WHEN 'rules' THEN 0 WHEN 'voices.csv' THEN 1 ELSE 2 END, r.decided_at)) AS role
        FROM held h JOIN (SELECT post_number, post_id, repost_of_id FROM posts WHERE created_at > $earliest) p
            USING (post_number)
        LEFT JOIN authors a USING (author_number)
        LEFT JOIN roles r USING (author_number)
        GROUP BY ALL ORDER BY h.item, h.created_at, h.post_id
        """,
        tables={"held": ask(reader, wanted, members, bounds)},
        earliest=earliest,
    )
    found: dict[str, list[Bearer]] = {}
    for item, *bearer in zip(*rows.to_pydict().values(), strict=True):  # columns in the order of a bearer's fields
        found.setdefault(item, []).append(Bearer(*bearer))
    return found


def _naming(reader: Reader, wanted: pa.Table, members: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    return reader.ask(
        """
        WITH numbers AS (
            SELECT w.item, w.begins, coalesce(l.number, w.item) AS number FROM wanted w LEFT JOIN listed l USING (item)
        )
        SELECT DISTINCT w.item, n.platform, n.post_id, n.author_id, n.created_at, n.post_number, n.author_number
        FROM spoken_of n JOIN numbers w USING (number)
        WHERE n.congress_id = $congress_id AND n.visible AND n.created_at > $earliest AND n.created_at <= $until
            AND n.created_at > w.begins
        """,
        tables={"wanted": wanted, "listed": members},
        **bounds,
    )


def _tagging(reader: Reader, wanted: pa.Table, members: pa.Table, bounds: Mapping[str, Any]) -> pa.Table:
    return reader.ask(
        """
        SELECT w.item, m.platform, m.post_id, m.author_id, m.created_at, m.post_number, m.author_number
        FROM matches m JOIN posts p USING (post_number) JOIN wanted w ON list_contains(p.hashtags, w.item)
        WHERE m.congress_id = $congress_id AND m.visible AND m.created_at > w.begins AND m.created_at <= $until
            AND m.created_at > $earliest AND p.created_at > $earliest
        """,
        tables={"wanted": wanted},
        **bounds,
    )


def _titles(reader: Reader, congress_id: str, numbers: Sequence[str]) -> dict[str, str]:
    rows = reader.ask(
        "SELECT number, title FROM abstracts WHERE congress_id = $congress_id AND list_contains($numbers, number)",
        congress_id=congress_id,
        numbers=list(numbers),
    )
    return dict(zip(rows["number"].to_pylist(), rows["title"].to_pylist(), strict=True))


def _zone(reader: Reader, congress_id: str) -> ZoneInfo:
    rows = reader.ask("SELECT timezone FROM congresses WHERE congress_id = $congress_id", congress_id=congress_id)
    return ZoneInfo(rows["timezone"][0].as_py() if rows.num_rows else "UTC")
