"""Trials named in posts, in full or in short: DESTINY-Breast09, DB-09, "dreamm8", KN522.

A name is compared as runs of letters and digits: "DREAMM-8", "DREAMM 8" and "dreamm8" are ("dreamm", "8").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.abstracts.text import plain, stem, words
from pipelines.model import Abstract

_RUNS = re.compile(r"[^\W\d_]+|\d+")
_CASED = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# families whose short form is no rule of initials
_FAMILIES = {
    "keynote": ("kn",), "checkmate": ("cm",), "impower": ("imp",), "imvigor": ("imv",), "javelin": ("jav",),
    "leap": (), "magnetismm": ("mm",), "majestec": ("mj",), "cartitude": ("c", "cart"), "krystal": ("k",), "codebreak": ("cb",),
    "destiny": ("d",), "tropion": ("t",), "herthena": ("h",), "emerald": (), "ascent": (), "surpass": (), "surmount": (),
    "step": (), "pioneer": (), "sustain": (), "trop": (),
}  # fmt: skip
_IN_TITLE = re.compile(
    r"(?:\b(?:the|from|in|of|:)\s+(?:(?:randomi[sz]ed|phase|global|multicent(?:er|re)|pivotal|ongoing|\S*/?[123IV]+[ab]?)\s+){0,4}"
    r"(?P<a>(?:[A-Za-z]*[A-Z]{2}[\w.]*|[A-Z][a-z]+[A-Z]\w*)(?:-\w+)*(?: \d{1,4})?)\s+(?:trial|study|substudy)\b"
    r"|^(?P<b>[A-Za-z]*[A-Z]{3}[\w]*(?:-\w+)+):"
    r"|(?:in|from|:|\bof)\s+(?P<c>[A-Za-z]*[A-Z]{3}[\w]*-\w+)\.?$)"
)
_GENES = re.compile(
    r"^(?:HER[23]|EGFR|CD\d+|PD-?L?1|KRAS|BRAF|FLT3|NPM1|TP53|BCMA|BTK|BCL-?2|HLA|DNA|RNA|ADC|CAR|B7-H\d|IL-?\d+)\b"
)

# the rest of the world speaks of these trials as history: posts labelled trial_background
_BACKGROUND = re.compile(
    r"\b(?:(?:ever )?since|taught us|teach(?:es)? us|(?:a|one|two|three|five|ten|\d+) (?:years?|decades?) ago|years ago|last year"
    r"|back in|rewrote|changed (?:cervical|\w+) years|used to|old|older|remember|era\b|opens? with|opened with|every \w+ (?:\w+ )?opens"
    r"|as the comparator|comparator nobody|mentioned|mentions|quot(?:ed|ing)|to frame|framed|reminds?|reminder|long before|in the days"
    r"|the panel|discussant (?:used|quoted|mentioned|kept)|name[- ]?dropp\w+|post-\w+ world|after \w+ we all|still waiting|standard since"
    r"|established|historic|legacy|classic|by now|(?:un)?like in|seit|depuis|desde|dai tempi|kindergarten|approved in|approval of"
    r"|thanks to|because of|before \w+ came|wouldn't exist|owe|anniversary|slide deck|in 20[01]\d|in 202[0-4])\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NamedTrial:
    """A trial named in a text: its rows, the words and where they stand, and how sure the name is.

    ``certainty``: 3 a name no word is (digits, mixed capitals, hyphens), 2 its short form, 1 a word of any
    dictionary written as the trial is, or the family's first name alone.
    """

    name: str
    rows: tuple[int, ...]
    span: tuple[int, int]
    certainty: int


class Trials:
    """The trial names of one catalogue and their short forms."""

    def __init__(self, catalogue: Sequence[Abstract]):
        self._rows: dict[str, list[int]] = {}
        for index, abstract in enumerate(catalogue):
            for name in abstract.trial or names_in_title(abstract.title):
                self._rows.setdefault(name, []).append(index)
        self._forms: dict[str, list[tuple[tuple[str, ...], str, int]]] = {}  # first run -> (runs, name, certainty)
        taken: dict[tuple[str, ...], set[str]] = {}
        for name in self._rows:
            for runs, certainty in _forms(name):
                taken.setdefault(runs, set()).add(name)
                self._forms.setdefault(runs[0], []).append((runs, name, certainty))
        for first, forms in self._forms.items():  # a short form of two trials is none; longest first
            kept = [form for form in forms if form[2] == 3 or len(taken[form[0]]) == 1]
            self._forms[first] = sorted(set(kept), key=lambda form: (-len(form[0]), -form[2]))
        self._firsts = frozenset(self._forms)
        self._stems = {name: frozenset(stem(word) for word in words(plain(name))) for name in self._rows}

    def stems_of(self, name: str) -> frozenset[str]:
        """The stems in a trial's name, which are no evidence beside the name itself."""
        return self._stems[name]

    def named(self, text: str, lowered: str) -> list[NamedTrial]:
        """Trials in a folded, masked text (``lowered`` is its plain form), in order, each place once."""
        if self._firsts.isdisjoint(_RUNS.findall(lowered)):
            return []
        runs = [(found.group().lstrip("0") or "0", found.start(), found.end()) for found in _RUNS.finditer(lowered)]
        found, at = list[NamedTrial](), 0
        while at < len(runs):
            trial, length = self._at(text, runs, at)
            if trial:
                found.append(trial)
            at += length
        return found

    def _at(self, text: str, runs: list[tuple[str, int, int]], at: int) -> tuple[NamedTrial | None, int]:
        start = runs[at][1]
        if start and (text[start - 1].isalnum() and text[start - 1] != "_"):
            return None, 1  # inside a word: "xDB09"
        for form, name, certainty in self._forms.get(runs[at][0], ()):
            part = runs[at : at + len(form)]
            if tuple(run for run, _, _ in part) != form or not _together(text, part):
                continue
            end = part[-1][2]
            if (
                end < len(text)
                and text[end].isalnum()
                and not (text[end] == "s" and not text[end + 1 : end + 2].isalnum())
            ):
                continue
            if _continues(text, end, form):
                continue
            if certainty == 1 and not _written_as(text[start:end], name):
                continue
            return NamedTrial(name, tuple(self._rows[name]), (start, end), certainty), len(form)
        return None, 1


def is_background(text: str, span: tuple[int, int]) -> bool:
    """Whether the words around a trial's name speak of it as history or as somebody's comparison."""
    return bool(_BACKGROUND.search(text, max(0, span[0] - 60), min(len(text), span[1] + 60)))


def names_in_title(title: str) -> tuple[str, ...]:
    """Trial names that a title shows, for catalogues without a trial column."""
    found = (match["a"] or match["b"] or match["c"] for match in _IN_TITLE.finditer(title))
    return tuple(dict.fromkeys(name for name in found if len(name) >= 4 and not _GENES.match(name)))


def _runs(name: str) -> tuple[str, ...]:
    return tuple(run.lstrip("0") or "0" for run in _RUNS.findall(plain(name)))


def _forms(name: str) -> Iterable[tuple[tuple[str, ...], int]]:
    """All ways to write a name, with their certainty."""
    full = _runs(name)
    if not full:
        return
    wordlike = len(full) == 1 and full[0].isalpha() and not _mixed(name)
    yield full, 1 if wordlike else 3
    letters = [run for run in full if run.isalpha()]
    tail = full[full.index(letters[0]) + 1 :] if letters else ()
    if len(full) > 1 and letters and full[0] == letters[0]:
        if len(full[0]) >= 5 and not wordlike:
            yield full[:1], 1  # "NAPISTAR" for NAPISTAR 1-01
        for short in _FAMILIES.get(full[0], ()):
            if tail and tail[0].isdecimal():
                yield (short, *tail), 2
        words = [run for run in full[:2] if run.isalpha()]
        if len(words) == 2 and len(full) > 2 and full[2].isdecimal():  # DESTINY-Breast09: DB09, D-B09; DBreast09
            yield (words[0][0] + words[1][0], *full[2:]), 2
            yield (words[0][0], words[1][0], *full[2:]), 2
        if len(words) == 2 and len(full) == 2 and len(words[1]) >= 5:
            return
        cased = _CASED.findall(name)
        if (
            len(words) == 1
            and len(full) == 2
            and full[1].isdecimal()
            and len(full[1]) >= 2
            and len(cased) >= 2
            and _mixed(name)
        ):
            yield ("".join(part[0] for part in cased).lower(), full[1]), 2  # CheckMate 067: CM067


def _mixed(name: str) -> bool:
    """Capitals inside a word, as no dictionary has them: lidERA, BelaDRd, IMerge."""
    return any(re.search(r"[a-z][A-Z]|[A-Z]{2,}[a-z]", word) for word in re.findall(r"[A-Za-z]+", name))


def _together(text: str, part: list[tuple[str, int, int]]) -> bool:
    """Whether the runs stand side by side, parted by nothing, a hyphen or one blank."""
    gaps = (text[a[2] : b[1]] for a, b in zip(part, part[1:], strict=False))
    return all(gap in ("", "-", " ", " - ", "_", ".", "/", "(") for gap in gaps)


def _continues(text: str, end: int, form: tuple[str, ...]) -> bool:
    """Whether another number follows: EV-302 is not in "EV-302A", nor DREAMM in "DREAMM-7"."""
    after = text[end : end + 3]
    if re.match(r"[-/.]\d", after) and form[-1].isdecimal():
        return after[0] in "-." and not after.startswith("-0")
    return bool(re.match(r"[- ]?\d", after)) and form[-1].isalpha()


def _written_as(words: str, name: str) -> bool:
    """A word of the dictionary must be written as the trial is: VERIFY, not "verify"."""
    first = re.split(r"[\W\d]", name)[0]
    return words in (name, first) or (words.isupper() and len(words) >= 3)
