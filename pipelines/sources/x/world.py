"""Made-up X posts and users for the loopback server, written as the API writes them, and its small matcher."""

from __future__ import annotations

import bisect
import random
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

EPOCH_MS = 1_288_834_974_657  # where X's ids begin to count milliseconds
_TERM = re.compile(r'"[^"]+"|#\w+|from:\w+')


@dataclass(frozen=True, slots=True)
class Made:
    """A post of the made-up world. Times are seconds since 1970; ``second`` is what ``created_at`` says."""

    created_at: float
    delivered_at: float
    data: dict[str, Any]
    original_id: str | None = None

    @property
    def post_id(self) -> str:
        return self.data["id"]

    @property
    def author_id(self) -> str:
        return self.data["author_id"]

    @property
    def is_repost(self) -> bool:
        return self.original_id is not None

    @property
    def second(self) -> float:
        return float(int(self.created_at))


@dataclass(slots=True)
class World:
    """Posts in the order they are written, and their authors."""

    posts: list[Made] = field(default_factory=list)
    users: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_delivery: list[Made] = field(default_factory=list)
    by_id: dict[str, Made] = field(default_factory=dict)
    _times: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.posts.sort(key=lambda made: made.created_at)
        self.by_delivery = sorted(self.posts, key=lambda made: made.delivered_at)
        self.by_id = {made.post_id: made for made in self.posts}
        self._times = [made.created_at for made in self.posts]

    def finds(self, rule: str, made: Made) -> bool:
        """Whether a rule or query finds a post of this world."""
        user = self.users.get(made.author_id, {})
        return finds(rule, made.data, user.get("username", ""))

    def until(self, now: float) -> Sequence[Made]:
        """Posts written by ``now``, oldest first."""
        return self.posts[: bisect.bisect_right(self._times, now)]

    def first_after(self, instant: float) -> int:
        """Where in ``by_delivery`` the posts delivered after ``instant`` begin."""
        return bisect.bisect_left(self.by_delivery, instant, key=lambda made: made.delivered_at)


def made_up(
    seed: int, start: float, seconds: float, rate: float, reposts: float = 0.6, latency: float = 0.0, tag: str = "ASH26"
) -> World:
    """A world of ``rate`` posts a second for ``seconds`` from ``start``, the same for the same seed.

    Args:
        reposts: share of reposts; each points to an earlier original.
        latency: the stream delivers a post up to this many seconds after it was written.
    """
    random_ = random.Random(seed)
    users = {str(1_000 + number): user_object(str(1_000 + number), f"dr{number}") for number in range(60)}
    made: list[Made] = []
    originals: list[str] = []
    for number in range(int(seconds * rate)):
        at = start + number / rate
        author = random_.choice(list(users))
        original = random_.choice(originals[-200:]) if originals and random_.random() < reposts else None
        data = repost_object(at, number, author, original) if original else post_object(at, number, author, tag)
        if original is None:
            originals.append(data["id"])
        made.append(Made(at, at + random_.uniform(0, latency), data, original))
    return World(made, users)


def snowflake(at: float, sequence: int = 0) -> str:
    """The id X would give out at ``at`` (seconds since 1970)."""
    return str(((round(at * 1000) - EPOCH_MS) << 22) | (sequence & 0x3FFFFF))


def post_object(
    at: float, sequence: int = 0, author_id: str = "1000", tag: str = "ASH26", text: str | None = None, **more: Any
) -> dict[str, Any]:
    """A post with every field the source asks for."""
    post_id = snowflake(at, sequence)
    words = text if text is not None else f"Data number {sequence} from #{tag}"
    metrics = {"retweet_count": 2, "reply_count": 1, "like_count": 5, "quote_count": 0}
    return {
        "id": post_id,
        "text": words,
        "author_id": author_id,
        "created_at": datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "conversation_id": post_id,
        "edit_history_tweet_ids": [post_id],
        "lang": "en",
        "possibly_sensitive": False,
        "public_metrics": metrics | {"bookmark_count": 1, "impression_count": 240},
        "entities": {"hashtags": [{"start": 0, "end": len(tag) + 1, "tag": tag}]},
        **more,
    }


def repost_object(at: float, sequence: int, author_id: str, original_id: str) -> dict[str, Any]:
    """A repost: its text is cut off, its hashtag with it, as most of the recorded ones are."""
    reference = [{"type": "retweeted", "id": original_id}]
    text = "RT @dr0: Data that goes on and on until it is cut off before its hasht…"
    return post_object(at, sequence, author_id, text=text, referenced_tweets=reference)


def user_object(user_id: str = "1000", username: str = "dr0", **more: Any) -> dict[str, Any]:
    """A user with every field the source asks for."""
    metrics = {"followers_count": 1_200, "following_count": 300, "tweet_count": 9, "listed_count": 1}
    return {
        "id": user_id,
        "username": username,
        "name": "Ana Gómez",
        "description": "Hematologist. Lymphoma. https://t.co/abc",
        "location": "Madrid",
        "verified": False,
        "verified_type": "none",
        "protected": False,
        "public_metrics": metrics,
        "profile_image_url": "https://pbs.twimg.com/profile_images/1/a_normal.jpg",
        "entities": {"description": {"urls": [{"url": "https://t.co/abc", "expanded_url": "https://hosp.es"}]}},
        **more,
    }


def finds(rule: str, post: dict[str, Any], handle: str = "") -> bool:
    """Whether a rule or query of the form ``(a OR b) -is:retweet -is:nullcast`` finds a post.

    A repost is found by its original's hashtags: X matches the whole text, not the cut-off one.
    """
    is_repost = any(each["type"] == "retweeted" for each in post.get("referenced_tweets", ()))
    if is_repost and "-is:retweet" in rule:
        return False
    tags = {f"#{each['tag']}".casefold() for each in post.get("entities", {}).get("hashtags", ())}
    words = post["text"].casefold()
    tags.add(f"from:{handle}".casefold())
    return any(
        term.casefold() in tags or (term.startswith('"') and term.strip('"').casefold() in words)
        for term in _TERM.findall(rule)
    )


def minute_counts(posts: Iterable[Made], start: float, end: float) -> list[dict[str, Any]]:
    """Buckets of a minute as ``counts/recent`` gives them, empty ones included."""
    counted = Counter(int(made.second // 60) for made in posts if start <= made.second < end)
    minutes = range(int(start // 60), int(-(-end // 60)))
    return [
        {"start": _minute(minute), "end": _minute(minute + 1), "tweet_count": counted.get(minute, 0)}
        for minute in minutes
    ]


def _minute(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
