"""The run: three lanes of faults side by side, then quiet until every gap is settled, then the verdict."""

from __future__ import annotations

import random
import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.bench.chaos import x
from pipelines.bench.chaos.disk import disk
from pipelines.bench.chaos.host import Host
from pipelines.bench.chaos.jetstream import Jetstream
from pipelines.bench.chaos.judge import Verdict, judge
from pipelines.bench.chaos.machine import Machine
from pipelines.bench.chaos.plan import Fault, Lane, plan

EVENTS_A_SECOND = 25.0
X_POSTS_A_SECOND = 12.0
LONGEST_SECONDS = 2_400.0  # the world on X is made up beforehand
SETTLE_SECONDS = 90.0


@dataclass(slots=True)
class Struck:
    """A fault that was carried out: when (naive UTC), and what came of it."""

    fault: Fault
    at: datetime
    seconds: float
    said: str
    noted: str = ""  # the gap it left, where it left one


@dataclass(slots=True)
class Run:
    """One seed's run from start to verdict."""

    seed: int
    faults: list[Struck] = field(default_factory=list)
    undone: list[Struck] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    verdict: Verdict = field(default_factory=Verdict)
    disk: str = ""
    starts: int = 0
    peak_mb: float = 0.0
    seconds: float = 0.0
    gaps: dict[str, int] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        return self.verdict.passed and not self.wrong and not self.undone

    def figures(self) -> dict[str, Any]:
        """Plain values, as ``congress bench`` shows them."""
        verdict = {key: value for key, value in asdict(self.verdict).items() if value or key in ("lost", "duplicated")}
        return {
            "seed": self.seed,
            "passed": self.passed,
            "faults": len(self.faults),
            **verdict,
            "gaps": self.gaps,
            "disk": self.disk,
            "starts": self.starts,
            "peak_MB": round(self.peak_mb),
            "seconds": round(self.seconds),
            "by kind": dict(Counter(each.fault.kind for each in self.faults)),
            "wrong": self.wrong,
            "did not come to pass": [f"{each.fault.lane} {each.fault.kind}: {each.said}" for each in self.undone],
        }


def run(
    seed: int,
    faults: int = 200,
    only: Sequence[str] = (),
    keep: Path | None = None,
    tell: Callable[[Struck], None] | None = None,
) -> Run:
    """Carry out the plan of ``seed``.

    Args:
        only: kinds to keep to, for a short run.
        keep: a folder for everything that is left: database, tape, what was said.
        tell: is told each fault once it has been carried out.
    """
    began, result = time.monotonic(), Run(seed)
    with ExitStack() as stack:
        folder = keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        place = stack.enter_context(disk(folder / "disk"))
        jetstream = stack.enter_context(Jetstream(seed, EVENTS_A_SECOND))
        server = stack.enter_context(x.server_of(seed, X_POSTS_A_SECOND, LONGEST_SECONDS))
        host = Host(folder, place, (jetstream.v2, jetstream.v1, server.host))
        machine = Machine(host, jetstream, server)
        try:
            machine._start()
            host.grows(20.0)
            _carry_out(plan(seed, faults, only), machine, result, tell)
            until = _settle(host, jetstream)
        finally:
            host.stop()
        if keep:
            shutil.copytree(host.data, keep / "data", dirs_exist_ok=True)
        result.verdict = judge(host.database, host.config, jetstream, server, until, host.imported)
        _tell(result, host, place.words)
    result.seconds = time.monotonic() - began
    return result


def _carry_out(
    lanes: dict[Lane, list[Fault]], machine: Machine, result: Run, tell: Callable[[Struck], None] | None
) -> None:
    def follow(lane: Sequence[Fault]) -> None:
        for fault in lane:
            time.sleep(fault.pause)
            struck = _strike(fault, machine)
            (result.undone if struck.said in _UNDONE else result.faults).append(struck)
            if tell:
                tell(struck)

    beside: tuple[Lane, ...] = ("bluesky", "x")
    threads = [threading.Thread(target=follow, args=(lanes[lane],), daemon=True) for lane in beside]
    for thread in threads:
        thread.start()
    follow(lanes["machine"])
    for thread in threads:
        thread.join()


_UNDONE = ("nobody was connected", "it did not come to pass", "nobody came back", "nothing ran")


def _strike(fault: Fault, machine: Machine) -> Struck:
    at, began = datetime.now(UTC).replace(tzinfo=None), time.monotonic()
    dice = random.Random(fault.seed)
    try:
        if fault.lane == "bluesky":
            said = machine.jetstream.strike(fault.kind, dice)
        elif fault.lane == "x":
            said = x.strike(machine.x_server, fault.kind, dice)
        else:
            said = machine.strike(fault.kind, dice)
    except Exception as error:  # a lane that ends would end the run without a word
        said = f"{type(error).__name__}: {error}"
        machine.host.wrong.append(f"{fault.kind}: {said}")
    return Struck(fault, at, time.monotonic() - began, said)


def _settle(host: Host, jetstream: Jetstream) -> float:
    """Wait until all that was sent is stored and no gap waits; until when X is held to what it wrote."""
    jetstream.fall_quiet()
    until = time.time()
    deadline = time.monotonic() + SETTLE_SECONDS
    time.sleep(5.0)
    everything = {"start": "1970-01-01T00:00:00", "end": "2200-01-01T00:00:00"}
    while time.monotonic() < deadline:
        gaps = host.ask("gaps", **everything)
        if (
            gaps
            and _is_past(host, datetime.fromtimestamp(until, UTC).replace(tzinfo=None))
            and not any(map(_waits, gaps))
        ):
            break
        time.sleep(0.5)
    time.sleep(1.0)
    return until


def _is_past(host: Host, moment: datetime) -> bool:
    """Whether both sources have said that they are at the present since ``moment``, and Bluesky has read past it."""
    rows = {row["source"]: row for row in host.ask("health")}
    if not {"bluesky", "x"} <= rows.keys():
        return False
    bluesky, of_x = rows["bluesky"], rows["x"]
    said = min(bluesky["seen_at"], of_x["seen_at"]) > moment + timedelta(seconds=3)
    return said and bluesky["state"] == of_x["state"] == "live" and bluesky["last_event_at"] > moment


def _waits(gap: dict[str, Any]) -> bool:
    return gap["to_at"] is None or gap["status"] == "replaying" or (gap["source"] == "x" and gap["status"] == "open")


def _tell(result: Run, host: Host, words: str) -> None:
    result.wrong, result.disk, result.starts, result.peak_mb = host.wrong, words, host.starts, host.peak_mb
    from pipelines.store.database import Store

    with Store(host.database) as store:
        gaps = store.reader.ask("SELECT source, from_at, cause, status FROM gaps ORDER BY from_at").to_pylist()
    result.gaps = dict(Counter(f"{gap['source']} {gap['status']}" for gap in gaps))
    for each in result.faults:
        result_gap = next(
            (
                gap
                for gap in gaps
                if gap["source"] == each.fault.lane
                and each.at - timedelta(seconds=3) <= gap["from_at"] <= each.at + timedelta(seconds=each.seconds + 1)
            ),
            None,
        )
        each.noted = f"{result_gap['cause']}: {result_gap['status']}" if result_gap else ""
