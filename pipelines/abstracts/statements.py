"""A sentence that says what was studied: "torvexumab against placebo in haemophilia".

Many abstracts of a congress share drug and disease; which one is meant is told by the plain words of its design
(placebo, phase 2, every 8 weeks), that titles.py passes over. So a sentence is compared with the few titles of the
same matter, word by word, and only when one of them fits clearly better than all others is it the one that is meant.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice

from pipelines.abstracts.concepts import is_empty_word, is_everyday
from pipelines.abstracts.text import plain, stem, words
from pipelines.abstracts.titles import Guess
from pipelines.abstracts.topics import Topics
from pipelines.abstracts.trials import tells_of_history
from pipelines.model import Abstract

LEAST_FIT, LEAST_MARGIN, LEAST_MATTER = 0.62, 0.045, 0.9
LEAST_MATTER_ALONE = 1.17  # of a text that names no drug
LEAST_CLEAR_FIT, CLEAR_MARGIN = 0.55, 0.3  # where no other row comes near
LEAST_DESIGN, LEAST_WITHOUT_DRUG = 0.12, 3  # weight of a word of design; how many such words stand in for a drug
_ROW_ONLY = 0.06  # what a title says beyond the sentence counts this much against it: titles are long
_UNKNOWN, _UNKNOWN_BESIDE = 0.55, 0.12  # weight of a word that no title has: amid the others, before or after them
_SHORT = 220  # characters; a post so short is one statement
_MOST_SENTENCES, _MOST_ROWS = 12, 60
_SENTENCE = re.compile(r"[.!?;](?=\s|$)|[。！？\n]|\s/\s|(?<=\s)[-–—|](?=\s)")
_FULL_STOP = re.compile(r"[.!;]\s+\w")
_CODE = re.compile(r"\b[a-z]{2,5}\d{3,6}\b")  # AZD5335, YL205
_PHASE = re.compile(r"\bphase\s*([1-4]|i{1,3}v?|iv)(?:[ab])?(?:\s*[/-]\s*([1-4]|i{1,3}v?))?[ab]?\b")
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4"}
_VERSUS = frozenset(["against", "versus", "vs", "v", "contre", "contra", "gegen", "contro", "frente"])
_SMALL = frozenset(
    words(
        "a an the and or of in on to for with without by at from is are was were be been it its this that these "
        "those as so but not no who what when which will can could would do does did has have had i we you they he "
        "she my our your their me us there here than then if about now only just more most very too also into over "
        "after before between during among within through "
    )
)
Near = Sequence[tuple[float, int]]  # (overlap, row), largest first


class Statements:
    """The titles of one catalogue as bags of all their words."""

    def __init__(self, topics: Topics, catalogue: Sequence[Abstract]):
        self.topics = topics
        self.rows = [self._tokens(each.title) for each in catalogue]
        counts = Counter(token for row in self.rows for token in row)
        total = max(2, len(catalogue))
        self.weights = {token: max(0.05, math.log(total / count) / math.log(total)) for token, count in counts.items()}
        self.sizes = [sum(map(self.weights.__getitem__, row)) for row in self.rows]
        self.diseases = [topics.lexicon.diseases & row for row in topics.rows]
        self.drugs = frozenset(feature for each in catalogue for feature in self._drug_features(each))
        self._drug_stems = frozenset(
            stem(word) for each in catalogue for drug in each.drugs for word in words(plain(drug))
        )

    def stated(
        self, text: str, features: AbstractSet[str], near: Near, without: AbstractSet[int]
    ) -> tuple[Guess | None, bool]:
        """The row that one sentence of a folded, masked text states, and clearly no other row as well.

        With it, whether several rows are stated equally well: then nobody can tell, and wording elsewhere in the text
        must not decide. ``near`` are the rows nearest to all of the text.
        """
        if self.drugs.isdisjoint(features) and (not near or near[0][0] < LEAST_MATTER_ALONE):
            return None, False
        likely = frozenset(row for overlap, row in near if overlap >= LEAST_MATTER_ALONE)
        sentences = islice(_sentences(text), _MOST_SENTENCES)
        found = [guess for each in sentences for guess in self._in_sentence(*each, likely)]
        rows = {guess.row for guess in found}
        one_breath = len(text) <= _SHORT and (not rows or not _FULL_STOP.search(text))
        if len(rows) != 1 and one_breath:  # "Emicizumab for acquired haemophilia - who gets it in Korea?"
            found = self._in_sentence(0, text, likely) or found
            rows = {guess.row for guess in found}
        return (found[0] if len(rows) == 1 and not rows & without else None), len(rows) > 1

    def _in_sentence(self, start: int, sentence: str, likely: AbstractSet[int]) -> list[Guess]:
        features = self.topics.known(self.topics.lexicon.features(sentence))
        if self.topics.weight(features) < LEAST_MATTER or tells_of_history(sentence):
            return []
        rows = self._alike(features, likely)
        if not rows:
            return []
        tokens = self._tokens(sentence)
        said = self._weight_said(sentence, tokens)
        ranked = sorted(((self._fit(tokens, said, row), row) for row in rows), reverse=True)
        best, row = ranked[0]
        clear = len(ranked) == 1 or best - ranked[1][0] >= CLEAR_MARGIN
        if best < (LEAST_CLEAR_FIT if clear else LEAST_FIT) or not self._has_points(row, tokens, features, clear):
            return []
        evidence = sentence.strip()[:120]
        at = start + sentence.index(evidence)
        return [
            Guess(row, "title", evidence, round(min(1.0, fit), 3), (at, at + len(evidence)))
            for fit, row in ranked
            if best - fit < LEAST_MARGIN
        ]

    def _alike(self, features: AbstractSet[str], likely: AbstractSet[int]) -> list[int]:
        """Rows of the same drugs, or else the likely ones, and of no other disease; none where they are too many."""
        drugs, diseases = features & self.drugs, features & self.topics.lexicon.diseases
        postings = self.topics.postings
        if drugs:
            rare = min(drugs, key=lambda drug: (len(postings[drug]), drug))
            rows = [row for row in postings[rare] if drugs <= self.topics.rows[row]]
        else:
            rows = sorted(likely)
        found = [row for row in rows if diseases <= self.diseases[row]]
        return found if len(found) <= _MOST_ROWS else []

    def _fit(self, tokens: AbstractSet[str], said: float, row: int) -> float:
        """Share of what is said that the title says too, a little less for what only the title says."""
        shared = sum(map(self.weights.__getitem__, self.rows[row] & tokens))
        return shared / max(0.1, said + _ROW_ONLY * (self.sizes[row] - shared))

    def _weight_said(self, sentence: str, tokens: AbstractSet[str]) -> float:
        """Weight of what a sentence says: small talk is left out, words that no title has are not; before and after
        the words that titles have ("Not the loudest talk, but ...") they count little."""
        stems = [stem(word) for word in words(plain(sentence))]
        matter = [at for at, each in enumerate(stems) if self.weights.get(each, 0.0) > 0.3 and not _is_talk(each)]
        inside = frozenset(stems[matter[0] : matter[-1] + 1]) if matter else frozenset[str]()
        said = 0.0
        for token in tokens:
            if token in self.weights:
                said += self.weights[token] if token in inside or token[0] == "=" or not _is_talk(token) else 0.0
            elif not _is_talk(token):
                said += _UNKNOWN if token in inside else _UNKNOWN_BESIDE
        return said

    def _has_points(self, row: int, tokens: AbstractSet[str], features: AbstractSet[str], clear: bool) -> bool:
        """Whether enough is said of the row beside drug and disease: its design, or matter of its own."""
        lexicon, shared = self.topics.lexicon, self.rows[row] & tokens
        drugs, diseases = features & self.drugs, features & (lexicon.diseases | lexicon.learnt)
        beside = {
            each
            for each in shared
            - lexicon.diseases
            - lexicon.learnt
            - lexicon.disease_stems
            - self.drugs
            - self._drug_stems
            if self.weights[each] >= LEAST_DESIGN and each not in self.topics.asides(row)
        }
        if drugs and diseases:
            return any(not is_empty_word(each) or each == "versus" for each in beside)
        own = [self.weights[each] for each in beside if each not in lexicon.covered and not is_empty_word(each)]
        if drugs and clear:
            return bool(own) and len(beside - lexicon.covered) >= 2
        return len(own) >= (2 if drugs else LEAST_WITHOUT_DRUG) and sum(own) >= (0.8 if drugs else 1.2)

    def _tokens(self, text: str) -> frozenset[str]:
        """Stems of all words but the smallest, and the phase of a trial as one word."""
        lowered = plain(text)
        found = {
            f"phase {'/'.join(_ROMAN.get(each, each) for each in match.groups() if each)}"
            for match in _PHASE.finditer(lowered)
        }
        for word in words(_PHASE.sub(" ", lowered)):
            if word in _VERSUS:
                found.add("versus")
            elif word not in _SMALL:
                found.add(stem(word))
        return frozenset(found | {each for each in self.topics.lexicon.features(text) if each.startswith("=")})

    def _drug_features(self, abstract: Abstract) -> Iterator[str]:
        """Features of the row's drugs: the concept where the lexicon knows one, else its stem; and codes in the title."""
        yield from _CODE.findall(plain(abstract.title))
        for drug in abstract.drugs:
            features = self.topics.known(self.topics.lexicon.features(drug))
            named = {each for each in features if each.startswith("=")} or features
            yield from (each for each in named if not is_everyday(each) and self.topics.weights[each] > 0.3)


def _is_talk(token: str) -> bool:
    return token.isdecimal() or is_everyday(token) or is_empty_word(token)


def _sentences(text: str) -> Iterator[tuple[int, str]]:
    """Where each sentence, line or clause of a list starts, and its words."""
    start = 0
    for stop in _SENTENCE.finditer(text):
        if stop.start() - start > 8:
            yield start, text[start : stop.start()]
        start = stop.end()
    if len(text) - start > 8:
        yield start, text[start:]
