"""The report of a run as a page: what went wrong, what came of it, and what a person was told."""

from __future__ import annotations

import os
import platform
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from pipelines.bench.chaos.plan import KINDS, WHAT
from pipelines.bench.chaos.run import Run, Struck

_LEAD = """# Chaos: what goes wrong, and what came of it

Made by `congress bench chaos --page PATH`. A real collector (`congress collect`) follows a Jetstream (v1 and v2 over real
websockets, uncompressed as it asks for it) and an X on loopback, takes in dropped files, and writes a tape; faults fall on
the servers, the processes, the clock, the disk and the files, side by side. All waits are shrunk (X's 21 s without a byte
to 1 s), the faults are not. Afterwards the database is compared, id by id, with what the servers know, and row by row
(posts, matches, likes, deletions, accounts) with a clean fold of the same records into an empty database.

**Lost**: sent, not stored, and in no recorded gap. **Doubled**: counted twice. **In gaps**: no longer to be had from the server
(its retention had passed the cursor), and covered by a gap that stays open. **Unlike**: rows that the clean fold has otherwise.
"""


def write_page(path: Path, runs: Sequence[Run], today: datetime) -> None:
    """Write the page; one table for the seeds, one for the kinds of fault, one for what a person was told."""
    told = [*_head(runs, today), *_seeds(runs), *_kinds(runs), *_said(runs), *_wrong(runs)]
    path.write_text(_LEAD + "\n" + "\n".join(told).rstrip() + "\n", encoding="utf-8")


def _head(runs: Sequence[Run], today: datetime) -> Iterable[str]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30 if hasattr(os, "sysconf") else 0
    machine = f"{os.cpu_count()} cores, {memory:.0f} GB, {platform.system()}, Python {platform.python_version()}"
    yield f"{today:%d %B %Y}; {machine}, DuckDB {duckdb.__version__}. Full disk: {runs[0].disk}."
    yield ""


def _seeds(runs: Sequence[Run]) -> Iterable[str]:
    yield "| seed | faults | records expected | lost | doubled | in gaps | unlike | gaps at the end | collectors started | most memory | minutes | |"
    yield "|---|---|---|---|---|---|---|---|---|---|---|---|"
    for run in runs:
        verdict = run.verdict
        gaps = ", ".join(f"{count} {name}" for name, count in sorted(run.gaps.items()))
        yield (
            f"| {run.seed} | {len(run.faults)} | {verdict.expected:,} | **{verdict.lost}** | **{verdict.duplicated}** | {verdict.in_gaps} "
            f"| {verdict.unlike} | {gaps} | {run.starts} | {run.peak_mb:.0f} MB | {run.seconds / 60:.1f} | {'passed' if run.passed else 'FAILED'} |"
        )
    yield ""


def _kinds(runs: Sequence[Run]) -> Iterable[str]:
    counts = Counter((each.fault.lane, each.fault.kind) for run in runs for each in run.faults)
    noted = _most_said(runs)
    yield "## Faults by kind"
    yield ""
    yield "| where | fault | what it is | times | the gap it left, or what was said, most often |"
    yield "|---|---|---|---|---|"
    for lane, kinds in KINDS.items():
        for kind in kinds:
            if counts[lane, kind]:
                yield f"| {lane} | `{kind}` | {WHAT[lane, kind]} | {counts[lane, kind]} | {noted.get((lane, kind), '')} |"
    yield ""


def _most_said(runs: Sequence[Run]) -> dict[tuple[str, str], str]:
    words: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for run in runs:
        for each in run.faults:
            if short := _short(each):
                words[each.fault.lane, each.fault.kind][short] += 1
    return {key: found.most_common(1)[0][0] for key, found in words.items()}


def _short(struck: Struck) -> str:
    """What was said in few words; a message for a person has a section of its own."""
    said = struck.noted or struck.said
    return "a message, see below" if said.startswith("exit 1") or "another process owns" in said else _plain(said)[:90]


def _said(runs: Sequence[Run]) -> Iterable[str]:
    """Every message that asks a person for something, once."""
    found: dict[str, tuple[str, str]] = {}
    for run in runs:
        for each in run.faults:
            line = _plain(each.said)
            if any(word in line for word in ("make room", "restore FILE", "another process owns", "set it")):
                found.setdefault(re.sub(r"[\d,]+", "0", line)[:110], (each.fault.kind, line))
    yield "## What a person was told"
    yield ""
    for kind, line in sorted(found.values()):
        yield f"- `{kind}`: {line}"
    yield ""


def _wrong(runs: Sequence[Run]) -> Iterable[str]:
    wrong = [
        f"seed {run.seed}: {each}"
        for run in runs
        for each in (*run.wrong, *run.verdict.unsettled, *run.verdict.examples)
    ]
    undone = [f"seed {run.seed}: {each.fault.kind}: {each.said}" for run in runs for each in run.undone]
    if wrong or undone:
        yield "## What should not have been"
        yield ""
        yield from (f"- {_plain(each)}" for each in (*wrong, *undone))


def _plain(words: str) -> str:
    """Without the folder of the run, and safe in a table."""
    plain = re.sub(r"(/[\w.-]+)+/(disk/data|disk)/", "data/", words)
    return re.sub(r"(/[\w.-]+)+/(?=dropped)", "", plain).replace("|", "/").replace("\n", " ")
