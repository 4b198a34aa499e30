"""Trials named in posts, in full or in short: DESTINY-Breast09, DB-09, "dreamm8", KN522.

A name is compared as runs of letters and digits: "DREAMM-8", "DREAMM 8" and "dreamm8" are ("dreamm", "8").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from pipelines.abstracts.text import plain, stem, words
from pipelines.model import Abstract

_RUNS = re.compile(r"[^\W\d_]+|\d+")
_CASED = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# families whose short form is no rule of initials
_FAMILIES = {
    "keynote": ("kn",), "checkmate": ("cm",), "impower": ("imp",), "imvigor": ("imv",), "javelin": ("jav",),
    "majestec": ("mj",), "codebreak": ("cb",), "cartitude": ("cart",), "empower": ("emp",),
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

# words around a trial that is spoken of as history or for comparison: posts labelled trial_background
_BACKGROUND = re.compile(
    r"\b(?:taught|teach(?:es)?|(?:a|one|two|three|four|five|six|ten|\d+) (?:years?|decades?) (?:ago|old)|years ago"
    r"|last year|back in|rewrote|rewritten|used to|original|remember(?:ing)?|opens? with|opened with|opening with"
    r"|comparator|benchmark|mention(?:s|ed|ing)?|quot(?:es|ed|ing)|cit(?:es|ed|ing)|fram(?:e|es|ed|ing)|remind(?:s|er|ed|ing)?"
    r"|long before|in the days|pre-?dates?|the panel|name[- ]?dropp\w+|we all|still (?:waiting|arguing|talking|cannot|can't|no access)"
    r"|standard since|established|historic(?:al)?|legacy|classic|by now|(?:un)?like in|as in|as we (?:saw|learn\w+|know)|we (?:already )?"
    r"(?:know|knew|learned|learnt) from|already (?:know|knew|changed|told|showed|practice)|kindergarten|approved in|approval of"
    r"|thanks to|owes?|anniversary|in (?:19\d\d|20[01]\d|202[0-4])|changed \w+ (?:\w+ )?(?:years|long)|echoes? of|shades of|inspired"
    r"|in the shadow of|nobody (?:mentions|talks)|era of|old days"
    r"|uptake|reimburse\w*|coverage|get it covered|journal club|textbook|damals|[àa] l'[ée]poque"
    r"|hace (?:a[ñn]os|\w+ a[ñn]os)|il y a|vor (?:\w+ )?jahren|anni fa|h[áa] anos)\b",
    re.IGNORECASE,
)
# "ever since EV-302", "depuis le KEYNOTE-826": the words stand right before the name; "waiting for it since May" is no history
_SINCE = re.compile(
    r"\b(?:since|seit|depuis|desde|dai tempi|after|post|despu[eé]s|nach|apr[eè]s)\b(?:\W+\w+){0,3}\W+$", re.IGNORECASE
)
# somebody tells of it now: figures, the stage, the news itself
_RESULT = re.compile(
    r"\b(?:HR|OR|RR|IRR|ORR|CR|PFS|OS|DFS|EFS|iDFS|pCR|DOR|TTNT)\b[^.]{0,24}\d|\bn\s?=\s?\d|\d\s?(?:%|％)|\d(?:[.,]\d)?\s?(?:months?|mo|mois|meses|monate|mesi|か月|ヶ月)\b"
    r"|\bp\s?[=<]\s?0?[.,]\d|\brandomi[sz]ed|\b(?:primary|secondary) endpoint|\b(?:grade|gr\.?) ?(?:≥ ?)?[345]|\bsignificant|non-?inferior|superior\b"
)
_NEWS = re.compile(
    r"\b(?:(?:walk|take|lead|guide|talk)(?:s|ing)? (?:us|me) through|read(?:s|ing)? ?out|readouts?|on screen|on stage|discussants?|curves?|kaplan|waterfall|forest plot"
    r"|(?:is|are|was) (?:positive|negative|out)|(?:at |after )?(?:\w+|\d[\d.]*)[- ](?:years?|months?) (?:on|later|out|in|update|data|follow)|met its|(?:did not|didn't|failed to) meet|updated?|follow-?up|final analysis|interim analysis|primary (?:results|analysis)|first results"
    r"|results?|data|late-?break\w*|present(?:s|ed|ing)|now|just|finally|today|at last|here|is here|highlights?|ergebnisse|r[ée]sultats|resultados|risultati|daten|dati|dados|datos|heute"
    r"|hoy|aujourd'hui|oggi|hoje|positiva?|positiv|positif)\b|結果|発表|本日",
    re.IGNORECASE,
)
_STOP = re.compile(r"[.!?](?=\s|$)|\n")
_BEFORE_NAME = re.compile(r"\b(?:pre|post|the next|another|the old|the first|the earlier|new)[- ]$", re.IGNORECASE)
_AFTER_NAME = re.compile(
    r"(?:[- ](?:era|style|like|type|eligible|esque|days|world|generation)\b|'s? (?:legacy|shadow|heirs?)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class NamedTrial:
    """A trial named in a text: its rows, the words and where they stand, and how sure the name is.

    ``certainty``: 3 a name no word is (digits, mixed capitals, hyphens), 2 its short form, 1 a word of any
    dictionary written as the trial is, 0 the first word alone, which may be an earlier trial of the family.
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

    def begins(self, word: str) -> bool:
        """Whether a run of a plain word begins any form of a trial's name."""
        return not self._firsts.isdisjoint(_RUNS.findall(word))

    def named(self, text: str, lowered: str) -> list[NamedTrial]:
        """Trials in a folded, masked text (``lowered`` is its plain form), in order, each place once."""
        runs = [(found.group().lstrip("0") or "0", *found.span()) for found in _RUNS.finditer(lowered)]
        found, free = list[NamedTrial](), 0
        for at, (run, _, _) in enumerate(runs):
            if at >= free and run in self._forms:
                trial, length = self._at(text, runs, at)
                free = at + length
                found.extend([trial] if trial else [])
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
            if certainty == 3 and " " in text[start:end] and " " not in name and all(run.isalpha() for run in form):
                certainty = 1  # "NO BOLUS before tacos" is not NO-BOLUS
            if certainty <= 1 and not _written_as(text[start:end], name):
                continue
            return NamedTrial(name, tuple(self._rows[name]), (start, end), certainty), len(form)
        return None, 1


def is_background(text: str, span: tuple[int, int]) -> bool:
    """Whether the words around a trial's name speak of it as history or as somebody's comparison."""
    start = max(0, span[0] - 60, *(stop.end() for stop in _STOP.finditer(text, max(0, span[0] - 60), span[0])))
    stop = _STOP.search(text, span[1], span[1] + 60)
    near = _BACKGROUND.search(text, start, min(stop.start() if stop else len(text), span[1] + 60))
    return bool(
        near
        or _SINCE.search(text[max(start, span[0] - 40) : span[0]])
        or _BEFORE_NAME.search(text[max(0, span[0] - 16) : span[0]])
        or _AFTER_NAME.match(text, span[1])
    )


def tells_of_history(sentence: str) -> bool:
    """Whether a sentence speaks of what is long known."""
    return _BACKGROUND.search(sentence) is not None


def is_news(text: str, span: tuple[int, int]) -> float:
    """How much a text tells of the trial as of something new: figures of a result, the stage, the news itself.

    0 to 0.9; each of two kinds gives half: "HR 0.41", "the curves are on screen".
    """
    start, end = max(0, span[0] - 200), span[1] + 200
    masked = text[start : span[0]] + " " * (span[1] - span[0]) + text[span[1] : end]  # no figure of the name itself
    return (0.45 if _RESULT.search(masked) else 0.0) + (0.45 if _NEWS.search(masked) else 0.0)


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
            yield full[:1], 0  # "NAPISTAR" for NAPISTAR 1-01
        for short in _FAMILIES.get(full[0], ()):
            if tail and tail[0].isdecimal():
                yield (short, *tail), 2
        words = [run for run in full[:2] if run.isalpha()]
        if len(words) == 2 and len(full) > 2 and full[2].isdecimal():  # DESTINY-Breast09: DB09, DB-09
            yield (words[0][0] + words[1][0], *full[2:]), 2
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
    gaps = (text[a[2] : b[1]] for a, b in pairwise(part))
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
