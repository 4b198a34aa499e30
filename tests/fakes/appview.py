"""Bluesky's public AppView on loopback: getProfiles and getPosts in the recorded shapes, with refusals."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

Answer = tuple[int, dict[str, Any] | bytes, dict[str, str]]
A_CALL = 25


class FakeAppView:
    """Answers from ``profiles`` (by DID) and ``posts`` (by URI).

    Args:
        refusals: answers given to the first calls instead of the true ones.
        disliked: a name that makes the whole call a 400, as an impossible DID does.
    """

    def __init__(
        self,
        profiles: dict[str, dict[str, Any]] | None = None,
        posts: dict[str, dict[str, Any]] | None = None,
        refusals: tuple[Answer, ...] = (),
        disliked: str | None = None,
    ):
        self.profiles, self.posts = profiles or {}, posts or {}
        self.refusals, self.disliked = list(refusals), disliked
        self.calls: list[tuple[str, list[str]]] = []
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> FakeAppView:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = (await reader.readuntil(b"\r\n\r\n")).decode()
        status, body, headers = self._answer(request.split(" ")[1])
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        head = {
            "Content-Type": "application/json",
            "Content-Length": str(len(content)),
            "Connection": "close",
        } | headers
        lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
        writer.write(f"HTTP/1.1 {status} -\r\n{lines}\r\n".encode() + content)
        await writer.drain()
        writer.close()

    def _answer(self, target: str) -> Answer:
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query)
        method = path.removeprefix("/xrpc/")
        names = query.get("actors" if method.endswith("getProfiles") else "uris", [])
        self.calls.append((method, names))
        if self.refusals:
            return self.refusals.pop(0)
        if not 0 < len(names) <= A_CALL or self.disliked in names:
            return 400, {"error": "InvalidRequest", "message": "Error: actors must be valid"}, {}
        if method == "app.bsky.actor.getProfiles":
            return 200, {"profiles": [found for name in names for found in self._profile(name)]}, {}
        return 200, {"posts": [self.posts[name] for name in names if name in self.posts]}, {}

    def _profile(self, name: str) -> list[dict[str, Any]]:
        return [each for did, each in self.profiles.items() if name in (did, each.get("handle"))]
