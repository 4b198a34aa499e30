"""How much the read service takes: so many requests a second, so long, so many at once; beyond that a clear no.

Whoever floods it is told 429 and when to come again; collecting and everybody else go on. The dashboard asks for all its
viewers through one thread, a few dozen times a second: the bounds stand far above that.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pipelines.errors import TooMuchAsked, UsageError
from pipelines.store.measured import Measured


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one read service."""

    a_second: float = 300.0  # requests with the token; 50 viewers cause some 30
    at_once: int = 600  # of them in one moment
    strangers_a_second: float = 10.0  # requests without it: probes of /health, and guesses
    strangers_at_once: int = 20
    body_bytes: int = 64 << 10
    parameters: int = 32
    letters: int = 4_000  # of one parameter's name or value
    reads_at_once: int = 64  # different ones, waiting or being computed
    answer_bytes: int = 256 << 20
    connections: int = 512


class Allowance:
    """So many a second on average, so many in one moment: a bucket that fills steadily."""

    def __init__(self, a_second: float, at_once: int, clock: Callable[[], float] = time.monotonic):
        self._a_second, self._at_once, self._clock = a_second, at_once, clock
        self._left, self._seen = float(at_once), clock()

    def take(self) -> None:
        """Use one.

        Raises:
            TooMuchAsked: when none is left, with the seconds until there is.
        """
        now = self._clock()
        self._left = min(float(self._at_once), self._left + (now - self._seen) * self._a_second)
        self._seen = now
        if self._left < 1:
            raise TooMuchAsked("too many requests", (1 - self._left) / self._a_second)
        self._left -= 1


async def bounded_body(request: Request, limits: Limits) -> bytes:
    """The body of a request, however it is sent.

    Raises:
        TooLarge: when it is longer than allowed; no more of it is read.
    """
    read = bytearray()
    async for chunk in request.stream():
        read += chunk
        if len(read) > limits.body_bytes:
            raise TooLarge(f"a request may hold {limits.body_bytes:,} bytes")
    return bytes(read)


class TooLarge(UsageError):
    """A request is larger than the service takes."""


def check_parameters(params: Mapping[str, str], limits: Limits) -> None:
    """Refuse more parameters, or longer ones, than any read or command takes.

    Raises:
        UsageError: naming the bound, never the value.
    """
    if len(params) > limits.parameters:
        raise UsageError(f"at most {limits.parameters} parameters")
    if any(max(len(key), len(value)) > limits.letters for key, value in params.items()):
        raise UsageError(f"a parameter may hold {limits.letters:,} letters")


class NoBrowser:
    """Refuses what a web page makes a browser send here: programs ask by the service's own address and name no origin.

    A page whose name was pointed at this machine (DNS rebinding) still says its own name as host.
    """

    def __init__(self, app: ASGIApp, host: str, measured: Measured):
        self.app, self.host, self.measured = app, host, measured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = Headers(scope=scope)
        name, _, port = headers.get("host", "").partition(":")
        if (
            name != self.host
            or not (port.isdecimal() or not port)
            or "origin" in headers
            or "sec-fetch-site" in headers
        ):
            self.measured.refuse("host")
            answer = JSONResponse({"error": "the read service answers programs on this machine only"}, status_code=421)
            await answer(scope, receive, send)
            return
        await self.app(scope, receive, send)
