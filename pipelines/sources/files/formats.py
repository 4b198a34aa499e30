"""Which kind of file this is, told from what is in it, and the readers of its lines.

Every kind is one entry of ``FORMATS``; a kind that holds no posts is recognised too, to say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

from pipelines.errors import InputError
from pipelines.model import Post, Record
from pipelines.sources.bluesky import payload as bluesky_payload
from pipelines.sources.files.text import TORN, numbered_lines
from pipelines.sources.x import compliance as x_compliance
from pipelines.sources.x import payload as x_payload

_LOOKED_AT = 50  # lines looked at to tell the format


@dataclass(frozen=True, slots=True)
class Read:
    """What one line gave: records, the reasons for what in it could not be read, and which posts were brought.

    ``brought`` names the posts the file is about; others stand beside them only because these answer them. A
    recording of the whole network brings none: there the congress's own rules decide.
    """

    records: tuple[Record, ...] = ()
    rejected: tuple[str, ...] = ()
    brought: tuple[str, ...] = ()


LineReader = Callable[[bytes, datetime], Read]


def read_x(line: bytes, seen_at: datetime) -> Read:
    """A line of twarc2 or of the filtered stream."""
    parsed = x_payload.parse(line, seen_at)
    asked_for = {name for kind, name in parsed.main_reads if kind == "post"}
    posts = (each for each in parsed.records if isinstance(each, Post))
    brought = tuple(each.post_id for each in posts if each.revision.lstrip("0") in asked_for)
    return Read(parsed.records, (*parsed.unread, *parsed.problems), brought)


def read_jetstream(line: bytes, seen_at: datetime) -> Read:
    """A line of a Jetstream recording."""
    parsed = bluesky_payload.parse(line, seen_at)
    return Read(parsed.records, (parsed.unreadable,) if parsed.unreadable else ())


def _compliance(target: x_compliance.Target) -> LineReader:
    def read(line: bytes, seen_at: datetime) -> Read:
        result = x_compliance.read_result(line, target, seen_at)
        return Read((result,)) if result else Read(rejected=("no compliance result with an id and an action",))

    return read


FORMATS: dict[str, LineReader | None] = {
    "x": read_x,
    "jetstream": read_jetstream,
    "csv": None,  # a table: pipelines/sources/files/table.py
    "x-compliance-posts": _compliance("post"),
    "x-compliance-authors": _compliance("author"),
}
CHOICES = ", ".join(FORMATS)
_NO_POSTS = {
    "x-counts": "counts of posts (a page of /2/tweets/counts)",
    "x-lists": "X lists (a page of /2/users/:id/owned_lists)",
    "x-v1": "lines of the retired X API v1.1",
}


def detect(path: Path) -> str | None:
    """The format's name, or None for a file without content.

    Raises:
        InputError: nothing known, or something that holds no posts; names what was seen and the choices.
    """
    lines = list(_head(path))
    if not lines:
        return None
    items = [item for line in lines if (item := _decoded(line)) is not None]
    kinds = [kind for item in items if (kind := _kind(item))]
    if kinds and kinds[0] in _NO_POSTS:
        raise InputError(f"{path}: holds {_NO_POSTS[kinds[0]]}, no posts; nothing to import")
    if kinds:
        return _which_compliance(path, items) if kinds[0] == "x-compliance" else kinds[0]
    if not items and _is_table(lines[0]):
        return "csv"
    seen = lines[0][:60].decode(errors="replace")
    raise InputError(f"{path}: not recognised; it starts with {seen!r}. Choose --format from: {CHOICES}")


def _head(path: Path) -> Iterator[bytes]:
    try:
        yield from (line for _, line in islice(numbered_lines(path), _LOOKED_AT))
    except TORN:
        return
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: is not the UTF-16 its first bytes promise ({error.reason})") from None


def _decoded(line: bytes) -> dict[str, Any] | None:
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    return item if isinstance(item, dict) else None


def _kind(item: dict[str, Any]) -> str | None:
    """What one JSON line is, by the fields that only its kind has."""
    is_event = "did" in item and ("time_us" in item or "kind" in item)
    named = item.get("$type")
    if is_event or (isinstance(named, str) and "jetstream" in named):
        return "jetstream"
    if x_compliance.is_compliance(item):
        return "x-compliance"
    if "id_str" in item and "user" in item:
        return "x-v1"
    if "data" in item or "includes" in item or "__twarc" in item:
        return _kind_of_page(item.get("data"))
    if "id" in item and ("text" in item or "username" in item):
        return "x"
    return "x" if "errors" in item else None


def _kind_of_page(data: Any) -> str:
    first = data[0] if isinstance(data, list) and data else data
    if isinstance(first, dict) and "text" not in first and "username" not in first:
        if "start" in first and "end" in first:
            return "x-counts"
        if "owner_id" in first or "member_count" in first:
            return "x-lists"
    return "x"


def _which_compliance(path: Path, items: list[dict[str, Any]]) -> str:
    target = x_compliance.target_of(item for item in items if x_compliance.is_compliance(item))
    if target is None:
        raise InputError(
            f"{path}: compliance results, but the ids do not tell whether of posts or of accounts; "
            "say --format x-compliance-posts or --format x-compliance-authors"
        )
    return f"x-compliance-{target}s"


def _is_table(line: bytes) -> bool:
    return not line.startswith((b"{", b"[", b"<", b"%PDF", b"PK")) and any(
        mark in line for mark in (b",", b";", b"\t", b"|")
    )
