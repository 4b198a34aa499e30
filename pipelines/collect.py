"""The collector: sources into one queue, batches into the store, and nothing acknowledged is ever lost.

    source.events() -> queue -> batch -> digest -> fold with the cursors, in one transaction

A source that fails is recorded, waited for and asked again from its last committed cursor. What was in memory when the
process died was never acknowledged and comes again.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import logging
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from pipelines.clock import Clock, SimulatedClock
from pipelines.digest import Digest
from pipelines.errors import SourceStopped
from pipelines.model import Arrival, Cursor, Gap, Health, Record
from pipelines.newer import Newer
from pipelines.sources import Source
from pipelines.store.database import Store
from pipelines.store.keep import drop_health

log = logging.getLogger(__name__)

BATCH_SECONDS = 0.1  # from one batch to the next: what comes alone is folded at once, what comes fast in few folds
OLD_SECONDS = 0.5  # the same where all is older than ``OLD``, as after an outage: nobody waits for it, and a fold costs the most by itself
OLD = timedelta(seconds=30)
TOGETHER_SECONDS = 0.02  # for what comes with the first of a batch, as a page of answers
BATCH_ARRIVALS = 2_000
QUEUE_ARRIVALS = 8_000  # a full queue makes the sources wait
RETRY_SECONDS = (1.0, 60.0)
GARBAGE = 20_000  # new objects until Python looks for garbage among them


class Collector:
    """Runs sources until they end or it is cancelled.

    Args:
        keep: is given each batch's arrivals before they are folded (the tape).
        after_fold: is told after each commit how many arrivals went in (progress, metrics).
    """

    def __init__(
        self,
        store: Store,
        digest: Digest,
        sources: Sequence[Source],
        clock: Clock,
        keep: Callable[[Sequence[Arrival]], None] | None = None,
        after_fold: Callable[[int], None] | None = None,
    ):
        self._store, self._digest, self._sources, self._clock = store, digest, sources, clock
        self._keep, self._after_fold = keep, after_fold
        self._reader = store.another_reader()
        # a simulated congress may be told again, and its moments are what they are
        self._newer = None if isinstance(clock, SimulatedClock) else Newer(self._reader)
        self._queue: asyncio.Queue[Arrival] = asyncio.Queue(QUEUE_ARRIVALS)
        self._taken = 0.0  # when the last batch was taken off it (monotonic seconds)
        self._has_ended = False  # all that will ever come is on it
        self._writer = ThreadPoolExecutor(1, thread_name_prefix="writer")  # one writer thread, always

    async def run(self) -> None:
        """Collect until every source has ended; on cancellation what is queued is dropped, never half-written."""
        with _rarely_collecting_garbage():
            await self._run()

    async def _run(self) -> None:
        feeders = [asyncio.create_task(self._feed(source)) for source in self._sources]
        folding = asyncio.create_task(self._fold_batches())
        try:
            await _first_failure_or_all(feeders, folding)
            self._has_ended = True
            await self._drained(folding)
        finally:
            for task in (*feeders, folding):
                task.cancel()
            await asyncio.gather(*feeders, folding, return_exceptions=True)
            self._writer.shutdown(wait=True)

    async def _feed(self, source: Source) -> None:
        """Put a source's arrivals on the queue, asking again from the last committed cursor when it fails."""
        wait = RETRY_SECONDS[0]
        while True:
            started = time.monotonic()
            try:
                async with contextlib.aclosing(source.events(self._cursor(source.name))) as events:
                    async for arrival in events:
                        await self._queue.put(arrival)
                return
            except SourceStopped as stop:
                log.error("%s stopped: %s", source.name, stop, extra={"source": source.name})
                await self._note(source, "stopped", str(stop))
                return
            except Exception as error:  # one source's bug must not stop the others
                log.exception("%s failed; asking it again in %.0f s", source.name, wait, extra={"source": source.name})
                await self._note(source, "reconnecting", f"failed: {type(error).__name__}")
                wait = RETRY_SECONDS[0] if time.monotonic() - started > RETRY_SECONDS[1] else wait
                await asyncio.sleep(wait)
                wait = min(2 * wait, RETRY_SECONDS[1])

    async def _note(self, source: Source, state: str, detail: str) -> None:
        now = self._clock.now()
        cursor = self._cursor(source.name)
        since = cursor.event_at if cursor else now
        health = Health(source.name, now, state, detail)  # ty: ignore[invalid-argument-type]
        gap = Gap(source.name, since, None, detail[:200], "open", now)
        await self._queue.put(Arrival((health, gap)))

    async def _fold_batches(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            arrivals = await self._next_batch()
            await loop.run_in_executor(self._writer, self._fold, arrivals)
            for _ in arrivals:
                self._queue.task_done()

    async def _next_batch(self) -> list[Arrival]:
        arrivals = [await self._queue.get()]
        begun, is_old = time.monotonic(), self._is_old(arrivals[0])
        while len(arrivals) < BATCH_ARRIVALS:
            apart = OLD_SECONDS if is_old else BATCH_SECONDS
            left = max(self._taken + apart, begun + TOGETHER_SECONDS) - time.monotonic()
            if left <= 0 or (self._has_ended and self._queue.empty()):
                break
            if self._queue.empty():
                await asyncio.sleep(min(left, 0.01))
            while not self._queue.empty() and len(arrivals) < BATCH_ARRIVALS:
                arrivals.append(self._queue.get_nowait())
                is_old = is_old and self._is_old(arrivals[-1])
        self._taken = time.monotonic()
        return arrivals

    def _is_old(self, arrival: Arrival) -> bool:
        return arrival.cursor is not None and arrival.cursor.event_at < self._clock.now() - OLD

    def _fold(self, arrivals: Sequence[Arrival]) -> None:
        """In the writer thread: keep the payloads, read them, fold them with the cursors."""
        if self._keep:
            self._keep(arrivals)
        records = [self._measured(record) for arrival in arrivals for record in arrival.records]
        outlived: list[str] = []
        if self._newer:
            records, outlived = self._newer.last_health(records)
        if outlived:
            self._store.keep_house(lambda db: drop_health(db, outlived))
        belongs = {post_id for arrival in arrivals for post_id in arrival.belongs}
        batch = self._digest.batch(records, self._reader, belongs)
        cursors = {arrival.cursor.source: arrival.cursor for arrival in arrivals if arrival.cursor}
        self._store.fold(dataclasses.replace(batch, cursors=tuple(cursors.values()), seen_at=self._clock.now()))
        if self._after_fold:
            self._after_fold(len(arrivals))

    def _measured(self, record: Record) -> Record:
        if isinstance(record, Health):
            return dataclasses.replace(record, queue_depth=self._queue.qsize())
        return self._newer.than_before(record) if self._newer and isinstance(record, Gap) else record

    def _cursor(self, source: str) -> Cursor | None:
        rows = self._reader.ask(
            "SELECT source, position, event_at FROM cursors WHERE source = $source", source=source
        ).to_pylist()
        return Cursor(**rows[0]) if rows else None

    async def _drained(self, folding: asyncio.Task[None]) -> None:
        joining = asyncio.create_task(self._queue.join())
        await asyncio.wait((joining, folding), return_when=asyncio.FIRST_COMPLETED)
        joining.cancel()
        if folding.done():
            folding.result()


@contextlib.contextmanager
def _rarely_collecting_garbage() -> Generator[None]:
    """Records are many, refer to nothing in circles and go when nobody holds them: to look for circles among each 700 new
    objects, as Python does, took a quarter of the time a post costs."""
    before = gc.get_threshold()
    gc.set_threshold(GARBAGE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


async def _first_failure_or_all(feeders: Sequence[asyncio.Task[None]], folding: asyncio.Task[None]) -> None:
    """Wait until all feeders are done; a failing fold (our own state is wrong) ends the wait at once, loudly."""
    waiting = set(feeders)
    while waiting:
        done, waiting = await asyncio.wait({*waiting, folding}, return_when=asyncio.FIRST_COMPLETED)
        waiting -= {folding}
        for task in done:
            task.result()
