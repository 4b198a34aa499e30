"""The parts of ``congress bench`` by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError

Figures = dict[str, Any]
Tell = Callable[[str], None]

# What the figures of ``signals`` are worth; the sets written blind stand with their tables in tests/abstracts/blind and
# tests/roles/bios. They were scored once in November 2026, before any rule was changed because of them.
LIMITS: Mapping[str, Mapping[str, str]] = {
    "abstracts": {
        "worth": "the rules were tuned on these labelled posts: read the figures as an upper bound",
        "three sets of 140 posts written blind, F1": "explicit 0.91 to 0.98, trial 0.89 to 1.00, wording 0.92 to 0.97",
    },
    "roles": {
        "worth": "the rules were tuned on these labelled bios: read the figures as an upper bound",
        "nine sets of 101 to 270 bios written blind": "HCP F1 0.80 to 0.95, macro F1 0.77 to 0.92",
    },
    "trending": {"worth": "simulated congresses with known bursts; no real one was labelled"},
}


def bluesky(_: Path | None) -> Figures:
    """Events a second through socket, parse and match, beside the SDK's own client on the same feed."""
    from pipelines.sources.bluesky.bench import measure

    return measure()


def x(_: Path | None) -> Figures:
    """Chaos over a loopback X: every fault, 60 connections; what was lost, doubled, and billed."""
    from pipelines.sources.x.bench import run

    return {f"seed {chaos.seed}": {**asdict(chaos), "passed": chaos.passed} for chaos in run([21])}


def kills(_: Path | None) -> Figures:
    """kill -9 of the collector 20 times under load: lost, duplicated."""
    from pipelines.bench.kills import measure

    return measure()


def imports(_: Path | None, peer_python: Path | None = None) -> Figures:
    """Posts a second of a twarc2 file into the store, beside twarc-csv with pandas."""
    from pipelines.bench.imports import measure

    return measure(peer_python=peer_python)


def latency(_: Path | None) -> Figures:
    """From the socket to the words on an open page, at 1, 50 and 500 matched posts a second."""
    from pipelines.bench.latency import measure

    return measure()


def desk(labelled: Path | None) -> Figures:
    """Recall and precision of the safety desk's triage on posts labelled blind, and posts a second."""
    from pipelines.desk.bench import measure

    checkout = Path(__file__).parents[2] / "tests" / "desk" / "cases"
    folder = labelled if labelled and (labelled / "heldout.jsonl").exists() else checkout
    if not folder.is_dir():
        return {"not measured": "the labelled posts come with the source code; give their folder as --labelled DIR"}
    return measure(folder)


def house(_: Path | None) -> Figures:
    """Until deleted words are gone from a million posts and a tape of two million lines: request, retention, tombstones."""
    from pipelines.bench.house import measure

    return measure()


def lake(_: Path | None) -> Figures:
    """A lake beside the embedded file: sending and following, the six reads, freshness, bytes a post; wants PostgreSQL."""
    from pipelines.bench.lake import measure

    return measure()


def memory(_: Path | None) -> Figures:
    """Memory of a collector over a million posts that takes in more and answers the six reads."""
    from pipelines.bench.memory import measure

    return measure()


def reads(_: Path | None, sizes: Sequence[str] = ("100k", "1m")) -> Figures:
    """The six reads of the page Live over stores of growing size, beside pandas and SQLite."""
    from pipelines.bench.reads import measure

    return measure(sizes)


def recap(_: Path | None, full: bool = True) -> Figures:
    """Seconds, size and peak of memory of each format of the recap, for 200,000 and (in full) 500,000 posts."""
    from pipelines.bench.recap import SIZES as posts
    from pipelines.bench.recap import measure

    return measure(posts if full else posts[:1])


def stream(_: Path | None) -> Figures:
    """Posts a second off X's filtered stream, beside tweepy's own loop on the same server."""
    from pipelines.sources.x.bench_stream import measure

    return measure()


def screen(_: Path | None) -> Figures:
    """The page Live over 100,000 posts under 1, 10, 25 and 50 viewers: processor time, waits, ticks answered."""
    from pipelines.bench.screen import measure

    return measure(100_000, 20.0)


def signals(labelled: Path | None) -> Figures:
    """Error rates of abstracts and roles on labelled sets, of trending on simulated congresses; speeds.

    Raises:
        UsageError: without a folder of labelled sets.
    """
    from pipelines.abstracts.bench import measure as measure_abstracts
    from pipelines.roles.bench import measure as measure_roles
    from pipelines.trending.bench import measure as measure_trending

    if labelled is None or not (labelled / "eval").is_dir():
        raise UsageError(
            "bench signals wants --labelled DIR, a folder whose eval/ holds posts_dev.jsonl and bios_dev.jsonl"
        )
    return {
        "abstracts": {**LIMITS["abstracts"], **measure_abstracts(labelled)},
        "roles": {**LIMITS["roles"], **measure_roles(labelled)},
        "trending": {**LIMITS["trending"], **measure_trending()},
    }


def chaos(
    _: Path | None, seeds: Sequence[int] = (1,), faults: int = 200, page: Path | None = None, tell: Tell | None = None
) -> Figures:
    """Faults over all sources and the store, by a seed: lost, duplicated, unlike a clean fold of the same records."""
    from pipelines.bench.chaos.measure import measure

    return measure(seeds, faults, page, tell)


def soak(_: Path | None, seconds: float = 600.0, page: Path | None = None, tell: Tell | None = None) -> Figures:
    """Four simulated days over a store that is full already: how the collector's memory grows with posts."""
    from pipelines.bench.soak import measure

    return measure(seconds, page, tell)


LONG = ("chaos", "house", "soak")  # minutes each: only by name
PLAIN = (
    "bluesky",
    "stream",
    "import",
    "reads",
    "latency",
    "screen",
    "recap",
    "memory",
)  # what the bare command measures
SIZES = ("100k", "1m", "10m")  # of stores, for reads
PARTS: Mapping[str, Callable[..., Figures]] = {
    **{
        each.__name__: each
        for each in (
            bluesky,
            chaos,
            desk,
            house,
            kills,
            lake,
            latency,
            memory,
            reads,
            recap,
            screen,
            signals,
            soak,
            stream,
            x,
        )
    },
    "import": imports,
}
