"""Post, repost and like records of the Bluesky lexicons as ours. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pipelines.hashtags import folded_once, hashtags_in
from pipelines.model import Like, Post
from pipelines.sources.bluesky.fields import (
    PLATFORM,
    Json,
    child,
    children,
    instant,
    post_uri,
    record_uri,
    text,
    web_url,
)

_LINK = re.compile(r"https?://[^\s\x00-\x1f\x7f]+", re.IGNORECASE)
_LANG = re.compile(r"([A-Za-z]{2,8})(?:[-_]|$)")


class Written(NamedTuple):
    """A record as it was written: its URI, the commit's ``rev``, who, and when the relay saw it."""

    uri: str
    rev: str
    did: str
    at: datetime
    record: Json


def post_of(written: Written, retrieved_at: datetime) -> Post:
    """An ``app.bsky.feed.post`` record as a Post."""
    record = written.record
    body = text(record, "text")
    features = [feature for facet in children(record, "facets") for feature in children(facet, "features")]
    embed, reply = child(record, "embed"), child(record, "reply")
    reply_to_id = record_uri(child(reply, "parent")) if reply else None
    return Post(
        platform=PLATFORM,
        post_id=written.uri,
        revision=written.rev,
        author_id=written.did,
        text=body,
        created_at=_created_at(written),
        retrieved_at=retrieved_at,
        lang=_lang(record),
        url=web_url(written.uri),
        reply_to_id=reply_to_id,
        quoted_id=_quoted(embed) if embed else None,
        conversation_id=(record_uri(child(reply, "root")) if reply else None) or reply_to_id or written.uri,
        hashtags=_hashtags(record, features, body),
        links=tuple(dict.fromkeys(_links(embed, features))),
        mentioned_ids=tuple(dict.fromkeys(_mentions(features))),
    )


def repost_of(written: Written, retrieved_at: datetime) -> Post | None:
    """An ``app.bsky.feed.repost`` record as a Post without text; ``None`` when it reposts no post."""
    subject = post_uri(child(written.record, "subject"))
    if subject is None:
        return None
    return Post(
        platform=PLATFORM,
        post_id=written.uri,
        revision=written.rev,
        author_id=written.did,
        text="",
        created_at=_created_at(written),
        retrieved_at=retrieved_at,
        url=web_url(subject),
        repost_of_id=subject,
    )


def like_of(written: Written) -> Like | None:
    """An ``app.bsky.feed.like`` record; ``None`` when what is liked is no post."""
    subject = post_uri(child(written.record, "subject"))
    return None if subject is None else Like(PLATFORM, written.uri, subject, _created_at(written))


def _created_at(written: Written) -> datetime:
    """When the author says it was written, but never later than the relay saw it.

    The author's device writes ``createdAt``: clocks run ahead, and some date a post into the future to
    stay on top. The event's own time is the only bound nobody can choose, so it also stands in for a
    time that cannot be read. Earlier times are kept: imported posts are old, not new.
    """
    claimed = instant(written.record.get("createdAt"))
    return written.at if claimed is None or claimed > written.at else claimed


def _hashtags(record: Json, features: list[Json], body: str) -> tuple[str, ...]:
    # any feature with a "tag", whatever its $type: "facet#Tag" and "FACETTAG" occur, and so does
    # "facet#tag" without a tag
    in_facets = [text(feature, "tag") for feature in features]
    tags = record.get("tags")
    in_tags = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else ()
    return folded_once((*in_facets, *in_tags, *hashtags_in(body)))


def _links(embed: Json, features: list[Json]) -> Iterator[str]:
    # media: recordWithMedia
    cards = (child(embed, "external"), child(child(embed, "media"), "external")) if embed else ()
    for holder in (*features, *cards):
        if (uri := text(holder, "uri")) and _LINK.fullmatch(uri):
            yield uri


def _mentions(features: list[Json]) -> Iterator[str]:
    for feature in features:
        did = text(feature, "did")
        if did.startswith("did:"):
            yield did


def _quoted(embed: Json) -> str | None:
    """The quoted post: ``embed.record`` or, with pictures beside it, ``embed.record.record``."""
    quoted = child(embed, "record")
    return post_uri(quoted) or post_uri(child(quoted, "record"))


def _lang(record: Json) -> str | None:
    """The first language's primary part: ``"en-US"`` is ``"en"``, as X writes it."""
    langs = record.get("langs")
    first = langs[0] if isinstance(langs, list) and langs else None
    found = _LANG.match(first) if isinstance(first, str) else None
    return found.group(1).lower() if found else None
