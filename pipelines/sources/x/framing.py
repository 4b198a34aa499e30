"""The framing of an HTTP/1.1 body that is sent in chunks, and the lines in it, taken apart in bulk.

X sends each line of a stream in a chunk of its own. The HTTP library reads a chunk's size, its bytes and its end one by
one, which costs more than all that is done with the line afterwards; here whatever has come is read at once and cut at its
line ends, which are those of the framing too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

AT_ONCE = 1 << 18  # bytes asked for in one read; what is there is given, without waiting for more
LONGEST_HEAD = 1 << 16  # bytes; as the HTTP library has it
# a size in hexadecimal, and extensions, which mean nothing to us (RFC 9112, 7.1)
_HEAD = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n]*)?\r\n")
_END = b"\r\n"


class Broken(Exception):
    """The body cannot be read on: it stopped before its end, or is not framed as it must be."""


class Framing:
    """How far a chunked body has been read, whatever piece of it comes at a time.

    ``ended`` is set by the last chunk, ``broken`` where something else stands than must. Nothing is taken after either:
    trailers mean nothing to us, and the connection is not used again.
    """

    def __init__(self) -> None:
        self.ended = self.broken = False
        self._rest = b""  # of a chunk's head or end that has come in part
        self._left: int | None = None  # bytes of the present chunk still to come; None between two chunks

    def take(self, received: bytes) -> list[bytes]:
        """The body's bytes in what was received, also those of a chunk that is not whole yet, cut as ``split(b"\\n")`` does:
        the first piece goes on with what was taken before, behind the last there may be more."""
        data, body = self._rest + received, [b""]
        at, size, left, in_bulk = 0, len(data), self._left, True
        while True:
            if left is None and in_bulk:
                at, in_bulk = _take_lines(data, at, body), False
            if left is None:
                head = _HEAD.match(data, at)
                if head is None:
                    self.broken = size - at > LONGEST_HEAD or b"\n" in data[at:]
                    break
                at, left = head.end(), int(head[1], 16)
                if left == 0:
                    self.ended = True
                    break
            end = at + left
            _go_on(body, data[at:end].split(b"\n"))
            if end + 2 > size:  # the rest of the chunk, or of its end, is still to come
                at, left = min(end, size), max(end - size, 0)
                self.broken = not _END.startswith(data[at:])
                break
            if data[end : end + 2] != _END:
                self.broken = True
                break
            at, left = end + 2, None
        self._rest, self._left = data[at:], left
        return body


def _take_lines(data: bytes, at: int, body: list[bytes]) -> int:
    """Put the lines of chunks that hold one line each behind ``body``, all that are whole from ``at`` on; gives where the rest begins.

    Such a chunk has three line ends: its head's, the line's and its own. Where any is framed in another way, nothing is taken.
    """
    parts = data[at:].split(b"\n")
    whole = (len(parts) - 1) // 3 * 3
    heads, lines, ends = parts[0:whole:3], parts[1:whole:3], parts[2:whole:3]
    sizes = tuple([len(line) + 1 for line in lines])
    due = b"%x\r\n" * len(lines) % sizes
    if not lines or ends.count(b"\r") != len(ends) or b"\n".join([*heads, b""]).lower() != due:
        return at
    _go_on(body, [*lines, b""])
    return len(data) - len(b"\n".join(parts[whole:]))


def _go_on(body: list[bytes], pieces: list[bytes]) -> None:
    """Put pieces behind those that came before; the first goes on with the last of them."""
    body[-1] += pieces[0]
    body += pieces[1:]


def body_of(receive: Callable[[int], bytes]) -> Iterator[list[bytes]]:
    """The bytes of a chunked body as they come, without its framing, cut at line ends as by ``Framing.take``.

    Args:
        receive: gives what has come, at most so many bytes; waits where nothing has, and gives nothing at the connection's end.

    Raises:
        Broken: once all that came before has been given.
    """
    framing = Framing()
    while not framing.ended:
        received = receive(AT_ONCE)
        if not received:
            raise Broken("ended before its last chunk")
        body = framing.take(received)
        if body != [b""]:
            yield body
        if framing.broken:
            raise Broken("no chunk where one must be")
