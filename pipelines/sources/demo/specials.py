"""Posts that must be in the world: hostile texts, possible adverse events, broken embargoes, and what must not match."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from pipelines.sources.demo.chance import pick, shuffled
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.plan import Slot
from pipelines.sources.demo.programme import Paper, local
from pipelines.sources.demo.rhythm import Rhythm, off_minute
from pipelines.sources.demo.science import Drug
from pipelines.sources.demo.words import book
from pipelines.sources.demo.writing import Draft, Writer

NOISE_POSTS = 170
_EARLY = ((5, 50), (6, 20))  # local hours before the lift at 7:00


def special_slots(
    rng: Random,
    accounts: Sequence[Account],
    strangers: Sequence[Account],
    papers: Sequence[Paper],
    drugs: Sequence[Drug],
    writer: Writer,
    quiet: set[int],
) -> list[Slot]:
    """Slots with what is said in them. Strangers are numbered after the accounts; ``quiet`` ones say nothing more."""
    rhythm = Rhythm(rng)
    return [
        *_hostile(rng, rhythm, accounts, quiet),
        *_adverse(rng, rhythm, accounts, drugs, quiet),
        *_before_embargo(rng, accounts, papers, writer, quiet),
        *_noise(rng, rhythm, len(accounts), len(strangers)),
    ]


def _hostile(rng: Random, rhythm: Rhythm, accounts: Sequence[Account], quiet: set[int]) -> list[Slot]:
    lines = list(book("chatter")["hostile"]["any"])
    words = "The whole talk, word for word, because somebody asked: "
    on_x, on_bluesky = _some(rng, accounts, "x", "other", quiet), _some(rng, accounts, "bluesky", "other", quiet)
    slots = [
        Slot(rhythm.draw(), next(on_x if i % 4 else on_bluesky), "original", draft=Draft(line), note="hostile")
        for i, line in enumerate(lines)
    ]
    long = Draft(words + "and then the next slide said wait for the full paper, " * 440)
    torn = Draft("a\u0007bell\u0085and\u2028line\u2029separators\ufffeand\u0001control " + "e\u0301" * 90)
    slots.append(Slot(off_minute(local(1, "07:42")), next(on_x), "original", draft=long, note="hostile"))
    slots.append(Slot(off_minute(local(0, "13:12")), next(on_bluesky), "original", draft=torn, note="hostile"))
    return slots


def _adverse(
    rng: Random, rhythm: Rhythm, accounts: Sequence[Account], drugs: Sequence[Drug], quiet: set[int]
) -> list[Slot]:
    slots = []
    for role, lines in book("chatter")["adverse"].items():
        authors = _some(rng, accounts, "x", "hcp" if role == "hcp" else "patient_advocate", quiet)
        for line in lines:
            draft = Draft(line.format(drug=pick(rng, drugs[:10]).name))
            slots.append(Slot(rhythm.draw(), next(authors), "original", draft=draft, note="adverse"))
    return slots


def _before_embargo(
    rng: Random, accounts: Sequence[Account], papers: Sequence[Paper], writer: Writer, quiet: set[int]
) -> list[Slot]:
    """Two late-breaking abstracts are talked about an hour before they may be."""
    authors, slots = _some(rng, accounts, "x", "other", quiet), []
    for (hour, minute), number, day in zip(_EARLY, ("LBA-5", "LBA-10"), (1, 2), strict=True):
        paper = next(paper for paper in papers if paper.number == number)
        at = off_minute(local(day, f"{hour:02d}:{minute:02d}"))
        draft = writer.about(paper, "en", 1)
        slots.append(Slot(at, next(authors), "original", draft=draft, note="before_embargo"))
    return slots


def _noise(rng: Random, rhythm: Rhythm, first: int, count: int) -> list[Slot]:
    lines = book("chatter")["noise"]["any"]
    return [
        Slot(
            rhythm.draw(), first + i % count, "original", draft=Draft(lines[i % len(lines)], tagged=False), note="noise"
        )
        for i in shuffled(rng, range(NOISE_POSTS))
    ]


def _some(rng: Random, accounts: Sequence[Account], platform: str, role: str, quiet: set[int]):
    """Accounts of a role in random order."""
    fit = [i for i, each in enumerate(accounts) if each.platform == platform and each.role == role and i not in quiet]
    return iter(shuffled(rng, fit))
