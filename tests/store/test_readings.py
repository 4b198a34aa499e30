"""Two collectors follow different congresses and meet in one post: each reads it for its own."""

from __future__ import annotations

import itertools

import pytest

from pipelines.model import AbstractMention, Batch, ProductMention
from pipelines.store.database import Store
from tests.records import at, match, post


def reading(congress_id: str, number: str, revision: str, minute: float = 1) -> Batch:
    """What the collector of one congress folds of the post that names both."""
    seen = post("1", revision=revision.zfill(20), text=f"version {revision}", retrieved_at=at(minute))
    mention = AbstractMention("x", "1", congress_id, number, 1, "number_cue", number)
    product = ProductMention("x", "1", congress_id, "product", f"drug {number}", "name", number)
    return Batch(records=[seen], matches=[match(seen, congress_id=congress_id)], mentions=[mention], products=[product])


ASH = reading("ash-2026", "1", "1"), reading("ash-2026", "2", "2")
SABCS = reading("sabcs-2026", "P1", "1", minute=0), reading("sabcs-2026", "P2", "2", minute=3)


@pytest.mark.parametrize("order", list(itertools.permutations((*ASH, *SABCS))), ids=lambda _: "order")
def test_whatever_the_order_each_congress_has_its_reading_of_the_newest_version(order):
    with Store(None) as store:
        for batch in order:
            store.fold(batch)
        mentions = store.reader.ask("SELECT congress_id, number FROM abstract_mentions ORDER BY ALL").to_pylist()
        products = store.reader.ask("SELECT congress_id, name FROM product_mentions ORDER BY ALL").to_pylist()
    assert [("ash-2026", "2"), ("sabcs-2026", "P2")] == [tuple(each.values()) for each in mentions]
    assert [("ash-2026", "drug 2"), ("sabcs-2026", "drug P2")] == [tuple(each.values()) for each in products]
