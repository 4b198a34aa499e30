"""voices.csv: roles that a person has looked up, which outrank what the rules read.

Columns ``handle, role, note`` and optionally ``platform``; one account a row, lines that start with ``#`` are remarks.
A row without platform holds on all of them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from typing import get_args

from pipelines.errors import ConfigError
from pipelines.model import Author, Platform, Role, RoleName

ROLES: tuple[RoleName, ...] = get_args(RoleName)
PLATFORMS: tuple[str, ...] = get_args(Platform)
_COLUMNS = ("handle", "role", "note", "platform")


@dataclass(frozen=True, slots=True)
class Voice:
    """One row of the curated list; ``note`` says why, in the curator's words."""

    handle: str
    role: RoleName
    note: str
    platform: str = ""


Voices = Mapping[tuple[str, str], Voice]


def read_voices(path: Path) -> Voices:
    """The curated list by (platform or "", folded handle).

    Raises ConfigError with one ``file:line: ...`` per mistake: an unknown column or role, a missing handle,
    the same account twice, text that is not UTF-8.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(_numbered_rows(file))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file; give a CSV with the columns handle,role,note") from None
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise ConfigError(f"{path}: cannot be read as UTF-8 CSV ({wrong})") from None
    mistakes: list[str] = []
    voices = _checked(path, rows, mistakes)
    if mistakes:
        raise ConfigError(*mistakes)
    return voices


def curated_role(author: Author, voices: Voices, decided_at: datetime) -> Role | None:
    """The listed role of this author, on this platform first; None if the author is not listed."""
    handle = fold_handle(author.handle or "")
    voice = voices.get((author.platform, handle)) or voices.get(("", handle))
    if not voice or not handle:
        return None
    return Role(
        platform=author.platform,
        author_id=author.author_id,
        role=voice.role,
        confidence="strict",
        evidence=(voice.note,) if voice.note else (),
        decided_at=decided_at,
        rule="curated",
        decided_by="voices.csv",
    )


def fold_handle(handle: str) -> str:
    """Handles compare without ``@`` and without case on every platform."""
    return handle.strip().removeprefix("@").casefold()


def _numbered_rows(file: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(file, strict=True)
    for row in reader:
        if any(cell.strip() for cell in row) and not row[0].lstrip().startswith("#"):
            yield reader.line_num, [cell.strip() for cell in row]


def _checked(path: Path, rows: list[tuple[int, list[str]]], mistakes: list[str]) -> dict[tuple[str, str], Voice]:
    if not rows:
        mistakes.append(f"{path}:1: empty; the first line must be handle,role,note")
        return {}
    columns = _header(path, rows[0], mistakes)
    voices: dict[tuple[str, str], Voice] = {}
    seen: dict[tuple[str, str], int] = {}
    for line, cells in rows[1:] if columns else ():
        voice = _voice(f"{path}:{line}", dict(zip(columns, cells, strict=False)), len(cells) > len(columns), mistakes)
        if not voice:
            continue
        key = (voice.platform, fold_handle(voice.handle))
        if key in seen:
            mistakes.append(f"{path}:{line}: {voice.handle} is listed twice (first in line {seen[key]}); keep one")
        seen.setdefault(key, line)
        voices.setdefault(key, voice)
    return voices


def _header(path: Path, row: tuple[int, list[str]], mistakes: list[str]) -> list[str]:
    line, cells = row
    columns = [cell.lower() for cell in cells]
    for column in columns:
        if column not in _COLUMNS:
            mistakes.append(f'{path}:{line}: unknown column "{column}"{_meant(column, _COLUMNS)}')
    missing = [column for column in ("handle", "role") if column not in columns]
    if missing:
        mistakes.append(f"{path}:{line}: column missing: {', '.join(missing)}; the first line must be handle,role,note")
    return [] if missing else columns


def _voice(where: str, row: dict[str, str], too_long: bool, mistakes: list[str]) -> Voice | None:
    before = len(mistakes)
    handle, role, platform = row.get("handle", ""), row.get("role", "").lower(), row.get("platform", "").lower()
    if too_long:
        mistakes.append(f"{where}: more cells than columns; put quotes around a note that holds a comma")
    if not fold_handle(handle):
        mistakes.append(f"{where}: no handle")
    if role not in ROLES:
        mistakes.append(f'{where}: unknown role "{role}"{_meant(role, ROLES)}')
    if platform and platform not in PLATFORMS:
        mistakes.append(f'{where}: unknown platform "{platform}"{_meant(platform, PLATFORMS)}')
    if len(mistakes) > before:
        return None
    return Voice(handle, next(name for name in ROLES if name == role), row.get("note", ""), platform)


def _meant(word: str, known: tuple[str, ...]) -> str:
    near = get_close_matches(word, known, n=1, cutoff=0.6)
    return f' (did you mean "{near[0]}"?)' if near else f" (one of {', '.join(known)})"
