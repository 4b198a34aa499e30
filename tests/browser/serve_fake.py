"""Serve the real dashboard over a fake owner, in a process of its own: ``python serve_fake.py PORT [switch ...]``.

A file named by ``FAKE_AWAY`` makes the owner go away while it exists.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from dashboard import frame, reads, server
from tests.dashboard.fake_owner import FakeOwner


class Switched(FakeOwner):
    """A fake owner that is away while a file exists."""

    def read(self, name: str, **params: Any) -> pa.Table:
        self.away = Path(os.environ.get("FAKE_AWAY", "/nonexistent")).exists()
        return super().read(name, **params)


if __name__ == "__main__":
    switches = dict.fromkeys(sys.argv[2:], True)
    owner = Switched(running=True, **switches)
    frame.TICK = reads.PERIOD = 1.0  # twice the pace, half the waiting
    reads.connect = lambda: owner
    server.serve(Path("data"), port=int(sys.argv[1]))
