"""Recaps made from the page: one at a time, in a thread of its own, kept for an hour.

A made recap holds posts. It is not kept longer, so that what is deleted meanwhile does not lie about here; whoever needs
it again makes it again, to the same bytes where nothing changed.
"""

from __future__ import annotations

import io
import tempfile
import threading
import time
import zipfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.congresses import Congress
from pipelines.errors import CongressError, UsageError
from pipelines.recap.model import Recap

if TYPE_CHECKING:
    from pipelines.asking import Reads

FORMATS = ("pptx", "xlsx", "pdf", "html", "data")
KEPT_SECONDS = 3600.0
KEPT_JOBS = 8
ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the same for every file, so that the same recap gives the same bytes


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a congress, ``--window`` and ``--compare`` as the command takes them, formats, a company's template."""

    congress_id: str
    window: str
    compare: str | None
    formats: tuple[str, ...]
    template: bytes = b""


@dataclass(eq=False)
class Job:
    """A recap on its way. ``state`` is waiting, reading, writing, ready or failed; ``recap`` stands from writing on."""

    order: Order
    asked: float = field(default_factory=time.monotonic)
    state: str = "waiting"
    written: tuple[str, ...] = ()
    recap: Recap | None = None
    error: str = ""
    folder: Path | None = None
    _held: tempfile.TemporaryDirectory | None = None

    @property
    def over(self) -> bool:
        """Whether nothing more will change."""
        return self.state in ("ready", "failed")

    def files(self) -> list[Path]:
        """What can be taken, in the order of the formats; the data pack as one archive."""
        if self.state != "ready" or self.folder is None:
            return []
        found = {each.suffix.lstrip("."): each for each in self.folder.iterdir() if "-recap" in each.name}
        found |= {"data": self.folder / "data"} if (self.folder / "data").is_dir() else {}
        return [found[form] for form in FORMATS if form in found]

    def drop(self) -> None:
        """Remove the files."""
        if self._held:
            self._held.cleanup()
        self.folder, self.state, self.error = None, "failed", "It was kept for an hour. Make it again."


class Workshop:
    """Makes recaps one after another and keeps the last few."""

    def __init__(self, reads: Reads, configured: Mapping[str, Congress]):
        self._reads, self._configured = reads, configured
        self._jobs: dict[Order, Job] = {}
        self._lock = threading.Lock()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="recap")

    def order(self, wanted: Order) -> Job:
        """Begin a recap anew; while the same one is on its way, that one."""
        with self._lock:
            self._tidy()
            going = self._jobs.get(wanted)
            if going and not going.over:
                return going
            job = self._jobs[wanted] = Job(wanted)
        self._worker.submit(self._make, job)
        return job

    def job(self, wanted: Order) -> Job | None:
        """The newest recap of an order, if there is one."""
        with self._lock:
            self._tidy()
            return self._jobs.get(wanted)

    def close(self) -> None:
        """Finish what is on its way, take no more, and remove all files."""
        self._worker.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            for job in self._jobs.values():
                job.drop()
            self._jobs.clear()

    def _tidy(self) -> None:
        old = [order for order, job in self._jobs.items() if job.over and time.monotonic() - job.asked > KEPT_SECONDS]
        surplus = [order for order, job in self._jobs.items() if job.over][:-KEPT_JOBS]
        for order in {*old, *surplus}:
            self._jobs.pop(order).drop()

    def _make(self, job: Job) -> None:
        try:
            self._built(job)
        except CongressError as error:
            job.error, job.state = str(error), "failed"
        except Exception as error:  # the next order must still be taken; the message names no content
            job.error, job.state = f"It could not be made ({type(error).__name__}).", "failed"
            raise

    def _built(self, job: Job) -> None:
        # the writers load when the first recap is wanted, not when the dashboard starts
        from pipelines.recap.build import build
        from pipelines.recap.chosen import compared_with, congress_named
        from pipelines.recap.window import window_of
        from pipelines.recap.write import write_recap

        job.state, order = "reading", job.order
        rows = self._reads.read("congresses").to_pylist()
        congress = congress_named(order.congress_id, self._configured, rows)
        now: datetime = self._reads.read("clock")["now"][0].as_py().replace(microsecond=0)
        other = compared_with(order.compare, congress, self._configured, rows)
        made = build(
            self._reads, congress, window_of(congress, order.window, now), now, version("congress-pulse"), other
        )
        if not any(each.post_count for each in made.hours):
            raise UsageError("Nothing was collected in this period yet.")
        job.recap, job.state = made, "writing"
        held = tempfile.TemporaryDirectory(prefix="congress-recap-")
        job._held, job.folder = held, Path(held.name) / "recap"
        template = Path(held.name) / "template.potx" if order.template else None
        if template:
            template.write_bytes(order.template)

        def note(form: str) -> None:
            job.written = (*job.written, form)

        write_recap(made, self._reads, job.folder, order.formats, template, note)
        job.state = "ready"


def archive(folder: Path) -> bytes:
    """A folder as one archive; the same files give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
        for each in sorted(folder.rglob("*")):
            if each.is_file():
                info = zipfile.ZipInfo(str(each.relative_to(folder)), ZIP_TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                bundle.writestr(info, each.read_bytes())
    return out.getvalue()


_workshops: dict[int, Workshop] = {}
_lock = threading.Lock()


def workshop(reads: Reads, configured: Mapping[str, Congress]) -> Workshop:
    """The workshop of this process for whoever answers the reads."""
    with _lock:
        return _workshops.setdefault(id(reads), Workshop(reads, configured))


def close() -> None:
    """Close the workshops of this process."""
    with _lock:
        for each in _workshops.values():
            each.close()
        _workshops.clear()


def title_of(path: Path) -> tuple[str, str]:
    """What a file is and what it is for, in words."""
    return TITLES["data" if path.is_dir() else path.suffix.lstrip(".")]


TITLES: Mapping[str, tuple[str, Any]] = {
    "pptx": ("Deck", "slides with native charts and notes"),
    "xlsx": ("Workbook", "every figure, filterable"),
    "pdf": ("Report", "to read and print"),
    "html": ("Web report", "one file, opens anywhere"),
    "data": ("Data pack", "Parquet and CSV with a dictionary"),
}
