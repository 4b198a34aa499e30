"""Sign-in at the edge of the server: what may be fetched without one, and the way back to the link that was opened.

Streamlit draws pages over its socket, where ``dashboard/access.py`` stands guard. Files are fetched beside it; here
they take the same sign-in.
"""

from __future__ import annotations

import json
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import quote, unquote

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.web.server.starlette.starlette_auth_routes import _get_cookie_value_from_request
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from dashboard import access
from pipelines.access import Person
from pipelines.sign_in import SignIn

GUARDED = ("/save/", "/media/", "/_stcore/upload_file", "/component/")
INTERNAL = ("/_stcore", "/auth/", "/oauth2callback", "/static/", "/app/", "/healthz", "/metrics", *GUARDED)
CALLBACK = "/oauth2callback"
LINK_COOKIE = "congress_link"
LONGEST_LINK = 2000
MINUTES = 15 * 60  # seconds a link is remembered while somebody signs in


def secrets_of(sign_in: SignIn) -> dict[str, Any]:
    """What ``st.login`` wants to know, kept in memory: no file holds the secrets but ``.env``."""
    return {
        "auth": {
            "redirect_uri": sign_in.redirect_uri,
            "cookie_secret": sign_in.cookie_secret,
            "client_id": sign_in.client_id,
            "client_secret": sign_in.client_secret,
            "server_metadata_url": sign_in.discovery_url,
            "client_kwargs": {"scope": sign_in.scope},
        }
    }


def signed_in(request: Request) -> Person | None:
    """Who a request comes from by its signed cookie; None without one that holds now."""
    try:
        claims = json.loads(_get_cookie_value_from_request(request, USER_COOKIE_NAME) or b"{}")
    except ValueError:
        return None
    return access.person_behind(claims) if isinstance(claims, dict) else None


class SignInGate:
    """Refuses files to whoever is not signed in and listed; leads back to the opened link after the sign-in."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or access.door().sign_in is None:
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        path = request.url.path
        if path.startswith(GUARDED):
            person = signed_in(request)
            if person is None or not person.may("viewer"):
                await PlainTextResponse("Sign in first.\n", 403)(scope, receive, send)
                return
        elif path == CALLBACK and "code" in request.query_params:  # signing out comes by here too
            send = _led_back(request, send)
        elif request.method == "GET" and not path.startswith(INTERNAL):
            send = _remembered(request, send)
        await self.app(scope, receive, send)


def _remembered(request: Request, send: Send) -> Send:
    """Keep the opened link in a cookie, when what is answered is the page."""
    link = request.url.path + (f"?{request.url.query}" if request.url.query else "")

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            if headers.get("content-type", "").startswith("text/html") and is_own_link(link):
                headers.append("set-cookie", _cookie(quote(link, safe=""), MINUTES))
        await send(message)

    return sending


def _led_back(request: Request, send: Send) -> Send:
    """Send whoever comes from the provider to the link it opened first, instead of the first page."""
    link = unquote(request.cookies.get(LINK_COOKIE, ""))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start" and link and is_own_link(link):
            headers = MutableHeaders(scope=message)
            if message["status"] in (302, 303, 307) and headers.get("location") == "/":
                headers["location"] = link
                headers.append("set-cookie", _cookie("", 0))
        await send(message)

    return sending


def is_own_link(link: str) -> bool:
    """Whether a link stays on this server: a path, which no browser takes for another host."""
    return (
        len(link) <= LONGEST_LINK
        and link.startswith("/")
        and not link.startswith("//")
        and "\\" not in link
        and link.isprintable()
        and link.isascii()
        and not link.startswith(INTERNAL)
    )


def _cookie(value: str, seconds: int) -> str:
    jar = SimpleCookie()
    jar[LINK_COOKIE] = value
    jar[LINK_COOKIE].update({"path": "/", "httponly": "yes", "samesite": "Lax", "max-age": str(seconds)})
    sign_in = access.door().sign_in
    jar[LINK_COOKIE]["secure"] = sign_in is not None and sign_in.url.startswith("https:")
    return jar[LINK_COOKIE].OutputString()
