"""Lines of a tape: replayed, and deleted words taken out of them."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import datetime
from pathlib import Path

from pipelines.errors import InputError
from pipelines.model import Author, Post
from pipelines.sources.parsers import PARSERS
from pipelines.sources.scrub import Doomed, scrub
from pipelines.sources.tape import TapeSource, TapeWriter, decoded
from tests.fuzz import bluesky, x
from tests.fuzz.holding import storable

TRACED = ("pipelines.sources.tape", "pipelines.sources.scrub")
_HEAD = b'{"at":"2026-12-12T18:00:00.000123","source":"%s","payload":%s}\n'


def seeds() -> list[bytes]:
    pairs = [(b"bluesky", each) for each in bluesky.seeds()[:8]] + [(b"x", each) for each in x.seeds()[:8]]
    lines = [_HEAD % (source, payload.replace(b"\n", b" ")) for source, payload in pairs]
    return [*lines, b"".join(lines[:3]), lines[0] + lines[1][:40], lines[0] + b"junk\n" + lines[2]]


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.tape"
        path.write_bytes(data)
        decoded(data)
        try:
            source = TapeSource(path, None, PARSERS)
        except InputError:
            return
        records = asyncio.run(_records(source))
        storable(records, len(data))
        _scrub(path, records)
        try:
            TapeWriter(path).close()
        except InputError:
            assert not decoded(data.partition(b"\n")[0] + b"\n")


def _scrub(path: Path, records: list) -> None:
    """Everything that was read is deleted: the tape keeps its length and tells of none of it any more."""
    posts = frozenset((each.platform, each.post_id) for each in records if isinstance(each, Post))
    authors = {
        (each.platform, each.author_id): datetime(9999, 1, 1) for each in records if isinstance(each, Post | Author)
    }
    doomed, size = Doomed(posts, authors), path.stat().st_size
    scrub(path, doomed, PARSERS)
    assert size == path.stat().st_size
    left = [each for each in asyncio.run(_records(TapeSource(path, None, PARSERS))) if doomed.reaches(each)]
    assert not left, left


async def _records(source: TapeSource) -> list:
    return [record async for arrival in source.events(None) for record in arrival.records]
