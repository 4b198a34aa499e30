"""How long a database file must be: as far as the last block that its newest header counts as used.

DuckDB opens a file that was cut off, and fails on the first read of what is gone, or writes over where it stood. Its own
figures (``pragma_database_size``) say how many blocks are used, not where the last of them is. This reads what DuckDB reads
first when it opens a file: the newer of two headers, and the list of free blocks it points to. A checkpoint cuts the free
blocks at the end off and writes the blocks of a new header before the header, so at any instant, also after a kill and with
a log beside it, the file reaches as far as said here.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

HEADERS = 3 * 4096  # bytes before the first block: what the file is, and two headers that are written in turns
_MAGIC = b"DUCK"
_HEADER = struct.Struct("<8x5Q")  # its checksum; iteration, root of the catalogue, free list, blocks, bytes a block
_PARTS = 64  # of a block that holds such lists
_NONE = 2**64 - 1
_MOST = 1 << 26  # blocks: 16 TB


def extent(path: Path) -> int | None:
    """Bytes that the file must have at least; None where it is none of DuckDB's, or written as nothing known writes it.

    Where the list of free blocks itself is beyond the file's end the whole of what is counted is wanted.
    """
    with path.open("rb") as file:
        head = file.read(HEADERS)
        if len(head) < HEADERS or head[8:12] != _MAGIC:
            return None
        _, _, free_list, blocks, size = max(_HEADER.unpack_from(head, at) for at in (4096, 8192))
        if not 4096 <= size <= 1 << 24 or blocks > _MOST:
            return None
        free = _free_blocks(file, size, free_list, blocks)
    while blocks and blocks - 1 in free:
        blocks -= 1
    return HEADERS + blocks * size


def _free_blocks(file: BinaryIO, size: int, pointer: int, blocks: int) -> set[int]:
    if pointer == _NONE:
        return set()
    try:
        words = _Words(file, size, pointer)
        count = words.next()
        return {words.next() for _ in range(count)} if count <= blocks else set()
    except EOFError:
        return set()


class _Words:
    """The numbers of a list that goes on from part to part: the first number of each part says where the next one is."""

    def __init__(self, file: BinaryIO, size: int, pointer: int):
        self._file, self._size = file, size
        self._part_bytes = (size - 8) // _PARTS // 8 * 8
        self._left = self._read(pointer)

    def next(self) -> int:
        while not self._left:
            if self._following == _NONE:
                raise EOFError
            self._left = self._read(self._following)
        return self._left.pop()

    def _read(self, pointer: int) -> list[int]:
        block, part = pointer & (1 << 56) - 1, pointer >> 56
        self._file.seek(HEADERS + block * self._size + 8 + part * self._part_bytes)
        words = self._file.read(self._part_bytes)
        if len(words) < self._part_bytes:
            raise EOFError
        self._following, *numbers = struct.unpack(f"<{len(words) // 8}Q", words)
        return numbers[::-1]
