"""The data pack: every table of the dictionary, ids as text, words only where they may stand, streamed in pages."""

from __future__ import annotations

import csv
import re

import pyarrow.parquet as pq
import pytest

from pipelines.recap.dictionary import TABLES
from pipelines.recap.pack import write_pack
from tests.recap.conftest import FORMULA


@pytest.fixture(scope="module")
def folder(recap, reads, tmp_path_factory):
    made = tmp_path_factory.mktemp("pack") / "data"
    write_pack(recap, reads, made, page=60)  # many pages
    return made


def rows(folder, name):
    return pq.read_table(folder / f"{name}.parquet").to_pylist()


def lines(folder, name):
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_every_table_of_the_dictionary_is_there_in_both_formats_with_its_columns(folder):
    for name, columns in TABLES.items():
        names = [each.name for each in columns]
        assert names == pq.read_schema(folder / f"{name}.parquet").names
        assert names == list(lines(folder, name)[0])
        assert len(rows(folder, name)) == len(lines(folder, name))
    assert sum(map(len, TABLES.values())) == len(lines(folder, "dictionary"))


def test_posts_are_the_listed_ones_each_once_with_ids_as_text(folder, recap):
    ids = [row["post_id"] for row in rows(folder, "posts")]
    assert recap.post_links["post_id"].to_pylist() == ids
    assert len(ids) == len({*ids})
    assert not {"1", "2", "3", "4", "7"} & {*ids}


def test_posts_and_counted_ones_add_up_to_the_key_figure(folder, recap):
    assert recap.kpis[0].value == len(rows(folder, "posts")) + recap.unlisted_count
    assert recap.kpis[0].value == sum(row["post_count"] for row in rows(folder, "hours"))
    assert recap.kpis[0].value == sum(row["post_count"] for row in rows(folder, "stakeholders"))


def test_only_named_authors_stand_with_name_and_words(folder):
    for row in rows(folder, "posts"):
        if row["role"] not in ("hcp", "society"):
            assert ("", "", "", "link") == (row["author_name"], row["author_handle"], row["text"], row["shown"])
            assert "h_" not in row["url"]
    assert {"hcp", "society"} == {row["role"] for row in rows(folder, "authors")}
    assert "late" not in {row["author_id"] for row in rows(folder, "authors")}


def test_reposts_stand_without_the_words_of_others(folder):
    assert {""} == {row["text"] for row in rows(folder, "posts") if row["kind"] == "repost"}


def test_of_x_only_the_chosen_posts_stand_in_full_and_what_the_recap_quotes_is_among_them(
    folder, recap, monkeypatch, reads, tmp_path
):
    full = {row["post_id"] for row in rows(folder, "posts") if row["platform"] == "x" and row["shown"] == "full"}
    quoted = {each.post_id for each in (*recap.notable, *recap.questions) if each.text and each.platform == "x"}
    assert quoted <= full
    monkeypatch.setattr("pipelines.recap.pack.FULL_POSTS", 3)
    write_pack(recap, reads, tmp_path / "few")
    assert 3 >= sum(row["shown"] == "full" and row["platform"] == "x" for row in rows(tmp_path / "few", "posts"))


def test_no_cell_of_a_csv_begins_a_formula(folder):
    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8-sig") as file:
            for row in csv.reader(file):
                assert not [cell for cell in row if re.match(r"[=+\-@\t\r\n]", cell)], path
    text = next(row["text"] for row in lines(folder, "posts") if row["post_id"] == "5")
    assert "'" + FORMULA.replace("\u202e", "") == text


def test_times_are_utc_and_the_zone_of_an_hour_is_said(folder):
    assert ("2026-12-12T06:00:00Z", "2026-12-12 00:00 CST") == tuple(list(lines(folder, "hours")[0].values())[:2])


def test_mentions_carry_their_evidence(folder):
    found = rows(folder, "mentions")
    assert 60 == len(found)
    assert {("LBA-3", 1, "LBA-3"), ("LBA-3", 1, "")} == {(row["number"], row["tier"], row["evidence"]) for row in found}


def test_every_file_says_what_it_was_made_of(folder, recap):
    about = {row["key"]: row["value"] for row in lines(folder, "about")}
    assert ("1.2.3", recap.provenance.config_hash, recap.provenance.coverage_line) == (
        about["version"],
        about["configuration"],
        about["coverage"],
    )
    kept = pq.read_schema(folder / "posts.parquet").metadata
    assert about == {key.decode(): value.decode() for key, value in kept.items() if key != b"ARROW:schema"}


def test_the_same_store_gives_the_same_bytes_whatever_it_was_asked_before(recap, reads, folder, tmp_path):
    write_pack(recap, reads, tmp_path / "again", page=60)
    for path in folder.iterdir():
        assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name
