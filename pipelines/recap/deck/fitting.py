"""How much room a text takes, without font files: widths of Arial (thousandths of the size), scaled for other fonts."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

LEADING = 1.2  # height of a line, of its size
_REGULAR = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 "
    "1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 "
    "333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 584 584 611 "
    "975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 611 333 278 333 584 556 "
    "333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 778 556 556 500 389 280 389 584"
)
_WIDTHS = tuple({chr(32 + i): int(width) for i, width in enumerate(table.split())} for table in (_REGULAR, _BOLD))
_MARKS = {
    "…": 1000, "—": 1000, "–": 556, "‘": 250, "’": 250, "“": 500, "”": 500, "•": 350, "·": 333, "−": 584, "±": 549, "×": 584,
    "\N{NO-BREAK SPACE}": 278, "▲": 990, "▼": 990, "●": 990, "◐": 990, "€": 556,
}  # fmt: skip
_OTHER, _WIDE, _EMOJI = 660, 1000, 1300
_FONTS = {
    "arial": 1.0, "helvetica": 1.0, "helvetica neue": 1.0, "liberation sans": 1.0, "calibri": 0.91, "carlito": 0.91, "aptos": 0.98,
    "segoe ui": 1.0, "georgia": 1.08, "verdana": 1.2, "tahoma": 1.01, "times new roman": 0.9, "cambria": 0.96, "inter": 1.08,
    "roboto": 1.0, "open sans": 1.06, "noto sans": 1.06, "lato": 0.97, "source sans pro": 0.94, "montserrat": 1.17,
}  # fmt: skip
UNKNOWN_FONT = 1.12  # a wide one is assumed


def font_factor(name: str) -> float:
    """How wide a font runs beside Arial."""
    return _FONTS.get(name.strip().lower(), UNKNOWN_FONT)


def width(text: str, points: float, bold: bool = False, factor: float = 1.0) -> float:
    """Inches that a line of ``text`` takes."""
    return sum(_advance(char, bold) for char in text) * points * factor / 72000


@lru_cache(maxsize=4096)
def _advance(char: str, bold: bool) -> int:
    known = _WIDTHS[bold].get(char) or _MARKS.get(char)
    if known is not None:
        return known
    if unicodedata.category(char) in ("Mn", "Me", "Cf", "Cc"):
        return 0
    if ord(char) >= 0x1F000:
        return _EMOJI
    if unicodedata.east_asian_width(char) in "WF":
        return _WIDE
    plain = unicodedata.normalize("NFD", char)[0]
    return _WIDTHS[bold].get(plain, _OTHER)


def wrap(text: str, points: float, inches: float, bold: bool = False, factor: float = 1.0) -> list[str]:
    """The lines of ``text`` in a column of ``inches``; a word wider than that is broken, as PowerPoint does."""
    lines = []
    for paragraph in text.split("\n"):
        line, taken = "", 0.0
        for token in re.findall(r"\S+\s*|\s+", paragraph):
            if taken + width(token.rstrip(), points, bold, factor) <= inches:
                line += token
                taken += width(token, points, bold, factor)
                continue
            lines += [line.rstrip()] if line else []
            *full, line = _broken(token, points, inches, bold, factor)
            lines += full
            taken = width(line, points, bold, factor)
        lines.append(line.rstrip())
    return lines


def _broken(token: str, points: float, inches: float, bold: bool, factor: float) -> list[str]:
    parts, room, start = [], inches * 72000 / (points * factor), 0
    taken = 0
    for index, char in enumerate(token):
        step = _advance(char, bold)
        if taken + step > room and index > start and not char.isspace():
            parts.append(token[start:index])
            start, taken = index, 0
        taken += step
    return [*parts, token[start:]]


def height(text: str, points: float, inches: float, bold: bool = False, factor: float = 1.0) -> float:
    """Inches that ``text`` takes from top to bottom in a column of ``inches``."""
    return len(wrap(text, points, inches, bold, factor)) * points * LEADING / 72


def largest(
    text: str, inches: float, tall: float, most: float, least: float, bold: bool = False, factor: float = 1.0
) -> float | None:
    """The largest size from ``most`` down to ``least`` (points, in halves) at which ``text`` fits; ``None`` at none."""
    points = most
    while points >= least:
        if height(text, points, inches, bold, factor) <= tall:
            return points
        points -= 0.5
    return None


def shortened(text: str, points: float, inches: float, lines: int = 1, bold: bool = False, factor: float = 1.0) -> str:
    """``text`` within so many lines, ended with an ellipsis at a word where it must be. Never for a quoted post."""
    flat = " ".join(text.split())
    if len(wrap(flat, points, inches, bold, factor)) <= lines:
        return flat
    low, high = 0, min(len(flat), 4000)
    while low < high:  # the longest beginning that fits with its ellipsis
        middle = (low + high + 1) // 2
        fits = len(wrap(flat[:middle].rstrip() + "…", points, inches, bold, factor)) <= lines
        low, high = (middle, high) if fits else (low, middle - 1)
    kept = flat[:low].rstrip()
    at_word = kept.rsplit(" ", 1)[0] if low < len(flat) and flat[low : low + 1] != " " and " " in kept else kept
    kept = at_word if len(at_word) >= 0.6 * len(kept) else kept
    return kept.rstrip(" ,;:.([–-") + "…"


def rtl(text: str) -> bool:
    """True where the first strong character reads from right to left."""
    for char in text:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL"):
            return True
        if direction == "L":
            return False
    return False
