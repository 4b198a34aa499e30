"""What goes wrong with the machine: processes, clock, disk, files. Each returns what the collector or the command said.

``check`` in the name of a returned word is left to the reader of the report; what must not be goes to ``host.wrong``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import orjson

from pipelines.bench.chaos import x
from pipelines.bench.chaos.host import CONGRESS, Host
from pipelines.bench.chaos.jetstream import Jetstream
from pipelines.bench.chaos.story import TAG
from pipelines.bench.chaos.watchers import flood, kill_dashboard
from pipelines.sources.x.loopback import Loopback
from pipelines.sources.x.world import Made, post_object

_LINES = 300  # of a dropped file
_TORN = (
    3_000  # bytes a torn log lacks at most: each commit is synchronised, so only what was being written can be missing
)


@dataclass(slots=True)
class Machine:
    """Carries out the faults of the lane ``machine`` one after another; between two of them a collector runs."""

    host: Host
    jetstream: Jetstream
    x_server: Loopback
    files: int = 0
    backup: Path | None = None

    def strike(self, kind: str, dice: random.Random) -> str:
        """Do it, and see to it that a collector runs and takes in posts afterwards."""
        said = STRIKES[kind](self, dice)
        if self.host.process is None or self.host.process.poll() is not None:
            self._start()
        return said

    def _start(self) -> None:
        if words := self.host.start():
            self.host.wrong.append(f"a collector did not start: {words}")

    def _expect(self, words: str | None, *parts: str) -> str:
        """What was said must be one of ``parts``; anything else is wrong."""
        said = words or "nothing"
        if not any(part in said for part in parts):
            self.host.wrong.append(f'expected "{parts[0]}", it said: {said[:200]}')
        return said

    # processes

    def kill(self, dice: random.Random) -> str:
        if dice.random() < 0.8:
            self.host.grows(10.0)  # else it would be killed again and again before it has read anything
        time.sleep(dice.uniform(0.0, 1.5))
        self.host.stop(signal.SIGKILL)
        self._start()
        return "went on from its cursors"

    def kill_at_start(self, dice: random.Random) -> str:
        self.host.stop(signal.SIGKILL)
        process = self.host.launch()
        time.sleep(dice.uniform(0.3, 2.5))
        process.kill()
        process.wait()
        self._start()
        return "went on from its cursors"

    def terminate(self, dice: random.Random) -> str:
        time.sleep(dice.uniform(0.0, 0.5))
        process, began = self.host.process, time.monotonic()
        self.host.stop(signal.SIGTERM)
        code = process.returncode if process else None
        if code != 0:
            self.host.wrong.append(f"SIGTERM: exit {code}")
        return f"exit {code} after {time.monotonic() - began:.1f} s"

    def freeze(self, dice: random.Random) -> str:
        process = self.host.process
        if process is None:
            return "nothing ran"
        process.send_signal(signal.SIGSTOP)
        time.sleep(dice.uniform(0.5, 3.0))
        process.send_signal(signal.SIGCONT)
        return "went on" if self.host.grows() else self._expect(None, "went on")

    def freeze_cut(self, dice: random.Random) -> str:
        """Longer than X may be late with a post, by which a gap begins before the last sign of life."""
        process = self.host.process
        if process is None:
            return "nothing ran"
        process.send_signal(signal.SIGSTOP)
        time.sleep(dice.uniform(0.5, 1.5))
        self.jetstream.strike("abort", dice, 1.0)
        x.strike(self.x_server, "close", dice, 1.0)
        time.sleep(dice.uniform(6.0, 8.0))
        process.send_signal(signal.SIGCONT)
        return "went on" if self.host.grows() else self._expect(None, "went on")

    # the clock

    def clock_ahead(self, dice: random.Random) -> str:
        return self._clock(dice.choice((20.0, 3_600.0, 86_400.0 * 3, 86_400.0 * 40)), dice)

    def clock_behind(self, dice: random.Random) -> str:
        return self._clock(-dice.choice((20.0, 3_600.0, 86_400.0 * 3, 86_400.0 * 40)), dice)

    def _clock(self, seconds: float, dice: random.Random) -> str:
        """Wrong for some seconds, in which both lines break, and half the time the collector is killed too."""
        self.host.set_clock(seconds)
        time.sleep(0.3)
        self.jetstream.strike("abort", dice)
        x.strike(self.x_server, "abort", dice)
        time.sleep(dice.uniform(0.3, 1.0))
        if dice.random() < 0.5:
            self.host.stop(signal.SIGKILL)
            time.sleep(0.5)
            self._start()
        until, told = time.monotonic() + 30.0, ""
        while not told and time.monotonic() < until:
            told = next(
                (word for row in self.host.ask("health") for word in row["detail"].split("; ") if "clock" in word), ""
            )
            time.sleep(0.2)
        self.host.set_clock(0.0)
        return self._expect(told, "this machine's clock is")

    # the disk and the file

    def disk_full(self, dice: random.Random) -> str:
        process = self.host.process
        if process is None:
            return "nothing ran"
        with self.host.disk.full(process.pid, self.host.log):
            said = self._expect(
                self.host.wait_for_end(30.0),
                "the disk is full",
                "cannot be written (No space",
                "cannot be written (File too",
            )
            again = self.host.start() if self.host.disk.is_mounted else None
            if again:
                self._expect(again, "the disk is full", "cannot be written (No space")
            self.host.stop(signal.SIGKILL)
        return said

    def lock_held(self, dice: random.Random) -> str:
        self.host.stop()
        holding = (
            "import sys; from pathlib import Path; from pipelines.store.database import Store; "
            "store = Store(Path(sys.argv[1])); print('open', flush=True); sys.stdin.read()"
        )
        command = [sys.executable, "-c", holding, str(self.host.database)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
            if holder.stdout:
                holder.stdout.readline()
            return self._expect(self.host.start(), "another process owns it")

    def import_beside(self, dice: random.Random) -> str:
        code, said = self.host.command("import", str(self._file(dice, whole=True)), "--congress", CONGRESS)
        return self._expect(f"exit {code}: {said}", "exit 1: ") and self._expect(said, "another process owns it")

    def take_backup(self) -> None:
        """A copy by the command, while the collector runs; what is imported later is imported again after a restore."""
        fresh = self.host.folder / f"backup-{self.host.starts}-{self.files}.duckdb"
        code, said = self.host.command("backup", str(fresh))
        if code:
            self.host.wrong.append(f"congress backup: exit {code}: {said}")
        else:
            self.backup = fresh

    def file_cut(self, dice: random.Random) -> str:
        self.take_backup()
        time.sleep(dice.uniform(0.2, 1.5))
        self.host.stop()
        size = self.host.database.stat().st_size
        os.truncate(self.host.database, int(size * dice.uniform(0.0, 0.97)))
        said = self._expect(self.host.start(), "bring back the newest backup with: congress restore FILE")
        self.host.stop(signal.SIGKILL)
        self._restore()
        return said

    def log_torn(self, dice: random.Random) -> str:
        self.host.stop(signal.SIGKILL)
        if not self.host.log.exists():
            return "there was no log"
        size = self.host.log.stat().st_size
        os.truncate(self.host.log, size - dice.randint(1, min(size, _TORN)))
        self._start()
        return "went on from the last whole entry"

    def log_damaged(self, dice: random.Random) -> str:
        self.take_backup()
        time.sleep(dice.uniform(0.5, 1.5))
        self.host.stop(signal.SIGKILL)
        if not self.host.log.exists() or self.host.log.stat().st_size < 1_000:
            return "there was no log"
        words = bytearray(self.host.log.read_bytes())
        at = dice.randrange(len(words) // 4, len(words) // 2)
        words[at : at + 64] = bytes(each ^ 255 for each in words[at : at + 64])
        self.host.log.write_bytes(words)
        said = self.host.start()
        if said is None:
            return "took it for the log's end, and went on from there"
        self._expect(said, "bring back the newest backup with: congress restore FILE")
        self._restore()
        return said

    def _restore(self) -> None:
        code, said = self.host.command("restore", str(self.backup))
        if code:
            self.host.wrong.append(f"congress restore: exit {code}: {said}")
        for file in self.host.imported:
            self._import(file)
        self._start()

    # dropped files

    def import_killed(self, dice: random.Random) -> str:
        self.host.stop()
        file = self._file(dice, whole=True)
        with subprocess.Popen(self.host.command_line("import", str(file), "--congress", CONGRESS)) as importing:
            time.sleep(dice.uniform(0.5, 3.0))
            importing.kill()
        return self._import(file)

    def import_torn(self, dice: random.Random) -> str:
        self.host.stop()
        file = self._file(dice, whole=True)
        whole = file.read_bytes()
        file.write_bytes(whole[: len(whole) - dice.randint(20, 300)])
        code, said = self.host.command("import", str(file), "--congress", CONGRESS)
        self._expect(f"exit {code}: {said}", "exit 0: ")
        file.write_bytes(whole)
        self._import(file)
        return said

    def import_twice(self, dice: random.Random) -> str:
        self.host.stop()
        file = self._file(dice, whole=True)
        self._import(file)
        return self._import(file)

    def _import(self, file: Path) -> str:
        code, said = self.host.command("--json", "import", str(file), "--congress", CONGRESS)
        self._expect(f"exit {code}: {said}", "exit 0: ")
        if file not in self.host.imported:
            self.host.imported.append(file)
        return said

    def _file(self, dice: random.Random, whole: bool) -> Path:
        """A recording of X posts of its own: ids that are in no other file. X knows them when it is asked: what it does not know
        when yesterday's posts are looked up once more, from noon on, is deleted."""
        self.files += 1
        start = time.time() - 86_400 + self.files * 600
        path = self.host.folder / f"dropped-{self.files}.jsonl"
        made = [recorded(start + number / 10, number) for number in range(_LINES)]
        self.x_server.world.by_id.update({each.post_id: each for each in made})
        lines = [orjson.dumps({"data": each.data}) for each in made]
        path.write_bytes(b"\n".join(lines) + (b"\n" if whole else b""))
        return path

    # watchers

    def dashboard_killed(self, dice: random.Random) -> str:
        said = kill_dashboard(self.host, dice)
        return said if self.host.grows() else self._expect(None, said)

    def reads_flooded(self, dice: random.Random) -> str:
        said, wrong = flood(self.host, dice)
        self.host.wrong += wrong
        return said if self.host.grows() else self._expect(None, said)


def recorded(at: float, number: int) -> Made:
    """The post with this number of a recording, written at ``at`` (seconds since 1970)."""
    return Made(at, at, post_object(at, number, str(1_000 + number % 50), TAG))


STRIKES: Mapping[str, Callable[[Machine, random.Random], str]] = {
    name: getattr(Machine, name)
    for name in (
        *(
            "kill",
            "kill_at_start",
            "terminate",
            "freeze",
            "freeze_cut",
            "clock_ahead",
            "clock_behind",
            "disk_full",
            "lock_held",
        ),
        *("import_beside", "file_cut", "log_torn", "log_damaged", "import_killed", "import_torn", "import_twice"),
        *("dashboard_killed", "reads_flooded"),
    )
}
