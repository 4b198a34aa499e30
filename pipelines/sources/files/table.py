"""A CSV export as posts, by a mapping of its columns: ``text=Full Text`` (ours=theirs).

The export must hold a text and a time. Without an id the post gets one from its link or, failing that,
from a hash of platform, author, time and text, so that importing twice adds nothing.
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.errors import InputError
from pipelines.hashtags import hashtags_in
from pipelines.model import Author, Engagement, Post, Record
from pipelines.sources.files.text import TORN, open_text, table_lines
from pipelines.sources.files.times import BadTime, read_time

_COUNTS = {
    "likes": "like_count",
    "reposts": "repost_count",
    "replies": "reply_count",
    "quotes": "quote_count",
    "impressions": "impression_count",
}
_REFERENCES = ("reply_to", "quoted", "repost_of")
NAMES = (
    *("text", "created_at", "time_format", "id", "url", "platform", "lang"),
    *("author_id", "handle", "name", "bio", "location", "followers"),
    *_COUNTS,
    *_REFERENCES,
)
_OTHER_NAMES = {"author": "handle", "time": "created_at", "date": "created_at"}
_REQUIRED = ("text", "created_at")
_PLATFORMS = {"twitter": "x", "x": "x", "x.com": "x", "bluesky": "bluesky", "linkedin": "linkedin"}
_X_STATUS = re.compile(r"^https?://(?:\w+\.)?(?:twitter|x)\.com/(\w{1,20})/status/(\d{1,20})", re.ASCII)
_LINK = re.compile(r"https?://[^\s<>\"]+")
_MAX_FIELD = 32 << 20


def read_mapping(pairs: Sequence[str]) -> dict[str, str]:
    """``["text=Full Text", ...]`` as a dictionary of our name to theirs.

    Raises:
        InputError: a pair without ``=``, or a name that is not ours.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        ours, equals, theirs = pair.partition("=")
        ours = _OTHER_NAMES.get(ours.strip(), ours.strip())
        if not equals or not theirs.strip():
            raise InputError(f"--map {pair}: write OURS=THEIRS, e.g. --map 'text=Full Text'")
        if ours not in NAMES:
            near = difflib.get_close_matches(ours, NAMES, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"ours are: {', '.join(NAMES)}"
            raise InputError(f"--map {pair}: unknown name {ours!r} ({hint})")
        found[ours] = theirs.strip()
    return found


@dataclass(frozen=True, slots=True)
class Table:
    """How to read the rows of one file. ``columns`` maps our name to the position in the row."""

    path: Path
    columns: Mapping[str, int]
    width: int
    dialect: type[csv.Dialect]
    zone: ZoneInfo | None
    time_format: str | None
    seen_at: datetime

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Rows under the header with the number of the line each ends on."""
        usual = csv.field_size_limit(_MAX_FIELD)  # of the whole process: a catalogue read afterwards keeps its own
        try:
            with open_text(self.path) as file:
                reader = csv.reader(table_lines(file), self.dialect)
                next(reader, None)
                for row in reader:
                    if any(row):
                        yield reader.line_num, row
        finally:
            csv.field_size_limit(usual)

    def cell(self, row: Sequence[str], name: str) -> str | None:
        """The cell of our ``name``, or None where it is empty or not mapped."""
        at = self.columns.get(name)
        return (row[at].strip() or None) if at is not None and at < len(row) else None

    def read(self, row: Sequence[str]) -> tuple[Record, ...]:
        """One row as records. Raises ValueError with the reason for a row that cannot be read."""
        if len(row) > self.width:
            raise ValueError(f"{len(row)} cells under {self.width} headings; is a quote missing?")
        text, written = self.cell(row, "text"), self.cell(row, "created_at")
        if text is None or written is None:
            raise ValueError(f"no {'text' if text is None else 'time'}")
        created_at = read_time(written, self.zone, self.time_format)
        platform, link_id, link_handle = self._origin(row)
        handle = (self.cell(row, "handle") or link_handle or "").lstrip("@") or None
        author_id = self.cell(row, "author_id") or (f"@{handle.casefold()}" if handle else "")
        post = Post(
            platform=platform,
            post_id=self.cell(row, "id") or link_id or _hash(platform, author_id, created_at.isoformat(), text),
            revision="0",
            author_id=author_id,
            text=text,
            created_at=created_at,
            retrieved_at=self.seen_at,
            lang=self.cell(row, "lang"),
            url=self.cell(row, "url"),
            hashtags=hashtags_in(text),
            links=tuple(dict.fromkeys(_LINK.findall(text))),
            reply_to_id=self.cell(row, "reply_to"),
            quoted_id=self.cell(row, "quoted"),
            repost_of_id=self.cell(row, "repost_of"),
        )
        found = (self._author(row, post, handle), post, self._engagement(row, post))
        return tuple(record for record in found if record is not None)

    def _origin(self, row: Sequence[str]) -> tuple[str, str | None, str | None]:
        """Platform, and post id and handle where the link names them (an X status link does)."""
        link = _X_STATUS.match(self.cell(row, "url") or "")
        if link:
            return "x", link.group(2), link.group(1) if link.group(1) != "i" else None
        return _PLATFORMS.get((self.cell(row, "platform") or "").casefold(), "other"), None, None

    def _author(self, row: Sequence[str], post: Post, handle: str | None) -> Author | None:
        if not post.author_id:
            return None
        return Author(
            platform=post.platform,
            author_id=post.author_id,
            seen_at=self.seen_at,
            handle=handle,
            display_name=self.cell(row, "name"),
            bio=self.cell(row, "bio"),
            location=self.cell(row, "location"),
            followers_count=_number(self.cell(row, "followers")),
        )

    def _engagement(self, row: Sequence[str], post: Post) -> Engagement | None:
        counts = {field: _number(self.cell(row, name)) for name, field in _COUNTS.items()}
        if all(count is None for count in counts.values()):
            return None
        return Engagement(post.platform, post.post_id, self.seen_at, **counts)


def open_table(path: Path, mapping: Mapping[str, str], timezone: str | None, seen_at: datetime) -> Table:
    """The table, checked before anything is imported: columns there, encoding right, first time readable.

    Raises:
        InputError: what is wrong with file, mapping or zone, and what to do.
    """
    zone = _zone(timezone)
    try:
        with open_text(path) as file:
            heading_line = next(table_lines(file), "")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}; save it as 'CSV UTF-8'") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a table: {error}") from None
    except TORN as error:
        raise InputError(f"{path}: the gzip file breaks off in its first line: {error}") from None
    try:
        dialect = _dialect(heading_line)
        headings = [heading.strip() for heading in next(csv.reader([heading_line], dialect), [])]
    except csv.Error as error:
        raise InputError(f"{path}: not a table: {error}") from None
    columns = _columns(path, headings, mapping)
    table = Table(path, columns, len(headings), dialect, zone, mapping.get("time_format"), seen_at)
    _check_first_time(table)
    return table


def _zone(name: str | None) -> ZoneInfo | None:
    try:
        return ZoneInfo(name) if name else None
    except (KeyError, ValueError, OSError):
        raise InputError(f"--timezone {name}: no such zone; write one like Europe/Madrid or UTC") from None


def _dialect(heading_line: str) -> type[csv.Dialect]:
    """Comma, semicolon, tab or bar: the one that parts the headings most often."""
    marks = {mark: len(next(csv.reader([heading_line], delimiter=mark), [])) for mark in ",;\t|"}

    class Found(csv.excel):
        delimiter = max(marks, key=lambda mark: marks[mark])

    return Found


def _columns(path: Path, headings: Sequence[str], mapping: Mapping[str, str]) -> dict[str, int]:
    positions = {heading.casefold(): at for at, heading in reversed(list(enumerate(headings)))}
    shown = ", ".join(headings[:30])
    found: dict[str, int] = {}
    for name in NAMES:
        wanted = mapping.get(name, name)
        if name != "time_format" and wanted.casefold() in positions:
            found[name] = positions[wanted.casefold()]
        elif name in mapping and name != "time_format":
            raise InputError(f"{path}: no column {wanted!r} for {name!r}; its columns are: {shown}")
    missing = [name for name in _REQUIRED if name not in found]
    if missing:
        hints = " ".join(f"--map '{name}=...'" for name in missing)
        raise InputError(f"{path}: which column is {' and '.join(missing)}? Say {hints}; its columns are: {shown}")
    return found


def _check_first_time(table: Table) -> None:
    try:
        first = next((written for _, row in table.rows() if (written := table.cell(row, "created_at"))), None)
        if first is not None:
            read_time(first, table.zone, table.time_format)
    except BadTime as error:
        raise InputError(f"{table.path}: {error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{table.path}: not UTF-8 ({error.reason}); save it as 'CSV UTF-8'") from None
    except csv.Error as error:
        raise InputError(f"{table.path}: not a table: {error}") from None
    except TORN:
        return  # read as far as it goes; the import says where it breaks off


def _hash(*parts: str) -> str:
    return "csv:" + hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:24]


def _number(written: str | None) -> int | None:
    """A count; exports write ``1,234`` and ``12.0``. Anything else is no count."""
    if written is None:
        return None
    digits = re.sub(r"[,\s]", "", written).removesuffix(".0")
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) < 19 else None
