"""``congress audit``: what a person sees of the chain, with a collector running or not, and the exit code."""

from __future__ import annotations

import json
import sys

import duckdb
import pytest

from pipelines.access import Person
from pipelines.audit import HEAD_FILE
from pipelines.cli import main
from pipelines.commands import carry_out
from pipelines.launch import DATABASE
from pipelines.store.database import Store
from tests.records import at

VERA = Person("vera@company.example", "viewer")


@pytest.fixture
def data(tmp_path):
    """A data directory with three exports in its audit."""
    with Store(tmp_path / DATABASE) as store:
        for n in range(3):
            carry_out(store, "note_export", {"file": f"{n}.csv", "congress_id": "ash-2026"}, VERA, at(n))
    return tmp_path


@pytest.fixture
def congress(data, monkeypatch, capsys):
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["congress", "--data", str(data), *arguments])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        return code, *capsys.readouterr()

    return call


def test_a_whole_audit_is_said_with_its_head(congress, data):
    code, out, _ = congress("--json", "audit", "verify")
    head = json.loads((data / HEAD_FILE).read_text())["hash"]
    assert (0, {"rows": 3, "whole": "yes", "head": head}) == (code, json.loads(out))
    assert 0 == congress("audit", "verify", "--expect", head)[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE audit SET target = 'other.csv' WHERE seq = 2", "audit: row 2 was edited"),
        ("DELETE FROM audit WHERE seq = 1", "audit: row 1 is missing: it was removed"),
        ("DELETE FROM audit WHERE seq = 3", "audit: row 3 is missing: audit.head knows 3 rows, the tail was cut"),
        ("DELETE FROM audit", "audit: row 1 is missing"),
    ],
)
def test_the_first_broken_row_is_named_and_the_exit_code_is_one(congress, data, change, said):
    with duckdb.connect(str(data / DATABASE)) as db:
        db.execute(change)
    code, _, err = congress("audit", "verify")
    assert (1, True) == (code, said in err), err


def test_a_hash_that_is_in_no_row_is_another_chain(congress):
    code, _, err = congress("audit", "verify", "--expect", "f" * 64)
    assert (1, True) == (code, "another chain" in err)


def test_the_newest_rows_are_shown_one_object_a_line(congress):
    code, out, _ = congress("--json", "audit", "show", "--limit", "2")
    rows = [json.loads(line) for line in out.splitlines()]
    assert (0, [3, 2], {"vera@company.example"}) == (
        code,
        [row["seq"] for row in rows],
        {row["person"] for row in rows},
    )


def test_before_the_first_row_there_is_nothing_to_break(congress, data):
    (data / DATABASE).unlink()
    (data / HEAD_FILE).unlink()
    Store(data / DATABASE).close()
    code, out, _ = congress("audit", "verify")
    assert (0, True) == (code, "none yet" in out)
    assert 0 == congress("audit", "show")[0]


def test_without_any_data_the_way_on_is_said(congress, data):
    (data / DATABASE).unlink()
    code, _, err = congress("audit", "verify")
    assert (1, True) == (code, "congress run" in err)
