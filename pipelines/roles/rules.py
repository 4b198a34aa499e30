"""``read_role``: from a profile to a role with its proving words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import lru_cache

from pipelines.model import Author, Role
from pipelines.roles.clinician import Clinician, read_clinician, specialty_of
from pipelines.roles.decide import decide
from pipelines.roles.reading import Reading, read_profile


def read_role(author: Author, decided_at: datetime) -> Role | None:
    """What the author is now, by the words of display name, bio and handle; None where there are no words at all.

    ``decided_at`` is naive UTC and only passed through. Evidence holds the words as written; it may be empty
    for ``other``.
    """
    name, bio, handle = author.display_name or "", author.bio or "", author.handle or ""
    if not (name.strip() or bio.strip() or handle.strip()):
        return None
    found = _read(name, bio, handle)
    return replace(found, platform=author.platform, author_id=author.author_id, decided_at=decided_at)


@lru_cache(2_048)  # X sends the profile with every post of its author
def _read(name: str, bio: str, handle: str) -> Role:
    """The role of nobody in particular who has this profile."""
    reading = read_profile(name, bio)
    clinician = read_clinician(reading, handle)
    verdict = decide(reading, clinician)
    clinical = verdict.role == "hcp" or (bool(reading.letters("licence")) and verdict.role in ("pharma", "media"))
    return Role(
        platform="",
        author_id="",
        role=verdict.role,
        confidence=verdict.confidence,
        evidence=tuple(filter(None, verdict.evidence)),
        decided_at=datetime(1, 1, 1),
        credentials=() if verdict.rule == "body" else _stated_letters(reading, clinician),
        specialty=specialty_of(reading, clinician, verdict.role == "hcp") if clinical else None,
        rule=verdict.rule,
    )


def _stated_letters(reading: Reading, clinician: Clinician) -> tuple[str, ...]:
    """Degrees and licences the person says to hold, former ones too; "PT" of a personal trainer is none."""
    held = [found for found in reading.credentials if reading.unsaid.get(found.start) in (None, "former", "once")]
    return reading.written(*(found for found in held if found.sure or found.group != "licence" or clinician.strong))
