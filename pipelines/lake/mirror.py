"""A host without sources: its file follows the lake, and is asked as a collector's is - the same reads, the same pages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from datetime import datetime
from pathlib import Path

from pipelines.access import Person
from pipelines.clock import Clock, RealClock
from pipelines.commands import COMMANDS
from pipelines.errors import CongressError, NotAllowed
from pipelines.keeping import keep_house_for_ever
from pipelines.lake.follow import Follower
from pipelines.lake.remote import RemoteLake
from pipelines.launch import DATABASE
from pipelines.model import Batch, Health
from pipelines.store.database import Store
from pipelines.store.outbox import OWN_SOURCE
from pipelines.store.serve import ReadService, serving

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks into the lake
SAY_EVERY = 5.0  # seconds after which the mirror says anew that it follows
RETRY_SECONDS = (1.0, 15.0)
OWN = frozenset({"backup"})  # commands that change nothing of what is shared


class MirrorService(ReadService):
    """Answers as a collector's does, and takes no word that would stay on this host alone."""

    hosts: str = "the collector's host"

    async def do(self, name: str, params: dict[str, str], person: Person) -> None:
        """Carry out a named command for a person.

        Raises:
            NotAllowed: for what belongs on a collector.
        """
        command = COMMANDS.get(name)
        if command and command.writes and name not in OWN:
            raise NotAllowed(
                f"this dashboard is a mirror: corrections, decisions and deletions are made on {self.hosts}"
            )
        await super().do(name, params, person)


class Mirror:
    """Follows a lake in a thread until it is stopped; while the lake is away, what is known stays on screen."""

    def __init__(self, store: Store, address: str, clock: Clock):
        self._store, self._address, self._clock = store, address, clock
        self._lake: RemoteLake | None = None
        self._follower: Follower | None = None
        self._away_since: datetime | None = None
        self._said_at: datetime | None = None
        self._stop = threading.Event()
        self.hosts: tuple[str, ...] = ()

    def run(self) -> None:
        """Follow until ``stop``."""
        wait = RETRY_SECONDS[0]
        while not self._stop.is_set():
            try:
                told = self.round()
                wait = RETRY_SECONDS[0]
                self._stop.wait(0 if told else EVERY)
            except Exception as error:  # whatever it is, the reads go on
                self._say_away(error)
                self._close()
                self._stop.wait(wait)
                wait = min(2 * wait, RETRY_SECONDS[1])
        self._close()

    def stop(self) -> None:
        """Stop after what is under way."""
        self._stop.set()

    def round(self) -> datetime | None:
        """Take in what is new; when the newest of it was published, None where there was nothing.

        Raises:
            LakeAway: when the lake does not answer.
        """
        if self._lake is None or self._follower is None:
            self._lake = RemoteLake(self._address)
            self._follower = Follower(self._lake, self._store)
        told = self._follower.round()
        if told or not self.hosts:
            self.hosts = tuple(dict.fromkeys(each.name for each in self._lake.hosts().values()))
        self._say_well(told)
        return told

    def _close(self) -> None:
        if self._lake:
            self._lake.close()
        self._lake = self._follower = None

    def _say_well(self, told: datetime | None) -> None:
        now = self._clock.now()
        if self._away_since is None and self._said_at and (now - self._said_at).total_seconds() < SAY_EVERY:
            return
        self._away_since, self._said_at = None, now
        self._say("live", "", told or now)

    def _say_away(self, error: Exception) -> None:
        if not isinstance(error, CongressError):
            log.exception("following the lake failed")
        first = self._away_since is None
        self._away_since = self._away_since or self._clock.now()
        why = str(error) if isinstance(error, CongressError) else f"failed: {type(error).__name__}"
        if first:
            log.warning("%s", why)
        self._say("reconnecting", f"away since {self._away_since:%H:%M:%S} UTC; {why}", self._away_since)

    def _say(self, state: str, detail: str, upto: datetime) -> None:
        now = self._clock.now()
        health = Health(OWN_SOURCE, now, state, detail[:300], None, now, upto)  # ty: ignore[invalid-argument-type]
        self._store.fold(Batch(records=[health]), told=False)


async def mirror(data: Path, address: str) -> None:
    """Follow a lake into a data directory and serve its reads, until cancelled."""
    clock = RealClock()
    with Store(data / DATABASE) as store:
        service = MirrorService(store, clock)
        following = Mirror(store, address, clock)
        thread = threading.Thread(target=following.run, daemon=True, name="mirror")
        thread.start()
        rounds = asyncio.create_task(keep_house_for_ever(store, (), clock))
        try:
            async with serving(service, data):
                while thread.is_alive():
                    service.hosts = " or ".join(following.hosts) or MirrorService.hosts
                    await asyncio.sleep(1.0)
        finally:
            following.stop()
            rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(rounds, return_exceptions=True)
            await asyncio.to_thread(thread.join, 1.5)
