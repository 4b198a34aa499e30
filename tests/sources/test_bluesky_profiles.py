"""Profiles, handles and counts from an AppView in the shapes that were recorded."""

from __future__ import annotations

import asyncio
import copy
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import AccountState, Author, Engagement
from pipelines.sources.bluesky.profiles import DUE_AGES, AppView, Counted, due_counts
from tests.fakes.appview import FakeAppView
from tests.shared import shared_data
from tests.sources.bluesky_runs import StoppedClock

NOW = datetime(2026, 12, 5, 12)
WHY = "did:plc:vpkhqolt662uhesyj6nxm7ys"
POST = "at://did:plc:kvwvcn5iqfooopmyzvb4qzba/app.bsky.feed.post/3kaheyt6vpc22"
BUSY = (503, {"error": "UpstreamFailure"}, {})
HIDDEN = {"src": WHY, "val": "!no-unauthenticated", "cts": "2026-01-01T00:00:00Z"}


def recorded_profiles() -> dict[str, dict[str, Any]]:
    path = shared_data("payloads", "bluesky", "marshalx", "get_follows.json")
    return {each["did"]: each for each in orjson.loads(path.read_bytes())["follows"]}


def recorded_post() -> dict[str, Any]:
    path = shared_data("payloads", "bluesky", "marshalx", "thread_view_post_with_embed_media.json")
    return orjson.loads(path.read_bytes())["thread"]["post"]


def ask(server: FakeAppView, method: str, names: Any) -> Any:
    async def call():
        async with server, AppView(server.url, StoppedClock(NOW), pause=0.01) as view:
            return await getattr(view, method)(names), view.failed_count

    return asyncio.run(call())


def profiles(count: int) -> dict[str, dict[str, Any]]:
    return {f"did:plc:{n:024d}": {"did": f"did:plc:{n:024d}", "handle": f"voice{n}.bsky.social"} for n in range(count)}


def test_a_recorded_profile_becomes_an_author_who_may_be_shown():
    (state, author), failed = ask(FakeAppView(recorded_profiles()), "fetch_profiles", [WHY])
    assert AccountState("bluesky", WHY, True, NOW) == state
    assert author == Author(
        platform="bluesky",
        author_id=WHY,
        seen_at=NOW,
        handle="why.bsky.team",
        display_name="Why",
        bio="Technical advisor to @bluesky, first engineer at Protocol Labs. Wizard Utopian.",
        verified=False,
    )
    assert 0 == failed


def test_a_detailed_profile_also_tells_followers_and_verification():
    profile = {"did": WHY, "handle": "handle.invalid", "followersCount": 7, "verification": {"verifiedStatus": "valid"}}
    (_, author), _ = ask(FakeAppView({WHY: profile}), "fetch_profiles", [WHY])
    assert (None, "", "", 7, True) == (
        author.handle,
        author.display_name,
        author.bio,
        author.followers_count,
        author.verified,
    )


@pytest.mark.parametrize(
    ("label", "hidden"), [(HIDDEN, True), (HIDDEN | {"neg": True}, False), ({"val": "bot"}, False)]
)
def test_of_who_asks_for_signed_in_viewers_only_nothing_else_is_kept(label: dict[str, Any], hidden: bool):
    profile = recorded_profiles()[WHY] | {"labels": [label]}
    found, _ = ask(FakeAppView({WHY: profile}), "fetch_profiles", [WHY])
    assert AccountState("bluesky", WHY, not hidden, NOW, "no_unauthenticated" if hidden else None) == found[0]
    assert (not hidden) == any(isinstance(each, Author) for each in found)


def test_recorded_counts_become_engagement():
    server = FakeAppView(posts={POST: recorded_post() | {"quoteCount": 3, "likeCount": 12}})
    repost = "at://did:plc:a/app.bsky.feed.repost/3k"
    found, _ = ask(server, "fetch_counts", [POST, POST, repost, POST + "gone", "x"])
    assert [Engagement("bluesky", POST, NOW, 12, 0, 0, 3)] == found
    assert [[POST, POST + "gone"]] == [names for _, names in server.calls]


def test_twenty_five_are_asked_at_once():
    server = FakeAppView(profiles(60))
    found, _ = ask(server, "fetch_profiles", list(profiles(60)))
    assert 60 == len([each for each in found if isinstance(each, Author)])
    assert [25, 25, 10] == [len(names) for _, names in server.calls]


def test_a_handle_is_resolved_found_missing_or_left_for_later():
    given_handles = ["voice1.bsky.social", "@Voice2.bsky.social", "nobody.example.com", "not a handle", "localhost"]
    found, _ = ask(FakeAppView(profiles(3)), "resolve_handles", given_handles)
    assert {
        "voice1.bsky.social": f"did:plc:{1:024d}",
        "@Voice2.bsky.social": f"did:plc:{2:024d}",
        "nobody.example.com": None,
        "not a handle": None,
        "localhost": None,
    } == found
    assert ({}, 1) == ask(FakeAppView(refusals=(BUSY,) * 3), "resolve_handles", ["voice1.bsky.social"])


@pytest.mark.parametrize(
    "refusal",
    [
        BUSY,
        (502, b"<html>bad gateway</html>", {"Content-Type": "text/html"}),
        (429, {"error": "RateLimitExceeded"}, {"ratelimit-reset": "1"}),
        (429, {"error": "RateLimitExceeded"}, {"retry-after": "0"}),
        (200, b'{"profiles": [', {}),
        (200, b"[]", {}),
        (200, b"plain", {"Content-Type": "text/plain"}),
        (200, b"", {"Content-Length": "10"}),
    ],
)
def test_a_call_that_fails_twice_is_answered_the_third_time(refusal: Any):
    found, failed = ask(FakeAppView(profiles(1), refusals=(refusal, refusal)), "fetch_profiles", list(profiles(1)))
    assert (2, 0) == (len(found), failed)


def test_what_fails_for_good_is_counted_and_the_rest_returned():
    server = FakeAppView(profiles(30), refusals=(BUSY,) * 3)
    found, failed = ask(server, "fetch_profiles", list(profiles(30)))
    assert (5, 25) == (len(found) // 2, failed)


def test_one_name_that_is_refused_costs_only_itself():
    names = list(profiles(25))
    found, failed = ask(FakeAppView(profiles(25), disliked=names[7]), "fetch_profiles", names)
    assert (24, 1) == (len(found) // 2, failed)


JUNK = st.none() | st.integers() | st.text(max_size=5) | st.lists(st.integers(), max_size=2) | st.just({"val": 7})


@given(st.dictionaries(st.sampled_from(["did", "handle", "labels", "verification", "followersCount"]), JUNK))
def test_no_odd_profile_raises(changes: dict[str, Any]):
    from pipelines.sources.bluesky.profiles import _profile_records

    profile = copy.deepcopy({"did": WHY, "handle": "a.b", "labels": [HIDDEN]}) | changes
    assert all(isinstance(each, Author | AccountState) for each in _profile_records(profile, NOW))


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("age", "counted", "due"),
    [
        (14 * MINUTE, None, False),
        (15 * MINUTE, None, True),
        (59 * MINUTE, 15 * MINUTE, False),
        (60 * MINUTE, 59 * MINUTE, True),
        (5 * HOUR, 1 * HOUR, False),
        (6 * HOUR, 1 * HOUR, True),
        (30 * HOUR, 7 * HOUR, True),
        (71 * HOUR, 24 * HOUR, False),
        (7 * 24 * HOUR, 80 * HOUR, True),
        (400 * 24 * HOUR, 8 * 24 * HOUR, False),
        (400 * 24 * HOUR, None, True),
    ],
)
def test_counts_are_due_once_at_each_age(age: timedelta, counted: timedelta | None, due: bool):
    created_at = NOW - age
    post = Counted(POST, created_at, None if counted is None else created_at + counted)
    assert ([POST] if due else []) == due_counts([post], NOW)


def test_the_newest_posts_are_counted_first():
    posts = [Counted(f"p{hours}", NOW - hours * HOUR) for hours in (30, 2, 100)]
    assert ["p2", "p30", "p100"] == due_counts(posts, NOW)


@given(st.integers(0, 20_000), st.integers(1, 600))
def test_whoever_looks_often_enough_looks_six_times_in_all(start: int, every: int):
    created_at = NOW
    counted_at, looks = None, 0
    for minute in range(start % every, 11_000, every):
        now = created_at + minute * MINUTE
        if due_counts([Counted(POST, created_at, counted_at)], now):
            counted_at, looks = now, looks + 1
    assert looks <= len(DUE_AGES)
    assert looks == len(DUE_AGES) or every > 15
