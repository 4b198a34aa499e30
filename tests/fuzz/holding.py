"""What every family promises of its answer, and the recorded payloads to begin with."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from pipelines.model import Record
from pipelines.store.columns import table_of

AT = datetime(2026, 12, 12, 18)
_RECORDED = Path(__file__).resolve().parents[3] / "shared" / "data"
ROOT = Path(__file__).resolve().parents[2]


def recorded(*parts: str) -> list[Path]:
    """The recorded files of a folder beside the checkout, or that one file; none where it is not there."""
    path = _RECORDED.joinpath(*parts)
    return sorted(each for each in path.iterdir() if each.is_file()) if path.is_dir() else [path][: path.is_file()]


def lines_of(paths: Iterable[Path], each: int = 3, longest: int = 20_000) -> list[bytes]:
    """The first lines of files, those that are not too long to be changed byte by byte."""
    return [line for path in paths for line in path.read_bytes().splitlines()[:each] if 0 < len(line) <= longest]


def storable(records: Iterable[Record], given: int) -> None:
    """Records fit the columns of the store, and hold no more than a few times what was ``given`` (bytes)."""
    by_type: dict[type, list[Record]] = {}
    for record in records:
        by_type.setdefault(type(record), []).append(record)
    size = sum(table_of(kind, rows).nbytes for kind, rows in by_type.items())
    assert size <= 200 * given + 2_000, f"{size} bytes of records out of {given}"


def encodable(*texts: str | None) -> None:
    """Words that can be written down as UTF-8."""
    for text in texts:
        (text or "").encode()


def weight(value: object) -> int:
    """Characters in a value of texts, lists and records."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list | tuple | set | frozenset):
        return sum(map(weight, value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return sum(weight(getattr(value, field.name)) for field in dataclasses.fields(value))
    return 0


def said(error: Exception) -> None:
    """A message for a person: not empty, and it can be written down."""
    assert str(error).strip()
    str(error).encode()
