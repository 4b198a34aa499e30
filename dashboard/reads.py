"""The one door to data: one thread asks the owner of the database, all viewers look at what it brought.

A page says what it wants to know as a few ``Ask``s. The hub asks each of them once for the whole process,
however many people watch, and swaps in a new immutable ``Snapshot``. No viewer ever waits for a query, and
when the owner goes away the last good picture stays, with the moment it was taken.

The owner says when something new was committed (``clock`` with ``after``). What must not wait (``AT_ONCE``) is asked then,
and shown as soon as it is there. The rest takes turns in a thread of its own, each at most every ``PERIOD`` seconds and
rarer the dearer it is, so that a post is on the screen within a second of its commit and the owner has time left to
collect. What is asked of a past moment comes last and is seldom asked again: only a deletion, a correction or a late
arrival can change it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

import pyarrow as pa

from dashboard.asks import ALWAYS, Ask
from dashboard.snapshot import Answer, Sight, Snapshot
from pipelines.access import Person
from pipelines.errors import ReadsUnavailable
from pipelines.store.client import Underway

LOOK = 0.1  # seconds at least between two looks at the owner's version
PERIOD = 2.0  # seconds before an answer is asked for again, unless it must not wait
PATIENT = 0.5  # seconds that a look lasts while nothing is committed
BEAT = 1.0  # seconds after which there is a new snapshot although nothing changed: the clock goes on
# reads that show a post the moment it is committed; an answer that took one second is asked for again after so many
AT_ONCE = {"newest_posts": 1.5, "overview": 5.0}
INTEREST = 30.0  # seconds an ask is kept fresh after the last viewer looked
PATIENCE = 3.0  # seconds a first look may wait for its tables
SHARE = 6  # an answer that took one second is asked for again after six: no read keeps the owner busy
LONGEST_REST = 30.0  # seconds, however long an answer took
PAST_REST = 10.0  # seconds before a past moment is asked again, and only if something was committed since

log = logging.getLogger(__name__)


class Reader(Protocol):
    """Whoever answers named reads; ``pipelines.store.client.OwnerClient`` in production."""

    def read(self, name: str, **params: Any) -> pa.Table: ...

    def do(self, name: str, person: Person, /, **params: Any) -> Underway | None: ...


class Hub:
    """The threads that ask, and the snapshot they last brought. One a process."""

    def __init__(self, reader: Reader, period: float = PERIOD):
        self._reader, self._period = reader, period
        self._wanted: dict[Ask, float] = {}
        self._answers: dict[Ask, Answer] = {}
        self._failed: dict[Ask, str] = {}
        self._failed_at: dict[Ask, float] = {}
        self._clock: Mapping[str, Any] | None = None
        self._is_fresh = False  # something came that no snapshot shows yet
        self._rest_until = 0.0  # monotonic seconds: what can wait leaves the owner half of the time
        self._acted = 0.0  # monotonic seconds: when somebody here changed something
        self._changed = threading.Condition()
        self._stopped = False
        self.snapshot: Snapshot | None = None
        self.error: str | None = None
        threading.Thread(target=self._loop, daemon=True, name="snapshots").start()
        threading.Thread(target=self._fill, daemon=True, name="answers").start()

    def look(self, wanted: Iterable[Ask], patience: float = PATIENCE) -> Sight:
        """The newest snapshot. Waits at most ``patience`` seconds for asks nobody had before."""
        wanted = tuple(wanted)
        with self._changed:
            self._wanted.update(dict.fromkeys(wanted, time.monotonic()))
            if not self._ready(wanted):
                self._changed.notify_all()
                self._changed.wait_for(lambda: self._ready(wanted), patience)
            complete = self.snapshot is not None and self.snapshot.has(wanted)
            return Sight(self.snapshot, self.error, complete)

    @property
    def reader(self) -> Reader:
        """Whoever answers, for long work that asks in a thread of its own."""
        return self._reader

    def do(self, name: str, person: Person, /, **params: Any) -> Underway | None:
        """Carry out a named command for a person (``pipelines/commands.py``); what it changes comes with the next snapshots.

        None when it is done; on a mirror, what is on its way to the host that collects.

        Raises:
            CongressError: when the owner refuses or does not answer.
        """
        underway = self._reader.do(name, person, **params)
        if not name.startswith("note_"):  # whoever changes something sees it at once
            with self._changed:
                self._acted, self._rest_until = time.monotonic(), 0.0
                self._changed.notify_all()
        return underway

    def stop(self) -> None:
        """Ask no more."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _ready(self, wanted: tuple[Ask, ...]) -> bool:
        found, failed = self.snapshot, self.error is not None
        return failed or (found is not None and all(a in found.answers or a in found.failed for a in wanted))

    def _loop(self) -> None:
        """Look whether there is something new, and ask for what must not wait."""
        while not self._stopped:
            started = time.monotonic()
            self._guarded(lambda started=started: self._tick(started))
            with self._changed:
                self._changed.notify_all()
                left = min(LOOK, self._period) - (time.monotonic() - started)
                self._changed.wait_for(lambda: self._stopped or self._unanswered(_at_once), max(0.02, left))

    def _fill(self) -> None:
        """Ask for what can wait, one after the other."""
        while not self._stopped:
            self._guarded(self._ask_next)
            with self._changed:
                resting = self._rest_until - time.monotonic()
                patience = resting if 0 < resting < LOOK else LOOK
                self._changed.wait_for(lambda: self._stopped or self._next() is not None, patience)

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except ReadsUnavailable as error:
            self.error = str(error) or "the collector does not answer"
        except Exception:  # the threads must outlive whatever an answer holds; the log has the traceback
            log.exception("could not build a snapshot")
            self.error = "the collector's answer could not be read"

    def _unanswered(self, kind: Callable[[Ask], bool]) -> bool:
        """Whether somebody waits for an ask of this kind that was never put; not while the owner is away."""
        if self.error is not None or self._clock is None:
            return False
        return any(kind(one) and one not in self._answers and one not in self._failed for one in self._wanted)

    def _tick(self, started: float) -> None:
        before = self._clock
        # a look lasts until something is committed, so that news is known the moment it is there
        after = {} if before is None or self.error is not None else {"after": before["version"], "patience": PATIENT}
        self._clock = self._reader.read("clock", **after).to_pylist()[0]
        with self._changed:
            self._is_fresh |= self.error is not None
            self._wanted = {a: t for a, t in self._wanted.items() if started - t < INTEREST}
            self._failed_at = {a: t for a, t in self._failed_at.items() if started - t < INTEREST}
            wanted = [*dict.fromkeys((*ALWAYS, *self._wanted))]
            self._answers = {one: self._answers[one] for one in wanted if one in self._answers}
            self._failed = {one: self._failed[one] for one in wanted if one in self._failed}
            self._changed.notify_all()
        for one in sorted(filter(_at_once, wanted), key=lambda one: AT_ONCE[one.read]):
            if not self._rests(one):
                self._ask(one)
                self._publish()
        self._publish()
        self.error = None

    def _ask_next(self) -> None:
        """Put the ask whose turn it is, if there is one, and show its answer."""
        one = self._next()
        if one is None:
            return
        old, began = self._answers.get(one), time.monotonic()
        self._ask(one)
        if old is not None and old.asked >= self._acted:
            ended = time.monotonic()
            self._rest_until = ended + min(ended - began, self._period)
        self._publish()

    def _next(self) -> Ask | None:
        """What can wait and is due, the first by ``_turn``."""
        if self.error is not None or self._clock is None:
            return None
        waiting = [one for one in (*ALWAYS, *self._wanted) if not _at_once(one)]
        if time.monotonic() < self._rest_until:
            waiting = [one for one in waiting if one not in self._answers]
        return min((one for one in waiting if not self._rests(one)), key=self._turn, default=None)

    def _ask(self, one: Ask) -> None:
        clock = self._clock or {}
        try:
            answer = self._put(one, clock["now"], int(clock["version"]))
        except Exception as error:  # one broken read must not take the others down
            if isinstance(error, ReadsUnavailable):
                self._reader.read("clock")  # raises too, if it is not this read but the owner
            log.exception("read %s failed", one.read)
            with self._changed:
                self._failed[one], self._failed_at[one] = f"{one.read}: {error}", time.monotonic()
                self._is_fresh = True
        else:
            with self._changed:
                self._answers[one] = answer
                self._failed.pop(one, None)
                self._is_fresh = True

    def _publish(self) -> None:
        """Swap in a snapshot of all answers there are, unless the last one is of the same and young."""
        with self._changed:
            clock, last = self._clock, self.snapshot
            if clock is None:
                return
            version = int(clock["version"])
            if last and not self._is_fresh and last.version == version and time.monotonic() - last.built < BEAT:
                return
            kept, broken = MappingProxyType(dict(self._answers)), MappingProxyType(dict(self._failed))
            self._is_fresh = False
            speed, begun, number = float(clock["speed"]), clock.get("started_at"), last.number + 1 if last else 1
            self.snapshot = Snapshot(number, clock["now"], speed, begun, kept, broken, time.monotonic(), version)
            self._changed.notify_all()

    def _turn(self, one: Ask) -> tuple[int, float]:
        """What was never answered comes first, then what was answered longest ago.

        Past moments come after all that, the one last looked at before those that were left behind.
        """
        old = self._answers.get(one)
        if one.moment is None:
            return 0, old.asked if old else 0.0
        return (2, old.asked) if old else (1, -self._wanted.get(one, 0.0))

    def _rests(self, one: Ask) -> bool:
        """Whether an ask is left alone this time: its answer will do, or it failed a moment ago."""
        version = int(self._clock["version"]) if self._clock else 0
        if one in self._failed:
            return time.monotonic() - self._failed_at.get(one, 0.0) < self._period
        old = self._answers.get(one)
        if old is None or old.asked < self._acted:
            return False
        if one.moment is not None:
            rest = max(PAST_REST, min(SHARE * old.took, LONGEST_REST))
            return version == old.version or time.monotonic() - old.asked < rest
        if _at_once(one):
            return old.still_good(version, min(AT_ONCE[one.read] * old.took, LONGEST_REST))
        return old.still_good(version, max(self._period, min(SHARE * old.took, LONGEST_REST)))

    def _put(self, one: Ask, now: datetime, version: int) -> Answer:
        now = one.moment or now
        asked = time.monotonic()
        table = self._reader.read(one.read, **one.told(now))
        return Answer(table, now, asked, time.monotonic() - asked, version)


def _at_once(one: Ask) -> bool:
    return one.moment is None and one.read in AT_ONCE


def connect() -> Reader:
    """The owner's client for the data directory in ``CONGRESS_DATA`` (default ``data``)."""
    from pipelines.store.client import OwnerClient

    return OwnerClient(Path(os.environ.get("CONGRESS_DATA", "data")))


_hub: Hub | None = None
_lock = threading.Lock()


def hub() -> Hub:
    """The process's hub, started at the first call."""
    global _hub
    with _lock:
        if _hub is None:
            _hub = Hub(connect(), PERIOD)
        return _hub


def close() -> None:
    """Stop the process's hub, if there is one; the next ``hub()`` starts anew."""
    global _hub
    with _lock:
        if _hub is not None:
            _hub.stop()
        _hub = None
