"""X beside the other sources: whether it is followed, for how much, and what the store already knows of it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from pipelines.clock import Clock
from pipelines.congresses import Congress
from pipelines.model import LedgerEntry
from pipelines.sources.x import KEY
from pipelines.sources.x.budget import Budget, Ledger
from pipelines.sources.x.rules import rules_for
from pipelines.store.reader import Reader

if TYPE_CHECKING:
    from pipelines.sources.x.settings import XSettings
    from pipelines.sources.x.source import XSource


def x_source(
    congresses: Sequence[Congress],
    reader: Reader,
    clock: Clock,
    monthly_usd: float,
    settings: XSettings | None = None,
) -> XSource | None:
    """The X source with the ledger of this month, within a budget; None without a key in ``.env``."""
    if not os.environ.get(KEY, "").strip():
        return None
    # with these comes tweepy, which only who has a key needs
    from pipelines.sources.x.settings import XSettings, bearer_token
    from pipelines.sources.x.source import XSource

    ledger = Ledger()
    ledger.fold(_spent_this_month(reader, clock.now()))
    return XSource(
        congresses,
        bearer_token(os.environ),
        settings or XSettings(Budget(monthly_usd)),
        ledger=ledger,
        known_authors=_authors_with_a_bio(reader),
        top_posts=lambda day, count: _top_posts(reader, day, count),
        held_posts=lambda: _held_posts(reader),
        clock=clock,
    )


def _spent_this_month(reader: Reader, now: datetime) -> list[LedgerEntry]:
    rows = reader.ask(
        """
        SELECT source, day, kind, resource_id, cost_usd, noted_at FROM ledger
        WHERE source = 'x' AND date_trunc('month', day) = date_trunc('month', $today::DATE) ORDER BY ALL
        """,
        today=now,
    )
    return [LedgerEntry(**row) for row in rows.to_pylist()]


def _authors_with_a_bio(reader: Reader) -> list[str]:
    rows = reader.ask(
        "SELECT author_id FROM authors WHERE platform = 'x' AND profile_at IS NOT NULL ORDER BY author_id"
    )
    return rows["author_id"].to_pylist()


def _held_posts(reader: Reader) -> list[str]:
    return reader.ask("SELECT post_id FROM posts WHERE platform = 'x' ORDER BY post_id")["post_id"].to_pylist()


def _top_posts(reader: Reader, day: date, count: int) -> list[str]:
    rows = reader.ask(
        """
        SELECT m.post_id FROM matches m LEFT JOIN counts c USING (platform, post_id)
        WHERE m.platform = 'x' AND m.kind <> 'repost' AND m.visible AND m.created_at::DATE = $day
        GROUP BY m.post_id ORDER BY max(coalesce(c.like_count, 0) + 2 * coalesce(c.repost_count, 0)) DESC, m.post_id
        LIMIT $count
        """,
        day=day,
        count=count,
    )
    return rows["post_id"].to_pylist()


def forecast_of(congress: Congress, now: datetime) -> dict[str, str]:
    """What X is asked for, and with a key in ``.env`` what it would bring and cost, from X's counts ($0.005 a query)."""
    said = {"X rules": "; ".join(rule.value for rule in rules_for([congress], reposts=False))}
    if not os.environ.get(KEY, "").strip():
        return {**said, "X forecast": f"needs {KEY} in .env"}
    from pipelines.sources.x.settings import XSettings, bearer_token
    from pipelines.sources.x.source import forecast_congress

    forecast = forecast_congress(congress, bearer_token(os.environ), XSettings(Budget(1.0)), now)
    return {
        **said,
        "X forecast": f"{forecast.posts:,} posts ({forecast.low:,} to {forecast.high:,}), ${forecast.usd:,.2f} without reposts, ${forecast.usd_with_reposts():,.2f} with",
    }
