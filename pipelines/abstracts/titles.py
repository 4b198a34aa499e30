"""Abstracts named by nothing but their matter: a paraphrased title, or the presenter while on stage."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.abstracts.text import plain, words
from pipelines.abstracts.topics import Topics
from pipelines.model import Abstract

_NAME = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_STAGE = re.compile(
    r"\b(?:now|on stage|on the stage|presenting|presents|presented|speaking|at the podium|podium|up next|talk|takes the stage|live"
    r"|shows|showed|slides?|chapeau|well done|congrats|bravo|brilliant|auf der bühne|spricht|présente|presenta)\b",
    re.IGNORECASE,
)
# "great to finally meet Dr. Lockridge", "career corner with ...", "booth": people are met, too
_MET = re.compile(
    r"\b(?:meet(?:ing|s)?|met|(?:catch|caught) up|ran into|corner|interview\w*|podcast|episode|award\w*|honou?r\w*|congratulations to|lunch|dinner|coffee|drinks?|hug|selfie|booth|thanks to|mentor\w*)\b",
    re.IGNORECASE,
)
_MINE = re.compile(
    r"\b(?:my|our|i'm|i am|we're|we are|i'll|we'll|mein|unser|mon|notre|mi|nuestro|meu|nosso)\b.{0,60}\b(?:poster|talk|abstract"
    r"|presentation|oral|data|results|work|study|trial|póster|vortrag|présentation)|\b(?:i|we)(?:'ll| will|'m| am)? present",
    re.IGNORECASE | re.DOTALL,
)
_BEFORE, _AFTER = timedelta(minutes=20), timedelta(minutes=100)  # a slot in a session of many talks

LEAST_OVERLAP, LEAST_OF_TITLE, LEAST_OF_POST, LEAST_POINTS = 1.5, 0.27, 0.4, 3
LEAST_MARGIN, MARGIN_OF_MUCH, MUCH_OF_TITLE = 1.4, 1.2, 0.45  # most of a title may win more narrowly


@dataclass(frozen=True, slots=True)
class Guess:
    """One row found by its matter."""

    row: int
    rule: str  # title, presenter
    evidence: str
    score: float
    span: tuple[int, int] = (-1, -1)


class Titles:
    """Looks for the one abstract whose title a text paraphrases."""

    def __init__(self, topics: Topics, catalogue: Sequence[Abstract]):
        self.topics, self.catalogue = topics, catalogue
        self._surnames: dict[str, list[int]] = {}
        self._handles: dict[str, list[int]] = {}
        for index, abstract in enumerate(catalogue):
            surname = _surname(abstract.presenter)
            if surname:
                self._surnames.setdefault(surname, []).append(index)
            if abstract.presenter_handle:
                self._handles.setdefault(_handle(abstract.presenter_handle), []).append(index)
        self._name_words = frozenset(words(name)[-1] for name in self._surnames)

    def names(self, word: str) -> bool:
        """Whether a plain word stands in a presenter's surname."""
        return word in self._name_words

    def paraphrased(
        self, features: AbstractSet[str], ranked: Sequence[tuple[float, int]], without: AbstractSet[int]
    ) -> Guess | None:
        """The row that shares enough of rare matter with the text, and clearly more than any other row.

        ``ranked`` are the nearest rows with their overlap, largest first; ``without`` are rows known not to be meant: their trial was named as history.
        """
        topics = self.topics
        least = LEAST_OVERLAP * (
            1.0 + 0.15 * math.log10(max(1.0, len(self.catalogue) / 150))
        )  # chance hits grow with rows
        weight = topics.weight(features)
        if not ranked or ranked[0][0] < least or ranked[0][1] in without:
            return None
        best, row = ranked[0]
        second = ranked[1][0] if len(ranked) > 1 else 0.0
        of_title = best / max(topics.sizes[row], 0.1)
        margin = MARGIN_OF_MUCH if of_title >= MUCH_OF_TITLE else LEAST_MARGIN
        if best < second * margin or of_title < LEAST_OF_TITLE or best < weight * LEAST_OF_POST:
            return None
        shared = sorted(topics.rows[row] & features, key=lambda each: (-topics.weights[each], each))
        if topics.points(row, set(shared)) < LEAST_POINTS:
            return None
        return Guess(row, "title", " ".join(each.lstrip("=~") for each in shared[:8]), round(min(1.0, of_title), 3))

    def presented(
        self, text: str, features: AbstractSet[str], created_at: datetime, mentioned: Sequence[str], author: str | None
    ) -> Guess | None:
        """The row whose presenter the text names, or who writes it, while on stage or with the row's matter."""
        found = [
            *self._by_name(text, features, created_at),
            *self._by_handle(text, features, created_at, mentioned, author),
        ]
        best = sorted(found, key=lambda guess: -guess.score)
        return (
            best[0]
            if best and (len(best) == 1 or best[0].row == best[1].row or best[0].score > best[1].score)
            else None
        )

    def _by_name(self, text: str, features: AbstractSet[str], created_at: datetime) -> list[Guess]:
        if not self._surnames:
            return []
        found, staged = list[Guess](), bool(_STAGE.search(text) and not _MET.search(text))
        for match in _NAME.finditer(text):
            rows = self._surnames.get(plain(match.group())) if match.group()[0].isupper() else None
            for row in rows or ():
                overlap = self.topics.overlap(row, features, without=frozenset(plain(match.group()).split("-")))
                on_stage = self._on_stage(row, created_at)
                long = "-" in match.group() or len(match.group()) > 6
                if (on_stage and (staged or overlap > 0.5) and (long or overlap > 0.5)) or overlap > 1.2:
                    found.append(
                        Guess(row, "presenter", match.group(), round(0.5 + min(0.5, overlap / 4), 3), match.span())
                    )
        return found

    def _by_handle(
        self, text: str, features: AbstractSet[str], created_at: datetime, mentioned: Sequence[str], author: str | None
    ) -> list[Guess]:
        found = list[Guess]()
        for handle in mentioned:
            for row in self._handles.get(_handle(handle), ()):
                overlap = self.topics.overlap(row, features)
                if (self._on_stage(row, created_at) and (_STAGE.search(text) or overlap > 0.5)) or overlap > 1.0:
                    found.append(Guess(row, "presenter", f"@{handle}", round(0.5 + min(0.5, overlap / 4), 3)))
        for row in self._handles.get(_handle(author or ""), ()):
            overlap = self.topics.overlap(row, features)
            if overlap > 1.0 or (_MINE.search(text) and (overlap > 0.3 or self._on_stage(row, created_at))):
                found.append(Guess(row, "presenter", f"@{author}", round(0.5 + min(0.5, overlap / 4), 3)))
        return found

    def _on_stage(self, row: int, created_at: datetime) -> bool:
        starts_at = self.catalogue[row].starts_at
        return starts_at is not None and starts_at - _BEFORE <= created_at <= starts_at + _AFTER


def _surname(presenter: str | None) -> str:
    """The last word of a name, plain: "Yeon Hee Park" gives "park"; too short ones give ""."""
    words = _NAME.findall(presenter or "")
    last = plain(words[-1]) if len(words) > 1 else ""
    return last if len(last) >= 4 else ""


def _handle(handle: str) -> str:
    return handle.casefold().lstrip("@")
