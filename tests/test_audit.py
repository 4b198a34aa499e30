"""The audit: whatever is changed in it afterwards is found, at its first row."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.access import Person
from pipelines.audit import (
    HEAD_FILE,
    Entry,
    Head,
    audit,
    chained,
    entry_of,
    read_head,
    rows_of,
    verify,
)
from pipelines.commands import COMMANDS, carry_out
from pipelines.errors import NotAllowed, UsageError
from pipelines.model import Batch
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post

JANE, VERA = Person("jane@company.example", "reviewer"), Person("vera@company.example", "viewer")
NOW = datetime(2026, 12, 12, 9)


def entries(count: int) -> list[Entry]:
    return [
        entry_of(JANE, "note_export", {"congress_id": "ash-2026", "file": f"{n}.csv"}, NOW + timedelta(seconds=n))
        for n in range(count)
    ]


@pytest.fixture
def path(tmp_path):
    """A closed database with one matched post and five rows of audit."""
    file = tmp_path / "pulse.duckdb"
    with Store(file) as store:
        store.fold_congresses([congress()])
        store.fold(Batch(records=[post(), author()], matches=[match(post())]))
        for each in entries(5):
            store.record(each)
    return file


def found(path, expect=None):
    with Store(path) as store:
        return verify(rows_of(audit(store.reader, 1000, order="oldest")), read_head(path), expect)


def changed(path, sql):
    with duckdb.connect(str(path)) as db:
        db.execute(sql)
    return found(path)


def test_an_untouched_audit_is_whole(path):
    assert found(path) is None
    with Store(path) as store:
        last = rows_of(audit(store.reader, 1))[0]
    assert (5, last.hash) == (last.seq, json.loads((path.parent / HEAD_FILE).read_text())["hash"])
    assert found(path, expect=last.hash) is None


@pytest.mark.parametrize("column", ["person", "role", "action", "congress_id", "target", "params"])
def test_an_edited_word_is_found_at_its_row(path, column):
    broken = changed(path, f"UPDATE audit SET {column} = {column} || 'x' WHERE seq = 3")
    assert (3, True) == (broken.seq, "edited" in broken.what)


def test_an_edited_time_is_found(path):
    assert 2 == changed(path, "UPDATE audit SET noted_at = noted_at + INTERVAL 1 MICROSECOND WHERE seq = 2").seq


def test_a_removed_row_is_found(path):
    broken = changed(path, "DELETE FROM audit WHERE seq = 2")
    assert (2, True) == (broken.seq, "removed" in broken.what)


def test_two_rows_in_each_others_place_are_found(path):
    swap = "UPDATE audit SET seq = CASE seq WHEN 2 THEN 104 ELSE 102 END WHERE seq IN (2, 4); UPDATE audit SET seq = seq - 100 WHERE seq > 100"
    assert 2 == changed(path, swap).seq


def test_a_row_that_was_put_in_is_found(path):
    forged = chained([entry_of(VERA, "note_export", {"file": "x"}, NOW)], Head(5, "0" * 64))[0]
    said = forged.entry
    insert = (
        f"INSERT INTO audit VALUES (6, '{said.noted_at}', '{said.person}', '{said.role}', '{said.action}', '', "
        f"'{said.target}', '{said.params}', '{forged.previous_hash}', '{forged.hash}')"
    )
    assert 6 == changed(path, insert).seq


def test_a_cut_tail_is_missed_by_the_head_outside(path):
    broken = changed(path, "DELETE FROM audit WHERE seq > 3")
    assert (4, True) == (broken.seq, "cut" in broken.what)


def test_a_cut_tail_stays_in_sight_when_more_is_written_behind_it(path):
    changed(path, "DELETE FROM audit WHERE seq > 3")
    with Store(path) as store:
        store.record(entries(1)[0])
        assert 6 == rows_of(audit(store.reader, 1))[0].seq
    assert 4 == found(path).seq


def test_a_head_that_was_taken_away_is_said_and_noted_for_good(path):
    (path.parent / HEAD_FILE).unlink()
    assert "audit.head is missing" in found(path).what
    with Store(path) as store:
        store.record(entries(1)[0])
        assert ["note_export", "head_missing"] == [row.entry.action for row in rows_of(audit(store.reader, 2))]
    assert found(path) is None


def test_a_chain_written_anew_is_found_by_a_hash_that_was_noted_down(path):
    with Store(path) as store:
        noted = rows_of(audit(store.reader, 1))[0].hash
        anew = chained(entries(4), Head())
    with duckdb.connect(str(path)) as db:
        db.execute("DELETE FROM audit")
    (path.parent / HEAD_FILE).unlink()
    with Store(path) as store:
        store.record(*(row.entry for row in anew))
    assert found(path) is None
    assert "another chain" in found(path, expect=noted).what


def test_the_head_alone_rewritten_is_found(path):
    (path.parent / HEAD_FILE).write_text(json.dumps({"seq": 4, "hash": "f" * 64}))
    assert 4 == found(path).seq


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_change_of_any_row_is_found_at_or_before_it(data):
    rows = chained(entries(6), Head())
    head = Head(rows[-1].seq, rows[-1].hash)
    place = data.draw(st.integers(0, 5))
    how = data.draw(st.sampled_from(["drop", "swap", "twice"]))
    if how == "drop":
        rows.pop(place)
    elif how == "twice":
        rows.insert(place, rows[place])
    else:
        other = data.draw(st.integers(0, 5).filter(lambda n: n != place))
        rows[place], rows[other] = rows[other], rows[place]
    broken = verify(rows, head)
    assert broken is not None
    assert broken.seq <= place + 2


def test_a_correction_and_its_row_are_kept_together_or_not_at_all(path, monkeypatch):
    given_ = {"congress_id": "ash-2026", "post_id": "1", "number": "112", "verdict": "accept", "reason": "slide"}
    with Store(path) as store:
        with monkeypatch.context() as patch:
            patch.setattr("pipelines.store.database.fold_audit", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                carry_out(store, "correct_mention", given_, JANE, at(5))
        assert 0 == store.reader.ask("FROM reviews").num_rows
        carry_out(store, "correct_mention", given_, JANE, at(5))
        assert 1 == store.reader.ask("FROM reviews").num_rows
        row = rows_of(audit(store.reader, 1))[0].entry
    assert ("jane@company.example", "reviewer", "correct_mention", "ash-2026", "1") == (
        row.person, row.role, row.action, row.congress_id, row.target,
    )  # fmt: skip
    assert {"number": "112", "verdict": "accept"} == json.loads(row.params), "a reason may quote a post"
    assert found(path) is None


def test_a_command_that_changed_nothing_is_not_noted(path):
    with Store(path) as store:
        with pytest.raises(UsageError):
            carry_out(
                store,
                "correct_mention",
                {"congress_id": "ash-2026", "post_id": "9", "number": "1", "verdict": "accept"},
                JANE,
                at(5),
            )
        assert 5 == audit(store.reader, 100).num_rows
        store.fold(Batch(records=[post("2")]))
        assert 5 == audit(store.reader, 100).num_rows, "the next transaction carried the entry"


@pytest.mark.parametrize("name", sorted(name for name, each in COMMANDS.items() if each.role == "reviewer"))
def test_a_viewer_who_commands_what_reviewers_may_is_refused_and_noted(path, name, monkeypatch):
    monkeypatch.setattr("pipelines.commands._check", lambda *_: None)
    with Store(path) as store:
        with pytest.raises(NotAllowed, match="only for reviewers"):
            carry_out(store, name, {"post_id": "1"}, VERA, at(5))
        row = rows_of(audit(store.reader, 1))[0].entry
        assert 0 == store.reader.ask("FROM reviews").num_rows
    assert (f"denied_{name}", "vera@company.example", "1") == (row.action, row.person, row.target)


@pytest.mark.parametrize("forged", ["person", "now", "store", "reviewer"])
def test_nobody_names_the_person_or_the_time_in_a_parameter(path, forged):
    params = {"congress_id": "ash-2026", "post_id": "1", "number": "112", "verdict": "accept", forged: "somebody else"}
    with Store(path) as store, pytest.raises(UsageError, match=f"unknown parameter {forged}"):
        carry_out(store, "correct_mention", params, JANE, at(5))


def test_hostile_words_stay_one_row_of_text(path):
    with Store(path) as store:
        carry_out(store, "note_export", {"file": "a'; DROP TABLE audit; --\u202e\x00" + "A" * 9000}, VERA, at(5))
        row = rows_of(audit(store.reader, 1))[0].entry
    assert 500 == len(row.target)
    assert found(path) is None
