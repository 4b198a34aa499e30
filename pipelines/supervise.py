"""Collector and dashboard as two processes: start both, restart the one that dies, end both together.

Each child holds the reading end of a pipe from here on its standard input. When this process goes, even by a kill
that it cannot answer, the pipe closes and the children end by themselves.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

END_SECONDS = 2.5  # from the wish to stop to a kill
RESTART_SECONDS = (1.0, 30.0)
HEALTHY_SECONDS = 60.0
SUPERVISED = "CONGRESS_SUPERVISED"  # set for children: end when standard input closes


@dataclass
class Child:
    """One supervised process; exit code 2 (used wrongly) is final, every other death leads to a restart."""

    name: str
    command: Sequence[str]
    process: subprocess.Popen | None = None
    started: float = 0.0
    wait: float = RESTART_SECONDS[0]
    start_again: float = field(default=0.0)

    def start(self) -> None:
        self.close()
        environment = {**os.environ, SUPERVISED: "1"}
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, env=environment)
        self.started = time.monotonic()

    def close(self) -> None:
        """Let go of the pipe; a child that still runs takes it as the sign to end."""
        if self.process and self.process.stdin:
            self.process.stdin.close()

    def exit_code(self) -> int | None:
        return self.process.poll() if self.process else None


def supervise(children: Sequence[Child], say: Callable[[str], None]) -> int:
    """Run until Ctrl-C or SIGTERM (0), or until a child ends for good with its own exit code."""
    stop = threading.Event()
    previous = {each: signal.signal(each, lambda *_: stop.set()) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        for child in children:
            child.start()
        while not stop.wait(0.2):
            for child in children:
                code = _look_after(child, say)
                if code is not None:
                    return code
        return 0
    finally:
        end(children)
        for each, handler in previous.items():
            signal.signal(each, handler)


def _look_after(child: Child, say: Callable[[str], None]) -> int | None:
    """Restart a dead child after its wait; the exit code when it is dead for good."""
    code = child.exit_code()
    if code is None:
        return None
    if code == 2 or (code == 0 and not child.start_again):
        return code
    now = time.monotonic()
    if not child.start_again:
        child.wait = RESTART_SECONDS[0] if now - child.started > HEALTHY_SECONDS else child.wait
        say(f"the {child.name} ended with {code}; starting it again in {child.wait:.0f} s")
        child.start_again = now + child.wait
        child.wait = min(2 * child.wait, RESTART_SECONDS[1])
    elif now >= child.start_again:
        child.start_again = 0.0
        child.start()
    return None


def end(children: Sequence[Child]) -> None:
    """End all children: asked first, killed after 2.5 s."""
    running = [child.process for child in children if child.process and child.process.poll() is None]
    for process in running:
        process.terminate()
    deadline = time.monotonic() + END_SECONDS
    for process in running:
        try:
            process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    for child in children:
        child.close()


def end_with_parent() -> None:
    """In a child: end this process as by SIGTERM when the supervisor is gone."""
    if os.environ.get(SUPERVISED) != "1":
        return

    def wait_for_end() -> None:
        while os.read(0, 4096):  # not sys.stdin: its lock would hold up the exit
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait_for_end, daemon=True, name="parent").start()
