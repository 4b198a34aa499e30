"""``congress bench chaos``: a run for each seed, its figures, and the page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pipelines.bench.chaos.page import write_page
from pipelines.bench.chaos.run import Run, Struck, run
from pipelines.clock import RealClock


def measure(
    seeds: Sequence[int] = (1,), faults: int = 200, page: Path | None = None, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Figures by seed; ``passed`` when nothing was lost, nothing doubled, and nothing else was as it should not be."""

    def line(struck: Struck) -> None:
        if tell:
            tell(f"{struck.at:%H:%M:%S} {struck.fault.lane} {struck.fault.kind}: {struck.said or 'done'}")

    runs: list[Run] = []
    for seed in seeds:
        runs.append(run(seed, faults, tell=line))
        if page:
            write_page(page, runs, RealClock().now())  # after each: a run takes minutes, and may be broken off
    return {"passed": all(each.passed for each in runs), **{f"seed {each.seed}": each.figures() for each in runs}}
