"""The machine under the collector: its process, its clock, its disk, its files, and what it says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipelines.bench.chaos.disk import Disk
from pipelines.bench.chaos.story import TAG
from pipelines.errors import ReadsUnavailable
from pipelines.launch import DATABASE, collector_command
from pipelines.sources.x import KEY
from pipelines.sources.x.loopback import TOKEN
from pipelines.store.client import OWNER_FILE, OwnerClient

CONGRESS = "chaos"
PATIENCE = 60.0
# every wait is shrunk by as much as the faults; what a busy machine may take for a reconnection stays well inside
_BLUESKY = {
    "tick": 0.25,
    "health": 0.5,
    "idle": 1.5,
    "ping": 3.0,
    "open": 1.0,
    "backoff": 0.05,
    "backoff_most": 0.8,
    "healthy": 3.0,
    "caught_up": 2.0,
    "clamped": 5.6,
}
_X = {
    "waits": 0.05,
    "pace": {"refill": 0.3, "poll": 1.0, "bios": 3.0, "health": 1.0, "retry": 0.5},
    "margins": {"before": 6.0, "after": 2.0, "ripe": 2.0, "further": 2.0},
}


@dataclass(slots=True)
class Host:
    """One collector at a time, by the real command line, on ``disk``.

    ``tell`` is given what a person would have read: the last line of a command that ended with an error.
    """

    folder: Path
    disk: Disk
    servers: tuple[str, str, str]  # Jetstream v2, v1, X
    process: subprocess.Popen | None = None
    starts: int = 0
    peak_mb: float = 0.0
    wrong: list[str] = field(default_factory=list)  # what no command may do: tracebacks, not ending
    imported: list[Path] = field(default_factory=list)

    def __post_init__(self) -> None:
        today = datetime.now(UTC).date()
        self.config.write_text(
            f"congresses:\n  {CONGRESS}:\n    name: CHAOS\n    society: Loopback\n    city: Loopback\n    timezone: UTC\n"
            f"    starts_on: {today - timedelta(1)}\n    ends_on: {today + timedelta(2)}\n    hashtags: [{TAG}]\n",
            encoding="utf-8",
        )
        self._shift.write_text("0", encoding="utf-8")
        said = {"clock": {"shift": str(self._shift)}, "bluesky": _BLUESKY, "x": {**_X, "host": self.servers[2]}}
        self._rehearsal.write_text(json.dumps(said), encoding="utf-8")

    @property
    def config(self) -> Path:
        return self.folder / "congresses.yaml"

    @property
    def data(self) -> Path:
        return self.disk.folder / "data"

    @property
    def database(self) -> Path:
        return self.data / DATABASE

    @property
    def log(self) -> Path:
        """The write-ahead log beside the database."""
        return self.data / f"{DATABASE}.wal"

    @property
    def said(self) -> Path:
        return self.folder / "said.txt"

    @property
    def _rehearsal(self) -> Path:
        return self.folder / "rehearsal.json"

    @property
    def _shift(self) -> Path:
        return self.folder / "shift.txt"

    # the collector

    def launch(self) -> subprocess.Popen:
        """Start a collector without waiting for it."""
        options = ("--jetstream", self.servers[0], "--jetstream", self.servers[1], "--x-budget", "1000000")
        tape = ("--tape", str(self.disk.folder / "tape.jsonl"), "--rehearsal", str(self._rehearsal))
        command = collector_command(self.config, self.data, CONGRESS, *options, *tape)
        self.starts += 1
        with self.said.open("ab") as said:
            self.process = subprocess.Popen(command, stderr=said, stdin=subprocess.DEVNULL, env=self.environment)
        return self.process

    def start(self) -> str | None:
        """Start a collector and wait until it answers; None then, else its last words when it ended by itself."""
        at = self.said.stat().st_size if self.said.exists() else 0
        process = self.launch()
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if process.poll() is not None:
                return self._last_words(at, process.returncode)
            if self._owner() == process.pid and self.stored() >= 0:
                return None
            time.sleep(0.05)
        self.wrong.append(f"a collector did not answer within {PATIENCE:.0f} s")
        return None

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the collector and wait for its end."""
        process = self.process
        if process is None or process.poll() is not None:
            return
        self._note_memory(process.pid)
        process.send_signal(how)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            self.wrong.append(f"the collector did not end within 20 s of {how.name}")
            process.kill()
            process.wait()

    def wait_for_end(self, seconds: float) -> str | None:
        """The last words of a collector that ends by itself; None when it goes on."""
        at = self.said.stat().st_size
        process = self.process
        if process is None:
            return None
        try:
            return self._last_words(at, process.wait(seconds))
        except subprocess.TimeoutExpired:
            return None

    def _last_words(self, at: int, code: int) -> str:
        lines = self.said.read_bytes()[at:].decode(errors="replace").strip().splitlines()
        if any(line.startswith("Traceback") for line in lines):
            self.wrong.append(f"a traceback: {lines[-1][:200]}")
        return f"exit {code}: {lines[-1] if lines else 'no word'}"

    def _note_memory(self, pid: int) -> None:
        self.peak_mb = max(self.peak_mb, memory_mb(pid, "VmHWM"))

    # what it knows

    def stored(self) -> int:
        """Posts of the congress as the collector counts them now; -1 when it does not answer."""
        rows = self.ask("overview", congress_id=CONGRESS, minutes=0)
        return rows[0]["post_count"] if rows else -1

    def ask(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """A named read; nothing when the collector does not answer."""
        try:
            with OwnerClient(self.data) as client:
                return client.read(name, **params).to_pylist()
        except ReadsUnavailable:
            return []

    def grows(self, seconds: float = 15.0) -> bool:
        """Whether more is stored within ``seconds``."""
        before, until = self.stored(), time.monotonic() + seconds
        while time.monotonic() < until:
            if self.stored() > max(before, 0):
                return True
            time.sleep(0.1)
        return False

    def _owner(self) -> int | None:
        try:
            return json.loads((self.data / OWNER_FILE).read_text(encoding="utf-8"))["pid"]
        except (OSError, ValueError, KeyError):
            return None

    # the machine

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, KEY: TOKEN, "PYTHONUNBUFFERED": "1"}

    def set_clock(self, seconds: float) -> None:
        """Put the collector's clock ahead of the true time, or behind it."""
        fresh = self._shift.with_suffix(".new")
        fresh.write_text(str(seconds), encoding="utf-8")
        fresh.replace(self._shift)

    def command(self, *arguments: str, seconds: float = 120.0) -> tuple[int, str]:
        """Run ``congress ...`` to its end; exit code and the last line it said as an error, else of its answer."""
        done = subprocess.run(
            self.command_line(*arguments), capture_output=True, text=True, env=self.environment, timeout=seconds
        )
        if "Traceback" in done.stderr:
            self.wrong.append(f"congress {arguments[0]}: a traceback: {done.stderr.strip().splitlines()[-1][:200]}")
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        return done.returncode, lines[-1] if lines else ""

    def command_line(self, *arguments: str) -> list[str]:
        return [
            sys.executable,
            "-m",
            "pipelines.cli",
            "--config",
            str(self.config),
            "--data",
            str(self.data),
            *arguments,
        ]


def memory_mb(pid: int, what: str = "VmRSS") -> float:
    """Memory of a process in MB (``VmRSS`` now, ``VmHWM`` at most so far); 0 where the system does not tell."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:")), 0.0)
