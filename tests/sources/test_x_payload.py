from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.model import AccountState, Author, Deletion, Engagement, Post
from pipelines.sources.x.payload import Parsed, parse, parse_payload
from tests.fakes.x_objects import post_object, renamed, snowflake, user_object
from tests.shared import shared_data

AT = datetime(2026, 12, 5, 14, 3)
SEEN = datetime(2026, 12, 5, 15)


def posts(parsed: Parsed) -> dict[str, Post]:
    return {record.revision.lstrip("0"): record for record in parsed.records if isinstance(record, Post)}


def of_type(parsed: Parsed, kind: type) -> list[Any]:
    return [record for record in parsed.records if isinstance(record, kind)]


def page(*data: dict[str, Any], **includes: Any) -> Parsed:
    return parse(orjson.dumps({"data": list(data), "includes": includes, "meta": {}}), SEEN)


def only(parsed: Parsed) -> Post:
    (post,) = posts(parsed).values()
    return post


def test_a_post_becomes_one_record_with_its_link_time_and_folded_hashtags():
    post = only(page(post_object(AT, "News from #ASH26 and #Lymphoma"), users=[user_object()]))
    assert post == Post(
        platform="x",
        post_id=snowflake(AT),
        revision=snowflake(AT).zfill(20),
        author_id="1000",
        text="News from #ASH26 and #Lymphoma",
        created_at=AT,
        retrieved_at=SEEN,
        lang="en",
        url=f"https://x.com/dr0/status/{snowflake(AT)}",
        conversation_id=snowflake(AT),
        hashtags=("ash26", "lymphoma"),
    )


def test_counts_are_those_seen_at_retrieval():
    (counts,) = of_type(page(post_object(AT)), Engagement)
    assert Engagement("x", snowflake(AT), SEEN, 5, 2, 1, 0, 240) == counts


def test_an_author_comes_with_the_links_of_the_bio_written_out():
    (author,) = of_type(page(post_object(AT), users=[user_object(verified_type="blue")]), Author)
    expected = Author(
        "x", "1000", SEEN, "dr0", "Ana Gómez", "Hematologist. Lymphoma. https://hosp.es", "Madrid", 1200, True
    )
    assert expected == author


def test_long_text_and_its_hashtags_are_those_of_the_note():
    note = {"text": "long " * 90 + "#TP53", "entities": {"hashtags": [{"start": 450, "end": 455, "tag": "TP53"}]}}
    post = only(page(post_object(AT, "long long ...", note_tweet=note)))
    assert note["text"] == post.text
    assert ("tp53", "ash26") == post.hashtags


def test_a_repost_speaks_with_the_full_text_hashtags_and_links_of_its_original():
    original = post_object(
        AT,
        "Full text &amp; more #Lymphoma",
        author_id="5",
        entities={
            "hashtags": [{"start": 0, "end": 1, "tag": "Lymphoma"}],
            "urls": [{"url": "https://t.co/a", "expanded_url": "https://doi.org/10.1/x"}],
        },
    )
    reference = [{"type": "retweeted", "id": original["id"]}]
    repost = post_object(AT, "RT @dr: Full te…", 1, referenced_tweets=reference, entities={})
    parsed = page(repost, tweets=[original])
    found = posts(parsed)[repost["id"]]
    assert "repost" == found.kind
    assert original["id"] == found.repost_of_id
    assert ("Full text & more #Lymphoma", ("lymphoma",)) == (found.text, found.hashtags)
    assert ("https://doi.org/10.1/x",) == found.links
    assert (("post", repost["id"]),) == parsed.main_reads
    assert {original["id"]} == {counts.post_id for counts in of_type(parsed, Engagement)}, "a repost has none"


def test_a_repost_alone_does_not_offer_the_half_hashtag_it_ends_in():
    reference = [{"type": "retweeted", "id": "77"}]
    repost = post_object(AT, "RT @dr: data at #ASH26 on #Lymp…", referenced_tweets=reference, entities={})
    assert ("ash26",) == only(page(repost)).hashtags


def test_links_are_expanded_and_unwound_without_shorteners_and_own_media():
    urls = [
        {"url": "https://t.co/1", "expanded_url": "https://bit.ly/z", "unwound_url": "https://ash.org/p?a=1&b=2"},
        {"url": "https://t.co/2", "expanded_url": "https://t.co/2"},
        {"url": "https://t.co/3", "expanded_url": "javascript:alert(1)"},
        {"url": "https://t.co/4", "expanded_url": "https://x.com/a/status/1/photo/1", "media_key": "3_1"},
        {"url": "https://t.co/5", "expanded_url": "https://twitter.com/a/status/1/video/1"},
    ]
    post = only(page(post_object(AT, entities={"urls": urls})))
    assert ("https://bit.ly/z", "https://ash.org/p?a=1&b=2") == post.links


def test_replies_and_quotes_name_the_first_version_of_an_edited_post():
    first, second = post_object(AT, "v1"), post_object(AT + timedelta(seconds=10), "v2")
    first["edit_history_tweet_ids"] = second["edit_history_tweet_ids"] = [first["id"], second["id"]]
    references = [{"type": "replied_to", "id": second["id"]}, {"type": "quoted", "id": second["id"]}]
    reply = post_object(AT + timedelta(minutes=1), "see", referenced_tweets=references)
    parsed = page(reply, tweets=[first, second])
    found = posts(parsed)
    assert (first["id"], first["id"]) == (found[reply["id"]].reply_to_id, found[reply["id"]].quoted_id)
    assert (first["id"], AT) == (found[second["id"]].post_id, found[second["id"]].created_at)
    assert found[second["id"]].revision > found[first["id"]].revision
    counted = [counts.post_id for counts in of_type(parsed, Engagement)]
    assert [first["id"], reply["id"]] == counted, "the newest edit counts, under the first one's id"


def test_mentions_without_an_id_are_looked_up_among_the_users():
    mentions = [{"start": 0, "end": 5, "username": "DR0"}, {"start": 6, "end": 9, "username": "x", "id": "9"}]
    post = only(page(post_object(AT, author_id="9", entities={"mentions": mentions}), users=[user_object()]))
    assert ("1000", "9") == post.mentioned_ids


@pytest.mark.parametrize("handle", ["../../evil", "a b", "", "x" * 40, None])
def test_a_handle_that_is_none_never_reaches_the_link(handle: str | None):
    post = only(page(post_object(AT), users=[user_object(username=handle)]))
    assert f"https://x.com/i/status/{snowflake(AT)}" == post.url


def test_a_post_without_a_time_takes_it_from_its_id():
    post = post_object(AT)
    del post["created_at"]
    assert only(page(post)).created_at == AT


def test_a_withheld_post_is_deleted_and_its_withheld_or_protected_author_hidden():
    withheld = {"copyright": False, "country_codes": ["DE"]}
    users = [user_object("1", withheld={"country_codes": ["IN"]}), user_object("2", protected=True)]
    parsed = page(post_object(AT, withheld=withheld), users=users)
    assert [Deletion("x", "post", snowflake(AT), SEEN, "withheld")] == of_type(parsed, Deletion)
    hidden = {state.author_id: state.status for state in of_type(parsed, AccountState) if not state.active}
    assert {"1": "withheld", "2": "protected"} == hidden


def test_only_a_look_up_of_the_account_itself_makes_it_visible_again():
    assert [] == of_type(page(post_object(AT), users=[user_object()]), AccountState)
    assert [AccountState("x", "1000", True, SEEN)] == of_type(page(user_object()), AccountState)


def error(title: str, kind: str, parameter: str, value: str) -> dict[str, str]:
    return {"title": title, "resource_type": kind, "parameter": parameter, "resource_id": value, "detail": "..."}


def test_a_post_that_was_asked_for_and_is_gone_is_deleted_and_a_referenced_one_is_not():
    errors = [
        error("Not Found Error", "tweet", "ids", "11"),
        error("Authorization Error", "post", "ids", "12"),
        error("Not Found Error", "tweet", "referenced_tweets.id", "13"),
        error("Forbidden", "user", "ids", "14"),
        error("Forbidden", "user", "entities.mentions.username", "someone"),
    ]
    parsed = parse_payload({"errors": errors}, SEEN)
    assert (
        Deletion("x", "post", "11", SEEN, "not_found"),
        Deletion("x", "post", "12", SEEN, "not_authorized"),
        AccountState("x", "14", False, SEEN, "suspended"),
    ) == parsed.records


def test_a_disconnect_notice_is_a_problem_and_no_record():
    notice = {"title": "operational-disconnect", "detail": "upstream", "type": "https://api.x.com/2/problems/x"}
    assert ("operational-disconnect: upstream",) == parse_payload({"errors": [notice]}, SEEN).problems


def test_a_stream_line_names_its_rules_even_when_their_tag_is_missing_and_their_id_a_number():
    line = {"data": post_object(AT), "matching_rules": [{"id": 1377649934414049282, "tag": None}, {"id": "7"}]}
    assert ("1377649934414049282", "7") == parse_payload(line, SEEN).rule_ids


def test_the_new_vocabulary_gives_the_same_records_as_the_old():
    original = post_object(AT, "original")
    note = {"text": "n" * 400}
    repost = post_object(AT, "RT", 1, referenced_tweets=[{"type": "retweeted", "id": original["id"]}])
    payload = {"data": [repost, post_object(AT, "x", 2, note_tweet=note)], "includes": {"tweets": [original]}}
    assert parse_payload(payload, SEEN) == parse_payload(renamed(payload), SEEN)


def test_activity_events_bring_posts_and_deletions():
    deleted = {"event_type": "post.delete", "payload": {"id": "77", "author_id": "1000"}, "filter": {}}
    assert (Deletion("x", "post", "77", SEEN, "deleted"),) == parse_payload({"data": deleted}, SEEN).records
    includes = {"users": [{"data": user_object()}]}
    created = {"event_type": "post.create", "payload": post_object(AT), "includes": includes}
    parsed = parse_payload({"data": created}, SEEN)
    assert "https://x.com/dr0/status/" in str(only(parsed).url)
    assert 1 == parse_payload({"data": {"event_type": "follow.follow", "payload": {}}}, SEEN).others


def test_what_is_read_is_named_once_for_the_bill():
    post = post_object(AT)
    parsed = page(post, post, tweets=[post], users=[user_object(), user_object()])
    assert (("post", post["id"]), ("user", "1000")) == parsed.reads


def test_hostile_text_is_kept_as_text():
    text = "<script>alert(1)</script>\u202e\x00" + "a" * 100_000
    escaped = text.replace("<", "&lt;").replace(">", "&gt;")
    assert text == only(page(post_object(AT, escaped))).text


PAGE = {
    "data": [post_object(AT), post_object(AT, "RT", 1, referenced_tweets=[{"type": "retweeted", "id": "9"}])],
    "includes": {"users": [user_object()], "tweets": [post_object(AT, "o", 2, note_tweet={"text": "n"})]},
    "errors": [error("Not Found Error", "tweet", "ids", "11")],
    "matching_rules": [{"id": "1"}],
    "meta": {"next_token": "b"},
}
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([]), st.just({}), st.just([1])
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*at, key))


@given(st.sampled_from([at for at in paths(PAGE) if at]), JUNK, st.booleans())
def test_no_mutilated_payload_raises(at: tuple[Any, ...], junk: Any, drop: bool):
    payload = json.loads(json.dumps(PAGE))
    spot = payload
    for key in at[:-1]:
        spot = spot[key]
    if drop:
        del spot[at[-1]]
    else:
        spot[at[-1]] = junk
    assert isinstance(parse_payload(payload, SEEN).records, tuple)


@given(st.integers(0, 4000), st.binary(max_size=4))
def test_no_torn_payload_raises(cut: int, rest: bytes):
    parsed = parse(orjson.dumps(PAGE)[:cut] + rest, SEEN)
    assert parsed.records or parsed.unread or parsed.problems or cut == 0


def test_every_recorded_response_of_the_api_is_understood():
    seen = 0
    for path in sorted(shared_data("payloads", "x", "tweepy-cassettes", "decoded").glob("*.json")):
        for response in json.loads(path.read_bytes()):
            parsed = parse_payload(response["json"], SEEN)
            assert ((), ()) == (parsed.unread, parsed.problems), (path.name, response["uri"])
            assert parsed.records or parsed.buckets or parsed.others or "data" not in response["json"], path.name
            seen += 1
    assert seen > 60
