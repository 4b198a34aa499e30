"""Reviewers' words travel from a mirror to the host that collects: carried out there, once, and answered."""

from __future__ import annotations

import asyncio
import json
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.access import Person
from pipelines.audit import read_head, rows_of, verify
from pipelines.clock import RealClock
from pipelines.desk.cases import Case
from pipelines.errors import NotAllowed, UsageError
from pipelines.lake import mirror as mirror_module
from pipelines.lake import requests
from pipelines.lake.errands import ask_for
from pipelines.lake.follow import Follower
from pipelines.lake.log import Lake
from pipelines.lake.mirror import Mirror, MirrorService
from pipelines.lake.publish import Publisher
from pipelines.lake.upkeep import purge, tidy
from pipelines.model import Abstract, Batch, Deletion
from pipelines.run import correct_stored
from pipelines.store.client import Underway
from pipelines.store.database import Store
from pipelines.store.requests import Request, open_requests
from tests.lake.conftest import wait_for
from tests.lake.test_contract import batch
from tests.lake.test_purge import holding, rows_with
from tests.records import NOON, at, congress, match, post

ANN, BOB = Person("ann", "reviewer"), Person("bob", "admin")
WORDS = "UNMISTAKABLE"
ROLE = {"platform": "x", "author_id": "ash-2026-a1", "role": "pharma", "reason": f"{WORDS} in the profile"}
CASE = {"case_id": "c1", "decision": "not_an_event", "comment": f"{WORDS} says otherwise"}


pytestmark = pytest.mark.usefixtures("at_hand")


def begin(store: Store) -> None:
    """What a collector holds: three posts, one of them a case."""
    store.fold_congresses([congress()])
    store.fold_catalogue("ash-2026", [Abstract("ash-2026", each, f"Title {each}") for each in ("1", "2", "7")])
    told = post("told", author_id="ash-2026-a9")
    for number in (1, 2):
        store.fold(batch(number))
    case = Case("c1", "ash-2026", "x", "told", "told", "ash-2026-a9", told.revision, told.created_at, "individual", "a drug", "{}", False, 4, "hash")  # fmt: skip
    store.fold(Batch(records=[told], matches=[match(told)], cases=[case], seen_at=NOON))


@pytest.fixture(scope="module")
def settled(postgres, made, tmp_path_factory) -> Path:
    """A lake with a collector's file and a mirror's that has followed so far, for every test to begin with a copy of."""
    folder = tmp_path_factory.mktemp("settled")
    postgres.client("createdb", "-T", made, "settled")
    with Store(folder / "here.duckdb") as here, Store(folder / "there.duckdb") as there:
        begin(here)
        publisher, lake = Publisher(here, postgres.address("settled")), Lake(postgres.address("settled"))
        publisher.send_all()
        Follower(lake, there).round()
        publisher.close()
        lake.close()
    return folder


@pytest.fixture
def address(postgres, settled, tmp_path) -> str:
    name = f"lake{time.monotonic_ns()}"
    postgres.client("createdb", "-T", "settled", name)
    files = f"UPDATE ducklake_metadata SET value = '{tmp_path}/files/' WHERE key = 'data_path'"
    postgres.client("psql", "-d", name, "-c", files)
    return postgres.address(name)


def opened(settled: Path, tmp_path: Path, name: str) -> Store:
    """A file in a room of its own: it has an audit with a head."""
    (tmp_path / name).mkdir()
    shutil.copy(settled / f"{name}.duckdb", tmp_path / name)
    return Store(tmp_path / name / f"{name}.duckdb")


@pytest.fixture
def here(settled, tmp_path) -> Iterator[Store]:
    with opened(settled, tmp_path, "here") as store:
        yield store


@pytest.fixture
def there(settled, tmp_path) -> Iterator[Store]:
    with opened(settled, tmp_path, "there") as store:
        yield store


@pytest.fixture
def collector(here, address) -> Iterator[Publisher]:
    publisher = Publisher(here, address)
    yield publisher
    publisher.close()


@pytest.fixture
def mirror(there, address) -> Iterator[Mirror]:
    following = Mirror(there, address, RealClock())
    yield following
    following._close()


def now() -> datetime:
    return RealClock().now()


def row_of(store: Store, asked: Request | str) -> dict:
    """What became of a request, given by itself or by its id."""
    name = asked if isinstance(asked, str) else asked.id
    return store.reader.ask("SELECT * FROM requests WHERE id = $id", id=name).to_pylist()[0]


def noted(store: Store) -> list[tuple[str, str, dict]]:
    """The audit: action, person, parameters; its chain holds."""
    rows = rows_of(store.reader.ask("SELECT * FROM audit ORDER BY seq"))
    assert verify(rows, read_head(store.path)) is None
    return [(row.entry.action, row.entry.person, json.loads(row.entry.params)) for row in rows]


def role_in(store: Store) -> list[str]:
    rows = store.reader.ask("SELECT role FROM roles WHERE author_id = 'ash-2026-a1' AND decided_by = 'ann'")
    return rows["role"].to_pylist()


def decisions_in(store: Store) -> list[tuple]:
    rows = store.reader.ask("SELECT entry, person, decision, comment FROM case_decisions ORDER BY entry").to_pylist()
    return [tuple(row.values()) for row in rows]


def travel(mirror: Mirror, collector: Publisher) -> None:
    """There and back once."""
    mirror.round()
    collector._round()
    mirror.round()


def test_what_a_reviewer_says_on_a_mirror_is_carried_out_once_where_it_is_collected(here, there, collector, mirror):
    said = [
        ask_for(there, "correct_role", ROLE, ANN, now()),
        ask_for(there, "decide_case", CASE, ANN, now()),
        ask_for(there, "correct_mention", {"congress_id": "ash-2026", "post_id": "ash-2026-1", "number": "1", "verdict": "re-point", "to": "7"}, ANN, now()),
    ]  # fmt: skip
    assert ["correct_role", "decide_case", "correct_mention"] == [
        each.command for each, _ in open_requests(there.reader)
    ]
    assert [] == role_in(here)
    travel(mirror, collector)
    assert ["done"] * 3 == [row_of(there, each)["state"] for each in said]
    for store in (here, there):  # the answer never comes before what came of it
        assert ["pharma"] == role_in(store)
        assert [(1, "ann", "not_an_event", CASE["comment"])] == decisions_in(store)
        verdicts = store.reader.ask("SELECT number, verdict FROM reviews ORDER BY number").to_pylist()
        assert [{"number": "1", "verdict": "reject"}, {"number": "7", "verdict": "accept"}] == verdicts
    own = noted(here)
    assert [("correct_role", "ann"), ("decide_case", "ann"), ("correct_mention", "ann")] == [each[:2] for each in own]
    assert [(each.id, each.asked_from) for each in said] == [(row[2]["request"], row[2]["asked_on"]) for row in own]
    assert ["asked_correct_role", "asked_decide_case", "asked_correct_mention"] == [each[0] for each in noted(there)]
    assert WORDS not in json.dumps([own, noted(there)])
    travel(mirror, collector)
    assert 3 == len(noted(here))


def test_what_is_refused_is_said_and_changes_nothing(here, there, collector, mirror, lake):
    link = {"congress_id": "ash-2026", "post_id": "ash-2026-1", "number": "99999", "verdict": "accept"}
    asked = ask_for(there, "correct_mention", link, ANN, now())
    travel(mirror, collector)
    row = row_of(there, asked)
    assert ("refused", 'no abstract "99999" in the catalogue of ash-2026') == (row["state"], row["said"])
    assert row["answered_by"]
    assert [] == noted(here)
    tidy(lake, RealClock().now())
    assert ["pulse_answers"] == rows_with(lake, "99999")
    tidy(lake, at(60 * 24 * 365))
    assert [] == rows_with(lake, "99999")


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("correct_mention", {"congress_id": "ash-2026", "post_id": "nowhere", "number": "1", "verdict": "accept"}),
        ("decide_case", {"case_id": "none", "decision": "not_an_event"}),
        ("correct_role", {"platform": "x"}),
        ("correct_role", {**ROLE, "now": "2026-01-01"}),
    ],
)
def test_what_the_mirror_can_tell_is_wrong_never_leaves_it(there, name, params):
    with pytest.raises(UsageError):
        ask_for(there, name, params, ANN, now())
    assert [] == open_requests(there.reader)
    assert [] == noted(there)


def test_the_role_is_asked_for_on_the_mirror_and_again_on_the_collector(here, there, collector, mirror, lake):
    with pytest.raises(NotAllowed):
        ask_for(there, "correct_role", ROLE, Person("vic", "viewer"), now())
    assert [("denied_correct_role", "vic")] == [each[:2] for each in noted(there)]
    honest = ask_for(there, "correct_role", ROLE, ANN, now())
    forged = {
        "a viewer": replace(honest, id="f1", role="viewer"),
        "no role": replace(honest, id="f2", role="root"),
        "nobody": replace(honest, id="f3", person=" "),
        "another command": replace(honest, id="f4", command="backup", params='{"file": "/tmp/x"}', words="{}"),
        "the time": replace(honest, id="f5", words='{"now": "2020-01-01"}'),
        "no JSON": replace(honest, id="f6", words="["),
        "numbers": replace(honest, id="f7", params='{"platform": 1}'),
        "too much": replace(honest, id="f8", words=json.dumps({"reason": "x" * 5000})),
    }
    requests.ask_for(lake.line, list(forged.values()))
    collector._round()
    answers = {each.id: each for each in requests.answers(lake.line, [each.id for each in forged.values()])}
    assert {"refused"} == {answers[each.id].state for each in forged.values()}
    assert [] == role_in(here)
    assert [("denied_correct_role", "ann")] == [each[:2] for each in noted(here)]


def test_a_collector_killed_before_it_could_answer_does_it_only_once(here, there, collector, mirror, monkeypatch):
    """As when the process dies between its own commit and the lake's."""
    asked = ask_for(there, "decide_case", CASE, ANN, now())
    mirror.round()
    lake, _ = collector._joined()
    monkeypatch.setattr(lake, "answer", lambda told: (_ for _ in ()).throw(ConnectionError))
    for _ in range(2):
        with pytest.raises(ConnectionError):
            collector._round()
    monkeypatch.undo()
    travel(mirror, collector)
    assert "done" == row_of(there, asked)["state"]
    assert 1 == len(decisions_in(here))
    assert 1 == len(noted(here))


def test_a_mirror_killed_before_it_knew_that_it_had_sent_asks_once(here, there, collector, mirror):
    asked = ask_for(there, "decide_case", CASE, ANN, now())
    for _ in range(2):  # once while it waits in the lake, once when it was answered
        mirror.round()
        with there._transaction() as db:
            db.execute("UPDATE requests SET state = 'waiting'")
        mirror.round()
        collector._round()
        with there._transaction() as db:
            db.execute("UPDATE requests SET state = 'waiting'")
    mirror.round()
    assert "done" == row_of(there, asked)["state"]
    assert 1 == len(decisions_in(here))


def test_of_two_who_decide_at_once_the_second_is_told_and_one_who_goes_on_is_not(here, there, collector, mirror):
    moment = now()
    first, again = (ask_for(there, "decide_case", {"case_id": "c1", "decision": each}, ANN, moment) for each in ("forwarded", "reopened"))  # fmt: skip
    other = ask_for(there, "decide_case", {"case_id": "c1", "decision": "not_an_event"}, BOB, moment)
    order = sorted([first, again, other], key=lambda each: each.id)
    travel(mirror, collector)
    told = {each.id: row_of(there, each) for each in order}
    winner = ANN.name if order[0].person == ANN.name else BOB.name
    assert {winner} == {each[1] for each in noted(here)}
    for each in order:
        assert ("done" if each.person == winner else "refused") == told[each.id]["state"]
    loser = next(each for each in order if each.person != winner)
    assert f"{winner} decided on it after this was asked" in told[loser.id]["said"]


def test_words_leave_the_lake_when_the_request_was_carried_out(
    here, there, collector, mirror, lake, tmp_path, postgres
):
    ask_for(there, "correct_role", ROLE, ANN, now())
    mirror.round()
    name = lake.line.address.rpartition("/")[2]
    postgres.client("psql", "-d", name, "-c", "ANALYZE")
    assert ["pulse_requests"] == rows_with(lake)
    lake_end, _ = collector._joined()
    for each in collector_answers(collector, lake_end):
        lake_end.answer(each)
    tidy(lake, now())
    assert [] == rows_with(lake)
    postgres.client("psql", "-d", name, "-c", "CHECKPOINT")
    oid = postgres.client(
        "psql", "-d", name, "-At", "-c", "SELECT oid FROM pg_database WHERE datname = current_database()"
    )
    assert [] == holding(postgres.folder / "cluster" / "base" / oid.strip(), WORDS)
    mirror.round()
    held = there.reader.ask("SELECT params, words FROM requests").to_pylist()
    assert [{"params": "{}", "words": "{}"}] == held


def collector_answers(collector: Publisher, lake_end) -> list:
    from pipelines.lake.errands import carry_out_asked

    writer = collector._writer()
    return carry_out_asked(collector._store, lake_end, writer.writer, writer.name, RealClock())


def test_words_leave_with_their_post_while_the_collector_is_away(there, mirror, lake, tmp_path):
    asked = ask_for(there, "decide_case", CASE, ANN, now())
    mirror.round()
    gone = Deletion("x", "post", "told", at(60))
    lake.append_next("another/stored", {"deletion": _table(gone)}, NOON)
    there.fold(Batch(records=[gone]))
    assert ["pulse_requests"] == rows_with(lake)
    purge(lake, "another", now())
    assert [] == rows_with(lake)
    there.rewrite()
    assert [] == holding(tmp_path / "there", WORDS)
    assert "{}" == row_of(there, asked)["words"]


def _table(deletion: Deletion):
    from pipelines.store.columns import table_of

    return table_of(Deletion, [deletion])


def test_a_congress_that_nobody_collects_is_said(there, mirror):
    lonely = post("lonely", author_id="a-lonely")
    there.fold(Batch(records=[lonely], matches=[match(lonely, congress_id="eha-2026")]))
    link = {"congress_id": "eha-2026", "post_id": "lonely", "number": "1", "verdict": "reject"}
    asked = ask_for(there, "correct_mention", link, ANN, now())
    mirror.round()
    assert ("refused", "no host of this lake collects that congress") == (
        row_of(there, asked)["state"],
        row_of(there, asked)["said"],
    )


def test_a_host_carries_out_what_is_about_its_own_congress_alone(
    here, there, collector, mirror, address, lake, tmp_path
):
    with Store(tmp_path / "other" / "other.duckdb") as other:
        other.fold_congresses([congress(id="eha-2026", hashtags=("eha26",))])
        other.fold(batch(1, "eha-2026"))
        second = Publisher(other, address)
        second.send_all()
        mirror.round()
        asked = ask_for(there, "correct_role", {**ROLE, "author_id": "eha-2026-a1"}, ANN, now())
        mirror.round()
        collector._round()
        assert [] == noted(here)
        second._round()
        mirror.round()
        second.close()
        assert [("correct_role", "ann")] == [each[:2] for each in noted(other)]
    assert "done" == row_of(there, asked)["state"]


def test_a_request_to_be_forgotten_made_on_a_mirror_is_certified_by_the_collector(here, there, collector, mirror):
    gone = {"platform": "x", "target": "post", "target_id": "ash-2026-1", "reason": "asked by letter"}
    with pytest.raises(NotAllowed):
        ask_for(there, "forget", gone, ANN, now())
    asked = ask_for(there, "forget", gone, BOB, now())
    travel(mirror, collector)
    assert "done" == row_of(there, asked)["state"]
    for store in (here, there):
        assert 0 == store.reader.ask("SELECT count(*) AS n FROM posts WHERE post_id = 'ash-2026-1'")["n"][0].as_py()
        assert 1 == store.reader.ask("SELECT count(*) AS n FROM certificates")["n"][0].as_py()


@contextmanager
def running(service: MirrorService) -> Iterator[None]:
    thread = threading.Thread(target=service.following.run)
    thread.start()
    try:
        yield
    finally:
        service.following.stop()
        thread.join()


def test_whoever_asks_waits_for_the_answer_and_is_told_when_it_is_late(there, here, collector, mirror, monkeypatch):
    monkeypatch.setattr(mirror_module, "ANSWER_SECONDS", 1.5)
    service = MirrorService(there, RealClock())
    service.following = mirror
    with running(service):
        late = asyncio.run(service.do("correct_role", ROLE, ANN))
        assert isinstance(late, Underway)
        assert late.said in mirror_module.ON_ITS_WAY.values()
        wait_for(lambda: row_of(there, late.request)["state"] == "sent")
        collector._round()
        monkeypatch.setattr(mirror_module, "ANSWER_SECONDS", 120)
        collector.start()
        assert asyncio.run(service.do("decide_case", CASE, ANN)) is None
        assert 1 == len(decisions_in(there))
        link = {"congress_id": "ash-2026", "post_id": "ash-2026-1", "number": "99999", "verdict": "accept"}
        with pytest.raises(UsageError, match=r"refused it: no abstract .99999."):
            asyncio.run(service.do("correct_mention", link, ANN))
    collector.stop(10)
    told = there.reader.ask("SELECT state FROM requests ORDER BY asked_at")["state"].to_pylist()
    assert ["done", "done", "refused"] == told


def test_what_concerns_one_host_alone_stays_there(here, there, collector, mirror):
    service = MirrorService(there, RealClock())
    service.following = mirror
    asyncio.run(service.do("reveal_author", {"platform": "x", "author_id": "ash-2026-a1", "reason": "a call"}, ANN))
    asyncio.run(service.do("note_export", {"file": "log.csv"}, ANN))
    assert ["reveal_author", "note_export"] == [each[0] for each in noted(there)]
    travel(mirror, collector)
    assert [] == noted(here)
    assert 0 == here.reader.ask("SELECT count(*) AS n FROM reveals")["n"][0].as_py()


def test_while_a_mirror_stands_still_nothing_is_corrected_in_its_file_alone(there, mirror, tmp_path, monkeypatch):
    there.close()
    data = Path(tmp_path / "there")
    (data / "there.duckdb").rename(data / "congress.duckdb")
    monkeypatch.setattr("pipelines.run.DATABASE", "congress.duckdb")
    with pytest.raises(UsageError, match="is a mirror"):
        correct_stored(data, "correct_role", ROLE, ANN)
