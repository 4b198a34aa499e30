"""Authors and posts by number: what is stored beside the ids is what the ids say, whatever came in which order."""

from __future__ import annotations

import lzma
from pathlib import Path

import duckdb
import pytest

from pipelines.model import AbstractMention, Batch, Deletion, Engagement, Like
from pipelines.store.database import Store
from tests.records import at, author, match, post, role

OLD = Path(__file__).parent / "old"
NUMBERED = {
    "posts": ("post_id", "author_id", "repost_of_id", "quoted_id", "reply_to_id"),
    "matches": ("post_id", "author_id"),
    "abstract_mentions": ("post_id", "author_id"),
    "counts": ("post_id",),
    "likes": ("post_id",),
    "roles": ("author_id",),
    "authors": ("author_id",),
}
TAKEN_UP = ("repost_of_number", "quoted_number", "reply_to_number")


@pytest.fixture
def store():
    with Store(None) as opened:
        yield opened


def wrong(store: Store) -> list[str]:
    """Columns where a number is not what the id beside it says."""
    found = []
    for table, ids in NUMBERED.items():
        for name in ids:
            number = f"{name.removesuffix('_id')}_number"
            sql = f"SELECT count(*) AS n FROM {table} WHERE {number} IS DISTINCT FROM number_if_any(platform, {name})"
            found += [f"{table}.{number}"] if store.reader.ask(sql)["n"][0].as_py() else []
    for name in TAKEN_UP:
        sql = f"SELECT count(*) AS n FROM matches m JOIN posts p USING (platform, post_id) WHERE m.{name} IS DISTINCT FROM p.{name}"
        found += [f"matches.{name}"] if store.reader.ask(sql)["n"][0].as_py() else []
    sql = "SELECT count(*) AS n FROM abstract_mentions WHERE said_number IS DISTINCT FROM number_of(platform, coalesce(inherited_from, post_id))"
    found += ["abstract_mentions.said_number"] if store.reader.ask(sql)["n"][0].as_py() else []
    sql = """
        SELECT count(*) AS n FROM posts WHERE mentioned_numbers IS DISTINCT FROM
            CASE WHEN len(mentioned_ids) > 0 AND repost_of_id IS NULL THEN [number_of(platform, each) FOR each IN mentioned_ids] END
    """
    return found + (["posts.mentioned_numbers"] if store.reader.ask(sql)["n"][0].as_py() else [])


def folded() -> list[Batch]:
    first = post("1", mentioned_ids=("a2", "a3"))
    answer = post("2", author_id="a2", reply_to_id="1", quoted_id="3")
    repost = post("at://p", platform="bluesky", author_id="did:plc:a", repost_of_id="at://q")
    mentions = [
        AbstractMention(each.platform, each.post_id, "ash-2026", "112", 1, "number_cue", "#112", inherited_from=source)
        for each, source in ((first, None), (answer, "1"))
    ]
    return [
        Batch(records=[first, author()], matches=[match(first)], mentions=mentions[:1], roles=[role()]),
        Batch(records=[answer, author("a2")], matches=[match(answer)], mentions=mentions[1:]),
        Batch(records=[repost], matches=[match(repost)], roles=[role("did:plc:a", platform="bluesky")]),
        Batch(records=[Engagement("x", "1", at(1), 1, 0, 0, 0), Like("bluesky", "at://l", "at://p", at(1))]),
    ]


@pytest.mark.parametrize("step", [1, -1])
def test_numbers_are_what_the_ids_say(store, step):
    for batch in folded()[::step]:
        store.fold(batch)
    assert [] == wrong(store)
    assert 3 == store.reader.ask("SELECT count(DISTINCT post_number) AS n FROM matches")["n"][0].as_py()


@pytest.mark.parametrize("first", ["old", "new"])
def test_an_edit_that_takes_up_another_post_moves_the_number_in_post_and_match(store, first):
    old, new = post("1", reply_to_id="7"), post("1", revision="2".zfill(20), reply_to_id="8")
    for each in (old, new) if first == "old" else (new, old):
        store.fold(Batch(records=[each], matches=[match(each)]))
    assert [] == wrong(store)
    sql = "SELECT reply_to_number = number_of('x', '8') AS same FROM matches"
    assert [{"same": True}] == store.reader.ask(sql).to_pylist()


def test_numbers_are_the_same_in_every_version_of_duckdb(store):
    """They stand in files that another version opens: a hash that changes would part old rows from new."""
    row = store.reader.ask("SELECT number_of('x', '1') AS x, number_of('bluesky', 'did:plc:abcdefghijklmnop') AS b")
    assert [{"x": 7062243680626548942, "b": 8966055113506713450}] == row.to_pylist()


@pytest.mark.parametrize("name", ["c513436", "3df2e32", "d82e461"])
def test_an_older_database_is_given_its_numbers(tmp_path, name):
    path = tmp_path / "pulse.duckdb"
    path.write_bytes(lzma.decompress((OLD / f"{name}.duckdb.xz").read_bytes()))
    with Store(path) as store:
        assert [] == wrong(store)
        assert 0 < store.reader.ask("SELECT count(repost_of_number) AS n FROM matches")["n"][0].as_py()


def test_of_an_older_database_only_profiles_that_declare_an_account_are_marked(tmp_path):
    path = tmp_path / "pulse.duckdb"
    with Store(path) as store:
        telling, speaking = author("a1", bio="also @jd.bsky.social"), author("a2", bio="bluesky skies ahead")
        store.fold(Batch(records=[telling, speaking, author("a3", bio="MD")]))
    with duckdb.connect(str(path)) as db:  # as 0021 left it
        db.execute("UPDATE authors SET elsewhere = speaks_of_elsewhere(bio, location)")
        db.execute("DELETE FROM migrations WHERE name = '0023_declared'")
        assert [(True,), (True,), (False,)] == db.execute("SELECT elsewhere FROM authors ORDER BY author_id").fetchall()
    with Store(path) as store:
        rows = store.reader.ask("SELECT elsewhere FROM authors ORDER BY author_id")
        assert [True, False, False] == rows["elsewhere"].to_pylist()


def declared(store: Store) -> list[str | None]:
    return store.reader.ask("SELECT elsewhere FROM authors")["elsewhere"].to_pylist()


@pytest.mark.parametrize("step", [1, -1])
def test_whether_a_profile_declares_another_account_follows_its_newest_words(store, step):
    telling, silent = author(bio="also @jd.bsky.social"), author(seen_at=at(1), bio="MD")
    for each in (telling, silent)[::step]:
        store.fold(Batch(records=[each]))
    assert [False] == declared(store)
    store.fold(Batch(records=[author(seen_at=at(2), bio="also @jd.bsky.social")]))
    assert [True] == declared(store)


def test_what_a_purged_profile_said_is_not_known_any_more(store):
    store.fold(Batch(records=[author(bio="also @jd.bsky.social"), author(seen_at=at(9), handle="h")]))
    store.fold(Batch(records=[Deletion("x", "author", "a1", at(5), "forget")]))
    assert [None] == declared(store)
