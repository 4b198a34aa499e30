"""The read service takes so much and no more; who floods it is told when to come again, and nobody else notices."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pipelines.errors import TooMuchAsked
from pipelines.model import Batch
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store
from pipelines.store.limits import Allowance, Limits
from pipelines.store.serve import LIMITS, ReadService
from tests.records import at, congress, match, post
from tests.running import running


class FixedClock:
    def now(self):
        return at(30)


@contextlib.contextmanager
def owner(data: Path, limits: Limits = LIMITS) -> Iterator[ReadService]:
    """A running owner with one post."""
    with Store(data / "pulse.duckdb") as store:
        store.fold_congresses([congress()])
        store.fold(Batch(records=[post()], matches=[match(post())]))
        service = ReadService(store, FixedClock(), limits=limits)
        with running(service, data):
            yield service


def asking(data: Path) -> httpx.Client:
    """A program that has the token."""
    said = json.loads((data / "owner.json").read_text())
    return httpx.Client(
        base_url=said["url"], headers={"authorization": f"Bearer {said['token']}"}, trust_env=False, timeout=30
    )


def test_an_allowance_fills_steadily_and_says_how_long_to_wait():
    now = 0.0
    allowance = Allowance(2, 3, lambda: now)
    for _ in range(3):
        allowance.take()
    with pytest.raises(TooMuchAsked) as refused:
        allowance.take()
    assert 0.5 == refused.value.wait
    now = 0.5
    allowance.take()
    with pytest.raises(TooMuchAsked):
        allowance.take()


def test_a_flood_is_told_429_and_when_to_come_again(tmp_path):
    with owner(tmp_path, Limits(a_second=1, at_once=10)), asking(tmp_path) as program:
        answers = [program.get("/read/congresses") for _ in range(30)]
        refused = [each for each in answers if each.status_code == 429]
        assert 10 <= sum(each.status_code == 200 for each in answers) < 30
        assert {"1"} == {each.headers["retry-after"] for each in refused}
        assert "ask again in 1 s" in refused[0].json()["error"]


def test_a_client_waits_and_gets_its_answer(tmp_path):
    with owner(tmp_path, Limits(a_second=2, at_once=1)), OwnerClient(tmp_path) as client:
        assert [1, 1, 1] == [client.read("congresses").num_rows for _ in range(3)]


def test_the_load_of_fifty_viewers_passes_freely(tmp_path):
    """Fifty programs that each ask six reads every two seconds: ten times what the dashboard asks for fifty viewers."""
    names = ("clock", "congresses", "health", "collection", "hashtags?congress_id=ash-2026&minutes=60&limit=5", "bill")
    statuses: list[int] = []

    def viewer() -> None:
        with asking(tmp_path) as program:
            for _ in range(3):
                begun = time.monotonic()
                statuses.extend(program.get(f"/read/{name}").status_code for name in names)
                time.sleep(max(0.0, 2 - (time.monotonic() - begun)))

    with owner(tmp_path) as service:
        threads = [threading.Thread(target=viewer) for _ in range(50)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert {200: 900} == {status: statuses.count(status) for status in set(statuses)}
        assert 0 == service.measured.refused["429"]


def test_who_guesses_tokens_is_slowed_and_does_not_slow_the_dashboard(tmp_path):
    with owner(tmp_path), asking(tmp_path) as program:
        guesses = [
            program.get("/read/congresses", headers={"authorization": f"Bearer {n}"}).status_code for n in range(120)
        ]
        assert {401, 429} == set(guesses)
        assert 200 == program.get("/read/congresses").status_code


def test_too_many_different_reads_at_once_are_refused_and_the_rest_answered(tmp_path, monkeypatch):
    with owner(tmp_path, Limits(reads_at_once=4)) as service:
        go_on = threading.Event()
        compute = service._compute
        monkeypatch.setattr(service, "_compute", lambda *asked: go_on.wait(10) and compute(*asked))
        statuses: list[int] = []

        def ask(minutes: int) -> None:
            with asking(tmp_path) as program:
                answer = program.get(f"/read/overview?congress_id=ash-2026&minutes={minutes}", timeout=20)
                statuses.append(answer.status_code)

        threads = [threading.Thread(target=ask, args=(n,)) for n in range(1, 13)]
        for thread in threads:
            thread.start()
        until = time.monotonic() + 10
        while len(statuses) < 8 and time.monotonic() < until:
            time.sleep(0.02)
        assert [429] * 8 == statuses
        go_on.set()
        for thread in threads:
            thread.join()
        assert [200] * 4 == statuses[8:]


def command(comment: str) -> dict:
    return {"person": {"name": "jane", "role": "reviewer"}, "params": {"case_id": "x", "comment": comment}}


@pytest.mark.parametrize("chunked", [False, True])
def test_an_oversized_body_is_not_read_to_its_end(tmp_path, chunked):
    body = json.dumps(command("x" * 200_000)).encode()
    with owner(tmp_path), asking(tmp_path) as program:
        content = iter([body[:100], body[100:]]) if chunked else body
        answer = program.post("/do/decide_case", content=content)
        assert (413, True) == (answer.status_code, "65,536 bytes" in answer.json()["error"])


def test_parameters_are_bounded_in_number_and_length_and_never_repeated_to_the_asker(tmp_path):
    with owner(tmp_path), asking(tmp_path) as program:
        many = program.get("/read/congresses", params={f"p{n}": "1" for n in range(40)})
        long = program.get("/read/congresses", params={"p": "secret" * 1000})
        command_long = program.post("/do/decide_case", json=command("x" * 5_000))
        assert [400, 400, 400] == [each.status_code for each in (many, long, command_long)]
        assert "secret" not in long.text
        assert "at most 32" in many.text


def test_an_answer_that_is_too_large_is_refused_in_one_sentence(tmp_path):
    with owner(tmp_path, Limits(answer_bytes=10)), asking(tmp_path) as program:
        answer = program.get("/read/congresses")
        assert (400, True) == (answer.status_code, "ask for fewer rows" in answer.json()["error"])


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "attacker.example"},
        {"host": "attacker.example:8501"},
        {"host": "127.0.0.1.attacker.example"},
        {"host": "127.0.0.1:1@attacker.example"},
        {"host": "localhost"},
        {"origin": "http://attacker.example"},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
    ],
)
def test_no_web_page_reaches_the_read_service_not_even_under_a_name_that_points_here(tmp_path, headers):
    with owner(tmp_path) as service, asking(tmp_path) as program:
        for path in ("/health", "/read/congresses"):
            answer = program.get(path, headers=headers)
            assert (421, False) == (answer.status_code, "access-control-allow-origin" in answer.headers)
        assert 2 == service.measured.refused["host"]


def test_no_answer_lets_other_origins_in(tmp_path):
    with owner(tmp_path), asking(tmp_path) as program:
        said = program.options("/read/congresses")
        assert [] == [
            name for name in (*said.headers, *program.get("/health").headers) if name.startswith("access-control")
        ]


def test_a_head_that_never_ends_is_cut_off(tmp_path):
    with owner(tmp_path):
        port = int(json.loads((tmp_path / "owner.json").read_text())["url"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
            line.sendall(b"GET /health HTTP/1.1\r\nhost: 127.0.0.1\r\n")
            said = b""
            with contextlib.suppress(ConnectionError):
                for _ in range(200):
                    line.sendall(b"x-filler: " + b"y" * 1000 + b"\r\n")
                said = line.recv(100)
            assert not said.startswith(b"HTTP/1.1 200")
        with asking(tmp_path) as program:
            assert 200 == program.get("/read/congresses").status_code
