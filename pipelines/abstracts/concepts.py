"""What a text is about, as a set of features: stems of its words, and concepts of the lexicon.

"Enhertu" and "T-DXd" both give the feature ``=trastuzumab deruxtecan``; "pregnant" and "pregnancy" share
their stem. Abbreviations that titles explain, as in "interstitial lung disease (ILD)", are learnt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib import resources

import ahocorasick_rs
from rapidfuzz.distance import DamerauLevenshtein

from pipelines.abstracts.text import fold, mask, plain, singular, stem, words

_DRUG = re.compile(
    r"\w{3,}(?:mab|nib|clib|tecan|tide|clax|stat|parib|strant|lisib|ciclib|gliflozin|toclax|degib|rasib|feron|cept|fusp|platin"
    r"|rubicin|limus|grel|vaptan|ciguat|tant|parin|xaban|pril|sartan|xetine)$"
)
_DISEASE = re.compile(
    r"(?:[^\W\d_]+[ -]){1,6}(?:disease|syndrome|leuk(?:a?)emia|lymphoma|neoplasm|an(?:a?)emia|hypertension|failure|macroglobulin(?:a?)emia"
    r"|mastocytosis|purpura|thrombocyth(?:a?)emia|cardiomyopathy|tachycardia|insulinism|neuropathy|hypercholesterol(?:a?)emia|shock|cytosis)\b"
)
_MUTANT = re.compile(r"([a-z]{2,4}\d{1,2})(?:m|mut)")  # IDH1m, FLT3mut
_EXPLAINED = re.compile(r"((?:[\w'/+-]+\s+){1,7})\(([A-Z][\w/+-]{1,9}|[a-z]{1,3}[A-Z][\w/+-]{1,8})\)")


def _lines(name: str) -> list[str]:
    text = resources.files("pipelines.abstracts").joinpath(name).read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def _words_of(name: str) -> frozenset[str]:
    return frozenset(" ".join(_lines(name)).split())


_EMPTY = _words_of("empty_words.txt")
_COMMON = _words_of("common_words.txt")


class Lexicon:
    """The concepts of ``concepts.txt`` together with what one catalogue teaches: drugs and abbreviations."""

    def __init__(self, titles: Iterable[str] = (), drugs: Iterable[str] = ()):
        self.diseases, self.disease_stems = _diseases()
        self.learnt: set[str] = set()  # concepts of diseases that the lexicon has not
        self.covered: set[str] = set()  # stems of words that have a concept: the word itself says little more
        self._words: dict[str, list[str]] = {}  # singular -> concepts
        self._capitals: dict[str, list[str]] = {}  # word in capitals -> concepts
        self._phrases: dict[str, list[str]] = {}  # " words between blanks " -> concepts
        for concept, terms in _lexicon():
            for term in terms:
                self._learn(concept, term)
        self._drugs: set[str] = set()
        for drug in {*drugs}:
            self._learn_drug(drug)
        for title in titles:
            self._learn_abbreviations(title)
            self._learn_initials(title)
        self._keys = list(self._phrases)
        self._search = ahocorasick_rs.AhoCorasick(self._keys) if self._keys else None
        self._memo: dict[str, tuple[str, ...]] = {}
        self._implied: dict[str, frozenset[str]] = {}
        self._hint: Callable[[str, str], tuple[str, ...]] = lambda token, word: ()

    def mark(self, hint: Callable[[str, str], tuple[str, ...]]) -> None:
        """Adds features that ``hint(token, plain word)`` gives a token: what a reader should look for closer."""
        self._hint = hint
        self._memo.clear()

    def features(self, text: str) -> set[str]:
        """Features of a text as written; links and handles are left out."""
        return self.features_of(words(mask(fold(text))))

    def features_of(self, tokens: list[str]) -> set[str]:
        """Features of words as written, in their order (phrases need it)."""
        memo, found = self._memo, set[str]()
        for token in tokens:
            found.update(memo[token] if token in memo else self._token(token))
        if self._search and len(tokens) > 1:
            joined = f" {plain(' '.join(tokens))} "
            for index, _, _ in self._search.find_matches_as_indexes(joined, overlapping=True):
                found.update(self._phrases[self._keys[index]])
        return found

    def implied(self, disease: str) -> frozenset[str]:
        """Features that the terms of a disease bring along: "renal cell" is no news about kidneys, nor about cells."""
        found = self._implied.get(disease)
        if found is None:
            terms = next((terms for concept, terms in _lexicon() if f"={concept}" == disease), ())
            found = self._implied[disease] = frozenset(
                self.features_of([each for term in terms for each in words(term)])
            )
        return found

    def _token(self, token: str) -> tuple[str, ...]:
        """The stem of a word, its concepts, and the hints it gives."""
        word = plain(token)
        one = token[:-1] if token[-1] == "s" and len(token) > 2 and token[:-1].isupper() else token  # "MRAs"
        found = [*self._words.get(singular(word), ()), *self._capitals.get(one, ())]
        if found:
            self.covered.add(stem(word))
        if word not in _EMPTY and not word.isdecimal() and len(word) > 1:
            found.extend(() if found else self._misspelt(word))
            found.append(stem(word))
            if gene := _MUTANT.fullmatch(word):
                found.append(gene.group(1))
        found.extend(self._hint(token, word))
        if len(self._memo) < 200_000:  # hostile text must not grow it without end
            self._memo[token] = tuple(found)
        return tuple(found)

    def _misspelt(self, word: str) -> tuple[str, ...]:
        """The drug a longer word with a drug's ending is one or two slips away from."""
        if len(word) < 8 or not _DRUG.match(word) or word in self._drugs:
            return ()
        near = min(self._drugs, key=lambda drug: DamerauLevenshtein.distance(word, drug, score_cutoff=2), default="")
        close = near and DamerauLevenshtein.distance(word, near, score_cutoff=2) <= (1 if len(word) < 10 else 2)
        return tuple(self._words.get(singular(near), (stem(near),))) if close else ()

    def _learn(self, concept: str, term: str) -> None:
        if " " in term:
            self._add(self._phrases, f" {term} ", concept)
            self.covered.update(stem(word) for word in term.split())
        elif term.isupper():
            self._add(self._capitals, term, concept)
        elif not term.isascii() and not any(char.isascii() for char in term):
            self._add(self._phrases, term, concept)  # a script without blanks between words
        else:
            self._add(self._words, singular(plain(term)), concept)

    @staticmethod
    def _add(where: dict[str, list[str]], term: str, concept: str) -> None:
        concepts = where.setdefault(term, [])
        if f"={concept}" not in concepts:
            concepts.append(f"={concept}")

    def _learn_drug(self, drug: str) -> None:
        """A drug's name and its nicknames ("glofit"), where the lexicon has none."""
        parts = words(plain(drug))
        if not parts or len(drug) > 60:
            return
        self._drugs.update(part for part in parts if len(part) >= 8)
        if len(parts) > 1 and f" {' '.join(parts)} " not in self._phrases:
            self._learn(drug.casefold(), " ".join(parts))
            if len(parts) > 2 and drug[0].isalpha() and "-" not in drug and "+" not in drug:
                self._learn(drug.casefold(), "".join(part[0] for part in parts).upper())  # SZC: sodium zirconium ...
            if (cells := parts[0].partition("cabtagene")) and cells[1]:
                self._learn(drug.casefold(), f"{cells[0]} cel")  # anito-cel
        for part in parts:
            if len(part) >= 9 and _DRUG.match(part) and part not in self._words:
                for length in (4, 5):
                    if (nick := part[:length]) not in _COMMON and nick not in self._words:
                        self._words[nick] = [stem(part)]

    def _known(self, short: str, parts: list[str]) -> bool:
        return (
            short in self._capitals
            or singular(plain(short)) in self._words
            or f" {plain(' '.join(parts))} " in self._phrases
        )

    def _learn_abbreviations(self, title: str) -> None:
        for before, short in _EXPLAINED.findall(fold(title)):
            phrase, parts = _spelt_out(words(plain(before)), words(plain(short))), words(short)
            if not phrase or f" {phrase} " in self._phrases or self._known(short, parts):
                continue
            self._learn(short.casefold(), phrase)
            self._learn(short.casefold(), parts[0] if len(parts) == 1 else plain(" ".join(parts)))

    def _learn_initials(self, title: str) -> None:
        """What a disease of the titles is called in short: CAD for "cold agglutinin disease", WM for Waldenström's."""
        for found in _DISEASE.finditer(plain(title)):
            run = found.group().replace("-", " ").split()
            run = run[max((at + 1 for at, word in enumerate(run) if word in _EMPTY), default=0) :]
            for length in range(3, min(5, len(run) + 1)) if len(run) > 2 else (2,):
                parts = run[-length:]
                phrase, short = " ".join(parts), "".join(word[0] for word in parts).upper()
                if len(parts) == length and f" {phrase} " not in self._phrases and not self._known(short, parts):
                    self._learn(phrase, phrase)
                    self._learn(phrase, short)
                    self.learnt.add(f"={phrase}")


def _spelt_out(before: list[str], short: list[str]) -> str | None:
    """The words whose initials give the abbreviation: ("with interstitial lung disease", "ild")."""
    initials = "".join(short)
    count = len(initials)
    if not 2 <= count <= 6 or len(before) < count:
        return None
    tail = before[-count:]
    return " ".join(tail) if all(word[0] == letter for word, letter in zip(tail, initials, strict=True)) else None


def is_everyday(token: str) -> bool:
    """Whether a stem or concept is of everyday speech, or so general that it says little."""
    return weight_of_word(token) < 1.0


def is_empty_word(token: str) -> bool:
    """Whether a stem is of words that every post and title may say."""
    return token in _EMPTY_STEMS


def weight_of_word(feature: str) -> float:
    """How much a feature may say at most: rare words and special concepts all, general ones and everyday words less."""
    return 0.3 if feature in _COMMON_STEMS else 0.6 if feature in _general() else 1.0


_COMMON_STEMS = frozenset(stem(plain(word)) for word in _COMMON)
_EMPTY_STEMS = frozenset(stem(plain(word)) for word in _EMPTY)


@cache
def _lexicon() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Concepts with their terms, as they stand in the file; general concepts keep their "~"."""
    pairs = (line.split(":", 1) for line in _lines("concepts.txt"))
    return tuple(
        (concept, tuple(term.strip() for term in terms.split(",") if term.strip())) for concept, terms in pairs
    )


@cache
def _diseases() -> tuple[frozenset[str], frozenset[str]]:
    """Concepts of the lexicon's sections on diseases, as features, and what else says no more than a disease: the
    stems of their words, and markers ("HER2-low"). General ones are left out."""
    text = resources.files("pipelines.abstracts").joinpath("concepts.txt").read_text(encoding="utf-8")
    found, stems, inside, markers = set[str](), set[str](), False, False
    for line in text.splitlines():
        if line.startswith("#"):
            inside = line in ("# tumours and blood cancers", "# benign blood", "# diabetes", "# markers")
            markers = line == "# markers"
        elif inside and line[:1] not in ("", "~"):
            concept, terms = line.split(":", 1)
            (stems if markers else found).add(f"={concept}")
            stems.update(stem(word) for word in words(plain(terms)))
    return frozenset(found), frozenset(stems)


@cache
def _general() -> frozenset[str]:
    return frozenset(f"={concept}" for concept, _ in _lexicon() if concept.startswith("~"))
