"""What can be taken away: a table as CSV that a spreadsheet shows and never runs, a chart as a picture.

A page that draws itself anew every moment cannot hold Streamlit's download button: each drawing gives it another address,
and a click on the one before finds nothing. So a page *offers* a file and shows a plain link to it. The link stays the
same while the page lives; the file is built when somebody takes it, from what the page showed last.

Every download of the dashboard passes ``take``.
"""

from __future__ import annotations

import csv
import io
import logging
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard import access
from dashboard.sign_in import signed_in
from pipelines.access import Person
from pipelines.recap.clean import safe_cell

KEPT = 5000  # offers; the oldest go first
_OFFICE = "application/vnd.openxmlformats-officedocument"
MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "png": "image/png",
    "pptx": f"{_OFFICE}.presentationml.presentation",
    "svg": "image/svg+xml",
    "xlsx": f"{_OFFICE}.spreadsheetml.sheet",
    "zip": "application/zip",
}
GONE = "This link belongs to a page that is no longer open. Open the page again and take the file from there.\n"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Offer:
    """A file that can be taken: its name, who is offered it, what builds it."""

    file_name: str
    who: Person
    build: Callable[[], bytes]


_offers: OrderedDict[str, Offer] = OrderedDict()
_lock = threading.Lock()
taken: list[Callable[[Offer, int], None]] = []  # told of every download before it is handed out: the offer, its bytes


def offer(key: str, file_name: str, build: Callable[[], bytes]) -> str:
    """The address of a file, the same for this viewer and ``key`` each time; offering anew replaces what it holds.

    Args:
        key: names the file on its page.
        file_name: with an ending of ``MEDIA``.
        build: makes the bytes when somebody takes them; it runs in a thread of its own, so it asks nothing of Streamlit.
    """
    tokens = st.session_state.setdefault("offers", {})
    named = (key, file_name.rpartition(".")[2])
    token = tokens.get(named)
    if token is None:
        token = tokens[named] = secrets.token_urlsafe(18)
    with _lock:
        _offers[token] = Offer(file_name, access.person() or Person("nobody signed in", "nobody"), build)
        _offers.move_to_end(token)
        while len(_offers) > KEPT:
            _offers.popitem(last=False)
    return f"save/{token}"


def take(token: str, asks: Person | None = None) -> tuple[Offer, bytes] | None:
    """Build an offered file; ``None`` for an address that is none or no longer. Every download comes through here.

    Args:
        asks: who fetches it, where people sign in: only whom it was offered to gets it, in the role of then.
    """
    with _lock:
        found = _offers.get(token)
    if found is None or (asks is not None and asks != found.who):
        return None
    made = found.build()
    for tell in taken:
        tell(found, len(made))
    return found, made


async def save(request: Request) -> Response:
    """The route behind the links."""
    try:
        made = await run_in_threadpool(take, request.path_params["token"], signed_in(request))
    except Exception:  # whatever a chart holds, the server goes on; the log has the traceback
        log.exception("a download could not be built")
        return PlainTextResponse("The file could not be built, or not be noted in the audit; the log says why.\n", 500)
    if made is None:
        return PlainTextResponse(GONE, 404)
    name = made[0].file_name
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Response(made[1], media_type=MEDIA[name.rpartition(".")[2]], headers=headers)


ROUTE = Route("/save/{token}", save)


def link(address: str, words: str, label: str) -> str:
    """Words that save the file of an ``offer``."""
    return f'<a class="save" href="{escape(address)}" download target="_self" aria-label="{escape(label)}">{escape(words)}</a>'


def safe_name(*words: str) -> str:
    """A file's name without its ending: small letters, digits and hyphens of the words."""
    kept = "-".join(words).lower()
    return "-".join(filter(None, "".join(c if c.isascii() and c.isalnum() else " " for c in kept).split()))[:80]


def csv_of(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> bytes:
    """Rows as CSV in UTF-8 with a byte-order mark, so that spreadsheets read accents."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([safe_cell(row.get(name)) for name in columns] for row in rows)
    return out.getvalue().encode("utf-8-sig")
