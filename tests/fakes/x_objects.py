"""X API v2 objects as the API writes them, made up: for tests and for the loopback API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657_000)


def snowflake(at: datetime, sequence: int = 0) -> str:
    """The id X would give out at ``at`` (UTC)."""
    milliseconds = (at - EPOCH) // timedelta(milliseconds=1)
    return str((milliseconds << 22) | sequence)


def post_object(
    at: datetime, text: str = "News from #ASH26", sequence: int = 0, author_id: str = "4001", **more: Any
) -> dict[str, Any]:
    """A post with every field that the source asks for."""
    post_id = snowflake(at, sequence)
    return {
        "id": post_id,
        "text": text,
        "author_id": author_id,
        "created_at": at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conversation_id": post_id,
        "edit_history_tweet_ids": [post_id],
        "lang": "en",
        "possibly_sensitive": False,
        "public_metrics": {
            "retweet_count": 2,
            "reply_count": 1,
            "like_count": 5,
            "quote_count": 0,
            "bookmark_count": 1,
            "impression_count": 240,
        },
        "entities": {"hashtags": [{"start": 10, "end": 16, "tag": "ASH26"}]},
        **more,
    }


def user_object(user_id: str = "4001", username: str = "drgomez", **more: Any) -> dict[str, Any]:
    """A user with every field that the source asks for."""
    return {
        "id": user_id,
        "username": username,
        "name": "Ana Gómez",
        "description": "Hematologist. Lymphoma. https://t.co/abc",
        "location": "Madrid",
        "verified": False,
        "verified_type": "none",
        "protected": False,
        "public_metrics": {"followers_count": 1200, "following_count": 300, "tweet_count": 9, "listed_count": 1},
        "entities": {"description": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://hosp.es"}]}},
        **more,
    }


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
