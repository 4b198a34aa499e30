"""Serve the real dashboard over a real store and its read service, in a process of its own: ``python -m tests.browser.serve_store PORT FOLDER``.

One private person wrote two posts, one HCP one; the clock stands still a quarter of an hour later.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from datetime import datetime
from pathlib import Path

from dashboard import server
from pipelines.model import Batch, Health
from pipelines.store.database import Store
from pipelines.store.serve import ReadService, serving
from tests.records import at, author, congress, match, post, role

PRIVATE, WORDS = "Pat Private", "What a plenary, I wept #ASH26"


class Stopped:
    """A clock that stands."""

    def now(self) -> datetime:
        return at(15)


def filled(path: Path) -> Store:
    """The store."""
    store = Store(path)
    store.fold_congresses([congress()])
    said = [
        post("1", author_id="pat", text=WORDS),
        post("2", author_id="pat", text="Good night all #ASH26", created_at=at(2)),
        post("3", author_id="doc", text="LBA-1 changes practice #ASH26", created_at=at(4)),
    ]
    people = [author("pat", display_name=PRIVATE), author("doc", display_name="Dora Doctor")]
    store.fold(Batch([*people, *said, Health("x", at(5), "live")], [match(each) for each in said], [], [role("doc")]))
    return store


async def own(data: Path, ready: threading.Event) -> None:
    """Answer reads for as long as the process lives."""
    with filled(data / "congress.duckdb") as store:
        async with serving(ReadService(store, Stopped()), data):
            ready.set()
            await asyncio.Event().wait()


if __name__ == "__main__":
    folder, ready = Path(sys.argv[2]), threading.Event()
    threading.Thread(target=lambda: asyncio.run(own(folder, ready)), daemon=True).start()
    ready.wait(30)
    server.serve(folder, port=int(sys.argv[1]))
