"""A file as numbered lines: gzip or plain, UTF-8 or UTF-16 by its byte order mark."""

from __future__ import annotations

import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pipelines.errors import InputError


class Bomb(Exception):
    """A packed file that unpacks to far more than any recording of posts would."""


TORN = (EOFError, zlib.error, gzip.BadGzipFile, Bomb)  # what reading a gzip file that breaks off raises
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_LINE = 64 << 20  # a search page of 500 posts is about 2 MB
_MAX_ROW = 4 << 20  # characters of a line of a table
_FREE, _TIMES = (
    256 << 20,
    100,
)  # bytes that may be unpacked anyway, and how many times its size beyond; recordings pack ten to one


def fingerprint(path: Path) -> str:
    """SHA-256 of the file's bytes, in hexadecimal: what a cursor remembers the file by."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}; give a file that exists and can be read") from None


def open_bytes(path: Path) -> io.BufferedReader:
    """The unpacked bytes."""
    with path.open("rb") as file:
        packed = file.read(2) == _GZIP
    return io.BufferedReader(_Unpacked(path)) if packed else path.open("rb")


class _Unpacked(gzip.GzipFile):
    """A gzip file that is read no further once it turns out to be a bomb."""

    def __init__(self, path: Path):
        super().__init__(path)
        self._most = max(_FREE, _TIMES * path.stat().st_size)
        self._count = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._count += len(data)
        if self._count > self._most:
            raise Bomb(f"it unpacks to more than {_TIMES} times its size; the rest is not read")
        return data


def table_lines(file: TextIO) -> Iterator[str]:
    """The lines of a table, each of a length that a row may have.

    Raises:
        csv.Error: at a longer one.
    """
    while line := file.readline(_MAX_ROW):
        if len(line) == _MAX_ROW and not line.endswith("\n"):
            raise csv.Error(f"a line of more than {_MAX_ROW >> 20} million characters")
        yield line


def open_text(path: Path) -> TextIO:
    """The characters, line ends as they are; bytes that are not of the encoding raise UnicodeDecodeError."""
    file = open_bytes(path)
    encoding = "utf-16" if file.peek(2)[:2] in _UTF16 else "utf-8-sig"
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Each line that is not blank as UTF-8, with its number from 1. Lines end at LF only: a post may
    hold any other line separator. May raise ``TORN`` after the last line that could be unpacked."""
    for number, line in enumerate(_lines(path), 1):
        if stripped := line.strip():
            yield number, stripped


def _lines(path: Path) -> Iterator[bytes]:
    with open_bytes(path) as file:
        head = file.peek(3)
        if head[:2] in _UTF16:
            wide = io.TextIOWrapper(file, encoding="utf-16", newline="\n")
            yield from (line.encode() for line in iter(lambda: wide.readline(_MAX_LINE), ""))
            return
        if head.startswith(codecs.BOM_UTF8):
            file.read(len(codecs.BOM_UTF8))
        yield from iter(lambda: file.readline(_MAX_LINE), b"")
