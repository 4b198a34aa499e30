"""One line of the bench table, the machine it was measured on, and the table as text or as a page."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

BUSY = 0.5  # runnable processes a core, before anything is measured: above it other work disturbs the figures
COLUMNS = ("what", "ours", "unit", "peer", "peer's", "ratio", "goal", "met")


@dataclass(frozen=True, slots=True)
class Line:
    """A figure of ours beside a peer's on the same input.

    ``unit`` ending in ``/s`` means that more is better, every other one that less is; ``ratio`` says how many times better
    ours is. ``least`` is the goal for the ratio, ``bound`` the goal for the figure itself. ``note`` says why a figure is missing.
    """

    what: str
    ours: float | None
    unit: str
    peer: str = ""
    theirs: float | None = None
    least: float | None = None
    bound: float | None = None
    note: str = ""

    @property
    def more_is_better(self) -> bool:
        return self.unit.endswith("/s")

    @property
    def ratio(self) -> float | None:
        """How many times better than the peer."""
        if not self.ours or not self.theirs:
            return None
        return self.ours / self.theirs if self.more_is_better else self.theirs / self.ours

    @property
    def met(self) -> bool | None:
        """Whether every goal is met; None where there is none, or nothing to hold against it."""
        held: list[bool] = []
        if self.least is not None and self.ratio is not None:
            held.append(self.ratio >= self.least)
        if self.bound is not None and self.ours is not None:
            held.append(self.ours >= self.bound if self.more_is_better else self.ours <= self.bound)
        return all(held) if held else None

    @property
    def goal(self) -> str:
        side = "at least" if self.more_is_better else "at most"
        goals = [f"{self.least:g}x"] if self.least is not None else []
        goals += [f"{side} {figure(self.bound)} {self.unit}"] if self.bound is not None else []
        return ", ".join(goals)

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of ``COLUMNS``."""
        ratio = f"{self.ratio:.1f}x" if self.ratio is not None else ""
        met = {None: "", True: "yes", False: "no"}[self.met]
        theirs = figure(self.theirs) if self.theirs is not None else self.note
        return (self.what, figure(self.ours), self.unit, self.peer, theirs, ratio, self.goal, met)

    def as_dict(self) -> dict[str, Any]:
        """For JSON: figures unrounded."""
        return {
            "what": self.what, "ours": self.ours, "unit": self.unit, "peer": self.peer, "theirs": self.theirs,
            "ratio": self.ratio and round(self.ratio, 2), "goal": self.goal, "met": self.met, "note": self.note,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Machine:
    """What a run was measured on, as it was when the run began."""

    began_at: datetime  # naive UTC
    cores: int
    memory_gb: float
    load: float
    python: str
    duckdb: str
    system: str

    @property
    def busy(self) -> bool:
        return self.load > BUSY * self.cores

    @property
    def warning(self) -> str:
        """What to say of figures that are measured now; empty while the machine is quiet."""
        return (
            f"the machine is busy (load {self.load:.1f} on {self.cores} cores): times are too long, ratios unsure"
            if self.busy
            else ""
        )

    def __str__(self) -> str:
        return (
            f"{self.began_at:%Y-%m-%d %H:%M} UTC, {self.cores} cores, {self.memory_gb:.0f} GB, load {self.load:.1f} at the start, "
            f"Python {self.python}, DuckDB {self.duckdb}, {self.system}"
        )


def machine(now: datetime) -> Machine:
    """This machine at ``now`` (naive UTC)."""
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    try:
        engine = version("duckdb")
    except PackageNotFoundError:
        engine = "unknown"
    return Machine(
        now,
        os.cpu_count() or 1,
        pages / 2**30,
        load,
        platform.python_version(),
        engine,
        f"{platform.system()} {platform.machine()}",
    )


def figure(value: float | None) -> str:
    """A figure to read: thousands with commas, three digits otherwise."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def as_text(lines: Sequence[Line], here: Machine) -> str:
    """The table for a terminal."""
    rows = [COLUMNS, *(each.cells() for each in lines)]
    widths = [max(len(row[place]) for row in rows) for place in range(len(COLUMNS))]
    told = [
        "  ".join(
            _set(cell, width, place) for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([str(here), *([f"WARNING: {here.warning}"] if here.busy else []), "", *told])


def as_page(lines: Sequence[Line], here: Machine, command: str) -> str:
    """The table as a dated page of Markdown."""
    told = ["| " + " | ".join(each.cells()).replace("\n", " ") + " |" for each in lines]
    return "\n".join([
        "# Measured", "", f"`{command}`, {here}.", *(["", f"**{here.warning}.**"] if here.busy else []), "",
        "Each line is one run on this machine, ours beside the peer on the same input. `ratio` says how many times better ours is;",
        "units ending in `/s` are better when larger, all others when smaller. No peer, no ratio.", "",
        "| " + " | ".join(COLUMNS) + " |", "|---|---:|---|---|---:|---:|---|---|", *told, "",
    ])  # fmt: skip


def write_page(path: Path, lines: Iterable[Line], here: Machine, command: str) -> None:
    """Put the page where it is kept."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(as_page(list(lines), here, command), encoding="utf-8")


def _set(cell: str, width: int, place: int) -> str:
    return cell.rjust(width) if COLUMNS[place] in ("ours", "peer's", "ratio") else cell.ljust(width)
