"""Professionals and organisations are named; everybody else is counted and stands under a pseudonym, without words."""

from __future__ import annotations

import json

import pytest

from pipelines.access import Person
from pipelines.commands import carry_out
from pipelines.errors import ConfigError, NotAllowed, UsageError
from pipelines.model import Batch, Deletion
from pipelines.privacy import NAMED_ROLES, Mask, mask_from, revealed_authors
from pipelines.reads import READS, answer
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

MASK = Mask(b"a key of at least sixteen letters")
SECRET = "something a private person said of the plenary"
KIM = Person("kim@example.org", "reviewer")


@pytest.fixture
def store():
    posts = [
        post("1", author_id="doc", text="ORR of 71 % #ASH26"),
        post(
            "2", author_id="private", text=f"{SECRET} #ASH26", created_at=at(1), url="https://x.com/h_private/status/2"
        ),
        post("3", author_id="doc", repost_of_id="2", text=f"RT @h_private: {SECRET} #ASH26", created_at=at(2)),
        post("4", author_id="other", text=f"{SECRET}, too #ASH26", created_at=at(3)),
        post("5", author_id="scientist", text=f"{SECRET}, three #ASH26", created_at=at(4)),
    ]
    people = [
        author(each, display_name=f"Name of {each}", bio="bio") for each in ("doc", "private", "other", "scientist")
    ]
    with Store(None) as store:
        store.fold_congresses([congress()])
        roles = [role("doc"), role("other", "other"), role("scientist", "researcher")]
        store.fold(Batch(records=[*people, *posts], matches=[match(each) for each in posts], roles=roles))
        yield store


def asked(store: Store, read: str, mask: Mask = MASK, **params: str) -> list[dict]:
    wanted = {"congress_id": "ash-2026", "limit": "50", **params}
    return answer(store.reader, read, wanted, at(60), mask).to_pylist()


@pytest.mark.parametrize("read", ["browse", "newest_posts"])
def test_only_an_hcps_own_words_and_name_are_told(store, read):
    rows = {row["post_id"]: row for row in asked(store, read)}
    assert ("ORR of 71 % #ASH26", "Name of doc", False) == tuple(
        rows["1"][key] for key in ("text", "display_name", "masked")
    )
    assert {"2", "3", "4", "5"} == {post_id for post_id, row in rows.items() if row["masked"]}
    told = json.dumps([rows["2"], rows["4"], rows["5"]], default=str)
    for word in (
        SECRET,
        "Name of private",
        "h_private",
        "Name of other",
        "Name of scientist",
        '"private"',
        '"other_id"',
    ):
        assert word not in told
    assert ("Name of doc", "") == (rows["3"]["display_name"], rows["3"]["text"])


def test_the_link_still_leads_to_the_post_and_names_nobody(store):
    row = next(row for row in asked(store, "browse") if row["post_id"] == "2")
    assert "https://x.com/i/status/2" == row["url"]


def test_a_pseudonym_is_the_same_for_one_key_and_another_for_another():
    assert MASK.pseudonym("x", "private") == MASK.pseudonym("x", "private")
    others = [Mask(b"another key of many letters").pseudonym("x", "private"), MASK.pseudonym("bluesky", "private")]
    assert MASK.pseudonym("x", "private") not in others
    assert MASK.pseudonym("x", "private").startswith("Individual ")


def test_without_a_key_pseudonyms_last_as_long_as_the_process():
    assert mask_from({}).pseudonym("x", "1") != mask_from({}).pseudonym("x", "1")
    kept = {"PSEUDONYM_KEY": "0123456789abcdef"}
    assert mask_from(kept).pseudonym("x", "1") == mask_from(kept).pseudonym("x", "1")


def test_a_key_that_is_too_short_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="PSEUDONYM_KEY") as error:
        mask_from({"PSEUDONYM_KEY": "hunter2"})
    assert "hunter2" not in str(error.value)


def test_a_reviewer_reveals_with_a_reason_and_only_for_reviewers(store):
    given = {"platform": "x", "post_id": "2", "reason": "asked us for the poster"}
    carry_out(store, "reveal_writer", given, KIM, at(61))
    assert {("x", "private")} == revealed_authors(store.reader)
    as_reviewer = {row["post_id"]: row for row in asked(store, "browse", sight="reviewer")}
    as_viewer = {row["post_id"]: row for row in asked(store, "browse")}
    assert (f"{SECRET} #ASH26", "Name of private") == (as_reviewer["2"]["text"], as_reviewer["2"]["display_name"])
    assert "" == as_viewer["2"]["text"]
    assert "" == as_reviewer["4"]["text"]
    kept = store.reader.ask("SELECT person, action, params FROM audit").to_pylist()
    assert [("kim@example.org", "reveal_writer")] == [(row["person"], row["action"]) for row in kept]
    assert "asked us for the poster" in kept[0]["params"]


@pytest.mark.parametrize(("person", "reason", "error"), [
    (Person("eve", "viewer"), "curious", NotAllowed), (KIM, " ", UsageError),
])  # fmt: skip
def test_nobody_is_revealed_to_a_viewer_or_without_a_reason(store, person, reason, error):
    with pytest.raises(error):
        carry_out(store, "reveal_author", {"platform": "x", "author_id": "private", "reason": reason}, person, at(61))
    assert set() == revealed_authors(store.reader)


def test_a_revealed_author_who_deletes_the_account_is_gone(store):
    carry_out(store, "reveal_author", {"platform": "x", "author_id": "private", "reason": "asked"}, KIM, at(61))
    store.fold(Batch(records=[Deletion("x", "author", "private", at(62), "deleted")]))
    assert set() == revealed_authors(store.reader)


def test_no_read_names_a_private_person(store):
    """Every read there is, asked with what it takes: none tells a name, a handle or a word of the private author."""
    known = {
        "congress_id": "ash-2026", "other_id": "ash-2026", "minutes": "0", "limit": "50", "number": "1", "platform": "x", "author_id": "private",
        "start": "2026-01-01T00:00:00", "end": "2027-01-01T00:00:00", "bucket_minutes": "60", "which": "asked", "by": "drug", "first": "a",
        "second": "b", "kind": "abstract",
    }  # fmt: skip
    tried = 0
    for name in READS.keys() - {"corrections", "audit", "certificates"}:
        try:
            told = answer(store.reader, name, _taken(name, known), at(60), MASK).to_pylist()
        except UsageError as error:
            pytest.fail(f"this test does not know how to ask {name}: {error}")
        tried += 1
        for word in (SECRET, "Name of private", "h_private", "h_other", "h_scientist"):
            assert word not in json.dumps(told, default=str), name
    assert 20 <= tried


def _taken(name: str, known: dict[str, str]) -> dict[str, str]:
    import inspect

    return {
        key: known[key]
        for key, each in list(inspect.signature(READS[name]).parameters.items())[1:]
        if key in known and each.default is each.empty and key != "as_of"
    }


def test_who_is_named_is_what_the_guide_says():
    assert {"hcp", "society", "pharma", "media", "institution"} == NAMED_ROLES
