"""What Jetstream sends, as records."""

from __future__ import annotations

import copy
from collections import Counter
from datetime import datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import AccountState, Author, Deletion, Like, Post
from pipelines.sources.bluesky.fields import microseconds
from pipelines.sources.bluesky.payload import Parsed, parse
from tests.fakes.jetstream import info, v2_frame
from tests.shared import shared_data

NOW = datetime(2026, 7, 4, 15)
AT = datetime(2026, 7, 4, 14, 38, 8, 172335)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
RKEY = "3mptbypfywk2v"
URI = f"at://{DID}/app.bsky.feed.post/{RKEY}"
OTHER = "at://did:plc:z72i7hdynmk6r22z27h6tvur/app.bsky.feed.post/3mpsjbtci2c2o"
LABELLED = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}


def corpus() -> list[dict[str, Any]]:
    path = shared_data("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl")
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def golden() -> list[dict[str, Any]]:
    path = shared_data("payloads", "bluesky", "jetstream-golden", "golden_v1.jsonl")
    return [orjson.loads(line) for line in path.read_bytes().splitlines()]


def commit(record: dict[str, Any] | None, collection: str = "app.bsky.feed.post", **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"rev": "3mptbypoove2w", "operation": "create", "collection": collection, "rkey": RKEY}
    if record is not None:
        body |= {"record": {"$type": collection, "createdAt": "2026-07-04T14:38:07.323Z", **record}, "cid": "bafy"}
    return {"did": DID, "time_us": microseconds(AT), "kind": "commit", "commit": body | changes}


def read(event: dict[str, Any]) -> Parsed:
    return parse(orjson.dumps(event), NOW)


def post(**record: Any) -> Post:
    (found,) = read(commit({"text": "", **record})).records
    assert isinstance(found, Post)
    return found


def facets(*features: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"index": {"byteStart": 0, "byteEnd": 1}, "features": list(features)}]


def test_a_post_keeps_everything_the_lexicon_says():
    found = post(
        text="#ASH26 late-breaker, thanks @sekeres",
        langs=["en-US", "en"],
        facets=facets(
            {"$type": "app.bsky.richtext.facet#mention", "did": "did:plc:sekeres"},
            {"$type": "app.bsky.richtext.facet#link", "uri": "https://ash.confex.com/paper1.html"},
        ),
        reply={"parent": {"uri": OTHER, "cid": "b"}, "root": {"uri": OTHER, "cid": "b"}},
    )
    expected = Post(
        platform="bluesky",
        post_id=URI,
        revision="3mptbypoove2w",
        author_id=DID,
        text="#ASH26 late-breaker, thanks @sekeres",
        created_at=datetime(2026, 7, 4, 14, 38, 7, 323000),
        retrieved_at=NOW,
        lang="en",
        url=f"https://bsky.app/profile/{DID}/post/{RKEY}",
        reply_to_id=OTHER,
        conversation_id=OTHER,
        hashtags=("ash26",),
        links=("https://ash.confex.com/paper1.html",),
        mentioned_ids=("did:plc:sekeres",),
    )
    assert expected == found


def test_hashtags_are_the_union_of_facets_record_tags_and_text():
    found = post(
        text="#InText ＃ＡＳＨ２６ and again #ash26",
        tags=["FromTags", 7, "#ASH26"],
        facets=facets({"$type": "app.bsky.richtext.facet#tag", "tag": "InFacet"}),
    )
    assert ("infacet", "fromtags", "ash26", "intext") == found.hashtags


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"$type": "app.bsky.richtext.facet#Tag", "tag": "ASH26"}, ("ash26",)),
        ({"$type": "FACETTAG", "tag": "ASH26"}, ("ash26",)),
        ({"$type": "app.bsky.richtext.facet#tag"}, ()),
        ({"$type": "app.bsky.richtext.facet#tag", "tag": None}, ()),
        ({"$type": "app.bsky.richtext.facet#tag", "tag": 26}, ()),
        ({"$type": "app.bsky.richtext.facet#tag", "tag": "2026"}, ()),
    ],
)
def test_odd_tag_features_never_lose_a_tag_nor_the_post(feature: dict[str, Any], expected: tuple[str, ...]):
    assert expected == post(text="plain", facets=facets(feature)).hashtags


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [
        ("2026-07-04T14:38:02+00:00", datetime(2026, 7, 4, 14, 38, 2)),
        ("2026-07-04T16:38:02.123456+02:00", datetime(2026, 7, 4, 14, 38, 2, 123456)),
        ("2012-06-01T00:00:00Z", datetime(2012, 6, 1)),
        ("2099-01-01T00:00:00Z", AT),
        ("2026-07-04T14:38:08.172336Z", AT),
        ("0001-01-01T00:00:00+12:00", AT),
        ("yesterday", AT),
        (None, AT),
        (17, AT),
    ],
)
def test_a_post_is_never_younger_than_the_relay_saw_it(claimed: object, expected: datetime):
    assert expected == post(createdAt=claimed).created_at


def test_only_web_links_are_links_each_once():
    card = {"$type": "app.bsky.embed.external", "external": {"uri": "http://doi.org/10.1182/blood", "title": "x"}}
    links = facets(
        {"uri": "https://nct.gov/1"},
        {"uri": "javascript:alert(1)"},
        {"uri": "HTTPS://nct.gov/2"},
        {"uri": "https://a b"},
        {"uri": "https://nct.gov/1"},
        {"uri": ["https://nct.gov/3"]},
    )
    assert ("https://nct.gov/1", "HTTPS://nct.gov/2", "http://doi.org/10.1182/blood") == post(
        facets=links, embed=card
    ).links


@pytest.mark.parametrize(
    ("embed", "expected"),
    [
        ({"$type": "app.bsky.embed.record", "record": {"uri": OTHER, "cid": "b"}}, OTHER),
        ({"$type": "app.bsky.embed.recordWithMedia", "record": {"record": {"uri": OTHER, "cid": "b"}}}, OTHER),
        ({"$type": "app.bsky.embed.record", "record": {"uri": "at://did:plc:a/app.bsky.feed.generator/x"}}, None),
        ({"$type": "app.bsky.embed.record", "record": "x"}, None),
        ("x", None),
    ],
)
def test_a_quote_names_the_quoted_post_and_nothing_else(embed: object, expected: str | None):
    found = post(embed=embed)
    assert expected == found.quoted_id
    assert ("quote" if expected else "original") == found.kind


def test_a_link_beside_a_quote_is_kept():
    embed = {"record": {"record": {"uri": OTHER}}, "media": {"external": {"uri": "https://ash.confex.com"}}}
    assert ("https://ash.confex.com",) == post(embed=embed).links


def test_a_repost_is_a_post_that_points_at_its_subject():
    (found,) = read(commit({"subject": {"uri": OTHER, "cid": "b"}}, "app.bsky.feed.repost")).records
    assert isinstance(found, Post)
    assert ("repost", OTHER, "", f"at://{DID}/app.bsky.feed.repost/{RKEY}") == (
        found.kind,
        found.repost_of_id,
        found.text,
        found.post_id,
    )
    assert found.url == "https://bsky.app/profile/did:plc:z72i7hdynmk6r22z27h6tvur/post/3mpsjbtci2c2o"


def test_a_like_of_a_post_is_kept_and_a_like_of_a_feed_is_not():
    liked = read(commit({"subject": {"uri": OTHER, "cid": "b"}}, "app.bsky.feed.like"))
    feed = read(commit({"subject": {"uri": "at://did:plc:a/app.bsky.feed.generator/x"}}, "app.bsky.feed.like"))
    like_id = f"at://{DID}/app.bsky.feed.like/{RKEY}"
    assert (Like("bluesky", like_id, OTHER, datetime(2026, 7, 4, 14, 38, 7, 323000)),) == liked.records
    assert ((), None) == (feed.records, feed.unreadable)


@pytest.mark.parametrize(
    ("collection", "target"),
    [("app.bsky.feed.post", "post"), ("app.bsky.feed.repost", "post"), ("app.bsky.feed.like", "like")],
)
def test_a_deletion_names_the_record_that_is_gone(collection: str, target: Any):
    gone = read(commit(None, collection, operation="delete"))
    assert (Deletion("bluesky", target, f"at://{DID}/{collection}/{RKEY}", AT),) == gone.records


def test_an_edit_is_the_same_post_in_a_later_revision():
    (edited,) = read(commit({"text": "b"}, operation="update", rev="3mptbypoove2x")).records
    assert isinstance(edited, Post)
    assert (URI, "3mptbypoove2x", "b") == (edited.post_id, edited.revision, edited.text)


def test_a_profile_empties_what_it_leaves_out():
    profile = read(commit({"displayName": "M. Sekeres"}, "app.bsky.actor.profile", rkey="self"))
    gone = read(commit(None, "app.bsky.actor.profile", rkey="self", operation="delete"))
    assert Author("bluesky", DID, AT, display_name="M. Sekeres", bio="") == profile.records[0]
    assert (Author("bluesky", DID, AT, display_name="", bio=""),) == gone.records


@pytest.mark.parametrize(
    ("labels", "active", "status"), [(LABELLED, False, "no_unauthenticated"), ({}, True, None), ("x", True, None)]
)
def test_who_asks_for_signed_in_viewers_only_is_hidden(labels: object, active: bool, status: str | None):
    profile = read(commit({"labels": labels}, "app.bsky.actor.profile", rkey="self"))
    assert AccountState("bluesky", DID, active, AT, status) == profile.records[1]


def test_a_deactivated_account_is_hidden_and_a_deleted_one_is_also_erased():
    def account(**body: Any) -> tuple[object, ...]:
        return read({"did": DID, "time_us": microseconds(AT), "kind": "account", "account": body}).records

    assert (AccountState("bluesky", DID, True, AT),) == account(active=True)
    assert (AccountState("bluesky", DID, False, AT, "deactivated"),) == account(active=False, status="deactivated")
    assert (
        AccountState("bluesky", DID, False, AT, "deleted"),
        Deletion("bluesky", "author", DID, AT, "account_deleted"),
    ) == account(active=False, status="deleted")


@pytest.mark.parametrize(
    ("handle", "expected"),
    [("Sekeres.bsky.social", "sekeres.bsky.social"), ("handle.invalid", None), (None, None), (3, None)],
)
def test_an_identity_event_tells_the_handle_if_it_has_one(handle: object, expected: str | None):
    event = {"did": DID, "time_us": microseconds(AT), "kind": "identity", "identity": {"did": DID, "handle": handle}}
    assert ((Author("bluesky", DID, AT, handle=expected),) if expected else ()) == read(event).records


def test_both_wire_formats_say_the_same():
    for seq, event in enumerate([*corpus(), *golden()], 1):
        old, new = read(event), parse(v2_frame(event, seq).encode(), NOW)
        assert (old.records, old.event_at, seq) == (new.records, new.event_at, new.seq)


def test_the_recorded_day_is_read_in_full():
    kinds: Counter[str] = Counter()
    for event in corpus():
        parsed = read(event)
        assert parsed.unreadable is None
        kinds.update(type(record).__name__ for record in parsed.records)
    assert {"Like": 105, "Post": 32, "Deletion": 1, "AccountState": 1} == kinds


def test_frames_about_the_stream_itself_move_no_cursor():
    error = parse(b'{"$type":"error","error":"ConsumerTooSlow","message":"m"}', NOW)
    assert Parsed(error="ConsumerTooSlow") == error
    assert Parsed(notice="OutdatedCursor") == parse(info(7).encode(), NOW)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"null",
        b"[1]",
        b"{}",
        b'{"did":"did:plc:a","time_us":"1","kind":"commit"}',
        b'{"did":"did:plc:a","time_us":99999999999999999999,"kind":"commit"}',
        b'{"did":"handle.example","time_us":1,"kind":"commit","commit":{}}',
        b'{"did":"did:plc:a","time_us":1,"kind":"commit","commit":{"collection":"app.bsky.feed.post"}}',
        b'{"did":"did:plc:a","time_us":1,"kind":"account","account":{"active":"no"}}',
        b'{"$type":"message","payload":{}}',
        b'{"did":"did:plc:a","time_us":1,"kind":"comm',
        b"\xff\xfe",
    ],
)
def test_what_cannot_be_read_says_why(raw: bytes):
    parsed = parse(raw, NOW)
    assert parsed.unreadable
    assert () == parsed.records


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
FULL = commit(
    {
        "text": "#ASH26",
        "langs": ["en"],
        "tags": ["a"],
        "facets": facets({"$type": "t", "tag": "x", "uri": "https://a.b", "did": "did:plc:a"}),
        "embed": {"record": {"record": {"uri": OTHER}}, "media": {"external": {"uri": "https://a.b"}}},
        "reply": {"parent": {"uri": OTHER}, "root": {"uri": OTHER}},
        "labels": LABELLED,
        "subject": {"uri": OTHER},
    }
)


def paths(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    return [path, *(found for key in keys for found in paths(value[key], (*path, key)))] if path or keys else [path]


@given(st.data())
def test_no_mutilation_of_a_payload_raises(data: st.DataObject):
    event: Any = copy.deepcopy(FULL)
    event["commit"]["collection"] = data.draw(
        st.sampled_from(["app.bsky.feed.post", "app.bsky.feed.like", "app.bsky.feed.repost", "app.bsky.actor.profile"])
    )
    event["commit"]["rkey"] = data.draw(st.sampled_from([RKEY, "self"]))
    for _ in range(data.draw(st.integers(0, 3))):
        path = data.draw(st.sampled_from([each for each in paths(event) if each]))
        holder = event
        for key in path[:-1]:
            holder = holder[key]
        holder[path[-1]] = data.draw(JUNK)
    raw = orjson.dumps(event, option=orjson.OPT_NON_STR_KEYS) if _fits(event) else b"{}"
    cut = data.draw(st.integers(0, len(raw)))
    for each in (raw, raw[:cut], raw[:cut] + data.draw(st.binary(max_size=4)) + raw[cut:]):
        assert isinstance(parse(each, NOW), Parsed)


@given(JUNK)
def test_no_json_at_all_raises(value: object):
    if _fits(value):
        assert isinstance(parse(orjson.dumps({"$type": "message", "payload": value}), NOW), Parsed)
        assert isinstance(parse(orjson.dumps(value), NOW), Parsed)


def _fits(value: object) -> bool:
    try:
        orjson.dumps(value)
    except (TypeError, ValueError):  # integers beyond 64 bits, lone surrogates
        return False
    return True
