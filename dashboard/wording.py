"""Figures, times and names as a person reads them. Pure."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

FEW = 10  # a share of fewer is chance
MINUS = "\N{MINUS SIGN}"
_BIDI_OR_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]"
)
_MARKS = re.compile(
    r"(\w[\u0300-\u036f\u0489\u1dc0-\u1dff\u20d0-\u20ff]{2})[\u0300-\u036f\u0489\u1dc0-\u1dff\u20d0-\u20ff]+"
)


def count(number: float) -> str:
    """``9,893`` below 100 k, then ``146k`` and ``1.2M``."""
    if number < 100_000:
        return f"{int(number):,}"
    return f"{number / 1000:.0f}k" if number < 999_500 else f"{number / 1e6:.1f}M"


def of_all(shown: int, read: int, limit: int) -> str:
    """``12 of 236``; ``the first 500`` where there may be more than were asked for, ``12 of the first 500`` behind a filter."""
    if read < limit:
        return f"{count(shown)} of {count(read)}"
    return f"the first {count(read)}" if shown == read else f"{count(shown)} of the first {count(read)}"


def plural(number: int, word: str) -> str:
    """``1 reconnect``, ``3 reconnects``."""
    return f"{count(number)} {word}{'' if number == 1 else 's'}"


def sentence(words: str) -> str:
    """With a capital first letter, the rest as written."""
    return words[:1].upper() + words[1:]


def share(part: float, whole: float) -> str:
    """A whole per cent; a dash where there is nothing to share."""
    return f"{100 * part / whole:.0f}%" if whole else "–"


def change(now: float, before: float) -> str | None:
    """How a count changed: ``+12%``, ``−4%``, from three times on ``3.2×``, from a hundred on no figure; ``None`` without a before."""
    if not before:
        return None
    if now >= 100 * before:
        return "over 100×"
    if now >= 3 * before:
        return f"{now / before:.1f}×" if now < 20 * before else f"{now / before:.0f}×"
    return _signed(round(100 * (now - before) / before), "%")


def points(now: tuple[float, float], before: tuple[float, float]) -> str | None:
    """How a share changed, in percentage points; each pair is part and whole; ``None`` against too few."""
    if not now[1] or before[1] < FEW:
        return None
    return _signed(round(100 * now[0] / now[1]) - round(100 * before[0] / before[1]), " pts")


def _signed(number: int, unit: str) -> str:
    if not number:
        return f"±0{unit}"
    return f"{'+' if number > 0 else MINUS}{abs(number)}{unit}"


def local(at: datetime, zone: ZoneInfo) -> datetime:
    """A naive UTC moment on the wall clock of ``zone``."""
    return at.replace(tzinfo=UTC).astimezone(zone)


def epoch_ms(at: datetime) -> int:
    """A naive UTC moment as milliseconds since 1970."""
    return round(at.replace(tzinfo=UTC).timestamp() * 1000)


def moment_of(milliseconds: int) -> datetime:
    """Milliseconds since 1970 as a naive UTC moment."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).replace(tzinfo=None)


def days(first: date, last: date) -> str:
    """``23–27 Oct 2026``; months are named twice only where they differ."""
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}–{last.day} {last:%b %Y}"
    return f"{first.day} {first:%b} – {last.day} {last:%b %Y}"


def duration(seconds: float) -> str:
    """``0.4 s``, ``12 s``, ``3 min``, ``2 h``, ``4 days``."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    for limit, size, unit in ((120, 1, "s"), (7200, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds / 86_400:.0f} days"


def minutes(number: int) -> str:
    """A bucket or window by name: ``minute``, ``5 minutes``, ``hour``, ``6 hours``."""
    if number < 60 or number % 60:
        return "minute" if number == 1 else f"{number} minutes"
    return "hour" if number == 60 else f"{number // 60} hours"


def clean(text: str | None) -> str:
    """Post text for one line of type: no control or direction characters, no towers of marks, single spaces."""
    kept = _BIDI_OR_INVISIBLE.sub("", (text or "")[:2000])
    if not kept.isprintable():  # asked of the whole first: letter by letter is the dearest part of a page
        kept = "".join(c if c.isprintable() else " " for c in kept)
    return " ".join(_MARKS.sub(r"\1", unicodedata.normalize("NFC", kept)).split())


def shorten(text: str | None, width: int) -> str:
    """Cleaned text of at most ``width`` characters, cut between words; one endless word is cut in itself."""
    line = clean(text)
    if len(line) <= width:
        return line
    cut = line[:width].rpartition(" ")[0].rstrip(" ,;:·-–(")
    return f"{cut}…" if len(cut) > width // 2 else f"{line[: width - 1]}…"
