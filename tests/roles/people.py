"""Profiles for the tests of roles: one line to an author."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from pipelines.model import Author, Role
from pipelines.roles import read_role

NOON = datetime(2026, 12, 12, 12)


def author(bio: str | None = None, name: str | None = None, handle: str | None = None, platform: str = "x") -> Author:
    """An author with a profile; the id is fixed."""
    return Author(platform, "1", NOON, handle=handle, display_name=name, bio=bio)


def role_of(bio: str | None, name: str | None = "Sam", handle: str | None = "@sam") -> Role:
    """The role of a profile that says something."""
    role = read_role(author(bio, name, handle), NOON)
    assert role is not None
    return role


def own_bios() -> list[tuple[str, str, str, str]]:
    """(role, handle, display name, bio) of the project's own labelled profiles."""
    lines = [
        line
        for path in sorted(Path(__file__).with_name("bios").glob("*.tsv"))
        for line in path.read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    rows = [tuple(line.split("\t")) for line in lines]
    return [(row[0], row[1], row[2], row[3]) for row in rows]
