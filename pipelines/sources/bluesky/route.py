"""Which Jetstream host to ask, in which dialect, and from where on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from pipelines.sources.bluesky.fields import COLLECTIONS, microseconds, moment

HOSTS = (
    "wss://jetstream.us-east.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
    "wss://jetstream.us-west.bsky.network/xrpc/network.bsky.jetstream.subscribeEvents",
    "wss://jetstream1.us-east.bsky.network/subscribe",
    "wss://jetstream2.us-east.bsky.network/subscribe",
    "wss://jetstream1.us-west.bsky.network/subscribe",
    "wss://jetstream2.us-west.bsky.network/subscribe",
)
# a record has a megabyte at most; the server leaves out larger frames, since one refused would come at each reconnect
MAX_BYTES = 8 << 20
OVERLAP = timedelta(seconds=5)  # clocks of two hosts differ by less


def dialect(host: str) -> str:
    """``"v1"`` for ``.../subscribe``, else ``"v2"``."""
    return "v1" if host.endswith("/subscribe") else "v2"


@dataclass(frozen=True, slots=True)
class Position:
    """The last event taken in: its time, and its sequence number, which only its own host understands.

    ``missing_from`` is where the gap began that was being replayed then, so that a restart can close it.
    """

    host: str
    seq: int | None
    event_at: datetime
    missing_from: datetime | None = None

    def __str__(self) -> str:
        seq = "" if self.seq is None else self.seq
        missing_from = "" if self.missing_from is None else f"|{microseconds(self.missing_from)}"
        return f"{dialect(self.host)}|{self.host}|{seq}|{microseconds(self.event_at)}{missing_from}"

    @classmethod
    def read(cls, text: str) -> Position | None:
        """What ``str`` wrote; ``None`` when it is something else."""
        _, *parts = text.split("|")
        if len(parts) not in (3, 4) or not all(part.isdecimal() for part in parts[2:]):
            return None
        event_at, missing_from = moment(int(parts[2])), moment(int(parts[3])) if len(parts) == 4 else None
        seq = int(parts[1]) if parts[1].isdecimal() else None
        return None if event_at is None else cls(parts[0], seq, event_at, missing_from)


@dataclass(frozen=True, slots=True)
class Request:
    """One try to connect. ``asked_at`` is the time from which a time cursor asks; ``None`` for a sequence number.

    ``from_tip`` says that no cursor was given although one was wanted.
    """

    host: str
    url: str
    asked_at: datetime | None
    from_tip: bool


class Route:
    """Goes through the hosts: v2 first, v1 where v2 refuses, and back.

    A cursor is given as exactly as the host can take it: its own sequence number, else the time, else none.

    Args:
        overlap: so many events are asked for again by their numbers.
    """

    def __init__(self, hosts: Sequence[str], position: Position | None, overlap: int = 0):
        self._hosts = sorted(hosts, key=dialect, reverse=True)
        known = position.host if position else ""
        self._at = self._hosts.index(known) if known in self._hosts and dialect(known) == "v2" else 0
        self._overlap = overlap
        self._vague = 0  # 0: sequence number if possible, 1: time, 2: no cursor

    def next_request(self, position: Position | None) -> Request:
        """How to connect now, to go on after ``position``."""
        host = self._hosts[self._at]
        cursor, asked_at = self._cursor(host, position)
        wanted = "collections" if dialect(host) == "v2" else "wantedCollections"
        # "kinds" is left out: account and identity events are needed to honour deletions
        query: list[tuple[str, object]] = [(wanted, each) for each in COLLECTIONS]
        query.append(("maxMessageSizeBytes", MAX_BYTES))
        if cursor is not None:
            query.append(("cursor", cursor))
        from_tip = cursor is None and position is not None
        return Request(host, f"{host}?{urlencode(query)}", asked_at, from_tip)

    def _cursor(self, host: str, position: Position | None) -> tuple[int | None, datetime | None]:
        if position is None or self._vague == 2:
            return None, None
        if self._vague == 0 and position.seq is not None and position.host == host:
            return max(1, position.seq - self._overlap), None
        asked_at = position.event_at - OVERLAP
        return microseconds(asked_at), asked_at

    def refused(self, status: int, body: str, request: Request) -> None:
        """The handshake was answered with an HTTP status: ask less exactly, or ask another host."""
        if "CursorTooOld" in body or (status == 400 and request.asked_at is None and "cursor=" in request.url):
            self._vague = 1 if request.asked_at is None else 2
        elif status in (400, 404) and dialect(request.host) == "v2":
            self._go_to(next((i for i, host in enumerate(self._hosts) if dialect(host) == "v1"), self._at + 1))
        else:
            self.failed()

    def failed(self) -> None:
        """The host could not be reached, or is overloaded: the next one."""
        self._go_to(self._at + 1)

    def connected(self) -> None:
        """The host accepted."""
        self._vague = 0

    def dropped(self) -> None:
        """A connection that stood has ended: the same host, whose sequence numbers are known; or v2 again."""
        if dialect(self._hosts[self._at]) == "v1":
            self._go_to(0)

    def _go_to(self, index: int) -> None:
        self._at = index % len(self._hosts)
        self._vague = 0
