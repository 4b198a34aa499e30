"""The six reads of the page Live over stores of growing size, beside the same answers from pandas and from SQLite.

The window is the page's own, 24 hours, at the evening of the congress's fourth day. Each read is called as the owner
answers it, without its cache; pandas is asked three ways: from files (Parquet, CSV) read for each question, and from tables
that are in memory already. What each of them has to answer stands in ``peer_answers.py``.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from pipelines.bench import peer_answers
from pipelines.bench.fill import Filled, fill
from pipelines.launch import DATABASE
from pipelines.reads import READS
from pipelines.store.database import Store
from pipelines.store.reader import Reader

SIZES: Mapping[str, int] = {"100k": 100_000, "1m": 1_000_000, "10m": 10_000_000}
PLAIN = ("100k", "1m")
REPEATS = 20
_LONGEST = 40.0  # seconds for one way to answer one question; then it is asked no more
MINUTES = 1440


def measure(sizes: Sequence[str] = PLAIN, repeats: int = REPEATS) -> dict[str, Any]:
    """By size: posts, and for each read milliseconds (p50, p95) of ours and p50 of each peer; whether they agree."""
    found: dict[str, Any] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            found[size] = _measured(Path(folder), SIZES[size], repeats)
    return found


def _measured(folder: Path, posts: int, repeats: int) -> dict[str, Any]:
    began = time.perf_counter()
    filled = fill(folder / "data", posts)
    found: dict[str, Any] = {
        "posts": filled.posts,
        "authors": filled.authors,
        "fill_s": round(time.perf_counter() - began, 1),
    }
    with Store(folder / "data" / DATABASE) as store:
        asks = questions(store.reader, filled)
        found["ours"] = {name: _timed(ask, repeats) for name, ask in asks.items()}
        found["ours"]["all six"] = _timed(lambda: [ask() for ask in asks.values()], repeats)
        answers = {
            name: peer_answers.comparable(name, ask()) for name, ask in asks.items() if name in peer_answers.ASKED
        }
        peer_answers.export(store.reader, folder / "files")
    found["bytes_a_post"] = round((folder / "data" / DATABASE).stat().st_size / filled.posts)
    agreed: dict[str, bool] = {}
    for peer in peer_answers.PEERS:
        with peer(folder, filled) as ways:
            found[peer.name] = {name: _timed(way, max(3, repeats // 4)) for name, way in ways.items()}
            agreed |= {f"{peer.name} {name}": answers[name] == way() for name, way in ways.items()}
    found["agree"] = all(agreed.values())
    found["disagree"] = [name for name, same in agreed.items() if not same]
    return found


def questions(reader: Reader, filled: Filled) -> dict[str, Callable[[], Any]]:
    """The six reads as the page Live asks them."""
    shared: dict[str, Any] = {"congress_id": filled.congress_id, "as_of": filled.as_of}
    start = filled.as_of - timedelta(minutes=MINUTES)
    asked: dict[str, dict[str, Any]] = {
        "overview": {"minutes": MINUTES},
        "volume": {"start": start, "end": filled.as_of, "bucket_minutes": 10, "split": "role"},
        "voices": {"minutes": MINUTES, "limit": 6},
        "abstracts": {"minutes": MINUTES, "limit": 60},
        "trending": {"kind": "abstract"},
        "newest_posts": {"limit": 60},
    }
    return {name: (lambda name=name, own=own: READS[name](reader, **shared, **own)) for name, own in asked.items()}


def _timed(ask: Callable[[], Any], repeats: int) -> dict[str, float]:
    """Milliseconds of ``repeats`` calls behind one that warms up, or of as many as fit into the longest time."""
    ask()
    waits: list[float] = []
    began = time.perf_counter()
    while len(waits) < repeats and (len(waits) < 2 or time.perf_counter() - began < _LONGEST):
        asked = time.perf_counter()
        ask()
        waits.append((time.perf_counter() - asked) * 1000)
    return {
        "p50": round(statistics.median(waits), 1),
        "p95": round(statistics.quantiles(waits, n=20)[18], 1),
        "calls": len(waits),
    }
