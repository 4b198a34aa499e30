"""Shares of voice, two topics over time, and the posts behind each number, asked of a real store."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipelines.browse import browse
from pipelines.digest import Digest
from pipelines.errors import UsageError
from pipelines.matching import Matcher
from pipelines.model import Abstract, AbstractMention, Batch, Deletion
from pipelines.reads import answer
from pipelines.store.database import Store
from pipelines.topics import abstract_topics, share_of_voice, topic_volume
from tests.records import at, author, congress, match, post, role

ASH = congress(
    products=(
        {"name": "Enhertu", "aliases": ("T-DXd",), "company": "Daiichi"},
        {"name": "Brukinsa", "company": "BeOne"},
        {"name": "Silentimab", "company": "Daiichi"},
    ),
    companies=({"name": "Merck"},),
)  # fmt: skip
CATALOGUE = [
    Abstract("ash-2026", "1", "One", trial=("QUEST-1",), drugs=("Enhertumab", "Placebo")),
    Abstract("ash-2026", "2", "Two", trial=("QUEST-2",), drugs=("enhertumab",)),
]
SAID = [
    post("1", author_id="doc", created_at=at(0), text="Enhertu, Brukinsa #ASH26 #bcsm", hashtags=("ash26", "bcsm")),
    post("2", author_id="nurse", created_at=at(10), text="", repost_of_id="1", hashtags=("ash26", "bcsm")),
    post("3", author_id="anyone", created_at=at(20), text="T-DXd #ASH26 #Enhertu", hashtags=("ash26", "enhertu")),
    post("4", author_id="patient", created_at=at(30), text="Enhertu helps me #ASH26"),
    post("5", author_id="anyone", created_at=at(40), text="Merck #ASH26 #BCSM", hashtags=("ash26", "bcsm")),
    post("6", author_id="anyone", created_at=at(50), text="abstract 1 #ASH26"),
    post("7", author_id="doc", created_at=at(55), text="nothing named #ASH26"),
]


@pytest.fixture(scope="module")
def store():
    with Store(None) as opened:
        opened.fold_congresses([ASH])
        opened.fold_catalogue("ash-2026", CATALOGUE)
        people = [author(each) for each in ("doc", "nurse", "anyone", "patient")]
        opened.fold(Digest(Matcher([ASH]), {}, lambda *_: None).batch([*SAID, *people], opened.another_reader()))
        spoken = [
            AbstractMention("x", "6", "ash-2026", "1", 1, "number_cue", "abstract 1"), AbstractMention("x", "6", "ash-2026", "1", 2, "trial", "QUEST"),
            AbstractMention("x", "6", "ash-2026", "2", 3, "title", "two"), AbstractMention("x", "2", "ash-2026", "2", 1, "inherited", "2", inherited_from="1"),
        ]  # fmt: skip
        opened.replace_mentions("ash-2026", spoken, opened_products(opened), SAID)
        opened.fold(Batch(roles=[role("doc"), role("nurse"), role("patient", "patient_advocate")]))
        yield opened


def opened_products(store: Store) -> list:
    """The products as the digest read them: replacing mentions replaces both."""
    return list(Digest(Matcher([ASH]), {}, lambda *_: None).batch(SAID, store.another_reader()).products)


def share(store: Store, by: str, minutes: int = 0, moment=None, limit: int = 50) -> dict[str, dict]:
    rows = share_of_voice(store.reader, "ash-2026", minutes, by, limit, moment or at(60)).to_pylist()  # ty: ignore[invalid-argument-type]
    return {row["name"]: row for row in rows}


def test_each_product_has_its_posts_authors_and_hcps_and_the_denominator(store):
    found = share(store, "product")
    assert ["Enhertu", "Brukinsa", "Silentimab"] == list(found)
    one = found["Enhertu"]
    assert (4, 4, 2, 2, 1, 0) == tuple(
        one[f"{name}_count"] for name in ("post", "author", "hcp_post", "hcp_author", "inherited", "before")
    )
    assert ("Daiichi", 4, 2, 2) == (one["company"], one["whole_count"], one["hcp_whole_count"], one["item_count"])
    assert (2, 4) == (found["Brukinsa"]["post_count"], found["Brukinsa"]["whole_count"])


def test_a_tracked_name_that_nobody_named_stands_with_zero(store):
    one = share(store, "product")["Silentimab"]
    assert (0, [0] * 24, 4) == (one["post_count"], one["sparkline"], one["whole_count"])


def test_a_product_counts_its_company_once_a_post(store):
    assert {"Daiichi": 4, "BeOne": 2, "Merck": 1} == {
        name: row["post_count"] for name, row in share(store, "company").items()
    }
    assert {5} == {row["whole_count"] for row in share(store, "company").values()}


def test_drugs_and_trials_count_a_post_once_whatever_the_evidence_and_the_spelling(store):
    drugs = share(store, "drug")
    assert {"enhertumab": 2, "placebo": 1} == {name.lower(): row["post_count"] for name, row in drugs.items()}
    assert {2} == {row["whole_count"] for row in drugs.values()}
    assert {"QUEST-2": 2, "QUEST-1": 1} == {name: row["post_count"] for name, row in share(store, "trial").items()}


def test_the_congress_s_own_hashtags_are_no_topic(store):
    assert {"bcsm": 3, "enhertu": 1} == {name: row["post_count"] for name, row in share(store, "hashtag").items()}


def test_the_window_stands_beside_the_one_before_and_the_sparkline_sums_to_its_posts(store):
    one = share(store, "product", minutes=15, moment=at(24))["Enhertu"]
    assert (2, 1, 1) == (one["post_count"], one["before_count"], one["before_whole_count"])
    assert 2 == sum(one["sparkline"])
    assert 4 == sum(share(store, "product")["Enhertu"]["sparkline"])


def test_a_past_moment_knows_only_what_was_said_by_then(store):
    assert 1 == share(store, "product", moment=at(5))["Enhertu"]["post_count"]


def test_the_limit_cuts_the_list_and_leaves_the_denominator(store):
    found = share(store, "company", limit=1)
    assert (["Daiichi"], 5) == (list(found), found["Daiichi"]["whole_count"])


def test_where_nothing_is_tracked_there_is_nothing():
    with Store(None) as opened:
        opened.fold_congresses([congress()])
        assert {} == share(opened, "product") == share(opened, "hashtag")


def test_two_topics_have_their_buckets_and_those_of_posts_that_name_both(store):
    found = topic_volume(
        store.reader, "ash-2026", "product", "enhertu", "Brukinsa", at(0), at(60), 30, at(60)
    ).to_pylist()
    counts = {(row["series"], row["bucket_at"]): (row["post_count"], row["hcp_post_count"]) for row in found}
    assert {
        ("first", at(0)): (3, 2),
        ("first", at(30)): (1, 0),
        ("second", at(0)): (2, 2),
        ("both", at(0)): (2, 2),
    } == counts


def test_an_unknown_topic_has_no_buckets(store):
    found = topic_volume(store.reader, "ash-2026", "trial", "", "none", at(0), at(60), 30, at(60))
    assert 0 == found.num_rows


def test_the_posts_on_an_abstract_are_split_by_what_they_name(store):
    found = abstract_topics(store.reader, "ash-2026", "2", at(60)).to_pylist()
    assert [("product", "Brukinsa", 1, 1), ("product", "Enhertu", 1, 1)] == [
        tuple(row[k] for k in ("kind", "name", "post_count", "hcp_post_count"))
        for row in found
        if row["kind"] == "product"
    ]
    assert {"company"} == {row["kind"] for row in found[2:]}


@pytest.mark.parametrize(
    ("ids", "filters"),
    [
        (["3", "2", "1"], {"product": "enhertu"}), (["2", "1"], {"product": "ENHERTU", "role": "hcp"}), (["3"], {"product": "Enhertu", "role": "others"}),
        (["2", "1"], {"product": "Enhertu|Brukinsa"}), (["5"], {"company": "Merck"}), (["3"], {"company": "Daiichi", "hashtag": "enhertu"}),
        (["5", "2", "1"], {"hashtag": "BCSM"}), (["7", "6", "5", "3", "2", "1"], {"hashtag": "ash26"}), (["6"], {"trial": "QUEST-1"}), (["6", "2"], {"drug": "Enhertumab"}),
        (["6", "2"], {"drug": "enhertumab|enhertumab"}), (["2"], {"abstract": "2", "product": "Enhertu"}), ([], {"product": "none"}), ([], {"company": "%"}), (["7", "6", "5", "3", "2", "1"], {"product": "|"}),
        (["3", "2"], {"start": at(10), "end": at(40)}), (["1"], {"end": at(10)}), (["7"], {"start": at(55)}), ([], {"start": at(10), "end": at(10)}),
    ],
)  # fmt: skip
def test_posts_are_filtered_by_what_they_name_and_by_exact_bounds(store, ids, filters):
    found = browse(store.reader, "ash-2026", 50, at(60), **filters).to_pylist()
    assert ids == [row["post_id"] for row in found]


@pytest.mark.parametrize("by", ["product", "company", "drug", "trial", "hashtag"])
@pytest.mark.parametrize("minutes", [0, 35])
def test_every_number_has_exactly_its_posts_behind_it(store, by, minutes):
    for name, row in share(store, by, minutes).items():
        for count, filters in (("post_count", {}), ("hcp_post_count", {"role": "hcp"})):
            found = browse(store.reader, "ash-2026", 1, at(60), minutes=minutes, **{by: name}, **filters).to_pylist()
            behind = found[0]["total_count"] + found[0]["unlisted_count"] if found else 0
            assert row[count] == behind or (
                not found and row[count] <= 1
            )  # a patient's alone: counted, and nothing to list


def test_a_post_tells_the_words_that_name_a_product(store):
    found = {row["post_id"]: row["products"] for row in browse(store.reader, "ash-2026", 50, at(60)).to_pylist()}
    assert [("product", "Enhertu", "name", "T-DXd"), ("company", "Daiichi", "product", "T-DXd")] == [
        tuple(each.values()) for each in found["3"]
    ]
    assert {"inherited"} == {each["rule"] for each in found["2"]}
    assert [] == found["7"]


def test_bounds_that_are_no_times_and_kinds_that_are_none_are_said(store):
    with pytest.raises(UsageError, match="start"):
        answer(store.reader, "browse", {"congress_id": "ash-2026", "limit": "1", "start": "yesterday"}, at(60))
    with pytest.raises(UsageError, match="product or company or drug or trial or hashtag"):
        answer(
            store.reader,
            "share_of_voice",
            {"congress_id": "ash-2026", "minutes": "0", "limit": "1", "by": "brand"},
            at(60),
        )


def test_a_deleted_post_is_in_no_share():
    with Store(None) as opened:
        opened.fold_congresses([ASH])
        one = post("1", text="Enhertu #ASH26")
        opened.fold(Digest(Matcher([ASH]), {}, lambda *_: None).batch([one], opened.another_reader()))
        assert 1 == share(opened, "product")["Enhertu"]["post_count"]
        opened.fold(Batch([Deletion("x", "post", "1", at(2))], [match(one)]))
        assert (0, 0) == (
            share(opened, "product")["Enhertu"]["post_count"],
            share(opened, "product")["Enhertu"]["whole_count"],
        )
        assert {} == share(opened, "hashtag", moment=at(60) + timedelta(days=1))
