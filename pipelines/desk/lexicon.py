"""The word lists of ``words/*.txt`` as one automaton over folded text; their form stands in ``words/SOURCES.md``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from pipelines.abstracts.text import fold, mask, plain

LONGEST = 25_000  # characters; what is beyond is not read
_WORDS = Path(__file__).with_name("words")
_APOSTROPHES = str.maketrans("\u2019\u2018\u02bc\u00b4`", "'''''")
_EVERYWHERE = frozenset({"reaction", "trial", "news"})  # English terms of these kinds stand in posts of any language
_KANA = re.compile("[\u3041-\u30ff]")
_EUROPEAN = frozenset({"en", "de", "es", "fr", "it", "nl", "pt"})
_OTHERS = 3  # different words of a language that show a post is written in it, whatever its platform says


class Cue(NamedTuple):
    """A term found in a text, by its half-open range of characters."""

    start: int
    end: int
    kind: str


class _Meaning(NamedTuple):
    lang: str  # "" holds in every language
    kind: str
    exact: str | None  # the term where its capitals count
    is_open: bool  # the word may go on behind it


def readable(text: str) -> str:
    """Small letters without accents, links or handles, one character for one of ``text``."""
    return plain(mask(fold(text))).translate(_APOSTROPHES)


def cues(text: str, read: str, lang: str | None) -> list[Cue]:
    """The terms that stand in ``text`` (``read`` is it made ``readable``), in the languages it is written in."""
    found = [(start, end, meaning) for start, end, meaning in _whole(text, read)]
    held = _languages(read, lang, found)
    return [Cue(start, end, each.kind) for start, end, each in found if _holds(each, held)]


def _holds(meaning: _Meaning, held: frozenset[str]) -> bool:
    return not meaning.lang or meaning.lang in held or (meaning.lang == "en" and meaning.kind in _EVERYWHERE)


def _languages(read: str, lang: str | None, found: list[tuple[int, int, _Meaning]]) -> frozenset[str]:
    """Which lists count: by the script, by what the platform says, and by the words themselves."""
    script = "ja" if _KANA.search(read) else "zh"
    said = (lang or "")[:2].lower()
    if said not in _EUROPEAN:
        return _EUROPEAN | {script}
    words: dict[str, set[tuple[int, int]]] = {}
    for start, end, meaning in found:
        if end - start >= 4:
            words.setdefault(meaning.lang, set()).add((start, end))
    own = words.get(said, set())  # words that two languages share tell nothing
    more = {each for each, spans in words.items() if len(spans - own) >= _OTHERS}
    return frozenset({said, script, *more})


def _whole(text: str, read: str) -> Iterator[tuple[int, int, _Meaning]]:
    search, terms = _automaton()
    inside = _inside(read)
    for which, start, end in search.find_matches_as_indexes(read, overlapping=True):
        if inside[start]:
            continue
        goes_on = inside[end]
        for meaning in terms[which]:
            fits = meaning.exact is None or text[start:end] == meaning.exact
            if fits and (meaning.is_open or not goes_on):
                yield start, _word_end(inside, end) if goes_on else end, meaning


def _inside(read: str) -> bytes:
    """By place, whether the characters on both sides of it belong to one word of a script with blanks."""
    letters = read.translate(_LETTER).encode("latin-1")
    size = len(letters) + 1
    both = int.from_bytes(b"\0" + letters) & int.from_bytes(letters + b"\0")
    return both.to_bytes(size)


def _word_end(inside: bytes, place: int) -> int:
    while inside[place]:
        place += 1
    return place


class _Letter(dict[int, str]):
    """Translation table that tells letters and digits of scripts with blanks, each looked at once."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        self[code] = found = "\1" if char.isalnum() and char < "\u2e80" else "\0"
        return found


_LETTER = _Letter()


@cache
def _automaton() -> tuple[AhoCorasick, list[list[_Meaning]]]:
    terms: dict[str, list[_Meaning]] = {}
    for path in sorted(_WORDS.glob("*.txt")):
        for kind, term in _listed(path):
            bare = term.strip("*")
            capitals = sum(each.isupper() for each in bare) >= 2
            lang = path.stem if len(path.stem) == 2 else ""
            meaning = _Meaning(lang, kind, bare if capitals else None, term.endswith("*"))
            terms.setdefault(readable(bare), []).append(meaning)
    return AhoCorasick(list(terms)), list(terms.values())


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    kind = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            kind = line.strip("[] ")
        elif not line.startswith("#"):
            yield from ((kind, term.strip()) for term in line.split(",") if term.strip(" *"))
