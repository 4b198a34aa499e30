"""Who posts when: every account's posts as slots on the clock, with five bursts planted among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from typing import Literal

from pipelines.model import RoleName
from pipelines.sources.demo.chance import between, pick, shuffled, spread
from pipelines.sources.demo.handles import BLUESKY_ZONE
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.programme import Paper, local
from pipelines.sources.demo.rhythm import Rhythm, off_minute
from pipelines.sources.demo.writing import Draft

Kind = Literal["original", "repost", "quote", "reply", "self"]

POSTS = 12_600
OUTAGE = ("x", local(0, "16:10"), local(0, "16:45"))  # source, from, to
SOCIETY = ("SimSocietyMedicine", f"simulated-society.{BLUESKY_ZONE}")

# the ten loudest: role, posts, share of reposts
_LOUD: tuple[tuple[RoleName, int, float], ...] = (
    ("other", 1150, 0.96), ("society", 780, 0.42), ("media", 640, 0.5), ("hcp", 560, 0.62), ("hcp", 480, 0.55),
    ("hcp", 420, 0.6), ("institution", 350, 0.6), ("hcp", 320, 0.58), ("patient_advocate", 270, 0.55), ("hcp", 230, 0.6),
)  # fmt: skip
_ONCE = 0.63  # of the authors post once
_VOCAL = {"hcp": 4.0, "media": 1.5, "society": 1.4, "pharma": 1.0, "patient_advocate": 0.9, "institution": 0.9}
_REPOSTING = 0.63  # of the posts of everybody else are reposts; of the rest:
_REPLYING, _QUOTING = 0.08, 0.11

# day, onset, kind of session it starts in, who starts it, distinct authors
_BURSTS = (
    (0, "14:21", "oral", "hcp", 64),
    (1, "09:41", "oral", "hcp", 72),
    (1, "11:43", "late-breaking", "hcp", 88),
    (2, "15:10", "poster", "patient_advocate", 58),
    (3, "08:52", "late-breaking", "media", 66),
)


@dataclass(frozen=True, slots=True)
class Slot:
    """One post to be written. ``burst`` counts from 0; ``thread`` joins an author's posts into one thread."""

    at: datetime
    author: int
    kind: Kind
    burst: int | None = None
    thread: int | None = None
    starts_burst: bool = False
    draft: Draft | None = None  # what is to be said, where the plan knows it
    note: str = ""


@dataclass(frozen=True, slots=True)
class Burst:
    """An abstract takes off: when, which, and who started it."""

    number: str
    onset: datetime
    starter: int
    authors_planned: int


@dataclass(frozen=True, slots=True)
class Absence:
    """An account on Bluesky that is not to be seen from ``from_at`` on; for good when ``to_at`` is None."""

    author: int
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Plan:
    slots: tuple[Slot, ...]
    bursts: tuple[Burst, ...]
    absences: tuple[Absence, ...]
    loud: tuple[int, ...]


def draw_plan(rng: Random, accounts: Sequence[Account], papers: Sequence[Paper]) -> Plan:
    """Slots in order of time; every account has at least one."""
    rhythm = Rhythm(rng)
    loud = _loud_ones(accounts)
    budgets = _budgets(rng, accounts, loud)
    absences = _absences(accounts, budgets, loud)
    away = {each.author for each in absences}
    bursts, slots = _bursts(rng, rhythm, accounts, papers, budgets, away)
    shares = {author: share for author, (_, _, share) in zip(loud, _LOUD, strict=True)}
    for author, left in enumerate(budgets):
        gone = next((each for each in absences if each.author == author), None)
        slots += _slots_of(rng, rhythm, author, left, shares.get(author, _REPOSTING), gone, accounts[author])
    return Plan(in_order(accounts, slots), bursts, absences, loud)


def in_order(accounts: Sequence[Account], slots: Sequence[Slot]) -> tuple[Slot, ...]:
    """By time. X tells whole seconds; on Bluesky each slot gets its own millisecond."""
    timed = [
        slot
        if accounts[slot.author].platform == "x"
        else replace(slot, at=slot.at.replace(microsecond=(slot.author * 37 + i * 101) % 1000 * 1000))
        for i, slot in enumerate(slots)
    ]
    return tuple(sorted(timed, key=lambda slot: (slot.at, slot.author)))


def _loud_ones(accounts: Sequence[Account]) -> tuple[int, ...]:
    """The ten loudest accounts: on X, known for what they are; the second is the society's own."""
    taken: list[int] = []
    for place, (role, _, _) in enumerate(_LOUD):
        house = role in ("society", "media", "institution", "other")
        taken.append(
            next(
                i
                for i, account in enumerate(accounts)
                if account.role == role and account.organisation == house and account.told
                and i not in taken and (account.platform == "bluesky") == (place in (7, 9)) and account.lang == "en"
            )
        )  # fmt: skip
    return tuple(taken)


def _budgets(rng: Random, accounts: Sequence[Account], loud: Sequence[int]) -> list[int]:
    """Posts per account: ten loud ones, 63 % with one post, the rest in a long tail that HCPs lead."""
    budgets = [1] * len(accounts)
    for author, (_, posts, _) in zip(loud, _LOUD, strict=True):
        budgets[author] = posts
    others = [i for i in range(len(accounts)) if i not in loud]
    keen = {i: rng.random() / _VOCAL.get(accounts[i].role, 0.75) for i in others}
    middle = sorted(others, key=lambda i: keen[i])[: int(len(accounts) * (1 - _ONCE)) - len(loud)]
    left = POSTS - sum(_[1] for _ in _LOUD) - (len(others) - len(middle)) - 2 * len(middle)
    for author, extra in zip(middle, spread(left, [1 / (rank + 60) for rank in range(len(middle))]), strict=True):
        budgets[author] = 2 + extra
    return budgets


def _absences(accounts: Sequence[Account], budgets: Sequence[int], loud: Sequence[int]) -> tuple[Absence, ...]:
    """One account is away for a day and comes back, one is deleted."""
    fit = [i for i, a in enumerate(accounts) if a.platform == "bluesky" and 5 <= budgets[i] <= 8 and i not in loud]
    moments = (local(1, "08:05"), local(2, "10:20"), local(1, "15:35"))
    away, back, deleted = (moment + timedelta(seconds=17) for moment in moments)
    return (Absence(fit[0], away, back), Absence(fit[1], deleted, None))


def _bursts(
    rng: Random,
    rhythm: Rhythm,
    accounts: Sequence[Account],
    papers: Sequence[Paper],
    budgets: list[int],
    away: set[int],
) -> tuple[tuple[Burst, ...], list[Slot]]:
    """The five bursts and their slots; what their authors write here is taken off their budgets."""
    bursts, slots = [], []
    for place, (day, clock, kind, role, size) in enumerate(_BURSTS):
        onset = off_minute(local(day, clock) + timedelta(seconds=between(rng, 2, 50)))
        paper = _paper_on(papers, kind, onset)
        starter = _starter(rng, accounts, budgets, role)
        bursts.append(Burst(paper.number, onset, starter, size))
        slots.append(Slot(onset, starter, "original", place, starts_burst=True))
        budgets[starter] -= 1
        crowd = [i for i in shuffled(rng, range(len(accounts))) if budgets[i] > 0 and i != starter and i not in away]
        for author in crowd[: size - 1]:
            for _ in range(min(budgets[author], 1 + (rng.random() < 0.22))):
                budgets[author] -= 1
                luck = rng.random()
                chosen: Kind = "repost" if luck < 0.7 else "quote" if luck < 0.8 else "original"
                slots.append(Slot(rhythm.after(onset), author, chosen, place))
    return tuple(bursts), slots


def _paper_on(papers: Sequence[Paper], kind: str, onset: datetime) -> Paper:
    """The trial that was presented last before ``onset`` in a session of that kind."""
    shown = [p for p in papers if p.kind == kind and p.starts_at <= onset and p.trial and p.topic.key != "itp"]
    return max(shown, key=lambda p: (p.starts_at, p.number))


def _starter(rng: Random, accounts: Sequence[Account], budgets: Sequence[int], role: str) -> int:
    fit = [
        i
        for i, account in enumerate(accounts)
        if account.role == role and account.platform == "x" and account.told and 5 <= budgets[i] <= 60
    ]
    return pick(rng, fit)


def _slots_of(
    rng: Random, rhythm: Rhythm, author: int, count: int, reposting: float, gone: Absence | None, account: Account
) -> list[Slot]:
    slots: list[Slot] = []
    while len(slots) < count:
        at = _present(rhythm, gone)
        kind = _kind(rng, reposting)
        left = count - len(slots)
        if (
            kind == "original"
            and left > 4
            and gone is None
            and account.role in ("hcp", "media")
            and rng.random() < 0.09
        ):
            slots += _thread(rng, rhythm, author, at, min(left, between(rng, 3, 5)))
        else:
            slots.append(Slot(at, author, kind))
    return slots


def _present(rhythm: Rhythm, gone: Absence | None) -> datetime:
    """An instant at which the account is there; one that goes away has posted before it goes."""
    while True:
        at = rhythm.draw()
        if gone is None or at < gone.from_at:
            return at


def _thread(rng: Random, rhythm: Rhythm, author: int, at: datetime, count: int) -> list[Slot]:
    slots = [Slot(at, author, "original", thread=0)]
    for _ in range(count - 1):
        slots.append(Slot(rhythm.soon(slots[-1].at, 40, 150), author, "self"))
    key = (at - datetime(2026, 1, 1)) // timedelta(seconds=1) * 10_000 + author
    return [replace(slot, thread=key) for slot in slots]


def _kind(rng: Random, reposting: float) -> Kind:
    if rng.random() < reposting:
        return "repost"
    luck = rng.random()
    return "reply" if luck < _REPLYING else "quote" if luck < _REPLYING + _QUOTING else "original"
