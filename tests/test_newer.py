"""The last word on a gap counts, whatever the clock says."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from pipelines.model import Batch, Gap, Health
from pipelines.newer import Newer
from pipelines.store.database import Store
from pipelines.store.keep import drop_health

AT = datetime(2026, 12, 5, 10)


def gap(status: str, noted_after: timedelta, from_at: datetime = AT) -> Gap:
    return Gap("bluesky", from_at, AT + timedelta(minutes=5), "closed", status, AT + noted_after)


def status(store: Store) -> list[str]:
    return store.reader.ask("SELECT status FROM gaps ORDER BY from_at")["status"].to_pylist()


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(hours=1), timedelta(days=400)])
def test_a_gap_is_filled_also_when_the_clock_was_set_back_while_it_was_open(back):
    with Store(None) as store:
        store.fold(Batch(records=[gap("open", timedelta(hours=1))]))
        newer = Newer(store.another_reader())  # as a new process begins
        for word in ("replaying", "filled"):
            store.fold(Batch(records=[newer.than_before(gap(word, timedelta(hours=1) - back))]))
        assert ["filled"] == status(store)


def test_what_is_noted_later_or_of_another_gap_is_left_as_it_is():
    with Store(None) as store:
        newer = Newer(store.another_reader())
        words = [
            gap("open", timedelta(minutes=6)),
            gap("open", timedelta(minutes=6)),
            gap("filled", timedelta(minutes=7)),
            gap("open", timedelta(0), AT - timedelta(days=365)),
        ]
        assert words == [newer.than_before(each) for each in words]


def health(seen_after: timedelta, detail: str) -> Health:
    return Health("bluesky", AT + seen_after, "live", detail)


def test_health_from_a_clock_that_was_ahead_gives_way_to_the_next_word():
    ahead, right = health(timedelta(days=40), "ahead"), health(timedelta(0), "right")
    with Store(None) as store:
        store.fold(Batch(records=[ahead]))
        kept, outlived = Newer(store.another_reader()).last_health([ahead, right])
        assert ([right], ["bluesky"]) == (kept, outlived)
        store.keep_house(lambda db: drop_health(db, outlived))
        store.fold(Batch(records=kept))
        assert ["right"] == store.reader.ask("SELECT detail FROM health")["detail"].to_pylist()


def test_health_that_goes_on_takes_nothing_away():
    with Store(None) as store:
        newer = Newer(store.another_reader())
        for seconds in range(3):
            word = health(timedelta(seconds=seconds), "live")
            assert ([word], []) == newer.last_health([word])
