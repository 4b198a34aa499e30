"""The file is closed and opened anew after so many folds: nobody who folds or reads notices."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import pytest

from pipelines.errors import StoreLocked
from pipelines.model import Batch
from pipelines.store import database
from pipelines.store.database import Store
from tests.records import match, post

FOLDS = 40
# a process that takes the file as soon as it is free, tells so, and keeps it for some seconds
THIEF = """
import sys, time, duckdb
while True:
    try:
        held = duckdb.connect(sys.argv[1])
        break
    except duckdb.Error:
        pass
print("taken", flush=True)
time.sleep(float(sys.argv[2]))
"""


def folded(number: int) -> Batch:
    told = post(str(number))
    return Batch(records=[told], matches=[match(told)])


def reopened(store: Store, thief: subprocess.Popen[bytes]) -> None:
    """Open the file anew until the thief has had it and is gone."""
    until = time.monotonic() + 60
    while thief.poll() is None and time.monotonic() < until:
        store.reopen()


@pytest.fixture
def store(tmp_path):
    with Store(tmp_path / "pulse.duckdb") as opened:
        yield opened


@pytest.mark.parametrize("bound", ["FOLDS", "RECORDS"])
def test_posts_are_all_there_and_reads_go_on(store, monkeypatch, bound):
    monkeypatch.setattr(database, bound, 7)
    seen, connections, stop = [0], {id(store._line.connection)}, threading.Event()

    def read() -> None:
        while not stop.is_set():
            seen.append(store.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py())

    reading = threading.Thread(target=read)
    reading.start()
    for number in range(FOLDS):
        store.fold(folded(number))
        connections.add(id(store._line.connection))
    stop.set()
    reading.join()
    assert 1 < len(connections)
    assert sorted(seen) == seen
    assert FOLDS == store.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py()
    limit = store.reader.ask("SELECT current_setting('memory_limit') AS l")["l"][0].as_py()
    assert limit.startswith("160")  # the room is made again


def test_a_copy_that_is_being_made_is_not_waited_for(store, monkeypatch, tmp_path):
    monkeypatch.setattr(database, "FOLDS", 2)
    copy, begun, enough = database.copy_as_it_stands, threading.Event(), threading.Event()

    def slow(db, target):
        begun.set()
        assert enough.wait(60)
        copy(db, target)

    monkeypatch.setattr(database, "copy_as_it_stands", slow)
    copying = threading.Thread(target=store.copy_to, args=(tmp_path / "copy.duckdb",))
    copying.start()
    assert begun.wait(60)
    connection = store._line.connection
    for number in range(5):
        store.fold(folded(number))  # would wait for ever
    assert connection is store._line.connection
    enough.set()
    copying.join()
    store.fold(folded(5))
    assert connection is not store._line.connection
    with Store(tmp_path / "copy.duckdb") as made:
        assert 5 == made.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py()


def test_somebody_who_takes_the_file_meanwhile_is_waited_for(store):
    store.fold(folded(1))
    with subprocess.Popen([sys.executable, "-c", THIEF, str(store.path), "1"], stdout=subprocess.PIPE) as thief:
        reopened(store, thief)
        assert (b"taken\n", None) == thief.communicate(timeout=60)
    store.fold(folded(2))
    assert 2 == store.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py()


def test_who_keeps_the_file_is_told_of(store, monkeypatch):
    monkeypatch.setattr(database, "OPENING", 0.3)
    with subprocess.Popen([sys.executable, "-c", THIEF, str(store.path), "20"], stdout=subprocess.PIPE) as thief:
        with pytest.raises(StoreLocked):
            reopened(store, thief)
        thief.kill()
