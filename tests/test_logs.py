"""What stands in logs, and what never does: no secret in either form, no words of a post in JSON, one record a line."""

from __future__ import annotations

import ast
import asyncio
import io
import json
import logging
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines import logs
from pipelines.errors import InputError, SourceStopped
from pipelines.heartbeat import beating
from pipelines.model import Batch, Health
from pipelines.store.database import Store
from tests.records import at, congress, match, post

ROOT = Path(__file__).parents[1]
WORDS = 'My patient had a rash after Enhertu\n2026-11-22 ERROR root: all is well {"level": "info"}\x1b[2J'
PLANTED = {
    "X_BEARER_TOKEN": "AAAAplantedbearerAAAA",
    "OIDC_CLIENT_SECRET": "planted-client-secret",
    "DASHBOARD_COOKIE_SECRET": "planted-cookie-0123456789abcdef0123",
    "PSEUDONYM_KEY": "plantedpseudonymkey1",
    "METRICS_TOKEN": "planted-metrics-token",
    "ALERT_URLS": "slack://plantedtokenA/plantedtokenB/plantedtokenC json://planteduser:plantedpass@127.0.0.1/x",
    "ALERT_URLS_COMMS": "mailtos://u:plantedmail@example.org",
    "LAKE": "postgresql://lake:plantedlakepass@db.example/pulse",
}
SECRETS = ("plantedbearer", "planted-client", "planted-cookie", "plantedpseudonym", "planted-metrics", "plantedtoken", "planteduser", "plantedpass", "plantedmail", "plantedlakepass")  # fmt: skip


@pytest.fixture
def speaking(monkeypatch):
    """Gives what sets logs up, and puts everything back as it was."""
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    levels = {name: logging.getLogger(name).level for name in ("", *logs.OURS)}
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(threading, "excepthook", threading.excepthook)
    for name in ("uvicorn", "uvicorn.error"):  # a server of another test may have taken them away
        monkeypatch.setattr(logging.getLogger(name), "propagate", True)
        monkeypatch.setattr(logging.getLogger(name), "handlers", [])

    def begin(form: str = "json", **environ: str) -> io.StringIO:
        written = io.StringIO()
        logs.set_up({"LOG_FORMAT": form, **environ}, to=written)
        return written

    yield begin
    root.handlers[:] = before
    logging.captureWarnings(False)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def lines(written: io.StringIO) -> list[dict]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_record_is_one_object_with_time_level_event_names_and_numbers(speaking):
    written = speaking()
    logging.getLogger("pipelines.collect").warning(
        "%s failed; asking it again in %.0f s", "bluesky", 2.0, extra={"congress": "ash-2026", "posts": 41}
    )
    (said,) = lines(written)
    assert said.pop("time").endswith("Z")
    assert {
        "level": "warning", "logger": "pipelines.collect", "event": "%s failed; asking it again in %.0f s",
        "congress": "ash-2026", "posts": 41, "values": ["bluesky", 2.0],
    } == said  # fmt: skip


@pytest.mark.parametrize("name", ["pipelines.collect", "asyncio", "uvicorn.error"])
def test_words_of_a_post_are_in_no_json_line_however_they_get_there(speaking, name):
    written, log = speaking(), logging.getLogger(name)
    log.warning("read %s: %s", WORDS, ValueError(WORDS), extra={"congress": WORDS, "source": WORDS, "detail": WORDS})
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        log.exception("could not be read")
        log.error("could not be folded", exc_info=error, extra={"posts": 3})
    if name not in ("pipelines.collect",):  # what a library puts into its sentence itself
        log.error(f"Task exception was never retrieved\nfuture: {ValueError(WORDS)!r}")
        log.error(f"cannot convert '{WORDS.splitlines()[0]}' to INT")
    text = written.getvalue()
    assert not [word for word in ("patient", "rash", "Enhertu", "all is well", "\x1b") if word in text]
    assert {"ValueError"} == {said["error"] for said in lines(written) if "error" in said}
    assert any("test_logs.py" in place for said in lines(written) for place in said.get("at", ()))


@given(st.text(min_size=1))
def test_no_sentence_passes_through_a_gap(text):
    record = logging.makeLogRecord({"name": "pipelines.x", "msg": "%s", "args": (text,), "congress": text})
    line = logs.JsonLines(()).format(record)
    assert 1 == len(line.splitlines())
    said = json.loads(line)
    assert all(logs._NAME.fullmatch(each) for each in (*said.get("values", ()), said.get("congress", "none")))


@pytest.mark.parametrize("form", ["json", "plain"])
def test_planted_secrets_are_in_no_line(speaking, form):
    written = speaking(form, **PLANTED)
    for value in PLANTED.values():
        for each in value.split():
            logging.getLogger("pipelines.x").warning("the answer to %s was %s", each, SourceStopped(f"refused: {each}"))
            try:
                raise RuntimeError(f"no route to {each}")
            except RuntimeError:
                logging.getLogger("dashboard").exception("failed")
    text = written.getvalue()
    assert [] == [each for each in SECRETS if each in text]
    assert logs.BLOT in text


def test_a_plain_line_cannot_be_forged_by_what_it_holds(speaking):
    written = speaking("plain")
    logging.getLogger("pipelines.x").warning("source says %s", WORDS)
    assert 1 == len(written.getvalue().splitlines())
    assert "\x1b" not in written.getvalue()


def test_what_a_source_stopped_for_is_told(speaking):
    written = speaking()
    logging.getLogger("pipelines.collect").error("%s stopped: %s", "x", SourceStopped("the key may not read X"))
    assert ["x", "the key may not read X"] == lines(written)[0]["values"]


def test_every_event_of_ours_is_a_literal_sentence():
    speaks = {f"log.{level}" for level in ("debug", "info", "warning", "error", "exception", "critical")}
    loose = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in [*(ROOT / "pipelines").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and ast.unparse(node.func) in speaks
        if not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
    ]
    assert 2 == len(loose), loose  # what the command line says, in the words of this project
    assert all(each.startswith("pipelines/console.py") for each in loose), loose


def congress_command(tmp_path: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess:
    environment = {**os.environ, **PLANTED, **environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "pipelines.cli", "--data", str(tmp_path / "data"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)


@pytest.mark.parametrize("how", [["--log-json"], []])
def test_a_command_that_ends_says_so_in_json_where_that_is_wanted(tmp_path, how):
    done = congress_command(tmp_path, *how, "status", **({} if how else {"LOG_FORMAT": "json"}))
    (said,) = map(json.loads, done.stderr.splitlines())
    assert (1, "error", True) == (done.returncode, said["level"], "nothing was collected" in said["event"])


def test_errors_of_the_command_line_hold_no_planted_secret(tmp_path):
    (tmp_path / "congresses.yaml").write_text((ROOT / "congresses.yaml").read_text())
    for form, broken in (
        ("plain", {"OIDC_DISCOVERY_URL": "planted-not-a-url"}),
        ("json", {"ALERT_URLS": "plantedtokenA"}),
        ("plain", {"ALERT_URLS": "slack://plantedtokenA"}),
        ("json", {"DASHBOARD_COOKIE_SECRET": "planted-cookie"}),
        ("plain", {"OIDC_CLIENT_ID": ""}),
    ):
        done = congress_command(tmp_path, "check", **{**broken, "LOG_FORMAT": form})
        said = done.stdout + done.stderr
        assert (2, []) == (done.returncode, [each for each in SECRETS if each in said]), (broken, said)
        assert "Traceback" not in said


def test_a_file_that_cannot_be_read_is_quoted_to_people_only(monkeypatch, capsys, speaking):
    from pipelines.console import complain

    complain(InputError(f"posts.csv: starts with {WORDS[:20]!r}"))
    assert "My patient" in capsys.readouterr().err
    written = speaking()
    complain(InputError(f"posts.csv: starts with {WORDS[:20]!r}"))
    assert "patient" not in written.getvalue()
    assert "error" == lines(written)[0]["level"]


class FixedClock:
    def now(self):
        return at(60)


def test_figures_are_told_each_minute_and_the_service_manager_hears_that_the_store_answers(
    tmp_path, monkeypatch, speaking
):
    written = speaking()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, Store(None) as store:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        store.fold_congresses([congress()])
        health = Health("x", at(59), "live", WORDS, last_event_at=at(58), received_count=40, queue_depth=7)
        store.fold(Batch(records=[post(text=WORDS), health], matches=[match(post())]))
        heard: list[bytes] = []

        async def run() -> None:
            async with beating(store, FixedClock(), 0.05):
                while b"WATCHDOG=1" not in heard:
                    heard.append(await asyncio.to_thread(manager.recv, 100))

        asyncio.run(run())
        heard.append(manager.recv(100))
        while heard[-1] == b"WATCHDOG=1":
            heard.append(manager.recv(100))
    assert (b"READY=1", b"STOPPING=1") == (heard[0], heard[-1])
    found = {said.get("source") or said.get("congress"): said for said in lines(written)}
    assert (40, 7, 60, "live") == tuple(found["x"][each] for each in ("received", "backlog", "lag_seconds", "state"))
    assert (1, 0) == (found["ash-2026"]["posts"], found["ash-2026"]["cases_open"])
    assert "rash" not in written.getvalue()
