"""What X's source says of itself, in one record and one line of words."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.model import Health
from pipelines.sources.server_time import complaint
from pipelines.sources.x.budget import disagreement
from pipelines.sources.x.collect import Collecting
from pipelines.sources.x.coverage import ALERT_BELOW
from pipelines.sources.x.gaps import SOURCE


def health_of(collecting: Collecting) -> Health:
    """State, counters, and a detail like ``filtered stream; 3 rules; 98 % of X's count; $1.20 today, ...``."""
    counters = collecting.reader.counters
    return Health(
        source=SOURCE,
        seen_at=collecting.clock.now(),
        state=collecting.state,
        detail="; ".join(_parts(collecting)),
        connected_since=collecting.connected_since if collecting.state == "live" else None,
        last_data_at=counters.last_data_at,
        last_event_at=counters.last_event_at,
        reconnect_count=collecting.reconnects,
        dropped_count=counters.dropped,
        received_count=counters.received,
        spent_usd=collecting.reader.ledger.spent_in(collecting.clock.now().date()),
        budget_usd=collecting.settings.budget.monthly_usd,
    )


def _parts(collecting: Collecting) -> Iterator[str]:
    yield collecting.mode
    if collecting.mode == "filtered stream" and collecting.rules:
        rules = collecting.rules
        others = f" beside {rules.others} of others" if rules.others else ""
        count = len(rules.keep) + len(rules.add)
        yield f"{count} rule{'' if count == 1 else 's'}{others}"
        yield "with reposts" if collecting.reposts else "originals only"
        if collecting.connects_left is not None:
            yield f"{collecting.connects_left} connects left"
    coverage = collecting.coverage
    if coverage and coverage.ratio is not None:
        warning = " (too few)" if coverage.ratio < ALERT_BELOW else ""
        yield f"{coverage.ratio:.0%} of X's own count{warning}"
    yield _money(collecting)
    if wrong := complaint(collecting.clock):
        yield wrong
    yield from collecting.notes.values()


def _money(collecting: Collecting) -> str:
    ledger, budget, now = collecting.reader.ledger, collecting.settings.budget, collecting.clock.now()
    today, month = ledger.spent_on(now.date()), ledger.spent_in(now.date())
    words = f"${today:,.2f} today, ${month:,.2f} of ${budget.monthly_usd:,.2f} this month"
    stage = {"warn": " (over 70 %)", "lean": " (over 90 %: no look-ups)", "stopped": " (spent)", "normal": ""}
    differs = disagreement(ledger, now.date())
    return words + stage[collecting.stage] + (f"; {differs}" if differs else "")
