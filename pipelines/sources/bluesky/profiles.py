"""What Bluesky's public AppView tells when asked: who a handle is, profiles, and fresh counts. No key is needed.

Asked in calls of 25. Whatever goes wrong upstream costs only the answers it touches: a call that fails is tried again,
one that is refused is split until the odd name stands alone, and the rest is returned.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx

from pipelines.clock import Clock, RealClock
from pipelines.model import AccountState, Author, Engagement
from pipelines.sources.bluesky.fields import HIDE_FROM_STRANGERS, PLATFORM, POST, Json, child, children, text

PUBLIC_HOST = "https://public.api.bsky.app"
A_CALL = 25  # the most that getProfiles and getPosts take
DUE_AGES = (
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
    timedelta(days=7),
)

Call = Callable[[list[str]], Awaitable[list[Json]]]

_HANDLE = re.compile(r"(?=.{1,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_LONGEST_WAIT = 60.0  # seconds for a rate limit; beyond it the rest is left for the next round


@dataclass(frozen=True, slots=True)
class Counted:
    """A followed post and when its counts were last seen, ``None`` for never."""

    post_id: str
    created_at: datetime
    counted_at: datetime | None = None


def due_counts(posts: Iterable[Counted], now: datetime) -> list[str]:
    """Posts whose counts are to be fetched again, newest first: once at each of ``DUE_AGES``.

    A post is due when it has reached an age at which nobody has looked yet; ages missed are made up by one look.
    """
    due = []
    for post in posts:
        passed = [post.created_at + age for age in DUE_AGES if post.created_at + age <= now]
        if passed and (post.counted_at is None or post.counted_at < passed[-1]):
            due.append(post)
    return [post.post_id for post in sorted(due, key=lambda post: post.created_at, reverse=True)]


class AppView:
    """Bluesky's public read API; close it, or use it as an async context.

    Args:
        base_url: another AppView, as ``https://host``.
        pause: seconds before a failed call is tried again; doubled before the last try.
    """

    def __init__(self, base_url: str = PUBLIC_HOST, clock: Clock | None = None, pause: float = 0.5):
        # here and not above: the SDK's models take two seconds to load, and few commands ask Bluesky anything
        import atproto
        import atproto.exceptions

        self._models, self._errors = atproto.models, atproto.exceptions
        self._client = atproto.AsyncClient(base_url, request=atproto.AsyncRequest(timeout=20.0))
        self._clock, self._pause = clock or RealClock(), pause
        self.failed_count = 0  # names and posts left unanswered because a call failed for good

    async def __aenter__(self) -> AppView:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._client.request.close()

    async def resolve_handles(self, handles: Iterable[str]) -> dict[str, str | None]:
        """The DID of each handle (as given, with or without ``@``); None: there is no such account.

        A handle whose call failed is left out: ask again later.
        """
        asked = {given: given.strip().removeprefix("@").lower() for given in handles}
        possible = sorted({handle for handle in asked.values() if _HANDLE.fullmatch(handle)})
        answered: dict[str, str | None] = dict.fromkeys((each for each in asked.values() if each not in possible), None)
        async for batch, found in self._in_calls(self._profiles, possible):
            dids = {text(profile, "handle").lower(): text(profile, "did") for profile in found}
            answered |= {handle: dids.get(handle) or None for handle in batch}
        return {given: answered[handle] for given, handle in asked.items() if handle in answered}

    async def fetch_profiles(self, dids: Iterable[str]) -> list[Author | AccountState]:
        """Profiles as they are now, and whether each may be shown to people who are not signed in.

        Of an author who asks not to be shown only that is returned. Accounts that are gone are left out.
        """
        records: list[Author | AccountState] = []
        seen_at = self._clock.now()
        async for _, found in self._in_calls(self._profiles, _once(dids, "did:")):
            for profile in found:
                records += _profile_records(profile, seen_at)
        return records

    async def fetch_counts(self, uris: Iterable[str]) -> list[Engagement]:
        """Counts of posts as they are now; posts that are gone, and URIs of anything else, are left out."""
        records: list[Engagement] = []
        posts = [uri for uri in _once(uris, "at://") if f"/{POST}/" in uri]
        seen_at = self._clock.now()
        async for _, found in self._in_calls(self._posts, posts):
            records += [_engagement(post, seen_at) for post in found if text(post, "uri")]
        return records

    async def _profiles(self, actors: list[str]) -> list[Json]:
        parameters = self._models.AppBskyActorGetProfiles.Params(actors=actors)
        # answers are taken as they stand: the SDK's models refuse a whole call for one field of one odd record
        response = await self._client.invoke_query("app.bsky.actor.getProfiles", params=parameters)
        return _objects(response.content, "profiles")

    async def _posts(self, uris: list[str]) -> list[Json]:
        parameters = self._models.AppBskyFeedGetPosts.Params(uris=uris)
        response = await self._client.invoke_query("app.bsky.feed.getPosts", params=parameters)
        return _objects(response.content, "posts")

    async def _in_calls(
        self, call: Call, names: Sequence[str]
    ) -> AsyncGenerator[tuple[Sequence[str], list[Json]], None]:
        """Each batch of names with the objects answered for it; a batch without an answer is counted and left out."""
        waiting = [names[start : start + A_CALL] for start in range(0, len(names), A_CALL)]
        while waiting:
            batch = waiting.pop(0)
            try:
                found = await self._ask(call, list(batch))
            except self._errors.BadRequestError:
                if len(batch) > 1:  # one name that the server does not like refuses all 25
                    half = len(batch) // 2
                    waiting = [batch[:half], batch[half:], *waiting]
                else:
                    self.failed_count += 1
            except (self._errors.AtProtocolError, httpx.HTTPError, ValueError):
                self.failed_count += len(batch)
            else:
                yield batch, found

    async def _ask(self, call: Call, names: list[str]) -> list[Json]:
        """One call, tried three times; the last failure is raised."""
        for pause in (self._pause, 2 * self._pause):
            try:
                return await call(names)
            except self._errors.RateLimitExceededError as limit:
                await asyncio.sleep(self._seconds_until(limit.reset_at, limit.retry_after) or pause)
            except (self._errors.BadRequestError, self._errors.UnauthorizedError):
                raise
            except (self._errors.AtProtocolError, httpx.HTTPError, ValueError):
                await asyncio.sleep(pause)
        return await call(names)

    def _seconds_until(self, reset_at: datetime | None, retry_after: float | None) -> float:
        if retry_after is not None:
            return min(retry_after, _LONGEST_WAIT)
        if reset_at is None:
            return 0.0
        left = (reset_at.replace(tzinfo=None) - self._clock.now()).total_seconds()
        return min(max(left, 0.0), _LONGEST_WAIT)


def _objects(content: object, key: str) -> list[Json]:
    if not isinstance(content, dict):
        raise ValueError("the answer is no object")
    return list(children(content, key))


def _profile_records(profile: Json, seen_at: datetime) -> Iterator[Author | AccountState]:
    did = text(profile, "did")
    if not did:
        return
    hidden = any(
        text(label, "val") == HIDE_FROM_STRANGERS and label.get("neg") is not True
        for label in children(profile, "labels")
    )
    yield AccountState(PLATFORM, did, not hidden, seen_at, "no_unauthenticated" if hidden else None)
    if not hidden:
        yield _author(profile, did, seen_at)


def _author(profile: Json, did: str, seen_at: datetime) -> Author:
    verification = child(profile, "verification")
    handle = text(profile, "handle").lower()
    return Author(
        platform=PLATFORM,
        author_id=did,
        seen_at=seen_at,
        handle=handle if handle and handle != "handle.invalid" else None,
        display_name=text(profile, "displayName"),
        bio=text(profile, "description"),
        followers_count=_count(profile, "followersCount"),
        verified="valid" in (verification.get("verifiedStatus"), verification.get("trustedVerifierStatus")),
    )


def _engagement(post: Json, seen_at: datetime) -> Engagement:
    return Engagement(
        platform=PLATFORM,
        post_id=text(post, "uri"),
        seen_at=seen_at,
        like_count=_count(post, "likeCount"),
        repost_count=_count(post, "repostCount"),
        reply_count=_count(post, "replyCount"),
        quote_count=_count(post, "quoteCount"),
    )


def _count(holder: Json, key: str) -> int | None:
    value = holder.get(key)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None


def _once(names: Iterable[str], prefix: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(prefix)]
