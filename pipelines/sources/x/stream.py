"""The read loop of X's filtered stream: it lives for days, survives every fault, and says what it missed.

It runs in a thread of its own, since the SDK underneath blocks, and tells what happens as events.
It knows nothing of HTTP libraries: a connection is given to it. Why not the SDK's own loop: that one
reconnects without pause after a clean close, ends for good at a torn line or an untagged rule, takes no
notice of ``x-rate-limit-reset``, and tries a wrong key for ever.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Protocol

import orjson

LONGEST_LINE = 8 << 20  # bytes; a post with all that comes along is some 50 kB
WAITED = 1.0  # seconds; a read that takes so long found nothing in the buffers, also where the machine is busy


class Unreachable(Exception):
    """The network or the server failed in a way that passes: refused, reset, timed out."""


class Connection(Protocol):
    """An answered request whose body is still to be read.

    ``chunks`` gives what comes cut as ``split(b"\\n")`` does: the first piece goes on with the last one before. It raises
    ``Unreachable``.
    """

    status: int
    headers: Mapping[str, str]

    def chunks(self) -> Iterator[list[bytes]]: ...
    def body(self) -> bytes: ...
    def abort(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds, as X documents them; tests and the bench shrink them all."""

    stall: float = 21.0  # X sends a keep-alive at least every 20 s
    healthy: float = 60.0  # a connection that lived this long was a good one
    longest_wait: float = 60.0
    connects_window: float = 900.0
    busy: float = 20.0  # after "too many connections"
    unlimited: float = 60.0  # after a 429 that does not say until when
    server_fault: float = 5.0  # after the first 5xx; doubles
    longest_fault: float = 320.0

    def scaled(self, factor: float) -> Timing:
        """All times multiplied by ``factor``."""
        return replace(self, **{each.name: getattr(self, each.name) * factor for each in fields(self)})


@dataclass(frozen=True, slots=True)
class Up:
    """Connected; ``connects_left`` of the window's connects remain."""

    at: datetime
    connects_left: int


@dataclass(frozen=True, slots=True)
class Lines:
    """Whole lines as they were read, without their ends; empty for a keep-alive.

    They may have lain in a buffer, for as long as nobody read. ``empty_at`` is set where the read had to wait: all that had
    come by then was read.
    """

    at: datetime
    lines: tuple[bytes, ...]
    empty_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Down:
    """Not connected any more, or not at all; ``last_byte_at`` is None if nothing ever came."""

    at: datetime
    last_byte_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True)
class Refused:
    """The key may not read the stream: 401 or 403. The loop has ended."""

    status: int
    detail: str


Event = Up | Lines | Down | Refused


def utc_now() -> datetime:
    """Naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(slots=True)
class ConnectWindow:
    """X allows 50 connects in 15 minutes; the last ``reserve`` are kept for a person or a restart."""

    seconds: float
    allowed: int = 50
    reserve: int = 5
    _times: deque[float] = field(default_factory=deque)

    def wait_before(self, now: float) -> float:
        """Seconds until another connect fits; 0 if one does. ``now`` is monotonic."""
        while self._times and now - self._times[0] >= self.seconds:
            self._times.popleft()
        return 0.0 if self.left > 0 else self._times[0] + self.seconds - now

    @property
    def left(self) -> int:
        """Connects left above the reserve."""
        return self.allowed - self.reserve - len(self._times)

    def note(self, now: float) -> None:
        self._times.append(now)


class StreamLoop:
    """Connects, reads and reconnects until stopped.

    Args:
        connect: opens the stream; entering it may raise ``Unreachable``.
        free_connections: ends connections that a former process left behind.
        emit: takes events; may block, which slows the reading down.
        jitter: source of randomness for the waits between attempts.
        now: the time as X counts it, naive UTC.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        free_connections: Callable[[], None],
        emit: Callable[[Event], None],
        timing: Timing | None = None,
        jitter: random.Random | None = None,
        now: Callable[[], datetime] = utc_now,
    ):
        self._connect, self._free, self._emit = connect, free_connections, emit
        self.timing = timing or Timing()
        self._jitter, self._now = jitter or random.Random(), now
        self._stop = threading.Event()
        self._connection: Connection | None = None
        self._window = ConnectWindow(self.timing.connects_window)
        self._last_byte_at: datetime | None = None
        self._short_lives = self._faults = 0

    def stop(self) -> None:
        """End the loop from another thread; a read that blocks is cut off."""
        self._stop.set()
        self.reconnect()

    def reconnect(self) -> None:
        """Cut the present connection; the loop makes a new one."""
        if connection := self._connection:
            connection.abort()

    def run(self) -> None:
        """The loop itself; call it in a thread. Ends after ``stop`` or after emitting ``Refused``."""
        while not self._stop.is_set():
            if wait := self._window.wait_before(time.monotonic()):
                self._emit(Down(self._now(), self._last_byte_at, "waiting: connects of this window are used up"))
                self._pause(wait)
                continue
            self._window.note(time.monotonic())
            wait = self._live_once()
            if wait is None:
                return
            self._pause(wait)

    def _live_once(self) -> float | None:
        """One connection from start to end; gives the seconds to wait before the next, None to stop."""
        try:
            with self._connect() as connection:
                if connection.status == 200:
                    return self._read(connection)
                return self._refused(connection)
        except Unreachable as fault:
            self._down(str(fault))
            return self._after_fault(0.25, 16.0)

    def _read(self, connection: Connection) -> float:
        self._connection = connection
        born = time.monotonic()
        self._faults = 0
        self._last_byte_at = self._now()
        self._emit(Up(self._last_byte_at, self._window.left))
        rest, chunks = b"", iter(connection.chunks())
        try:
            while True:
                asked_at, asked = self._now(), time.monotonic()
                chunk = next(chunks, None)
                if chunk is None:
                    break
                self._last_byte_at = self._now()
                empty_at = asked_at if time.monotonic() - asked >= WAITED else None
                chunk[0] = rest + chunk[0]
                *lines, rest = chunk
                if len(rest) > LONGEST_LINE:
                    raise Unreachable("a line without an end")
                whole = tuple(filter(None, map(bytes.strip, lines)))
                self._emit(Lines(self._last_byte_at, whole, empty_at))
                if self._stop.is_set():
                    break
            cause = "closed in the middle of a line" if rest.strip() else "closed by X"
        except Unreachable as fault:
            cause = str(fault)
        self._connection = None
        self._down(cause)
        return self._after_life(time.monotonic() - born)

    def _refused(self, connection: Connection) -> float | None:
        body = connection.body()
        status = connection.status
        if status in (401, 403):
            self._emit(Refused(status, _detail(body)))
            return None
        if status != 429:
            self._down(f"X answered {status}")
            return self._after_fault(self.timing.server_fault, self.timing.longest_fault)
        if b"TooManyConnections" in body:
            self._down("too many connections: an earlier one is still open")
            self._free_quietly()
            return self.timing.busy
        self._down("rate limit reached")
        return self._until_reset(connection.headers)

    def _until_reset(self, headers: Mapping[str, str]) -> float:
        reset = headers.get("x-rate-limit-reset", "")
        if reset.isdecimal() and len(reset) <= 12:
            left = int(reset) - self._now().replace(tzinfo=UTC).timestamp()
            return min(max(1.0, left + 1.0), self.timing.connects_window + 1.0)
        return self._after_fault(self.timing.unlimited, self.timing.connects_window)

    def _free_quietly(self) -> None:
        try:
            self._free()
        except Unreachable:
            return  # the wait that follows frees them as well

    def _after_life(self, seconds: float) -> float:
        """The first drop reconnects at once; repeated short lives wait 1, 2, 4 ... seconds."""
        self._short_lives = 0 if seconds >= self.timing.healthy else self._short_lives + 1
        if self._short_lives <= 1:
            return 0.0
        step = self.timing.longest_wait / 60
        wait = min(self.timing.longest_wait, step * 2 ** min(self._short_lives - 2, 10))
        return wait * self._jitter.uniform(0.7, 1.3)

    def _after_fault(self, first: float, most: float) -> float:
        self._faults += 1
        return min(most, first * 2 ** min(self._faults - 1, 12)) * self._jitter.uniform(0.7, 1.3)

    def _down(self, cause: str) -> None:
        if not self._stop.is_set():
            self._emit(Down(self._now(), self._last_byte_at, cause))

    def _pause(self, seconds: float) -> None:
        self._stop.wait(seconds)


def _detail(body: bytes) -> str:
    """What X says about a refusal, in its own words; nothing where that is no text."""
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        return ""
    said = (answer.get("detail") or answer.get("title")) if isinstance(answer, dict) else None
    return said[:200] if isinstance(said, str) else ""
