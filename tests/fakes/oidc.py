"""An OpenID provider on loopback that speaks the real wire format: discovery, keys, authorization code with PKCE, RS256.

It is strict where a provider is: an unknown client, redirect or code, a code used twice, a wrong secret or verifier are
refused as RFC 6749 and OpenID Connect Core say. Who signs in is chosen on its own page, as with ``prompt=select_account``.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "congress-pulse", "a secret / with + signs"
PEOPLE: dict[str, dict[str, Any]] = {
    "vera": {"email": "Vera.Viewer@company.example", "email_verified": True, "name": "Vera Viewer"},
    "rita": {"email": "rita@company.example", "email_verified": True, "name": "Rita Reviewer", "groups": ["staff", "medical"]},
    "adam": {"email": "adam@company.example", "email_verified": True, "name": "Adam Admin"},
    "olga": {"email": "olga@elsewhere.example", "email_verified": True, "name": "Olga Outside"},
    "uma": {"email": "adam@company.example", "email_verified": False, "name": "Uma Unverified"},
}  # fmt: skip


@dataclass
class Provider:
    """Runs in a thread while used as a context. ``aged`` seconds make its tokens look older than they are."""

    redirect_uris: list[str] = field(default_factory=list)
    people: dict[str, dict[str, Any]] = field(default_factory=lambda: {**PEOPLE})
    aged: float = 0.0
    signed_out: int = 0
    asked: list[dict[str, str]] = field(default_factory=list)  # every authorization request

    def __post_init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"}, private=True)
        self._codes: dict[str, tuple[dict[str, str], str]] = {}

    @property
    def discovery_url(self) -> str:
        return f"{self.issuer}/.well-known/openid-configuration"

    def __enter__(self) -> Provider:
        routes = [
            Route("/.well-known/openid-configuration", self._discovery),
            Route("/keys", self._keys),
            Route("/authorize", self._authorize),
            Route("/token", self._token, methods=["POST"]),
            Route("/end", self._end),
            Route("/favicon.ico", lambda _: Response(status_code=204)),
        ]
        config = uvicorn.Config(Starlette(routes=routes), host="127.0.0.1", port=0, log_level="warning", lifespan="off")
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until = time.monotonic() + 10
        while not self._server.started and time.monotonic() < until:
            time.sleep(0.01)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.issuer = f"http://127.0.0.1:{port}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    async def _discovery(self, _: Request) -> Response:
        return JSONResponse({
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize", "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys", "end_session_endpoint": f"{self.issuer}/end", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"], "scopes_supported": ["openid", "email", "profile"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        })  # fmt: skip

    async def _keys(self, _: Request) -> Response:
        return JSONResponse({"keys": [self._key.as_dict(private=False)]})

    async def _authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") not in self.redirect_uris:
            return HTMLResponse("unknown client or redirect_uri", 400)
        if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
            return RedirectResponse(_with(asked, error="invalid_request"), 302)
        chosen = asked.pop("as", None)
        if chosen is None:
            self.asked.append(asked)
            links = "".join(
                f'<p><a href="/authorize?{escape(urlencode({**asked, "as": name}))}">{escape(name)}</a></p>'
                for name in self.people
            )
            return HTMLResponse(f"<title>Choose an account</title>{links}")
        code = secrets.token_urlsafe(16)
        self._codes[code] = (asked, chosen)
        return RedirectResponse(_with(asked, code=code), 302)

    async def _token(self, request: Request) -> Response:
        form = {key: values[0] for key, values in parse_qs((await request.body()).decode()).items()}
        if _client(request, form) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, 401)
        asked, chosen = self._codes.pop(form.get("code", ""), ({}, ""))
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = asked.get("redirect_uri") == form.get("redirect_uri") and form.get("grant_type") == "authorization_code"
        if not asked or not fits or asked.get("code_challenge") != challenge.decode().rstrip("="):
            return JSONResponse({"error": "invalid_grant"}, 400)
        answer = {"access_token": secrets.token_urlsafe(16), "token_type": "Bearer", "expires_in": 3600}
        return JSONResponse({**answer, "id_token": self._id_token(asked, chosen)})

    def _id_token(self, asked: dict[str, str], chosen: str) -> str:
        now = int(time.time() - self.aged)
        claims = {
            "iss": self.issuer, "aud": CLIENT_ID, "sub": f"sub-{chosen}", "iat": now, "exp": int(time.time()) + 3600,
            "nonce": asked.get("nonce"), **self.people[chosen],
        }  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self._key)

    async def _end(self, request: Request) -> Response:
        self.signed_out += 1
        back = request.query_params.get("post_logout_redirect_uri", "")
        return RedirectResponse(back, 302) if back in self.redirect_uris else HTMLResponse("Signed out")


def _with(asked: dict[str, str], **said: str) -> str:
    given = {**said, "state": asked.get("state", "")}
    return f"{asked['redirect_uri']}?{urlencode(given)}"


def _client(request: Request, form: dict[str, str]) -> tuple[str, str]:
    basic = request.headers.get("authorization", "")
    if not basic.startswith("Basic "):
        return form.get("client_id", ""), form.get("client_secret", "")
    name, _, secret = base64.b64decode(basic.removeprefix("Basic ")).decode().partition(":")
    return unquote(name), unquote(secret)
