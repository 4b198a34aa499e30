"""The chunked body of a stream: the same bytes as the standard library reads, however it is framed and torn."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import socket
import threading
from collections.abc import Generator, Iterable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from pipelines.sources.x import api as x_api
from pipelines.sources.x.api import XApi
from pipelines.sources.x.framing import Broken, body_of
from pipelines.sources.x.stream import Down, Event, Lines, StreamLoop, Timing
from tests.fakes.x_api import TOKEN

HEAD = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n"
SIZES = st.sampled_from(["%x", "%X", "%04x", "00%x"])
NAMES = st.text("abcxyz0189-", min_size=1, max_size=5)
EXTENSIONS = st.lists(st.tuples(NAMES, NAMES | st.just('"a;b c"')), max_size=2).map(
    lambda pairs: "".join(f";{name}={value}" for name, value in pairs)
)
LINES = st.text("ab3 \r", max_size=20).map(lambda line: line.encode() + b"\r\n")  # one in a chunk, as X sends them
BODIES = LINES | st.lists(LINES, min_size=2, max_size=3).map(b"".join) | st.binary(min_size=1, max_size=40)
CHUNKS = st.lists(st.tuples(LINES, st.just("%x"), st.just("")), max_size=8) | st.lists(
    st.tuples(BODIES, SIZES, EXTENSIONS), max_size=8
)
TRAILERS = st.lists(st.tuples(NAMES, NAMES), max_size=2)
WRONG = [b"x\r\n", b"-1\r\n", b"+1\r\n", b"0x1\r\n", b"\r\n", b"1_0\r\n", b" 1\r\n", b"1\n", b"1 2\r\n"]
CUTS = st.lists(st.integers(1, 30) | st.integers(30, 400), min_size=1, max_size=40)


Chunk = tuple[bytes, str, str]


def heads(chunks: list[Chunk]) -> list[bytes]:
    return [(size % len(body) + extensions).encode() + b"\r\n" for body, size, extensions in chunks]


def open_body(chunks: list[Chunk]) -> bytes:
    """The chunks, framed, without the last one that is the end."""
    return b"".join(head + body + b"\r\n" for head, (body, _, _) in zip(heads(chunks), chunks, strict=True))


def framed(chunks: list[Chunk], trailers: list[tuple[str, str]]) -> bytes:
    ends = [f"{name}: {value}\r\n".encode() for name, value in trailers]
    return b"".join([open_body(chunks), b"0\r\n", *ends, b"\r\n"])


def body_within(chunks: list[Chunk], length: int) -> bytes:
    """The body's bytes among the first ``length`` bytes of the open body."""
    found, at = b"", 0
    for head, (body, _, _) in zip(heads(chunks), chunks, strict=True):
        at += len(head)
        found += body[: max(length - at, 0)]
        at += len(body) + 2
    return found


def receiving(content: bytes, cuts: list[int]) -> Any:
    """Gives the content in pieces of these lengths, over and over, then nothing."""
    stream, count = io.BytesIO(content), iter(range(10**6))
    return lambda most: stream.read(min(most, cuts[next(count) % len(cuts)]))


def joined(bodies: Iterable[list[bytes]]) -> bytes:
    return b"".join(map(b"\n".join, bodies))


def read(content: bytes, cuts: list[int]) -> bytes:
    return joined(body_of(receiving(content, cuts)))


def as_the_library_reads(content: bytes) -> bytes:
    class Socket:
        def makefile(self, mode: str) -> io.BytesIO:
            return io.BytesIO(HEAD + b"\r\n" + content)

    response = http.client.HTTPResponse(Socket())  # ty: ignore[invalid-argument-type]
    response.begin()
    return response.read()


@given(CHUNKS, TRAILERS, CUTS)
def test_any_framing_torn_anywhere_reads_as_with_the_standard_library(chunks, trailers, cuts):
    content = framed(chunks, trailers)
    assert as_the_library_reads(content) == read(content, cuts)


def read_until_broken(content: bytes, cuts: list[int], why: str) -> bytes:
    came: list[list[bytes]] = []
    with pytest.raises(Broken, match=why):
        came.extend(body_of(receiving(content, cuts)))  # keeps what came before the error
    return joined(came)


@given(CHUNKS, CUTS)
def test_what_is_given_is_cut_at_every_line_end_and_nowhere_else(chunks, cuts):
    for body in body_of(receiving(framed(chunks, []), cuts)):
        assert b"\n".join(body).split(b"\n") == body


ONE = b"4\r\n{}\r\n\r\n"  # a chunk of one line


def test_a_line_that_ends_without_a_carriage_return_is_a_line():
    assert b"{}\r\nab\n{}\r\n" == read(ONE + b"3\r\nab\n\r\n" + ONE + b"0\r\n\r\n", [100])


WRONG_LINES = {
    b"2\r\nab\n\r\n": b"ab",
    b"4\r\nab\n\r\n": b"ab\n\r",
    b"3\nab\n\r\n": b"",
    b"3\r\nab\n\n": b"ab\n",
    b"3\r\nab\nX\n": b"ab\n",
    b"+3\r\nab\n\r\n": b"",
}


@pytest.mark.parametrize("wrong", WRONG_LINES)
def test_among_chunks_of_a_line_each_one_that_is_framed_wrongly_ends_the_reading(wrong: bytes):
    came = read_until_broken(ONE + wrong + ONE, [100], "no chunk where one must be")
    assert b"{}\r\n" + WRONG_LINES[wrong] == came


@given(CHUNKS, CUTS, st.data())
def test_what_stops_before_its_end_gives_what_came_and_then_says_so(chunks, cuts, data):
    content = open_body(chunks)
    length = data.draw(st.integers(0, len(content)))
    came = read_until_broken(content[:length], cuts, "ended before its last chunk")
    assert body_within(chunks, length) == came


@given(CHUNKS, CUTS, st.sampled_from(WRONG))
def test_a_chunk_that_begins_wrongly_ends_the_reading_behind_all_that_was_right(chunks, cuts, wrong):
    came = read_until_broken(open_body(chunks) + wrong + b"a\r\n", cuts, "no chunk where one must be")
    assert b"".join(body for body, _, _ in chunks) == came


@pytest.mark.parametrize("cut", [1, 2, 3, 100])
@pytest.mark.parametrize("end", [b"XX", b"\rX", b"\n\r", b"X\n"])
def test_a_chunk_that_is_longer_than_it_said_ends_the_reading(end: bytes, cut: int):
    content = b"3\r\nabc" + end + b"0\r\n\r\n"
    assert b"abc" == read_until_broken(content, [cut], "no chunk where one must be")


def test_a_head_without_an_end_is_not_kept_for_ever():
    with pytest.raises(Broken, match="no chunk where one must be"):
        list(body_of(lambda most: b"1" * most))


def test_what_has_come_of_a_long_chunk_is_given_at_once():
    pieces = iter([b"ffff\r\n{}\r\n{", b'"a":1}\r\n'])
    bodies = body_of(lambda most: next(pieces))
    assert [[b"{}\r", b"{"], [b'"a":1}\r', b""]] == [next(bodies), next(bodies)]


# over a socket


@contextlib.contextmanager
def serving(*answers: list[bytes], hold: float = 0.0) -> Generator[str]:
    """A server that answers one connection after another with these pieces, each written on its own, then closes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with contextlib.suppress(OSError):  # the test is over, or the reader has gone
            for pieces in answers:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    for piece in pieces:
                        connection.sendall(piece)
                        over.wait(0.02)
                    over.wait(hold)

    over = threading.Event()
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)  # wakes what waits for a connection
        thread.join()
        listener.close()


def lived(host: str, stall: float = 5.0) -> list[Event]:
    """What one life of the stream's loop tells: up, what came, and down with the cause."""
    events: list[Event] = []

    def take(event: Event) -> None:
        events.append(event)
        if isinstance(event, Down):
            loop.stop()

    api = XApi(TOKEN, host)
    loop: StreamLoop = api.stream((), take, Timing(stall=stall))
    loop.run()
    api.close()
    return events


def lines_and_cause(events: list[Event]) -> tuple[list[bytes], str]:
    lines = [line for event in events if isinstance(event, Lines) for line in event.lines]
    return lines, next(event.cause for event in events if isinstance(event, Down))


POSTS = [b'{"data":%d}' % number for number in range(3)]
BODY = b"".join(b"%x\r\n%b\r\n\r\n" % (len(line) + 2, line) for line in POSTS)
FAULTS = {
    "closed by X": [HEAD + b"\r\n", BODY, b"0\r\n\r\n"],
    "closed in the middle of a line": [HEAD + b"\r\n" + BODY + b'3\r\n{"d\r\n0\r\n\r\n'],
    "connection lost (ended before its last chunk)": [HEAD + b"\r\n", BODY, b"20\r\nabc"],
    "connection lost (no chunk where one must be)": [HEAD + b"\r\n", BODY, b"HTTP/1.1 400\r\n"],
}


@pytest.mark.parametrize("cause", sorted(FAULTS))
def test_every_end_of_a_stream_is_told_from_the_others_and_all_lines_before_it_are_read(cause: str):
    with serving(FAULTS[cause]) as host:
        assert (POSTS, cause) == lines_and_cause(lived(host))


def test_a_stalled_socket_is_noticed_behind_what_came():
    with serving([HEAD + b"\r\n", BODY], hold=5.0) as host:
        assert (POSTS, "nothing came, not even a keep-alive") == lines_and_cause(lived(host, stall=0.2))


def test_a_connection_whose_body_has_ended_is_not_used_again():
    answers = [[HEAD + b"\r\n" + BODY + b"0\r\n\r\n"]] * 2
    with serving(*answers, hold=0.2) as host:  # the server would leave it open, and take no second request on it
        api = XApi(TOKEN, host)
        for _ in answers:
            with api._open(()) as connection:
                assert b"\r\n".join([*POSTS, b""]) == joined(connection.chunks())
        api.close()


@contextlib.contextmanager
def opened(host: str) -> Generator[requests.Response]:
    with requests.get(host, stream=True, headers={"Accept-Encoding": "identity"}, timeout=5) as response:
        yield response


def test_a_compressed_body_is_left_to_the_library_and_comes_unpacked():
    packed = gzip.compress(b"".join(line + b"\r\n" for line in POSTS))
    answer = [HEAD + b"Content-Encoding: gzip\r\n\r\n", framed([(packed, "%x", "")], [])]
    with serving(answer, answer) as host:
        with opened(host) as response:
            assert x_api._bulk(response.raw) is None
        assert (POSTS, "closed by X") == lines_and_cause(lived(host))


def test_a_body_without_chunks_is_left_to_the_library():
    with serving([b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n", b"{}\r\n"]) as host:
        assert ([b"{}"], "closed by X") == lines_and_cause(lived(host))


def test_a_chunked_body_is_read_in_bulk_where_the_library_keeps_its_buffer_as_known():
    with serving([HEAD + b"\r\n", BODY]) as host, opened(host) as response:
        assert x_api._bulk(response.raw) is not None
        assert x_api._bulk(SimpleNamespace(headers=response.headers, _other=response.raw._fp)) is None


@pytest.mark.parametrize("cause", ["closed by X", "closed in the middle of a line"])
def test_where_it_keeps_it_elsewhere_the_library_does_the_reading(cause: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(x_api, "_bulk", lambda raw: None)
    with serving(FAULTS[cause]) as host:
        assert (POSTS, cause) == lines_and_cause(lived(host))
