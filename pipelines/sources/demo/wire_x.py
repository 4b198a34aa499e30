"""The simulated world as X API v2 payloads: lines of the filtered stream, look-up pages, partial errors."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from pipelines.sources.demo.aftermath import Edit
from pipelines.sources.demo.ids import iso
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.posts import WorldPost

_TAG = re.compile(r"(?<![\w&/#])#(\w+)")
_LENGTH, _REPOST_LENGTH = 280, 140
_JOINED = datetime(2011, 3, 1, 8, 0)
_RULES = {
    "hashtag": ("1960000000000000101", "demo-2026/hashtags"),
    "account": ("1960000000000000102", "demo-2026/accounts"),
    "thread": ("1960000000000000103", "demo-2026/conversations"),
    None: ("1960000000000000104", "demo-2026/wide"),
}


class XWire:
    """Payloads of what happens on X. Counts grow with time: each payload tells those of its moment."""

    def __init__(self, accounts: Sequence[Account], posts: Sequence[WorldPost]):
        self._accounts, self._posts = accounts, posts
        self._taken_up: dict[tuple[int, str], list[datetime]] = {}
        for post in posts:
            if post.platform == "x" and post.parent is not None:
                self._taken_up.setdefault((post.parent, post.kind), []).append(post.at)

    def post(self, post: WorldPost) -> bytes:
        """A line of the filtered stream, with the post it refers to."""
        referenced = [self._posts[post.parent]] if post.parent is not None else []
        return self._line(self.object(post, post.at), [post, *referenced], referenced, post)

    def edit(self, post: WorldPost, edit: Edit) -> bytes:
        """The stream's line for a new version of a post."""
        changed = self.object(post, edit.at, edit.text)
        changed |= {"id": edit.new_id, "created_at": iso(edit.at, millis=False)}
        changed["edit_history_tweet_ids"] = [post.post_id, edit.new_id]
        return self._line(changed, [post], [], post)

    def page(self, posts: Sequence[WorldPost], at: datetime, withheld: bool = False) -> bytes:
        """A look-up's answer, one post after the other."""
        found = [self.object(post, at) for post in posts]
        for each in found if withheld else ():
            each["withheld"] = {"copyright": False, "country_codes": ["DE"]}
        users = {post.author: self._user(post.author) for post in posts}
        return orjson.dumps({"data": found, "includes": {"users": list(users.values())}})

    def gone(self, posts: Sequence[WorldPost]) -> bytes:
        """A look-up's answer for posts that are not there any more."""
        return orjson.dumps({"errors": [_not_found(post.post_id) for post in posts]})

    def object(self, post: WorldPost, at: datetime, words: str | None = None) -> dict[str, Any]:
        """The post as seen at ``at``."""
        text = _escaped(words or self._spoken(post))
        shown = text if len(text) <= _LENGTH or post.kind == "repost" else text[: _LENGTH - 1] + "…"
        entities = self._entities(post, shown)
        found: dict[str, Any] = {
            "author_id": self._accounts[post.author].author_id,
            "conversation_id": self._posts[post.root].post_id,
            "created_at": iso(post.at, millis=False),
            "edit_history_tweet_ids": [post.post_id],
            "id": post.post_id,
            "lang": post.lang,
            "possibly_sensitive": False,
            "public_metrics": self.metrics(post, at),
            "text": shown,
        }
        if entities:
            found["entities"] = entities
        if shown != text:
            found["note_tweet"] = {"text": text, "entities": self._entities(post, text)}
        if post.parent is not None:
            kind = {"repost": "retweeted", "quote": "quoted", "reply": "replied_to"}[post.kind]
            found["referenced_tweets"] = [{"type": kind, "id": self._posts[post.parent].post_id}]
        return found

    def metrics(self, post: WorldPost, at: datetime) -> dict[str, int]:
        """Counts at a moment: what the world did to the post until then, likes and views as time goes by."""
        age = max(0, (at - post.at) // timedelta(seconds=1))
        reposts, quotes, replies = (self._count(post, kind, at) for kind in ("repost", "quote", "reply"))
        likes = (post.likes + 2 * reposts) * age // (age + 2400)
        followers = self._accounts[post.author].followers_count
        views = (followers // 5 + 60 * likes + 300 * reposts) * age // (age + 5400)
        return {
            "retweet_count": reposts,
            "reply_count": replies,
            "like_count": likes,
            "quote_count": quotes,
            "bookmark_count": likes // 9,
            "impression_count": views,
        }

    def _count(self, post: WorldPost, kind: str, at: datetime) -> int:
        times = self._taken_up.get((post.place, kind))
        return bisect_right(times, at) if times else 0

    def _spoken(self, post: WorldPost) -> str:
        """A repost's own text is cut off, and its hashtags with it."""
        if post.kind != "repost" or post.parent is None:
            return post.text
        text = f"RT @{self._accounts[self._posts[post.parent].author].handle}: {post.text}"
        return text if len(text) <= _REPOST_LENGTH else text[: _REPOST_LENGTH - 1] + "…"

    def _entities(self, post: WorldPost, text: str) -> dict[str, Any]:
        entities: dict[str, Any] = {}
        tags = [(found.span(), found.group(1)) for found in _TAG.finditer(text)]
        if tags:
            entities["hashtags"] = [{"start": start, "end": end, "tag": tag} for (start, end), tag in tags]
        if mentions := self._mentioned(post, text):
            entities["mentions"] = mentions
        urls = [link for link in post.links if link.end <= len(text) and "t.co" in text[link.start : link.end]]
        if urls:
            entities["urls"] = [
                {
                    "start": link.start,
                    "end": link.end,
                    "url": text[link.start : link.end],
                    "expanded_url": link.url,
                    "display_url": link.url.removeprefix("https://")[:26] + "…",
                }
                for link in urls
            ]
        return entities

    def _mentioned(self, post: WorldPost, text: str) -> list[dict[str, Any]]:
        authors = list(post.mentions)
        if post.kind == "repost" and post.parent is not None:
            authors = [self._posts[post.parent].author]
        found = []
        for author in authors:
            account = self._accounts[author]
            start = text.find(f"@{account.handle}")
            if start >= 0:
                end = start + 1 + len(account.handle)
                found.append({"start": start, "end": end, "username": account.handle, "id": account.author_id})
        return found

    def _line(
        self, data: dict[str, Any], speakers: Sequence[WorldPost], referenced: Sequence[WorldPost], post: WorldPost
    ) -> bytes:
        users = {each.author: self._user(each.author) for each in speakers}
        includes: dict[str, Any] = {"users": list(users.values())}
        if referenced:
            includes["tweets"] = [self.object(each, post.at) for each in referenced]
        rule_id, tag = _RULES.get(post.rule, _RULES[None])
        return orjson.dumps({"data": data, "includes": includes, "matching_rules": [{"id": rule_id, "tag": tag}]})

    def _user(self, author: int) -> dict[str, Any]:
        account = self._accounts[author]
        user: dict[str, Any] = {
            "created_at": iso(_JOINED + timedelta(hours=29 * author), millis=False),
            "description": account.bio,
            "id": account.author_id,
            "name": account.display_name,
            "protected": False,
            "public_metrics": {
                "followers_count": account.followers_count,
                "following_count": 80 + author % 900,
                "tweet_count": 300 + author * 7 % 20_000,
                "listed_count": account.followers_count // 90,
            },
            "username": account.handle,
            "verified": author % 11 == 0,
            "verified_type": "blue" if author % 11 == 0 else "none",
        }
        return user | {"location": account.location} if account.location else user


def _escaped(text: str) -> str:
    """X escapes these three in texts."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _not_found(post_id: str) -> dict[str, str]:
    return {
        "value": post_id,
        "detail": f"Could not find tweet with ids: [{post_id}].",
        "title": "Not Found Error",
        "resource_type": "tweet",
        "parameter": "ids",
        "resource_id": post_id,
        "type": "https://api.twitter.com/2/problems/resource-not-found",
    }
