"""The simulated world as Jetstream v1 frames, with the fields of recorded ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import orjson

from pipelines.sources.demo.aftermath import WorldLike
from pipelines.sources.demo.chance import SORTABLE32
from pipelines.sources.demo.ids import content_id, iso, micros, record_key
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.posts import WorldPost

_TAG = re.compile(r"(?<![\w&/#])#(\w+)")
_JOINED = datetime(2023, 5, 2, 9, 30)
_SERIAL = 30_340_180_000  # of the relay, as in recorded identity events


class BlueskyWire:
    """Frames of what happens on Bluesky."""

    def __init__(self, accounts: Sequence[Account], posts: Sequence[WorldPost]):
        self._accounts, self._posts = accounts, posts

    def post(self, post: WorldPost) -> bytes:
        """A post or a repost."""
        collection, key = post.post_id.split("/")[-2:]
        reposted = self._posts[post.parent] if post.kind == "repost" and post.parent is not None else None
        record = self._repost(post, reposted) if reposted else self._record(post)
        return self._commit(post.at, self._did(post), "create", collection, key, record)

    def like(self, like: WorldLike) -> bytes:
        record = {
            "$type": "app.bsky.feed.like",
            "createdAt": iso(like.at),
            "subject": self._reference(self._posts[like.place]),
        }
        return self._commit(like.at, like.did, "create", "app.bsky.feed.like", like.key, record)

    def unlike(self, like: WorldLike, at: datetime) -> bytes:
        return self._commit(at, like.did, "delete", "app.bsky.feed.like", like.key)

    def deletion(self, post: WorldPost, at: datetime) -> bytes:
        collection, key = post.post_id.split("/")[-2:]
        return self._commit(at, self._did(post), "delete", collection, key)

    def introduction(self, author: int, at: datetime) -> tuple[bytes, bytes]:
        """Handle and profile of an account, as they come when it changes either."""
        account = self._accounts[author]
        identity = {"did": account.author_id, "handle": account.handle, "seq": _SERIAL + author, "time": iso(at)}
        profile = {
            "$type": "app.bsky.actor.profile",
            "createdAt": iso(_JOINED + timedelta(hours=author)),
            "description": account.bio,
            "displayName": account.display_name,
        }
        return (
            _frame(at, account.author_id, "identity", identity),
            self._commit(at, account.author_id, "update", "app.bsky.actor.profile", "self", profile),
        )

    def account(self, author: int, at: datetime, status: str | None) -> bytes:
        """The account goes away with a ``status``, or comes back (None)."""
        did = self._accounts[author].author_id
        body: dict[str, Any] = {"active": status is None, "did": did, "seq": _SERIAL * 2 + author, "time": iso(at)}
        return _frame(at, did, "account", body if status is None else body | {"status": status})

    def _record(self, post: WorldPost) -> dict[str, Any]:
        record: dict[str, Any] = {
            "$type": "app.bsky.feed.post",
            "createdAt": iso(post.at),
            "langs": [post.lang],
            "text": post.text,
        }
        if facets := self._facets(post):
            record["facets"] = facets
        if post.kind == "reply" and post.parent is not None:
            parent, root = self._posts[post.parent], self._posts[post.root]
            record["reply"] = {"parent": self._reference(parent), "root": self._reference(root)}
        if post.kind == "quote" and post.parent is not None:
            quoted = self._reference(self._posts[post.parent])
            record["embed"] = {"$type": "app.bsky.embed.record", "record": quoted}
        elif post.links:
            external = {"description": "", "title": "Abstract (simulated)", "uri": post.links[0].url}
            record["embed"] = {"$type": "app.bsky.embed.external", "external": external}
        return record

    def _repost(self, post: WorldPost, reposted: WorldPost) -> dict[str, Any]:
        return {"$type": "app.bsky.feed.repost", "createdAt": iso(post.at), "subject": self._reference(reposted)}

    def _facets(self, post: WorldPost) -> list[dict[str, Any]]:
        facets = [
            _facet(post.text, link.start, link.end, {"$type": "app.bsky.richtext.facet#link", "uri": link.url})
            for link in post.links
        ]
        for found in _TAG.finditer(post.text):
            tag = {"$type": "app.bsky.richtext.facet#tag", "tag": found.group(1)}
            facets.append(_facet(post.text, *found.span(), tag))
        for author in post.mentions:
            account = self._accounts[author]
            start = post.text.find(f"@{account.handle}")
            mention = {"$type": "app.bsky.richtext.facet#mention", "did": account.author_id}
            facets.append(_facet(post.text, start, start + 1 + len(account.handle), mention))
        return facets

    def _reference(self, post: WorldPost) -> dict[str, str]:
        return {"cid": content_id(post.post_id), "uri": post.post_id}

    def _did(self, post: WorldPost) -> str:
        return self._accounts[post.author].author_id

    def _commit(
        self, at: datetime, did: str, operation: str, collection: str, key: str, record: dict[str, Any] | None = None
    ) -> bytes:
        # the commit's rev is minted a moment after the record's key
        body: dict[str, Any] = {"rev": _revision(at), "operation": operation, "collection": collection, "rkey": key}
        if record is not None:
            body |= {"record": record, "cid": content_id(f"at://{did}/{collection}/{key}")}
        return _frame(at, did, "commit", body)


def _revision(at: datetime) -> str:
    return record_key(at + timedelta(microseconds=350), 7)[:-1] + SORTABLE32[at.second % 32]


def _facet(text: str, start: int, end: int, feature: dict[str, str]) -> dict[str, Any]:
    """Bluesky counts bytes of UTF-8, not characters."""
    first = len(text[:start].encode())
    return {
        "features": [feature],
        "index": {"byteEnd": first + len(text[start:end].encode()), "byteStart": first},
    }


def _frame(at: datetime, did: str, kind: str, body: dict[str, Any]) -> bytes:
    return orjson.dumps({"did": did, "time_us": micros(at), "kind": kind, kind: body})
