"""Results of X compliance jobs: one JSON line for each post or account that may no longer be kept. Pure.

A line reads ``{"id": ..., "action": "delete", "created_at": ..., "reason": ...}``. Lines about posts and
about accounts look alike; which they are is known from the job, or from ``target_of`` for a file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, Literal

import orjson

from pipelines.model import AccountState, Deletion
from pipelines.sources.x.fields import FIRST_SNOWFLAKE, SNOWFLAKE_EPOCH, identifier, minted_at, moment, text
from pipelines.sources.x.post import PLATFORM

Target = Literal["post", "author"]
_GONE_FOR_GOOD = ("deleted",)  # an account that is protected, suspended or deactivated may come back
_KEEPS_CONTENT = ("scrub_geo",)  # only the place must go, and we keep none


def is_compliance(item: Any) -> bool:
    """Whether a decoded line is a compliance result."""
    return isinstance(item, dict) and "action" in item and "reason" in item and "id" in item


def target_of(items: Iterable[Mapping[str, Any]]) -> Target | None:
    """Whether the lines are about posts or accounts, from the ids; None where they do not tell.

    A post's id holds the second it was created in; the id of an account from before 2016 is a small
    counter, which an account created after November 2010 shows to be no post's.
    """
    votes = {vote for item in items if (vote := _vote(item))}
    return votes.pop() if len(votes) == 1 else None


def _vote(item: Mapping[str, Any]) -> Target | None:
    item_id, created_at = identifier(item.get("id")), moment(item.get("created_at"))
    if item_id is None or created_at is None:
        return None
    if int(item_id) <= FIRST_SNOWFLAKE:
        return "author" if created_at > SNOWFLAKE_EPOCH + timedelta(days=2) else None
    minted = minted_at(item_id)
    to_the_millisecond = "." in str(item["created_at"])  # accounts come with whole seconds
    if minted and abs(created_at - minted) <= timedelta(seconds=1) and to_the_millisecond:
        return "post"
    return None


def read_result(line: bytes, target: Target, seen_at: datetime) -> Deletion | AccountState | None:
    """What one line demands; None for a line that cannot be read or asks nothing of us."""
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError:
        return None
    item_id = identifier(item.get("id")) if isinstance(item, dict) else None
    if item_id is None:
        return None
    reason, action = text(item, "reason") or "deleted", text(item, "action")
    if action in _KEEPS_CONTENT or reason in _KEEPS_CONTENT:
        return None
    at = moment(item.get("redacted_at")) or seen_at
    if target == "post":
        return Deletion(PLATFORM, "post", item_id, at, reason)
    if reason in _GONE_FOR_GOOD:
        return Deletion(PLATFORM, "author", item_id, seen_at, "account_deleted")
    return AccountState(PLATFORM, item_id, False, seen_at, reason)
