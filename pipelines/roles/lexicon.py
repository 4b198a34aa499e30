"""The word lists of ``words/*.txt`` as one automaton over folded text.

A list is sections ``[kind weight]`` of lines ``specialty = term, term`` or ``term, term``. In a term ``{o|a}``
spells alternatives, ``*`` leaves that end of the word open, and capitals must stand as capitals. Roots of
specialties become person, plural and field words of many languages by their endings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import NamedTuple

from ahocorasick_rs import AhoCorasick

from pipelines.roles.fold import Folded, fold

# endings after "-log", as they look once folded; one-to-many languages in each
_PERSON_ENDINGS = ("ist", "iste", "ista", "o", "a", "ue", "e", "in", "", "ul", "us")
_MANY_ENDINGS = ("ists", "istes", "istas", "isti", "os", "as", "hi", "he", "ues", "en", "innen", "er", "ar", "erna")
_FIELD_ENDINGS = ("y", "ia", "ie", "i", "ii", "ija", "ic", "ical", "ico", "ica", "ique", "isch", "ische", "isk", "oji")
_WORDS = Path(__file__).with_name("words")
_ALTERNATIVES = re.compile(r"\{([^{}]*)\}")
_SECTION = re.compile(r"\[(\w+)(?: (\d+))?\]$")


class Meaning(NamedTuple):
    """What a term says: its kind, the specialty it gives, and how telling it is for a body's name."""

    kind: str
    specialty: str | None
    weight: int


class Cue(NamedTuple):
    """A term found in a text: characters ``start`` to ``end`` of the folded text."""

    start: int
    end: int
    kind: str
    specialty: str | None
    weight: int


@dataclass(frozen=True, slots=True)
class _Term:
    open_left: bool
    open_right: bool
    exact: str | None  # capitals to be matched as written
    size: int  # characters, without those a star stands for
    meanings: tuple[Meaning, ...]


def find_cues(text: Folded) -> list[Cue]:
    """The terms in ``text``, leftmost and longest first, none inside another; terms of two kinds give two cues."""
    automaton, terms = _lexicon()
    found = []
    folded = text.folded
    for index, start, end in automaton.find_matches_as_indexes(folded, overlapping=True):
        term = terms[index]
        if start and folded[start - 1].isalnum() and _joined(folded, start):
            if not term.open_left:
                continue
            start = _word_start(folded, start)
        if end < len(folded) and _joined(folded, end):
            if not term.open_right:
                continue
            end = _word_end(folded, end)
        if start and folded[start - 1] == "$":  # "$NURSE" is a coin, "$NRWL" a share
            continue
        if folded[end - 1] == "学" and folded[end : end + 1] == "会":  # 臨床免疫学会 is a society, not a science
            continue
        if term.exact and not text.plain[start:end].endswith(term.exact):
            continue
        found.append((start, -end, -term.size, term))
    found.sort(key=_place)
    return list(_leftmost_longest(found))


def sections() -> Iterator[tuple[str, int, str | None, str]]:
    """Every term of every list as (kind, weight, specialty, term), braces spelt out."""
    for path in sorted(_WORDS.iterdir(), key=lambda entry: entry.name):
        if path.name != "credentials.txt":
            yield from _read(path.read_text("utf-8"))


def spell_out(term: str) -> list[str]:
    """``"medic{o|a}"`` as ``["medico", "medica"]``."""
    if "{" not in term:
        return [" ".join(term.split())]
    parts = _ALTERNATIVES.split(term)
    choices = [part.split("|") if i % 2 else [part] for i, part in enumerate(parts)]
    return [re.sub(r"\s+", " ", "".join(choice)).strip() for choice in product(*choices)]


def _place(match: tuple[int, int, int, _Term]) -> tuple[int, int, int]:
    return match[:3]


def _leftmost_longest(found: list[tuple[int, int, int, _Term]]) -> Iterator[Cue]:
    last, last_end = (-1, 0, 0), -1
    kinds: set[str] = set()
    for *place, term in found:
        if place[0] < last_end and tuple(place) != last:
            continue
        if tuple(place) != last:
            last, last_end, kinds = tuple(place), -place[1], set()
        for meaning in term.meanings:
            if meaning.kind not in kinds:
                kinds.add(meaning.kind)
                yield Cue(place[0], last_end, *meaning)


def _joined(folded: str, at: int) -> bool:
    """Whether the characters on both sides of ``at`` are one word; scripts without spaces never join."""
    before, after = folded[at - 1], folded[at]
    return before.isalnum() and after.isalnum() and before < "\u2e80" and after < "\u2e80"


def _word_start(folded: str, at: int) -> int:
    while at and folded[at - 1].isalnum():
        at -= 1
    return at


def _word_end(folded: str, at: int) -> int:
    while at < len(folded) and folded[at].isalnum():
        at += 1
    return at


@cache
def _lexicon() -> tuple[AhoCorasick, list[_Term]]:
    meanings: dict[tuple[str, bool, bool, str | None], dict[Meaning, None]] = {}
    for kind, weight, specialty, written in sections():
        bare = written.strip("*")
        found = fold(bare)
        exact = found.plain if bare != bare.lower() else None
        key = (found.folded, written.startswith("*"), written.endswith("*"), exact)
        if key[0]:
            meanings.setdefault(key, {})[Meaning(kind, specialty, weight)] = None
    terms = [_Term(left, right, exact, len(key), tuple(said)) for (key, left, right, exact), said in meanings.items()]
    return AhoCorasick([key[0] for key in meanings]), terms


def _read(text: str) -> Iterator[tuple[str, int, str | None, str]]:
    kind, weight = "", 1
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("# "):
            continue
        if header := _SECTION.match(line):
            kind, weight = header[1], int(header[2] or 1)
            continue
        left, equals, right = line.partition(" = ")
        specialty, terms = (left.strip(), right) if equals else (None, line)
        for term in terms.split(","):
            for spelt in spell_out(term):
                if spelt:
                    yield from _grow(kind, weight, specialty, spelt)


def _grow(kind: str, weight: int, specialty: str | None, term: str) -> Iterator[tuple[str, int, str | None, str]]:
    """A root becomes the words of its field; every other term is itself."""
    if kind != "roots":
        yield kind, weight, specialty, term
        return
    for made, endings in (("hcp", _PERSON_ENDINGS), ("many", _MANY_ENDINGS), ("area", _FIELD_ENDINGS)):
        for ending in endings:
            yield made, 1, specialty, term + ending
    yield "hcp", 1, specialty, term[:-1] + "zka"  # "onkoložka" in Czech, "onkolożka" in Polish
    yield "hcp", 1, specialty, term.removesuffix("olog") + "oleg"  # "oncòleg" in Catalan
