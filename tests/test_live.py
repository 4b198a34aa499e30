"""``congress collect`` as a process: from a live socket to the answers of the reads, through kills and Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.bench.kills import measure
from pipelines.errors import ReadsUnavailable
from pipelines.sources.bluesky.feed import serving
from pipelines.store.client import OwnerClient
from tests.records import YAML as CONFIG


@pytest.fixture
def config(tmp_path) -> Path:
    path = tmp_path / "congresses.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return path


def start(config: Path, *arguments: str) -> subprocess.Popen:
    command = [
        sys.executable,
        "-m",
        "pipelines.cli",
        "--config",
        str(config),
        "--data",
        str(config.parent / "data"),
        "collect",
    ]
    return subprocess.Popen([*command, "ash-2026", *arguments], stderr=subprocess.PIPE)


def post_count(config: Path) -> int:
    with OwnerClient(config.parent / "data") as client:
        try:
            return client.read("overview", congress_id="ash-2026", minutes=0, as_of="2027-01-01T00:00:00")[
                "post_count"
            ][0].as_py()
        except ReadsUnavailable:
            return -1


def wait_for(condition, seconds=60.0):
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def end(process: subprocess.Popen, how: signal.Signals) -> tuple[int, str]:
    process.send_signal(how)
    _, said = process.communicate(timeout=20)
    return process.returncode, said.decode()


def test_posts_from_a_live_socket_are_matched_stored_and_answered_and_ctrl_c_ends_it_cleanly(config):
    with serving(4_000, followed_share=0.2, seed=3) as address:
        process = start(config, "--jetstream", address)
        wait_for(lambda: post_count(config) > 0)
        started = time.monotonic()
        code, said = end(process, signal.SIGINT)
    assert (0, "") == (code, said)
    assert time.monotonic() - started < 3


def test_a_mistake_in_the_configuration_is_one_line_and_exit_code_2(config):
    config.write_text(CONFIG.replace("hashtags", "hastags"))
    process = start(config)
    _, said = process.communicate(timeout=60)
    assert 2 == process.returncode
    assert 'unknown key "hastags" (did you mean "hashtags"?)' in said.decode()
    assert "Traceback" not in said.decode()


def test_killed_at_random_instants_under_load_it_loses_and_doubles_nothing():
    figures = measure(kills=2, seed=5)
    assert figures["published"] > 500
    assert (0, 0, 0) == (figures["lost"], figures["duplicated"], figures["strangers"])
