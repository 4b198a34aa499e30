"""What the process that owns the database measures of itself while it runs: reads, refusals, memory, bytes on disk."""

from __future__ import annotations

import threading
from collections import Counter
from pathlib import Path

PROC = Path("/proc/self/status")  # Linux alone says there how much memory is held


class Measured:
    """Counts since the process started; every thread may note."""

    def __init__(self) -> None:
        self.reads: Counter[str] = Counter()
        self.seconds: dict[str, float] = {}
        self.refused: Counter[str] = Counter()  # by the status of the answer, or what was wrong with who asked
        self._lock = threading.Lock()

    def note(self, read: str, seconds: float) -> None:
        """A read was computed."""
        with self._lock:
            self.reads[read] += 1
            self.seconds[read] = self.seconds.get(read, 0.0) + seconds

    def refuse(self, reason: str) -> None:
        """A request was refused."""
        with self._lock:
            self.refused[reason] += 1

    def figures(self, batches: int, path: Path | None) -> dict[tuple[str, str], float]:
        """All of it by figure and word, with the batches folded and the bytes of the database at ``path``."""
        with self._lock:
            counted = (("reads", self.reads), ("read_seconds", self.seconds), ("refused", self.refused))
            found: dict[tuple[str, str], float] = {
                (name, word): value for name, counts in counted for word, value in counts.items()
            }
        found["batches", ""] = batches
        for word, file in (("file", path), ("log", path and path.with_name(f"{path.name}.wal"))):
            if file and file.exists():
                found["database_bytes", word] = file.stat().st_size
        if (held := _resident_bytes()) is not None:
            found["collector_bytes", ""] = held
        return found


def _resident_bytes() -> int | None:
    """Memory this process holds, where the system says so."""
    try:
        lines = PROC.read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmRSS:")), None)
