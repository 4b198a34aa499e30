"""The owner answers its named reads over loopback as Arrow; no SQL crosses the wire.

One result is kept for half a second and computed once however many ask (50 viewers cost what one costs). The
address and a fresh token stand in ``owner.json`` of the data directory, readable by its user alone.

Whoever has the token may speak for people: the dashboard says in which role it asks, and for whom it acts. What the
role may see and do is decided here, not by pages: a viewer's question for what only reviewers see is refused, and
``sight`` follows from the role, never from a parameter. How much is taken stands in ``limits.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import math
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.access import ROLES, SIGHTED, Person, PersonRole, role_for
from pipelines.clock import Clock, RealClock
from pipelines.commands import carry_out
from pipelines.errors import CongressError, NotAllowed, TooMuchAsked, UsageError
from pipelines.privacy import mask_from
from pipelines.reads import answer
from pipelines.store.client import Underway
from pipelines.store.database import Store
from pipelines.store.limits import (
    Allowance,
    Limits,
    NoBrowser,
    TooLarge,
    bounded_body,
    check_parameters,
)
from pipelines.store.measured import Measured
from pipelines.store.reader import READS_AT_ONCE
from pipelines.vitals import vitals_of

Endpoint = Callable[[Request], Awaitable[Response]]

HOST = "127.0.0.1"
KEEP_SECONDS = 0.5
NEWS_SECONDS = 0.01  # between two looks for whoever waits for a commit
MOST_PATIENCE = 5.0  # seconds
LIMITS = Limits()
LONGEST_NAME = 200  # letters of a person's name
OWNER_FILE = "owner.json"


class ReadService:
    """Answers reads from one store by one clock, each result computed once per half second."""

    def __init__(self, store: Store, clock: Clock, speed: float = 1.0, limits: Limits = LIMITS):
        self.store, self.clock, self.speed, self.limits = store, clock, speed, limits
        self._readers = ThreadPoolExecutor(READS_AT_ONCE + 1, "reads")  # a flood of reads holds up no command
        self.measured = Measured()
        self.mask = mask_from(os.environ)
        self.real = RealClock()  # the audit tells the machine's time, whatever the congress's clock says
        self.started_at = clock.now()
        self._kept: dict[tuple, tuple[float, asyncio.Future[bytes]]] = {}

    async def read(self, name: str, params: dict[str, str], role: PersonRole = "viewer") -> bytes:
        """The answer as an Arrow IPC stream, with what ``role`` may see.

        Raises:
            NotAllowed: when the read is for a higher role.
            TooMuchAsked: when too many different reads are under way.
        """
        asking = Person(f"this {role}", role)
        asking.require(role_for(name), f"the read {name}")
        if "sight" in params:
            raise UsageError(f"{name}: sight is no parameter; it follows from the role of who asks")
        if name in SIGHTED:
            params = {**params, "sight": asking.sight}
        if name == "clock":  # asks the database nothing, and says whether there is something new
            await self._news(params)
            return to_stream(self._clock_row())
        key = (name, *sorted(params.items()))
        now = time.monotonic()
        self._kept = {k: v for k, v in self._kept.items() if now - v[0] < KEEP_SECONDS or not v[1].done()}
        if key not in self._kept:
            if sum(not each[1].done() for each in self._kept.values()) >= self.limits.reads_at_once:
                raise TooMuchAsked("too many reads are under way")
            job = asyncio.get_running_loop().run_in_executor(self._readers, self._compute, name, params)
            self._kept[key] = (now, job)
        return await asyncio.shield(self._kept[key][1])

    async def _news(self, params: dict[str, str]) -> None:
        """Wait for a commit behind the version ``after``, at most ``patience`` seconds; not at all without them.

        Raises:
            UsageError: when one of them is no number.
        """
        try:
            after, patience = int(params.get("after", -1)), float(params.get("patience", 0))
        except ValueError:
            patience = math.nan
        if math.isnan(patience):
            raise UsageError("clock: after is a version and patience a number of seconds")
        until = time.monotonic() + min(patience, MOST_PATIENCE)
        while self.store.version == after and time.monotonic() < until:
            await asyncio.sleep(NEWS_SECONDS)

    def close(self) -> None:
        """Answer no more; what waits is dropped."""
        self._readers.shutdown(wait=False, cancel_futures=True)

    async def do(self, name: str, params: dict[str, str], person: Person) -> Underway | None:
        """Carry out a named command for a person; what is on its way where it could not be done at once."""
        await asyncio.to_thread(carry_out, self.store, name, params, person, self.clock.now(), self.real)
        return None

    def _compute(self, name: str, params: dict[str, str]) -> bytes:
        begun = time.monotonic()
        table = self._answer(name, params)
        self.measured.note(name, time.monotonic() - begun)
        if table.nbytes > self.limits.answer_bytes:
            raise UsageError(
                f"{name}: the answer is larger than {self.limits.answer_bytes >> 20} MB; ask for fewer rows"
            )
        return to_stream(table)

    def _answer(self, name: str, params: dict[str, str]) -> pa.Table:
        table = answer(self.store.reader, name, params, self.clock.now(), self.mask)
        if name == "vitals":
            return pa.concat_tables([table, vitals_of(self.measured.figures(self.store.version, self.store.path))])
        return table

    def _clock_row(self) -> pa.Table:
        row: dict[str, Any] = {
            "now": self.clock.now(),
            "speed": self.speed,
            "version": self.store.version,
            "started_at": self.started_at,
        }
        return pa.Table.from_pylist([row])


def to_stream(table: pa.Table) -> bytes:
    """An Arrow table as IPC stream bytes."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def application(service: ReadService, token: str) -> Starlette:
    """The web application: ``/health`` for anyone; with the token ``/read/NAME?param=value`` and POST ``/do/NAME``."""
    limits, measured = service.limits, service.measured
    known = Allowance(limits.a_second, limits.at_once)
    strangers = Allowance(limits.strangers_a_second, limits.strangers_at_once)

    def answering(answer_to: Endpoint) -> Endpoint:
        """What goes wrong is one sentence and its status."""

        async def endpoint(request: Request) -> Response:
            try:
                return await answer_to(request)
            except CongressError as error:
                return _refused(error, measured)

        return endpoint

    def guarded(answer_to: Endpoint) -> Endpoint:
        """Only with the token."""

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), token.encode()):
                strangers.take()
                measured.refuse("token")
                return JSONResponse({"error": "wrong or missing token"}, status_code=401)
            known.take()
            return await answer_to(request)

        return answering(endpoint)

    async def health(_: Request) -> Response:
        strangers.take()
        return JSONResponse({"ok": True, "version": service.store.version})

    async def read(request: Request) -> Response:
        params = dict(request.query_params)
        check_parameters(params, limits)
        role = _role(request.headers.get("congress-role", "viewer"))
        body = await service.read(request.path_params["name"], params, role)
        return Response(body, media_type="application/vnd.apache.arrow.stream")

    async def do(request: Request) -> Response:
        person, params = _asked(await bounded_body(request, limits))
        check_parameters(params, limits)
        underway = await service.do(request.path_params["name"], params, person)
        return JSONResponse({"done": underway is None, **(underway._asdict() if underway else {})})

    routes = [
        Route("/health", answering(health)),
        Route("/read/{name}", guarded(read)),
        Route("/do/{name}", guarded(do), methods=["POST"]),
    ]
    return Starlette(routes=routes, middleware=[Middleware(NoBrowser, host=HOST, measured=measured)])


def _refused(error: CongressError, measured: Measured) -> Response:
    kinds: list[tuple[type[CongressError], int]] = [
        (TooMuchAsked, 429), (NotAllowed, 403), (TooLarge, 413), (UsageError, 400), (CongressError, 503),
    ]  # fmt: skip
    status = next(status for kind, status in kinds if isinstance(error, kind))
    measured.refuse(str(status))
    headers = {"retry-after": str(math.ceil(error.wait))} if isinstance(error, TooMuchAsked) else None
    return JSONResponse({"error": str(error)}, status_code=status, headers=headers)


def _asked(body: bytes) -> tuple[Person, dict[str, str]]:
    """Who asks for a command, and with what.

    Raises:
        UsageError: when the body does not say so.
    """
    try:
        said = orjson.loads(body)  # refuses half characters and endless nesting, which json lets through
        who, params = said["person"], said["params"]
        person, texts = Person(who["name"], _role(who["role"])), all(isinstance(each, str) for each in params.values())
    except (ValueError, TypeError, KeyError, AttributeError):
        raise UsageError('a command is asked for as {"person": {"name": ..., "role": ...}, "params": {...}}') from None
    if not texts or not isinstance(person.name, str) or not person.name.strip() or len(person.name) > LONGEST_NAME:
        raise UsageError("the person's name and every parameter are text")
    return person, params


def _role(word: str) -> PersonRole:
    if word not in ROLES:
        word = word[:60] if isinstance(word, str) else type(word).__name__  # lists in lists cannot be shown
        raise UsageError(f'role "{word}"; there are: {", ".join(ROLES)}')
    return word


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the collector decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serving(service: ReadService, data: Path):
    """Serve the reads on a free loopback port while the context lasts; the address stands in ``owner.json``."""
    listener = socket.create_server((HOST, 0))
    token = secrets.token_urlsafe(32)
    config = uvicorn.Config(
        application(service, token), log_level="warning", log_config=None, access_log=False, lifespan="off",
        limit_concurrency=service.limits.connections, server_header=False,
    )  # fmt: skip
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    address = f"http://{HOST}:{listener.getsockname()[1]}"
    _write_private(data / OWNER_FILE, {"url": address, "token": token, "pid": os.getpid()})
    try:
        yield address
    finally:
        (data / OWNER_FILE).unlink(missing_ok=True)
        server.should_exit = True
        await task
        service.close()


def _write_private(path: Path, content: dict[str, Any]) -> None:
    """Write for this user alone, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    fresh.replace(path)
