"""The figures of each part as lines of one table, with the goals they are held against."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pipelines.bench.line import Line

Figures = Mapping[str, Any]
SDK = 4.0  # times as fast as the platforms' own clients
FILES, FROM_FILES = 10.0, ("pandas from Parquet", "pandas from CSV")  # times as fast as pandas that reads its files
READ_MS, SCREEN_MS, VIEWER_MS, MEMORY_MB = 150.0, 1_000.0, 500.0, 500.0


def lines_of(part: str, figures: Figures) -> list[Line]:
    """The lines of one part; of a part without lines of its own, every plain number."""
    if "not measured" in figures:
        return [Line(part, None, "", note=str(figures["not measured"]))]
    return list(LINES.get(part, lambda found: _plain(part, found))(figures))


def _plain(part: str, figures: Figures) -> Iterator[Line]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from _plain(f"{part}, {name}", value)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            yield Line(f"{part}: {name.replace('_', ' ')}", float(value), "")


def _bluesky(found: Figures) -> Iterator[Line]:
    peer = "SDK's JetstreamClient, match only"
    for told, figures in (("1 in 20 events is kept", found), ("1 in 100", found["busy"])):
        what = f"Bluesky: socket, parse, match, store; {told}"
        yield Line(what, figures["stored"], "events/s", peer, figures["sdk"], SDK)
    yield Line("Bluesky: socket, parse, match", found["ours"], "events/s", "SDK's JetstreamClient", found["sdk"], SDK)
    yield Line("Bluesky: the same, beside the limit", found["ours"], "events/s", "a bare receive loop", found["bare"])


def _stream(found: Figures) -> Iterator[Line]:
    yield Line(
        "X stream: socket, JSON, match", found["ours"], "posts/s", "tweepy.StreamingClient", found["tweepy"], SDK
    )
    by_cpu = found["ours_a_cpu_second"], "posts/s", "tweepy.StreamingClient", found["tweepy_a_cpu_second"]
    yield Line("X stream: the same, by CPU time", *by_cpu)
    yield Line(
        "X stream: socket to records of post, author, counts",
        found["ours_to_records"],
        "posts/s",
        "tweepy.StreamingClient, no records",
        found["tweepy"],
        note="X sends at most 250",
    )


def _import(found: Figures) -> Iterator[Line]:
    yield Line(
        f"import of twarc2 JSONL, {found['posts']:,} posts, into the store", found["ours"], "posts/s", "twarc-csv with pandas, into CSV",
        found.get("peer"), note=found.get("missing", ""),
    )  # fmt: skip


def _reads(found: Figures) -> Iterator[Line]:
    for size, sized in found.items():
        goal = READ_MS if size == "1m" else None
        for name, ours in sized["ours"].items():
            bound = goal if name != "all six" else None
            what = f"read {name}, {sized['posts']:,} posts"
            yield Line(f"{what}, p95", ours["p95"], "ms", bound=bound)
            for peer in (*FROM_FILES, "pandas in memory", "SQLite"):
                if theirs := sized.get(peer, {}).get(name):
                    least = FILES if peer in FROM_FILES and size == "1m" else None
                    yield Line(f"{what}, p50", ours["p50"], "ms", peer, theirs["p50"], least)
    yield from _growth(found)


def _growth(found: Figures) -> Iterator[Line]:
    """How much longer a read takes over ten times as many posts."""
    sizes = list(found)
    for smaller, larger in itertools.pairwise(sizes):
        for name, ours in found[larger]["ours"].items():
            times = found[larger]["posts"] / found[smaller]["posts"]
            yield Line(
                f"growth of {name}: {smaller} to {larger}, {times:.0f}x the posts", ours["p50"], "ms", f"itself at {smaller}", found[smaller]["ours"][name]["p50"],
            )  # fmt: skip


def _latency(found: Figures) -> Iterator[Line]:
    for rate, row in found.items():
        if isinstance(row, Mapping):
            bound = SCREEN_MS if rate == "500" else None
            yield Line(
                f"post to screen, {rate} matched posts/s, p95",
                row.get("p95_ms"),
                "ms",
                bound=bound,
                note="" if row.get("p95_ms") else "too few posts were seen",
            )
            yield Line(f"post to screen, {rate} matched posts/s, p50", row.get("p50_ms"), "ms")


def _screen(found: Figures) -> Iterator[Line]:
    for name, row in found.items():
        if isinstance(row, Mapping):
            bound = VIEWER_MS if name.startswith("50 ") else None
            yield Line(f"{name}, {found['posts']:,} posts, tick to drawing, p95", row["p95_ms"], "ms", bound=bound)
            yield Line(
                f"{name}: ticks not answered", 100.0 - row["ticks_answered_percent"], "%", bound=0.0 if bound else None
            )
            yield Line(f"{name}: dashboard's processor", row["cpu_percent_of_a_core"], "% of a core")


def _recap(found: Figures) -> Iterator[Line]:
    for name, told in found.items():
        if " s (" in str(told):
            yield Line(f"recap: {name}", float(str(told).split(" s (")[0]), "s")


def _memory(found: Figures) -> Iterator[Line]:
    yield Line(f"memory of the collector, {found['posts']:,} posts, most", found["peak_mb"], "MB", bound=MEMORY_MB)
    yield Line(f"memory of the collector, {found['posts']:,} posts, at the end", found["last_mb"], "MB")


LINES: Mapping[str, Callable[[Figures], Iterator[Line]]] = {
    "bluesky": _bluesky, "stream": _stream, "import": _import, "reads": _reads, "latency": _latency, "screen": _screen,
    "recap": _recap, "memory": _memory,
}  # fmt: skip
