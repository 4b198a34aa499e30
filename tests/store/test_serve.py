"""The owner answers named reads over loopback, to whoever has its token, and to nobody else."""

from __future__ import annotations

import asyncio
import json
import stat
import subprocess
import sys
import threading
import time

import httpx
import pytest

from pipelines.access import Person
from pipelines.errors import NotAllowed, ReadsUnavailable, UsageError
from pipelines.model import Batch
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store
from pipelines.store.serve import ReadService, serving
from tests.records import at, author, congress, match, post, role


class FixedClock:
    def now(self):
        return at(30)


@pytest.fixture
def owner(tmp_path):
    """A running owner with one matched HCP post; gives its data directory and service."""
    with Store(tmp_path / "pulse.duckdb") as store:
        store.fold_congresses([congress()])
        store.fold(Batch(records=[post(), author(display_name="A", bio="MD")], matches=[match(post())], roles=[role()]))
        service = ReadService(store, FixedClock())
        started, stop, loop = threading.Event(), asyncio.Event(), asyncio.new_event_loop()

        async def serve() -> None:
            async with serving(service, tmp_path):
                started.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
        thread.start()
        started.wait(10)
        yield tmp_path, service
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@pytest.fixture
def client(owner):
    with OwnerClient(owner[0]) as opened:
        yield opened


def test_a_read_comes_back_as_the_table_it_is(client):
    row = client.read("overview", congress_id="ash-2026", minutes=60).to_pylist()[0]
    assert (1, 1, 1, at(30)) == (row["post_count"], row["author_count"], row["hcp_author_count"], row["as_of"])


def test_a_past_moment_shows_what_was_there_then(client):
    row = client.read("overview", congress_id="ash-2026", minutes=60, as_of=at(-1)).to_pylist()[0]
    assert 0 == row["post_count"]


def test_the_clock_is_the_owners(client):
    row = client.read("clock").to_pylist()[0]
    assert (at(30), 1.0) == (row["now"], row["speed"])


def test_who_asks_for_news_is_answered_with_the_commit_and_not_before(owner, client):
    version = client.read("clock")["version"][0].as_py()
    fold = threading.Timer(0.3, lambda: owner[1].store.fold(Batch(records=[])))
    fold.start()
    began = time.monotonic()
    told = client.read("clock", after=version, patience=5)["version"][0].as_py()
    assert version + 1 == told
    assert 0.25 < time.monotonic() - began < 4


def test_who_asks_for_news_waits_no_longer_than_wanted(client):
    version, began = client.read("clock")["version"][0].as_py(), time.monotonic()
    assert version == client.read("clock", after=version, patience=0.2)["version"][0].as_py()
    assert 0.2 <= time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("name", "params", "said"),
    [
        ("clock", {"after": "x"}, "clock: after is a version and patience a number of seconds"),
        ("clock", {"patience": "nan"}, "clock: after is a version and patience a number of seconds"),
        ("nonsense", {}, 'unknown read "nonsense"'),
        ("overview", {"minutes": "60"}, "parameter congress_id is missing"),
        ("overview", {"congress_id": "a", "minutes": "soon"}, 'minutes is "soon", but int is wanted'),
        ("overview", {"congress_id": "a", "minutes": "1", "sql": "DROP"}, "unknown parameter sql"),
        ("volume", {"congress_id": "a", "start": "x", "end": "x", "bucket_minutes": "1"}, 'start is "x"'),
    ],
)
def test_a_wrong_question_is_refused_in_one_sentence(client, name, params, said):
    with pytest.raises(UsageError, match=said):
        client.read(name, **params)


def test_without_the_token_nothing_is_told(owner):
    address = json.loads((owner[0] / "owner.json").read_text())["url"]
    assert 401 == httpx.get(f"{address}/read/congresses", trust_env=False).status_code
    assert (
        401
        == httpx.get(f"{address}/read/congresses", headers={"authorization": "Bearer x"}, trust_env=False).status_code
    )


VERA, JANE = Person("vera", "viewer"), Person("jane", "reviewer")
CORRECTION = {"congress_id": "ash-2026", "post_id": "1", "number": "112", "verdict": "accept", "reason": "slide 112"}


def raw(owner, method: str, path: str, **given) -> httpx.Response:
    """A request as a program with the token could make it, past the client."""
    said = json.loads((owner[0] / "owner.json").read_text())
    headers = {"authorization": f"Bearer {said['token']}", **given.pop("headers", {})}
    return httpx.request(method, f"{said['url']}/{path}", headers=headers, trust_env=False, **given)


def test_a_viewers_command_is_refused_and_a_reviewers_is_kept_with_its_name(owner, client):
    with pytest.raises(NotAllowed, match="only for reviewers; vera is a viewer"):
        client.do("correct_mention", VERA, **CORRECTION)
    assert 0 == client.read("corrections", congress_id="ash-2026").num_rows
    client.do("correct_mention", JANE, **CORRECTION)
    row = client.read("corrections", congress_id="ash-2026", sight="reviewer").to_pylist()[0]
    assert ("link", "112", "accept", "jane", at(30)) == (
        row["subject"], row["number"], row["word"], row["reviewer"], row["decided_at"],
    )  # fmt: skip
    done = client.read("audit", sight="admin", limit=10).to_pylist()
    assert [("correct_mention", "jane"), ("denied_correct_mention", "vera")] == [
        (r["action"], r["person"]) for r in done
    ]


def test_a_viewer_is_told_of_a_reviewer_and_not_of_its_name(client):
    client.do("correct_mention", JANE, **CORRECTION)
    seen = {
        role: client.read("corrections", congress_id="ash-2026", sight=role)["reviewer"].to_pylist()
        for role in ("viewer", "reviewer", "admin")
    }
    assert {"viewer": ["a reviewer"], "reviewer": ["jane"], "admin": ["jane"]} == seen


@pytest.mark.parametrize("role", ["nobody", "viewer", "reviewer"])
def test_the_audit_is_for_admins(client, role):
    with pytest.raises(NotAllowed, match="the read audit: only for admins"):
        client.read("audit", sight=role, limit=10)


def test_a_read_for_reviewers_is_refused_to_viewers(client, monkeypatch):
    monkeypatch.setattr("pipelines.access.SENSITIVE", frozenset({"overview"}))
    with pytest.raises(NotAllowed, match="only for reviewers"):
        client.read("overview", congress_id="ash-2026", minutes=60)
    assert 1 == client.read("overview", congress_id="ash-2026", minutes=60, sight="reviewer").num_rows


def test_sight_is_never_raised_by_a_parameter(owner, client):
    client.do("correct_mention", JANE, **CORRECTION)
    for path in (
        "read/corrections?congress_id=ash-2026&sight=reviewer",
        "read/overview?congress_id=ash-2026&minutes=1&sight=reviewer",
    ):
        answer = raw(owner, "GET", path)
        assert (400, True) == (answer.status_code, "sight is no parameter" in answer.json()["error"])
    assert 403 == raw(owner, "GET", "read/audit?limit=5&role=admin").status_code
    assert 400 == raw(owner, "GET", "read/audit?limit=5", headers={"congress-role": "root"}).status_code


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"person": {"name": "vera", "role": "viewer"}, "params": CORRECTION}, 403),
        ({"person": {"name": "vera", "role": "boss"}, "params": CORRECTION}, 400),
        ({"person": {"name": " ", "role": "admin"}, "params": CORRECTION}, 400),
        ({"person": {"name": ["x"], "role": "admin"}, "params": CORRECTION}, 400),
        ({"person": {"role": "admin"}, "params": CORRECTION}, 400),
        ({"params": CORRECTION}, 400),
        ({**CORRECTION, "reviewer": "jane"}, 400),
        ({"person": {"name": "vera", "role": "viewer"}, "params": {**CORRECTION, "person": "jane"}}, 400),
        ({"person": {"name": "jane", "role": "reviewer"}, "params": {**CORRECTION, "now": "2020-01-01"}}, 400),
        ({"person": {"name": "jane", "role": "reviewer"}, "params": {**CORRECTION, "number": 112}}, 400),
        ([], 400),
        ("x", 400),
    ],
)
def test_a_command_without_a_person_of_that_role_changes_nothing(owner, client, body, status):
    answer = raw(owner, "POST", "do/correct_mention", json=body)
    assert status == answer.status_code, answer.text
    assert 0 == client.read("corrections", congress_id="ash-2026").num_rows


def test_the_address_is_readable_by_its_user_alone(owner):
    assert 0o600 == stat.S_IMODE((owner[0] / "owner.json").stat().st_mode)


def test_one_answer_serves_all_who_ask_at_once(owner, monkeypatch):
    computed = []
    compute = owner[1]._compute
    monkeypatch.setattr(owner[1], "_compute", lambda *args: computed.append(args) or compute(*args))
    clients = [OwnerClient(owner[0]) for _ in range(8)]
    threads = [threading.Thread(target=each.read, args=("congresses",)) for each in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for each in clients:
        each.close()
    assert 1 == len(computed)


def test_nobody_there_is_one_clear_sentence(tmp_path):
    with OwnerClient(tmp_path) as client, pytest.raises(ReadsUnavailable, match="no collector runs on"):
        client.read("clock")


def test_a_second_owner_is_refused(tmp_path):
    with Store(tmp_path / "pulse.duckdb"):
        code = (
            "import sys; from pathlib import Path; from pipelines.store.database import Store\n"
            "from pipelines.errors import StoreLocked\n"
            "try: Store(Path(sys.argv[1]))\n"
            "except StoreLocked as error: sys.stdout.write(str(error))"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "pulse.duckdb")], capture_output=True, text=True
        )
    assert "another process owns it" in done.stdout, done.stderr
