"""A read asked for a past moment answers as it would have answered then, but for what was deleted since."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.coverage import collection, gaps
from pipelines.model import (
    Abstract,
    AbstractMention,
    AccountState,
    Author,
    Batch,
    Deletion,
    Engagement,
    Gap,
    Health,
    Like,
    Match,
    Post,
    Role,
)
from pipelines.posts import newest_posts
from pipelines.reads import answer
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

DAY = 24 * 60
AUTHORS = [f"a{i}" for i in range(14)]
NUMBERS = ("1", "2", "LBA-3")
READS: Sequence[tuple[str, dict]] = (
    ("overview", {"minutes": "0"}),
    ("overview", {"minutes": "180"}),
    ("volume", {"bucket_minutes": "10", "split": "role"}),
    ("volume", {"bucket_minutes": "60", "split": "platform"}),
    ("voices", {"minutes": "0", "limit": "50"}),
    ("voices", {"minutes": "240", "limit": "50"}),
    ("abstracts", {"minutes": "0", "limit": "50"}),
    ("abstracts", {"minutes": "300", "limit": "50"}),
    ("hashtags", {"minutes": "300", "limit": "50"}),
    ("newest_posts", {"limit": "30"}),
    ("trending", {}),
    ("one_abstract", {"number": "LBA-3"}),
    ("abstract_volume", {"number": "LBA-3", "bucket_minutes": "30"}),
    ("one_voice", {"platform": "x", "author_id": "a1"}),
    ("voice_topics", {"platform": "x", "author_id": "a1", "limit": "9"}),
    ("voice_engages", {"platform": "x", "author_id": "a1", "limit": "9"}),
    ("browse", {"limit": "30", "order": "engaged"}),
    ("aligned_volume", {}),
    ("aligned_days", {}),
)


@dataclass(frozen=True)
class History:
    """All that ever happened: what came with a time of its own, and what was said of posts."""

    posts: list[Post]
    mentions: list[AbstractMention]
    roles: list[Role]
    counted: list[Engagement | Like]
    authors: list[Author]
    removed: list[Deletion | AccountState]

    def until(self, moment: datetime) -> History:
        """Only what had happened by then; what was removed later is removed all the same."""
        posts = [each for each in self.posts if each.created_at <= moment]
        known = {each.post_id for each in posts}
        return History(
            posts,
            [each for each in self.mentions if each.post_id in known],
            [each for each in self.roles if each.decided_at <= moment],
            [e for e in self.counted if (e.seen_at if isinstance(e, Engagement) else e.created_at) <= moment],
            self.authors,
            self.removed,
        )

    def folded(self) -> Store:
        """A store in which all of it has been folded, in a few batches."""
        store = Store(None)
        store.fold_congresses([congress()])
        store.fold_catalogue("ash-2026", [Abstract("ash-2026", number, f"On {number}") for number in NUMBERS])
        half = len(self.posts) // 2
        matches: list[Match] = [match(each) for each in self.posts]
        store.fold(Batch([*self.authors, *self.posts[:half]], matches[:half], self._named(self.posts[:half])))
        store.fold(
            Batch([*self.posts[half:], *self.removed], matches[half:], self._named(self.posts[half:]), self.roles)
        )
        store.fold(Batch(self.counted))
        return store

    def _named(self, posts: Sequence[Post]) -> list[AbstractMention]:
        known = {each.post_id for each in posts}
        return [each for each in self.mentions if each.post_id in known]


def history(seed: int) -> History:
    """A day of a congress: quiet talk, then many speak of one abstract within half an hour; likes, counts, roles, removals."""
    chance = random.Random(seed)
    minutes = sorted([chance.uniform(0, DAY) for _ in range(50)] + [chance.uniform(800, 830) for _ in range(12)])
    posts: list[Post] = []
    for i, minute in enumerate(minutes):
        target = chance.choice(posts).post_id if posts and chance.random() < 0.5 else None
        kind = chance.choice(("repost_of_id", "quoted_id", "reply_to_id"))
        posts.append(post(
            str(100 + i), author_id=chance.choice(AUTHORS), created_at=at(minute), retrieved_at=at(minute + chance.choice((1, 600))),
            hashtags=("ash26", chance.choice(("lymsm", "mmsm"))), mentioned_ids=tuple(chance.sample(AUTHORS, chance.choice((0, 1)))), **{kind: target},
        ))  # fmt: skip
    burst = [each for each in posts if at(800) <= each.created_at <= at(830)]
    named = {each.post_id: "LBA-3" for each in burst} | {
        each.post_id: chance.choice(NUMBERS) for each in posts if each not in burst and chance.random() < 0.3
    }
    mentions = [
        AbstractMention("x", key, "ash-2026", number, chance.choice((1, 2, 3)), "structured", number)
        for key, number in named.items()
    ]
    roles = [
        role(each, chance.choice(("hcp", "hcp", "pharma", "other")), decided_at=at(chance.uniform(0, DAY)))
        for each in AUTHORS
    ]
    roles += [role("a1", decided_at=at(-1)), role("a2", "hcp", decided_at=at(900), decided_by="ann")]
    ids = [each.post_id for each in posts]
    counted: list[Engagement | Like] = [
        Engagement(
            "x", key, at(chance.uniform(0, 2 * DAY)), chance.randrange(90), chance.randrange(9), chance.randrange(9), 0
        )
        for key in ids
        for _ in range(chance.randrange(4))
    ]
    counted += [Like("x", f"like{i}", chance.choice(ids), at(chance.uniform(0, DAY))) for i in range(80)]
    removed = [
        Deletion("x", "post", chance.choice(ids), at(2 * DAY)), Deletion("x", "like", "like7", at(2 * DAY)),
        Deletion("x", "author", "a9", at(2 * DAY)), AccountState("x", "a8", False, at(2 * DAY)),
    ]  # fmt: skip
    return History(posts, mentions, roles, counted, [author(each) for each in AUTHORS], removed)


def asked(store: Store, moment: datetime, read: str, **params: str) -> list[dict]:
    given = {"congress_id": "ash-2026", **params}
    if "bucket_minutes" in params:
        given |= {"start": at(-60).isoformat(), "end": at(2 * DAY).isoformat()}
    return answer(store.reader, read, given, moment).to_pylist()


@settings(max_examples=3, deadline=None, phases=(Phase.explicit, Phase.generate))  # a smaller day tells no more
@given(seed=st.integers(0, 10_000), minute=st.integers(30, DAY))
def test_a_past_moment_looks_as_it_did_then(seed, minute):
    everything = history(seed)
    with everything.folded() as full:
        for moment in (at(minute), at(835)):
            with everything.until(moment).folded() as then:
                for read, params in READS:
                    assert asked(then, moment, read, **params) == asked(full, moment, read, **params), read


def test_the_past_that_is_compared_is_not_empty():
    """So that the property above is known to compare more than empty answers."""
    with history(3).folded() as store:
        early, late = ([asked(store, at(m), read, **params) for read, params in READS] for m in (400, 835))
    empty = [read for (read, _), rows in zip(READS, late, strict=True) if not rows]
    assert ["trending"] == empty
    assert [] == [read for (read, _), then, now in zip(READS, early, late, strict=True) if then == now and now]


@pytest.fixture
def counted():
    """A doctor's post, counted twice and liked twice; a colleague takes it up later."""
    said = [post("1", author_id="doc"), post("2", author_id="nurse", created_at=at(50), repost_of_id="1")]
    seen = [
        Engagement("x", "1", at(10), like_count=4, repost_count=0),
        Engagement("x", "1", at(60), like_count=40, repost_count=3),
    ]
    roles = [role("doc"), role("nurse")]
    with Store(None) as store:
        store.fold_congresses([congress()])
        store.fold(Batch([*said, *seen, author("doc")], [match(each) for each in said], (), roles))
        yield store


@pytest.mark.parametrize(("minute", "engagements"), [(5, 0), (10, 4), (59, 4), (60, 43), (500, 43)])
def test_counts_are_those_that_had_been_seen_by_then(counted, minute, engagements):
    voice = asked(counted, at(minute), "voices", minutes="0", limit="1")[0]
    assert engagements == voice["engagement_count"]
    assert engagements == asked(counted, at(minute), "one_voice", platform="x", author_id="doc")[0]["engagement_count"]
    post_of = [row for row in asked(counted, at(minute), "browse", limit="9") if row["post_id"] == "1"]
    assert engagements == post_of[0]["like_count"] + post_of[0]["repost_count"]


def test_likes_and_reposts_count_from_when_they_happened_where_nobody_counted_them():
    said = [post("1", author_id="doc"), post("2", author_id="nurse", created_at=at(30), repost_of_id="1")]
    liked = [Like("x", f"l{i}", "1", at(i)) for i in (5, 10, 20)]
    with Store(None) as store:
        store.fold_congresses([congress()])
        store.fold(Batch([*said, *liked], [match(each) for each in said], (), [role("doc")]))
        found = [
            asked(store, at(m), "voices", minutes="0", limit="1")[0]["engagement_count"] for m in (1, 5, 15, 29, 30)
        ]
    assert [0, 1, 2, 3, 4] == found


def test_what_is_deleted_is_gone_from_every_past_moment(counted):
    counted.fold(Batch([Deletion("x", "post", "1", at(900))]))
    assert [0, 0] == [asked(counted, at(m), "overview", minutes="0")[0]["post_count"] for m in (5, 60)]
    assert [] == asked(counted, at(60), "voices", minutes="0", limit="9")


def test_who_turned_out_to_be_a_patient_is_listed_at_no_past_moment():
    said = [post("1", author_id="p"), post("2", author_id="doc", created_at=at(1))]
    later = role("p", "patient_advocate", decided_at=at(600))
    with Store(None) as store:
        store.fold_congresses([congress()])
        store.fold(Batch(said, [match(each) for each in said], (), [role("p", "other"), later]))
        listed = newest_posts(store.reader, "ash-2026", 9, at(5))["post_id"].to_pylist()
    assert ["2"] == listed


def test_a_gap_that_ended_later_still_lasted_and_its_source_was_away():
    hole = Gap("x", at(10), at(40), "connection lost", "open", at(40))
    health = [Health(source, at(90), "live") for source in ("x", "bluesky")]
    with Store(None) as store:
        store.fold(Batch([hole, *health]))
        ends = [gaps(store.reader, at(0), at(99), at(m))["to_at"].to_pylist() for m in (5, 20, 40, 90)]
        states = [
            {r["source"]: (r["state"], r["detail"]) for r in collection(store.reader, at(m)).to_pylist()}
            for m in (5, 20, 60)
        ]
    assert [[], [None], [at(40)], [at(40)]] == ends
    well = {"bluesky": ("collecting", ""), "x": ("collecting", "")}
    assert [well, well | {"x": ("away", "connection lost")}, well] == states


def test_a_source_s_past_has_the_columns_of_its_present():
    with Store(None) as store:
        now = answer(store.reader, "health", {}, at(0)).schema
        assert now == answer(store.reader, "collection", {}, at(0)).schema


def test_the_moment_before_anything_happened_is_empty(counted):
    assert 0 == asked(counted, at(0) - timedelta(minutes=1), "overview", minutes="0")[0]["post_count"]
