from __future__ import annotations

from datetime import date, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.congresses import Accounts, Congress
from pipelines.model import Post
from pipelines.sources.x.rules import (
    QUERY_LENGTH,
    RULE_LENGTH,
    Rule,
    changes,
    read_rules,
    rules_for,
    search_queries,
    terms_of,
)


def congress(**more: Any) -> Congress:
    given_ = {"hashtags": ("ash26", "ash2026"), "accounts": Accounts(x=("ASH_hematology",)), **more}
    return Congress(
        id=given_.pop("id", "ash-2026"),
        name="ASH 2026",
        society="ASH",
        city="New Orleans",
        timezone="America/Chicago",
        starts_on=date(2026, 12, 12),
        ends_on=date(2026, 12, 15),
        **given_,
    )


def test_a_rule_holds_hashtags_accounts_and_keywords_and_is_tagged_with_its_congress():
    (rule,) = rules_for([congress(keywords=("blood journal",))], reposts=False)
    expected = '(#ash26 OR #ash2026 OR from:ASH_hematology OR "blood journal") -is:retweet -is:nullcast'
    assert Rule(expected, "congress:ash-2026") == rule


def test_reposts_are_asked_for_only_when_wanted():
    (rule,) = rules_for([congress()], reposts=True)
    assert "(#ash26 OR #ash2026 OR from:ASH_hematology) -is:nullcast" == rule.value


def test_what_x_has_no_operator_for_is_left_out():
    strange = congress(hashtags=(), accounts=Accounts(x=("a.b",)), keywords=('say "hi\\"',))
    assert ('"say hi"',) == terms_of(strange)


@settings(max_examples=30)
@given(st.lists(st.from_regex(r"[a-z]{3,60}", fullmatch=True), min_size=1, max_size=120, unique=True))
def test_many_terms_are_spread_over_rules_and_queries_within_their_lengths_and_none_is_lost(tags: list[str]):
    followed = congress(hashtags=tuple(tags), accounts=Accounts())
    values = [rule.value for rule in rules_for([followed], reposts=False)]
    queries = search_queries([followed])
    assert all(len(value) <= RULE_LENGTH for value in values)
    assert all(len(query.value) <= QUERY_LENGTH for query in queries)
    for value_list in (values, [query.value for query in queries]):
        words = {word.strip("()") for value in value_list for word in value.split()}
        assert set(terms_of(followed)) <= words


def test_others_rules_stay_and_ours_are_added_kept_or_deleted():
    wanted = [Rule("a", "congress:ash-2026"), Rule("b", "congress:asco-2027")]
    existing = [
        Rule("a", "congress:ash-2026", "1"),
        Rule("a", "congress:ash-2026", "2"),
        Rule("old", "congress:ash-2026", "3"),
        Rule("b", "somebody else", "4"),
        Rule("untagged", "", "5"),
    ]
    found = changes(existing, wanted)
    assert (wanted[1],) == found.add
    assert ("2", "3") == tuple(rule.rule_id for rule in found.delete)
    assert ("1",) == tuple(rule.rule_id for rule in found.keep)
    assert 2 == found.others


def test_synchronising_twice_changes_nothing():
    wanted = rules_for([congress()], reposts=False)
    held = [Rule(rule.value, rule.tag, str(number)) for number, rule in enumerate(wanted)]
    again = changes(held, wanted)
    assert ((), ()) == (again.add, again.delete)


def test_a_rule_of_a_stranger_without_a_tag_can_be_read():
    assert (Rule("x", "", "9"),) == read_rules({"data": [{"id": "9", "value": "x"}, {"broken": 1}], "meta": {}})
    assert () == read_rules({"meta": {"result_count": 0}})


def test_a_query_knows_which_posts_it_finds():
    (query,) = search_queries([congress(keywords=("blood journal",))])
    at = datetime(2026, 12, 12)

    def post(text: str, *hashtags: str) -> Post:
        return Post("x", "1", "1", "7", text, at, at, hashtags=hashtags)

    assert query.finds(post("hi", "ash26"), None)
    assert query.finds(post("in the Blood Journal"), None)
    assert query.finds(post("hi"), "ash_Hematology")
    assert not query.finds(post("hi", "asco26"), "dr0")
