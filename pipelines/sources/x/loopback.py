"""A loopback server that speaks the X API v2, for the bench and the tests: no key, no cost, every fault.

It serves a small world of posts in real time: the filtered stream (chunked lines, CRLF, keep-alives),
its rules, recent search and counts, look-ups, usage, compliance jobs, activity events, rate-limit
headers. It counts what it would bill. Each stream connection lives by the next step of a plan.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import orjson

from pipelines.sources.x.loopback_answers import Answers
from pipelines.sources.x.world import Made

TOKEN = "loopback-key"  # noqa: S105 - it opens nothing but this server
_REASONS = {200: "OK", 201: "Created", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden"}
_REASONS |= {404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable"}
_LIMITS = {
    "/2/tweets/search/recent": 450,
    "/2/tweets/counts/recent": 300,
    "/2/tweets": 3_500,
    "/2/users": 300,
    "/2/users/by": 300,
    "/2/usage/tweets": 50,
    "/2/tweets/search/stream/rules": 450,
}


@dataclass(frozen=True, slots=True)
class Step:
    """How one stream connection goes: it lives ``seconds`` and ends by ``fault``.

    Faults: hold (does not end), close, abort, torn (ends inside a line, cleanly), torn_abort, error (says
    so, then closes), stall (nothing more comes, no keep-alive), mute (keep-alives, but no posts), garbage
    (a whole line that is no JSON, then goes on and closes), untagged (rules without their tag, then
    closes), duplicate (lines twice, and not in their order, then closes), 503, 429 (with its reset), 401, 403.
    """

    fault: str
    seconds: float = 0.3


@dataclass(slots=True)
class Loopback(Answers):
    """The server. Use it as a context manager; it runs in a thread of its own.

    Args:
        plan: one step for each stream connection; then they hold.
        forbidden: routes that answer 403.
        limits: requests allowed in 15 minutes, by route, where it is not X's number.
        activity: events for the activity stream.
        strike: ends the present stream connection by its fault, whatever the plan says.
        search_down_until: search answers 503 until then (seconds since 1970).
        streaming_since: when the first stream connection began.
    """

    plan: Sequence[Step] = ()
    keep_alive: float = 20.0
    connects_window: float = 900.0
    forbidden: Iterable[str] = ()
    limits: dict[str, int] = field(default_factory=dict)
    activity: deque[dict[str, Any]] = field(default_factory=deque)
    served: list[str] = field(default_factory=list)
    streamed: list[str] = field(default_factory=list)
    strike: Step | None = None
    search_down_until: float = 0.0
    streaming_since: float | None = None
    _steps: deque[Step] = field(default_factory=deque)
    _windows: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _asyncio: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _thread: threading.Thread | None = None

    def __enter__(self) -> Loopback:
        self._steps = deque(self.plan)
        ready = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True, name="x-loopback")
        self._thread.start()
        ready.wait()
        return self

    def __exit__(self, *exc: object) -> None:
        self._asyncio.call_soon_threadsafe(self._asyncio.stop)
        if self._thread:
            self._thread.join()

    @property
    def is_streaming(self) -> bool:
        """Whether a stream connection stands."""
        return bool(self._open)

    def next_steps(self, *steps: Step) -> None:
        """How the next stream connections go."""
        self._steps.extend(steps)

    def _run(self, ready: threading.Event) -> None:
        asyncio.set_event_loop(self._asyncio)
        server = self._asyncio.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 22))
        self.host = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        ready.set()
        self._asyncio.run_forever()
        server.close()
        for _ in range(2):  # what was accepted last begins, is cancelled, and closes its socket
            self._asyncio.run_until_complete(asyncio.sleep(0.01))
            tasks = asyncio.all_tasks(self._asyncio)
            for task in tasks:
                task.cancel()
            self._asyncio.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._asyncio.run_until_complete(asyncio.sleep(0.01))
        self._asyncio.close()

    # HTTP

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._exchange(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):  # cancelled: the server ends
            writer.transport.abort()
        finally:
            if not writer.transport.is_closing():
                writer.close()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        request, *lines = head.split("\r\n")
        method, target, _ = request.split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length") or 0))
        url = urlsplit(target)
        self.requests.append(f"{method} {url.path}")
        if not (url.path.startswith("/files/") or self._allowed(writer, url.path, headers)):
            pass
        elif url.path == "/2/tweets/search/stream":
            await self._stream(reader, writer, dict(parse_qsl(url.query)))
        elif url.path == "/2/activity/stream":
            await self._activity_stream(reader, writer)
        else:
            self._rest(writer, method, url.path, dict(parse_qsl(url.query)), body)
        await writer.drain()

    def _allowed(self, writer: asyncio.StreamWriter, path: str, headers: dict[str, str]) -> bool:
        if headers.get("authorization") != f"Bearer {TOKEN}":
            self._say(writer, 401, {"title": "Unauthorized", "detail": "Unauthorized", "status": 401})
        elif path in self.forbidden:
            detail = "When authenticating requests, you must use keys from an app with access to this."
            self._say(writer, 403, {"title": "Client Forbidden", "detail": detail, "status": 403})
        else:
            return True
        return False

    def _say(self, writer: asyncio.StreamWriter, status: int, answer: Any, limits: str = "") -> None:
        body = answer if isinstance(answer, bytes) else orjson.dumps(answer)
        kind = "application/json; charset=utf-8" if not isinstance(answer, bytes) else "text/plain"
        head = f"HTTP/1.1 {status} {_REASONS.get(status, 'X')}\r\ndate: {formatdate(usegmt=True)}\r\ncontent-type: {kind}\r\n"
        head += f"content-length: {len(body)}\r\n{limits}connection: close\r\n\r\n"
        writer.write(head.encode() + body)

    def _limited(self, path: str) -> tuple[bool, str]:
        """Whether the route's window is used up, and the headers that say how it stands."""
        allowed = self.limits.get(path, _LIMITS.get(path, 150))
        now = time.time()
        window = [each for each in self._windows[path] if each > now - 900]
        over = len(window) >= allowed
        self._windows[path] = window if over else [*window, now]
        reset = int(window[0] + 900) if window else int(now + 900)
        left = max(0, allowed - len(self._windows[path]))
        names = (("limit", allowed), ("remaining", left), ("reset", reset))
        return over, "".join(f"x-rate-limit-{name}: {value}\r\n" for name, value in names)

    def _rest(self, writer: asyncio.StreamWriter, method: str, path: str, query: dict[str, str], body: bytes) -> None:
        over, limits = self._limited(path)
        if path == "/2/tweets/search/recent" and time.time() < self.search_down_until:
            self._say(writer, 503, {"title": "Service Unavailable"}, limits)
        elif over:
            self._say(writer, 429, {"title": "Too Many Requests", "detail": "Too Many Requests"}, limits)
        elif path == "/2/connections/all":
            self._say(writer, 200, self._free(), limits)
        else:
            self._say(writer, *self.answer(method, path, query, body), limits)

    def _free(self) -> dict[str, Any]:
        for writer in list(self._open):
            writer.transport.abort()
        killed = len(self._open)
        self._open.clear()
        return {"data": {"successful_kills": killed, "failed_kills": 0}}

    # streams

    async def _stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, query: dict[str, str]) -> None:
        now = time.time()
        connects = [each for each in self._windows["stream"] if each > now - self.connects_window]
        self._windows["stream"] = [*connects, now]
        limits = f"x-rate-limit-limit: 50\r\nx-rate-limit-remaining: {max(0, 49 - len(connects))}\r\n"
        limits += f"x-rate-limit-reset: {int(now + self.connects_window)}\r\n"
        if self._open:
            problem = {"title": "ConnectionException", "connection_issue": "TooManyConnections"}
            detail = "This stream is currently at the maximum allowed connection limit."
            self.served.append("too many")
            self._say(writer, 429, problem | {"detail": detail, "type": "about:blank"}, limits)
            return
        step = self._steps.popleft() if self._steps else Step("hold")
        self.served.append(step.fault if len(connects) < 50 else "over the limit")
        if step.fault.isdecimal() or len(connects) >= 50:
            status = 429 if len(connects) >= 50 else int(step.fault)
            if status == 429:
                limits = f"x-rate-limit-reset: {int(now + step.seconds)}\r\n"
            self._say(writer, status, {"title": _REASONS[status], "detail": _REASONS[status], "status": status}, limits)
            return
        await self._begin(writer, limits)
        self._open.add(writer)
        gone = asyncio.create_task(reader.read())
        try:
            await self._live(writer, step, gone, query)
            if self.strike and not gone.done():
                step, self.strike = self.strike, None
            await self._end(writer, step)
        finally:
            gone.cancel()
            self._open.discard(writer)

    async def _begin(self, writer: asyncio.StreamWriter, limits: str) -> None:
        head = "HTTP/1.1 200 OK\r\ncontent-type: application/json; charset=utf-8\r\ntransfer-encoding: chunked\r\n"
        head += f"date: {formatdate(usegmt=True)}\r\n"
        writer.write(f"{head}{limits}\r\n".encode())
        await writer.drain()

    async def _live(
        self, writer: asyncio.StreamWriter, step: Step, gone: asyncio.Task[bytes], query: dict[str, str]
    ) -> None:
        """Posts written from now on, each after its latency; keep-alives between; until the step's end."""
        born = last = time.time()
        self.streaming_since = self.streaming_since or born
        lasts = step.fault in ("hold", "mute")
        until = float("inf") if lasts else born + step.seconds
        mute_from = born + step.seconds if step.fault == "mute" else float("inf")
        spoilt = step.fault == "garbage"
        at = self.world.first_after(born)
        while (
            (now := time.time()) < until and not gone.done() and not writer.transport.is_closing() and not self.strike
        ):
            batch: list[bytes] = []
            while at < len(self.world.by_delivery) and self.world.by_delivery[at].delivered_at <= now:
                made = self.world.by_delivery[at]
                at += 1
                if made.created_at >= born and now < mute_from:
                    batch += self._line(made, step.fault != "untagged", query)
            if step.fault == "duplicate":
                batch += batch[::-1]
            if spoilt and now > born + step.seconds / 2:
                batch.insert(0, b"<html>bad gateway</html>\r\n")
                spoilt = False
            if not batch and now - last >= self.keep_alive:
                batch = [b"\r\n"]
            for line in batch:
                writer.write(_chunk(line))
                last = now
            await writer.drain()
            await asyncio.sleep(0.005)

    async def _end(self, writer: asyncio.StreamWriter, step: Step) -> None:
        half = b'{"data":{"id":"1850000000000000000","text":"cut off in the mid'
        if step.fault == "error":
            notice = {"title": "operational-disconnect", "disconnect_type": "UpstreamOperationalDisconnect"}
            detail = "This stream has been disconnected upstream for operational reasons."
            writer.write(_chunk(orjson.dumps({"errors": [notice | {"detail": detail}]}) + b"\r\n"))
        if step.fault.startswith("torn"):
            writer.write(_chunk(half))
        await writer.drain()
        if step.fault == "stall":
            await asyncio.sleep(30 * self.keep_alive)  # it counts as open even after the client has gone
        elif step.fault in ("abort", "torn_abort"):
            await asyncio.sleep(0.08)  # what was written is read before the reset, which would destroy it
            writer.transport.abort()
        else:
            writer.write(b"0\r\n\r\n")

    def _line(self, made: Made, tagged: bool, query: dict[str, str]) -> list[bytes]:
        hits = [rule for rule in self.rules if self.world.finds(rule["value"], made)]
        if not hits:
            return []
        rules = [{"id": rule["id"], **({"tag": rule.get("tag")} if tagged else {})} for rule in hits]
        line = self.with_includes({"data": made.data, "matching_rules": rules}, [made], query)
        self.streamed.append(made.post_id)
        return [orjson.dumps(line) + b"\r\n"]

    async def _activity_stream(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._begin(writer, "")
        gone = asyncio.create_task(reader.read())
        last = time.time()
        try:
            while not gone.done():
                while self.activity:
                    writer.write(_chunk(orjson.dumps({"data": self.activity.popleft()}) + b"\r\n"))
                if time.time() - last >= self.keep_alive:
                    writer.write(_chunk(b"\r\n"))
                    last = time.time()
                await writer.drain()
                await asyncio.sleep(0.01)
        finally:
            gone.cancel()


def _chunk(content: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(content), content)
