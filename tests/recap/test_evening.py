"""The day in brief goes out once each evening of the congress, to every channel, and stands among no alerts."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, time, timedelta

import pytest

from pipelines.alerts.read import alerts
from pipelines.alerts.settings import AlertSettings, Channel
from pipelines.alerts.watch import Watch
from pipelines.clock import SimulatedClock
from pipelines.errors import ConfigError
from pipelines.recap.evening import due_day, each_evening, read_digest_at, send_due
from pipelines.store.database import Store
from tests.recap.conftest import fill
from tests.records import congress

ASH, AT = congress(), time(18, 30)
EVENING = datetime(2026, 12, 13, 0, 31)  # 18:31 of the first day
SETTINGS = AlertSettings((Channel("comms", "json://127.0.0.1:9"),))


@pytest.fixture
def store():
    with Store(None) as opened:
        opened.fold_congresses([ASH])
        fill(opened)
        yield opened


def due(store, now):
    return send_due(store, [ASH], SETTINGS, AT, now, now)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (EVENING - timedelta(minutes=2), None), (EVENING, date(2026, 12, 12)), (EVENING + timedelta(hours=6), None),
        (EVENING - timedelta(days=1), None), (EVENING + timedelta(days=3), date(2026, 12, 15)), (EVENING + timedelta(days=4), None),
    ],
)  # fmt: skip
def test_a_digest_is_due_from_its_hour_on_the_days_of_the_congress(now, day):
    assert day == due_day(ASH, AT, now)


def test_a_digest_is_written_once_with_a_delivery_to_every_channel(store):
    (alert,) = due(store, EVENING)
    assert [] == due(store, EVENING + timedelta(minutes=1))
    assert "ASH 2026: Saturday 12 December 2026 in brief" == alert.subject
    assert "by 15 authors were collected" in alert.body or "Posts: " in alert.body
    rows = store.reader.ask("SELECT channel, state FROM deliveries").to_pylist()
    assert [{"channel": "comms", "state": "queued"}] == rows


def test_a_digest_stands_in_no_list_of_what_rises(store):
    due(store, EVENING)
    assert 0 == alerts(store.reader, "ash-2026", 10, EVENING + timedelta(days=1)).num_rows


def test_a_digest_that_is_not_taken_is_tried_again_like_any_alert(store):
    (alert,) = due(store, EVENING)
    clock = SimulatedClock(EVENING, speed=None)
    Watch(store.another_reader(), store.fold_alerts, SETTINGS, clock, clock).deliver()
    (row,) = store.reader.ask("SELECT * FROM deliveries").to_pylist()
    assert (alert.alert_id, "queued", 1, "connection refused") == (
        row["alert_id"],
        row["state"],
        row["attempts"],
        row["last_error"],
    )


def test_nobody_looks_without_a_time_or_a_channel(store):
    async def look(settings, at):
        async with each_evening(store, [ASH], settings, at, SimulatedClock(EVENING, speed=None)):
            await asyncio.sleep(0.05)

    asyncio.run(look(SETTINGS, None))
    asyncio.run(look(AlertSettings(), AT))
    assert 0 == store.reader.ask("SELECT 1 FROM alerts").num_rows


def test_while_collecting_the_digest_is_written_by_itself(store):
    async def look():
        async with each_evening(store, [ASH], SETTINGS, AT, SimulatedClock(EVENING, speed=None)):
            for _ in range(600):
                if store.reader.ask("SELECT 1 FROM alerts").num_rows:
                    return
                await asyncio.sleep(0.05)

    asyncio.run(look())
    assert 1 == store.reader.ask("SELECT 1 FROM alerts").num_rows


@pytest.mark.parametrize(("text", "at"), [("18:30", AT), (" 06:05 ", time(6, 5)), ("", None)])
def test_the_hour_is_a_time_of_day(text, at):
    assert at == read_digest_at({"DIGEST_AT": text})


@pytest.mark.parametrize("text", ["soon", "25:00", "18.30", "18:30 CET"])
def test_an_hour_that_is_none_says_how_to_write_it(text):
    with pytest.raises(ConfigError, match="write a time of day like 18:30"):
        read_digest_at({"DIGEST_AT": text})
