"""The dashboard as a server: settings, security headers, ``/healthz``, ``/metrics``, and the snapshot thread's life.

Runs the same from any directory and from an installed package: the settings file is applied here,
since Streamlit alone would look for it only in the current directory.
"""

from __future__ import annotations

import base64
import gc
import hashlib
import importlib.util
import logging
import os
import re
import time
import tomllib
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
import streamlit.logger
import uvicorn
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config

from dashboard import access, download, metrics, reads, recaps
from dashboard.asks import HEALTH
from dashboard.doorway import Doorway
from dashboard.sign_in import SignInGate, secrets_of
from dashboard.snapshot import Snapshot
from pipelines.access import Access
from pipelines.congresses import load_access
from pipelines.errors import UsageError
from pipelines.sign_in import Door, door, read_sign_in

HERE = Path(__file__).parent
STALE = 15.0  # seconds without a new snapshot after which /healthz says so
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


def settings_file() -> Path:
    """The settings: at the root of a checkout, or beside the package once installed."""
    places = (HERE.parent / ".streamlit" / "config.toml", HERE / ".streamlit" / "config.toml")
    return next((p for p in places if p.exists()), places[0])


def options(tree: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """The leaves of a settings file by Streamlit's dotted names; a list of tables is one leaf."""
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from options(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def apply_settings(file: Path | None = None) -> None:
    """Make the settings file hold, whatever directory the process was started in."""
    config.get_config_options()
    for name, value in options(tomllib.loads((file or settings_file()).read_text(encoding="utf-8"))):
        config.set_option(name, value)


def policy() -> str:
    """The content-security policy: nothing but ourselves; the one inline script of Streamlit's page by its hash."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    inline = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline)
    return (
        f"default-src 'self'; script-src 'self' {hashes}; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self' data:; connect-src 'self' ws: wss:; worker-src 'self' blob:; frame-src 'none'; object-src 'none'; "
        "base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )


class SecurityHeaders:
    """Adds the policy and its companions to every answer."""

    def __init__(self, app: ASGIApp):
        self.app = app
        named = HEADERS | {"content-security-policy": policy()}
        self.headers = [(name.encode(), value.encode()) for name, value in named.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], *self.headers]
            await send(message)

        await self.app(scope, receive, send_with_headers if scope["type"] == "http" else send)


async def healthz(request: Request) -> JSONResponse:
    """200 while pictures keep coming, 503 with the reason when they do not; for any probe, without sign-in.

    Tells no path, no name and no word of a post. ``?max_event_age=300`` also fails when the newest event that any source
    brought is older than that many seconds of the congress's clock.
    """
    hub = reads.hub()
    snapshot, away = hub.snapshot, hub.error is not None
    age = None if snapshot is None else round(time.monotonic() - snapshot.built, 1)
    event_age = None if snapshot is None else _event_age(snapshot)
    wanted = request.query_params.get("max_event_age", "")
    error = None
    if away:
        error = "the collector does not answer"
    elif age is None or age >= STALE:
        error = "no new picture comes"
    elif wanted.isdecimal() and (event_age is None or event_age > int(wanted[:9])):
        error = "the newest event is too old"
    said = {"ok": error is None, "collector": "away" if away else "answers", "snapshot_age_s": age}
    said |= {"newest_event_age_s": event_age, "error": error}
    return JSONResponse(said, status_code=503 if error else 200, headers={"cache-control": "no-store"})


def _event_age(snapshot: Snapshot) -> float | None:
    """Seconds of the congress's clock since the newest event of any source; None before the first."""
    told = [row["last_event_at"] for row in snapshot.rows(HEALTH) or () if row["last_event_at"]]
    return max(0.0, round((snapshot.now - max(told)).total_seconds(), 1)) if told else None


async def live_page(request: Request) -> RedirectResponse:
    """Live stands at ``/``; who writes ``/live`` by hand is led there, with what else the link says."""
    return RedirectResponse(f"./?{request.url.query}" if request.url.query else "./")


def note_export(offer: download.Offer, size: int) -> None:
    """Tell the audit of a download; where that fails, nothing is handed out."""
    reads.hub().do("note_export", offer.who, file=offer.file_name, size=f"{size} bytes")


@asynccontextmanager
async def lifespan(_: Any) -> AsyncGenerator[None]:
    """Start the snapshot thread before any viewer, and keep what is loaded by then out of every collection."""
    from dashboard import warm  # loads the pages, which whoever only asks for the settings does not want

    warm.load_pages()
    warm.begin(reads.hub())
    download.taken[:] = [note_export]
    gc.collect()
    gc.freeze()
    yield
    recaps.close()
    reads.close()


def build() -> st.App:
    """The application, with the settings applied."""
    apply_settings()
    sign_in = access.door().sign_in
    return st.App(
        HERE / "app.py", lifespan=lifespan, routes=[Route("/healthz", healthz), Route("/live", live_page), metrics.ROUTE, download.ROUTE], secrets=secrets_of(sign_in) if sign_in else None,
        middleware=[Middleware(SecurityHeaders), Middleware(Doorway), Middleware(SignInGate)],
    )  # fmt: skip


def speak_through_ours() -> None:
    """Let Streamlit's loggers write through ours: each of them brings a handler of its own, whatever is set up."""

    def to_ours(logger: logging.Logger) -> None:
        logger.handlers.clear()
        logger.propagate = True

    streamlit.logger.setup_formatter = to_ours  # ty: ignore[invalid-assignment]
    streamlit.logger.update_formatter()


def _door(host: str, allow_network: bool, config_file: Path | None) -> Door:
    metrics.read_token(os.environ)  # a mistake in it is said now, not at the first scrape
    sign_in = read_sign_in(os.environ) if config_file else None
    if sign_in and not importlib.util.find_spec("authlib"):
        raise UsageError("sign-in is set up in .env, but Authlib is missing: pip install -e '.[auth]'")
    lists = load_access(config_file) if config_file and sign_in else Access()
    return door(host, allow_network, sign_in, lists, config_file)


def serve(
    data: Path, host: str = "127.0.0.1", port: int = 8501, allow_network: bool = False, config_file: Path | None = None
) -> None:
    """Serve the dashboard until interrupted.

    Args:
        data: the data directory whose owner is asked.
        host: the address to listen on; other than loopback only with sign-in or ``allow_network``.
        port: the port to listen on.
        allow_network: the explicit flag: without sign-in, whoever reaches the address is a viewer.
        config_file: congresses.yaml, whose ``access:`` gives roles; without one there is no sign-in, as in the demo.

    Raises:
        UsageError: for a host that others can reach, without sign-in or the flag, or a mistake in the settings.
    """
    access.use(_door(host, allow_network, config_file))
    speak_through_ours()
    os.environ["CONGRESS_DATA"] = str(Path(data).resolve())
    app = build()
    config.set_option("server.address", host)
    config.set_option("server.port", port)
    uvicorn.run(
        app, host=host, port=port, log_level="warning", log_config=None, access_log=False, server_header=False,
        ws_max_size=20 * 2**20,
    )  # fmt: skip
