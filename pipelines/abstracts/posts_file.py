"""The command ``congress link``: posts of a JSON lines file in, their abstracts with evidence out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from pipelines.abstracts.linker import Linker, inherited
from pipelines.congresses import Congress
from pipelines.errors import InputError
from pipelines.hashtags import hashtags_in
from pipelines.model import AbstractMention, Author, Post


def link_posts(lines: Iterable[bytes], linker: Linker, congress: Congress) -> Iterator[dict[str, Any]]:
    """For each post of the file, in its order, ``{"id", "abstracts": [{"number", "tier", "rule", "evidence"}]}``.

    A line is an object with "id" and "text", and optionally platform, congress (the slug whose hashtag the
    text has; null when none), created_at, author_handle, urls, reply_to, quote_of. A post of another congress
    gets none. A reply or quote without evidence of its own takes over what it answers, as rule "inherited".

    Raises:
        InputError: naming the first line that is no such post.
    """
    posts = [read_post(number, line, congress) for number, line in enumerate(lines, 1) if line.strip()]
    own = {post.post_id: linker.mentions(post, author) if ours else () for post, author, ours in posts}
    for post, _, ours in posts:
        mentions: Sequence[AbstractMention] = own[post.post_id] or (inherited(post, own) if ours else ())
        yield {"id": post.post_id, "abstracts": [_shown(mention) for mention in mentions]}


def _shown(mention: AbstractMention) -> dict[str, Any]:
    return {"number": mention.number, "tier": mention.tier, "rule": mention.rule, "evidence": mention.evidence}


def read_post(number: int, line: bytes, congress: Congress) -> tuple[Post, Author | None, bool]:
    """The post and author of a line, and whether the post can be of this congress."""
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InputError(f"line {number}: not JSON ({error.msg}); one post a line is wanted") from None
    if not isinstance(row, dict):
        raise InputError(f'line {number}: an object with "id" and "text" is wanted')
    post_id, text = _string(row, "id", number), _string(row, "text", number)
    platform = _optional(row, "platform", number) or "other"
    handle = _optional(row, "author_handle", number)
    created_at = _time(row.get("created_at"), number, congress)
    slug = _optional(row, "congress", number)
    tags = hashtags_in(text)
    if slug == congress.id and not set(tags) & set(congress.hashtags):
        tags = (*tags, *congress.hashtags[:1])  # the field says that the tag is there
    post = Post(
        platform, post_id, "", handle or "", text, created_at, created_at,
        reply_to_id=_optional(row, "reply_to", number), quoted_id=_optional(row, "quote_of", number),
        hashtags=tags, links=_links(row.get("urls"), number),
    )  # fmt: skip
    author = Author(platform, handle, created_at, handle=handle.lstrip("@")) if handle else None
    return post, author, slug in (None, congress.id)


def _string(row: dict[str, Any], key: str, number: int) -> str:
    value = row.get(key)
    if not isinstance(value, str) or (key == "id" and not value):
        raise InputError(f'line {number}: "{key}" must be a text, not {_kind(value)}')
    return value


def _optional(row: dict[str, Any], key: str, number: int) -> str | None:
    value = row.get(key)
    if value is not None and not isinstance(value, str):
        raise InputError(f'line {number}: "{key}" must be a text or null, not {_kind(value)}')
    return value or None


def _links(value: Any, number: int) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise InputError(f'line {number}: "urls" must be a list of links')
    return tuple(value)


def _time(value: Any, number: int, congress: Congress) -> datetime:
    """Naive UTC; a post without a time counts as written on the first day (only presenters on stage need it)."""
    if value is None:
        return datetime.combine(congress.starts_on, datetime.min.time())
    try:
        moment = datetime.fromisoformat(value)
        return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    except (TypeError, ValueError, OverflowError):
        raise InputError(
            f'line {number}: "created_at" must be a time like 2026-12-12T15:00:00Z, not {_shown_value(value)}'
        ) from None


def _shown_value(value: Any) -> str:
    """A text as it stands; of anything else what it is: lists in lists in lists cannot be shown."""
    return repr(value[:60]) if isinstance(value, str) else _kind(value)


def _kind(value: Any) -> str:
    return "missing" if value is None else type(value).__name__
