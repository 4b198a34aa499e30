"""``/metrics`` for Prometheus: what the collector and this dashboard measure of themselves. Figures alone, no words, no people.

The dashboard answers it, not the collector: it has the address that stays, it knows who watches, and it can still say that
the collector is gone. On this machine, without sign-in, anybody at the machine may ask. Wherever others reach the dashboard
it is off until ``METRICS_TOKEN`` stands in ``.env``, and then answers whoever brings that as bearer token.
"""

from __future__ import annotations

import hmac
import os
import threading
import time
from collections.abc import Iterable, Mapping
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard import access, doorway, reads
from pipelines.access import is_at_the_machine
from pipelines.errors import ConfigError, CongressError

SHORTEST_TOKEN = 16  # letters
KEPT_SECONDS = 1.0  # one answer serves all who ask within it
VITALS: Mapping[str, tuple[str, str, tuple[str, ...]]] = {  # figure: name, what it is, labels; a name in _total counts up
    "posts": ("congress_posts", "Posts kept, by congress and platform", ("congress_id", "source")),
    "received": ("congress_received_total", "Payloads a source received since it started", ("source",)),
    "dropped": ("congress_dropped_total", "Payloads that could not be read", ("source",)),
    "reconnects": ("congress_reconnects_total", "Connections made anew", ("source",)),
    "backlog": ("congress_backlog", "Arrivals that wait to be folded", ("source",)),
    "lag_seconds": ("congress_lag_seconds", "How far behind its time the newest event was when it came", ("source",)),
    "silent_seconds": ("congress_silent_seconds", "Since the source last said anything of itself", ("source",)),
    "state": ("congress_source_state", "1 for the state a source is in", ("source", "word:state")),
    "gaps_open": ("congress_gaps_open", "Gaps that are not refilled", ("source",)),
    "gaps_lasting": ("congress_gaps_lasting", "Gaps that are not over", ("source",)),
    "spent_usd": ("congress_spent_usd", "US dollars that reading cost this calendar month", ("source",)),
    "budget_usd": ("congress_budget_usd", "US dollars it may cost a month", ("source",)),
    "cases_open": ("congress_cases_open", "Possible adverse events that wait for a decision", ("congress_id",)),
    "cases_overdue": ("congress_cases_overdue", "Those past their clock", ("congress_id",)),
    "reads": ("congress_reads_total", "Reads computed, by name", ("word:read",)),
    "read_seconds": ("congress_read_seconds_total", "Seconds they took", ("word:read",)),
    "refused": ("congress_refused_total", "Requests to the read service that were refused", ("word:why",)),
    "batches": ("congress_batches_total", "Batches folded since the collector started", ()),
    "database_bytes": ("congress_database_bytes", "Bytes of the database and of its log", ("word:part",)),
    "collector_bytes": ("congress_collector_memory_bytes", "Memory the collector holds", ()),
}  # fmt: skip


class Figures:
    """Everything as metrics, gathered anew each time it is asked for; what the library calls a collector."""

    def __init__(self, vitals: Iterable[Mapping[str, Any]] | None):
        self._vitals = vitals

    def collect(self) -> Iterable[Metric]:
        yield GaugeMetricFamily(
            "congress_collector_up", "1 while the collector answers", 0 if self._vitals is None else 1
        )
        yield GaugeMetricFamily("congress_pages_open", "Pages of the dashboard that are open", doorway.open_pages())
        snapshot = reads.hub().snapshot
        if snapshot is not None:
            age = time.monotonic() - snapshot.built
            yield GaugeMetricFamily("congress_snapshot_age_seconds", "How old the picture on the pages is", age)
        families: dict[str, GaugeMetricFamily | CounterMetricFamily] = {}
        for row in self._vitals or ():
            name, words, labels = VITALS[row["figure"]]
            kind = CounterMetricFamily if name.endswith("_total") else GaugeMetricFamily
            if name not in families:
                families[name] = kind(name, words, labels=[each.partition(":")[2] or _label(each) for each in labels])
            families[name].add_metric([row[each.partition(":")[0]] for each in labels], row["value"])
        yield from families.values()


def _label(column: str) -> str:
    return "congress" if column == "congress_id" else column


def exposition() -> bytes:
    """All metrics in Prometheus' text format; where the collector is away that is one of them."""
    try:
        rows: list[dict[str, Any]] | None = reads.hub().reader.read("vitals", sight="admin").to_pylist()
    except CongressError:
        rows = None
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Figures(rows))
    return generate_latest(registry)


_kept: tuple[float, bytes] = (-KEPT_SECONDS, b"")
_lock = threading.Lock()


def _exposition_kept() -> bytes:
    global _kept
    with _lock:
        if time.monotonic() - _kept[0] >= KEPT_SECONDS:
            _kept = (time.monotonic(), exposition())
        return _kept[1]


def read_token(environ: Mapping[str, str]) -> str:
    """The token that stands in ``.env``; ``''`` where none does.

    Raises:
        ConfigError: when it is too short to be one; it is not shown.
    """
    token = environ.get("METRICS_TOKEN", "").strip()
    if token and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f".env: METRICS_TOKEN is too short: at least {SHORTEST_TOKEN} random characters")
    return token


def may_measure(headers: Mapping[str, str], token: str) -> bool:
    """Whether whoever sends these headers may have the figures."""
    if token:
        given = headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    here = access.door()
    return here.sign_in is None and not here.open and is_at_the_machine(headers)


async def metrics(request: Request) -> Response:
    """The route; whoever may not have the figures is told that there is nothing here."""
    if not may_measure(request.headers, read_token(os.environ)):
        return PlainTextResponse("Not Found", 404)
    body = await run_in_threadpool(_exposition_kept)
    return Response(body, headers={"content-type": CONTENT_TYPE_LATEST, "cache-control": "no-store"})


ROUTE = Route("/metrics", metrics)
