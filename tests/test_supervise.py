"""Two processes as one: the one that dies is started again, and both end with their parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

CHILD = "import sys, time, os; from pipelines.supervise import end_with_parent; end_with_parent(); open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); time.sleep(60)"
PARENT = """
import sys
from pipelines import supervise
supervise.RESTART_SECONDS = (0.1, 0.2)
children = [supervise.Child(name, [sys.executable, '-c', sys.argv[1], sys.argv[2] + name], wait=0.1) for name in ('one', 'two')]
sys.exit(supervise.supervise(children, lambda line: print(line, flush=True)))
"""


def pids(path: Path) -> list[int]:
    return [int(line) for line in path.read_text().splitlines()] if path.exists() else []


def wait_for(what, seconds=15.0):
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def parent(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", PARENT, CHILD, f"{tmp_path}/"], stdout=subprocess.DEVNULL)
    wait_for(lambda: pids(tmp_path / "one") and pids(tmp_path / "two"))
    yield process, tmp_path
    process.kill()
    process.wait()


def test_a_child_that_is_killed_is_started_again_and_the_other_goes_on(parent):
    _, folder = parent
    os.kill(pids(folder / "one")[0], signal.SIGKILL)
    wait_for(lambda: len(pids(folder / "one")) == 2)
    assert 1 == len(pids(folder / "two"))
    assert alive(pids(folder / "two")[0])


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_ends_both_within_three_seconds(parent, way):
    process, folder = parent
    started = time.monotonic()
    process.send_signal(way)
    assert 0 == process.wait(5)
    assert time.monotonic() - started < 3
    assert not any(alive(pid) for name in ("one", "two") for pid in pids(folder / name))


def test_children_end_even_when_their_parent_is_killed(parent):
    process, folder = parent
    process.kill()
    process.wait()
    assert wait_for(lambda: not any(alive(pid) for name in ("one", "two") for pid in pids(folder / name)))


def test_a_child_that_was_used_wrongly_ends_it_all_with_its_code():
    from pipelines.supervise import Child, supervise

    assert 2 == supervise([Child("collector", [sys.executable, "-c", "raise SystemExit(2)"])], lambda _: None)
