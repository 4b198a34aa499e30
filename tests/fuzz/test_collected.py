"""Hostile payloads all the way: parsed, read for what they say, folded, and asked for again; nothing stops the collector."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.abstracts import Linker
from pipelines.congresses import Product
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import Abstract, Post
from pipelines.reads import answer
from pipelines.sources.parsers import PARSERS
from pipelines.store.database import Store
from pipelines.store.serve import to_stream
from tests.fuzz import bluesky, x
from tests.fuzz.holding import AT
from tests.fuzz.mutation import change
from tests.records import congress

SEEDS = [("x", seed) for seed in x.seeds()] + [("bluesky", seed) for seed in bluesky.seeds()]
PARAMS = {"congress_id": "ash-2026", "limit": "50", "as_of": "2026-12-20"}


@pytest.fixture(scope="module")
def store():
    with Store(None) as opened:
        yield opened


@pytest.fixture(scope="module")
def digest():
    followed = congress(products=(Product(name="Ozempic"),), keywords=("see",))
    rows = (Abstract("ash-2026", "112", "Ozempic in fasting runners"), Abstract("ash-2026", "LBA-1", "A late one"))
    return Digest(Matcher([followed]), {"ash-2026": Linker(followed, rows)})


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(SEEDS), st.integers(0, 1 << 20)), min_size=1, max_size=6))
def test_no_payload_stops_the_collector_or_a_page(store, digest, payloads):
    records = [
        record
        for (source, seed), chance in payloads
        for record in PARSERS[source](change(seed, 20_000, chance) or seed, AT)
    ]
    belongs = {each.post_id for each in records if isinstance(each, Post)}
    store.fold(digest.batch(records, store.reader, belongs))
    for read in ("newest_posts", "browse"):
        shown = answer(store.reader, read, PARAMS, AT)
        assert shown.num_rows <= int(PARAMS["limit"])
        assert to_stream(shown)
