"""Which rises are told: one alert per rise, none twice for the same posts, none at night, only so many a day."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pipelines.alerts.records import Alert
from pipelines.alerts.settings import AlertSettings
from pipelines.trending.gather import KINDS
from pipelines.trending.telling import Rise, chance, why

SETTLES = timedelta(minutes=10)  # a drug, trial, company or hashtag rises with its abstract: that one is told
SAME_POSTS = 0.5  # share of a rise's posts that another alert has told, above which it is told already
NIGHT, CAP, NOBODY = "quiet hours", "daily cap", "no channel is set up"
_UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class Place:
    """The congress a rise belongs to: what its alerts call it, and the zone they tell the time in."""

    congress_id: str
    name: str
    zone: ZoneInfo

    def local(self, moment: datetime) -> datetime:
        return moment.replace(tzinfo=_UTC).astimezone(self.zone)


def plan_alerts(
    rises: Iterable[Rise],
    history: Sequence[Alert],
    now: datetime,
    place: Place,
    settings: AlertSettings,
    titles: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> list[Alert]:
    """The alerts to write at ``now`` (naive UTC): new ones, and older ones whose rise goes on.

    Args:
        rises: what rises now, of every kind.
        history: the congress's alerts of the last two days, told or not.
        titles: what abstracts are called, by number.
        links: addresses of posts, by post id, as far as they may be shown.
    """
    told = {each.alert_id: each for each in history}
    written: dict[str, Alert] = {}
    for rise in sorted(rises, key=lambda each: (KINDS.index(each.kind), each.p_value, each.item)):
        known = next((each for each in told.values() if _same(each, rise)), None)
        if known is None and rise.kind != "abstract" and now - rise.since < SETTLES:
            continue
        alert = _continued(known, rise, now) if known else _fresh(rise, now, place, titles or {}, links or {})
        if known is None or (known.state == "suppressed" and known.reason == NIGHT):
            alert = _judged(
                alert, [each for each in told.values() if each.alert_id != alert.alert_id], now, place, settings
            )
        if alert != known:
            told[alert.alert_id] = written[alert.alert_id] = alert
    return list(written.values())


def _same(alert: Alert, rise: Rise) -> bool:
    """A rise is the one of an alert when it began before that alert was last seen to rise, whatever its first minute."""
    return (alert.kind, alert.item) == (rise.kind, rise.item) and rise.since <= alert.last_seen_at


def _continued(alert: Alert, rise: Rise, now: datetime) -> Alert:
    return replace(alert, last_seen_at=max(now, alert.last_seen_at), peak=max(alert.peak, rise.peak))


def _fresh(rise: Rise, now: datetime, place: Place, titles: Mapping[str, str], links: Mapping[str, str]) -> Alert:
    what = f"{rise.kind} {rise.item}" if rise.kind != "hashtag" else f"#{rise.item}"
    return Alert(
        alert_id="|".join((place.congress_id, rise.kind, rise.item, rise.since.isoformat(timespec="minutes"))),
        congress_id=place.congress_id,
        kind=rise.kind,
        item=rise.item,
        started_at=rise.since,
        noticed_at=now,
        last_seen_at=now,
        observed=rise.observed,
        expected=rise.expected,
        p_value=rise.p_value,
        q_value=rise.q_value,
        peak=rise.peak,
        started_by=rise.started_by,
        post_ids=rise.post_ids,
        subject=f"{place.name}: {what} is taking off",
        body=_body(rise, place, titles.get(rise.item, "") if rise.kind == "abstract" else "", links),
        state="queued",
    )


def _body(rise: Rise, place: Place, title: str, links: Mapping[str, str]) -> str:
    at = place.local(rise.as_of)
    shown = [links[each] for each in rise.post_ids if each in links][:5]
    lines = [
        title,
        f"{why(rise, place.zone)}.",
        f"Of alerts as improbable as this, {_share(rise.q_value)} is false.",
        f"As of {at:%H:%M} on {at:%d %b} ({place.zone.key}).",
        *([f"Posts that carry it ({len(shown)} of {len(rise.post_ids)}):", *shown] if shown else []),
    ]
    return "\n".join(line for line in lines if line)


def _share(q_value: float) -> str:
    odds = chance(q_value).removeprefix("chance ").removeprefix("below ")
    return f"at most {odds}"


def _judged(alert: Alert, others: Sequence[Alert], now: datetime, place: Place, settings: AlertSettings) -> Alert:
    """The alert queued, or suppressed with the reason."""
    today = place.local(now).date()
    spent = sum(each.state != "suppressed" and place.local(each.noticed_at).date() == today for each in others)
    twin = next((each for each in others if _tells(each, alert)), None)
    if twin:
        return replace(alert, state="suppressed", reason=f"same posts as {twin.kind} {twin.item}")
    if not settings.channels:
        return replace(alert, state="suppressed", reason=NOBODY)
    if settings.is_quiet(place.local(now).time()):
        return replace(alert, state="suppressed", reason=NIGHT)
    if spent >= settings.daily_cap:
        return replace(alert, state="suppressed", reason=CAP)
    return replace(alert, state="queued", reason="", noticed_at=now)


def _tells(other: Alert, alert: Alert) -> bool:
    shared = set(other.post_ids) & set(alert.post_ids)
    together = other.last_seen_at >= alert.started_at - SETTLES
    return together and bool(shared) and len(shared) >= SAME_POSTS * min(len(other.post_ids), len(alert.post_ids))
