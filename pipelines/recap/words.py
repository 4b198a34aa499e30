"""Figures and moments as leadership reads them: ``12,384``, ``86.4 k``, ``+18%``, ``−6%``, ``+2.3 points``. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"
NONE = DASH  # stands where there is no figure
FULL = 20_000  # from here on a headline is rounded to thousands
FINE = 200  # a share of fewer has no decimal
FEW = 10  # a change against fewer is chance


def count(number: int) -> str:
    """All digits, in groups: ``12,384``."""
    return f"{number:,}".replace("-", MINUS)


def headline(number: int) -> str:
    """``12,384``, ``86.4 k``, ``1.2 M``."""
    if abs(number) < FULL:
        return count(number)
    if abs(number) < 999_950:
        return (
            f"{number / 1000:.1f}\N{NO-BREAK SPACE}k" if number < 99_950 else f"{number / 1000:.0f}\N{NO-BREAK SPACE}k"
        )
    return f"{number / 1e6:.1f}\N{NO-BREAK SPACE}M"


def plural(number: int, word: str, words: str = "") -> str:
    """``1 post``, ``12,384 posts``."""
    return f"{count(number)} {word if number == 1 else words or word + 's'}"


def ratio(part: int, whole: int) -> float | None:
    """The share as a number; ``None`` of nothing."""
    return part / whole if whole > 0 else None


def share(part: int, whole: int | None) -> str:
    """``28%``, below ten per cent ``7.4%``; a dash of nothing."""
    value = ratio(part, whole or 0)
    if value is None:
        return NONE
    fine = (whole or 0) >= FINE and 0 < round(100 * value, 1) < 10
    return f"{100 * value:.1f}%" if fine else f"{100 * value:.0f}%"


def change(now: int, before: int | None) -> str:
    """``+18%``, ``−6%``, from three times on ``3.2×``; empty without enough before to compare with."""
    if before is None or before < FEW:
        return ""
    if now >= 3 * before:
        return f"{now / before:.1f}\N{MULTIPLICATION SIGN}" if now < 100 * before else "over 100\N{MULTIPLICATION SIGN}"
    return signed(round(100 * (now - before) / before), "%")


def points(now: tuple[int, int | None], before: tuple[int | None, int | None]) -> str:
    """The change of a share in points, each pair part and whole: ``+2.3 points``; empty where one is unknown."""
    part, whole = before
    if part is None or not whole or whole < FEW or not now[1]:
        return ""
    step = 100 * (now[0] / now[1] - part / whole)
    if min(whole, now[1]) < FINE:
        return signed(round(step), " points")
    return signed(round(step, 1), " points")


def signed(number: float, unit: str) -> str:
    """With its sign, a real minus, and ``±0`` for none."""
    if not number:
        return f"\N{PLUS-MINUS SIGN}0{unit}"
    return f"{'+' if number > 0 else MINUS}{abs(number):,}{unit}"


def day(at: date) -> str:
    """``Sat 12 Dec``."""
    return f"{at:%a} {at.day} {at:%b}"


def clock(at: datetime) -> str:
    """``Sat 12 Dec, 14:00``."""
    return f"{day(at)}, {at:%H:%M}"


def days(first: date, last: date) -> str:
    """``12–15 December 2026``; the month is named twice only where it differs."""
    if first == last:
        return f"{first.day} {first:%B %Y}"
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}{DASH}{last.day} {last:%B %Y}"
    return f"{first.day} {first:%B} {DASH} {last.day} {last:%B %Y}"


def minutes(number: float) -> str:
    """``35 min``, ``2 h 05 min``."""
    whole = round(number)
    if whole < 60:
        return f"{whole} min" if whole or not number else "under 1 min"
    return f"{whole // 60} h {whole % 60:02d} min" if whole % 60 else f"{whole // 60} h"


def listed(words: Sequence[str]) -> str:
    """``X``, ``X and Bluesky``, ``X, Bluesky and LinkedIn``."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def account(handle: str, on: str) -> str:
    """``@ada · X``; the platform alone where no handle is known."""
    return " · ".join(filter(None, (at(handle), platform(on))))


def at(handle: str) -> str:
    """``@ada``, or nothing."""
    return f"@{handle}" if handle else ""


def platform(name: str) -> str:
    """The name people write: ``X``, ``Bluesky``, ``LinkedIn``."""
    return {"x": "X", "bluesky": "Bluesky", "linkedin": "LinkedIn", "other": "another platform"}.get(name, name)
