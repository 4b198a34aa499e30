"""What would be followed, and where things stand: plain values for the command line to show."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.abstracts import read_catalogue
from pipelines.asking import asking
from pipelines.congresses import Congress
from pipelines.store.client import OwnerClient


def what_is_followed(chosen: Sequence[Congress]) -> list[dict[str, Any]]:
    """One entry a congress: what is looked for, from when to when (in its zone), and how large its catalogue is."""
    return [_followed(each) for each in chosen]


def _followed(congress: Congress) -> dict[str, Any]:
    zone = congress.zone
    return {
        "congress": f"{congress.id} ({congress.name}, {congress.city})",
        "days": f"{congress.starts_on} to {congress.ends_on}, {congress.timezone}",
        "followed": f"{_local(congress.follow_from, zone)} to {_local(congress.follow_until, zone)}",
        "hashtags": [f"#{tag}" for tag in congress.hashtags],
        "accounts": [
            f"{p}:{h}" for p, hs in (("x", congress.accounts.x), ("bluesky", congress.accounts.bluesky)) for h in hs
        ],
        "keywords": list(congress.keywords),
        "products": [each.name for each in congress.products],
        "catalogue": f"{len(read_catalogue(congress.catalog, congress.id))} abstracts" if congress.catalog else "none",
    }


def where_things_stand(data: Path) -> dict[str, Any]:
    """Sources, gaps and post counts, asked of the owner or, when none runs, of the database file itself."""
    with asking(data) as reads:
        tables = {name: reads.read(name, **params).to_pylist() for name, params in _QUESTIONS.items()}
        running = isinstance(reads, OwnerClient)
    return {
        "collector": "running" if running else "not running",
        "congresses": [{key: row[key] for key in ("id", "name", "post_count")} for row in tables["congresses"]],
        "sources": [_source(row) for row in tables["health"]],
        "gaps": [row for row in tables["gaps"] if row["status"] != "filled"],
    }


_QUESTIONS = {
    "congresses": {},
    "health": {},
    "gaps": {"start": "1970-01-01T00:00:00", "end": "2200-01-01T00:00:00"},
}


def _source(row: dict[str, Any]) -> dict[str, Any]:
    lag = (row["seen_at"] - row["last_event_at"]).total_seconds() if row["last_event_at"] else None
    kept = ("source", "state", "detail", "seen_at", "received_count", "dropped_count", "reconnect_count")
    return {**{key: row[key] for key in kept}, "lag_seconds": lag}


def _local(moment: datetime, zone: Any) -> str:
    return moment.replace(tzinfo=UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
