"""Four days of a congress in minutes: a real collector on a clock that runs fast, and how its memory grows.

It begins with a million posts: the more there are, the more the database keeps at hand, up to its pool. With a million that is
full within minutes (with 300,000 it fills for days), and what grows after that leaks.
"""

from __future__ import annotations

import itertools
import math
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.bench.chaos.host import memory_mb
from pipelines.bench.fill import fill
from pipelines.bench.line import machine
from pipelines.bench.simulated import feed, live_command, write_congress, write_rehearsal
from pipelines.errors import CongressError, ReadsUnavailable
from pipelines.launch import DATABASE
from pipelines.sources.demo import World
from pipelines.store.client import OwnerClient

DAYS = 4.0
BEGINS_WITH = 1_000_000  # posts
POSTS_A_SECOND = 250.0  # where the machine is too slow for so many, the feed waits
LIMIT_MB = 500.0
FLAT_MB = 10.0  # of growth for 100,000 posts: a million more would take a hundred
SAMPLE_SECONDS = 1.0
STRETCHES = 16  # lines of the course
REST_SECONDS = 45.0  # without posts and questions: what was freed has gone back to the system by then


@dataclass(frozen=True, slots=True)
class Sample:
    """What the collector held at one moment: posts stored, MB of memory, MB of files, simulated hours since the start."""

    posts: int
    memory: float
    files: float
    hours: float


def measure(
    seconds: float = 600.0, page: Path | None = None, tell: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Memory first, last, most and at rest, and its growth for 100,000 posts over the last half, with a verdict.

    Args:
        seconds: how long the four days take.
        page: where the course is written as Markdown.
    """
    world, speed, here = World(2026), DAYS * 86_400 / seconds, machine(datetime.now(UTC).replace(tzinfo=None))
    with tempfile.TemporaryDirectory() as name:
        folder, data = Path(name), Path(name) / "data"
        filled = fill(data, BEGINS_WITH, world)
        config, rehearsal = write_congress(folder, world, round(DAYS)), write_rehearsal(folder, filled.as_of, speed)
        with feed(filled.as_of, speed, POSTS_A_SECOND) as (url, stop):
            arguments = ("--jetstream", url, "--rehearsal", str(rehearsal))
            process = subprocess.Popen(live_command(config, data, filled.congress_id, *arguments))
            try:
                samples = list(_watch(process, data, filled.congress_id, seconds, speed, tell))
                most = memory_mb(process.pid, "VmHWM")
                stop()
                time.sleep(REST_SECONDS)
                resting = memory_mb(process.pid)
            finally:
                process.terminate()
                process.wait()
    found = figures(samples, most, resting)
    if page:
        page.write_text("\n".join(as_page(found, str(here), seconds)), encoding="utf-8")
    return found


def _watch(
    process: subprocess.Popen,
    data: Path,
    congress_id: str,
    seconds: float,
    speed: float,
    tell: Callable[[str], None] | None,
) -> Iterator[Sample]:
    began = time.monotonic()
    for number in itertools.count():
        if time.monotonic() > began + seconds:
            return
        time.sleep(SAMPLE_SECONDS)
        if process.poll() is not None:
            raise CongressError(f"the collector ended by itself with {process.returncode}")
        stored = _look(data, congress_id)
        if stored < 0:
            continue
        files = sum(each.stat().st_size for each in data.glob(f"{DATABASE}*") if each.is_file()) / 1e6
        hours = (time.monotonic() - began) * speed / 3_600
        if tell and number % 30 == 1:
            tell(f"{hours:.0f} h: {stored:,} posts, {memory_mb(process.pid):.0f} MB of memory, {files:.0f} MB of files")
        yield Sample(stored, memory_mb(process.pid), files, round(hours, 1))


def _look(data: Path, congress_id: str) -> int:
    """Posts stored, asked as a dashboard asks: its reads are part of what is measured. -1 where there is no answer."""
    try:
        with OwnerClient(data) as client:
            client.read("newest_posts", congress_id=congress_id, limit=20)
            client.read("voices", congress_id=congress_id, minutes=1440, limit=6)
            return client.read("overview", congress_id=congress_id, minutes=0)["post_count"][0].as_py()
    except ReadsUnavailable:
        return -1


def figures(samples: Sequence[Sample], most: float, resting: float) -> dict[str, Any]:
    """What the samples say.

    Raises:
        CongressError: when there are too few.
    """
    if len(samples) < 8:
        raise CongressError("the soak was too short to say anything: give it more seconds")
    half = samples[len(samples) // 2 :]
    growth, error = _slope([each.posts / 1e5 for each in half], [each.memory for each in half])
    step = math.ceil(len(samples) / STRETCHES)
    is_small, is_flat = most < LIMIT_MB, growth <= FLAT_MB
    return {
        "simulated_hours": samples[-1].hours,
        "posts_first": samples[0].posts,
        "posts": samples[-1].posts,
        "memory_MB_first": round(samples[0].memory),
        "memory_MB_last": round(samples[-1].memory),
        "memory_MB_most": round(most),
        "memory_MB_at_rest": round(resting),
        "MB_per_100000_posts_in_the_last_half": round(growth, 1),
        "its_standard_error": round(error, 1),
        "files_MB": round(samples[-1].files),
        "verdict": f"{'flat' if is_flat else 'NOT flat'}: {growth:+.1f} ± {error:.1f} MB for 100,000 posts over the last half "
        f"(goal at most {FLAT_MB:.0f}); {most:.0f} MB at most (goal under {LIMIT_MB:.0f}: {'met' if is_small else 'missed'})",
        "passed": is_flat and is_small,
        "course": [_stretch(samples[at : at + step]) for at in range(0, len(samples), step)],
    }


def _slope(posts: Sequence[float], memory: Sequence[float]) -> tuple[float, float]:
    """Growth of memory with posts by least squares, and its standard error; none where no post came in."""
    if max(posts) - min(posts) < 1e-9:
        raise CongressError("no post came in while memory was measured")
    slope, base = statistics.linear_regression(posts, memory)
    left = sum((y - base - slope * x) ** 2 for x, y in zip(posts, memory, strict=True)) / (len(posts) - 2)
    middle = statistics.fmean(posts)
    return slope, math.sqrt(left / sum((x - middle) ** 2 for x in posts))


def _stretch(samples: Sequence[Sample]) -> dict[str, Any]:
    held = sorted(each.memory for each in samples)
    last = samples[-1]
    return {
        "hours": last.hours,
        "posts": last.posts,
        "MB_least": round(held[0]),
        "MB_median": round(statistics.median(held)),
        "MB_most": round(held[-1]),
        "files_MB": round(last.files),
    }


def as_page(found: dict[str, Any], here: str, seconds: float) -> Iterator[str]:
    """The course as a page of Markdown, line by line."""
    yield "# Soak: four days in minutes"
    yield ""
    yield "Made by `congress bench soak --seconds S --page FILE`. A real collector begins with a million posts and follows a Jetstream"
    yield "on loopback (posts, answers, likes, reposts, deletions, accounts that come and go) by a clock that runs so fast that four days"
    yield f"of a congress pass in {seconds / 60:.0f} minutes, upkeep of each hour included; each second or so three reads are asked."
    yield ""
    yield f"{here}."
    yield ""
    yield f"**{found['verdict'][0].upper()}{found['verdict'][1:]}.** At rest, {REST_SECONDS:.0f} s after the last post: {found['memory_MB_at_rest']} MB."
    yield ""
    yield "| simulated hours | posts stored | memory, least, MB | median | most | files, MB |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for row in found["course"]:
        yield (
            f"| {row['hours']:.0f} | {row['posts']:,} | {row['MB_least']} | {row['MB_median']} | {row['MB_most']} | "
            f"{row['files_MB']:,} |"
        )
    yield ""
