"""How much a text and each abstract of the catalogue are about the same thing.

The overlap of a text with an abstract is the sum of the weights of their shared features (concepts.py);
a feature weighs ln(rows / rows with it) / ln(rows), between 0 (in every row) and 1 (in one row only).
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from heapq import nlargest

from pipelines.abstracts.concepts import Lexicon, weight_of_word
from pipelines.model import Abstract

_BRACKETS = re.compile(r"\([^()]*\)")
_LEAST_POINT = 0.25
_LEAST_ROWS = 150  # below this many rows a catalogue does not know which words are rare
_WIDEST = 60  # features of more rows than this only weigh rows found by rarer ones
_MOST_MET, _LOOKED_AT = 300, 16  # postings walked and rows compared in full for one text


class Topics:
    """The features of every abstract of one catalogue, and an index from feature to rows."""

    def __init__(self, catalogue: Sequence[Abstract]):
        self.lexicon = Lexicon((each.title for each in catalogue), (drug for each in catalogue for drug in each.drugs))
        self.rows = [self.lexicon.features(_wording(each)) for each in catalogue]
        self._asides = {
            index: self.rows[index] - self.lexicon.features(_BRACKETS.sub(" ", _wording(each)))
            for index, each in enumerate(catalogue)
            if "(" in each.title
        }  # "(CD19 x CD3 bispecific antibody)" explains a word of the title; it is no matter of its own
        counts = Counter(feature for row in self.rows for feature in row)
        total = max(len(catalogue), _LEAST_ROWS)
        self.weights = {
            feature: self._share(feature) * math.log(total / count) / math.log(total)
            for feature, count in counts.items()
        }
        self._known = frozenset(self.weights)
        self.postings: dict[str, list[int]] = {}
        for index, row in enumerate(self.rows):
            for feature in row:
                self.postings.setdefault(feature, []).append(index)
        self.sizes = [sum(self.weights[feature] for feature in row) for row in self.rows]

    def _share(self, feature: str) -> float:
        return weight_of_word(feature) * (0.5 if feature in self.lexicon.covered else 1.0)

    def known(self, features: AbstractSet[str]) -> AbstractSet[str]:
        """Those features that any abstract has."""
        return features & self._known

    def overlap(self, index: int, features: AbstractSet[str], without: AbstractSet[str] = frozenset()) -> float:
        """Sum of the weights of what row ``index`` and ``features`` share, but for ``without``."""
        shared = self.rows[index] & features
        return sum(map(self.weights.__getitem__, shared - without if without else shared))

    def nearest(self, features: AbstractSet[str], least: float) -> list[tuple[float, int]]:
        """The rows of largest overlap, as (overlap, row), largest first; only when one can reach ``least``.

        Rows are gathered by their rarest features, so that an everyday word costs nothing.
        """
        ranked = sorted((len(self.postings[feature]), feature) for feature in features)
        sums: dict[int, float] = {}
        met = 0
        for count, feature in ranked:
            met += count
            if sums and (met > _MOST_MET or count > _WIDEST):
                break
            weight = self.weights[feature]
            for index in self.postings[feature]:
                sums[index] = sums.get(index, 0.0) + weight
        likely = nlargest(_LOOKED_AT, sums, key=sums.__getitem__)
        found = sorted(((self.overlap(index, features), index) for index in likely), reverse=True)
        return found if found and found[0][0] >= least else []

    def asides(self, row: int) -> AbstractSet[str]:
        """Features that only the brackets of a title say."""
        return self._asides.get(row, frozenset())

    def points(self, row: int, shared: AbstractSet[str]) -> int:
        """How many things of their own are shared with a row: not too common, no second form of a concept, no aside
        in brackets; all its diseases are one."""
        own = shared - self.asides(row)
        found = {each for each in own if self.weights[each] > _LEAST_POINT and each not in self.lexicon.covered}
        diseases = found & self.lexicon.diseases
        said_with_it = frozenset[str]().union(*(self.lexicon.implied(each) for each in diseases))
        return len(found - diseases - said_with_it) + min(1, len(diseases))

    def weight(self, features: Iterable[str]) -> float:
        """Sum of the weights of known features."""
        return sum(map(self.weights.__getitem__, features))


def _wording(abstract: Abstract) -> str:
    return " . ".join((abstract.title, *abstract.drugs, *abstract.trial, abstract.session or ""))
