"""A congress's catalogue of abstracts, from CSV or JSON; every bad line is named."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import orjson

from pipelines.errors import ConfigError
from pipelines.model import Abstract

COLUMNS = (
    "number", "title", "presenter", "presenter_handle", "session", "session_type", "starts_at",
    "embargo_lift_at", "doi", "nct", "trial", "drugs", "companies",
)  # fmt: skip
_TIMES = ("starts_at", "embargo_lift_at")
_ALIASES = {"abstract_number": "number", "abstract": "number", "conference": "", "year": ""}
_NCT = re.compile(r"NCT\d{8}")
_DOI = re.compile(r"(?:https?://(?:dx\.)?doi\.org/|doi:\s*)?(10\.\d{4,9}/\S+)", re.IGNORECASE)

Row = tuple[int, Mapping[str, Any]]


def read_catalogue(path: Path, congress_id: str) -> tuple[Abstract, ...]:
    """The abstracts of a catalogue file, in its order.

    CSV with a header line, or JSON: a list of objects, or an object with the key "abstracts". Several
    values are separated by ";" (JSON may use lists). Times need a zone and become naive UTC. Columns not
    known are passed over; ``unknown_columns`` names them.

    Raises:
        ConfigError: one line per mistake, ``file:line: what is wrong and what to do``.
    """
    reader = _Reader(path, congress_id)
    found = tuple(abstract for row in reader.rows() if (abstract := reader.abstract(*row)))
    if reader.mistakes:
        raise ConfigError(*reader.mistakes)
    return found


def unknown_columns(path: Path) -> tuple[str, ...]:
    """Names of columns that are tolerated and not read, in order; with the word they may be meant as."""
    reader = _Reader(path, "")
    names: dict[str, None] = {}
    for _, row in reader.rows():
        names.update(dict.fromkeys(str(name) for name in row if name))
    return tuple(
        name + (f' (did you mean "{near[0]}"?)' if (near := get_close_matches(name, COLUMNS, 1, 0.8)) else "")
        for name in names
        if name not in COLUMNS and name not in _ALIASES
    )


class _Reader:
    """One file being read: its rows with their line numbers, and the mistakes met so far."""

    def __init__(self, path: Path, congress_id: str):
        self.path, self.congress_id = path, congress_id
        self.mistakes: list[str] = []
        self.seen: dict[str, int] = {}

    def note(self, line: int, what: str) -> None:
        self.mistakes.append(f"{self.path.name}:{line}: {what}")

    def rows(self) -> Iterator[Row]:
        try:
            text = self.path.read_bytes().decode("utf-8-sig")
        except FileNotFoundError:
            raise ConfigError(f"{self.path}: not found; name a catalogue file (CSV or JSON)") from None
        except UnicodeDecodeError as error:
            raise ConfigError(f"{self.path.name}: not UTF-8 at byte {error.start}; save it as UTF-8") from None
        except OSError as error:
            raise ConfigError(f"{self.path}: cannot be read ({error.strerror})") from None
        is_json = self.path.suffix.lower() == ".json" or text.lstrip()[:1] in ("[", "{")
        return self._json(text) if is_json else self._csv(text)

    def _csv(self, text: str) -> Iterator[Row]:
        reader = csv.DictReader(io.StringIO(text, newline=""))
        try:
            names = reader.fieldnames or ()
        except csv.Error as error:
            self.note(1, f"cannot be read as CSV: {error}")
            return
        header = [_ALIASES.get(name.strip().lower(), name.strip().lower()) for name in names]
        missing = [name for name in ("number", "title") if name not in header]
        if missing:
            self.note(1, f"the header lacks {' and '.join(missing)}; wanted: {', '.join(COLUMNS)}")
            return
        reader.fieldnames = header
        line = reader.line_num
        try:
            for row in reader:
                first, line = line + 1, reader.line_num
                if None in row:
                    self.note(first, "more values than columns; put values with commas in double quotes")
                else:
                    yield first, row
        except csv.Error as error:
            self.note(line + 1, f"cannot be read as CSV: {error}")

    def _json(self, text: str) -> Iterator[Row]:
        try:
            document = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            self.note(error.lineno, f"cannot be read as JSON: {error.msg}")
            return
        items = document.get("abstracts") if isinstance(document, dict) else document
        if not isinstance(items, list):
            self.note(1, 'a list of abstracts is wanted, or an object with the key "abstracts"')
            return
        # JSON carries no line numbers: the n-th object is named by where its "number" stands in the text
        places = [text.count("\n", 0, at.start()) + 1 for at in re.finditer(r'"number"\s*:', text)]
        for index, item in enumerate(items):
            line = places[index] if len(places) == len(items) else index + 1
            if isinstance(item, dict):
                for name in (name for name in COLUMNS if not _is_flat(item.get(name))):
                    self.note(line, f"{name}: a text or a list of texts is wanted")
                yield line, {name: value for name, value in item.items() if _is_flat(value)}
            else:
                self.note(line, f"item {index + 1} is no object")

    def abstract(self, line: int, row: Mapping[str, Any]) -> Abstract | None:
        before = len(self.mistakes)
        number, title = _text(row.get("number")).lstrip("#").strip(), _text(row.get("title"))
        if not number and not title and not any(_values(value) for value in row.values()):
            return None  # an empty line at the end of a spreadsheet export
        if not re.search(r"\d", number) or len(number) > 30:
            self.note(line, f'number: "{number}" is no abstract number' if number else "number is missing")
        elif number.upper() in self.seen:
            self.note(line, f'number: "{number}" stands in line {self.seen[number.upper()]} already')
        if not title:
            self.note(line, f"{number or 'abstract'}: title is missing")
        self.seen.setdefault(number.upper(), line)
        starts_at, lift_at = (self._time(line, name, row.get(name)) for name in _TIMES)
        ncts, doi = self._ncts(line, _values(row.get("nct"))), self._doi(line, row.get("doi"))
        if len(self.mistakes) > before:
            return None
        presenter, session, kind = (_text(row.get(name)) or None for name in ("presenter", "session", "session_type"))
        handle = _text(row.get("presenter_handle")).lstrip("@") or None
        trial, drugs, companies = (_values(row.get(name)) for name in ("trial", "drugs", "companies"))
        return Abstract(
            self.congress_id, number, title, presenter, handle, session, kind,
            starts_at, lift_at, doi, ncts, trial, drugs, companies,
        )  # fmt: skip

    def _time(self, line: int, name: str, value: Any) -> datetime | None:
        text = _text(value)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            self.note(line, f'{name}: "{text}" is no time; write it as 2026-12-12T09:30:00-06:00')
            return None
        if moment.tzinfo is None:
            self.note(line, f'{name}: "{text}" has no zone; add one, like 2026-12-12T09:30:00-06:00')
            return None
        try:
            return moment.astimezone(UTC).replace(tzinfo=None)
        except OverflowError:
            self.note(line, f'{name}: "{text}" is out of range')
            return None

    def _ncts(self, line: int, values: Iterable[str]) -> tuple[str, ...]:
        found = tuple(value.upper().replace(" ", "") for value in values)
        for value in found:
            if not _NCT.fullmatch(value):
                self.note(line, f'nct: "{value}" is no NCT number; it is NCT and eight digits')
        return found

    def _doi(self, line: int, value: Any) -> str | None:
        text = _text(value)
        found = _DOI.fullmatch(text)
        if text and not found:
            self.note(line, f'doi: "{text}" is no DOI; it starts with 10. and a slash follows')
        return found.group(1) if found else None


def _is_flat(value: Any) -> bool:
    """Whether a JSON value is a text, a number or a list of these."""
    return not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(each, list | dict) for each in value)
    )


def _text(value: Any) -> str:
    """One value as text without control characters; a list (JSON) joined by ";"."""
    if isinstance(value, list):
        value = ";".join(_text(each) for each in value)
    text = "" if value is None else str(value)
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _values(value: Any) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each.strip() for each in _text(value).split(";") if each.strip()))
