"""The named reads asked straight from the lake's log, as the bench does, answer as the file they were sent from."""

from __future__ import annotations

import pytest

from pipelines.bench.fill import fill
from pipelines.bench.lake import make_readable
from pipelines.bench.reads import questions
from pipelines.launch import DATABASE
from pipelines.sources.demo import World
from pipelines.store.database import Store


@pytest.mark.usefixtures("at_hand")
def test_the_page_live_says_the_same_straight_from_the_lake(tmp_path, lake, send):
    filled = fill(tmp_path, 1, World(2026))
    with Store(tmp_path / DATABASE) as store:
        send(store)
        straight = make_readable(lake)
        told = {name: ask().to_pylist() for name, ask in questions(store.reader, filled).items()}
        assert {"overview", "volume", "voices", "abstracts", "newest_posts"} <= {
            name for name, rows in told.items() if rows
        }
        assert told == {name: ask().to_pylist() for name, ask in questions(straight, filled).items()}
