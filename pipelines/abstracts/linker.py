"""Which abstracts of a congress a post talks about, and by what evidence."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from pipelines.abstracts.context import Surroundings
from pipelines.abstracts.links import Links, Named
from pipelines.abstracts.numbers import Numbers
from pipelines.abstracts.reading import read_numbers
from pipelines.abstracts.schemes import scheme_of, shapes
from pipelines.abstracts.text import fold, mask, plain, words
from pipelines.abstracts.titles import Guess, Titles
from pipelines.abstracts.topics import Topics
from pipelines.abstracts.trials import NamedTrial, Trials, is_background
from pipelines.congresses import Congress
from pipelines.hashtags import hashtags_in
from pipelines.model import Abstract, AbstractMention, Author, Post

_MEETING_TAG = re.compile(
    r"(?:asco|ash|esmo|eha|sabcs|aacr|ada|aha|acc|esc|easd|wclc|ers|ats|aan)(?:g[iu]|breast|asia)?(?:20)?\d\d"
)
# support a trial's name needs from the rest of the text, by certainty of the name: (usual, spoken of as history)
_SUPPORT = {3: (0.45, 1.7), 2: (0.45, 1.7), 1: (0.9, 2.2)}


class Linker:
    """Reads posts against one congress's catalogue; pure, and thread-safe once built.

    With an empty catalogue only evidence that needs none counts: structured numbers and DOIs that carry one.
    """

    def __init__(self, congress: Congress, catalogue: Sequence[Abstract]):
        self.congress, self.catalogue = congress, tuple(catalogue)
        self._row = {abstract.number: index for index, abstract in enumerate(self.catalogue)}
        scheme = scheme_of(congress.numbering, congress.id, congress.society)
        found = shapes(scheme, self._row)
        self._numbers = Numbers(found, self._row)
        self._links = Links(congress.starts_on.year, self.catalogue, self._resolve, self._spell)
        self._surroundings = Surroundings(congress)
        self._topics = Topics(self.catalogue)
        self._trials = Trials(self.catalogue)
        self._titles = Titles(self._topics, self.catalogue)
        self._tags = frozenset(congress.hashtags)

    def mentions(self, post: Post, author: Author | None = None) -> tuple[AbstractMention, ...]:
        """The abstracts of this congress that the post itself names, strongest evidence first.

        An abstract named in several ways has one mention for each tier and rule.
        """
        reader = _Reading(self, post, author)
        best: dict[tuple[str, int, str], AbstractMention] = {}
        for mention in reader.mentions():
            key = (mention.number, mention.tier, mention.rule)
            if key not in best or mention.score > best[key].score:
                best[key] = mention
        return tuple(sorted(best.values(), key=lambda each: (each.tier, -each.score)))

    def _resolve(self, written: str) -> str | None:
        rows, exact = self._numbers.resolve(written)
        return rows[0] if exact and len(rows) == 1 else None

    def _spell(self, written: str) -> str:
        for each in self._numbers.shapes:
            if re.fullmatch(each.pattern, written, re.IGNORECASE):
                return each.spell(written)
        return written.upper()


class _Reading:
    """One post being read: its forms, and the evidence found so far."""

    def __init__(self, linker: Linker, post: Post, author: Author | None):
        self.linker, self.post, self.author = linker, post, author
        self.text = fold(post.text)
        self.masked = mask(self.text)
        tags = frozenset(post.hashtags or (hashtags_in(post.text) if "#" in self.text else ()))
        self.tagged = not tags.isdisjoint(linker._tags)
        self.foreign = not self.tagged and any(_MEETING_TAG.fullmatch(tag) for tag in tags)
        topics = linker._topics
        self.features = topics.known(topics.lexicon.features_of(words(self.masked))) if linker.catalogue else set[str]()

    def mentions(self) -> Iterator[AbstractMention]:
        linker = self.linker
        named = list(linker._links.named(self.text, self.post.links))
        if self.foreign:  # another meeting's post: only an identifier is beyond doubt
            yield from (each for name in named if name.rule == "doi" for each in self._identified(name))
            return
        found = [each for name in named for each in self._identified(name)]
        trials = linker._trials.named(self.masked, plain(self.masked)) if linker.catalogue else []
        found.extend(self._numbered(trials))
        yield from found
        explicit = {mention.number for mention in found}
        second = list(self._trials(trials, explicit))
        yield from second
        if self.tagged and linker.catalogue and not explicit and not second:
            yield from self._guessed()

    def _identified(self, named: Named) -> Iterator[AbstractMention]:
        """DOIs and NCT ids; of several rows those the text is about, if it is clearly about some."""
        numbers = named.numbers
        if len(numbers) > 1:
            overlaps = {number: self._topic(number) for number in numbers}
            best = max(overlaps.values())
            narrowed = tuple(number for number in numbers if overlaps[number] > 0.6 * best)
            numbers = narrowed if best > 1.0 else numbers
        for number in numbers:
            yield self._mention(number, 1, named.rule, named.evidence, named.span, 1.0)

    def _numbered(self, trials: Sequence[NamedTrial]) -> Iterator[AbstractMention]:
        linker = self.linker
        taken = [trial.span for trial in trials]
        found = read_numbers(self.masked, linker._numbers, linker._surroundings, self._topic, self.tagged, taken)
        for each in found:
            score = min(1.0, 0.5 + each.points / 8)
            for number in each.chosen:
                evidence = self.post.text[each.start : each.end]
                yield self._mention(number, 1, each.rule, evidence, (each.start, each.end), round(score, 3))

    def _trials(self, trials: Sequence[NamedTrial], explicit: set[str]) -> Iterator[AbstractMention]:
        rows_named = {row for number in explicit if (row := self.linker._row.get(number)) is not None}
        for trial in trials:
            support = {row: self._support(row, trial, trials) for row in trial.rows}
            known = rows_named.intersection(trial.rows)
            for row in known:
                yield self._trial(row, trial, support[row])
            if known:
                continue
            usual, history = _SUPPORT[trial.certainty]
            needed = history if is_background(self.masked, trial.span) else usual
            needed += (0.7 if explicit else 0.0) + (0.0 if self.tagged else 1.0)
            best = max(support.values())
            if best >= needed:
                yield from (self._trial(row, trial, value) for row, value in support.items() if value >= 0.9 * best)

    def _support(self, row: int, trial: NamedTrial, trials: Sequence[NamedTrial]) -> float:
        """How much of the row's matter the text has beside the names of trials."""
        linker = self.linker
        names = frozenset(run for each in trials for run in linker._trials.stems_of(each.name))
        return linker._topics.overlap(row, self.features, without=names)

    def _trial(self, row: int, trial: NamedTrial, support: float) -> AbstractMention:
        evidence = self.post.text[slice(*trial.span)]
        score = round(min(1.0, 0.2 * trial.certainty + support / 5), 3)
        return self._mention(self.linker.catalogue[row].number, 2, "trial", evidence, trial.span, score)

    def _guessed(self) -> Iterator[AbstractMention]:
        titles = self.linker._titles
        handle = self.author.handle if self.author else None
        mentioned = re.findall(r"(?<!\w)@([\w.-]+)", self.text) if "@" in self.text else []
        guess = titles.presented(self.masked, self.features, self.post.created_at, mentioned, handle)
        guess = guess or titles.paraphrased(self.features)
        if guess:
            yield self._guess(guess)

    def _guess(self, guess: Guess) -> AbstractMention:
        return self._mention(
            self.linker.catalogue[guess.row].number, 3, guess.rule, guess.evidence, guess.span, guess.score
        )

    def _topic(self, number: str) -> float:
        row = self.linker._row.get(number)
        return 0.0 if row is None else self.linker._topics.overlap(row, self.features)

    def _mention(
        self, number: str, tier: int, rule: str, evidence: str, span: tuple[int, int], score: float
    ) -> AbstractMention:
        post = self.post
        return AbstractMention(
            post.platform, post.post_id, self.linker.congress.id, number, tier, rule, evidence[:200], span, score
        )


def inherited(post: Post, parents: Mapping[str, Sequence[AbstractMention]]) -> tuple[AbstractMention, ...]:
    """What a repost, quote or reply takes over from the posts it answers, each marked with their id.

    ``parents`` holds the mentions of posts by post id. A guess (tier 3) is not handed on but by a repost,
    which says the very same words. The tier stays what it was; rule and score say that it was taken over.
    """
    found: dict[tuple[str, str, int], AbstractMention] = {}
    for parent_id, share in ((post.repost_of_id, 1.0), (post.quoted_id, 0.8), (post.reply_to_id, 0.6)):
        for mention in parents.get(parent_id or "", ()):
            if mention.tier < 3 or share == 1.0:
                taken = replace(
                    mention, platform=post.platform, post_id=post.post_id, rule="inherited", span=(-1, -1),
                    score=round(mention.score * share, 3), inherited_from=parent_id,
                )  # fmt: skip
                found.setdefault((mention.congress_id, mention.number, mention.tier), taken)
    return tuple(found.values())
