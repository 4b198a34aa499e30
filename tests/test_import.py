"""``congress import`` on real recordings: nothing lost, rejected lines named, a second import changes nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from pipelines.collect import Collector
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.sources.files.source import FileSource
from pipelines.store.database import Store
from tests.records import at, congress
from tests.shared import shared_data

FILES = ["2sets", "brexit", "flat", "noflat", "kpop", "entities_test", "edited", "quoted_edit", "streaming_output_with_error", "withheld"]  # fmt: skip


class Clock:
    def now(self):
        return at(0)


def take_in(store: Store, path: Path) -> FileSource:
    source = FileSource(path)
    asyncio.run(Collector(store, Digest(Matcher([congress()]), {}), [source], Clock()).run())
    return source


def families(path: Path) -> set[str]:
    """First ids of the edit families of the posts a file is about, by a walk that knows nothing of our parser."""
    found = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            page = json.loads(line)
        except ValueError:
            continue
        data = page.get("data", page)
        for post in data if isinstance(data, list) else [data]:
            if "text" in post and not post.get("withheld"):
                found.add((post.get("edit_history_tweet_ids") or [post["id"]])[0])
    return found


@pytest.mark.parametrize("name", FILES)
def test_every_post_of_a_real_recording_is_kept_and_counted_once(name):
    path = shared_data("payloads", "x", "twarc-csv", f"{name}.jsonl")
    with Store(None) as store:
        take_in(store, path)
        kept = set(store.reader.ask("SELECT post_id FROM matches")["post_id"].to_pylist())
        refused = set(store.reader.ask("SELECT target_id FROM deletions")["target_id"].to_pylist())
        assert families(path) - refused <= kept
        brought = store.reader.ask("SELECT post_id FROM matches WHERE rule = 'import'")["post_id"].to_pylist()
        assert set(brought) <= families(path)  # others are there only as answers to these
        take_in(store, path)
        assert len(kept) == store.reader.ask("SELECT count(*) AS n FROM matches")["n"][0].as_py()


def test_the_line_that_is_no_json_is_named():
    path = shared_data("payloads", "x", "twarc-csv", "streaming_output_with_error.jsonl")
    with Store(None) as store:
        report = take_in(store, path).report
    assert [8] == [each.line for each in report.rejected]


def test_a_csv_with_a_mapping_is_the_congresss_own_without_any_hashtag(tmp_path):
    path = tmp_path / "linkedin.csv"
    path.write_text("Message,Date,Who\nProud of our poster,2026-12-12T10:00:00Z,Acme\n", encoding="utf-8")
    source = FileSource(path, mapping={"text": "Message", "created_at": "Date", "author": "Who"})
    with Store(None) as store:
        asyncio.run(Collector(store, Digest(Matcher([congress()]), {}), [source], Clock()).run())
        assert [{"rule": "import"}] == store.reader.ask("SELECT rule FROM matches").to_pylist()
