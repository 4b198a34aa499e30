"""Beside the collector: looks every minute for what rises, writes alerts down, and sees them delivered."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.alerts.delivery import SECONDS, after, begun, queue, send
from pipelines.alerts.plan import Place, plan_alerts
from pipelines.alerts.records import Alert, Delivery
from pipelines.alerts.settings import AlertSettings, Channel
from pipelines.clock import Clock
from pipelines.desk.alert import KINDS as DESK_KINDS
from pipelines.desk.alert import desk_alerts, told_before
from pipelines.store.reader import Reader
from pipelines.trending.gather import KINDS, minute_of
from pipelines.trending.read import rises
from pipelines.trending.telling import Rise

log = logging.getLogger(__name__)

Write = Callable[[Sequence[Alert], Sequence[Delivery]], None]
LOOK_SECONDS, DELIVER_SECONDS = 10.0, 2.0  # real seconds between looks for rises, and for what is to be sent
_REMEMBERED = timedelta(days=2)
_INTERRUPTED = timedelta(seconds=3 * SECONDS)  # an attempt that has not ended by then died with its process


class Watch:
    """Finds rises and tells them.

    Args:
        write: writes alerts and deliveries in one transaction; what it wrote, ``reader`` sees.
        clock: the congress's clock, real or simulated; ``wall`` is the machine's, by which deliveries are retried.
    """

    def __init__(self, reader: Reader, write: Write, settings: AlertSettings, clock: Clock, wall: Clock):
        self._reader, self._write, self._settings = reader, write, settings
        self._clock, self._wall = clock, wall
        self._looked_at: int | None = None
        self._changing = threading.Lock()  # looking and telling both rewrite an alert

    async def run(self) -> None:
        """Look and deliver until cancelled; a failure of either is logged and tried again."""
        await asyncio.gather(
            _forever("looking", self.look, LOOK_SECONDS), _forever("telling", self.deliver, DELIVER_SECONDS)
        )

    def look(self) -> None:
        """Write down what began to rise, in every congress that is followed; once a minute, as rises are by the minute."""
        now = self._clock.now()
        if minute_of(now) == self._looked_at:
            return
        for place in _places(self._reader, now):
            self._tell_desk(place, now)
            found = [rise for kind in KINDS for rise in rises(self._reader, place.congress_id, now, kind)]
            if found:
                with self._changing:
                    self._note(place, found, now)
        self._looked_at = minute_of(now)

    def deliver(self) -> None:
        """Try every delivery that is due, one after the other; each outcome is written down at once."""
        channels = {each.name: each for each in self._settings.channels}
        for delivery in self._due():
            alert = self._alert(delivery.alert_id)
            trying = begun(delivery, self._wall.now())
            self._write((), [trying])
            done = after(trying, _told(alert, channels.get(delivery.channel)), self._wall.now())
            if done.last_error:
                log.warning("alert to %s: %s (attempt %d)", done.channel, done.last_error, done.attempts)
            with self._changing:
                self._write([self._settled(done)], [done])

    def _tell_desk(self, place: Place, now: datetime) -> None:
        """Write down that cases wait too long, or that posts came before an embargo."""
        rows = self._rows(
            "SELECT alert_id, kind, noticed_at FROM alerts WHERE congress_id = $congress_id AND list_contains($kinds, kind)",
            congress_id=place.congress_id,
            kinds=list(DESK_KINDS),
        )
        if found := desk_alerts(self._reader, place, now, self._settings, *told_before(rows)):
            self._write(found, queue(found, self._settings, self._wall.now()))

    def _note(self, place: Place, found: Sequence[Rise], now: datetime) -> None:
        alerts = self._planned(place, found, now)
        known = {row["alert_id"] for row in self._rows("SELECT DISTINCT alert_id FROM deliveries")}
        fresh = [each for each in alerts if each.alert_id not in known]
        if alerts:
            self._write(alerts, queue(fresh, self._settings, self._wall.now()))

    def _planned(self, place: Place, found: Sequence[Rise], now: datetime) -> list[Alert]:
        history = self._history(place.congress_id, now)
        ids = sorted({post_id for rise in found for post_id in rise.post_ids})
        links = self._rows(
            """
            SELECT post_id, url FROM posts
            WHERE list_contains($ids, post_id) AND url IS NOT NULL AND post_id NOT IN (SELECT post_id FROM embargoed_at($now))
            """,
            ids=ids,
            now=now,
        )
        titles = self._rows(
            "SELECT number, title FROM abstracts WHERE congress_id = $congress_id AND list_contains($numbers, number)",
            congress_id=place.congress_id,
            numbers=[rise.item for rise in found if rise.kind == "abstract"],
        )
        return plan_alerts(
            found, history, now, place, self._settings,
            {row["number"]: row["title"] for row in titles}, {row["post_id"]: row["url"] for row in links},
        )  # fmt: skip

    def _history(self, congress_id: str, now: datetime) -> list[Alert]:
        rows = self._rows(
            "SELECT * FROM alerts WHERE congress_id = $congress_id AND kind NOT IN ('digest', 'safety', 'embargo') AND last_seen_at > $since ORDER BY noticed_at, alert_id",
            congress_id=congress_id,
            since=now - _REMEMBERED,
        )
        return [_alert_of(row) for row in rows]

    def _due(self) -> list[Delivery]:
        now = self._wall.now()
        rows = self._rows(
            """
            SELECT * FROM deliveries
            WHERE (state = 'queued' AND next_at <= $now) OR (state = 'sending' AND changed_at <= $died)
            ORDER BY next_at, alert_id, channel
            """,
            now=now,
            died=now - _INTERRUPTED,
        )
        return [Delivery(**row) for row in rows]

    def _alert(self, alert_id: str) -> Alert:
        return _alert_of(self._rows("SELECT * FROM alerts WHERE alert_id = $alert_id", alert_id=alert_id)[0])

    def _settled(self, done: Delivery) -> Alert:
        """The alert of a delivery, with the state that its deliveries add up to."""
        alert = self._alert(done.alert_id)
        rows = self._rows("SELECT channel, state FROM deliveries WHERE alert_id = $alert_id", alert_id=alert.alert_id)
        states = {row["channel"]: row["state"] for row in rows} | {done.channel: done.state}
        if {"queued", "sending"} & set(states.values()):
            return replace(alert, state="queued")
        return replace(alert, state="sent" if "sent" in states.values() else "failed", reason="")

    def _rows(self, sql: str, **params: Any) -> list[dict[str, Any]]:
        return self._reader.ask(sql, **params).to_pylist()


def try_channels(settings: AlertSettings, now: datetime) -> list[tuple[str, str | None]]:
    """Send one test message to every channel: (channel, None or what went wrong). ``now`` is naive UTC."""
    subject = "Congress Pulse: a test alert"
    body = f"Alerts reach this channel. Sent at {now:%H:%M} UTC on {now:%d %b %Y}; nothing is taking off."
    return [(channel.name, send(channel, subject, body)) for channel in settings.channels]


def _told(alert: Alert, channel: Channel | None) -> str | None:
    return send(channel, alert.subject, alert.body) if channel else "the channel is not set up any more"


def _alert_of(row: dict[str, Any]) -> Alert:
    known: dict[str, Any] = {**row, "post_ids": tuple(row["post_ids"])}
    return Alert(**known)


def _places(reader: Reader, now: datetime) -> list[Place]:
    """The congresses that are followed at ``now``."""
    rows = reader.ask(
        "SELECT congress_id, name, timezone FROM congresses WHERE follow_from <= $now AND $now < follow_until ORDER BY 1",
        now=now,
    )
    return [Place(row["congress_id"], row["name"], ZoneInfo(row["timezone"])) for row in rows.to_pylist()]


async def _forever(name: str, job: Callable[[], None], seconds: float) -> None:
    while True:
        try:
            await asyncio.to_thread(job)
        except Exception:  # alerts must not stop the collector, nor a bad minute the alerts
            log.exception("alerts: %s failed", name)
        await asyncio.sleep(seconds)
