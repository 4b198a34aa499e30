"""What must go is gone: from every table, every tape, every log and every block of the file, and it never comes back."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from pipelines.access import Person
from pipelines.alerts.records import Alert
from pipelines.cli import main
from pipelines.collect import Collector
from pipelines.congresses import Congress
from pipelines.corrections import Review
from pipelines.digest import Digest
from pipelines.errors import UsageError
from pipelines.keeping import (
    REWRITE_AFTER,
    borne_out,
    certificates,
    expire,
    forget,
    keep_house,
    remember_tape,
    scrub_tapes,
)
from pipelines.matching import Matcher
from pipelines.model import Author, Batch, Cursor, Deletion, Engagement
from pipelines.sources.parsers import PARSERS
from pipelines.sources.tape import TapeSource, TapeWriter
from pipelines.store.database import Store
from pipelines.store.keep import words_left
from tests.records import at, author, congress, match, post, role

KIM = Person("kim@example.org", "admin")
WORDS = "grade 3 zebra-striped rash of the unmistakable kind, seen at the plenary"


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "data" / "pulse.duckdb") as store:
        # words as they are, so that a search of the file's bytes would find them
        store.keep_house(lambda db: db.execute("PRAGMA force_compression='uncompressed'"))
        yield store


def bytes_of(store: Store) -> bytes:
    assert store.path is not None
    return b"".join(each.read_bytes() for each in sorted(store.path.parent.iterdir()) if each.is_file())


def posted(store: Store, *, others: int = 50) -> None:
    """A post with the words, a repost of it, what was made of it, and others around it."""
    said = post("77", author_id="gone", text=f"{WORDS} #ASH26")
    taken_up = post("78", author_id="fan", repost_of_id="77", text=f"RT @h_gone: {WORDS} #ASH26", created_at=at(1))
    noise = [post(str(1000 + n), author_id="stays", text=f"another post, number {n} #ASH26") for n in range(others)]
    posts = [said, taken_up, *noise]
    people = [author(each, bio=f"bio of {each}") for each in ("gone", "fan", "stays")]
    store.fold_congresses([congress()])
    store.fold(
        Batch(
            records=[*people, *posts, Engagement("x", "77", at(2), like_count=3)],
            matches=[match(each) for each in posts],
            roles=[role("gone")],
        )
    )
    store.fold_reviews([Review("ash-2026", "x", "77", "LBA-1", "accept", "kim", "its title", at(3))])
    rise = ("abstract", "LBA-1", at(0), at(1), at(2), 9, 1.0, 0.001, 0.01, 4, "@h_gone", ("77",))
    store.fold_alerts([Alert("a1", "ash-2026", *rise, "it rises", f"@h_gone: {WORDS}", "sent")], [])
    store.checkpoint()


def holding(store: Store, words: str) -> dict[str, int]:
    return store.keep_house(lambda db: words_left(db, words))


def told_to_forget(store: Store, target, target_id: str):
    forget(store, person=KIM, now=at(60), platform="x", target=target, target_id=target_id, reason="asked by letter")
    return json.loads(certificates(store.reader, at(61))["certificate"][0].as_py())


def test_forgetting_a_post_leaves_its_words_in_no_table_and_no_file(store, caplog):
    caplog.set_level(logging.DEBUG)
    posted(store)
    assert WORDS.encode() in bytes_of(store)
    assert {"posts": 2, "alerts": 1} == holding(store, WORDS)
    done = told_to_forget(store, "post", "77")
    assert {} == holding(store, WORDS)
    assert WORDS.encode() not in bytes_of(store)
    assert WORDS not in caplog.text
    assert (1, {}, True) == (done["posts"], done["left"], done["rewritten"])


def test_a_checkpoint_alone_would_leave_the_words_in_the_file(store):
    posted(store)
    store.fold(Batch(records=[Deletion("x", "post", "77", at(5), "deleted")]))
    store.checkpoint()
    assert {} == holding(store, WORDS)
    assert WORDS.encode() in bytes_of(store)
    store.rewrite()
    assert WORDS.encode() not in bytes_of(store)


def test_while_the_file_is_written_anew_reads_are_answered_and_a_backup_is_made(store, tmp_path):
    posted(store, others=3_000)
    counts: list[int] = []
    done = threading.Event()

    def ask() -> None:
        while not done.is_set():
            counts.append(store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py())

    with ThreadPoolExecutor() as pool:
        asking = pool.submit(ask)
        copies = [pool.submit(store.copy_to, tmp_path / f"{number}.duckdb") for number in range(3)]
        for _ in range(5):
            store.rewrite()
        for each in copies:
            each.result(60)
        done.set()
        asking.result(60)
    assert {counts[0]} == set(counts)
    assert [counts[0]] * 3 == [count_in(tmp_path / f"{number}.duckdb") for number in range(3)]


def count_in(path: Path) -> int:
    with Store(path) as copied:
        return copied.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


def test_forgetting_an_author_takes_profile_role_and_all_posts(store):
    posted(store)
    done = told_to_forget(store, "author", "gone")
    assert {} == holding(store, WORDS) | holding(store, "bio of gone") | holding(store, "h_gone")
    assert b"bio of gone" not in bytes_of(store)
    assert b"bio of stays" in bytes_of(store)
    assert 2 == len(done["text_hashes"])


def test_what_was_forgotten_still_counts_as_removed_and_never_comes_back(store):
    posted(store, others=5)
    told_to_forget(store, "post", "77")
    again = post("77", author_id="gone", text=f"{WORDS} #ASH26")
    store.fold(Batch(records=[author("gone"), again], matches=[match(again)]))
    assert {} == holding(store, WORDS)
    removed = store.reader.ask("SELECT post_id FROM removed_posts ORDER BY ALL")["post_id"].to_pylist()
    assert ["77", "78"] == removed
    assert 5 == store.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py()


def test_the_certificate_is_kept_and_holds_no_word_of_what_went(store):
    posted(store)
    told_to_forget(store, "post", "77")
    kept = certificates(store.reader, at(61)).to_pylist()
    assert 1 == len(kept)
    said = json.loads(kept[0]["certificate"])
    assert ("77", "kim@example.org", {}) == (said["target_id"], said["done_by"], said["left"])
    assert WORDS not in kept[0]["certificate"]


def test_nothing_is_forgotten_that_is_not_there_or_that_nobody_asked_for(store):
    posted(store, others=1)
    with pytest.raises(UsageError, match='no post "99" on x'):
        told_to_forget(store, "post", "99")
    with pytest.raises(UsageError, match="who asked"):
        forget(store, person=KIM, now=at(60), platform="x", target="post", target_id="77", reason=" ")
    assert {"posts": 2, "alerts": 1} == holding(store, WORDS)


def test_a_deletion_reaches_the_tape_and_a_replay_of_it(store, tmp_path):
    tape = tmp_path / "live.tape"
    page = {
        "data": [{"id": "77", "author_id": "9", "text": f"{WORDS} #ASH26", "created_at": "2026-12-12T18:00:00.000Z"}]
    }
    with TapeWriter(tape) as writer:
        writer.write([(at(0), "x", json.dumps(page).encode())])
    remember_tape(store, tape, at(0))
    posted(store, others=1)
    store.fold(Batch(records=[Deletion("x", "post", "77", at(5), "deleted")]))
    assert 1 == scrub_tapes(store, at(6))
    assert WORDS.encode() not in tape.read_bytes()
    with Store(None) as fresh:
        fresh.fold_congresses([congress()])
        play(fresh, tape)
        assert 0 == fresh.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


def play(store: Store, tape: Path) -> None:
    class Clock:
        def now(self):
            return at(10)

        async def sleep(self, seconds: float) -> None:
            await asyncio.sleep(0)

    source = TapeSource(tape, None, PARSERS)
    asyncio.run(Collector(store, Digest(Matcher([congress()]), {}), [source], Clock()).run())


def test_retention_purges_what_no_other_congress_still_keeps(store):
    short, long = congress(retention_days=30), congress(id="ash-all", retention_days=3000)
    shared, own = post("1", text=f"{WORDS} #ASH26"), post("2", text="only the short one #ASH26")
    store.fold_congresses([short, long])
    store.fold(
        Batch(
            records=[author(), shared, own], matches=[match(shared), match(own), match(shared, congress_id="ash-all")]
        )
    )
    assert 0 == expire(store, [short, long], short.kept_until - timedelta(seconds=1))
    assert 1 == expire(store, [short, long], short.kept_until)
    assert ["1"] == store.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist()


def test_a_clock_that_leaps_ahead_by_years_purges_nothing(store):
    short = congress(retention_days=30)
    told = post("1", text=f"{WORDS} #ASH26")
    store.fold_congresses([short])
    cursor = Cursor("bluesky", "v2|host|7|0", at(0))
    store.fold(Batch(records=[author(), told], matches=[match(told)], cursors=[cursor]))
    keep_house(store, [short], short.kept_until + timedelta(days=900))
    assert ["1"] == store.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist()
    assert at(0) + timedelta(days=2) == borne_out(store.reader, at(0) + timedelta(days=900))
    late = Cursor("bluesky", "v2|host|8|0", short.kept_until - timedelta(days=1))
    store.fold(Batch(cursors=[late]))
    keep_house(store, [short], short.kept_until + timedelta(days=900))
    assert [] == store.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist()


def test_a_round_removes_profiles_without_posts_and_keeps_a_reviewers_word(store):
    store.fold(
        Batch(
            records=[author("lone"), author("new", seen_at=at(2000))],
            roles=[role("lone"), role("lone", decided_by="kim")],
        )
    )
    keep_house(store, [congress()], at(2001))
    assert ["new"] == store.reader.ask("SELECT author_id FROM authors")["author_id"].to_pylist()
    assert ["kim"] == store.reader.ask("SELECT decided_by FROM roles")["decided_by"].to_pylist()


def test_a_round_writes_the_file_anew_within_half_a_day_of_a_deletion(store):
    posted(store)
    store.fold(Batch(records=[Deletion("x", "post", "77", at(5), "deleted")]))
    keep_house(store, [congress()], at(60))
    assert WORDS.encode() not in bytes_of(store)
    store.fold(Batch(records=[Deletion("x", "author", "stays", at(61), "deleted")]))
    keep_house(store, [congress()], at(62))
    assert b"another post" in bytes_of(store)  # so soon after the last time it waits
    keep_house(store, [congress()], at(62) + REWRITE_AFTER)
    assert b"another post" not in bytes_of(store)


def test_reads_go_on_while_and_after_the_file_is_written_anew(store):
    posted(store)
    reader = store.another_reader()
    store.rewrite()
    assert 52 == reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
    store.fold(Batch(records=[Author("x", "late", at(9))]))
    assert 4 == reader.ask("SELECT count(*) AS n FROM authors")["n"][0].as_py()


def test_retention_is_counted_from_the_end_of_following_in_the_congresss_zone():
    kept: Congress = congress(days_after=0, retention_days=1)
    assert "2026-12-17 06:00:00" == str(kept.kept_until)


def test_the_command_forgets_and_writes_a_certificate(tmp_path, monkeypatch, capsys):
    with Store(tmp_path / "pulse.duckdb") as store:
        posted(store, others=1)
    given = [
        "--platform",
        "x",
        "--post",
        "77",
        "--reason",
        "asked by letter",
        "--certificate",
        str(tmp_path / "c.json"),
    ]
    told = ["congress", "--data", str(tmp_path), "--json", "forget", *given]
    monkeypatch.setattr("sys.argv", told)
    main()
    said = json.loads(capsys.readouterr().out)
    assert ("77", {}, True) == (said["target_id"], said["left"], said["rewritten"])
    assert said == json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    with Store(tmp_path / "pulse.duckdb") as store:
        assert {} == holding(store, WORDS)
        assert ["forget"] == store.reader.ask("SELECT action FROM audit")["action"].to_pylist()


def test_the_command_says_what_it_needs(tmp_path, monkeypatch, capsys):
    for wrong, message in [
        (["--platform", "x", "--reason", "r"], "--post ID or --author ID"),
        (["--platform", "x", "--post", "1", "--reason", "r"], "there is nothing to"),
    ]:
        monkeypatch.setattr("sys.argv", ["congress", "--data", str(tmp_path / "none"), "forget", *wrong])
        with pytest.raises(SystemExit) as stop:
            main()
        assert (2, True) == (stop.value.code, message in capsys.readouterr().err)
