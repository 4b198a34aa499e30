"""What the X API v2 sends, as records. Pure: bytes in, records out, and it never raises.

Read alike: pages of search and look-up, lines of the filtered stream, single posts flattened by
twarc2, pages of users, partial errors; under the old names (tweet, retweet) and the new (post, repost).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import orjson

from pipelines.model import AccountState, Deletion, Record
from pipelines.sources.x.fields import identifier, mapping, moment, number, objects, text
from pipelines.sources.x.post import (
    PLATFORM,
    Scene,
    read_account_state,
    read_author,
    read_engagement,
    read_post,
)

Resource = Literal["post", "user"]
_DEPTH = 4  # how deep twarc2 nests referenced posts: a repost of a quote of a reply
_ENVELOPE = ("data", "includes", "errors", "meta")
_ASKED = ("id", "ids")  # parameters of a partial error that name what was asked for, not what it refers to
_REASONS = {"Not Found Error": "not_found", "Authorization Error": "not_authorized", "Forbidden": "suspended"}


@dataclass(frozen=True, slots=True)
class Bucket:
    """One bucket of ``/2/tweets/counts``: how many posts from ``start_at`` up to ``end_at`` (UTC)."""

    start_at: datetime
    end_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Parsed:
    """What one payload said.

    ``reads`` names each distinct post and user in it (what X may bill), ``main_reads`` those of them that
    were asked for and did not only come along, ``others`` counts well-formed things that are no record of ours (lists, spaces, answers),
    ``unread`` holds one reason for each piece that could not be read, ``problems`` the errors that name
    no post or user, e.g. a stream's ``operational-disconnect``.
    """

    records: tuple[Record, ...] = ()
    reads: tuple[tuple[Resource, str], ...] = ()
    main_reads: tuple[tuple[Resource, str], ...] = ()
    buckets: tuple[Bucket, ...] = ()
    rule_ids: tuple[str, ...] = ()
    next_token: str | None = None
    others: int = 0
    unread: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def parse(raw: bytes, retrieved_at: datetime) -> Parsed:
    """Everything in one payload. ``retrieved_at`` (UTC) gives way to what twarc2 noted in the payload."""
    try:
        payload = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        return Parsed(unread=(f"not JSON: {error}",))
    return parse_payload(payload, retrieved_at)


def records_of(raw: bytes, retrieved_at: datetime) -> tuple[Record, ...]:
    """Only the records of ``parse``: what a tape needs."""
    return parse(raw, retrieved_at).records


def parse_payload(payload: Any, retrieved_at: datetime) -> Parsed:
    """``parse`` for a payload that is decoded already."""
    if not isinstance(payload, dict):
        return Parsed(unread=(f"a {type(payload).__name__} where an object was expected",))
    seen_at = moment(text(mapping(payload, "__twarc"), "retrieved_at")) or retrieved_at
    reader = _Reader(seen_at)
    if any(name in payload for name in _ENVELOPE):
        reader.take_envelope(payload)
    elif "title" in payload and "status" in payload:  # the body of a refused request
        reader.take_error(payload)
    else:
        reader.take(payload)  # flattened by twarc2: twarc-csv/flat.jsonl
    return reader.parsed(payload)


@dataclass(slots=True)
class _Reader:
    """Gathers what a payload holds, then reads each piece in the light of the others."""

    seen_at: datetime
    scene: Scene = field(default_factory=Scene)
    main_posts: dict[str, None] = field(default_factory=dict)
    main_users: dict[str, None] = field(default_factory=dict)
    buckets: list[Bucket] = field(default_factory=list)
    states: list[Record] = field(default_factory=list)
    others: int = 0
    unread: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take_envelope(self, payload: Mapping[str, Any]) -> None:
        data = payload.get("data")
        for item in data if isinstance(data, list) else [data] if data is not None else []:
            self.take(item)
        includes = mapping(payload, "includes")
        for user in objects(includes, "users"):
            self.take_user(user)
        for post in [*objects(includes, "tweets"), *objects(includes, "posts")]:
            self.take_post(post)
        for error in objects(payload, "errors"):
            self.take_error(error)

    def take(self, item: Any) -> None:
        """One piece of ``data``, told apart by the fields that are always sent."""
        if not isinstance(item, dict):
            self.unread.append(f"a {type(item).__name__} in data")
        elif "event_type" in item:
            self.take_activity(item)
        elif "text" in item:
            self.main_posts.update(dict.fromkeys(self.take_post(item)))
        elif "username" in item:
            self.main_users.update(dict.fromkeys(self.take_user(item)))
        elif "start" in item and "end" in item:
            self.take_bucket(item)
        elif item and _is_other(item):
            self.others += 1
        else:
            self.unread.append(f"neither post nor user: {', '.join(map(str, list(item)[:6])) or 'empty object'}")

    def take_activity(self, event: Mapping[str, Any]) -> None:
        """An event of the Activity API; its ``includes`` stand inside ``data``. Others than these are not ours."""
        kind, payload = event.get("event_type"), mapping(event, "payload")
        if kind == "post.create":
            self.main_posts.update(dict.fromkeys(self.take_post(payload)))
            for user in objects(mapping(event, "includes"), "users"):
                self.take_user(mapping(user, "data") or user)
        elif kind == "post.delete" and (post_id := identifier(payload.get("id"))):
            self.states.append(Deletion(PLATFORM, "post", post_id, self.seen_at, "deleted"))
        else:
            self.others += 1

    def take_post(self, post: Mapping[str, Any], depth: int = 0) -> list[str]:
        """Keeps the post and what twarc2 nested in it; gives its id back, if it has one."""
        post_id = identifier(post.get("id"))
        if post_id is None or text(post, "text") is None:
            self.unread.append(f"a post without {'an id' if post_id is None else 'a text'}")
            return []
        self.scene.posts.setdefault(post_id, post)
        for user in (post.get("author"), post.get("in_reply_to_user")):
            if isinstance(user, dict):
                self.take_user(user)
        for user in objects(mapping(post, "entities"), "mentions"):
            if "name" in user:  # twarc2 merges the user into its mention
                self.take_user(user)
        for inner in objects(post, "referenced_tweets", "referenced_posts"):
            if "text" in inner and depth < _DEPTH:
                self.take_post(inner, depth + 1)
        return [post_id]

    def take_user(self, user: Mapping[str, Any]) -> list[str]:
        user_id = identifier(user.get("id"))
        if user_id is None:
            self.unread.append("a user without an id")
            return []
        self.scene.users.setdefault(user_id, user)
        return [user_id]

    def take_bucket(self, item: Mapping[str, Any]) -> None:
        start_at, end_at = moment(item.get("start")), moment(item.get("end"))
        count = number(item, "tweet_count", "post_count")
        if start_at is None or end_at is None or count is None:
            self.unread.append("a count without start, end or number")
        else:
            self.buckets.append(Bucket(start_at, end_at, count))

    def take_error(self, error: Mapping[str, Any]) -> None:
        """A post that was asked for and is gone is a deletion; an account that is gone is hidden, for it may
        come back. Errors about what a post refers to say nothing of the posts we hold."""
        kind, target = (
            text(error, "resource_type"),
            identifier(error.get("resource_id") or error.get("value")),
        )
        reason = _REASONS.get(text(error, "title") or "", "not_found")
        if kind is None:
            self.problems.append(_problem(error))
        elif target and text(error, "parameter") in _ASKED:
            if kind in ("tweet", "post"):
                self.states.append(Deletion(PLATFORM, "post", target, self.seen_at, reason))
            elif kind == "user":
                self.states.append(AccountState(PLATFORM, target, False, self.seen_at, reason))

    def parsed(self, payload: Mapping[str, Any]) -> Parsed:
        rules = (identifier(rule.get("id")) for rule in objects(payload, "matching_rules"))
        return Parsed(
            records=tuple(self._authors() + self._posts() + self.states),
            reads=_named(self.scene.posts, self.scene.users),
            main_reads=_named(self.main_posts, self.main_users),
            buckets=tuple(self.buckets),
            rule_ids=tuple(rule for rule in rules if rule),
            next_token=text(mapping(payload, "meta"), "next_token"),
            others=self.others,
            unread=tuple(self.unread),
            problems=tuple(self.problems),
        )

    def _authors(self) -> list[Record]:
        found: list[Record] = []
        for user_id, user in self.scene.users.items():
            state = read_account_state(user, self.seen_at, asked=user_id in self.main_users)
            found += [record for record in (read_author(user, self.seen_at), state) if record]
        return found

    def _posts(self) -> list[Record]:
        """Referenced posts first, so that what refers to them finds them known."""
        found: list[Record] = []
        for post_id, post in sorted(self.scene.posts.items(), key=lambda item: item[0] in self.main_posts):
            record = read_post(post, self.scene, self.seen_at)
            if record is None:
                self.unread.append(f"post {post_id} has no time")
                continue
            found.append(record)
            counts = read_engagement(post, record)
            if counts:
                found.append(counts)
            if mapping(post, "withheld"):  # twarc-csv/withheld.jsonl
                found.append(Deletion(PLATFORM, "post", record.post_id, self.seen_at, "withheld"))
        return found


def _named(posts: Iterable[str], users: Iterable[str]) -> tuple[tuple[Resource, str], ...]:
    return (*(("post", post_id) for post_id in posts), *(("user", user_id) for user_id in users))


def _is_other(item: Mapping[str, Any]) -> bool:
    """Lists, spaces, compliance jobs (``id`` with a name, state or type), answers (``{"liked": true}``)."""
    if identifier(item.get("id")) or isinstance(item.get("id"), str):
        return any(name in item for name in ("name", "state", "status", "type"))
    return all(isinstance(value, (bool, str, int)) for value in item.values())


def _problem(error: Mapping[str, Any]) -> str:
    title, detail = text(error, "title") or "error", text(error, "detail", "message")
    return f"{title}: {detail}" if detail else title
