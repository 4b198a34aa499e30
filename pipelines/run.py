"""The jobs of the process that owns the database: collect live, run the demo, take in a file or a tape.

Each is put together here from the same parts: sources, a digest, a store, and the reads served beside them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from pipelines.abstracts import Linker, read_catalogue
from pipelines.access import Person
from pipelines.alerts.delivery import check_channels
from pipelines.alerts.settings import AlertSettings, read_settings
from pipelines.alerts.watch import Watch
from pipelines.clock import Clock, RealClock
from pipelines.collect import Collector
from pipelines.commands import COMMANDS, carry_out
from pipelines.congresses import Congress
from pipelines.digest import Digest
from pipelines.errors import UsageError
from pipelines.frugal import giving_back, spare_a_pool, spare_pandas
from pipelines.heartbeat import beating
from pipelines.interest import Interest
from pipelines.keeping import ROUND, keep_house_for_ever, remember_tape
from pipelines.launch import DATABASE
from pipelines.live_x import x_source
from pipelines.matching import Matcher, cheap_terms
from pipelines.model import Abstract, Arrival, Author, Batch, Role
from pipelines.programme import sessions_of
from pipelines.recap.evening import each_evening, read_digest_at
from pipelines.rehearsal import read_rehearsal
from pipelines.relink import relink
from pipelines.roles import Voices, curated_role, read_role, read_voices
from pipelines.sources import Source
from pipelines.sources.bluesky.hydration import BlueskyHydration
from pipelines.sources.bluesky.profiles import AppView
from pipelines.sources.bluesky.source import HOSTS, BlueskySource
from pipelines.sources.demo import DemoSource, World
from pipelines.sources.demo.last_year import LastYear
from pipelines.sources.server_time import ServerClock
from pipelines.sources.tape import TapeWriter
from pipelines.store.database import Store
from pipelines.store.serve import ReadService, serving

log = logging.getLogger(__name__)


LAST_YEAR_SECONDS = 15.0  # after the start of a demo: its own first picture comes first
FIRST_LOOK_SECONDS = 10.0  # nothing can have begun to rise since the start, and the first picture comes first

T = TypeVar("T")


def until_stopped(job: Coroutine[Any, Any, T]) -> T | None:
    """Run a job that goes on until Ctrl-C or SIGTERM; it is cancelled and cleans up within seconds."""

    async def guarded() -> T | None:
        task = asyncio.ensure_future(job)
        loop = asyncio.get_running_loop()
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            return await task
        return None

    return asyncio.run(guarded())


async def collect_live(
    congresses: Sequence[Congress],
    data: Path,
    tape: Path | None = None,
    jetstream: Sequence[str] = (),
    x_budget: float = 0.0,
    voices: Path | None = None,
    rehearsal: Path | None = None,
) -> None:
    """Follow congresses until cancelled.

    Args:
        jetstream: replaces Bluesky's own end points.
        x_budget: US dollars a calendar month that reading X may cost; X is followed only with a key in ``.env``.
        voices: a curated list of roles that outranks the rules.
        rehearsal: other waits and another clock, for the chaos suite and the soak.
    """
    trying = read_rehearsal(rehearsal, x_budget)
    alerts, digest_at = read_settings(os.environ), read_digest_at(os.environ)
    check_channels(alerts)
    curated = read_voices(voices) if voices else {}
    catalogues = {each.id: read_catalogue(each.catalog, each.id) if each.catalog else () for each in congresses}
    async with _owning(data, congresses, catalogues, trying.clock) as (store, clock):
        accounts = await _bluesky_accounts(congresses, store, clock)
        interest = _interest(congresses, accounts, store)
        sources: list[Source] = [BlueskySource(interest, jetstream or HOSTS, ServerClock(clock), trying.bluesky)]
        if not jetstream:
            sources.append(BlueskyHydration(AppView(clock=clock), store.another_reader(), clock))
        if x := x_source(congresses, store.another_reader(), ServerClock(clock), x_budget, trying.x):
            sources.append(x)
        with TapeWriter(tape) if tape else contextlib.nullcontext() as writer:
            if tape:
                remember_tape(store, tape, clock.now())
            digest = _digest(congresses, catalogues, curated)
            collector = Collector(store, digest, sources, clock, keep=_keeper(writer, clock))
            async with (
                keeping_house(store, congresses, clock, trying.round_seconds),
                each_evening(store, congresses, alerts, digest_at, clock),
            ):
                await _watched(collector, store, alerts, clock)


@contextlib.asynccontextmanager
async def keeping_house(
    store: Store, congresses: Sequence[Congress], clock: Clock, seconds: float = ROUND
) -> AsyncGenerator[None]:
    """A round of upkeep each hour, or every so many ``seconds``, while the context lasts."""
    rounds = asyncio.create_task(keep_house_for_ever(store, congresses, clock, seconds))
    try:
        yield
    finally:
        rounds.cancel()
        await asyncio.gather(rounds, return_exceptions=True)


async def collect_demo(data: Path, seed: int, speed: float) -> None:
    """Run the demo congress until cancelled; after its last day the last picture stays."""
    gc.disable()  # a world is a million objects that all stay: looking for garbage among them costs the first second
    world = World(seed)
    source = DemoSource(world, speed=speed)
    catalogues = {world.congress.id: tuple(world.abstracts)}
    sources: list[Source] = [source]
    async with _owning(data, [world.congress], catalogues, source.clock, speed, world.sessions, shared=False) as (
        store,
        clock,
    ):
        collector = Collector(store, _digest([world.congress], catalogues), sources, clock)
        gc.freeze()
        gc.enable()
        before = asyncio.create_task(_fold_last_year(store, seed - 1, clock))
        try:
            await _watched(collector, store, AlertSettings(), clock)  # a simulated alert is written down, never sent
        finally:
            before.cancel()
            await asyncio.gather(before, return_exceptions=True)
            gc.unfreeze()  # or DuckDB fills the log at the end with what was never let go


async def _fold_last_year(store: Store, seed: int, clock: Clock) -> None:
    """Fold last year's demo congress behind this one, once the first picture stands; it is listed when it is complete."""
    await asyncio.sleep(LAST_YEAR_SECONDS)
    source = await asyncio.to_thread(LastYear, seed)
    congress, catalogue = source.congress, source.abstracts
    digest = await asyncio.to_thread(_digest, [congress], {congress.id: catalogue})
    await Collector(store, digest, [source], clock).run()
    await asyncio.to_thread(store.fold_congresses, [congress])
    await asyncio.to_thread(store.fold_catalogue, congress.id, catalogue, source.sessions)


async def take_in(
    source: Source,
    congress: Congress,
    data: Path,
    after_fold: Callable[[int], None] | None = None,
    tape: Path | None = None,
) -> None:
    """Fold everything a file or ``tape`` holds for one congress, and end; later deletions reach that tape too."""
    abstracts = {congress.id: read_catalogue(congress.catalog, congress.id) if congress.catalog else ()}
    async with _owning(data, [congress], abstracts, RealClock()) as (store, clock):
        if tape:
            remember_tape(store, tape, clock.now())
        await Collector(store, _digest([congress], abstracts), [source], clock, after_fold=after_fold).run()


async def _watched(collector: Collector, store: Store, alerts: AlertSettings, clock: Clock) -> None:
    """Collect and look for what rises until cancelled; when every source has stopped, what is known stays on screen."""
    watch = Watch(store.another_reader(), store.fold_alerts, alerts, clock, RealClock())

    async def watch_after_a_while() -> None:
        await asyncio.sleep(FIRST_LOOK_SECONDS)
        await watch.run()

    watching = asyncio.create_task(watch_after_a_while())
    try:
        await collector.run()
        await asyncio.Event().wait()
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


@contextlib.asynccontextmanager
async def _owning(
    data: Path,
    congresses: Sequence[Congress],
    catalogues: dict[str, tuple[Abstract, ...]],
    clock: Clock,
    speed: float = 1.0,
    sessions: Sequence | None = None,
    shared: bool = True,
) -> AsyncGenerator[tuple[Store, Clock]]:
    """The database, open and served, with what is followed written into it; ``shared`` through a lake where there is one."""
    spare_pandas()
    spare_a_pool()
    with Store(data / DATABASE) as store:
        store.fold_congresses(congresses)
        for each in congresses:
            log.info("following", extra={"congress": each.id})
            abstracts = catalogues[each.id]
            store.fold_catalogue(each.id, abstracts, sessions if sessions is not None else sessions_of(abstracts))
        async with serving(ReadService(store, clock, speed), data), beating(store, clock), giving_back():
            with _sharing(store) if shared else contextlib.nullcontext():
                yield store, clock


def _sharing(store: Store) -> contextlib.AbstractContextManager[None]:
    """Send what is folded to the lake that ``.env`` names; nothing of it is loaded where there is none."""
    if not os.environ.get("LAKE") and store.outbox.writer is None:
        return contextlib.nullcontext()
    from pipelines.lake.share import sharing

    return sharing(store, os.environ)


def _digest(
    congresses: Sequence[Congress], catalogues: dict[str, tuple[Abstract, ...]], curated: Voices | None = None
) -> Digest:
    def decide(author: Author, at: datetime) -> Role | None:
        return curated_role(author, curated or {}, at) or read_role(author, at)

    return Digest(Matcher(congresses), {each.id: Linker(each, catalogues[each.id]) for each in congresses}, decide)


async def _bluesky_accounts(congresses: Sequence[Congress], store: Store, clock: Clock) -> list[str]:
    """DIDs of the accounts to follow; a handle that does not resolve is said and left out until the next start."""
    handles = sorted({handle for each in congresses for handle in each.accounts.bluesky})
    if not handles:
        return []
    async with AppView(clock=clock) as view:
        found = await view.resolve_handles(handles)
    for handle in handles:
        if not found.get(handle):
            log.warning(
                "Bluesky account %s: %s", handle, "there is none" if handle in found else "no answer; not followed"
            )
    named = {handle: did for handle, did in found.items() if did}
    store.fold(Batch(records=[Author("bluesky", did, clock.now(), handle=handle) for handle, did in named.items()]))
    return list(named.values())


def _interest(congresses: Sequence[Congress], accounts: Sequence[str], store: Store) -> Interest:
    """What the Bluesky loop looks for, with the posts, likes and authors already kept."""
    interest = Interest(cheap_terms(congresses), accounts)
    ask = store.reader.ask
    # one column at a time and a page at a time: a large store's ids all at once would be held as long as this runs
    for record_id in _paged(ask("SELECT post_id FROM matches WHERE platform = 'bluesky'")):
        interest.follow_post(record_id)
    for record_id in _paged(ask("SELECT like_id FROM likes WHERE platform = 'bluesky'")):
        interest.follow_post(record_id)
    for author_id in _paged(ask("SELECT DISTINCT author_id FROM matches WHERE platform = 'bluesky'")):
        interest.follow_author(author_id)
    # who is hidden must be heard of when the account is back, also when every post of it has gone meanwhile
    for author_id in _paged(ask("SELECT author_id FROM account_states WHERE platform = 'bluesky' AND NOT active")):
        interest.follow_author(author_id)
    return interest


def _paged(ids: pa.Table) -> Iterator[str]:
    """The values of a table's one column."""
    for batch in ids.to_batches(max_chunksize=10_000):
        yield from batch.column(0).to_pylist()


def _keeper(writer: TapeWriter | None, clock: Clock) -> Callable[[Sequence[Arrival]], None] | None:
    if writer is None:
        return None
    return lambda arrivals: writer.write(
        [
            (each.received_at or clock.now(), each.cursor.source, each.raw)
            for each in arrivals
            if each.raw and each.cursor
        ]
    )


def relink_stored(congress: Congress, data: Path, after_page: Callable[[int], None] | None = None) -> int:
    """Read all stored posts of a congress anew with its catalogue as it is now; how many were read.

    Raises:
        StoreLocked: while a collector runs on the data directory.
    """
    abstracts = read_catalogue(congress.catalog, congress.id) if congress.catalog else ()
    with Store(data / DATABASE) as store:
        store.fold_congresses([congress])
        store.fold_catalogue(congress.id, abstracts, sessions_of(abstracts))
        return relink(store, Linker(congress, abstracts), after_page, RealClock().now())


def correct_stored(data: Path, name: str, params: dict[str, str], person: Person) -> None:
    """Carry out a named command on the database itself, while no collector runs.

    Raises:
        UsageError: on a mirror's database for what belongs to the host that collects.
    """
    if not (data / DATABASE).exists():
        raise UsageError(f"nothing was collected in {data} yet: there is nothing to correct")
    with Store(data / DATABASE) as store:
        if COMMANDS[name].travels and store.outbox.is_mirror(store.reader):
            raise UsageError(
                f"{data} is a mirror: start it (congress lake mirror), and it sends this to the host that collects"
            )
        carry_out(store, name, params, person, RealClock().now())
