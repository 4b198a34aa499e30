"""The owner answers its named reads over loopback as Arrow; no SQL crosses the wire.

One result is kept for half a second and computed once however many ask (50 viewers cost what one costs). The
address and a fresh token stand in ``owner.json`` of the data directory, readable by its user alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import json
import os
import secrets
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.clock import Clock
from pipelines.corrections import carry_out
from pipelines.errors import CongressError, UsageError
from pipelines.reads import answer
from pipelines.store.database import Store

Endpoint = Callable[[Request], Awaitable[Response]]

KEEP_SECONDS = 0.5
OWNER_FILE = "owner.json"


class ReadService:
    """Answers reads from one store by one clock, each result computed once per half second."""

    def __init__(self, store: Store, clock: Clock, speed: float = 1.0):
        self.store, self.clock, self.speed = store, clock, speed
        self.started_at = clock.now()
        self._kept: dict[tuple, tuple[float, asyncio.Future[bytes]]] = {}

    async def read(self, name: str, params: dict[str, str]) -> bytes:
        """The answer as an Arrow IPC stream."""
        key = (name, *sorted(params.items()))
        now = time.monotonic()
        self._kept = {k: v for k, v in self._kept.items() if now - v[0] < KEEP_SECONDS or not v[1].done()}
        if key not in self._kept:
            self._kept[key] = (now, asyncio.ensure_future(asyncio.to_thread(self._compute, name, params)))
        return await asyncio.shield(self._kept[key][1])

    async def do(self, name: str, params: dict[str, str]) -> None:
        """Carry out a reviewer's named command."""
        await asyncio.to_thread(carry_out, self.store, name, params, self.clock.now())

    def _compute(self, name: str, params: dict[str, str]) -> bytes:
        if name == "clock":
            return to_stream(self._clock_row())
        return to_stream(answer(self.store.reader, name, params, self.clock.now()))

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

    async def health(_: Request) -> Response:
        return JSONResponse({"ok": True, "version": service.store.version})

    def guarded(answer_to: Endpoint) -> Endpoint:
        """Only with the token; what goes wrong is one sentence."""

        async def endpoint(request: Request) -> Response:
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            if not hmac.compare_digest(given.encode(), token.encode()):
                return JSONResponse({"error": "wrong or missing token"}, status_code=401)
            try:
                return await answer_to(request)
            except UsageError as error:
                return JSONResponse({"error": str(error)}, status_code=400)
            except CongressError as error:
                return JSONResponse({"error": str(error)}, status_code=503)

        return endpoint

    async def read(request: Request) -> Response:
        body = await service.read(request.path_params["name"], dict(request.query_params))
        return Response(body, media_type="application/vnd.apache.arrow.stream")

    async def do(request: Request) -> Response:
        await service.do(request.path_params["name"], await request.json())
        return JSONResponse({"done": True})

    return Starlette(
        routes=[
            Route("/health", health),
            Route("/read/{name}", guarded(read)),
            Route("/do/{name}", guarded(do), methods=["POST"]),
        ]
    )


class _Server(uvicorn.Server):
    """uvicorn without its own signal handling: the collector decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self):
        yield


@contextlib.asynccontextmanager
async def serving(service: ReadService, data: Path):
    """Serve the reads on a free loopback port while the context lasts; the address stands in ``owner.json``."""
    listener = socket.create_server(("127.0.0.1", 0))
    token = secrets.token_urlsafe(32)
    config = uvicorn.Config(application(service, token), log_level="warning", access_log=False, lifespan="off")
    server = _Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    _write_private(data / OWNER_FILE, {"url": address, "token": token, "pid": os.getpid()})
    try:
        yield address
    finally:
        (data / OWNER_FILE).unlink(missing_ok=True)
        server.should_exit = True
        await task


def _write_private(path: Path, content: dict[str, Any]) -> None:
    """Write for this user alone, whole or not at all."""
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
    fresh.replace(path)
