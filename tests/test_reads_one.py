"""The reads behind one abstract, one voice and the list of posts, asked of a real store."""

from __future__ import annotations

import pytest

from pipelines.browse import browse
from pipelines.model import Abstract, AbstractMention, Batch, Engagement
from pipelines.one_abstract import abstract_volume, one_abstract
from pipelines.one_voice import one_voice, voice_engages, voice_topics
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

LISTED = Abstract(
    "ash-2026", "LBA-3", "A trial of drugamab", presenter="A. Lee", starts_at=at(-15), embargo_lift_at=at(1.5),
    drugs=("drugamab",), companies=("Acme",),
)  # fmt: skip


def named(of, tier: int = 1, rule: str = "structured", evidence: str = "LBA-3", **fields) -> AbstractMention:
    return AbstractMention("x", of.post_id, "ash-2026", "LBA-3", tier, rule, evidence, **fields)


@pytest.fixture
def store():
    """A patient is first; a doctor, a doctor's repost and an unknown follow; a doctor quotes, reposts the patient, and answers."""
    said = [
        post("1", author_id="patient", created_at=at(0), text="LBA-3 gives me hope #ASH26"),
        post("2", author_id="doc", created_at=at(1), text="LBA-3: survival doubled #ASH26", hashtags=("ash26", "bcsm")),
        post("3", author_id="nurse", created_at=at(2), text="", repost_of_id="2"),
        post("4", author_id="anyone", created_at=at(3), text="drugamab at 100% #ASH26"),
        post("5", author_id="nurse", created_at=at(4), text="", repost_of_id="1"),
        post("6", author_id="doc", created_at=at(5), text="Thanks for the hope", reply_to_id="1", mentioned_ids=("nurse", "anyone")),
        post("7", author_id="late", created_at=at(6), text="I said so #ASH26"),
    ]  # fmt: skip
    mentions = [
        named(said[0]), named(said[1]), named(said[1], 2, "trial", "QUEST-1"), named(said[2], rule="inherited", inherited_from="2"),
        named(said[3], 3, "title", "drugamab at"),
    ]  # fmt: skip
    roles = [
        role("doc", evidence=("Haematologist",)), role("nurse"), role("patient", "patient_advocate"),
        role("late"), role("late", "patient_advocate", decided_at=at(500), decided_by="ann"),
    ]  # fmt: skip
    with Store(None) as opened:
        opened.fold_congresses([congress()])
        opened.fold_catalogue("ash-2026", [LISTED, Abstract("ash-2026", "9", "Nobody speaks of this")])
        people = [author(each) for each in ("doc", "nurse", "patient", "anyone", "late")]
        liked = [Engagement("x", "2", at(7), like_count=40, repost_count=3)]
        opened.fold(Batch([*said, *people, *liked], [match(each) for each in said], mentions, roles))
        yield opened


def posts(store, **filters) -> list[dict]:
    return browse(store.reader, "ash-2026", 50, at(60), **filters).to_pylist()


def ids(rows) -> list[str]:
    return [row["post_id"] for row in rows]


def test_posts_come_newest_first_and_those_of_patients_are_counted_only(store):
    rows = posts(store)
    assert ["6", "4", "3", "2"] == ids(rows)
    assert {(4, 3)} == {(row["total_count"], row["unlisted_count"]) for row in rows}


def test_who_turns_out_to_be_a_patient_is_not_listed_at_any_past_moment(store):
    assert "7" not in ids(browse(store.reader, "ash-2026", 50, at(10)).to_pylist())
    assert [] == one_voice(store.reader, "ash-2026", "x", "late", at(10)).to_pylist()


@pytest.mark.parametrize(
    ("found", "filters"),
    [
        (["3"], {"kind": "repost"}), (["6", "3", "2"], {"role": "hcp"}), (["4"], {"role": "unknown"}), ([], {"platform": "bluesky"}),
        (["4", "3", "2"], {"abstract": "LBA-3"}), (["6", "2"], {"author": "doc"}), (["3", "2"], {"text": "SURVIVAL"}),
        (["4"], {"text": "100%"}), ([], {"text": "100_"}), (["3"], {"text": "h_nurse"}), ([], {"text": "gives me hope"}), ([], {"role": "patient_advocate"}),
    ],
)  # fmt: skip
def test_posts_are_filtered(store, found, filters):
    assert found == ids(posts(store, **filters))


def test_pages_follow_each_other_without_a_gap(store):
    pages = [browse(store.reader, "ash-2026", 3, at(60), offset=o).to_pylist() for o in (0, 3)]
    assert ["6", "4", "3", "2"] == ids(pages[0] + pages[1])


def test_the_most_engaged_come_first_when_asked(store):
    assert "2" == posts(store, order="engaged")[0]["post_id"]


def test_a_window_leaves_out_what_is_older(store):
    assert ["6", "4"] == ids(browse(store.reader, "ash-2026", 50, at(5), minutes=3).to_pylist())


def test_a_post_shows_the_strongest_words_that_name_the_abstract(store):
    rows = {row["post_id"]: (row["tier"], row["evidence"], row["read_by"]) for row in posts(store, abstract="LBA-3")}
    assert {"2": (1, "LBA-3", "structured"), "3": (4, "LBA-3", "inherited"), "4": (3, "drugamab at", "title")} == rows


def test_a_repost_stands_with_the_words_of_what_it_reposts(store):
    assert "LBA-3: survival doubled #ASH26" == posts(store, kind="repost")[0]["text"]


def test_an_abstract_shows_its_record_its_counts_and_does_not_name_the_patient_who_began(store):
    (row,) = one_abstract(store.reader, "ash-2026", "LBA-3", at(60)).to_pylist()
    assert ("A trial of drugamab", ["Acme"], True) == (row["title"], row["companies"], row["catalogued"])
    assert (4, 4, 2, 2, 0, 1, 1) == tuple(
        row[k] for k in ("post_count", "author_count", "hcp_post_count", "tier_1", "tier_2", "tier_3", "inherited")
    )
    assert (at(0), "patient_advocate", None, None) == tuple(
        row[k] for k in ("first_post_at", "first_role", "first_handle", "first_url")
    )
    assert 2 == row["early_count"]


def test_an_abstract_nobody_speaks_of_is_shown_and_one_that_does_not_exist_is_not(store):
    assert [0] == one_abstract(store.reader, "ash-2026", "9", at(60))["post_count"].to_pylist()
    assert [] == one_abstract(store.reader, "ash-2026", "666", at(60)).to_pylist()


def test_the_timeline_of_an_abstract_sums_to_its_posts_in_either_split(store):
    rows = abstract_volume(store.reader, "ash-2026", "LBA-3", at(-60), at(60), 10, at(60)).to_pylist()
    assert {"role": 4, "platform": 4} == {
        split: sum(r["post_count"] for r in rows if r["split"] == split) for split in ("role", "platform")
    }
    by_role = {(r["series"], r["post_count"]) for r in rows if r["split"] == "role"}
    assert {("hcp", 2), ("patient_advocate", 1), ("others", 1)} == by_role


def test_a_voice_shows_its_evidence_and_the_parts_of_its_rank(store):
    (row,) = one_voice(store.reader, "ash-2026", "x", "doc", at(60)).to_pylist()
    assert (["Haematologist"], 2, 1, 43, 1) == tuple(
        row[k] for k in ("evidence", "post_count", "hcp_engager_count", "engagement_count", "t_index")
    )


@pytest.mark.parametrize("author_id", ["patient", "anyone", "nobody", "late"])
def test_only_recognised_hcps_have_a_view(store, author_id):
    assert [] == one_voice(store.reader, "ash-2026", "x", author_id, at(60)).to_pylist()


def test_a_voice_talks_about_abstracts_and_hashtags_other_than_the_congress(store):
    rows = voice_topics(store.reader, "ash-2026", "x", "doc", 5, at(60)).to_pylist()
    assert [("abstract", "LBA-3", "A trial of drugamab", 1), ("hashtag", "bcsm", "", 1)] == [
        tuple(r.values()) for r in rows
    ]


def test_whom_a_voice_takes_up_is_named_only_where_it_may_be(store):
    rows = voice_engages(store.reader, "ash-2026", "x", "doc", 5, at(60)).to_pylist()
    assert [("nurse", "hcp", 1, 1), (None, None, 2, 2)] == [
        (r["author_id"], r["role"], r["edge_count"], r["author_count"]) for r in rows
    ]
