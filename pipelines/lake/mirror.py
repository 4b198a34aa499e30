"""A host without sources: its file follows the lake, and is asked as a collector's is - the same reads, the same pages."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from pipelines.access import Person
from pipelines.clock import Clock, RealClock
from pipelines.commands import COMMANDS
from pipelines.errors import CongressError, LakeAway, UsageError
from pipelines.keeping import keep_house_for_ever
from pipelines.lake.chosen import keep_to
from pipelines.lake.errands import ask_for, exchange, heard
from pipelines.lake.follow import Follower
from pipelines.lake.remote import RemoteLake
from pipelines.launch import DATABASE
from pipelines.model import Batch, Health
from pipelines.store.client import Underway
from pipelines.store.database import Store
from pipelines.store.outbox import OWN_SOURCE
from pipelines.store.requests import ANSWERED, Answer
from pipelines.store.serve import ReadService, serving

log = logging.getLogger(__name__)

EVERY = 0.5  # seconds between two looks into the lake
SAY_EVERY = 5.0  # seconds after which the mirror says anew that it follows
RETRY_SECONDS = (1.0, 15.0)
ANSWER_SECONDS = 10.0  # how long somebody who asked for something waits for the answer
AWAY_SECONDS = 1.0  # the same while the lake is known to be away
LOOK = 0.1  # seconds between two looks for the answer


class MirrorService(ReadService):
    """Answers as a collector's does; words that change what hosts share are carried out by the host that collects."""

    following: Mirror

    async def do(self, name: str, params: dict[str, str], person: Person) -> Underway | None:
        """Carry out a named command for a person, or have it carried out; what is on its way when no answer came in time.

        Raises:
            UsageError: also for what the other host refused.
            NotAllowed: as everywhere.
        """
        command = COMMANDS.get(name)
        if command is None or not command.travels:
            return await super().do(name, params, person)
        asked = await asyncio.to_thread(ask_for, self.store, name, params, person, self.real.now())
        self.following.wake()
        until = time.monotonic() + (AWAY_SECONDS if self.following.is_away else ANSWER_SECONDS)
        while (row := await asyncio.to_thread(_state_of, self.store, asked.id))["state"] not in ANSWERED:
            if time.monotonic() > until:
                return Underway(asked.id, ON_ITS_WAY[row["state"]])
            await asyncio.sleep(LOOK)
        if row["state"] == "refused":
            where = f"{row['answered_by']} refused it: " if row["answered_by"] else ""
            raise UsageError(f"{where}{row['said']}")
        return None


ON_ITS_WAY = {
    "sent": "Sent; the collector's host carries it out as soon as it can be reached.",
    "waiting": "Kept here: it is sent as soon as the lake can be reached, and the collector's host carries it out.",
}


def _state_of(store: Store, request_id: str) -> dict[str, str]:
    asked = "SELECT state, said, answered_by FROM requests WHERE id = $request_id"
    return store.reader.ask(asked, request_id=request_id).to_pylist()[0]


class Mirror:
    """Follows a lake in a thread until it is stopped; while the lake is away, what is known stays on screen.

    Args:
        congresses: what concerns others than these alone is left out; empty is all.

    Raises:
        UsageError: when the store follows other congresses already.
    """

    def __init__(self, store: Store, address: str, clock: Clock, congresses: Collection[str] = ()):
        self._store, self._address, self._clock, self._congresses = store, address, clock, congresses
        keep_to(store, congresses, clock.now())
        self._lake: RemoteLake | None = None
        self._follower: Follower | None = None
        self._away_since: datetime | None = None
        self._said_at: datetime | None = None
        self._unsent = ""
        self._stop, self._woken = threading.Event(), threading.Event()

    def run(self) -> None:
        """Follow until ``stop``."""
        wait = RETRY_SECONDS[0]
        while not self._stop.is_set():
            try:
                told = self.round()
                wait = RETRY_SECONDS[0]
                self._rest(0 if told else EVERY)
            except Exception as error:  # whatever it is, the reads go on
                self._say_away(error)
                self._close()
                self._rest(wait)
                wait = min(2 * wait, RETRY_SECONDS[1])
        self._close()

    def stop(self) -> None:
        """Stop after what is under way."""
        self._stop.set()
        self.wake()

    def wake(self) -> None:
        """Look at once: there is something to send."""
        self._woken.set()

    @property
    def is_away(self) -> bool:
        """Whether the lake did not answer when it was last asked."""
        return self._away_since is not None

    def _rest(self, seconds: float) -> None:
        self._woken.wait(seconds)
        self._woken.clear()

    def round(self) -> datetime | None:
        """Take in what is new; when the newest of it was published, None where there was nothing.

        Raises:
            LakeAway: when the lake does not answer.
        """
        if self._lake is None or self._follower is None:
            self._lake = RemoteLake(self._address)
            self._follower = Follower(self._lake, self._store, congresses=self._congresses)
        answers = self._answers(self._lake)
        told = self._follower.round()  # first what came of it, then the answer
        heard(self._store, answers)
        self._say_well(told)
        return told

    def _answers(self, lake: RemoteLake) -> list[Answer]:
        """Send what was asked for here and hear what became of it; where this host may only read, following goes on."""
        try:
            self._unsent, answers = "", exchange(self._store, lake)
        except LakeAway as error:
            self._unsent = f"what was asked for here cannot be sent: {error}"
            return []
        return answers

    def _close(self) -> None:
        if self._lake:
            self._lake.close()
        self._lake = self._follower = None

    def _say_well(self, told: datetime | None) -> None:
        now = self._clock.now()
        if self._away_since is None and self._said_at and (now - self._said_at).total_seconds() < SAY_EVERY:
            return
        self._away_since, self._said_at = None, now
        self._say("live", self._unsent, told or now)

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


async def mirror(data: Path, address: str, congresses: Collection[str] = ()) -> None:
    """Follow a lake, all of it or some congresses, into a data directory and serve its reads, until cancelled.

    Raises:
        UsageError: when the directory follows other congresses already.
    """
    clock = RealClock()
    with Store(data / DATABASE) as store:
        service = MirrorService(store, clock)
        service.following = following = Mirror(store, address, clock, congresses)
        thread = threading.Thread(target=following.run, daemon=True, name="mirror")
        thread.start()
        rounds = asyncio.create_task(keep_house_for_ever(store, (), clock))
        try:
            async with serving(service, data):
                while thread.is_alive():
                    await asyncio.sleep(1.0)
        finally:
            following.stop()
            rounds.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(rounds, return_exceptions=True)
            await asyncio.to_thread(thread.join, 1.5)
