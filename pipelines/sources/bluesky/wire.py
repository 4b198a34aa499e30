"""The websocket under the Bluesky source: the ``websockets`` library, with data frames taken off in bulk.

The library hands over one message per ``await`` through two queues and a parser made of generators: 5 µs a message,
more than everything else together. Its handshake, pings, closing and errors are kept. Only whole, unmasked data frames
(all that a Jetstream server ever sends) are cut out of the received bytes here; every other frame goes its usual way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, cast

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.protocol import State
from websockets.typing import Subprotocol

from pipelines.sources.bluesky.route import MAX_BYTES

_MOST_WAITING = 4_096  # frames not yet asked for; with more the server is made to wait
_END_OF_HEADERS = b"\r\n\r\n"
_DATA = (0x81, 0x82)  # first bytes of whole messages: text, binary
_MASKED, _CONTROL, _FINAL = 0x80, 0x08, 0x80
_BEGUN, _CONTINUED = (0x01, 0x02), (0x00, 0x80)  # parts of a message: first bytes of their frames


class Ended(Exception):
    """The connection is over, and why."""


class Refused(Exception):
    """The handshake was answered with an HTTP status other than 101."""

    def __init__(self, status: int, body: str, retry_after: float):
        super().__init__(f"HTTP {status}")
        self.status, self.body, self.retry_after = status, body, retry_after


class Line(ClientConnection):
    """A websocket that is read with ``next_frames``, not with ``recv``."""

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        self._frames: list[bytes] = []
        self._rest = b""  # of a frame that has come in part
        self._parts: list[bytes] = []  # of a message sent in several frames
        self._headers: bytes | None = b""  # until the handshake's answer has come in whole
        self._news = asyncio.Event()
        self._waits = False
        self._fault = ""

    @property
    def date(self) -> str | None:
        """The server's time as its answer to the handshake said it."""
        return self.response.headers.get("Date") if self.response else None

    async def next_frames(self, seconds: float) -> list[bytes]:
        """The payloads of all frames that came in; waits up to ``seconds`` if there are none, then returns none.

        Raises:
            Ended: everything was handed over and no more can come.
        """
        if not self._frames and not self._is_over:
            self._news.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._news.wait()
        frames, self._frames = self._frames, []
        if self._waits:
            self._waits = False
            self.transport.resume_reading()
        if not frames and self._is_over:
            raise Ended(self._cause)
        return frames

    def data_received(self, data: bytes) -> None:
        if self.protocol.state is State.OPEN:
            self._take_off(self._rest + data if self._rest else data)
        elif self._headers is None:
            super().data_received(data)  # the body of a refusal, or what still comes in after the close
        else:
            self._shake_hands(self._headers + data)

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._news.set()

    def _shake_hands(self, answer: bytes) -> None:
        """Frames may stand right behind the headers: the library gets no more than the headers."""
        headers, end, rest = answer.partition(_END_OF_HEADERS)
        if not end and len(answer) < MAX_BYTES:
            self._headers = answer
            return
        self._headers = None
        super().data_received(headers + end)
        if rest:
            self.data_received(rest)

    def _take_off(self, received: bytes) -> None:
        """Cut the whole frames out; what is behind the last of them stays for what comes next. Written for speed."""
        size, at, frames = len(received), 0, self._frames
        while size - at >= 2:
            first, length, start = received[at], received[at + 1], at + 2
            if length == 126:
                if size - at < 4:
                    break
                length, start = received[start] << 8 | received[at + 3], at + 4
            elif length == 127:
                length, start = int.from_bytes(received[start : start + 8], "big"), start + 8
            elif length >= _MASKED:
                super().data_received(received[at:])  # servers must not mask: the library ends the connection
                return
            end = start + length
            if start > size or end > size:
                break
            if first in _DATA:
                frames.append(received[start:end])
            elif not self._take_other(first, received[at:end], received[start:end]):
                return
            at = end
        self._rest = received[at:]
        if len(self._rest) > MAX_BYTES:
            self._refuse_size()
        self._tell()

    def _take_other(self, first: int, frame: bytes, payload: bytes) -> bool:
        """Parts of messages, pings, pongs, closes; whether more frames may follow."""
        if first in _BEGUN or first in _CONTINUED:
            self._parts.append(payload)
            if sum(map(len, self._parts)) > MAX_BYTES or len(self._parts) > _MOST_WAITING:
                return self._refuse_size()
            if first & _FINAL:
                self._frames.append(b"".join(self._parts))
                self._parts.clear()
            return True
        super().data_received(frame)
        if self.protocol.state is State.OPEN:
            return True
        self._news.set()
        return False

    def _refuse_size(self) -> bool:
        """The server sends what it was asked not to send: nothing more is taken from it."""
        self._fault = "a frame larger than the server was asked for"
        self._parts.clear()
        self._rest = b""
        self.transport.abort()
        return False

    def _tell(self) -> None:
        if self._frames:
            self._news.set()
            if len(self._frames) > _MOST_WAITING and not self._waits:
                self._waits = True
                self.transport.pause_reading()

    @property
    def _is_over(self) -> bool:
        return self.protocol.state is not State.OPEN

    @property
    def _cause(self) -> str:
        closed = self.protocol.close_rcvd
        return self._fault or (f"closed by the server ({closed.code})" if closed else "connection lost")


@asynccontextmanager
async def connected(
    url: str, subprotocol: str | None, open_seconds: float, ping_seconds: float
) -> AsyncGenerator[Line]:
    """A connection to a Jetstream end point.

    Raises:
        Refused: the server answered, but not with a websocket.
        Ended: the server could not be reached, or speaks no websocket.
    """
    try:
        async with connect(
            url,
            create_connection=Line,
            compression=None,  # inflating costs more than the bytes, and Jetstream's own is dictionary zstd
            max_size=MAX_BYTES,
            open_timeout=open_seconds,
            ping_interval=ping_seconds,
            ping_timeout=ping_seconds,
            close_timeout=1,
            subprotocols=[Subprotocol(subprotocol)] if subprotocol else None,
            user_agent_header="congress-pulse",
        ) as line:
            yield cast(Line, line)  # made by create_connection above
    except InvalidStatus as refusal:
        response = refusal.response
        body = (response.body or b"").decode(errors="replace")
        raise Refused(response.status_code, body, _seconds(response.headers.get("Retry-After"))) from refusal
    except (OSError, WebSocketException) as error:
        raise Ended((str(error) or type(error).__name__)[:200]) from error


def _seconds(retry_after: str | None) -> float:
    """``Retry-After`` in seconds, at most five minutes; its other form, a date, is not sent by Jetstream."""
    return min(float(retry_after), 300.0) if retry_after and retry_after.isdecimal() else 0.0
