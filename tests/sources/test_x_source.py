"""The source as a whole: mode, rules, money, gaps, look-ups, deletions."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from pipelines.clock import Clock, RealClock
from pipelines.collect import Collector
from pipelines.congresses import Accounts, Congress
from pipelines.digest import Digest
from pipelines.errors import ConfigError, SourceStopped
from pipelines.matching import Matcher
from pipelines.model import Arrival, Author, Cursor, Deletion, Engagement, Health
from pipelines.sources.x.api import XApi
from pipelines.sources.x.bench import example_congress
from pipelines.sources.x.budget import Budget, Kind, Ledger, LedgerEntry
from pipelines.sources.x.collect import Collecting
from pipelines.sources.x.health import health_of
from pipelines.sources.x.reader import Reader, usage_by_day
from pipelines.sources.x.settings import bearer_token
from pipelines.sources.x.source import XSource, forecast_congress
from pipelines.sources.x.tasks import Tasks
from pipelines.sources.x.upkeep import Bios
from pipelines.sources.x.world import Made, World, made_up, post_object
from pipelines.store.database import Store
from tests.fakes.x_api import TOKEN, Loopback, Seen, Step, api, run, settings, source_for, world_now

STREAM_RULES = "/2/tweets/search/stream/rules"
SEARCH = "/2/tweets/search/recent"
KINDS: tuple[Kind, ...] = ("post", "user", "counts")


def enough(count: int):
    return lambda seen: len(seen.posts) >= count


def now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


def with_account(handle: str) -> Congress:
    return example_congress().model_copy(update={"accounts": Accounts(x=(handle,))})


# the key and what it may do


def test_a_missing_key_is_one_line_that_says_which_variable_and_where_to_get_it():
    with pytest.raises(ConfigError) as wrong:
        bearer_token({"X_BEARER_TOKEN": "  "})
    assert "X_BEARER_TOKEN is not set: put X_BEARER_TOKEN=... into .env; you find it at console.x.com" in str(
        wrong.value
    )
    assert "\n" not in str(wrong.value)
    assert "abc" == bearer_token({"X_BEARER_TOKEN": " abc "})


def test_the_stream_is_used_where_the_key_has_it_and_said_in_health():
    with api(world_now()) as server:
        seen = run(source_for(server), enough(5))
    assert "filtered stream; 1 rule; with reposts" in seen.say()


def test_without_a_stream_search_is_polled_and_the_reason_is_said():
    with api(world_now(6.0, 30, 0.0), forbidden=[STREAM_RULES]) as server:
        seen = run(source_for(server), lambda seen: len(seen.posts) > 20 and "search" in seen.health.detail)
    assert "no filtered stream with this key (X answered 403" in seen.say()
    assert "live" == seen.health.state
    assert "GET /2/tweets/search/stream" not in server.requests


def test_a_stream_that_is_refused_after_the_rules_falls_back_to_search():
    with api(world_now(6.0, 30, 0.0), Step("403")) as server:
        seen = run(source_for(server), lambda seen: len(seen.posts) > 5)
    assert "no filtered stream" in seen.say() or "search" == seen.health.detail.split(";")[0]


def test_a_key_that_may_read_nothing_ends_in_one_message():
    with api(forbidden=[STREAM_RULES, SEARCH]) as server, pytest.raises(SourceStopped, match="may not read X"):
        run(source_for(server))


# rules


def test_rules_are_synchronised_and_those_of_others_left_alone():
    with api(world_now()) as server:
        server.add_rule("cats", "somebody else")
        server.add_rule("dogs", None)
        server.add_rule("(#ash25) -is:retweet -is:nullcast", "congress:ash-2025")
        seen = run(source_for(server), enough(3))
    assert {"cats", "dogs", "(#ash26 OR #ash2026) -is:nullcast"} == {rule["value"] for rule in server.rules}
    assert "1 rule beside 2 of others" in seen.say()


def test_a_second_start_with_the_same_rules_writes_none():
    with api(world_now(3.0)) as server:
        run(source_for(server), enough(3))
        before = server.requests.count(f"POST {STREAM_RULES}")
        run(source_for(server), enough(3))
    assert (1, 1) == (before, server.requests.count(f"POST {STREAM_RULES}"))


def test_rules_that_do_not_fit_beside_the_others_stop_the_source():
    with api() as server:
        for number in range(1_000):
            server.add_rule(f"other {number}", "somebody else")
        with pytest.raises(SourceStopped, match="1 rules are needed and 1000 others stand on this key; X allows 1000"):
            run(source_for(server))


# money


def test_a_budget_of_zero_reads_nothing():
    with api(world_now()) as server, pytest.raises(SourceStopped, match=r"budget for X is \$0"):
        run(source_for(server, settings=settings(server, Budget(0.0))))
    assert [] == server.requests


def test_at_the_end_of_the_budget_reading_stops_and_says_so():
    with api(world_now(2.0, 60, 0.0)) as server:
        source = source_for(server, settings=settings(server, Budget(0.10)))
        seen = run(source, lambda seen: seen.arrivals and "stopped" in [h.state for h in seen.of(Health)])
    assert 0.10 <= source.ledger.spent_on(now().date()) < 0.25
    assert "the budget of $0.10 a month is spent" in seen.health.detail
    assert ["budget"] == [gap.status for gap in seen.gaps.values()]


def test_at_90_percent_reposts_and_look_ups_are_dropped():
    spent = Ledger()
    spent.note([("post", str(number)) for number in range(179)], now())
    with api(world_now(3.0, 20)) as server:
        source = source_for(server, settings=settings(server, Budget(1.0)), ledger=spent)
        seen = run(source, lambda seen: "originals only" in seen.say() and len(seen.posts) > 3)
    assert ["(#ash26 OR #ash2026) -is:retweet -is:nullcast"] == [rule["value"] for rule in server.rules]
    assert "over 90 %" in seen.health.detail


def test_the_ledger_agrees_with_what_the_server_bills_and_its_entries_rebuild_it():
    with api(world_now(0.5, 60)) as server:
        source = source_for(server)
        seen = run(source, seconds=1.3)
        billed = {kind: len(server.billed[kind]) for kind in KINDS}
    today = now().date()
    assert billed == {kind: source.ledger.count(today, kind) for kind in KINDS}
    again = Ledger()
    again.fold(seen.of(LedgerEntry))
    assert source.ledger.spent_on(today) == pytest.approx(again.spent_on(today))


def test_usage_is_read_in_both_its_documented_forms():
    nested = {"data": {"daily_project_usage": {"usage": [{"date": "2026-12-05T00:00:00.000Z", "usage": "12"}]}}}
    listed = {"data": {"daily_project_usage": [{"date": "2026-12-05", "usage": [{"tweets_consumed": 12}]}]}}
    expected = [(datetime(2026, 12, 5).date(), 12)]
    assert expected == list(usage_by_day(nested)) == list(usage_by_day(listed))
    for broken in (None, {}, {"data": []}, {"data": {"daily_project_usage": [{"date": 3, "usage": "x"}]}}):
        assert [] == list(usage_by_day(broken))


# gaps


def test_a_gap_is_refilled_by_search_and_only_reposts_are_missing():
    with api(world_now(1.2, 40), Step("close", 0.5), Step("503")) as server:
        source = source_for(server)
        seen = run(
            source, lambda seen: len(seen.gaps) > 0 and {g.status for g in seen.gaps.values()} == {"filled_no_reposts"}
        )
        collected = {post.post_id for post in seen.posts}
        closed = [gap for gap in seen.gaps.values() if gap.to_at]
    inside = [
        made
        for made in server.world.posts
        if any(
            gap.from_at <= datetime.fromtimestamp(made.created_at, UTC).replace(tzinfo=None) <= gap.to_at
            for gap in closed
        )
    ]
    assert inside
    assert {made.post_id for made in inside if not made.is_repost} <= collected


def test_what_was_missed_while_not_running_is_refilled_from_the_cursor():
    world = world_now(20.0, 5, 0.0, start=-22.0)
    cursor = Cursor("x", "{}", now() - timedelta(seconds=30))
    with api(world) as server:
        source = source_for(server, settings=settings(server, reposts=False))
        seen = run(source, lambda seen: "filled" in [g.status for g in seen.gaps.values()], cursor=cursor)
    assert {made.post_id for made in world.posts} == {post.post_id for post in seen.posts}
    assert {"not running"} == {gap.cause for gap in seen.gaps.values()}


def test_what_lies_further_back_than_search_reaches_is_partial():
    cursor = Cursor("x", "{}", now() - timedelta(days=9))
    with api(world_now()) as server:
        seen = run(source_for(server), lambda seen: "partial" in [g.status for g in seen.gaps.values()], cursor=cursor)
    assert ["partial"] == [gap.status for gap in seen.gaps.values()]


# beside collecting: built by hand, so that no stream is needed


class Fixed:
    """A clock that stands still."""

    def __init__(self, at: datetime):
        self.at = at

    def now(self) -> datetime:
        return self.at


class Bench:
    """A collecting and its tasks on a server, without a running stream."""

    def __init__(self, server: Loopback, *congresses: Congress, held: tuple[str, ...] = (), clock: Clock | None = None):
        chosen = settings(server)
        self.out: asyncio.Queue[Arrival] = asyncio.Queue()
        self.reader = Reader(XApi(TOKEN, server.host), chosen.budget, Ledger(), clock or RealClock())
        self.bios = Bios()
        self.collecting = Collecting(
            congresses or [example_congress()], chosen, self.reader, self.out, [self.bios.note]
        )
        self.tasks = Tasks(self.collecting, self.bios, lambda day, count: ("1", "2"), lambda: held)

    def seen(self) -> Seen:
        found = Seen()
        while not self.out.empty():
            found.arrivals.append(self.out.get_nowait())
        self.reader.close()
        return found


def test_posts_that_got_lost_without_a_word_are_noticed_and_searched_for():
    world = made_up(3, time.time() - 900, 600, 0.5, reposts=0.0)
    with api(world) as server:

        async def check() -> Seen:
            bench = Bench(server)
            bench.collecting.mode, bench.collecting.state = "filtered stream", "live"
            bench.collecting.connected_since = now() - timedelta(minutes=14)
            await bench.tasks.check_coverage()
            await bench.tasks.refill()
            return bench.seen()

        seen = asyncio.run(check())
    assert "0% of X's own count (too few)" in seen.say()
    assert ["filled_no_reposts"] == [gap.status for gap in seen.gaps.values()]
    assert len(seen.posts) > 200
    assert 1 == len([entry for entry in seen.of(LedgerEntry) if entry.kind == "counts"])


def test_complete_collection_is_said_to_be_complete():
    world = made_up(3, time.time() - 900, 600, 0.5, reposts=0.0)
    with api(world) as server:

        async def check() -> Seen:
            bench = Bench(server)
            bench.collecting.mode = "filtered stream"
            bench.collecting.connected_since = now() - timedelta(minutes=14)
            for query in bench.collecting.queries:
                start, end = now() - timedelta(minutes=16), now() - timedelta(minutes=1)
                async for page in bench.reader.search(query, start, end):
                    await bench.collecting.hand_on_page(page)
            await bench.tasks.check_coverage()
            return bench.seen()

        seen = asyncio.run(check())
    assert "100% of X's own count" in seen.say()
    assert {} == seen.gaps


def test_bios_are_read_once_and_their_authors_are_known_by_then():
    with api(world_now(1.0, 40, 0.0)) as server:
        source = source_for(server)
        seen = run(source, lambda seen: any(a.bio for a in seen.of(Author)) and len(seen.posts) > 30)
    bare = {author.author_id for author in seen.of(Author) if author.bio is None}
    full = [author.author_id for author in seen.of(Author) if author.bio is not None]
    assert len(full) == len(set(full))
    assert set(full) <= bare


def test_looking_again_brings_fresh_counts_and_deletes_what_is_gone():
    world = world_now(1.0, 10, 0.0, start=-5.0)
    gone = world.posts[3].post_id
    with api(world, gone_posts={gone}) as server:

        async def look() -> Seen:
            bench = Bench(server)
            async for page in bench.reader.posts([made.post_id for made in world.posts]):
                await bench.collecting.hand_on_page(page)
            return bench.seen()

        seen = asyncio.run(look())
    assert [gone] == [deletion.target_id for deletion in seen.of(Deletion)]
    assert len(world.posts) - 1 == len({counts.post_id for counts in seen.of(Engagement)})


def test_before_midnight_every_post_of_the_day_is_looked_at_again_at_no_cost():
    world = world_now(1.0, 20, 0.0, start=-5.0)
    late = now().replace(hour=23, minute=45)
    with api(world) as server:

        async def look() -> tuple[Seen, float]:
            bench = Bench(server, clock=Fixed(late))
            bench.reader.ledger.note([("post", made.post_id) for made in world.posts], late)
            before = bench.reader.ledger.spent_on(late.date())
            await bench.tasks.look_again()
            await bench.tasks.look_again()
            return bench.seen(), bench.reader.ledger.spent_on(late.date()) - before

        seen, cost = asyncio.run(look())
    assert {made.post_id for made in world.posts} <= {counts.post_id for counts in seen.of(Engagement)}
    assert 0.0 == cost
    assert 4 == server.requests.count("GET /2/tweets"), "once for the day, once for each of three earlier days"


def test_xs_own_daily_count_is_taken_into_the_ledger():
    with api(World()) as server:
        server.billed["post"].update(str(number) for number in range(100))

        async def compare() -> tuple[float, str]:
            bench = Bench(server)
            await bench.reader.compare_usage()
            await bench.collecting.hand_on([health_of(bench.collecting)])
            return bench.reader.ledger.spent_on(now().date()), bench.seen().health.detail

        spent, detail = asyncio.run(compare())
    assert pytest.approx(0.50) == spent
    assert "ledger 0 posts" in detail
    assert "X counts 100" in detail


def test_search_pauses_when_todays_share_of_the_budget_is_spent():
    with api(world_now(6.0, 40, 0.0), forbidden=[STREAM_RULES]) as server:
        source = source_for(server, settings=settings(server, Budget(1.0)))
        seen = run(source, lambda seen: "paused" in seen.say())
    assert "today's share of the budget is spent" in seen.health.detail
    assert 0.0 < source.ledger.spent_on(now().date()) < 1.0
    assert ["budget"] == [gap.status for gap in seen.gaps.values()]


def test_a_compliance_job_deletes_what_may_no_longer_be_held():
    with api(World(), gone_posts={"12", "14"}) as server:

        async def ask() -> Seen:
            bench = Bench(server, held=("11", "12", "13", "14"))
            await bench.tasks.ask_compliance()
            return bench.seen()

        seen = asyncio.run(ask())
    assert [("12", "deleted"), ("14", "deleted")] == [(each.target_id, each.reason) for each in seen.of(Deletion)]


def test_deletion_events_of_followed_accounts_arrive_where_the_key_has_them():
    world = world_now(2.0, 20, 0.0)
    with api(world) as server:
        server.activity.append({"event_type": "post.delete", "payload": {"id": "77", "author_id": "1000"}})
        seen = run(source_for(server, with_account("dr0")), lambda seen: bool(seen.of(Deletion)))
    assert ["77"] == [deletion.target_id for deletion in seen.of(Deletion)]
    assert [("post.delete", {"user_id": "1000"}, "congress-pulse")] == [
        (each["event_type"], each["filter"], each["tag"]) for each in server.subscriptions
    ]


def test_without_activity_and_user_look_ups_everything_else_goes_on():
    with api(world_now(2.0, 20, 0.0), forbidden=["/2/users/by", "/2/users"]) as server:
        source = source_for(server, with_account("dr0"))
        seen = run(source, lambda seen: len(seen.posts) > 5 and "no look-up of accounts" in seen.say())
    assert "live" == seen.health.state


def test_authors_come_with_the_posts_where_includes_cost_nothing():
    with api(world_now(1.0, 30, 0.0), bills_includes=False) as server:
        source = source_for(server, settings=settings(server, Budget(10.0, includes_billed=False)))
        run(source, enough(10))
    assert source.ledger.count(now().date(), "user") == 0


# with the real collector and store behind it


def test_what_is_collected_stands_in_the_store_once_with_bios_and_followed_accounts():
    followed, originals, quiet_id = with_account("dr7"), set(), ""

    def world_from(begin: float) -> World:
        nonlocal quiet_id
        world = made_up(5, begin, 1.0, 40, reposts=0.3)
        quiet = Made(begin + 0.3, begin + 0.3, post_object(begin + 0.3, 99_999, "1007", tag="x", text="Hi"))
        quiet_id = quiet.post_id
        originals.update(made.post_id for made in (*world.posts, quiet) if not made.is_repost)
        return World([*world.posts, quiet], world.users)

    def complete(store: Store) -> bool:
        stored = set(store.reader.ask("SELECT post_id FROM posts")["post_id"].to_pylist())
        lacking = store.reader.ask("SELECT count(*) AS n FROM authors WHERE bio IS NULL")["n"].to_pylist()
        return originals <= stored and lacking == [0]

    async def collect(store: Store, source: XSource) -> None:
        collector = Collector(store, Digest(Matcher([followed]), {}), [source], RealClock())
        running = asyncio.create_task(collector.run())
        async with asyncio.timeout(20.0):
            while not server.is_streaming:  # what is written before that is not followed yet
                await asyncio.sleep(0.01)
            server.world = world_from(time.time() + 0.1)
            while not complete(store):
                await asyncio.sleep(0.1)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    with api(None, Step("close", 0.5)) as server, Store(None) as store:
        asyncio.run(collect(store, source_for(server, followed)))
        ask = store.reader.ask
        stored = ask("SELECT post_id FROM posts")["post_id"].to_pylist()
        rules = ask("SELECT rule FROM matches WHERE post_id = $id", id=quiet_id)["rule"].to_pylist()
    assert originals <= set(stored)
    assert len(set(stored)) == len(stored)
    assert ["account"] == rules


def test_a_forecast_is_made_from_xs_own_counts():
    world = made_up(3, time.time() - 3_000, 2_400, 0.2, reposts=0.5)
    originals = sum(not made.is_repost for made in world.posts)
    with api(world) as server:
        found = forecast_congress(example_congress(), TOKEN, settings(server), now())
        with pytest.raises(SourceStopped, match="X_BEARER_TOKEN"):
            forecast_congress(example_congress(), "wrong", settings(server), now())
    assert originals == found.seen
    assert found.low < found.posts < found.high
    assert found.usd > 0
