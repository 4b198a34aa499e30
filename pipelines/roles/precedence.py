"""Which of several decisions about one author holds: a reviewer's, else the curated list's, else the rules'."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from pipelines.model import Role, RoleName

_RANK = {"rules": 0, "voices.csv": 1}  # anybody else is a reviewer: 2


def prevailing_role(roles: Iterable[Role]) -> Role | None:
    """The decision that holds among those about one author; within one rank the newest. None without any."""
    return max(roles, key=lambda role: (_RANK.get(role.decided_by, 2), role.decided_at), default=None)


def reviewed_role(
    platform: str, author_id: str, role: RoleName, reviewer: str, reason: str, decided_at: datetime
) -> Role:
    """A reviewer's correction: who, when (naive UTC), and why as its evidence."""
    return Role(
        platform=platform,
        author_id=author_id,
        role=role,
        confidence="strict",
        evidence=(reason,) if reason else (),
        decided_at=decided_at,
        rule="reviewer",
        decided_by=reviewer,
    )
