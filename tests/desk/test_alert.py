"""Who is told that possible adverse events wait: in figures, never in words of a post."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from pipelines.access import Person
from pipelines.alerts.read import alerts
from pipelines.alerts.settings import AlertSettings, Channel, read_settings
from pipelines.alerts.watch import Watch
from pipelines.commands import carry_out
from pipelines.desk.cases import case_id_of
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import Abstract, AbstractMention, Batch
from pipelines.store.database import Store
from tests.records import at, congress, match, post

TRACKED = congress(products=[{"name": "Ozempic"}])
TOLD = AlertSettings((Channel("team", "json://127.0.0.1:9"),), dashboard_url="https://pulse.company.com")


class Hand:
    """A clock that is set by hand."""

    moment = at(0)

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def desk():
    with Store(None) as store:
        store.fold_congresses([TRACKED])
        yield store


def takes(store: Store, post_id: str, minutes: float) -> None:
    told = post(post_id, author_id=post_id, text=f"Ozempic day 3, I cannot stop vomiting {post_id} #ASH26")
    store.fold(replace(Digest(Matcher([TRACKED]), {}).batch([told], store.reader), seen_at=at(minutes)))


def looks(store: Store, *hours: float, settings: AlertSettings = TOLD) -> list[str]:
    """The subjects written down after looks at these hours."""
    clock = Hand()
    watch = Watch(store.reader, store.fold_alerts, settings, clock, clock)
    for each in hours:
        clock.moment = at(60 * each)
        watch.look()
    return store.reader.ask("SELECT subject FROM alerts ORDER BY noticed_at, alert_id")["subject"].to_pylist()


def test_nothing_is_told_before_the_set_share_of_the_clock(desk):
    takes(desk, "1", 0)
    assert [] == looks(desk, 1, 11)


def test_a_case_is_told_of_at_half_its_clock_and_when_overdue_and_no_more(desk):
    takes(desk, "1", 0)
    assert [
        "ASH 2026: 1 possible adverse event waits, oldest since 12 h",
        "ASH 2026: 1 possible adverse event waits, oldest since 25 h, 1 overdue",
    ] == looks(desk, 12, 13, 14, 25, 26, 40)


def test_an_alert_holds_figures_and_the_page_and_no_word_of_a_post(desk):
    takes(desk, "1", 0)
    looks(desk, 12)
    (row,) = desk.reader.ask("SELECT * FROM alerts").to_pylist()
    assert "https://pulse.company.com/desk" in row["body"]
    assert "vomiting" not in str(row)
    assert [] == row["post_ids"]
    assert 1 == desk.reader.ask("SELECT count(*) AS n FROM deliveries")["n"][0].as_py()


def test_a_decided_case_is_told_of_no_more(desk):
    takes(desk, "1", 0)
    params = {"case_id": case_id_of("ash-2026", "x", "1"), "decision": "not_an_event"}
    carry_out(desk, "decide_case", params, Person("rita", "reviewer"), at(60))
    assert [] == looks(desk, 12, 25)


def test_cases_that_pass_together_are_told_in_one(desk):
    for each in ("1", "2", "3"):
        takes(desk, each, 0)
    assert ["ASH 2026: 3 possible adverse events wait, oldest since 12 h"] == looks(desk, 12, 12.1, 12.7)


def test_viewers_are_shown_no_alert_of_the_desk(desk):
    takes(desk, "1", 0)
    looks(desk, 12)
    assert 0 == alerts(desk.reader, "ash-2026", 50, at(60 * 13)).num_rows


def test_early_posts_are_told_only_where_that_is_wanted(desk):
    desk.fold_catalogue("ash-2026", [Abstract("ash-2026", "LBA-1", "Late", embargo_lift_at=at(600))])
    early = post("9", text="LBA-1 wow #ASH26")
    named = AbstractMention("x", "9", "ash-2026", "LBA-1", 1, "structured", "LBA-1")
    desk.fold(Batch([early], [match(early)], [named]))
    assert [] == looks(desk, 1)
    assert ["ASH 2026: 1 post names an abstract before its listed embargo time"] == looks(
        desk, 2, 3, settings=replace(TOLD, embargo=True)
    )


def test_the_settings_stand_in_the_environment():
    found = read_settings({"EMBARGO_ALERTS": "yes", "DASHBOARD_URL": "https://pulse.company.com/"})
    assert (True, "https://pulse.company.com") == (found.embargo, found.dashboard_url)
    assert not read_settings({}).embargo
