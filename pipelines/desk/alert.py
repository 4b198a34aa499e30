"""When people are told that possible adverse events wait, and that posts came before an embargo. Pure but for the reads.

An alert names figures and a page, never a word of a post. It is told at any hour and beside the daily cap: the clock runs
at night too. A case is told of twice: when the set share of its hours has passed, and when it is overdue.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from pipelines.alerts.plan import NOBODY, Place
from pipelines.alerts.records import Alert
from pipelines.alerts.settings import AlertSettings
from pipelines.desk.read import cases, early_posts, waiting
from pipelines.store.reader import Reader

KINDS = ("safety", "embargo")  # kinds of alerts that viewers are not shown
BETWEEN = timedelta(minutes=30)  # at least, from one alert of a kind to the next
MOST = 5000  # open cases looked at


def desk_alerts(
    reader: Reader, place: Place, now: datetime, settings: AlertSettings, told: Collection[str], last: dict[str, datetime]
) -> list[Alert]:  # fmt: skip
    """What is to be told at ``now`` (the congress's clock) and was not yet.

    Args:
        told: ids of the alerts that were written before.
        last: when an alert of a kind (``safety``, ``embargo``) was written last.
    """
    found: list[Alert] = []
    plans: list[tuple[str, Callable[..., Alert | None]]] = [("safety", _safety)]
    if settings.embargo:
        plans.append(("embargo", _embargo))
    for kind, plan in plans:
        if kind in last and now - last[kind] < BETWEEN:
            continue
        alert = plan(reader, place, now, settings)
        if alert and alert.alert_id not in told:
            found.append(alert)
    return found


def _safety(reader: Reader, place: Place, now: datetime, settings: AlertSettings) -> Alert | None:
    figures = waiting(reader, place.congress_id, now).to_pylist()[0]
    if not figures["open_count"]:
        return None
    rows = cases(reader, place.congress_id, now, state="open", limit=MOST).select(["number", "clock"]).to_pylist()
    past = [row for row in rows if row["clock"] >= figures["alert_at"]]
    if not past:
        return None
    late = [row["number"] for row in past if row["clock"] > 1]
    # a case enters each of the two groups once, so the newest number and the size name what was told
    name = f"{max(row['number'] for row in past)}.{max(late, default=0)}"
    many = figures["open_count"]
    waits = "1 possible adverse event waits" if many == 1 else f"{many} possible adverse events wait"
    hours = (now - figures["oldest_at"]).total_seconds() / 3600
    overdue = f", {len(late)} overdue" if late else ""
    subject = f"{place.name}: {waits}, oldest since {hours:.0f} h{overdue}"
    body = f"For human review within {figures['hours']:g} h of first sight.\n{_page(settings)}"
    return _alert("safety", name, place, now, settings, subject, body, many)


def _embargo(reader: Reader, place: Place, now: datetime, settings: AlertSettings) -> Alert | None:
    rows = early_posts(reader, place.congress_id, now, limit=1).to_pylist()
    held = rows[0]["held_count"] if rows else 0
    if not held:
        return None
    posts = "1 post names" if held == 1 else f"{held} posts name"
    subject = f"{place.name}: {posts} an abstract before its listed embargo time"
    body = f"Held from viewers and exports until then.\n{_page(settings)}"
    return _alert("embargo", str(held), place, now, settings, subject, body, held)


def _alert(
    kind: str, name: str, place: Place, now: datetime, settings: AlertSettings, subject: str, body: str, many: int
) -> Alert:  # fmt: skip
    told = bool(settings.channels)
    return Alert(
        alert_id=f"{place.congress_id}|{kind}|{name}", congress_id=place.congress_id, kind=kind, item=name, started_at=now,
        noticed_at=now, last_seen_at=now, observed=many, expected=0.0, p_value=0.0, q_value=0.0, peak=many, started_by="",
        post_ids=(), subject=subject, body=body, state="queued" if told else "suppressed", reason="" if told else NOBODY,
    )  # fmt: skip


def _page(settings: AlertSettings) -> str:
    return f"{settings.dashboard_url}/desk" if settings.dashboard_url else "See the page Safety desk of the dashboard."


def told_before(rows: Sequence[dict[str, Any]]) -> tuple[set[str], dict[str, datetime]]:
    """Ids and the newest moment by kind, of rows with alert_id, kind and noticed_at."""
    last: dict[str, datetime] = {}
    for row in rows:
        last[row["kind"]] = max(row["noticed_at"], last.get(row["kind"], row["noticed_at"]))
    return {row["alert_id"] for row in rows}, last
