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
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from dashboard import access
from pipelines.access import Person, PersonRole
from pipelines.errors import ReadsUnavailable
from pipelines.store.client import Underway

LOOK = 0.1  # seconds at least between two looks at the owner's version
PERIOD = 2.0  # seconds before an answer is asked for again, unless it must not wait
PATIENT = 0.5  # seconds that a look lasts while nothing is committed
BEAT = 1.0  # seconds after which there is a new snapshot although nothing changed: the clock goes on
AT_ONCE = ("newest_posts", "overview")  # reads that show a post the moment it is committed
INTEREST = 30.0  # seconds an ask is kept fresh after the last viewer looked
REFRESH = 10.0  # seconds after which an ask is repeated although nothing was committed: windows slide
PATIENCE = 3.0  # seconds a first look may wait for its tables
SHARE = 6  # an answer that took one second is asked for again after six: no read keeps the owner busy
SHARE_AT_ONCE = 2  # the same for what must not wait
LONGEST_REST = 30.0  # seconds, however long an answer took
PAST_REST = 10.0  # seconds before a past moment is asked again, and only if something was committed since

log = logging.getLogger(__name__)
T = TypeVar("T")


class Reader(Protocol):
    """Whoever answers named reads; ``pipelines.store.client.OwnerClient`` in production."""

    def read(self, name: str, **params: Any) -> pa.Table: ...

    def do(self, name: str, person: Person, /, **params: Any) -> Underway | None: ...


@dataclass(frozen=True, slots=True)
class Span:
    """The time up to now that an ask covers, in whole buckets: the last ``minutes``, or all since a moment (naive UTC)."""

    minutes: int
    bucket_minutes: int
    since: datetime | None = None

    def bounds(self, now: datetime) -> tuple[datetime, datetime]:
        """Start and end (naive UTC): whole buckets, the last one holding ``now``."""
        bucket = timedelta(minutes=self.bucket_minutes)
        end = _floor(now, bucket) + bucket
        start = end - timedelta(minutes=self.minutes) if self.since is None else _floor(self.since, bucket)
        return min(start, end - bucket), end


def _floor(at: datetime, bucket: timedelta) -> datetime:
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // bucket * bucket


@dataclass(frozen=True, slots=True)
class Ask:
    """A named read with its parameters; with a ``span``, start and end follow the owner's clock.

    ``sight`` is the role it is asked in: a viewer's and a reviewer's answers are never mixed up. ``moment`` (naive UTC)
    asks how things stood then; without one they are asked for as they stand.
    """

    read: str
    params: tuple[tuple[str, Any], ...] = ()
    span: Span | None = None
    sight: PersonRole = "viewer"
    moment: datetime | None = None

    def as_it_stood(self, moment: datetime) -> Ask:
        """The same question of a past moment; a moment it names itself is kept where it is earlier."""
        own = {name: min(value, moment) if name == "as_of" else value for name, value in self.params}
        return replace(self, params=tuple(own.items()), moment=moment)


def ask(read: str, span: Span | None = None, **params: Any) -> Ask:
    """An ask in the role of whoever looks at the page; equal words make equal asks, so that viewers share answers."""
    return Ask(read, tuple(sorted(params.items())), span, access.asks_as(read))


TIMELESS = ("audit", "congresses", "health", "requests", "sessions")  # reads that take no ``as_of``
CONGRESSES, HEALTH = Ask("congresses"), Ask("health")
COLLECTION = Ask("collection")  # what stands in for health, which keeps no past
ALWAYS = (CONGRESSES, HEALTH)


def always(moment: datetime | None) -> tuple[Ask, ...]:
    """What every page asks for, now or as of a past moment (naive UTC)."""
    return ALWAYS if moment is None else (*ALWAYS, COLLECTION.as_it_stood(moment))


@dataclass(frozen=True, slots=True)
class Answer:
    """A table, its moment (owner's clock, or the past one asked for; naive UTC), when it was asked (monotonic seconds),
    how long that took, at which version."""

    table: pa.Table
    now: datetime
    asked: float
    took: float
    version: int
    made: dict[Any, Any] = field(default_factory=dict)

    def still_good(self, version: int, rest: float) -> bool:
        """Whether it need not be asked again: it is younger than ``rest`` seconds, or nothing was committed since."""
        age = time.monotonic() - self.asked
        return age < rest or (version == self.version and age < REFRESH)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What ``make`` returns, made once for all viewers as long as this answer stands."""
        if key not in self.made:
            self.made[key] = make()  # two threads may both make it; they make the same
        return self.made[key]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the owner knew at ``now``. Immutable, but that answers keep what was drawn of them.

    ``number`` rises with every snapshot; ``now`` is the owner's clock (naive UTC), ``speed`` how fast it runs.
    """

    number: int
    now: datetime
    speed: float
    started_at: datetime | None
    answers: Mapping[Ask, Answer]
    failed: Mapping[Ask, str]
    built: float
    version: int

    def __getitem__(self, wanted: Ask) -> pa.Table:
        return self.answers[wanted].table

    def rows(self, wanted: Ask) -> list[dict[str, Any]] | None:
        """The answer's rows, made once for all viewers - so leave them as they are; ``None`` where there is no answer."""
        found = self.answers.get(wanted)
        return None if found is None else found.once("rows", found.table.to_pylist)

    def has(self, wanted: Iterable[Ask]) -> bool:
        """Whether every ask has an answer, perhaps an older one."""
        return all(a in self.answers for a in wanted)

    def as_it_stood(self, moment: datetime) -> Snapshot:
        """The picture of a past moment (naive UTC): a page that draws it need not know that it is one."""
        answers = dict(self.answers)
        answers.pop(HEALTH, None)
        if then := answers.get(COLLECTION.as_it_stood(moment)):
            answers[HEALTH] = then
        return replace(self, now=moment, answers=MappingProxyType(answers))


@dataclass(frozen=True, slots=True)
class Sight:
    """What a viewer sees: the newest snapshot (``None`` before the first), and why there is no newer one."""

    snapshot: Snapshot | None
    error: str | None
    complete: bool  # the snapshot answers everything that was asked


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
        for one in sorted(filter(_at_once, wanted), key=lambda one: AT_ONCE.index(one.read)):
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
            return old.still_good(version, min(SHARE_AT_ONCE * old.took, LONGEST_REST))
        return old.still_good(version, max(self._period, min(SHARE * old.took, LONGEST_REST)))

    def _put(self, one: Ask, now: datetime, version: int) -> Answer:
        params, now = dict(one.params), one.moment or now
        if one.read not in TIMELESS:
            params.setdefault("as_of", now)  # one moment for the whole picture, however fast the clock runs
        if one.span:
            params["start"], params["end"] = one.span.bounds(now)
        if one.sight != "viewer":
            params["sight"] = one.sight
        asked = time.monotonic()
        table = self._reader.read(one.read, **params)
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
