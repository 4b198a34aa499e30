"""What people write: originals about abstracts at every tier of evidence, and chatter about none."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from pipelines.model import Session
from pipelines.sources.demo.chance import between, pick
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.programme import Paper
from pipelines.sources.demo.science import Drug
from pipelines.sources.demo.words import book

BLUESKY_LENGTH = 300
_TRIES = 8
Voice = Literal["any", "clinician", "house"]
_PERSONAL = ("hcp", "researcher", "patient_advocate", "other")
_CUES = {
    "late-breaking": ("LBA-{d}", "LBA{d}", "LBA {d}", "LBA-{d}", "abstract LBA-{d}", "#LBA{d}"),
    "poster": ("poster {n}", "Poster {n}", "abstract {n}", "Abstract {n}", "abs {n}", "abstract #{n}"),
    "oral": ("Abstract {n}", "abstract {n}", "abs {n}", "Abs. {n}", "abstract #{n}", "oral {n}", "Abstract no. {n}"),
}
_LOCAL_CUES = {
    "es": ("abstract {n}", "póster {n}", "Abstract {n}"), "fr": ("abstract {n}", "Abstract n° {n}"),
    "de": ("Abstract {n}", "Poster {n}"), "it": ("abstract {n}", "Abstract {n}"), "pt": ("abstract {n}",),
    "ja": ("演題{n}", "Abstract {n}"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Named:
    """What the writer meant: this abstract, proven by these words, at this tier (1 number, 2 trial, 3 wording)."""

    number: str
    tier: int
    evidence: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A text before hashtags and links are put to it."""

    text: str
    lang: str = "en"
    named: tuple[Named, ...] = ()
    urls: tuple[str, ...] = ()
    tag: str | None = None  # the community's hashtag that fits
    tagged: bool = True  # False: about something else, without the congress's hashtag


class Writer:
    """Writes drafts, and rarely the same twice."""

    def __init__(self, rng: Random, drugs: Sequence[Drug], sessions: Sequence[Session]):
        self._rng, self._drugs, self._sessions = rng, drugs, sessions
        self._said: set[str] = set()
        self._turn = 0
        self._voice: Voice = "any"  # of whoever writes now, and where
        self._on_x = False

    def about(self, paper: Paper, lang: str, tier: int, room: int = BLUESKY_LENGTH, voice: Voice = "any") -> Draft:
        """A post about one abstract. Without a trial to name, tier 2 becomes tier 1."""
        self._voice, self._on_x = voice, room > BLUESKY_LENGTH
        if tier == 2 and paper.trial is None:
            tier = 1
        if tier == 1:
            return self._by_number(paper, lang, room)
        lead = pick(self._rng, book("posts")["lead_trial" if tier == 2 else "lead_gist"]["any"])
        text = self._round_off(lead.format(**self._slots(paper)), paper, room)
        evidence = paper.trial if tier == 2 and paper.trial and "{trial}" in lead else ""
        if tier == 3:
            evidence = paper.gist if "{gist}" in lead else paper.abstract.presenter or ""
        return Draft(text, "en", (Named(paper.number, tier, evidence),), tag=paper.topic.tag)

    def pair(self, first: Paper, second: Paper) -> Draft:
        """A post that lists two abstracts."""
        noun = "Posters" if first.kind == "poster" else "Abstracts"
        shape = pick(self._rng, ("{noun} {a} and {b}", "{noun} {a} + {b}", "{noun} {a}, {b}", "{noun} {a} & {b}"))
        cue = shape.format(noun=noun, a=first.number, b=second.number)
        text = pick(self._rng, _PAIRS).format(cue=cue, gist=first.gist, other=second.gist)
        named = tuple(Named(paper.number, 1, cue) for paper in (first, second))
        return Draft(text, named=named, tag=first.topic.tag)

    def chatter(self, account: Account, at: datetime, person: str) -> Draft:
        """A post that names no abstract."""
        for _ in range(_TRIES):
            draft = self._small_talk(account, at, person)
            if draft.text not in self._said:
                break
        self._said.add(draft.text)
        return draft

    def _small_talk(self, account: Account, at: datetime, person: str) -> Draft:
        local = book("posts")["local_chatter"]
        if account.lang in local and self._rng.random() < 0.6:
            line = pick(self._rng, local[account.lang])
            return Draft(line.format(word=account.topic.word), account.lang)
        lines = book("chatter")["originals"]
        line = pick(self._rng, lines[account.role])
        if account.role in _PERSONAL and "?" not in line and self._rng.random() < 0.22:
            line = f"{pick(self._rng, book('chatter')['openers'])} {line}"
        text = line.format(**self._scenery(account, at, person))
        return Draft(_closed(text, self._rng), tag=account.topic.tag)

    def aside(self, kind: str, account: Account) -> Draft:
        """A quote's comment, a reply, or the next post of one's own thread (``quotes``, ``replies``, ``self``)."""
        lists = book("chatter")["replies" if kind == "self" else kind]
        lang = account.lang if account.lang in lists and self._rng.random() < 0.5 else "en"
        if kind == "self":  # one after the other, so that no thread says a thing twice
            self._turn += 1
            return Draft(lists["self"][self._turn % len(lists["self"])])
        line = pick(self._rng, lists["any" if lang == "en" else lang])
        return Draft(line.format(word=account.topic.word), lang)

    def _by_number(self, paper: Paper, lang: str, room: int) -> Draft:
        way = self._rng.random()
        doi, tag = paper.abstract.doi, paper.topic.tag
        if way < 0.14 and doi:
            text = self._round_off(
                pick(self._rng, book("posts")["lead_gist"]["any"]).format(**self._slots(paper)), paper, room
            )
            url = f"https://doi.org/{doi}"
            return Draft(text, named=(Named(paper.number, 1, doi),), urls=(url,), tag=tag)
        if way < 0.22 and paper.abstract.nct:
            nct = paper.abstract.nct[0]
            text = self._round_off(f"{paper.trial} ({nct}): {paper.gist}.", paper, room)
            return Draft(text, named=(Named(paper.number, 1, nct),), tag=tag)
        return self._cued(paper, lang, room)

    def _cued(self, paper: Paper, lang: str, room: int) -> Draft:
        local = book("posts")["local_number"]
        spoken = lang if lang in local and paper.drug and paper.trial else "en"
        cue = self._cue(paper, spoken)
        slots = self._slots(paper) | {"ref": cue}
        if spoken != "en":
            text = pick(self._rng, local[spoken]).format(**slots)
            return Draft(_capital(text), spoken, (Named(paper.number, 1, cue),), tag=paper.topic.tag)
        if paper.trial and self._rng.random() < 0.06 and room > BLUESKY_LENGTH:
            text = pick(self._rng, book("posts")["long"]["benign" if paper.topic.benign else "drug"]).format(**slots)
        else:
            leads = book("posts")["lead_number"]
            lead = pick(self._rng, leads["drug"] if paper.trial and self._rng.random() < 0.35 else leads["any"])
            text = self._round_off(lead.format(**slots), paper, room)
        return Draft(_capital(text), named=(Named(paper.number, 1, cue),), tag=paper.topic.tag)

    def _cue(self, paper: Paper, lang: str) -> str:
        late = paper.kind == "late-breaking"
        cues = _CUES.get(paper.kind, _CUES["oral"]) if lang == "en" or late else _LOCAL_CUES[lang]
        if paper.kind != "poster":
            cues = tuple(cue for cue in cues if not cue.lower().startswith(("poster", "póster")))
        return pick(self._rng, cues).format(n=paper.number, d=paper.number.rpartition("-")[2])

    def _round_off(self, lead: str, paper: Paper, room: int) -> str:
        """The lead with a figure and a remark, as far as they fit."""
        facts = book("posts")["fact"]
        fact = pick(self._rng, facts["study" if not paper.drug else "benign" if paper.topic.benign else "drug"])
        parts = [lead, fact.format(**self._slots(paper)) if self._rng.random() < 0.6 else ""]
        takes = book("posts")["take"]
        parts.append(
            pick(self._rng, takes["any" if self._voice == "clinician" and self._rng.random() < 0.8 else self._voice])
        )
        while len(text := _capital(" ".join(part for part in parts if part))) > room - 60 and len(parts) > 1:
            parts.pop()
        return text

    def _slots(self, paper: Paper) -> dict[str, object]:
        drug, results = paper.drug, paper.results
        handle = paper.abstract.presenter_handle
        return {
            "trial": paper.trial, "gist": paper.gist, "word": paper.topic.word, "presenter": f"@{handle}" if handle and self._on_x and self._rng.random() < 0.4 else paper.abstract.presenter,
            "drug": drug.name if drug else "", "Drug": drug.name[0].upper() + drug.name[1:] if drug else "",
            "company": drug.company if drug else "", "cls": drug.drug_class if drug else "",
            "n": results.patients, "hr": results.hazard_ratio, "med": results.median, "ctl": results.control,
            "orr": results.response, "g3": results.severe, "fu": results.follow_up,
        }  # fmt: skip

    def _scenery(self, account: Account, at: datetime, person: str) -> Mapping[str, object]:
        rng, lists = self._rng, book("chatter")
        fitting = [drug for drug in self._drugs if account.topic.key in drug.topics] or self._drugs
        drug = pick(rng, fitting)
        clock = f"{between(rng, 7, 18)}:{pick(rng, ('00', '15', '30', '45'))}"
        return {
            "word": account.topic.word, "drug": drug.name, "Drug": drug.name[0].upper() + drug.name[1:],
            "cls": drug.drug_class[0].upper() + drug.drug_class[1:], "company": account.company or drug.company,
            "person": person, "session": self._session_near(at), "clock": clock, "room": f"E{between(rng, 210, 458)}",
            "booth": between(rng, 102, 2360), "small": between(rng, 3, 19), "n": between(rng, 320, 2400),
            "steps": f"{between(rng, 11, 27)},{between(rng, 100, 999)}", "small_day": pick(rng, ("one", "two", "three")),
            "food": pick(rng, lists["food"].split(";")), "hall": pick(rng, lists["halls"].split(";")),
        }  # fmt: skip

    def _session_near(self, at: datetime) -> str:
        near = [s for s in self._sessions if s.starts_at - timedelta(minutes=40) <= at <= s.ends_at]
        return pick(self._rng, near or self._sessions).title


_SENTENCE = re.compile(
    r"(?:^|(?<=[.!?👏👀] )(?<! [A-Z]\. ))[a-z](?=[a-z'é-]*[ ,.:;])"
)  # the first letter of a word in small letters
_PAIRS = (
    "{cue} back to back: {gist}, then {other}.",
    "Two to read together: {cue}.",
    "My picks today: {cue}. {gist} / {other}.",
    "If you only have ten minutes: {cue}.",
)


def _capital(text: str) -> str:
    """A capital at the start of each sentence, except for words that are written small (ctDNA, 177Lu)."""
    return _SENTENCE.sub(lambda found: found.group(0).upper(), text)


def _closed(text: str, rng: Random) -> str:
    """With a full stop, without, or with a mark of mood."""
    if text[-1] in ".!?)":
        return text
    return text + pick(rng, ("", "", ".", ".", ".", "!", " 😅", " 🙏", "…", ""))
