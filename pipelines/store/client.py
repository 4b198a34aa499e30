"""Asking the owner of the database from another process."""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pyarrow as pa

from pipelines.access import Person, PersonRole
from pipelines.errors import NotAllowed, ReadsUnavailable, UsageError

OWNER_FILE = "owner.json"
SECONDS = 12.0
LONG_SECONDS = 600.0  # a command may write the whole file anew
BUSY_SECONDS = 5.0  # how long to wait in all for an owner that is asked too much


class Underway(NamedTuple):
    """A command that another host carries out and has yet to answer: its id among the ``requests``, and a sentence on it."""

    request: str
    said: str


class OwnerClient:
    """Named reads over loopback. Finds the owner anew after a restart.

    Args:
        data: the data directory, in which the owner leaves its address.
    """

    def __init__(self, data: Path):
        self._path = data / OWNER_FILE
        self._http = httpx.Client(timeout=SECONDS, trust_env=False)  # loopback needs no proxy

    def read(self, name: str, *, sight: PersonRole = "viewer", **params: Any) -> pa.Table:
        """The answer to a named read; parameters that are None are left to their default.

        Args:
            sight: the role in which it is asked; the owner shows what that role may see.

        Raises:
            ReadsUnavailable: when nobody answers.
            UsageError: when the read or its parameters are wrong.
            NotAllowed: when the role does not reach that far.
        """
        query = {key: _text(value) for key, value in params.items() if value is not None}
        answer = self._ask("GET", f"read/{name}", {"congress-role": sight}, params=query)
        return pa.ipc.open_stream(answer).read_all()

    def do(self, name: str, person: Person, /, **params: Any) -> Underway | None:
        """Carry out a named command (``pipelines/commands.py``) for a person; None when it is done.

        Raises:
            ReadsUnavailable, UsageError, NotAllowed: as for ``read``.
        """
        given = {key: _text(value) for key, value in params.items() if value is not None}
        said = {"person": {"name": person.name, "role": person.role}, "params": given}
        told = json.loads(self._ask("POST", f"do/{name}", {}, json=said, timeout=LONG_SECONDS))
        return None if told["done"] else Underway(told["request"], told["said"])

    def _ask(self, method: str, path: str, headers: dict[str, str], **content: Any) -> bytes:
        answer = self._send(method, path, headers, content)
        until = time.monotonic() + BUSY_SECONDS
        while answer.status_code == httpx.codes.TOO_MANY_REQUESTS and time.monotonic() < until:
            time.sleep(min(float(answer.headers.get("retry-after", 1)), BUSY_SECONDS))
            answer = self._send(method, path, headers, content)
        if answer.status_code in (httpx.codes.BAD_REQUEST, httpx.codes.REQUEST_ENTITY_TOO_LARGE):
            raise UsageError(answer.json()["error"])
        if answer.status_code == httpx.codes.FORBIDDEN:
            raise NotAllowed(answer.json()["error"])
        if answer.status_code != httpx.codes.OK:
            raise ReadsUnavailable(f"the collector refused {path} ({answer.status_code})")
        return answer.content

    def _send(self, method: str, path: str, headers: dict[str, str], content: dict[str, Any]) -> httpx.Response:
        owner = self._owner()
        headers = {**headers, "authorization": f"Bearer {owner['token']}"}
        try:
            return self._http.request(method, f"{owner['url']}/{path}", headers=headers, **content)
        except httpx.HTTPError as error:
            raise ReadsUnavailable(f"the collector does not answer ({type(error).__name__}); is it running?") from None

    def close(self) -> None:
        self._http.close()

    def __enter__(self) -> OwnerClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _owner(self) -> dict[str, Any]:
        try:
            return json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise ReadsUnavailable(f"no collector runs on {self._path.parent}; start one with: congress run") from None


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
