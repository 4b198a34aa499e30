"""Viewers by the dozen: ``python -m dashboard.bench_screen WS_ADDRESS VIEWERS SECONDS SERVER_PID`` prints one line of JSON.

Each viewer is a websocket that speaks Streamlit's protocol as its page does: it asks for the page, keeps the timers the
server tells it to keep, and asks for a fragment at each tick. Started by ``congress bench screen``.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

RAMP = 8.0  # seconds over which viewers arrive
SETTLE = 12.0  # seconds after the last came before anything is counted: the pace has found itself by then
CACHED = 12  # messages a page keeps; larger ones come by their hash when they are the same


@dataclass
class Viewer:
    """One page: its timers, what it waits for, and what it measured while ``counting``."""

    counting: bool = False
    first: float | None = None
    waits: list[float] = field(default_factory=list)
    asked: int = 0
    answered: int = 0
    received: int = 0
    errors: int = 0
    _due: dict[str, float] = field(default_factory=dict)
    _drawn: set[str] = field(default_factory=set)
    _timers: dict[str, tuple[float, asyncio.Task[None]]] = field(default_factory=dict)
    _cache: dict[str, str] = field(default_factory=dict)

    async def watch(self, address: str) -> None:
        """Open the page and keep it open until cancelled."""
        started = time.perf_counter()
        async with connect(
            f"{address}/_stcore/stream",
            subprotocols=[Subprotocol("streamlit")],
            max_size=None,
            compression=None,
            ping_interval=None,
        ) as socket:
            try:
                await socket.send(self._question())
                async for raw in socket:
                    self.received += len(raw)
                    self._take(ForwardMsg.FromString(raw), socket, started)
            except ConnectionClosed:
                self.errors += 1
            finally:
                for _, timer in self._timers.values():
                    timer.cancel()

    def _question(self, fragment: str = "") -> bytes:
        asked = BackMsg()
        script = asked.rerun_script
        script.fragment_id, script.is_auto_rerun = fragment, bool(fragment)
        script.context_info.timezone = "Europe/Madrid"
        script.cached_message_hashes.extend(self._cache)
        return asked.SerializeToString()

    def _take(self, message: ForwardMsg, socket: ClientConnection, started: float) -> None:
        kind = message.WhichOneof("type")
        if kind == "delta":
            self._draw(message)
        elif kind == "ref_hash":
            self._drawn.add(self._cache.get(message.ref_hash, ""))
        elif kind == "auto_rerun":
            self._keep_timer(message.auto_rerun.fragment_id, message.auto_rerun.interval, socket)
        elif kind == "stop_auto_rerun":
            for fragment in message.stop_auto_rerun.fragment_ids:
                kept = self._timers.pop(fragment, None)
                if kept:
                    kept[1].cancel()
        elif kind == "script_finished":
            self._finish(started)

    def _draw(self, message: ForwardMsg) -> None:
        self._drawn.add(message.delta.fragment_id)
        element = message.delta.new_element
        self.errors += message.delta.WhichOneof("type") == "new_element" and element.WhichOneof("type") == "exception"
        if message.metadata.cacheable:
            self._cache[message.hash] = message.delta.fragment_id
            while len(self._cache) > CACHED:
                self._cache.pop(next(iter(self._cache)))

    def _finish(self, started: float) -> None:
        """A run ended: what was due and is drawn now has been answered."""
        now = time.perf_counter()
        if self.first is None and len(self._drawn) > 1:
            self.first = now - started
        for fragment in self._drawn & self._due.keys():
            wait = now - self._due.pop(fragment)
            if self.counting:
                self.waits.append(wait)
                self.answered += 1
        self._drawn.clear()

    def _keep_timer(self, fragment: str, interval: float, socket: ClientConnection) -> None:
        kept = self._timers.get(fragment)
        if kept and kept[0] == interval:
            return
        if kept:
            kept[1].cancel()
        self._timers[fragment] = (interval, asyncio.create_task(self._tick(fragment, interval, socket)))

    async def _tick(self, fragment: str, interval: float, socket: ClientConnection) -> None:
        due = time.perf_counter()
        with contextlib.suppress(ConnectionClosed):
            while True:
                due += interval
                await asyncio.sleep(max(0.0, due - time.perf_counter()))
                self._due.setdefault(fragment, time.perf_counter())
                self.asked += self.counting
                await socket.send(self._question(fragment))


async def measure(address: str, number: int, seconds: float, server: int) -> dict[str, float]:
    """Figures of ``number`` viewers over ``seconds``; times in milliseconds, first pictures in seconds."""
    viewers = [Viewer() for _ in range(number)]
    watching = []
    for each in viewers:
        watching.append(asyncio.create_task(each.watch(address)))
        await asyncio.sleep(RAMP / number)
    await asyncio.sleep(SETTLE)
    before, used, received = time.perf_counter(), cpu_seconds(server), sum(each.received for each in viewers)
    for each in viewers:
        each.counting = True
    await asyncio.sleep(seconds)
    for each in viewers:
        each.counting = False
    spent, used = time.perf_counter() - before, cpu_seconds(server) - used
    received = sum(each.received for each in viewers) - received
    for task in watching:
        task.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    return {
        "cpu_percent_of_a_core": round(100 * used / spent),
        **_summary(viewers, spent),
        "kB_a_second_each": round(received / spent / number / 1000, 1),
    }


def _summary(viewers: list[Viewer], seconds: float) -> dict[str, float]:
    waits = sorted(wait for each in viewers for wait in each.waits)
    asked, answered = sum(each.asked for each in viewers), sum(each.answered for each in viewers)
    first = [each.first for each in viewers if each.first is not None]
    return {
        "p50_ms": round(1000 * statistics.median(waits)) if waits else -1,
        "p95_ms": round(1000 * waits[int(0.95 * (len(waits) - 1))]) if waits else -1,
        "ticks_answered_percent": round(100 * min(1.0, answered / asked)) if asked else 0,
        "ticks_a_second_each": round(asked / len(viewers) / seconds, 2),
        "first_picture_s": round(statistics.median(first), 2) if first else -1,
        "slowest_first_picture_s": round(max(first), 2) if first else -1,
        "errors": sum(each.errors for each in viewers),
    }


def cpu_seconds(process: int) -> float:
    """Processor time a process has used so far, of all its threads; 0 where the system does not tell."""
    try:
        told = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    address, number, seconds, server = sys.argv[1:]
    figures = asyncio.run(measure(address, int(number), float(seconds), int(server)))
    sys.stdout.write(json.dumps(figures) + "\n")
