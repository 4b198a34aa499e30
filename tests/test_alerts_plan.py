"""Alerts: what is told once, what is not told, and what stands in .env."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from pipelines.alerts.delivery import EXPIRES, RETRIES, after, begun, check_channels, queue
from pipelines.alerts.plan import Place, plan_alerts
from pipelines.alerts.settings import AlertSettings, Channel, read_settings
from pipelines.errors import ConfigError
from pipelines.trending.telling import Rise

NOON = datetime(2026, 12, 12, 18)  # 12:00 in Chicago
PLACE = Place("ash-2026", "ASH 2026", ZoneInfo("America/Chicago"))
DESK = AlertSettings((Channel("desk", "json://127.0.0.1/"),))


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rise(item: str = "LBA-3", kind: str = "abstract", **fields) -> Rise:
    return Rise(**{
        "kind": kind, "item": item, "as_of": NOON, "observed": 14, "expected": 1.9, "p_value": 1e-5, "q_value": 1e-3,
        "since": NOON, "peak": 14, "started_by": "@dr_jane", "started_at": at(-6), "post_ids": ("1", "2"), **fields,
    })  # fmt: skip


def plan(rises, history=(), now=NOON, settings=DESK, **known):
    return plan_alerts(rises, history, now, PLACE, settings, **known)


def test_a_rise_becomes_one_alert_that_says_observed_expected_chance_starter_and_posts():
    (alert,) = plan([rise()], titles={"LBA-3": "A trial of something"}, links={"1": "https://x.com/a/status/1"})
    assert ("queued", "ASH 2026: abstract LBA-3 is taking off") == (alert.state, alert.subject)
    assert (
        "A trial of something\n"
        "14 authors in 30 min, 1.9 expected (chance 1 in 100,000); started by @dr_jane at 11:54.\n"
        "Of alerts as improbable as this, at most 1 in 1,000 is false.\n"
        "As of 12:00 on 12 Dec (America/Chicago).\n"
        "Posts that carry it (1 of 2):\n"
        "https://x.com/a/status/1"
    ) == alert.body


@pytest.mark.parametrize("shift", [-3, 0, 4], ids=["late posts move it back", "the same", "a deletion moves it on"])
def test_a_rise_that_goes_on_is_not_told_again(shift):
    told = plan([rise()])
    told = [replace(each, state="sent", last_seen_at=at(30)) for each in told]
    (again,) = plan([rise(since=at(shift), peak=40)], told, now=at(31))
    assert (told[0].alert_id, "sent", at(31), 40) == (again.alert_id, again.state, again.last_seen_at, again.peak)


def test_a_second_rise_of_the_same_abstract_is_told_again():
    told = [replace(each, state="sent") for each in plan([rise()])]
    later = rise(since=at(300), post_ids=("7", "8"))
    (second,) = plan([later], told, now=at(301))
    assert "queued" == second.state
    assert told[0].alert_id != second.alert_id


def test_in_quiet_hours_nobody_is_told_until_morning_and_only_if_it_still_rises():
    night = replace(DESK, quiet=(time(22), time(7)))
    at_night = datetime(2026, 12, 13, 5)  # 23:00
    (held,) = plan([rise(since=at_night)], now=at_night, settings=night)
    assert ("suppressed", "quiet hours") == (held.state, held.reason)
    morning = datetime(2026, 12, 13, 13, 5)  # 07:05
    (told,) = plan([rise(since=at_night)], [replace(held, last_seen_at=morning)], now=morning, settings=night)
    assert ("queued", "") == (told.state, told.reason)
    assert [] == plan([], [held], now=morning, settings=night)


@pytest.mark.parametrize(
    ("clock", "quiet"), [("21:59", False), ("22:00", True), ("03:00", True), ("06:59", True), ("07:00", False)]
)
def test_quiet_hours_may_span_midnight(clock, quiet):
    assert quiet is AlertSettings(quiet=(time(22), time(7))).is_quiet(time.fromisoformat(clock))


def test_a_day_has_a_cap_and_the_next_day_a_new_one():
    two = replace(DESK, daily_cap=2)
    day = [rise(str(n), post_ids=(str(n),), p_value=10.0**-n) for n in range(4, 8)]
    alerts = plan(day, settings=two)
    assert ["queued", "queued", "suppressed", "suppressed"] == [each.state for each in alerts]
    assert ["7", "6"] == [each.item for each in alerts if each.state == "queued"]
    assert {"daily cap"} == {each.reason for each in alerts if each.state == "suppressed"}
    tomorrow = at(24 * 60)
    (fresh,) = plan([rise("9", since=tomorrow, post_ids=("9",))], alerts, now=tomorrow, settings=two)
    assert "queued" == fresh.state


def test_a_trial_that_rises_with_its_abstract_is_not_told_beside_it():
    both = [rise("QUEST-1", "trial", since=at(-20)), rise("LBA-3")]
    assert [("LBA-3", "queued", ""), ("QUEST-1", "suppressed", "same posts as abstract LBA-3")] == [
        (each.item, each.state, each.reason) for each in plan(both)
    ]


def test_a_drug_that_rises_by_itself_is_told_once_it_has_settled():
    assert [] == plan([rise("drugamab", "drug", since=at(-5))])
    (alert,) = plan([rise("drugamab", "drug", since=at(-10))])
    assert ("queued", "ASH 2026: drug drugamab is taking off") == (alert.state, alert.subject)


def test_without_a_channel_rises_are_still_written_down():
    (alert,) = plan([rise()], settings=AlertSettings())
    assert ("suppressed", "no channel is set up") == (alert.state, alert.reason)
    assert [] == queue([alert], AlertSettings(), NOON)


def test_a_failing_delivery_is_tried_at_growing_intervals_and_given_up():
    (delivery,) = queue(plan([rise()]), DESK, NOON)
    now, waits = NOON, []
    while delivery.state == "queued":
        delivery = after(begun(delivery, now), "no answer in time", now)
        waits.append(delivery.next_at - now)
        now = max(now, delivery.next_at)
    assert ("failed", "no answer in time") == (delivery.state, delivery.last_error)
    assert list(RETRIES) == waits[:-1]
    assert len(RETRIES) + 1 == delivery.attempts


def test_an_alert_that_is_no_news_any_more_is_given_up():
    (delivery,) = queue(plan([rise()]), DESK, NOON)
    late = NOON + EXPIRES
    assert "failed" == after(begun(delivery, late), "connection refused", late).state
    assert "sent" == after(begun(delivery, late), None, late).state


def test_settings_come_from_the_environment():
    settings = read_settings({
        "ALERT_URLS": "json://a.example/x slack://TOKEN/B/C  json://b.example/", "ALERT_URLS_NIGHT_DESK": "mailtos://u:p@example.org",
        "ALERT_QUIET": "22:00-7:00", "ALERT_DAILY_CAP": "5", "PATH": "/bin",
    })  # fmt: skip
    assert ["json", "slack", "json 2", "night_desk"] == [each.name for each in settings.channels]
    assert ((time(22), time(7)), 5) == (settings.quiet, settings.daily_cap)
    assert AlertSettings() == read_settings({})


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"ALERT_URLS": "xoxb-SECRET"}, "ALERT_URLS: address 1 is none"),
        ({"ALERT_QUIET": "at night"}, 'ALERT_QUIET is "at night"; write two different times like 22:00-07:00'),
        ({"ALERT_QUIET": "25:00-07:00"}, "ALERT_QUIET"),
        ({"ALERT_QUIET": "07:00-07:00"}, "two different times"),
        ({"ALERT_DAILY_CAP": "-1"}, "ALERT_DAILY_CAP"),
    ],
)
def test_a_mistake_in_the_settings_is_one_line_without_secrets(environ, words):
    with pytest.raises(ConfigError) as error:
        read_settings(environ)
    assert words in str(error.value)
    assert "SECRET" not in str(error.value)


def test_an_address_that_is_not_complete_is_named_by_channel_only(capfd):
    settings = read_settings({"ALERT_URLS": "slack://SECRET"})
    with pytest.raises(ConfigError, match=r'alert channel "slack" \(slack://...\) is not complete') as error:
        check_channels(settings)
    assert "SECRET" not in str(error.value) + repr(settings) + "".join(capfd.readouterr())
