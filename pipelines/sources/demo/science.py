"""What is studied: invented drugs and trials in real diseases, and how a study is titled and talked about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from pipelines.sources.demo.chance import pick, shuffled
from pipelines.sources.demo.words import book, columns


@dataclass(frozen=True, slots=True)
class Topic:
    key: str
    disease: str
    population: str
    tag: str  # the community's hashtag
    word: str  # what people call it

    @property
    def benign(self) -> bool:
        """No cancer: nobody counts progressions there."""
        return self.key in ("sickle", "itp", "haemophilia")


@dataclass(frozen=True, slots=True)
class Drug:
    name: str
    drug_class: str
    code: str
    company: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Study:
    title: str
    gist: str  # how somebody would say the title in a post
    topic: Topic
    drug: Drug | None = None
    trial: str | None = None


def topics() -> tuple[Topic, ...]:
    return tuple(Topic(*columns(line)) for line in book("science")["topics"])


def drugs() -> tuple[Drug, ...]:
    rows = (columns(line) for line in book("science")["drugs"])
    return tuple(Drug(name, kind, code, company, tuple(keys.split(","))) for name, kind, code, company, keys in rows)


def companies() -> tuple[str, ...]:
    return book("science")["companies"]


def draw_trials(rng: Random) -> list[str]:
    """Trial names in random order: a coined word and a number; more than the programme needs."""
    stems = book("science")["trial_stems"].split()
    ends = ("-1", "-2", "-3", "-01", "-02", "-103", "-204", "-7", "-5", "-301")
    return shuffled(rng, [stem + end for i, stem in enumerate(stems) for end in ends[i % 2 :: 2]])


def draw_study(rng: Random, kind: str, topic: Topic, drugs: Sequence[Drug], trials: Iterator[str]) -> Study:
    """A study fit for a session of ``kind``: randomised trials on the big stages, everything among the posters."""
    lists = book("science")
    fitting = [drug for drug in drugs if topic.key in drug.topics]
    chance = rng.random()
    if not fitting or chance > {"poster": 0.45, "oral": 0.75}.get(kind, 1.0):
        return _study(pick(rng, lists["benign_studies" if topic.benign else "studies"]), topic)
    drug = pick(rng, fitting)
    if kind == "poster" and chance > 0.2:
        return _study(pick(rng, lists["untried"]), topic, drug)
    large = kind in ("plenary", "late-breaking") or chance < (0.25 if kind == "oral" else 0.08)
    titles = "benign_trials" if topic.benign else "trials3" if large else "trials12"
    return _study(pick(rng, lists[titles]), topic, drug, next(trials))


def _study(line: str, topic: Topic, drug: Drug | None = None, trial: str | None = None) -> Study:
    title, gist = columns(line)
    slots = {"population": topic.population, "disease": topic.disease, "word": topic.word, "TRIAL": trial}
    if drug:
        name = drug.name
        slots |= {"drug": name, "Drug": name[0].upper() + name[1:], "class": drug.drug_class, "code": drug.code}
    return Study(title.format(**slots), gist.format(**slots), topic, drug, trial)


def headline(words: str) -> str:
    """With capitals, as in the name of a session."""
    return " ".join(word if word[0].isupper() else word.capitalize() for word in words.split())
