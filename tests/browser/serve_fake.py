"""Serve the real dashboard over a fake owner, in a process of its own: ``python -m tests.browser.serve_fake PORT FOLDER [CONFIG]``.

With CONFIG (congresses.yaml) there is sign-in as the environment says; what the owner is told to do goes to ``done``.

While a file ``away`` stands in the folder the owner does not answer; while ``hostile`` does, its posts attack the page.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow as pa

from dashboard import frame, reads, server
from pipelines.access import Person
from tests.dashboard.fake_owner import FakeOwner


class Switched(FakeOwner):
    """A fake owner with its switches in a folder."""

    folder: Path

    def read(self, name: str, **params: Any) -> pa.Table:
        self.away, self.hostile = (self.folder / "away").exists(), (self.folder / "hostile").exists()
        return super().read(name, **params)

    def do(self, name: str, person: Person, /, **params: Any) -> None:
        super().do(name, person, **params)
        with (self.folder / "done").open("a", encoding="utf-8") as file:
            file.write(f"{name} {person.role} {person.name} {sorted(self.done[-1][2].items())}\n")


if __name__ == "__main__":
    owner = Switched(posts=2500, running=True)
    owner.folder = Path(sys.argv[2])
    frame.TICK = reads.PERIOD = 1.0  # twice the pace, half the waiting
    reads.connect = lambda: owner
    server.serve(Path("data"), port=int(sys.argv[1]), config_file=Path(sys.argv[3]) if len(sys.argv) > 3 else None)
