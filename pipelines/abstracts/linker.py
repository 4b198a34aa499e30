"""Which abstracts of a congress a post talks about, and by what evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property, lru_cache, partial
from typing import NamedTuple

from pipelines.abstracts.context import Surroundings
from pipelines.abstracts.links import Links, Named
from pipelines.abstracts.numbers import Numbers, is_cue
from pipelines.abstracts.reading import read_numbers
from pipelines.abstracts.schemes import scheme_of, shapes
from pipelines.abstracts.statements import LEAST_MATTER, Statements
from pipelines.abstracts.text import fold, mask, plain, words
from pipelines.abstracts.titles import Guess, Titles
from pipelines.abstracts.topics import Topics
from pipelines.abstracts.trials import NamedTrial, Trials, is_background, is_news
from pipelines.congresses import Congress
from pipelines.hashtags import hashtags_in
from pipelines.model import Abstract, AbstractMention, Author, Post

_MOST_NAMED = 100  # trials, or numbers: a post with more is a list of everything
_LONGEST = 25_000  # characters; the longest post X takes, and what is beyond is not read
_HANDLES = re.compile(r"(?<!\w)@([\w.-]+)")
_MEETING_TAG = re.compile(
    r"(?:asco|ash|esmo|eha|sabcs|aacr|ada|aha|acc|esc|easd|wclc|ers|ats|aan)(?:g[iu]|breast|asia)?(?:20)?\d\d"
)
# support a trial's name needs from the rest of the text, by certainty of the name: (usual, spoken of as history)
_SUPPORT = {3: (0.45, 3.0), 2: (0.45, 3.0), 1: (0.9, 3.5), 0: (1.5, 99.0)}


class Evidence(NamedTuple):
    """One mention before it has a post: the fields of ``AbstractMention`` from ``number`` on."""

    number: str
    tier: int
    rule: str
    evidence: str
    span: tuple[int, int]
    score: float


class Linker:
    """Reads posts against one congress's catalogue; pure, and thread-safe once built.

    With an empty catalogue only evidence that needs none counts: structured numbers and DOIs that carry one.
    """

    def __init__(self, congress: Congress, catalogue: Sequence[Abstract]):
        self.congress, self.catalogue = congress, tuple(catalogue)
        self._row = {abstract.number: index for index, abstract in enumerate(self.catalogue)}
        scheme = scheme_of(congress.numbering, congress.id, congress.society)
        found = shapes(scheme, self._row)
        self._numbers = Numbers(found, self._row, _kinds(self.catalogue))
        self._links = Links(congress.starts_on.year, self.catalogue, self._resolve, self._spell)
        self._surroundings = Surroundings(congress)
        self._topics = Topics(self.catalogue)
        self._trials = Trials(self.catalogue)
        self._titles = Titles(self._topics, self.catalogue)
        self._statements = Statements(self._topics, self.catalogue)
        self._tags = frozenset(congress.hashtags)
        self._topics.lexicon.mark(self._hint)
        self._read = lru_cache(maxsize=2048)(partial(_Reading, self))  # most posts are reposts: the same words again

    def mentions(self, post: Post, author: Author | None = None) -> tuple[AbstractMention, ...]:
        """The abstracts of this congress that the post itself names, strongest evidence first.

        An abstract named in several ways has one mention for each tier and rule.
        """
        reading = self._read(post.text, post.links, post.hashtags)
        speaker = author.handle if author and not post.repost_of_id else None  # a repost's words are another's
        found = reading.evidence or reading.guesses(post.created_at, speaker)
        if not found:
            return ()
        key = (post.platform, post.post_id, self.congress.id)
        return tuple(AbstractMention(*key, *each) for each in found)

    def _hint(self, token: str, word: str) -> tuple[str, ...]:
        """What one word calls for; a post without any hint is done after one pass over its words."""
        hints = []
        if word not in self._tags and self._numbers.may_hold(word):
            hints.append("!number")
        if is_cue(word):
            hints.append("!cue")
        if self._trials.begins(word):
            hints.append("!trial")
        if self._titles.names(word):
            hints.append("!name")
        return tuple(hints)

    def _resolve(self, written: str) -> str | None:
        rows, exact = self._numbers.resolve(written)
        return rows[0] if exact and len(rows) == 1 else None

    def _spell(self, written: str) -> str:
        for each in self._numbers.shapes:
            if re.fullmatch(each.pattern, written, re.IGNORECASE):
                return each.spell(written)
        return written.upper()


class _Reading:
    """One text being read: its forms, and the evidence that needs neither time nor author."""

    def __init__(self, linker: Linker, text: str, links: Sequence[str], hashtags: Sequence[str]):
        text = text[:_LONGEST]
        self.linker, self.raw, self.text = linker, text, fold(text)
        self.masked = mask(self.text)
        tags = hashtags or (hashtags_in(text) if "#" in self.text else ())
        self.tagged = not linker._tags.isdisjoint(tags)
        self.hints = linker._topics.lexicon.features_of(words(self.masked))
        self.features = linker._topics.known(self.hints)
        self.trials: Sequence[NamedTrial] = ()
        named = list(linker._links.named(self.text, links))
        if not self.tagged and any(_MEETING_TAG.fullmatch(tag) for tag in tags):
            # another meeting's post: only an identifier is beyond doubt
            self.tagged, self.hints = False, set[str]()
            self.features = frozenset()
            named = [name for name in named if name.rule == "doi"]
        elif "!trial" in self.hints:
            self.trials = linker._trials.named(self.masked, plain(self.masked))[:_MOST_NAMED]
        self.evidence = self._strongest(named) if named or "!number" in self.hints or self.trials else ()

    def _strongest(self, named: Sequence[Named]) -> tuple[Evidence, ...]:
        """Numbers, identifiers and trials; each number once for each tier and rule, strongest first."""
        found = [each for name in named for each in self._identified(name)]
        found.extend(self._numbered() if "!number" in self.hints else ())
        found.extend(self._by_trial({each.number for each in found}))
        best: dict[tuple[str, int, str], Evidence] = {}
        for each in found:
            key = (each.number, each.tier, each.rule)
            if key not in best or each.score > best[key].score:
                best[key] = each
        return tuple(sorted(best.values(), key=lambda each: (each.tier, -each.score)))

    def guesses(self, created_at: datetime, handle: str | None) -> tuple[Evidence, ...]:
        """Tier 3: the presenter at ``created_at`` (naive UTC), or the title's matter."""
        if not self.tagged:
            return ()
        titles, guess = self.linker._titles, None
        handles = _HANDLES.findall(self.text)[:_MOST_NAMED] if "@" in self.text else []
        if "!name" in self.hints or handles or handle:
            guess = titles.presented(self.masked, self.features, created_at, handles, handle)
        guess = guess or self.by_matter
        if guess is None:
            return ()
        number = self.linker.catalogue[guess.row].number
        evidence = guess.evidence if guess.span == (-1, -1) else self.raw[slice(*guess.span)]
        return (Evidence(number, 3, guess.rule, evidence, guess.span, guess.score),)

    @cached_property
    def by_matter(self) -> Guess | None:
        """The abstract that the wording alone tells, whoever writes it and when."""
        topics = self.linker._topics
        if topics.weight(self.features) < LEAST_MATTER:
            return None
        history = frozenset(row for each in self.trials for row in each.rows)
        near = topics.nearest(self.features, LEAST_MATTER)
        guess, doubtful = self.linker._statements.stated(self.masked, self.features, near, history)
        return guess if guess or doubtful else self.linker._titles.paraphrased(self.features, near, history)

    def _identified(self, named: Named) -> Iterator[Evidence]:
        """DOIs and NCT ids; of several rows those the text is about, if it is clearly about some."""
        numbers = named.numbers
        if len(numbers) > 1:
            overlaps = {number: self._topic(number) for number in numbers}
            best = max(overlaps.values())
            narrowed = tuple(number for number in numbers if overlaps[number] > 0.5 * best)
            numbers = narrowed if best > 2.0 else numbers
        for number in numbers:
            yield Evidence(number, 1, named.rule, named.evidence[:200], named.span, 1.0)

    def _numbered(self) -> Iterator[Evidence]:
        linker = self.linker
        taken = [trial.span for trial in self.trials]
        cued = "!cue" in self.hints
        found = read_numbers(self.masked, linker._numbers, linker._surroundings, self._topic, self.tagged, cued, taken)
        for each in found:
            score = round(min(1.0, 0.5 + each.points / 8), 3)
            for number in each.chosen:
                yield Evidence(number, 1, each.rule, self.raw[each.start : each.end], (each.start, each.end), score)

    def _by_trial(self, explicit: set[str]) -> Iterator[Evidence]:
        rows_named = {row for number in explicit if (row := self.linker._row.get(number)) is not None}
        topics, stems = self.linker._topics, self.linker._trials.stems_of
        names = frozenset[str]().union(
            *(stems(each.name) | topics.lexicon.features(each.name) for each in self.trials)
        )  # no evidence beside the names
        for trial in self.trials:
            support = {row: topics.overlap(row, self.features, without=names) for row in trial.rows}
            known = rows_named.intersection(trial.rows)
            if known:
                yield from (self._trial(row, trial, support[row]) for row in known)
                continue
            usual, history = _SUPPORT[trial.certainty]
            background = is_background(self.masked, trial.span)
            doubt = (0.7 if explicit else 0.0) + (0.0 if self.tagged else 1.0)
            needed = doubt + (history if background else usual)
            best = max(support.values())
            if not background and not doubt and trial.certainty >= 2 and (best > 0 or len(support) == 1):
                needed -= is_news(self.masked, trial.span)  # of several abstracts the topic must pick one
            if best >= needed:
                yield from (self._trial(row, trial, value) for row, value in support.items() if value >= 0.9 * best)

    def _trial(self, row: int, trial: NamedTrial, support: float) -> Evidence:
        score = round(min(1.0, 0.2 * trial.certainty + support / 5), 3)
        number = self.linker.catalogue[row].number
        return Evidence(number, 2, "trial", self.raw[slice(*trial.span)], trial.span, score)

    def _topic(self, number: str) -> float:
        row = self.linker._row.get(number)
        return 0.0 if row is None else self.linker._topics.overlap(row, self.features)


def _kinds(catalogue: Sequence[Abstract]) -> dict[str, str]:
    """How each abstract is shown, where its session's type says so: "poster" or "talk"."""
    return {
        each.number: "poster" if "poster" in each.session_type.casefold() else "talk"
        for each in catalogue
        if each.session_type
    }


def inherited(post: Post, parents: Mapping[str, Sequence[AbstractMention]]) -> tuple[AbstractMention, ...]:
    """What a repost, quote or reply takes over from the posts it answers, each marked with their id.

    ``parents`` holds the mentions of posts by post id. Only what a post says itself is handed on, not what it took
    over: the third reply of a quarrel is no longer about the abstract. A guess (tier 3) is not handed on but by a
    repost, which says the very same words. The tier stays what it was; rule and score say that it was taken over.
    """
    found: dict[tuple[str, str, int], AbstractMention] = {}
    for parent_id, share in ((post.repost_of_id, 1.0), (post.quoted_id, 0.8), (post.reply_to_id, 0.6)):
        for mention in parents.get(parent_id or "", ()):
            if mention.inherited_from is None and (mention.tier < 3 or share == 1.0):
                taken = replace(
                    mention, platform=post.platform, post_id=post.post_id, rule="inherited", span=(-1, -1),
                    score=round(mention.score * share, 3), inherited_from=parent_id,
                )  # fmt: skip
                found.setdefault((mention.congress_id, mention.number, mention.tier), taken)
    return tuple(found.values())
