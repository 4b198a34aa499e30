"""A blocking stream loop in a thread of its own, its events in asyncio: one bounded queue between them."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import threading
from collections.abc import AsyncGenerator, Callable

from pipelines.sources.x.stream import Event, StreamLoop

_QUEUE = 200  # chunks; a full queue makes the thread wait, and X sees a slow reader
_PATIENCE = 2.0  # seconds for the thread to end once it was told to
Emit = Callable[[Event], None]


class Streaming:
    """Runs the loop that ``make`` builds around an ``emit``; ``reconnect`` cuts its present connection."""

    def __init__(self, make: Callable[[Emit], StreamLoop]):
        self._asyncio = asyncio.get_running_loop()
        self._queue: asyncio.Queue[Event | BaseException | None] = asyncio.Queue(_QUEUE)
        self._stream = make(self._put)
        self._thread = threading.Thread(target=self._run, name="x-stream", daemon=True)

    def reconnect(self) -> None:
        self._stream.reconnect()

    async def events(self) -> AsyncGenerator[Event, None]:
        """Events until the loop ends by itself; a bug in the loop is raised here."""
        self._thread.start()
        try:
            while True:
                event = await self._queue.get()
                if event is None:
                    return
                if isinstance(event, BaseException):
                    raise event
                yield event
        finally:
            self._stream.stop()
            await self._ended()

    def _run(self) -> None:
        try:
            self._stream.run()
        except BaseException as bug:  # told in asyncio, where it is seen
            self._put(bug)
        else:
            self._put(None)

    def _put(self, event: Event | BaseException | None) -> None:
        """Called in the thread; waits while the queue is full. Nobody listens once asyncio has gone."""
        with contextlib.suppress(RuntimeError, concurrent.futures.CancelledError):
            asyncio.run_coroutine_threadsafe(self._queue.put(event), self._asyncio).result()

    async def _ended(self) -> None:
        """Make room until the thread has ended; a read that cannot be cut ends by its time-out."""
        until = self._asyncio.time() + _PATIENCE
        while self._thread.is_alive() and self._asyncio.time() < until:
            while not self._queue.empty():
                self._queue.get_nowait()
            await asyncio.sleep(0.005)
