"""Which congress a recap is of, and which came before it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pipelines.congresses import Congress
from pipelines.errors import UsageError

NONE = "none"  # said where no comparison is wanted


def congress_named(congress_id: str, configured: Mapping[str, Congress], rows: Iterable[Mapping[str, Any]]) -> Congress:
    """A congress by id: as congresses.yaml has it, else as the database does (the demo congress stands in no file).

    Args:
        rows: the read ``congresses``.

    Raises:
        UsageError: when neither knows it.
    """
    if congress_id in configured:
        return configured[congress_id]
    kept = {row["id"]: row for row in rows}
    if congress_id not in kept:
        known = ", ".join(sorted({*configured, *kept}))
        raise UsageError(f'unknown congress "{congress_id}"; there are: {known or "none"}')
    return _of_row(kept[congress_id])


def congress_before(congress: Congress, rows: Iterable[Mapping[str, Any]]) -> str | None:
    """The id of the newest earlier congress of the same series (id without its year, same society) of which posts are kept."""
    earlier = [
        row
        for row in rows
        if row["society"] == congress.society
        and _series(row["id"]) == _series(congress.id)
        and row["starts_on"] < congress.starts_on
        and row["post_count"]
    ]
    return max(earlier, key=lambda row: row["starts_on"])["id"] if earlier else None


def compared_with(
    said: str | None, congress: Congress, configured: Mapping[str, Congress], rows: list[Mapping[str, Any]]
) -> Congress | None:
    """The congress to set beside one: the one named, none where ``none`` is said, else the one before it where posts are kept.

    Raises:
        UsageError: when the one named is unknown, the same, or nothing of it was collected.
    """
    if said == NONE:
        return None
    other = said or congress_before(congress, rows)
    if other is None:
        return None
    found = congress_named(other, configured, rows)
    if found.id == congress.id:
        raise UsageError(f"--compare {other}: a congress is not compared with itself")
    if not any(row["id"] == other and row["post_count"] for row in rows):
        raise UsageError(f"--compare {other}: nothing of it was collected; bring its posts with: congress import")
    return found


def _series(congress_id: str) -> str:
    return re.sub(r"-\d{4}$", "", congress_id)


def _of_row(row: Mapping[str, Any]) -> Congress:
    found = Congress(
        id=row["id"], name=row["name"], society=row["society"], city=row["city"], timezone=row["timezone"],
        starts_on=row["starts_on"], ends_on=row["ends_on"], hashtags=tuple(row["hashtags"]), simulated=row["simulated"],
    )  # fmt: skip
    first, last = (_local(row[name], found) for name in ("follow_from", "follow_until"))
    return found.model_copy(
        update={"days_before": (found.starts_on - first).days, "days_after": (last - found.ends_on).days - 1}
    )


def _local(at: datetime, congress: Congress) -> Any:
    return at.replace(tzinfo=UTC).astimezone(congress.zone).date()
