"""What may matter is never passed over; what cannot matter mostly is."""

from __future__ import annotations

import json
import sys
import tracemalloc
import unicodedata
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipelines.hashtags import year_twins
from pipelines.interest import _UNFOLDING, Interest
from pipelines.model import Post
from pipelines.sources.bluesky.payload import parse
from tests.fakes.jetstream import v1_frame, v2_frame
from tests.shared import shared_data

NOW = datetime(2026, 12, 5)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
URI = f"at://{DID}/app.bsky.feed.post/3mptbypfywk2v"
TERMS = ("ash26", "ascogi26", "american society of hematology", "s&p oncology", "café26", "大腸癌", "straße27")


def commit(record: dict[str, Any] | None, collection: str = "app.bsky.feed.post", **changes: Any) -> dict[str, Any]:
    body = {"rev": "3m", "operation": "create", "collection": collection, "rkey": "3mptbzzzzzz2v"} | changes
    if record is not None:
        body["record"] = {"$type": collection, "createdAt": "2026-12-05T10:00:00Z", **record}
    return {"did": DID, "time_us": 1_783_175_888_000_000, "kind": "commit", "commit": body}


def wires(event: dict[str, Any]) -> list[bytes]:
    """The event as v1 and v2, as compact, spaced and pure-ASCII JSON, and with Go's and PHP's escapes."""
    plain = [v1_frame(event), v2_frame(event, 7)]
    loose = [json.dumps(json.loads(each), ensure_ascii=False, indent=1) for each in plain]
    ascii_only = [json.dumps(json.loads(each)) for each in plain]
    go = [each.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e") for each in plain]
    php = [each.replace("/", "\\/") for each in plain]
    return [each.encode() for each in (*plain, *loose, *ascii_only, *go, *php)]


def is_wanted(interest: Interest, event: dict[str, Any]) -> set[bool]:
    return {interest.maybe(raw) for raw in wires(event)}


@pytest.mark.parametrize(
    "text",
    [
        "#ASH26",
        "see you at #ash2026!",
        "#AsH26\nnext line",
        "＃ＡＳＨ２６",
        "#ＡＳＨ２６™",
        "#𝐀𝐒𝐇𝟐𝟔",
        "#ash26🩸",
        "🩸#ASH26",
        "#ASCO GI26 is nothing, #ASCOGI26 is",
        "the American Society of\u00a0Hematology",
        "line\nAmerican Society of Hematology",
        "<b>American Society of Hematology</b>",
        "with S&P Oncology",
        "#CAFÉ26",
        "#cafe\u030126",
        "今日の大腸癌学会",
        "#STRASSE27",
        "#Straße27",
        "#STRAẞE2027",
    ],
)
def test_a_followed_word_is_found_however_it_is_written(text: str):
    assert {True} == is_wanted(Interest(TERMS), commit({"text": text}))


@pytest.mark.parametrize("tag", ["ASH26", "#ash2026", "ⒶⓈⒽ26", " ASH26", "\nASH26"])
def test_a_tag_that_only_stands_in_a_facet_or_in_tags_is_found(tag: str):
    facet = {"features": [{"$type": "app.bsky.richtext.facet#tag", "tag": tag}]}
    assert {True} == is_wanted(Interest(["#ASH26"]), commit({"text": "-", "facets": [facet]}))
    assert {True} == is_wanted(Interest(["#ASH26"]), commit({"text": "-", "tags": [tag]}))


def test_an_escaped_letter_hides_nothing():
    raw = wires(commit({"text": "#ASH26"}))[0].replace(b"#ASH26", rb"\u0023\u0041\u0053H26")
    assert Interest(["ash26"]).maybe(raw)


@pytest.mark.parametrize(
    "text", ["#ASH25", "#ASHG26", "crash26 #smash26", "#ash267", "#ash26_x", "", "american society"]
)
def test_other_words_are_passed_over(text: str):
    assert {False} == is_wanted(Interest(["ash26", "american society of hematology"]), commit({"text": text}))


def test_what_is_not_json_and_may_hide_something_is_left_to_the_parser():
    assert Interest(["ash26"]).maybe(rb'{"text":"\u0041')


def test_followed_words_in_profiles_and_likes_do_not_count():
    profile = commit({"description": "#ASH26"}, "app.bsky.actor.profile", rkey="self")
    assert {False} == is_wanted(Interest(["ash26"]), profile)


@pytest.mark.parametrize(
    "event",
    [
        commit({"subject": {"uri": URI, "cid": "b"}}, "app.bsky.feed.like"),
        commit({"subject": {"uri": URI, "cid": "b"}}, "app.bsky.feed.repost"),
        commit({"text": "a", "reply": {"parent": {"uri": URI}, "root": {"uri": URI.replace("2v", "3v")}}}),
        commit({"text": "a", "reply": {"parent": {"uri": URI.replace("2v", "3v")}, "root": {"uri": URI}}}),
        commit({"text": "a", "embed": {"record": {"uri": URI}}}),
        commit({"text": "a", "embed": {"record": {"record": {"uri": URI}}}}),
        commit(None, operation="delete", rkey="3mptbypfywk2v"),
        commit({"text": "the tag is gone"}, operation="update", rkey="3mptbypfywk2v"),
    ],
)
def test_what_happens_to_a_followed_post_matters_and_else_does_not(event: dict[str, Any]):
    interest = Interest(["ash26"])
    assert {False} == is_wanted(interest, event)
    interest.follow_post(URI)
    assert {True} == is_wanted(interest, event)


def test_the_removal_of_a_followed_like_is_noticed():
    interest = Interest([])
    interest.follow_post(f"at://{DID}/app.bsky.feed.like/3mlike")
    assert {True} == is_wanted(interest, commit(None, "app.bsky.feed.like", operation="delete", rkey="3mlike"))


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (commit({"displayName": "A"}, "app.bsky.actor.profile", rkey="self"), True),
        (commit(None, "app.bsky.actor.profile", rkey="self", operation="delete"), True),
        ({"did": DID, "time_us": 1, "kind": "account", "account": {"active": False, "did": DID}}, True),
        ({"did": DID, "time_us": 1, "kind": "identity", "identity": {"handle": "a.b", "did": DID}}, True),
        (commit({"subject": {"uri": URI}}, "app.bsky.feed.like"), False),
        (commit({"text": "about something else"}), False),
    ],
)
def test_of_a_followed_author_only_profile_handle_and_account_matter(event: dict[str, Any], expected: bool):
    interest = Interest(["ash26"])
    assert {False} == is_wanted(interest, event)
    interest.follow_author(DID)
    assert {expected} == is_wanted(interest, event)


def test_posts_by_a_followed_account_and_mentions_of_it_matter():
    interest = Interest([], accounts=[DID])
    mention = {"features": [{"$type": "app.bsky.richtext.facet#mention", "did": DID}]}
    mentioning = commit({"text": "hello", "facets": [mention]}) | {"did": "did:plc:other"}
    assert {True} == is_wanted(interest, commit({"text": "hello"}))
    assert {True} == is_wanted(interest, mentioning)
    assert {False} == is_wanted(interest, commit({"text": "hello"}) | {"did": "did:plc:other"})


def test_of_the_recorded_day_nothing_is_taken_that_no_one_follows():
    lines = shared_data("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl").read_bytes().splitlines()
    interest = Interest(["ash26", "indierebellion"])
    assert 1 == sum(map(interest.maybe, lines))


def test_the_short_list_of_letters_that_unfold_is_complete():
    beyond_ascii = [chr(code) for code in range(0x80, sys.maxunicode + 1)]
    unfolding = {
        each
        for each in beyond_ascii
        if unicodedata.is_normalized("NFKC", each) and any(part.isascii() for part in each.casefold())
    }
    assert unfolding == {each for each in beyond_ascii if _UNFOLDING.search(each)}


def test_a_million_followed_posts_fit_in_20_megabytes():
    tracemalloc.start()
    interest = Interest(["ash26"])
    for number in range(200_000):
        interest.follow_post(f"at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3m{number:011d}")
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert used * 5 < 20_000_000


WIDE = str.maketrans({chr(c): chr(c + 0xFEE0) for c in range(0x21, 0x7F)})
BOLD = str.maketrans({chr(ord("a") + i): chr(0x1D41A + i) for i in range(26)})
SPELLINGS = [
    str,
    str.upper,
    str.title,
    lambda s: s.translate(WIDE),
    lambda s: s.translate(BOLD),
    lambda s: s.swapcase(),
]
WORDS = st.sampled_from(["ash26", "ash2026", "café26", "straße27", "ashe", "大腸癌26"])
AROUND = st.text(max_size=4) | st.sampled_from(["™", "\u0301", "\n", "<", "\u2028", "ß", "e", "_", "🩸", "\\", '"'])


@given(WORDS, st.sampled_from(SPELLINGS), AROUND, AROUND, st.booleans())
@example("ashe", SPELLINGS[3], "", "\u0301", True)
@example("ash26", SPELLINGS[3], "", "™", True)
def test_no_post_with_a_followed_hashtag_is_ever_passed_over(
    word: str, spell: Any, before: str, after: str, in_text: bool
):
    tag = f"#{spell(word)}"
    text = f"{before}{tag}{after}"
    event = commit({"text": text} if in_text else {"text": "", "tags": [text]})
    try:
        frames = wires(event)
    except UnicodeEncodeError:  # a lone surrogate cannot be sent
        return
    interest = Interest([word])
    for raw in frames:
        (post,) = parse(raw, NOW).records
        assert isinstance(post, Post)
        if set(post.hashtags) & set(year_twins(word)):
            assert interest.maybe(raw), raw


@given(st.binary(max_size=200))
def test_no_bytes_raise(raw: bytes):
    interest = Interest(["ash26"], accounts=[DID])
    assert interest.maybe(raw) in (True, False)
    assert interest.maybe(b'{"did":"' + DID.encode() + b'"' + raw) in (True, False)
    assert interest.maybe(orjson.dumps(commit({"text": "a"})) + raw) in (True, False)
