"""The page Recap: ordered with a click, made in the background from the same reads, taken through the one door."""

from __future__ import annotations

import time
from typing import Any

import pyarrow as pa
import pytest

from dashboard import download, recaps
from dashboard.recaps import Order, Workshop, archive
from pipelines.asking import StoredReads
from pipelines.model import Batch
from pipelines.recap.write import FORMATS
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

ORDER = Order("ash-2026", "congress", None, ("xlsx", "data"))


class Reads(StoredReads):
    """The reads of a store, with a pause that a test can put before the first."""

    def __init__(self, store: Store):
        super().__init__(store, at(600))
        self.asked = 0

    def read(self, name: str, **params: Any) -> pa.Table:
        self.asked += 1
        return super().read(name, **params)


@pytest.fixture
def reads():
    posts = [
        post(f"{n}", author_id=f"a{n % 4}", text=f"Post {n} of the plenary #ASH26", created_at=at(n)) for n in range(40)
    ]
    with Store(None) as store:
        store.fold_congresses([congress()])
        people = [author(f"a{n}", display_name=f"Dr. {n}") for n in range(4)]
        roles = [role(f"a{n}") for n in range(2)]
        store.fold(Batch(records=[*people, *posts], matches=[match(each) for each in posts], roles=roles))
        yield Reads(store)


@pytest.fixture
def workshop(reads):
    workshop = Workshop(reads, {"ash-2026": congress()})
    yield workshop
    workshop.close()


def made(workshop: Workshop, order: Order = ORDER) -> recaps.Job:
    job = workshop.order(order)
    for _ in range(600):
        if job.over:
            return job
        time.sleep(0.05)
    pytest.fail(f"still {job.state}")


def test_an_order_ends_with_its_files_in_the_order_of_the_formats(workshop):
    job = made(workshop)
    assert ("ready", "") == (job.state, job.error)
    assert ["ash-2026-recap.xlsx", "data"] == [each.name for each in job.files()]
    assert ("xlsx", "data") == job.written


def test_the_files_are_told_the_figures_of_the_same_moment(workshop):
    job = made(workshop)
    assert job.recap is not None
    figures = {kpi.key: kpi.value for kpi in job.recap.kpis}
    assert 40 == figures["post_count"]


def test_an_order_that_is_on_its_way_is_not_begun_twice(workshop):
    assert workshop.order(ORDER) is workshop.order(ORDER)


def test_what_cannot_be_made_says_why(workshop):
    job = made(workshop, Order("nowhere", "congress", None, ("xlsx",)))
    assert "failed" == job.state
    assert 'unknown congress "nowhere"' in job.error
    assert [] == job.files()


def test_a_template_that_is_none_says_so_and_leaves_no_file(workshop):
    job = made(workshop, Order("ash-2026", "congress", None, ("pptx",), b"no deck"))
    assert "failed" == job.state
    assert "template" in job.error
    assert [] == job.files()


def test_a_recap_is_kept_for_an_hour_and_then_removed(workshop, monkeypatch):
    job = made(workshop)
    folder = job.folder
    assert folder is not None
    monkeypatch.setattr(recaps, "KEPT_SECONDS", -1.0)
    assert workshop.job(ORDER) is None
    assert not folder.exists()


def test_the_archive_of_the_same_files_is_the_same_bytes(workshop):
    job = made(workshop)
    folder = job.files()[-1]
    first = archive(folder)
    (folder / sorted(each.name for each in folder.iterdir() if each.is_file())[0]).touch()
    assert first == archive(folder)


def test_every_kind_of_file_can_be_taken():
    assert FORMATS == recaps.FORMATS
    assert {*recaps.FORMATS, "zip"} - {"data"} <= download.MEDIA.keys()
