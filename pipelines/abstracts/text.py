"""Post text made comparable without moving a character: spans found in it hold in the original.

``fold`` maps one character to one character: full-width and mathematical letters and digits, digits of
every script, all dashes, all blanks. ``mask`` blanks what must not be read as words: links, handles.
``words`` and ``stem`` give the small units that titles and posts are compared by.
"""

from __future__ import annotations

import re
import unicodedata

_DASHES = frozenset("\u00ad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u2043\u30fc")
_LETTERLIKE = re.compile(r"(?:MATHEMATICAL|FULLWIDTH|CIRCLED LATIN|SANS-SERIF)")
_LINK = re.compile(
    r"https?://\S+"
    r"|(?<![\w@.])(?:[a-z0-9-]{1,63}\.){1,6}(?:com|org|net|io|edu|gov|app|info|eu|uk|de|fr|es|it|jp|co|ly|me|to|social)/\S*"
    r"|(?<![\w])10\.\d{4,9}/\S+",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"(?<!\w)[@＠][\w.-]+")
_WORD = re.compile(r"[^\W_]+")


class _Fold(dict[int, str]):
    """Translation table that works out each character once."""

    def __missing__(self, code: int) -> str:
        self[code] = found = _folded(chr(code))
        return found


def _folded(char: str) -> str:
    if char in _DASHES:
        return "-"
    if unicodedata.category(char) in ("Zs", "Cf"):  # blanks; zero-width and bidi marks, which hide inside ids
        return " "
    digit = unicodedata.digit(char, None) if unicodedata.category(char) == "Nd" else None
    if digit is not None:
        return str(digit)
    if char in "＃：（）／＋，＆":
        return unicodedata.normalize("NFKC", char)
    if _LETTERLIKE.match(unicodedata.name(char, "")):
        plain = unicodedata.normalize("NFKC", char)
        return plain if len(plain) == 1 else char
    return char


class _Plain(dict[int, str]):
    """As ``_Fold``, for comparing words: small letters without accents."""

    def __missing__(self, code: int) -> str:
        bare = unicodedata.normalize("NFKD", chr(code).lower())
        kept = "".join(each for each in bare if not unicodedata.combining(each))
        self[code] = found = kept if len(kept) == 1 else chr(code)
        return found


_FOLD, _PLAIN = _Fold(), _Plain()


def fold(text: str) -> str:
    """``text`` with look-alikes replaced one by one: ``"ＬＢＡ４ – ４５０７"`` becomes ``"LBA4 - 4507"``."""
    return text if text.isascii() else text.translate(_FOLD)


def plain(text: str) -> str:
    """Small letters without accents, one character for one: ``"Póster"`` becomes ``"poster"``."""
    return text.lower() if text.isascii() else text.translate(_PLAIN)


def mask(text: str) -> str:
    """``text`` with links, DOIs and handles blanked out, every other character in its place."""
    if "/" in text:
        text = _LINK.sub(_blank, text)
    if "@" in text:
        text = _HANDLE.sub(_blank, text)
    return text


def _blank(found: re.Match[str]) -> str:
    return " " * len(found.group())


def words(text: str) -> list[str]:
    """Runs of letters and digits of plain text, in order."""
    return _WORD.findall(text)


_STEMS: dict[str, str] = {}


def stem(word: str) -> str:
    """The first six letters of a longer word, without plural; one spelling for British and American.

    Six letters join noun, verb and adjective ("pregnancy", "pregnant"), and the nicknames of drugs
    ("pembro"). Words with a digit stay as they are.
    """
    found = _STEMS.get(word)
    if found is None:
        found = _stemmed(word)
        if len(_STEMS) < 200_000:  # hostile text must not grow it without end
            _STEMS[word] = found
    return found


def _stemmed(word: str) -> str:
    return singular(word)[:6] if len(word) >= 4 and word.isalpha() else word


def singular(word: str) -> str:
    """A plain word without plural, in American spelling: "tumours" becomes "tumor"."""
    if len(word) < 4 or not word.isalpha():
        return word
    word = word.replace("ae", "e").replace("oe", "e").replace("our", "or")
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    return word[:-2] + "er" if word.endswith("tre") else word
