"""Beside the collector: each evening of a congress the day in brief goes to the channels of ``.env``, once.

A digest is written down as an alert of the kind ``digest``, so that it is delivered, tried again and never sent twice by the
same means as every other; it stands in no list of what rises.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from importlib.metadata import version
from typing import TYPE_CHECKING

from pipelines.alerts.delivery import queue
from pipelines.alerts.records import Alert
from pipelines.alerts.settings import AlertSettings
from pipelines.clock import Clock, RealClock
from pipelines.congresses import Congress
from pipelines.errors import ConfigError

if TYPE_CHECKING:
    from pipelines.recap.model import Recap
    from pipelines.store.database import Store

log = logging.getLogger(__name__)

SETTING, KIND = "DIGEST_AT", "digest"
LOOK_SECONDS = 30.0


def read_digest_at(environ: Mapping[str, str]) -> time | None:
    """The local time of ``DIGEST_AT``; None where it is not set.

    Raises:
        ConfigError: when it is no time of day.
    """
    text = environ.get(SETTING, "").strip()
    if not text:
        return None
    try:
        return datetime.strptime(text, "%H:%M").time()
    except ValueError:
        raise ConfigError(
            f'.env: {SETTING} is "{text}"; write a time of day like 18:30 (the congress\'s zone)'
        ) from None


def due_day(congress: Congress, at: time, now: datetime) -> date | None:
    """The local day of which a digest is due at ``now`` (naive UTC): today from ``at`` on, on the days of the congress."""
    local = now.replace(tzinfo=UTC).astimezone(congress.zone)
    due = congress.starts_on <= local.date() <= congress.ends_on and local.time() >= at
    return local.date() if due else None


def send_due(
    store: Store, congresses: Sequence[Congress], settings: AlertSettings, at: time, now: datetime, wall: datetime
) -> list[Alert]:
    """Write down the digests that are due and were not yet, each with a delivery to every channel; what was written."""
    written = []
    for each in congresses:
        day = due_day(each, at, now)
        if day is None or _is_told(store, _id(each, day)):
            continue
        alert = _digest(store, each, day, now)
        store.fold_alerts([alert], queue([alert], settings, wall))
        written.append(alert)
    return written


@contextlib.asynccontextmanager
async def each_evening(
    store: Store, congresses: Sequence[Congress], settings: AlertSettings, at: time | None, clock: Clock
) -> AsyncGenerator[None]:
    """Look every half minute for a digest that is due, while the context lasts; never without a time or a channel."""
    if at is None or not settings.channels:
        yield
        return
    looking = asyncio.create_task(_look_for_ever(store, congresses, settings, at, clock))
    try:
        yield
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


async def _look_for_ever(
    store: Store, congresses: Sequence[Congress], settings: AlertSettings, at: time, clock: Clock
) -> None:
    while True:
        try:
            await asyncio.to_thread(send_due, store, congresses, settings, at, clock.now(), RealClock().now())
        except Exception:  # a digest must not stop the collector, nor a bad evening the next one
            log.exception("the digest of the day could not be made")
        await asyncio.sleep(LOOK_SECONDS)


def _is_told(store: Store, alert_id: str) -> bool:
    return bool(store.reader.ask("SELECT 1 FROM alerts WHERE alert_id = $alert_id", alert_id=alert_id).num_rows)


def _id(congress: Congress, day: date) -> str:
    return f"{congress.id}|{KIND}|{day}"


def _digest(store: Store, congress: Congress, day: date, now: datetime) -> Alert:
    from pipelines.recap.daily import subject_of
    from pipelines.recap.digest import digest_text

    made = _recap_of(store, congress, day, now)
    posts = sum(each.post_count for each in made.hours)
    return Alert(
        alert_id=_id(congress, day), congress_id=congress.id, kind=KIND, item=f"{day}", started_at=made.provenance.start,
        noticed_at=now, last_seen_at=now, observed=posts, expected=float(posts), p_value=1.0, q_value=1.0, peak=posts,
        started_by="", post_ids=(), subject=subject_of(made), body=digest_text(made), state="queued",
    )  # fmt: skip


def _recap_of(store: Store, congress: Congress, day: date, now: datetime) -> Recap:
    from pipelines.asking import StoredReads
    from pipelines.recap.build import build
    from pipelines.recap.window import window_of

    window = window_of(congress, f"{day}", now)
    return build(StoredReads(store, now), congress, window, now, version("congress-pulse"))
