"""Which characters the shipped fonts hold, so that a document never shows an empty box for a letter it lost.

A tagged PDF refuses text without a glyph. Inter holds Latin, Greek and Cyrillic; Noto Emoji and Noto Sans Arabic (both
SIL Open Font Licence) hold pictographs and Arabic. Chinese, Japanese and Korean fonts are too large to ship.
"""

from __future__ import annotations

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONTS = (Path(__file__).parents[1] / "fonts", Path(__file__).parent / "fonts")
MISSING = "\N{WHITE SQUARE}"  # in place of a character that no shipped font holds
_IGNORABLE = frozenset("\n\t\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufe0e\ufe0f")  # laid out, never drawn


def drawable(text: str) -> bool:
    """Whether every character of a text has a glyph in the shipped fonts."""
    return all(each in _IGNORABLE or ord(each) in held() for each in text)


def drawn(text: str) -> str:
    """The text in its composed form, with ``MISSING`` for each character that no shipped font holds."""
    composed = unicodedata.normalize("NFC", text)
    return "".join(each if each in _IGNORABLE or ord(each) in held() else MISSING for each in composed)


@cache
def held() -> frozenset[int]:
    """The code points of all shipped fonts."""
    files = sorted(file for folder in FONTS for file in folder.glob("*.ttf"))
    return frozenset().union(*(code_points(file.read_bytes()) for file in files))


def code_points(font: bytes) -> set[int]:
    """The code points that a TrueType font maps to a glyph, from its ``cmap`` table (formats 4 and 12)."""
    count = struct.unpack_from(">H", font, 4)[0]
    records = (struct.unpack_from(">4sLLL", font, 12 + 16 * each) for each in range(count))
    table = next(offset for tag, _, offset, _ in records if tag == b"cmap")
    subtables = struct.unpack_from(">H", font, table + 2)[0]
    found: set[int] = set()
    for each in range(subtables):
        at = table + struct.unpack_from(">L", font, table + 8 + 8 * each)[0]
        form = struct.unpack_from(">H", font, at)[0]
        found |= _segments(font, at) if form == 4 else _groups(font, at) if form == 12 else set()
    return found


def _segments(font: bytes, at: int) -> set[int]:
    """Format 4: ranges of the basic plane; the last one only marks the end."""
    count = struct.unpack_from(">H", font, at + 6)[0] // 2
    ends = struct.unpack_from(f">{count}H", font, at + 14)
    starts = struct.unpack_from(f">{count}H", font, at + 16 + 2 * count)
    return {
        point for start, end in zip(starts, ends, strict=True) if start != 0xFFFF for point in range(start, end + 1)
    }


def _groups(font: bytes, at: int) -> set[int]:
    """Format 12: ranges of all planes."""
    count = struct.unpack_from(">L", font, at + 12)[0]
    groups = (struct.unpack_from(">LL", font, at + 16 + 12 * each) for each in range(count))
    return {point for start, end in groups for point in range(start, end + 1)}
