"""A reviewer's word on a link wins wherever figures are made, and outlives a re-run."""

from __future__ import annotations

import asyncio

import pytest

from pipelines.abstracts import Linker
from pipelines.access import Person
from pipelines.collect import Collector
from pipelines.corrections import correct_mention, correct_role, corrections
from pipelines.digest import Digest
from pipelines.errors import UsageError
from pipelines.matching import Matcher
from pipelines.model import Abstract, Arrival, Batch, Deletion
from pipelines.reads import answer
from pipelines.relink import relink
from pipelines.store.database import Store
from tests.records import at, author, congress, post

JANE = Person("jane", "reviewer")
ASH = congress(numbering="ash")
CATALOGUE = [
    Abstract("ash-2026", "112", "Venetoclax in older patients"),
    Abstract("ash-2026", "113", "Sickle cell gene therapy"),
]


class Clock:
    def now(self):
        return at(60)


class Given:
    name = "x"

    def __init__(self, *records):
        self.records = records

    async def events(self, cursor):
        yield Arrival(self.records)


@pytest.fixture
def store():
    with Store(None) as opened:
        linker = Linker(ASH, CATALOGUE)
        original = post("1", text="Abstract 112 at noon #ASH26")
        repost = post("2", text="Abstract 112 at noon #ASH26", repost_of_id="1", author_id="a2", created_at=at(1))
        given = Given(original, repost, author(bio="Haematologist", display_name="Ann Lee, MD"), author("a2"))
        asyncio.run(Collector(opened, Digest(Matcher([ASH]), {"ash-2026": linker}), [given], Clock()).run())
        yield opened


def counts(store) -> dict[str, int]:
    rows = answer(
        store.reader, "abstracts", {"congress_id": "ash-2026", "minutes": "0", "limit": "10"}, at(60)
    ).to_pylist()
    return {row["number"]: row["post_count"] for row in rows}


def correct(store, verdict, **more):
    given = {"congress_id": "ash-2026", "post_id": "1", "number": "112", "person": JANE, "now": at(30), **more}
    correct_mention(store, verdict=verdict, **given)


def test_without_a_correction_the_machines_reading_counts(store):
    assert {"112": 2} == counts(store)


def test_a_rejected_link_is_gone_with_the_reposts_that_took_it_over(store):
    correct(store, "reject")
    assert {} == counts(store)


def test_a_re_pointed_link_counts_for_the_other_abstract(store):
    correct(store, "re-point", to="113", reason="it shows slide 113")
    assert {"113": 2} == counts(store)


def test_the_newest_word_holds(store):
    correct(store, "reject")
    correct(store, "accept", now=at(40))
    assert {"112": 2} == counts(store)


def test_corrections_survive_a_relink_with_another_catalogue(store):
    correct(store, "re-point", to="113")
    assert 2 == relink(store, Linker(ASH, CATALOGUE[:1]))
    assert {"113": 2} == counts(store)


def test_a_relink_reads_anew_what_the_new_catalogue_knows(store):
    relink(store, Linker(ASH, CATALOGUE[1:]))
    assert {} == counts(store)
    relink(store, Linker(ASH, CATALOGUE))
    assert {"112": 2} == counts(store)


def test_a_corrected_role_wins_from_then_on(store):
    correct_role(store, platform="x", author_id="a1", role="pharma", person=JANE, now=at(30), reason="moved to Acme")
    roles = {
        minute: store.reader.ask(
            "SELECT role, decided_by FROM role_at($t) WHERE author_id = 'a1'", t=at(minute)
        ).to_pylist()
        for minute in (20, 31)
    }
    assert [{"role": "hcp", "decided_by": "rules"}] == roles[20]
    assert [{"role": "pharma", "decided_by": "jane"}] == roles[31]


def test_a_word_on_a_repost_is_a_word_on_what_it_took_the_link_from(store):
    correct(store, "reject", post_id="2")
    assert {} == counts(store)
    correct(store, "accept", post_id="2", now=at(40))
    assert {"112": 2} == counts(store)


def test_a_re_pointed_repost_takes_its_original_along(store):
    correct(store, "re-point", post_id="2", to="113")
    assert {"113": 2} == counts(store)


def test_a_number_that_is_not_in_the_catalogue_is_a_slip(store):
    store.fold_catalogue("ash-2026", CATALOGUE)
    with pytest.raises(UsageError, match='no abstract "1113" in the catalogue'):
        correct(store, "re-point", to="1113")
    with pytest.raises(UsageError, match="re-point takes another number"):
        correct(store, "re-point", to="112")
    correct(store, "re-point", to="113")
    assert {"113": 2} == counts(store)


def test_what_was_said_is_told_with_who_when_and_why_and_the_newest_word_holds(store):
    correct(store, "reject", reason="no")
    correct(store, "accept", now=at(40), reason="yes, slide 112")
    correct_role(store, platform="x", author_id="a1", role="pharma", person=JANE, now=at(35), reason="moved to Acme")
    rows = corrections(store.reader, "ash-2026", at(60), "reviewer").to_pylist()
    assert [("link", "1", "accept", "jane", "yes, slide 112", at(40)), ("role", "a1", "pharma", "jane", "moved to Acme", at(35))] == [
        (r["subject"], r["post_id"] or r["author_id"], r["word"], r["reviewer"], r["reason"], r["decided_at"]) for r in rows
    ]  # fmt: skip
    assert ["reject"] == corrections(store.reader, "ash-2026", at(32), "reviewer")["word"].to_pylist()
    assert 0 == corrections(store.reader, "other-2026", at(60)).num_rows


def test_a_word_on_a_deleted_post_is_gone_with_it(store):
    correct(store, "reject")
    store.fold(Batch(records=[Deletion("x", "post", "1", at(50))]))
    assert 0 == corrections(store.reader, "ash-2026", at(60)).num_rows


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"verdict": "maybe"}, 'verdict "maybe": choose one of accept, reject, re-point'),
        ({"verdict": "re-point"}, "re-point, and only re-point, takes the number"),
        ({"verdict": "reject", "post_id": "9"}, 'no post "9" in ash-2026'),
        ({"verdict": "reject", "person": Person(" ", "reviewer")}, "needs the name of its reviewer"),
    ],
)
def test_a_wrong_correction_is_one_sentence_and_changes_nothing(store, wrong, said):
    with pytest.raises(UsageError, match=said):
        correct(store, wrong.pop("verdict"), **wrong)
    assert {"112": 2} == counts(store)
