"""Bios in, roles out, as JSON lines: what ``congress roles`` reads and writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

import orjson

from pipelines.errors import InputError
from pipelines.model import Author
from pipelines.roles.rules import read_role

_FIELDS = ("handle", "display_name", "bio", "location")
_NO_TIME = datetime(1970, 1, 1)  # a listing says what a bio proves, not when


def read_bios(lines: Iterable[bytes]) -> Iterator[dict]:
    """A role per line of bios: ``{"handle", "role", "confidence", "evidence", "credentials", "specialty", "rule"}``.

    Input: JSON objects with ``handle`` and any of ``display_name``, ``bio``, ``location`` (text or null); blank lines
    are skipped, unknown keys ignored. Raises InputError naming the line at the first one that is something else.
    """
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _listed(_author(line, number))


def _listed(author: Author) -> dict:
    role = read_role(author, _NO_TIME)
    if role is None:
        return {"handle": author.handle, "role": "other", "confidence": "probable", "evidence": []}
    said = {"handle": author.handle, "role": role.role, "confidence": role.confidence, "evidence": list(role.evidence)}
    return said | {"credentials": list(role.credentials), "specialty": role.specialty, "rule": role.rule}


def _author(line: bytes, number: int) -> Author:
    try:
        fields = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as wrong:
        raise InputError(
            f"line {number}: not JSON ({wrong}); each line must be one object with handle and bio"
        ) from None
    if not isinstance(fields, dict):
        raise InputError(f"line {number}: not an object; each line must be one object with handle and bio")
    for name in _FIELDS:
        if not isinstance(fields.get(name), str | None):
            raise InputError(f"line {number}: {name} is not text but {type(fields[name]).__name__}")
    if not fields.get("handle"):
        raise InputError(f'line {number}: no handle; each line must look like {{"handle": "@x", "bio": "..."}}')
    handle = fields["handle"]
    platform = "bluesky" if handle.removeprefix("@").endswith(".bsky.social") else "x"
    return Author(
        platform, handle, _NO_TIME, handle, fields.get("display_name"), fields.get("bio"), fields.get("location")
    )
