"""A file as numbered lines: gzip or plain, UTF-8 or UTF-16 by its byte order mark."""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from pipelines.errors import InputError

TORN = (EOFError, zlib.error, gzip.BadGzipFile)  # what reading a gzip file that breaks off raises
_GZIP = b"\x1f\x8b"
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_MAX_LINE = 64 << 20  # a search page of 500 posts is about 2 MB


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
    return io.BufferedReader(gzip.open(path)) if packed else path.open("rb")


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
