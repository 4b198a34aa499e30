"""The parts of ``congress bench`` by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipelines.errors import UsageError

Figures = dict[str, Any]


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


def latency(_: Path | None) -> Figures:
    """From the socket to the words on an open page."""
    from pipelines.bench.latency import measure

    return measure()


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
        "abstracts": measure_abstracts(labelled),
        "roles": measure_roles(labelled),
        "trending": measure_trending(),
    }


PARTS: Mapping[str, Callable[[Path | None], Figures]] = {
    each.__name__: each for each in (bluesky, kills, latency, signals, x)
}
