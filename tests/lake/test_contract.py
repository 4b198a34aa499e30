"""The contract of every store, held by a file that follows the lake: what hosts folded is there, once, and nothing else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from pipelines.lake.compare import LOCAL, SHARED, compare
from pipelines.lake.follow import Follower
from pipelines.lake.log import Lake
from pipelines.model import AbstractMention, Batch, Cursor, Deletion, Engagement, Gap, Health, Like, ProductMention
from pipelines.store.database import Store
from tests.lake.conftest import wait_for
from tests.records import NOON, at, author, congress, match, post, role

pytestmark = pytest.mark.usefixtures("at_hand")


@pytest.fixture
def here(tmp_path):
    with Store(tmp_path / "here.duckdb") as store:
        yield store


@pytest.fixture
def there(tmp_path):
    with Store(tmp_path / "there.duckdb") as store:
        yield store


def follow(lake: Lake, store: Store) -> None:
    follower = Follower(lake, store)
    while follower.round():
        pass


def differing(one: Store, other: Store) -> list[str]:
    return [each.table for each in compare(one.reader, other.reader) if not each.same]


def batch(number: int, congress_id: str = "ash-2026", **fields) -> Batch:
    """What a collector folds in one go: a post with all that is read from it."""
    of = post(f"{congress_id}-{number}", author_id=f"{congress_id}-a{number % 3}", **fields)
    mention = AbstractMention("x", of.post_id, congress_id, str(number), 1, "number_cue", f"#{number}", (0, 4))
    named = ProductMention("x", of.post_id, congress_id, "product", "a drug", "name", "a drug")
    return Batch(
        records=[
            of,
            author(of.author_id, bio="MD", display_name="A. B.", followers_count=number),
            Engagement("x", of.post_id, at(number), number, 0, 0, 0),
            Like("x", f"like-{of.post_id}", of.post_id, at(1)),
            Health("x", at(number), "live"),
        ],
        matches=[match(of, congress_id=congress_id)],
        mentions=[mention],
        products=[named],
        roles=[role(of.author_id, decided_at=at(number))],
        cursors=[Cursor("x", str(number), at(number))],
    )


def tag_of(congress_id: str) -> str:
    return congress_id.replace("-2026", "26")


def test_every_table_of_the_store_is_shared_or_said_to_stay(here):
    tables = here.reader.ask("SELECT table_name FROM duckdb_tables() WHERE NOT internal")["table_name"].to_pylist()
    assert set(tables) == {*SHARED, *LOCAL}


def test_a_file_that_follows_ends_in_the_very_state(here, there, lake, send):
    here.fold_congresses([congress(products=[{"name": "a drug", "company": "AbbVie"}])])
    here.fold(batch(0))  # before it joins: this comes from the file, the rest from the outbox
    send(here)
    for number in range(1, 6):
        here.fold(batch(number))
    here.fold(
        Batch(records=[Gap("x", at(0), None, "stall", "open", at(1)), Deletion("x", "post", "ash-2026-2", at(9))])
    )
    send(here)
    follow(lake, there)
    assert [] == differing(here, there)
    assert 5 == there.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


def test_repeats_change_nothing(here, there, lake, send):
    for number in (1, 2, 1, 2):
        here.fold(batch(number))
        send(here)
    here.fold(Batch(records=[post("twice"), post("twice")], matches=[match(post("twice"))]))
    send(here)
    follow(lake, there)
    with there._transaction() as db:  # and once more from the beginning
        db.execute("DELETE FROM cursors WHERE starts_with(source, 'lake:')")
    follow(lake, there)
    assert [] == differing(here, there)


@pytest.mark.parametrize("late", ["post", "tombstone"])
def test_a_tombstone_beats_a_late_update_whichever_the_lake_has_first(here, there, lake, send, late):
    update = batch(1, text="A late update of a post that is gone")
    gone = Batch(records=[Deletion("x", "post", "ash-2026-1", at(5))])
    for each in (gone, update) if late == "post" else (update, gone):
        here.fold(each)
        send(here)
        follow(lake, there)
    assert [] == differing(here, there)
    assert 0 == there.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


def test_a_correction_of_old_readings_reaches_the_others(here, there, lake, send):
    here.fold(batch(1))
    send(here)
    follow(lake, there)
    of = batch(1).records[0]
    new = AbstractMention("x", of.post_id, "ash-2026", "777", 2, "trial", "a trial")
    here.replace_mentions("ash-2026", [new], [], [of])
    send(here)
    follow(lake, there)
    assert ["777"] == there.reader.ask("SELECT number FROM abstract_mentions")["number"].to_pylist()
    assert [] == differing(here, there)


HOSTILE = ["'; DROP TABLE posts; --", '"quoted" {a,b} [NULL]', "\\N\\\\x00", "\r\n\t\x01\x7f", "\u202eright to left\ufffd", "👩‍🔬 $$ %s", ""]  # fmt: skip


def test_hostile_text_comes_out_as_it_went_in(here, there, lake, send):
    for number, text in enumerate(HOSTILE):
        of = post(str(number), text=text, hashtags=(text, "ash26"), links=(text,), author_id=text or "a1")
        here.fold(Batch(records=[of, author(of.author_id, bio=text)], matches=[match(of, term=text, terms=(text,))]))
        send(here)
    follow(lake, there)
    assert [] == differing(here, there)


def test_a_nul_character_holds_nothing_up(here, there, lake, send):
    here.fold(Batch(records=[post("1", text="a\x00b", hashtags=("a\x00",))], matches=[match(post("1"))]))
    send(here)
    follow(lake, there)
    assert [{"text": "a\u2400b", "hashtags": ["a\u2400"]}] == there.reader.ask(
        "SELECT text, hashtags FROM posts"
    ).to_pylist()


def test_two_collectors_write_at_once_and_a_mirror_holds_both(tmp_path, there, lake, send):
    """Beside a reader whose counts never go backwards."""
    stop, counts = threading.Event(), []

    def collect(name: str, congress_id: str) -> None:
        with Store(tmp_path / f"{name}.duckdb") as store:
            store.fold_congresses([congress(id=congress_id, hashtags=(tag_of(congress_id),))])
            for number in range(15):
                store.fold(batch(number, congress_id))
                if number % 5 == 4:
                    send(store)

    def watch() -> None:
        follower = Follower(lake, there)
        while not stop.is_set():
            follower.round()
            counts.append(there.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py())

    threads = [threading.Thread(target=collect, args=each) for each in (("a", "ash-2026"), ("b", "sabcs-2026"))]
    watching = threading.Thread(target=watch)
    for each in (watching, *threads):
        each.start()
    for each in threads:
        each.join()
    wait_for(lambda: counts and counts[-1] == 30)
    stop.set()
    watching.join()
    assert sorted(counts) == counts
    with Store(None) as both:
        both.fold_congresses([congress(id=each, hashtags=(tag_of(each),)) for each in ("ash-2026", "sabcs-2026")])
        for number in range(15):
            both.fold(batch(number, "ash-2026"))
            both.fold(batch(number, "sabcs-2026"))
        # what sources say of themselves stands under each host's name
        assert {"health", "cursors"} == set(differing(both, there))
    told = there.reader.ask("SELECT source FROM health ORDER BY source")["source"].to_pylist()
    assert 2 == len(told)
    assert told[0] == "x"
    assert told[1].startswith("x (")


def test_the_second_hosts_sources_and_decisions_stand_beside_the_firsts(tmp_path, there, lake, send):
    for congress_id in ("ash-2026", "sabcs-2026"):
        with Store(Path(tmp_path) / f"{congress_id}.duckdb") as store:
            store.fold(
                Batch(cursors=[Cursor("x", "7", NOON)], records=[Gap("x", at(0), None, congress_id, "open", at(1))])
            )
            store.keep_house(
                lambda db, who=congress_id: db.execute(
                    "INSERT INTO case_decisions VALUES (1, $1, $2, 'p', 'forwarded', NULL, '', '', '', '', '')",
                    [who, NOON],
                )
            )
            send(store)
    follow(lake, there)
    assert ["ash-2026", "sabcs-2026"] == sorted(there.reader.ask("SELECT cause FROM gaps")["cause"].to_pylist())
    assert 2 == there.reader.ask("SELECT count(DISTINCT entry) AS n FROM case_decisions")["n"][0].as_py()
