"""Deleted words leave the lake: its rows, its Parquet files, PostgreSQL's tables and the bytes they lie in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.desk.cases import Case
from pipelines.lake.upkeep import purge, tidy
from pipelines.model import Batch, Deletion, Role
from pipelines.store.database import Store
from tests.lake.test_contract import differing, follow
from tests.records import NOON, at, author, congress, match, post

pytestmark = pytest.mark.usefixtures("at_hand")
WORDS = "UNMISTAKABLE"


def holding(folder: Path, words: str = WORDS) -> list[str]:
    """The files below a folder in whose bytes the words stand."""
    return [
        str(path.relative_to(folder))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and words.encode() in path.read_bytes()
    ]


def rows_with(lake, words: str = WORDS) -> list[str]:
    """The tables of PostgreSQL in which the words stand, looked for in every column."""
    names = lake.line.ask(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = 'meta' AND schema_name = 'public'"
    )["table_name"].to_pylist()
    found = []
    for name in names:
        row = lake.line.ask(
            f'SELECT count(*) AS n FROM meta."{name}" t WHERE contains(t::VARCHAR, $words)', words=words
        )
        if row["n"][0].as_py():
            found.append(name)
    return found


def case_of(of) -> Case:
    return Case(
        "c1", "ash-2026", "x", of.post_id, of.post_id, of.author_id, of.revision, of.created_at, "individual", "a drug",
        f'{{"reaction": "{WORDS}"}}', False, 4, "hash",
    )  # fmt: skip


@pytest.fixture
def here(tmp_path):
    with Store(tmp_path / "here.duckdb") as store:
        store.fold_congresses([congress()])
        told = post("1", text=f"{WORDS} words of a patient", author_id="a1")
        again = post("2", text=f"RT {WORDS} words", author_id="a2", repost_of_id="1")
        kept = post("3", text="words that stay", author_id="a3")
        leaver = post("4", text=f"{WORDS} too, of an author who leaves", author_id="a4")
        posts = [told, again, kept, leaver]
        store.fold(
            Batch(
                records=[*posts, author("a4", bio=f"{WORDS} bio", display_name=WORDS), author("a3", bio="MD")],
                matches=[match(each) for each in posts],
                roles=[Role("x", "a4", "hcp", "strict", (f"{WORDS} evidence",), at(0))],
                cases=[case_of(told)],
                seen_at=NOON,
            )
        )
        yield store


@pytest.mark.parametrize("written_to_files", [False, True], ids=["held by PostgreSQL", "in Parquet files"])
def test_deleted_words_are_gone_and_a_host_that_comes_later_counts_as_the_others_do(
    here, lake, send, tmp_path, postgres, written_to_files
):
    send(here)
    if written_to_files:
        tidy(lake, NOON)
        assert [] != holding(tmp_path / "files")
    else:
        assert [] != rows_with(lake)
    name = lake.line.address.rpartition("/")[2]
    lost = tmp_path / "files" / "main" / "post" / "ducklake-of-a-writer-that-was-killed.parquet"
    lost.parent.mkdir(parents=True, exist_ok=True)
    lost.write_text(WORDS)
    postgres.client("psql", "-d", name, "-c", "ANALYZE")  # as PostgreSQL does by itself: it samples values
    here.fold(Batch(records=[Deletion("x", "post", "1", at(5)), Deletion("x", "author", "a4", at(60))]))
    send(here)
    assert 3 <= purge(lake, "a-host", at(90))
    assert [] == holding(tmp_path / "files")
    assert [] == rows_with(lake)
    postgres.client("psql", "-d", name, "-c", "CHECKPOINT")
    database = postgres.client(
        "psql", "-d", name, "-At", "-c", "SELECT oid FROM pg_database WHERE datname = current_database()"
    )
    assert [] == holding(postgres.folder / "cluster" / "base" / database.strip())
    with Store(tmp_path / "late.duckdb") as late:
        follow(lake, late)
        assert [] == differing(here, late)
        assert ["3"] == late.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist()
        assert 3 == late.reader.ask("SELECT count(*) AS n FROM removed_posts")["n"][0].as_py()
        assert ["deleted"] == late.reader.ask("SELECT removed_why FROM cases")["removed_why"].to_pylist()


def test_a_request_to_be_forgotten_purges_at_the_next_round(here, lake, address, tmp_path):
    from pipelines.lake.publish import Publisher

    publisher = Publisher(here, address)
    publisher._round()
    here.fold(
        Batch(
            records=[Deletion("x", "author", "a1", at(60), "request"), Deletion("x", "author", "a4", at(60), "request")]
        )
    )
    publisher._round()
    publisher.close()
    assert [] == rows_with(lake)
    assert [] == holding(tmp_path / "files")


def test_upkeep_joins_files_and_changes_no_answer(here, lake, send, tmp_path):
    for minute in range(3):
        here.fold(Batch(records=[post(f"more-{minute}")], matches=[match(post(f"more-{minute}"))]))
        send(here)
        tidy(lake, at(60 * 24 * 400))
    assert 1 == len(list((tmp_path / "files" / "main" / "post").glob("*.parquet")))
    with Store(tmp_path / "late.duckdb") as late:
        follow(lake, late)
        assert [] == differing(here, late)
