"""X API v2 objects as the API writes them, made up; times as naive UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pipelines.sources.x import world as x_world
from pipelines.sources.x.world import user_object

__all__ = ["post_object", "renamed", "snowflake", "user_object"]


def snowflake(at: datetime, sequence: int = 0) -> str:
    """The id X would give out at ``at``."""
    return x_world.snowflake(at.replace(tzinfo=UTC).timestamp(), sequence)


def post_object(
    at: datetime, text: str = "News from #ASH26", sequence: int = 0, author_id: str = "1000", **more: Any
) -> dict[str, Any]:
    """A post with every field that the source asks for."""
    return x_world.post_object(at.replace(tzinfo=UTC).timestamp(), sequence, author_id, text=text, **more)


_RENAMED = {
    "edit_history_tweet_ids": "edit_history_post_ids",
    "referenced_tweets": "referenced_posts",
    "note_tweet": "note_post",
    "retweet_count": "repost_count",
    "tweet_count": "post_count",
    "tweets": "posts",
}


def renamed(payload: Any) -> Any:
    """The same payload in X's new vocabulary."""
    if isinstance(payload, dict):
        return {_RENAMED.get(key, key): renamed(value) for key, value in payload.items()}
    if isinstance(payload, list):
        return [renamed(item) for item in payload]
    return "reposted" if payload == "retweeted" else payload
