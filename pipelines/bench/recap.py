"""How long the recap takes to write, how large it gets and how much memory it needs, for each format.

Each format is written in a process of its own, so that its peak of memory is its own. The figures are made up; their
number is that of a large congress: 8,000 abstracts, 500 voices, ten days of hours, and as many posts as asked for.
"""

from __future__ import annotations

import multiprocessing
import resource
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.recap.model import (
    POST_LINKS,
    AbstractRow,
    Day,
    Definition,
    Finding,
    Hour,
    Kpi,
    Link,
    Peak,
    PostRow,
    Provenance,
    Recap,
    RoleShare,
    Session,
    SourceState,
    Topic,
    Voice,
)  # fmt: skip

SIZES = (200_000, 500_000)
START, HOURS = datetime(2026, 12, 10, 6), 240
ABSTRACTS, VOICES = 8_000, 500
_SAID = (
    "Primary end point met in a trial that many waited for. What I want to see next: the subgroup over 75. #DEMO26",
    '=HYPERLINK("http://evil.example","click") #DEMO26',
    "بيانات السلامة لثلاث سنوات مهمة جدا للمرضى الأكبر سنا #DEMO26 🧬",
    "Standing room only.\n\nThe second slide answers the question from last year: stop when negative for 12 months. #DEMO26",
)


def measure(sizes: Sequence[int] = SIZES) -> dict[str, Any]:
    """Seconds, megabytes on disk and peak megabytes of memory, by format and number of posts."""
    found: dict[str, Any] = {"posts": "made up; 8,000 abstracts, 500 voices, 240 hours"}
    for size in sizes:
        for name in FORMATS:
            with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as alone:
                found[f"{name}, {size:,} posts"] = alone.submit(written, name, size).result()
    return found


def written(name: str, size: int) -> str:
    """One format, in this process: ``36.1 s (35.0 s of processor), 30.2 MB, peak 280 MB of memory (120 before)``."""
    recap = made_up(size)
    before = _peak()
    with tempfile.TemporaryDirectory() as folder:
        started, worked = time.perf_counter(), time.process_time()
        FORMATS[name](recap, Path(folder), size)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        taken = sum(each.stat().st_size for each in Path(folder).rglob("*") if each.is_file())
    return f"{seconds:.1f} s ({worked:.1f} s of processor), {taken / 1e6:.1f} MB, peak {_peak():.0f} MB of memory ({before:.0f} before)"


def _peak() -> float:
    """The most memory this process ever held, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _xlsx_ids(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.workbook import write_workbook

    write_workbook(recap, folder / "recap.xlsx")


def _xlsx_posts(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.workbook import write_workbook

    write_workbook(replace(recap, post_links=POST_LINKS.empty_table()), folder / "recap.xlsx", posts(size))


def _pdf(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.pdf import write_pdf

    write_pdf(recap, folder / "recap.pdf")


def _html(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.html import write_html

    write_html(recap, folder / "recap.html")


def _pptx(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.deck import write_deck

    write_deck(recap, folder / "recap.pptx")


def _digest(recap: Recap, folder: Path, size: int) -> None:
    from pipelines.recap.pdf import write_digest

    write_digest(recap, folder / "day.pdf")


FORMATS: Mapping[str, Callable[[Recap, Path, int], None]] = {
    "workbook with ids": _xlsx_ids, "workbook with full posts": _xlsx_posts, "deck": _pptx, "report (PDF)": _pdf, "report (HTML)": _html, "day (PDF)": _digest,
}  # fmt: skip


def posts(size: int) -> Iterator[PostRow]:
    """Made-up posts, one at a time."""
    for index in range(size):
        post_id, handle = str(1_966_000_000_000_000_000 + index), f"author{index % 9000}"
        yield PostRow(
            "x", post_id, START + timedelta(seconds=index * HOURS * 3600 // size), f"Dr Author {index % 9000}", handle, "hcp", "original",
            _SAID[index % len(_SAID)], f"https://x.com/{handle}/status/{post_id}", index % 500, ("A-101",) if index % 4 == 0 else (),
        )  # fmt: skip


def made_up(size: int) -> Recap:
    """A recap of as many posts as asked for; nothing in it is real."""
    hours = tuple(Hour(START + timedelta(hours=each), size // HOURS, size // HOURS // 3, True) for each in range(HOURS))
    days = tuple(
        Day(date(2026, 12, 10 + each), each - 1, size // 10, size // 50, size // 30, "A-1", "A title", 90, "demo") for each in range(10)
    )  # fmt: skip
    return Recap(
        provenance=_provenance(), kpis=_kpis(size), findings=(Finding(f"{size:,} posts were collected.", size, None, "volume"),), hours=hours,
        peaks=tuple(Peak(each + 1, hours[60 + 24 * each].at, hours[0].post_count, "Plenary") for each in range(5)),
        sessions=tuple(Session(f"Session {each}", START + timedelta(hours=30 + each), START + timedelta(hours=31 + each)) for each in range(60)),
        days=days, roles=(RoleShare("hcp", "HCPs", 3_000, size // 3), RoleShare("unknown", "Not recognised", 12_000, size - size // 3)),
        voices=tuple(_voice(each) for each in range(1, VOICES + 1)), abstracts=tuple(_abstract(each) for each in range(ABSTRACTS)),
        topics=tuple(Topic("product", f"product {each}", "Company", 900 - each, 500, 300, 90, None, 9_000) for each in range(200)),
        notable=tuple(posts(12)), questions=tuple(posts(12)), links=tuple(Link(f"https://journal.example/{each}", 9) for each in range(2_000)),
        gaps=(), sources=(SourceState("x", size, 0, 0.0),), definitions=(Definition("Posts", "Unique posts."),), limits=("Nothing here is real.",),
        comparison=None, full_post_count=24, post_links=_links(size),
    )  # fmt: skip


def _provenance() -> Provenance:
    return Provenance(
        "demo-2026", "DEMO 2026", "Simulated Society", "Nowhere", "America/Chicago", date(2026, 12, 11), date(2026, 12, 19), START,
        START + timedelta(hours=HOURS), START + timedelta(hours=HOURS + 9), "10 to 19 December 2026, Chicago time", ("x",), "0", "0" * 16,
        "Nothing was missed in this window.", True,
    )  # fmt: skip


def _kpis(size: int) -> tuple[Kpi, ...]:
    return (
        Kpi("post_count", "Posts", "Unique posts.", size),
        Kpi("hcp_post_share", "HCP post share", "Posts by HCPs, of all posts.", size // 3, size),
    )


def _voice(rank: int) -> Voice:
    evidence = ("Haematologist", "MD PhD")
    return Voice(
        rank,
        f"Dr Author {rank}",
        f"author{rank}",
        "x",
        (),
        "Haematology",
        "strict",
        evidence,
        70,
        900 - rank,
        4_000,
        1 / rank,
        "",
    )


def _abstract(index: int) -> AbstractRow:
    return AbstractRow(
        f"A-{index}", "A title of the usual length for an abstract at a large congress: results of a randomised trial", "", "Dr Presenter",
        "Oral session", ("drug",), ("company",), 9_000 - index, 90, 40, 20, 30, 20, 10, 5, START, "author1",
    )  # fmt: skip


def _links(size: int) -> pa.Table:
    made = list(range(size))
    columns = {
        "platform": pa.repeat(pa.scalar("x"), size), "post_id": pa.array([str(1_966_000_000_000_000_000 + each) for each in made]),
        "created_at": pa.array([START + timedelta(seconds=each * HOURS * 3600 // size) for each in made], pa.timestamp("us")),
        "kind": pa.repeat(pa.scalar("original"), size), "role": pa.repeat(pa.scalar("hcp"), size),
        "url": pa.array([f"https://x.com/i/status/{1_966_000_000_000_000_000 + each}" for each in made]),
    }  # fmt: skip
    return pa.table(columns, schema=POST_LINKS)
