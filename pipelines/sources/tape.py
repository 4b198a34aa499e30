"""The tape: every raw payload as it came, a line each, to be replayed through the same parsers.

A line is ``{"at": "2026-12-12T18:00:00.000123", "source": "bluesky", "payload": {...}}``: when it was received (naive
UTC), who sent it, and the payload byte for byte as it stood on the wire.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import orjson

from pipelines.errors import InputError, StoreError
from pipelines.model import Arrival, Cursor, Health, Record

Parse = Callable[[bytes, datetime], Sequence[Record]]

_ARRIVAL_LINES = 200  # lines handed on at once when replaying as fast as possible
_LONGEST_WAIT = 1.0  # real seconds
_BLOCK_BYTES = 1 << 16


class TapeWriter:
    """Appends payloads to a tape; a last line that a crash cut off is removed first.

    Raises:
        InputError: the file is there and is no tape.
    """

    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _cut_torn_line(path)
        self._path, self._file = path, path.open("ab", buffering=0)

    def write(self, payloads: Iterable[tuple[datetime, str, bytes]]) -> None:
        """Append (received at, source, raw payload), handed to the system when this returns; all of them, or none.

        Raises:
            StoreError: the tape cannot be written, as on a full disk.
        """
        lines = []
        for at, source, raw in payloads:
            head = orjson.dumps({"at": at.isoformat(timespec="microseconds"), "source": source})
            lines.append(head[:-1] + b',"payload":' + _in_one_line(raw) + b"}\n")
        end, left = self._file.seek(0, os.SEEK_END), b"".join(lines)
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as error:
            self._file.truncate(end)
            raise StoreError(
                f"{self._path}: the tape cannot be written ({error.strerror}); make room and start again: nothing that was "
                "committed is lost, and collecting goes on from there"
            ) from None

    def close(self) -> None:
        os.fsync(self._file.fileno())
        self._file.close()

    def __enter__(self) -> TapeWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class TapeSource:
    """A tape as a source.

    Args:
        speed: times real time; None replays as fast as possible, to the same database state.
        parsers: how the payloads of each source become records.

    Raises:
        InputError: the first line is no line of a tape.
    """

    def __init__(self, path: Path, speed: float | None, parsers: Mapping[str, Parse]):
        self.name = f"tape:{path.name}"
        self._path, self._speed, self._parsers = path, speed, parsers
        self.rejected: list[tuple[int, str]] = []  # byte offset, reason
        with path.open("rb") as file:
            first = file.readline()
        if first and decoded(first) is None and first.endswith(b"\n"):
            raise InputError(f"{path}: is no tape; a tape is written by: congress run --tape FILE")

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """The records of every line after the cursor, then the end."""
        started, first_at = asyncio.get_running_loop().time(), None
        pending: list[Record] = []
        at, count, offset = None, 0, int(cursor.position) if cursor else 0
        for end, line in self._lines(offset):
            read = self._read(offset, line)
            offset = end if line.endswith(b"\n") else offset  # a torn line is read again once it is whole
            if read is None:
                continue
            at, records = read
            first_at = first_at or at
            if self._speed is not None:
                await self._wait(started, (at - first_at).total_seconds() / self._speed)
            pending += records
            count += 1
            if self._speed is not None or count % _ARRIVAL_LINES == 0:
                yield Arrival(tuple(pending), Cursor(self.name, str(offset), at))
                pending = []
        if at is not None:
            yield Arrival((*pending, self._ended(at, count)), Cursor(self.name, str(offset), at))

    def _lines(self, offset: int) -> Iterator[tuple[int, bytes]]:
        """Each whole line from ``offset`` on with the offset behind it."""
        with self._path.open("rb") as file:
            file.seek(offset)
            for line in file:
                offset += len(line)
                yield offset, line

    def _read(self, offset: int, line: bytes) -> tuple[datetime, Sequence[Record]] | None:
        """When the line at ``offset`` was received and its records; None, with the reason noted, if it is unreadable."""
        entry = decoded(line)
        if entry is None:
            whole = line.endswith(b"\n")
            self.rejected.append((offset, "no line of a tape" if whole else "a line that was cut off"))
            return None
        at, source, raw = entry
        parse = self._parsers.get(source)
        if parse is None:
            self.rejected.append((offset, f'payload of an unknown source "{source}"'))
            return None
        return at, parse(raw, at)

    async def _wait(self, started: float, due: float) -> None:
        loop = asyncio.get_running_loop()
        while (left := started + due - loop.time()) > 0:
            await asyncio.sleep(min(left, _LONGEST_WAIT))

    def _ended(self, at: datetime, count: int) -> Health:
        reasons = "; ".join(f"byte {offset}: {reason}" for offset, reason in self.rejected[:3])
        return Health(
            self.name, at, "finished", reasons, last_data_at=at, last_event_at=at,
            dropped_count=len(self.rejected), received_count=count,
        )  # fmt: skip


def decoded(line: bytes) -> tuple[datetime, str, bytes] | None:
    """Received at, source and the payload's own bytes, or None for anything that is no whole line of a tape."""
    try:
        entry = orjson.loads(line)
        at, source = datetime.fromisoformat(entry["at"]), entry["source"]
        start = line.index(b',"payload":') + len(b',"payload":')
    except (ValueError, KeyError, TypeError):
        return None
    if at.tzinfo is not None or not isinstance(source, str):
        return None
    return at, source, line[start : line.rindex(b"}")]


def _cut_torn_line(path: Path) -> None:
    if not path.exists() or path.stat().st_size == 0:
        return
    with path.open("r+b") as file:
        if decoded(file.readline()) is None:
            raise InputError(f"{path}: is no tape; name another file with --tape")
        file.truncate(_end_of_last_line(file))


def _end_of_last_line(file: BinaryIO) -> int:
    """Where the last whole line ends; read in blocks from the end, since a payload may be long."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _BLOCK_BYTES)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _in_one_line(raw: bytes) -> bytes:
    """JSON holds line ends only between its values, where a space means the same."""
    return raw.replace(b"\n", b" ").replace(b"\r", b" ")
