"""A day in brief: as a page in a folder, and as words to the channels of ``.env``."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.alerts.delivery import send
from pipelines.alerts.settings import Channel
from pipelines.congresses import Congress
from pipelines.recap.digest import day_words, digest_text
from pipelines.recap.model import Recap


def day_of(congress: Congress, as_of: datetime) -> date:
    """The last local day of the congress that has begun at ``as_of`` (naive UTC); before the first, that day itself."""
    today = as_of.replace(tzinfo=UTC).astimezone(congress.zone).date()
    return max(min(today, congress.ends_on), congress.follow_from.replace(tzinfo=UTC).astimezone(congress.zone).date())


def subject_of(recap: Recap) -> str:
    """``ASH 2026: Saturday 12 December 2026 in brief``."""
    simulated = "simulated: " if recap.provenance.simulated else ""
    return f"{simulated}{recap.provenance.congress_name}: {day_words(recap)} in brief"


def write_day(recap: Recap, out: Path) -> list[Path]:
    """The page (PDF) and the words (text) of a day in folder ``out``, each whole or not there; their paths."""
    from pipelines.recap.pdf import write_digest

    out.mkdir(parents=True, exist_ok=True)
    told = recap.provenance
    name = f"{told.congress_id}-{told.local(told.start):%Y-%m-%d}"
    page, words = out / f"{name}.pdf", out / f"{name}.txt"
    fresh = out / f".{name}.new"
    try:
        write_digest(recap, fresh)
        fresh.replace(page)
        fresh.write_text(digest_text(recap), encoding="utf-8")
        fresh.replace(words)
    finally:
        fresh.unlink(missing_ok=True)
    return [page, words]


def send_digest(recap: Recap, channels: Sequence[Channel]) -> list[tuple[str, str | None]]:
    """Tell every channel of a day: (channel, None or what went wrong)."""
    if not channels:
        return []
    subject, body = subject_of(recap), digest_text(recap)
    return [(channel.name, send(channel, subject, body)) for channel in channels]
