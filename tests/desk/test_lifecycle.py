"""A possible adverse event from the post to the decision, and what is left of it when the post goes."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from pipelines.abstracts import Linker
from pipelines.access import Person
from pipelines.commands import carry_out
from pipelines.desk.cases import case_id_of, elements_of
from pipelines.desk.read import case_log, cases, waiting
from pipelines.digest import Digest
from pipelines.errors import NotAllowed, UsageError
from pipelines.matching import Matcher
from pipelines.model import AccountState, Author, Deletion, Post, Record
from pipelines.reads import answer
from pipelines.relink import relink
from pipelines.store.database import Store
from tests.records import at, congress, post

TRACKED = congress(products=[{"name": "Ozempic", "aliases": ["semaglutide"]}], safety={"hours": 24, "alert_at": 0.5})
TOLD = "Day 3 on Ozempic and I cannot stop vomiting, my doctor has no idea #ASH26"
TRIAL = "Ozempic vs placebo, n=1,204: vomiting 24% vs 6%, HR 0.80 (0.72-0.90) #ASH26"
REVIEWER, VIEWER = Person("rita@company.com", "reviewer"), Person("vic@company.com", "viewer")


class Desk:
    """A store with the congress's products, fed as the collector feeds it."""

    def __init__(self) -> None:
        self.store = Store(None)
        self.store.fold_congresses([TRACKED])
        self._digest = Digest(Matcher([TRACKED]), {})

    def takes(self, *records: Record, minutes: float = 1) -> None:
        from dataclasses import replace

        batch = self._digest.batch(records, self.store.reader)
        self.store.fold(replace(batch, seen_at=at(minutes)))

    def cases(self, minutes: float = 2, **asked: Any) -> list[dict[str, Any]]:
        return cases(self.store.reader, "ash-2026", at(minutes), **asked).to_pylist()

    def log(self, minutes: float = 10_000) -> list[dict[str, Any]]:
        return case_log(self.store.reader, "ash-2026", at(minutes)).to_pylist()

    def decide(self, decision: str, minutes: float = 5, post_id: str = "1", **said: str) -> None:
        params = {"case_id": case_id_of("ash-2026", "x", post_id), "decision": decision, **said}
        carry_out(self.store, "decide_case", params, REVIEWER, at(minutes))


@pytest.fixture
def desk():
    made = Desk()
    with made.store:
        yield made


def told(post_id: str = "1", **fields: Any) -> Post:
    return post(post_id, **{"text": TOLD, "author_id": f"a{post_id}", **fields})


def test_a_post_that_tells_of_a_reaction_waits_with_its_four_elements_and_their_words(desk):
    desk.takes(told())
    (case,) = desk.cases()
    elements = elements_of(case["elements"])
    assert (1, "open", "Ozempic", TOLD, 4) == tuple(
        case[key] for key in ("number", "state", "product", "text", "score")
    )
    assert ["vomiting"] == [each for each in elements["reaction"]["words"] if each == "vomiting"]
    start, end = elements["product"]["spans"][0]
    assert "Ozempic" == TOLD[start:end]


def test_study_data_are_kept_apart_without_a_number_until_a_reviewer_says_otherwise(desk):
    desk.takes(told("1", text=TRIAL))
    assert [] == desk.cases()
    assert [("apart", None)] == [(each["state"], each["number"]) for each in desk.cases(state="apart")]
    desk.decide("reopened")
    assert [("open", 1)] == [(each["state"], each["number"]) for each in desk.cases(minutes=6)]


def test_reposts_count_on_a_case_and_make_none(desk):
    desk.takes(told("1"))
    desk.takes(told("2", repost_of_id="1", created_at=at(1)), told("3", repost_of_id="1", created_at=at(1)))
    assert [(1, 2)] == [(each["number"], each["repost_count"]) for each in desk.cases()]


def test_a_repost_alone_makes_the_case_of_the_post_that_comes_later(desk):
    desk.takes(told("2", repost_of_id="1", created_at=at(3)), minutes=4)
    desk.takes(told("1"), minutes=9)
    (case,) = desk.cases(minutes=10)
    assert ("1", "1", "a1", at(4)) == (case["post_id"], case["read_from"], case["author_id"], case["first_seen_at"])


def test_the_same_words_of_the_same_author_are_likely_a_duplicate(desk):
    desk.takes(told("1", author_id="a1"), told("2", author_id="a1"), told("3", author_id="a3"))
    assert {1: None, 2: 1, 3: None} == {each["number"]: each["twin_of"] for each in desk.cases()}


def test_the_clock_runs_from_when_the_desk_first_saw_it_and_the_most_urgent_stands_first(desk):
    desk.takes(told("1"), minutes=60 * 13)
    desk.takes(told("2"), minutes=60)
    rows = desk.cases(minutes=60 * 25 + 1)
    assert ["2", "1"] == [each["post_id"] for each in rows]
    assert [True, False] == [each["overdue"] for each in rows]
    assert at(60 * 25) == rows[0]["due_at"]
    assert pytest.approx([24 / 24, 12 / 24], abs=0.01) == [each["clock"] for each in rows]
    (row,) = waiting(desk.store.reader, "ash-2026", at(60 * 25 + 1)).to_pylist()
    assert (2, 1, at(60)) == (row["open_count"], row["overdue_count"], row["oldest_at"])


def test_numbers_count_up_without_holes_whatever_comes_and_goes(desk):
    for place in range(1, 8):
        desk.takes(told(str(place), text=TRIAL if place % 3 == 0 else f"{TOLD} {place}"))
        desk.takes(told(str(place)))
    desk.takes(Deletion("x", "post", "2", at(9)))
    desk.takes(told("9", text=f"{TOLD} again"))
    numbers = [each["number"] for each in desk.log()]
    assert list(range(1, len(numbers) + 1)) == numbers


def test_every_decision_is_kept_and_the_newest_holds(desk):
    desk.takes(told())
    desk.decide("not_an_event", 5, comment="seems a joke")
    desk.decide("reopened", 6)
    desk.decide("forwarded", 7, reference="SAF-2026-118")
    assert [] == desk.cases(minutes=8)
    (case,) = desk.cases(minutes=8, state="decided")
    assert ("forwarded", "SAF-2026-118", REVIEWER.name) == (case["state"], case["reference"], case["person"])
    assert ["not_an_event", "reopened", "forwarded"] == [each["decision"] for each in desk.log()]
    assert ["open"] == [each["state"] for each in desk.cases(minutes=6.5)]  # as it stood then
    texts = desk.store.reader.ask("SELECT text FROM case_decisions")["text"].to_pylist()
    assert [TOLD] * 3 == texts


def test_a_decision_keeps_the_text_as_it_was_though_the_post_is_edited(desk):
    desk.takes(told())
    desk.decide("forwarded", 5)
    desk.takes(told(revision="2".zfill(20), text="Day 3 on Ozempic and all is fine #ASH26"))
    assert [TOLD] == desk.store.reader.ask("SELECT text FROM case_decisions")["text"].to_pylist()
    assert ["forwarded"] == [each["state"] for each in desk.cases(minutes=9, state="decided")]


def test_a_duplicate_names_the_case_it_repeats(desk):
    desk.takes(told("1"), told("2"))
    desk.decide("duplicate", post_id="2", duplicate_of="1")
    assert [None, 1] == [each["duplicate_of"] for each in desk.log()]
    for wrong in ("2", "7", "", "one"):
        with pytest.raises(UsageError, match="duplicate of"):
            desk.decide("duplicate", post_id="2", duplicate_of=wrong)


@pytest.mark.parametrize(
    ("said", "what"),
    [
        ({"decision": "closed"}, "decision"),
        ({"decision": "forwarded", "reference": "has blanks"}, "reference"),
        ({"decision": "forwarded", "comment": "x" * 2001}, "too long"),
        ({"decision": "forwarded", "post_id": "99"}, "no case"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_noted(desk, said, what):
    desk.takes(told())
    with pytest.raises(UsageError, match=what):
        desk.decide(**said)
    assert [] == desk.store.reader.ask("SELECT * FROM audit").to_pylist()


def test_the_audit_says_who_decided_and_never_holds_a_comment(desk):
    desk.takes(told())
    desk.decide("forwarded", comment="the author writes: cannot stop vomiting", reference="S-1")
    (row,) = desk.store.reader.ask("SELECT * FROM audit").to_pylist()
    assert ("decide_case", REVIEWER.name, case_id_of("ash-2026", "x", "1")) == (
        row["action"], row["person"], row["target"],
    )  # fmt: skip
    assert {"decision": "forwarded", "reference": "S-1"} == json.loads(row["params"])


def test_deciding_takes_a_reviewer(desk):
    desk.takes(told())
    params = {"case_id": case_id_of("ash-2026", "x", "1"), "decision": "not_an_event"}
    with pytest.raises(NotAllowed):
        carry_out(desk.store, "decide_case", params, VIEWER, at(5))
    assert ["open"] == [each["state"] for each in desk.cases()]


@pytest.mark.parametrize(
    "gone",
    [
        Deletion("x", "post", "1", at(60), "deleted"),
        Deletion("x", "author", "a1", at(60), "account_deleted"),
    ],
)
def test_when_the_post_goes_its_words_go_and_the_row_stays(desk, gone):
    desk.takes(told(), Author("x", "a1", at(0), handle="h_1"))
    desk.decide("forwarded", 5, comment="she writes that she cannot stop vomiting", reference="SAF-9")
    desk.takes(gone)
    (row,) = desk.log()
    assert (1, "forwarded", "SAF-9", "", at(60), gone.reason) == tuple(
        row[key] for key in ("number", "decision", "reference", "comment", "removed_at", "removed_why")
    )
    (case,) = desk.cases(minutes=90, state="all")
    assert ("", "", None, None) == (case["text"], case["elements"], case["handle"], case["author_id"])
    for words in ("vomiting", "cannot stop", TOLD):
        assert {} == tables_with(desk.store, words)


def test_an_open_case_whose_post_goes_still_waits_for_a_decision(desk):
    desk.takes(told())
    desk.takes(Deletion("x", "post", "1", at(60)))
    assert [(1, at(60))] == [(each["number"], each["removed_at"]) for each in desk.cases(minutes=61)]
    desk.decide("not_an_event", 62)
    assert ["not_an_event"] == [each["decision"] for each in desk.log()]


def test_words_are_not_shown_while_the_account_is_hidden(desk):
    desk.takes(told())
    desk.takes(AccountState("x", "a1", False, at(5), "protected"))
    (case,) = desk.cases(minutes=6)
    assert (True, "", "") == (case["hidden"], case["text"], case["elements"])
    desk.takes(AccountState("x", "a1", True, at(7)))
    assert [TOLD] == [each["text"] for each in desk.cases(minutes=8)]


def test_reading_anew_keeps_decisions_and_finds_nothing_twice(desk):
    desk.takes(told("1"), told("2", repost_of_id="1", created_at=at(1)))
    desk.decide("forwarded", 5)
    before = desk.log()
    relink(desk.store, Linker(TRACKED, ()), now=at(600))
    assert before == desk.log()


def test_reading_anew_finds_cases_of_a_product_that_was_added_later(desk):
    desk.takes(told(text="Day 3 on Wegovy and I cannot stop vomiting #ASH26"))
    assert [] == desk.cases()
    wider = congress(products=[{"name": "Ozempic", "aliases": ["Wegovy"]}])
    relink(desk.store, Linker(wider, ()), now=at(600))
    assert [at(600)] == [each["first_seen_at"] for each in desk.cases(minutes=601)]


def test_a_misspelt_product_is_found(desk):
    desk.takes(told(text="my aunt on Ozempci cannot stop vomiting #ASH26"))
    assert [("Ozempic", ["Ozempci"])] == [
        (each["product"], elements_of(each["elements"])["product"]["words"]) for each in desk.cases()
    ]


def test_the_same_post_again_changes_nothing(desk):
    desk.takes(told())
    before = desk.cases(minutes=500)
    desk.takes(told(), minutes=400)
    desk.takes(told(retrieved_at=at(300)), minutes=450)
    assert before == desk.cases(minutes=500)


def test_cases_are_asked_for_by_name(desk):
    desk.takes(told())
    table = answer(desk.store.reader, "cases", {"congress_id": "ash-2026"}, at(2) + timedelta(hours=1))
    assert ["open"] == table["state"].to_pylist()


def tables_with(store: Store, words: str) -> dict[str, int]:
    from pipelines.store.keep import words_left

    return store.keep_house(lambda db: words_left(db, words))
