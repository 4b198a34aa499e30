"""Alerts reach a webhook that speaks HTTP: one that takes them, one that fails, one that stalls; and never twice."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pipelines.alerts import delivery
from pipelines.alerts import watch as alerts_watch
from pipelines.alerts.delivery import send
from pipelines.alerts.read import alerts
from pipelines.alerts.settings import AlertSettings, Channel
from pipelines.alerts.watch import Watch, try_channels
from pipelines.model import Abstract, AbstractMention, Batch
from pipelines.store.database import Store
from pipelines.store.fold_alerts import fold_alerts
from tests.records import NOON, at, author, congress, match, post, role


@dataclass
class Webhook:
    """A loopback webhook: ``answers`` holds the status of each request to come, None for "take it and never answer"."""

    answers: list[int | None]
    got: list[dict] = field(default_factory=list)
    port: int = 0
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://user:hunter2@127.0.0.1:{self.port}/hooks/T0KEN?rto=0.3&cto=0.3"


@contextmanager
def webhook(*answers: int | None) -> Iterator[Webhook]:
    hook = Webhook(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            answer = hook.answers.pop(0) if hook.answers else 200
            if answer is None:
                hook.released.wait(10)
                return
            if answer < 300:
                hook.got.append(json.loads(body))
            self.send_response(answer)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    hook.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield hook
    finally:
        hook.released.set()
        server.shutdown()
        thread.join()
        server.server_close()


@dataclass
class SetClock:
    instant: datetime

    def now(self) -> datetime:
        return self.instant


@pytest.fixture
def store():
    """A congress in which abstract LBA-3 takes off at noon, started by an HCP, amid steady talk."""
    with Store(None) as opened:
        opened.fold_congresses([congress()])
        opened.fold_catalogue(
            "ash-2026", [Abstract("ash-2026", n, f"Title of {n}") for n in ("LBA-3", *map(str, range(60)))]
        )
        talk = [post(f"9{i}", author_id=f"t{i}", created_at=at(-600 + i)) for i in range(600)]
        crowd = [
            post(
                str(i),
                author_id=f"a{i}",
                created_at=at(i / 2),
                text="LBA-3 wow",
                repost_of_id="1" if i > 1 else None,
                url=f"https://x.com/p/{i}",
            )
            for i in range(1, 21)
        ]
        opened.fold(
            Batch(
                records=[*talk, *crowd, *(author(f"a{i}") for i in range(1, 21))],
                matches=[match(each) for each in (*talk, *crowd)],
                mentions=[
                    AbstractMention("x", each.post_id, "ash-2026", "LBA-3", 1, "structured", "LBA-3") for each in crowd
                ],
                roles=[role(f"a{i}") for i in range(1, 21)],
            )
        )
        yield opened


@pytest.fixture
def written():
    """Every line that any log would hold, at the most talkative (pytest's own capture bypasses what is not passed on)."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    root, keeper = logging.getLogger(), Keeper(logging.DEBUG)
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.DEBUG)
    yield lines
    root.removeHandler(keeper)
    root.setLevel(level)


def watch(store: Store, settings: AlertSettings, minutes: float = 12, wall: SetClock | None = None) -> Watch:
    def write(planned, deliveries):
        with store._transaction() as db:
            fold_alerts(db, planned, deliveries)

    return Watch(store.reader, write, settings, SetClock(at(minutes)), wall or SetClock(at(minutes)))


def told(store: Store) -> dict:
    (row,) = alerts(store.reader, "ash-2026", 10, at(60)).to_pylist()
    return row


def to(*hooks: Webhook) -> AlertSettings:
    return AlertSettings(tuple(Channel(f"hook {n}", hook.url) for n, hook in enumerate(hooks, start=1)))


def test_a_rise_is_posted_to_the_channel_with_its_numbers_and_posts(store):
    with webhook(200) as hook:
        watching = watch(store, to(hook))
        watching.look()
        watching.deliver()
    (message,) = hook.got
    assert "ASH 2026: abstract LBA-3 is taking off" == message["title"]
    assert "20 authors in 30 min" in message["message"]
    assert "started by @\u200bh_a1 at 12:00" in message["message"]
    assert "https://x.com/p/1" in message["message"]
    assert ("sent", ["hook 1"], "") == (told(store)["state"], told(store)["sent_to"], told(store)["last_error"])


def test_a_rise_is_told_once_however_often_it_is_looked_at_and_after_a_restart(store):
    with webhook(200, 200) as hook:
        for minute in (12, 13, 20):
            watching = watch(store, to(hook), minute)  # each a fresh process
            watching.look()
            watching.look()
            watching.deliver()
    assert 1 == len(hook.got)
    assert at(20) == told(store)["last_seen_at"]


def test_a_failure_is_shown_and_tried_again_later_without_any_address(store, written):
    wall = SetClock(NOON)
    with webhook(500, 503, 200) as hook:
        watching = watch(store, to(hook), wall=wall)
        watching.look()
        watching.deliver()
        assert ("queued", "the channel answered 500", 1) == tuple(
            told(store)[k] for k in ("state", "last_error", "attempts")
        )
        watching.deliver()  # not due yet
        assert 1 == told(store)["attempts"]
        for _ in range(2):
            wall.instant += timedelta(minutes=5)
            watching.deliver()
    assert ("sent", 3, 1) == (told(store)["state"], told(store)["attempts"], len(hook.got))
    shown = " ".join(written) + str(told(store))
    assert "alert to hook 1: the channel answered 503 (attempt 2)" in written
    assert not [secret for secret in ("hunter2", "T0KEN", str(hook.port)) if secret in shown]


def test_a_channel_that_stalls_is_left_and_does_not_keep_others_waiting(store):
    with webhook(None) as stalling, webhook(200) as working:
        watching = watch(store, to(stalling, working))
        watching.look()
        watching.deliver()
    row = told(store)
    assert (["hook 2"], 1, "no answer in time") == (row["sent_to"], row["waiting_count"], row["last_error"])
    assert 1 == len(working.got)


def test_a_server_that_dribbles_is_left_after_a_while(monkeypatch):
    monkeypatch.setattr(delivery, "SECONDS", 0.1)
    with webhook(None) as hook:
        patient = Channel("hook", hook.url.replace("rto=0.3", "rto=5"))
        assert "no answer in 0 s" == send(patient, "subject", "body")


def test_an_attempt_that_died_with_its_process_is_made_again(store):
    wall = SetClock(NOON)
    with webhook(200) as hook:
        watching = watch(store, to(hook), wall=wall)
        watching.look()
        with store._transaction() as db:
            db.execute("UPDATE deliveries SET state = 'sending', attempts = 1, changed_at = $1", [NOON])
        watching.deliver()
        assert [] == hook.got
        wall.instant += timedelta(minutes=2)
        watching.deliver()
    assert ("sent", 2) == (told(store)["state"], told(store)["attempts"])


def test_a_channel_that_is_gone_from_the_settings_does_not_hold_up_the_rest(store):
    wall = SetClock(NOON)
    with webhook() as gone, webhook(200) as kept:
        watch(store, to(gone, kept), wall=wall).look()
        only = AlertSettings((Channel("hook 2", kept.url),))
        watch(store, only, wall=wall).deliver()
    assert (["hook 2"], "the channel is not set up any more") == (told(store)["sent_to"], told(store)["last_error"])


def test_watching_goes_on_after_a_failure_and_ends_when_cancelled(store, monkeypatch, caplog):
    monkeypatch.setattr(alerts_watch, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(alerts_watch, "DELIVER_SECONDS", 0.01)
    with webhook(200) as hook:
        watching = watch(store, to(hook))
        failures = iter([RuntimeError("one bad minute")])

        def write(*rows, right=watching._write):
            if failure := next(failures, None):
                raise failure
            right(*rows)

        watching._write = write

        async def until_told():
            running = asyncio.create_task(watching.run())
            while not hook.got:
                await asyncio.sleep(0.01)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

        asyncio.run(asyncio.wait_for(until_told(), 20))
    assert 1 == len(hook.got)
    assert "alerts: looking failed" in caplog.text


def test_the_test_command_says_of_every_channel_whether_it_works():
    with webhook(200) as works, webhook(403) as refuses:
        closed = Channel("closed", "json://127.0.0.1:1/")
        results = try_channels(AlertSettings((*to(works, refuses).channels, closed)), NOON)
    assert [("hook 1", None), ("hook 2", "the channel answered 403"), ("closed", "connection refused")] == results
    assert "a test alert" in works.got[0]["title"]


def test_a_handle_cannot_wake_a_whole_team():
    with webhook(200) as hook:
        send(Channel("hook", hook.url), "subject", "started by @everyone at 12:00")
    assert "@everyone" not in hook.got[0]["message"]
