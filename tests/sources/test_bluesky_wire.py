"""The websocket under the source, against a server that cuts its bytes as it likes."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import random
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from itertools import pairwise

import pytest

from pipelines.sources.bluesky import wire as bluesky_wire
from pipelines.sources.bluesky.wire import Ended, Line, Refused, connected

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter, bytes], Awaitable[None]]


def frame(payload: bytes, first: int = 0x81) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes([first, size]) + payload
    if size < 1 << 16:
        return bytes([first, 126]) + struct.pack(">H", size) + payload
    return bytes([first, 127]) + struct.pack(">Q", size) + payload


def accepted(request: str) -> bytes:
    headers = dict(line.split(": ", 1) for line in request.split("\r\n")[1:] if ": " in line)
    digest = base64.b64encode(hashlib.sha1((headers["Sec-WebSocket-Key"] + GUID).encode()).digest()).decode()
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {digest}\r\n\r\n"
    ).encode()


@asynccontextmanager
async def serving(talk: Talk) -> AsyncGenerator[str]:
    """The address of a server that reads a handshake and hands ``talk`` the answer to send."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await talk(reader, writer, accepted((await reader.readuntil(b"\r\n\r\n")).decode()))
            await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        served.set()

    served = asyncio.Event()
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        try:
            yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        finally:
            await served.wait()


def read_all(talk: Talk, pause: float = 0.0, ping: float = 20.0) -> tuple[list[bytes], str]:
    """What arrives until the connection ends, and why it ended."""

    async def play() -> tuple[list[bytes], str]:
        got: list[bytes] = []
        async with asyncio.timeout(10), serving(talk) as url, connected(url, None, 5, ping) as line:
            while True:
                try:
                    got += await line.next_frames(0.2)
                except Ended as end:
                    return got, str(end)
                await asyncio.sleep(pause)

    return asyncio.run(play())


def sender(sent: bytes, cuts: list[int] | None = None) -> Talk:
    """Sends the handshake's answer and ``sent`` cut at the given places, each piece a segment of its own."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        whole = answer + sent
        places = [0, *sorted(cuts or []), len(whole)]
        for start, end in pairwise(places):
            writer.write(whole[start:end])
            await writer.drain()
            await asyncio.sleep(0 if cuts is None else 0.001)
        await reader.read(1)

    return talk


CLOSE = frame(struct.pack(">H", 1001), 0x88)
MESSAGES = [b"", b"{}", b"x" * 125, b"y" * 126, b"z" * 65_535, b"w" * 65_536, "＃ＡＳＨ２６".encode()]


def test_frames_of_every_length_arrive_as_sent_and_then_the_close():
    got, end = read_all(sender(b"".join(map(frame, MESSAGES)) + CLOSE))
    assert (MESSAGES, "closed by the server (1001)") == (got, end)


@pytest.mark.parametrize("seed", range(5))
def test_it_does_not_matter_where_the_bytes_are_cut(seed: int):
    dice = random.Random(seed)
    messages = [bytes([65 + n % 26]) * dice.choice([0, 1, 3, 125, 126, 300]) for n in range(40)]
    sent = b"".join(map(frame, messages)) + CLOSE
    cuts = [dice.randrange(1, len(sent) + 100) for _ in range(60)] + list(range(90, 140))
    got, end = read_all(sender(sent, cuts))
    assert (messages, "closed by the server (1001)") == (got, end)


def test_a_message_in_several_frames_with_a_ping_between_is_one_message():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        parts = frame(b"one ", 0x01) + frame(b"hello", 0x89) + frame(b"two ", 0x00) + frame(b"three", 0x80)
        writer.write(answer + parts + frame(b"next"))
        pong.append(await reader.readexactly(2 + 4 + 5))
        writer.write(CLOSE)
        await reader.read(1)

    pong: list[bytes] = []
    got, _ = read_all(talk)
    assert [b"one two three", b"next"] == got
    assert 0x8A == pong[0][0]


@pytest.mark.parametrize("odd", [b"\x81\x85abcdefghi", b"\xc1\x02{}", b"\x83\x02{}", b"\x89\x7e\x00\x80" + b"p" * 128])
def test_frames_against_the_protocol_end_the_connection(odd: bytes):
    got, end = read_all(sender(frame(b"before") + odd + frame(b"after")))
    assert ([b"before"], "connection lost") == (got, end)


def test_a_frame_larger_than_asked_for_ends_the_connection(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bluesky_wire, "MAX_BYTES", 100_000)
    got, end = read_all(sender(frame(b"before") + frame(b"x" * 400_000)))
    assert ([b"before"], "a frame larger than the server was asked for") == (got, end)


def test_a_reader_that_is_slow_makes_the_server_wait_and_loses_nothing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bluesky_wire, "_MOST_WAITING", 50)
    waited: list[bool] = []
    pause = Line._tell

    def tell(line: Line) -> None:
        pause(line)
        waited.append(line._waits)

    monkeypatch.setattr(Line, "_tell", tell)
    messages = [b"%d" % number * 400 for number in range(2_000)]
    got, _ = read_all(sender(b"".join(map(frame, messages)) + CLOSE), pause=0.005)
    assert messages == got
    assert any(waited)


def test_an_abort_is_named_as_a_lost_connection():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(answer + frame(b"one") + b"\x81\x7e\x01")
        await writer.drain()
        await asyncio.sleep(0.05)
        writer.transport.abort()

    assert ([b"one"], "connection lost") == read_all(talk)


def test_a_refusal_tells_status_body_and_how_long_to_wait():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        for piece in (b"HTTP/1.1 429 -\r\nRetry-", b"After: 7\r\nContent-Length: 9\r\n\r", b"\nslow", b" down"):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(Refused) as refusal:
        read_all(talk)
    assert (429, "slow down", 7.0) == (refusal.value.status, refusal.value.body, refusal.value.retry_after)


@pytest.mark.parametrize("answer", [b"SSH-2.0-OpenSSH_9.6\r\n\r\n", b"HTTP/1.1 101 -\r\n\r\n", b"", b"\x00" * 200_000])
def test_what_speaks_no_websocket_is_an_end_with_a_reason(answer: bytes):
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, _: bytes) -> None:
        writer.write(answer)

    with pytest.raises(Ended, match=r".+"):
        read_all(talk)


def test_nobody_there_is_an_end_with_a_reason():
    async def play() -> None:
        async with connected("ws://127.0.0.1:9/", None, 1, 20):
            pass

    with pytest.raises(Ended, match=r".+"):
        asyncio.run(play())


def test_pings_of_ours_are_answered_and_keep_the_line():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(answer)
        for _ in range(3):
            head = await reader.readexactly(6)
            body = await reader.readexactly(head[1] & 0x7F)
            payload = bytes(byte ^ head[2 + index % 4] for index, byte in enumerate(body))
            writer.write(frame(payload, 0x8A))
        writer.write(frame(b"still here") + CLOSE)
        await reader.read(1)

    assert ([b"still here"], "closed by the server (1001)") == read_all(talk, ping=0.05)


def test_a_server_that_answers_no_ping_is_left():
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: bytes) -> None:
        writer.write(answer)
        await reader.read(-1)

    assert ([], "connection lost") == read_all(talk, ping=0.05)
