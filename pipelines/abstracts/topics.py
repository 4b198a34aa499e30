"""How much a text and each abstract of the catalogue are about the same thing.

The overlap of a text with an abstract is the sum of the weights of their shared features (concepts.py);
a feature weighs ln(rows / rows with it) / ln(rows), between 0 (in every row) and 1 (in one row only).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from pipelines.abstracts.concepts import Lexicon, weight_of_word
from pipelines.model import Abstract

_LEAST_ROWS = 150  # below this many rows a catalogue does not know which words are rare
_WIDEST = 60  # features of more rows than this only weigh candidates found by rarer ones


class Topics:
    """The features of every abstract of one catalogue, and an index from feature to rows."""

    def __init__(self, catalogue: Sequence[Abstract]):
        self.lexicon = Lexicon((each.title for each in catalogue), (drug for each in catalogue for drug in each.drugs))
        self.rows = [self.lexicon.features(_wording(each)) for each in catalogue]
        counts = Counter(feature for row in self.rows for feature in row)
        total = max(len(catalogue), _LEAST_ROWS)
        self.weights = {
            feature: weight_of_word(feature) * math.log(total / count) / math.log(total)
            for feature, count in counts.items()
        }
        self.postings: dict[str, list[int]] = {}
        for index, row in enumerate(self.rows):
            for feature in row:
                self.postings.setdefault(feature, []).append(index)
        self.sizes = [sum(self.weights[feature] for feature in row) for row in self.rows]

    def known(self, features: AbstractSet[str]) -> set[str]:
        """Those features that any abstract has."""
        return {feature for feature in features if feature in self.weights}

    def overlap(self, index: int, features: AbstractSet[str], without: AbstractSet[str] = frozenset()) -> float:
        """Sum of the weights of what row ``index`` and ``features`` share, but for ``without``."""
        weights = self.weights
        return sum(weights[feature] for feature in self.rows[index] & features if feature not in without)

    def candidates(self, features: AbstractSet[str]) -> dict[int, float]:
        """Overlap of every row that shares a rare feature, by row."""
        rare = [feature for feature in features if len(self.postings.get(feature, ())) <= _WIDEST]
        found: dict[int, float] = {}
        for feature in rare:
            weight = self.weights.get(feature, 0.0)
            for index in self.postings.get(feature, ()):
                found[index] = found.get(index, 0.0) + weight
        wide = {feature for feature in features if len(self.postings.get(feature, ())) > _WIDEST}
        if wide and found:
            floor = max(found.values()) * 0.4
            for index, overlap in found.items():
                if overlap >= floor:
                    found[index] = overlap + self.overlap(index, wide)
        return found

    def weight(self, features: Iterable[str]) -> float:
        """Sum of the weights of features."""
        return sum(self.weights.get(feature, 0.0) for feature in features)


def _wording(abstract: Abstract) -> str:
    return " . ".join((abstract.title, *abstract.drugs, *abstract.trial, abstract.session or ""))
