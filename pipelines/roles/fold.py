"""Text folded for matching: no accents, no case, no look-alike letters, and the way back to what was written."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

_LETTERS = {"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe"}
_LETTERS |= {"Œ": "OE", "ı": "i", "İ": "I", "’": "'", "‘": "'", "´": "'", "ʼ": "'", "`": "'", "\u00a0": " "}
_LETTERS |= {"‑": "-", "‐": "-", "＠": "@", "ð": "d", "þ": "th", "ə": "e"}


class _Plain(dict[int, str]):
    """Character to its plain spelling, worked out once each."""

    def __missing__(self, code: int) -> str:
        self[code] = plain = _plain_character(chr(code))
        return plain


_PLAIN = _Plain()


@dataclass(frozen=True, slots=True)
class Folded:
    """``plain`` keeps case, ``folded`` does not; both have the same length. ``origin`` leads back to the text."""

    written: str
    plain: str
    folded: str
    origin: tuple[int, ...] | None  # index into ``written`` per character; None where they are equal

    def as_written(self, start: int, end: int) -> str:
        """The characters ``start`` to ``end`` of the folded text as they were written."""
        if self.origin is None or start >= end:
            return self.written[start:end]
        return self.written[self.origin[start] : self.origin[end - 1] + 1]


def fold(text: str) -> Folded:
    """Fold ``text``: compatibility forms (𝐌𝐃, ＭＤ) become plain letters, accents and invisible marks go."""
    if text.isascii():
        return Folded(text, text, text.lower(), None)
    plain = text.translate(_PLAIN)
    folded = plain.lower()
    if len(folded) != len(plain):  # a capital whose small form is two characters, as in Lithuanian
        folded = "".join(char.lower() if len(char.lower()) == 1 else char for char in plain)
    origin = None if len(plain) == len(text) else _origin(text)
    return Folded(text, plain, folded, origin)


def _origin(text: str) -> tuple[int, ...]:
    return tuple(i for i, char in enumerate(text) for _ in _PLAIN[ord(char)])


def _plain_character(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    category = unicodedata.category(char)
    if category in ("Mn", "Cf", "Me"):
        return ""
    if category == "Cc":
        return "\n" if char in "\r\n" else " "
    if "\u3040" <= char <= "\u30ff":  # kana keep their voicing marks
        return char
    spelt = unicodedata.normalize("NFKD", char)
    return "".join(_LETTERS.get(part, part) for part in spelt if unicodedata.category(part) != "Mn")
