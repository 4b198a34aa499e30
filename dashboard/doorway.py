"""The outermost layer of the server: under which names it may be asked, and how many pages are open.

A web page whose own name was pointed at this machine (DNS rebinding) is asked for under that name: without sign-in, and
unless others were let in by ``--allow-network``, only loopback names are answered. With sign-in, its address is too. A
page of another origin gets no socket, whatever the door.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard import access
from pipelines.access import is_loopback
from pipelines.sign_in import Door

PROBES = ("/healthz",)  # asked by address, by load balancers and containers; they tell nothing of posts
WRONG_NAME = (
    "This dashboard is not known under that name. On its own machine open it as 127.0.0.1; to reach it through a tunnel or "
    "proxy set up sign-in (DASHBOARD_URL is then its name), or start it with --allow-network.\n"
)
_open = 0


def open_pages() -> int:
    """How many browsers hold a page open now."""
    return _open


def is_known(host: str, door: Door) -> bool:
    """Whether the dashboard goes by this name (``host`` or ``host:port``)."""
    if door.open:
        return True
    name = _name(host)
    if door.sign_in is not None and name == (urlsplit(door.sign_in.url).hostname or ""):
        return True
    return is_loopback(name)


def _name(host: str) -> str:
    bracketed = re.fullmatch(r"\[([0-9a-f:.]+)\](:\d+)?", host.lower())
    return bracketed[1] if bracketed else re.sub(r":\d+$", "", host.lower())


def is_same_origin(origin: str | None, host: str) -> bool:
    """Whether a socket is opened by a page of ours, or by a program, which names no origin.

    Streamlit looks at this too, but asks a service on the internet for this machine's address before it says no.
    """
    if origin is None:
        return True
    try:
        page, asked = urlsplit(origin), urlsplit(f"//{host}")
        ports = {page.port, asked.port} - {None}
    except ValueError:
        return False
    return bool(page.hostname) and page.hostname == asked.hostname and len(ports) < 2


class Doorway:
    """Turns away who asks under a foreign name, and counts open pages by their sockets."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        global _open
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, socket = headers.get("host", ""), scope["type"] == "websocket"
        known = scope["path"] in PROBES or is_known(host, access.door())
        if not known or (socket and not is_same_origin(headers.get("origin"), host)):
            if socket:
                await send({"type": "websocket.close", "code": 1008})
            else:
                await PlainTextResponse(WRONG_NAME, 421)(scope, receive, send)
            return
        if scope["type"] == "http":
            await self.app(scope, receive, send)
            return
        _open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            _open -= 1
