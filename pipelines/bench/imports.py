"""Taking in a file of twarc2: into the database, beside ``twarc-csv``, which makes a pandas table and a CSV file of it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from pipelines.clock import RealClock
from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.launch import DATABASE
from pipelines.matching import Matcher
from pipelines.sources.files.source import FileSource
from pipelines.sources.x.bench import example_congress
from pipelines.sources.x.world import made_up
from pipelines.store.database import Store

# twarc-csv 0.7.2 calls what pandas 3 removed, and this project needs pandas 3: it lives in an environment of its own
MISSING = (
    "not measured: python3 -m venv peer; peer/bin/pip install twarc-csv 'pandas<3'; then --peer-python peer/bin/python"
)
_PAGE = 100  # posts in one answer of the API, one line of the file
# as its documentation says: a converter of pages into a table, a writer of tables into CSV
_PEER = """
import json, logging, sys, time
from twarc_csv import CSVConverter, DataFrameConverter
logging.disable(logging.CRITICAL)
began = time.perf_counter()
with open(sys.argv[1], encoding="utf-8") as given, open(sys.argv[2], "w", encoding="utf-8") as made:
    CSVConverter(given, made, DataFrameConverter("tweets")).process()
took = time.perf_counter() - began
import pandas
print(json.dumps({"seconds": took, "rows": len(pandas.read_csv(sys.argv[2], dtype=str)), "pandas": pandas.__version__}))
"""


def measure(posts: int = 20_000, peer_python: Path | None = None) -> dict[str, Any]:
    """Posts a second into a store on disk, and through the peer in a process of its own (its start is not counted)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "posts.jsonl"
        _write(file, posts)
        seconds, stored = _ours(file, folder)
        found: dict[str, Any] = {"posts": posts, "stored": stored, "ours": round(stored / seconds)}
        peer = _peer(file, folder / "posts.csv", peer_python)
        if isinstance(peer, str):
            return {**found, "missing": peer}
        return {
            **found,
            "rows_of_peer": peer["rows"],
            "peer": round(peer["rows"] / peer["seconds"]),
            "pandas": peer["pandas"],
        }


def _write(file: Path, posts: int) -> None:
    """Pages as twarc2 keeps them, with the authors of their posts."""
    world = made_up(7, time.time() - 86_400, posts / 4, 4.0)
    with file.open("wb") as out:
        for first in range(0, len(world.posts), _PAGE):
            page = world.posts[first : first + _PAGE]
            users = [world.users[each] for each in sorted({made.author_id for made in page})]
            answer = {
                "data": [made.data for made in page],
                "includes": {"users": users},
                "meta": {"result_count": len(page)},
            }
            out.write(
                orjson.dumps(
                    {
                        **answer,
                        "__twarc": {
                            "url": "https://api.twitter.com/2/tweets/search/recent",
                            "version": "2.14.0",
                            "retrieved_at": datetime.now(UTC).isoformat(),
                        },
                    }
                )
                + b"\n"
            )


def _ours(file: Path, folder: Path) -> tuple[float, int]:
    """Seconds, and the posts that are in the database then: read, matched, linked and folded."""
    congress = example_congress()
    with Store(folder / "ours" / DATABASE) as store:
        store.fold_congresses([congress])
        collector = Collector(store, Digest(Matcher([congress]), {}), [FileSource(file)], RealClock())
        began = time.perf_counter()
        asyncio.run(collector.run())
        seconds = time.perf_counter() - began
        return seconds, store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


def _peer(file: Path, made: Path, python: Path | None) -> dict[str, Any] | str:
    """What the peer took, or why it could not be asked."""
    done = subprocess.run(
        [str(python or sys.executable), "-c", _PEER, str(file), str(made)], capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return json.loads(done.stdout.splitlines()[-1])
    if "ModuleNotFoundError" in done.stderr:
        return MISSING
    return f"twarc-csv failed: {done.stderr.strip().splitlines()[-1][:120]}"
