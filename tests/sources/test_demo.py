"""The simulated congress: believable, the same everywhere, in real payloads, and right about itself."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from pipelines.clock import RealClock, SimulatedClock
from pipelines.hashtags import hashtags_in
from pipelines.matching import Matcher, answered_ids
from pipelines.model import AccountState, Arrival, Author, Deletion, Engagement, Gap, Health, Like, Post
from pipelines.sources.bluesky.payload import parse as parse_bluesky
from pipelines.sources.demo import START, DemoSource, World
from pipelines.sources.demo.programme import local
from pipelines.sources.x.payload import parse as parse_x

PINNED = "9a421873adf5824a2713d0b447dfd614cfb1aa7a653076db52bd1d6abdab96a1"  # of seed 2026; changes with its words
DIGEST = """
import hashlib
from pipelines.sources.demo import World
print(hashlib.sha256(b"\\n".join(raw for _, _, raw in World(2026).payloads())).hexdigest())
"""


@pytest.fixture(scope="module")
def world() -> World:
    return World(2026)


@pytest.fixture(scope="module")
def payloads(world: World) -> list:
    return list(world.payloads())


@pytest.fixture(scope="module")
def heard(payloads: list) -> list:
    """(instant, source, records) of every payload, read by the parsers of the real sources."""
    return [(at, source, _parsed(source, raw, at).records) for at, source, raw in payloads]


@pytest.fixture(scope="module")
def played(world: World) -> list[Arrival]:
    """Every arrival of the source, from the first to the last day."""
    return _played(DemoSource(world, speed=None))


def _parsed(source: str, raw: bytes, at: datetime):
    return parse_x(raw, at) if source == "x" else parse_bluesky(raw, at)


def _played(source: DemoSource, cursor=None, limit: int | None = None) -> list[Arrival]:
    async def play() -> list[Arrival]:
        found = []
        async for arrival in source.events(cursor):
            found.append(arrival)
            if limit and len(found) >= limit:
                break
        return found

    return asyncio.run(play())


# the shape of the published numbers


@pytest.mark.parametrize(
    ("kind", "share", "tolerance"),
    [("repost", 0.62, 0.03), ("reply", 0.05, 0.015), ("quote", 0.04, 0.015), ("original", 0.29, 0.03)],
)
def test_kinds_of_posts_are_mixed_as_in_real_archives(world, kind, share, tolerance):
    told = [post for post in world.posts if post.rule]
    assert share == pytest.approx(sum(post.kind == kind for post in told) / len(told), abs=tolerance)


def test_posts_are_spread_over_authors_as_in_real_archives(world):
    counts = sorted(Counter(post.author for post in world.posts if post.rule).values())
    n, total = len(counts), sum(counts)
    gini = sum((2 * i - n + 1) * count for i, count in enumerate(counts)) / (n * total)
    assert 3_000 == n
    assert 4.2 == pytest.approx(total / n, abs=0.1)
    assert 0.63 == pytest.approx(sum(count == 1 for count in counts) / n, abs=0.02)
    assert 0.68 == pytest.approx(gini, abs=0.02)
    assert 0.43 == pytest.approx(sum(counts[-10:]) / total, abs=0.05)


def test_a_third_of_the_authors_are_hcps_and_write_nearly_half_of_the_posts(world):
    truth = world.truth(world.ends)
    assert 0.30 == pytest.approx(truth.hcp_author_share, abs=0.02)
    assert 0.45 == pytest.approx(truth.hcp_post_share, abs=0.03)
    assert truth.hcp_authors * 0.88 < truth.declared_hcp_authors < truth.hcp_authors


def test_every_congress_day_peaks_around_noon(world):
    hours = Counter(post.at - timedelta(minutes=post.at.minute) for post in world.posts if post.rule)
    by_hour = Counter({at.replace(second=0, microsecond=0): 0 for at in hours})
    for at, count in hours.items():
        by_hour[at.replace(second=0, microsecond=0)] += count
    for day in range(4):
        of_day = {at: count for at, count in by_hour.items() if local(day, "00:00") <= at < local(day + 1, "00:00")}
        assert local(day, "12:00") == max(of_day, key=lambda at: of_day[at])
    assert 0.07 == pytest.approx(max(by_hour.values()) / by_hour.total(), abs=0.015)


def test_three_quarters_of_the_authors_are_on_x_and_some_on_both(world):
    accounts = [account for account in world.accounts if any(char for char in account.handle)][:3_000]
    people = Counter(account.person for account in accounts)
    both = [person for person, count in people.items() if count == 2]
    assert 0.75 == pytest.approx(sum(account.platform == "x" for account in accounts) / len(accounts), abs=0.03)
    assert 120 < len(both) < 160
    named = {account.person: account for account in accounts if account.platform == "bluesky"}
    declared = [a for a in accounts if a.platform == "x" and a.person in both and named[a.person].handle in a.bio]
    assert len(declared) > 0.97 * len(both)


# the programme


def test_400_abstracts_are_numbered_like_a_large_congress(world):
    numbers = [abstract.number for abstract in world.abstracts]
    assert {*map(str, range(1, 381)), *(f"LBA-{n}" for n in range(1, 21))} == set(numbers)
    assert 400 == len({abstract.title for abstract in world.abstracts}) == len({a.doi for a in world.abstracts})
    assert all(abstract.presenter and abstract.starts_at and abstract.embargo_lift_at for abstract in world.abstracts)


def test_each_abstract_stands_in_a_session_of_the_programme(world):
    slots = {(session.title, session.starts_at): session for session in world.sessions}
    for abstract in world.abstracts:
        assert any(
            title == abstract.session and start <= abstract.starts_at < session.ends_at
            for (title, start), session in slots.items()
        ), abstract.number


def test_nothing_can_be_taken_for_real(world):
    assert world.congress.simulated
    assert "DEMO" in world.congress.name
    assert all(abstract.doi.startswith("10.5555/") for abstract in world.abstracts)
    for account in world.accounts:
        if account.platform == "x":
            assert re.fullmatch(r"\w{16,20}", account.handle, re.ASCII)  # X gives out at most 15
        else:
            assert re.fullmatch(r"[a-z0-9-]+\.bsky\.example", account.handle)


def test_no_real_drug_or_company_is_named(world):
    real = re.compile(
        r"\b(?:pembrolizumab|nivolumab|osimertinib|venetoclax|ibrutinib|daratumumab|lenalidomide|trastuzumab|olaparib|"
        r"imatinib|rituximab|azacitidine|docetaxel|dexamethasone|keytruda|pfizer|novartis|roche|merck|astrazeneca|"
        r"bristol|abbvie|janssen|gilead|amgen|bayer|sanofi|keynote|checkmate|asco|esmo|ash)\b",
        re.IGNORECASE,
    )
    texts = [post.text for post in world.posts] + [abstract.title for abstract in world.abstracts]
    texts += [f"{account.display_name} {account.bio}" for account in world.accounts]
    assert [] == [text for text in texts if real.search(text)]


# the same everywhere


def test_a_seed_gives_the_same_bytes_in_every_process(payloads):
    here = hashlib.sha256(b"\n".join(raw for _, _, raw in payloads)).hexdigest()
    other = subprocess.run(
        [sys.executable, "-c", DIGEST],
        env=os.environ | {"PYTHONHASHSEED": "77", "TZ": "Asia/Tokyo"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert PINNED == here == other.stdout.strip()


def test_another_seed_gives_another_congress(world):
    other = World(7)
    assert world.abstracts[0] != other.abstracts[0]
    assert 0.62 == pytest.approx(sum(post.kind == "repost" for post in other.posts) / len(other.posts), abs=0.03)
    assert 5 == len(other.bursts)


# what is said


def test_texts_contain_the_evidence_that_the_truth_names(world):
    for post in world.posts:
        for named in post.named:
            words = post.text.casefold() + " ".join(link.url for link in post.links)
            assert named.evidence.casefold() in words, (post.text, named)
            if named.tier == 1 and not named.evidence.startswith(("10.", "NCT")):
                assert named.number.rpartition("-")[2] in named.evidence


def test_abstracts_are_named_at_every_tier_and_most_originals_name_none_or_one(world):
    originals = [post for post in world.posts if post.kind == "original" and post.rule]
    tiers = Counter(named.tier for post in originals for named in post.named)
    assert all(tiers[tier] > 200 for tier in (1, 2, 3))
    assert 0.35 < sum(not post.named for post in originals) / len(originals) < 0.65


def test_originals_are_hardly_ever_the_same(world):
    texts = Counter(post.text for post in world.posts if post.kind == "original" and post.rule)
    assert texts.total() - len(texts) < 0.01 * texts.total()


def test_reposts_follow_their_original_and_nobody_reposts_twice(world):
    seen = set()
    for post in world.posts:
        if post.parent is not None:
            parent = world.posts[post.parent]
            assert parent.at <= post.at
            assert parent.platform == post.platform
            assert post.kind != "repost" or parent.author != post.author
        if post.kind == "repost":
            assert (post.author, post.parent) not in seen
            seen.add((post.author, post.parent))


def test_no_event_falls_on_a_full_minute(payloads):
    assert [] == [at for at, _, _ in payloads if at.second == 0]


def test_noise_carries_lookalike_tags_and_never_the_congress_tag(world):
    noise = [post for post in world.posts if post.rule is None]
    tags = {tag for post in noise for tag in hashtags_in(post.text)}
    assert 170 == len(noise)
    assert {"demo25", "demog", "demo2025", "demo26k"} <= tags
    assert tags.isdisjoint(world.congress.hashtags)


def test_hostile_texts_and_possible_adverse_events_are_among_the_posts(world):
    hostile = [post.text for post in world.posts if post.note == "hostile"]
    assert any("<script>" in text for text in hostile)
    assert any("\u202e" in text for text in hostile)
    assert max(map(len, hostile)) > 20_000
    truth = world.truth(world.ends)
    products = {product.name for product in world.congress.products}
    adverse = [post for post in world.posts if post.post_id in truth.adverse_posts]
    assert len(adverse) >= 5
    assert all(any(product in post.text for product in products) for post in adverse)


def test_a_few_posts_come_before_the_listed_embargo(world):
    lifts = {abstract.number: abstract.embargo_lift_at for abstract in world.abstracts}
    early = {
        post.post_id for post in world.posts for named in post.named if post.rule and post.at < lifts[named.number]
    }
    assert world.truth(world.ends).before_embargo_posts == early
    assert 2 == len(early)


# bursts


def test_five_abstracts_take_off_at_a_known_moment_by_a_named_author(world):
    assert 5 == len(world.bursts)
    starts = {abstract.number: abstract.starts_at for abstract in world.abstracts}
    for burst in world.bursts:
        assert (burst.onset, burst.starter_id) == burst.joined[0]
        assert burst.onset >= starts[burst.number]
        assert burst.authors_by(burst.onset + timedelta(minutes=10)) >= 8
        assert burst.authors_by(burst.onset + timedelta(minutes=30)) >= 30


def test_nobody_speaks_of_an_abstract_before_it_takes_off(world):
    onsets = {burst.number: burst.onset for burst in world.bursts}
    early = [p for p in world.posts for n in p.named if n.number in onsets and p.at < onsets[n.number]]
    assert [] == early


def test_no_other_abstract_gathers_authors_as_fast_as_a_planted_one(world):
    by_number: dict[str, list] = {}
    for mention in world.truth(world.ends).mentions:
        if mention.via in ("own", "repost"):
            by_number.setdefault(mention.number, []).append(mention.post_id)
    posts = {post.post_id: post for post in world.posts}
    planted = {burst.number for burst in world.bursts}
    fastest = {number: _most_authors_within(30, [posts[i] for i in ids]) for number, ids in by_number.items()}
    slowest_planted = min(fastest[number] for number in planted)
    assert slowest_planted > 1.5 * max(count for number, count in fastest.items() if number not in planted)


def _most_authors_within(minutes: int, posts: list) -> int:
    posts = sorted(posts, key=lambda post: post.at)
    span = timedelta(minutes=minutes)
    return max(len({post.author for post in posts if at.at <= post.at < at.at + span}) for at in posts)


def test_the_demo_starts_shortly_before_an_abstract_takes_off(world):
    waits = [burst.onset - START for burst in world.bursts if burst.onset > START]
    assert timedelta(minutes=5) < min(waits) < timedelta(minutes=30)


# real payloads


def test_every_payload_is_read_by_the_parsers_of_the_real_sources(payloads):
    for at, source, raw in payloads:
        found = _parsed(source, raw, at)
        assert found.records, raw
        assert not (found.unread or found.problems) if source == "x" else not (found.unreadable or found.error), raw


def test_payloads_come_in_order_of_time_and_by_span(world, payloads):
    assert all(earlier[0] <= later[0] for earlier, later in pairwise(payloads))
    middle = local(1, "12:00")
    assert payloads == [*world.payloads(None, middle), *world.payloads(middle, None)]


def test_parsed_posts_say_what_the_world_meant(world, heard):
    said = {post.post_id: post for post in world.posts}
    edited = 0
    for _, _, records in heard:
        for record in records:
            if isinstance(record, Post):
                meant = said[record.post_id]
                edited += int(record.revision.lstrip("0") != record.post_id) if record.platform == "x" else 0
                assert world.account_of(meant).author_id == record.author_id
                assert meant.kind == record.kind
                assert meant.at.replace(microsecond=0) == record.created_at.replace(microsecond=0)
                parent = world.posts[meant.parent].post_id if meant.parent is not None else None
                assert parent in (record.repost_of_id, record.quoted_id, record.reply_to_id)
                if meant.kind != "repost":
                    assert record.text.startswith(meant.text)
                    assert {link.url for link in meant.links} <= set(record.links)
                    assert {world.accounts[i].author_id for i in meant.mentions} <= set(record.mentioned_ids)
    assert edited >= 10


def test_authors_come_with_handle_name_and_bio(world, heard):
    told: dict[str, dict[str, str]] = {}
    for _, _, records in heard:
        for record in records:
            if isinstance(record, Author):
                fields = ("handle", "display_name", "bio")
                known = told.setdefault(record.author_id, {})
                known |= {name: value for name in fields if (value := getattr(record, name)) is not None}
    for account in world.accounts:
        if any(post.collected and world.accounts[post.author] is account for post in world.posts[:400]):
            shown = {"handle": account.handle, "display_name": account.display_name, "bio": account.bio}
            assert shown == told[account.author_id]


def test_matching_finds_exactly_the_posts_of_the_congress(world, heard):
    matcher, matched, handles = Matcher([world.congress]), {}, {}
    for _, _, records in heard:
        handles |= {each.author_id: each.handle for each in records if isinstance(each, Author) and each.handle}
        for post in (record for record in records if isinstance(record, Post)):
            parents = {each: [world.congress.id] for each in answered_ids(post) if each in matched}
            found = matcher.matches(post, handles.get(post.author_id), parents)
            if found:
                matched.setdefault(post.post_id, found[0].rule)
    assert {post.post_id: post.rule for post in world.posts if post.rule and post.collected} == matched


# the truth


@pytest.mark.parametrize("as_of", [local(0, "13:00"), START, local(1, "16:00"), local(2, "12:00"), local(4, "00:00")])
def test_folding_the_payloads_gives_the_worlds_own_answers(world, heard, as_of):
    posts, gone, away = {}, set(), {}
    for at, _, records in heard:
        for record in records if at <= as_of else ():
            if isinstance(record, Post):
                posts[record.post_id] = record
            elif isinstance(record, Deletion):
                gone.add(record.target_id)
            elif isinstance(record, AccountState):
                away[record.author_id] = not record.active
    ours = {post.post_id for post in world.posts if post.rule}
    seen = {
        post.post_id: post
        for post in posts.values()
        if post.post_id in ours and post.post_id not in gone and post.repost_of_id not in gone
        and post.author_id not in gone and not away.get(post.author_id)
    }  # fmt: skip
    truth = world.truth(as_of)
    kinds = Counter(post.kind for post in seen.values())
    assert truth.post_ids == set(seen)
    assert (truth.originals, truth.reposts) == (kinds["original"], kinds["repost"])
    assert (truth.quotes, truth.replies) == (kinds["quote"], kinds["reply"])
    assert truth.authors == len({post.author_id for post in seen.values()})


def test_an_outage_swallows_the_posts_of_one_source_for_good(world, heard):
    gap = world.outage
    silent = [at for at, source, _ in heard if source == gap.source and gap.from_at <= at < gap.to_at]
    missed = {post.post_id for post in world.posts if not post.collected}
    assert [] == silent
    assert timedelta(minutes=35) == gap.to_at - gap.from_at
    assert 30 < world.truth(world.ends).missed_posts == len(missed)
    assert missed.isdisjoint(
        record.post_id for _, _, records in heard for record in records if isinstance(record, Post)
    )


def test_deletions_of_every_kind_reach_the_sources(world, heard):
    deletions = [record for _, _, records in heard for record in records if isinstance(record, Deletion)]
    kinds = Counter((record.platform, record.target, record.reason) for record in deletions)
    assert kinds["x", "post", "not_found"] >= 8
    assert 3 == kinds["x", "post", "withheld"]
    assert kinds["bluesky", "post", "deleted"] >= 8
    assert 1 == kinds["bluesky", "author", "account_deleted"]
    assert kinds["bluesky", "like", "deleted"] > 5


def test_an_account_that_goes_away_takes_its_posts_and_brings_them_back(world):
    before, meanwhile, after = (
        world.truth(local(day, clock)) for day, clock in ((1, "08:00"), (1, "12:00"), (2, "11:00"))
    )
    hidden = {i for i in before.post_ids - meanwhile.post_ids if i in after.post_ids}
    assert 0 < meanwhile.hidden_posts == len(hidden)


def test_counts_on_x_grow_and_never_shrink(heard):
    last: dict[str, int] = {}
    for _, _, records in heard:
        for record in records:
            if isinstance(record, Engagement):
                assert last.get(record.post_id, 0) <= (record.like_count or 0)
                last[record.post_id] = record.like_count or 0
    assert sum(count > 5 for count in last.values()) > 200


def test_likes_on_bluesky_are_for_posts_that_are_there(heard):
    posts, likes = set(), 0
    for _, _, records in heard:
        posts |= {record.post_id for record in records if isinstance(record, Post)}
        for record in records:
            if isinstance(record, Like):
                assert record.post_id in posts
                likes += 1
    assert likes > 1_000


# the source


def test_the_source_hands_over_every_payload_once_and_ends(world, heard, played):
    records = [r for arrival in played for r in arrival.records if not isinstance(r, Health | Gap)]
    assert [record for _, _, found in heard for record in found] == records
    assert "finished" == played[-1].records[0].state
    assert world.ends == played[-1].cursor.event_at


def test_a_cursor_goes_on_where_it_stood(world, played):
    stood = len(played) * 9 // 10
    rest = _played(DemoSource(world, speed=None), played[stood].cursor)
    assert [arrival.records for arrival in played[stood + 1 : -2]] == [arrival.records for arrival in rest[:-2]]


def test_the_outage_is_reported_when_it_is_noticed_and_when_it_ends(world, played):
    gaps = [r for arrival in played for r in arrival.records if isinstance(r, Gap)]
    assert [None, world.outage.to_at] == [gap.to_at for gap in gaps]
    assert {world.outage.from_at} == {gap.from_at for gap in gaps}
    assert all(gap.from_at < gap.noted_at for gap in gaps)


def test_what_was_before_the_start_comes_at_once_and_time_stands_still_until_then(world):
    start, ticks = (
        local(0, "09:00"),
        iter(range(0, 10_000_000, 1_000)),
    )  # each look at the machine's clock 1,000 s later
    clock = SimulatedClock(start, 144.0, world.ends, monotonic=lambda: float(next(ticks)), held=True)
    source = DemoSource(world, start=start, clock=clock)
    arrivals = _played(source, limit=len({at for at, _, _ in world.payloads(None, start)}))
    assert start == source.clock.now()
    assert all(arrival.cursor is None or arrival.cursor.event_at <= start for arrival in arrivals)


def test_the_rest_comes_as_simulated_time_goes_by(world):
    start = local(0, "11:50")
    source = DemoSource(world, speed=3_600.0, start=start)
    arrivals = _played(source, limit=len({at for at, _, _ in world.payloads(None, start)}) + 40)
    now = source.clock.now()
    assert start < now < start + timedelta(hours=12)
    assert all(arrival.cursor.event_at <= now for arrival in arrivals if arrival.cursor)
    reports = [record for arrival in arrivals for record in arrival.records if isinstance(record, Health)]
    assert {"x", "bluesky"} == {report.source for report in reports}
    assert "live" == reports[-1].state


# clocks


def test_a_simulated_clock_runs_at_its_speed_and_stops_at_its_end():
    machine = [0.0]
    clock = SimulatedClock(START, 60.0, START + timedelta(hours=1), monotonic=lambda: machine[0])
    assert START == clock.now()
    machine[0] = 10.0
    assert START + timedelta(minutes=10) == clock.now()
    assert 5.0 == pytest.approx(clock.seconds_until(START + timedelta(minutes=15)))
    machine[0] = 1e6
    assert START + timedelta(hours=1) == clock.now()


def test_a_simulated_clock_jumps_forward_and_never_back():
    clock = SimulatedClock(START, None, START + timedelta(days=1))
    clock.advance_to(START + timedelta(hours=2))
    clock.advance_to(START)
    assert START + timedelta(hours=2) == clock.now()
    assert 0.0 == clock.seconds_until(START + timedelta(hours=9))


def test_a_held_clock_stands_until_it_is_released():
    machine = [0.0]
    clock = SimulatedClock(START, 2.0, monotonic=lambda: machine[0], held=True)
    machine[0] = 50.0
    assert START == clock.now()
    clock.release()
    machine[0] = 51.0
    assert START + timedelta(seconds=2) == clock.now()


def test_a_clock_needs_a_speed_above_nought():
    with pytest.raises(ValueError, match="speed 0"):
        SimulatedClock(START, 0)


def test_the_real_clock_is_in_utc_and_naive():
    assert RealClock().now().tzinfo is None
