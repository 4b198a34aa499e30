"""The measurement itself: both readers find the same posts."""

from __future__ import annotations

import orjson

from pipelines.sources.bluesky.bench import measure
from pipelines.sources.bluesky.feed import frames
from tests.sources.test_bluesky_fake import breaches, lexicon


def test_ours_and_the_sdk_find_the_same_posts():
    figures = measure(events=4_000, followed_share=0.05, seed=3)
    assert figures["followed"] == figures["followed_by_sdk"]
    assert 150 < figures["followed"] < 250
    assert figures["followed"] == figures["stored_posts"]
    assert 20 < figures["busy"]["stored_posts"] < 60


def test_the_feed_keeps_to_the_lexicon_and_is_the_same_for_the_same_seed():
    defs = lexicon()
    once = list(frames(300, 0.05, 7))
    assert once == list(frames(300, 0.05, 7))
    for frame in once:
        assert [] == breaches(orjson.loads(frame[4:])["payload"], defs)
