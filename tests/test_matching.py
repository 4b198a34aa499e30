"""Which congress a post belongs to, and why."""

from __future__ import annotations

from datetime import datetime

import pytest

from pipelines.hashtags import hashtags_in, year_twins
from pipelines.matching import Matcher, cheap_terms
from tests.records import congress, post

ASH = congress(accounts={"x": ["@ASH_hematology"]}, keywords=["San Antonio breast", "LBA"])


def rules(of, **more):
    return [(each.rule, each.term) for each in Matcher([ASH]).matches(of, **more)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#ASH26 and #ash2026", ("ash26", "ash2026")),
        ("＃ＡＳＨ２６", ("ash26",)),
        ("(#ASH26)", ("ash26",)),
        ("#ASH26-day1", ("ash26",)),
        ("https://x.org/#ASH26 &#39; a#b #123", ()),
        ("#café #дзе_1", ("café", "дзе_1")),
    ],
)
def test_hashtags_are_found_and_folded(text, expected):
    assert expected == hashtags_in(text)


def test_a_year_has_two_spellings_and_no_other_tag_has():
    assert ("ash26", "ash2026") == year_twins("#ASH2026")
    assert ("ashg",) == year_twins("ASHG")


@pytest.mark.parametrize("tag", ["ash26", "ash2026"])
def test_both_spellings_of_the_hashtag_match(tag):
    assert [("hashtag", tag)] == rules(post(hashtags=(tag,), text=""))


@pytest.mark.parametrize("tag", ["ashg", "ashg26", "ash25", "ash"])
def test_neighbouring_hashtags_do_not_match(tag):
    assert [] == rules(post(hashtags=(tag,), text=""))


def test_a_followed_account_matches_by_handle_whatever_its_case():
    assert [("account", "ash_HEMATOLOGY")] == rules(post(hashtags=(), text="Doors open"), handle="ash_HEMATOLOGY")


def test_a_keyword_matches_as_a_whole_word_only():
    assert [("keyword", "san antonio breast")] == rules(post(hashtags=(), text="See you at San Antonio Breast!"))
    assert [] == rules(post(hashtags=(), text="ALBA is an island"))


def test_an_answer_to_a_matched_post_matches_by_thread_and_names_it():
    reply = post("2", hashtags=(), text="Agreed", reply_to_id="1")
    assert [("thread", "1")] == rules(reply, parents={"1": ("ash-2026",)})
    assert [] == rules(reply, parents={})


def test_the_strongest_rule_stands_in_front_and_all_are_kept():
    found = Matcher([ASH]).matches(post(reply_to_id="0"), handle="ASH_hematology", parents={"0": ("ash-2026",)})
    assert ("hashtag", "ash26") == (found[0].rule, found[0].term)
    assert ("hashtag:ash26", "account:ASH_hematology", "thread:0") == found[0].terms


def test_a_hashtag_without_a_year_holds_only_while_the_congress_is_followed():
    ada = [
        congress(id=f"ada-{y}", starts_on=f"{y}-06-05", ends_on=f"{y}-06-08", hashtags=("ADASciSessions",))
        for y in (2026, 2027)
    ]
    of = post(hashtags=("adascisessions",), created_at=datetime(2027, 6, 6))
    assert ["ada-2027"] == [each.congress_id for each in Matcher(ada).matches(of)]


def test_the_cheap_terms_hold_every_hashtag_and_keyword():
    assert ("ash26", "ash2026", "san antonio breast", "lba") == cheap_terms([ASH])
