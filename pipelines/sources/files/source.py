"""Files people bring, as a source: recordings of X and Bluesky, compliance results, CSV exports.

The format is told from the content. Reading resumes at the line after the cursor; every line that
could not be read is named in the report.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncGenerator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipelines.errors import InputError
from pipelines.model import Arrival, Author, Cursor, Post, Record
from pipelines.sources.files.formats import CHOICES, FORMATS, LineReader, Read, detect
from pipelines.sources.files.table import Table, open_table
from pipelines.sources.files.text import TORN, fingerprint, numbered_lines

_BATCH = 500  # records handed on at once


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line, or a piece of one, that could not be read."""

    line: int
    reason: str


@dataclass(slots=True)
class ImportReport:
    """What became of a file. ``lines`` counts those read now, not those skipped as done before."""

    path: Path
    format: str | None
    lines: int = 0
    posts: int = 0
    authors: int = 0
    others: int = 0  # engagement, deletions, account states, likes
    rejected: list[Rejected] = field(default_factory=list)

    def note(self, line: int, read: Read) -> None:
        """Counts one line's outcome."""
        self.lines += 1
        self.rejected += [Rejected(line, reason) for reason in read.rejected]
        for record in read.records:
            if isinstance(record, Post):
                self.posts += 1
            elif isinstance(record, Author):
                self.authors += 1
            else:
                self.others += 1


class FileSource:
    """A file as a ``Source``. Everything that makes the whole file unreadable is raised here, at once.

    Args:
        path: JSON lines or CSV, plain or gzip, UTF-8 or UTF-16 with a byte order mark.
        format: one of ``FORMATS``; told from the content where None.
        timezone: the zone of times that carry none, e.g. ``Europe/Madrid``.
        mapping: CSV columns, our name to theirs (``files_table.read_mapping`` reads ``a=b`` pairs).

    Raises:
        InputError: with what was seen, and the choices.
    """

    def __init__(
        self,
        path: Path | str,
        format: str | None = None,
        timezone: str | None = None,
        mapping: Mapping[str, str] | None = None,
    ):
        self.path = Path(path)
        self.name = f"file:{self.path.name}"
        self._fingerprint = fingerprint(self.path)
        if format is not None and format not in FORMATS:
            raise InputError(f"--format {format}: unknown; choose from: {CHOICES}")
        # an export says what was so when it was written
        self._seen_at = datetime.fromtimestamp(self.path.stat().st_mtime, UTC).replace(tzinfo=None)
        self.format = format or detect(self.path)
        self._table = self._open_table(timezone, mapping or {})
        self.report = ImportReport(self.path, self.format)

    async def events(self, cursor: Cursor | None) -> AsyncGenerator[Arrival, None]:
        """Batches of records, each with the number of the last line in it; ends at the file's end."""
        batches = self._batches(self._done_lines(cursor))
        while True:
            arrival: Arrival | None = await asyncio.to_thread(lambda: next(batches, None))
            if arrival is None:
                return
            yield arrival

    def _open_table(self, timezone: str | None, mapping: Mapping[str, str]) -> Table | None:
        if self.format == "csv":
            return open_table(self.path, mapping, timezone, self._seen_at)
        if mapping:
            raise InputError(f"{self.path}: --map is for CSV files; this one is read as {self.format}")
        return None

    def _done_lines(self, cursor: Cursor | None) -> int:
        """How many lines were imported before; none if the file is another one by now."""
        known, _, line = (cursor.position if cursor else "").partition("|")
        return int(line) if known == self._fingerprint and line.isdecimal() else 0

    def _batches(self, done: int) -> Iterator[Arrival]:
        records: list[Record] = []
        brought: list[str] = []
        last_line = done
        newest: datetime | None = None
        for line, read in self._reads(done):
            self.report.note(line, read)
            records += read.records
            brought += read.brought
            last_line = line
            times = [record.created_at for record in read.records if isinstance(record, Post)]
            newest = max([*times, newest] if newest else times, default=None)
            if len(records) >= _BATCH:
                yield self._arrival(records, brought, last_line, newest)
                records, brought = [], []
        yield self._arrival(records, brought, last_line, newest)

    def _arrival(self, records: list[Record], brought: list[str], line: int, newest: datetime | None) -> Arrival:
        cursor = Cursor(self.name, f"{self._fingerprint}|{line}", newest or self._seen_at)
        return Arrival(tuple(records), cursor, belongs=tuple(brought))

    def _reads(self, done: int) -> Iterator[tuple[int, Read]]:
        """Each line after ``done`` with what it gave; a file that breaks off ends with a rejected line."""
        line = done
        try:
            for line, read in self._table_reads(done) if self._table else self._line_reads(done):
                yield line, read
        except TORN as error:
            yield line + 1, Read(rejected=(f"the gzip file breaks off here: {error}",))
        except UnicodeDecodeError as error:
            yield line + 1, Read(rejected=(f"not {error.encoding} from here on; the rest was not read",))
        except csv.Error as error:
            yield line + 1, Read(rejected=(f"not a table from here on: {error}",))

    def _line_reads(self, done: int) -> Iterator[tuple[int, Read]]:
        reader: LineReader | None = FORMATS[self.format] if self.format else None
        if reader is None:
            return
        for number, line in numbered_lines(self.path):
            if number > done:
                yield number, reader(line, self._seen_at)

    def _table_reads(self, done: int) -> Iterator[tuple[int, Read]]:
        if self._table is None:
            return
        for number, row in self._table.rows():
            if number > done:
                try:
                    records = self._table.read(row)
                    brought = tuple(each.post_id for each in records if isinstance(each, Post))
                    yield number, Read(records, brought=brought)
                except ValueError as error:
                    yield number, Read(rejected=(str(error),))
