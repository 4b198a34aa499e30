"""From a file to the lake: what waits in its outbox, its small tables, and once what stood there before it joined.

In a thread of its own, and the lake itself in a process of its own, so that nothing here holds up collecting: while PostgreSQL is away, batches
wait in the file and the state of the source ``lake`` says so. Each batch reaches the lake once: the lake itself holds the
number and mark of the last one, written in the same snapshot, and a file that finds another mark there is a copy, or came
from a backup, and goes on under a new name.
"""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pyarrow as pa

from pipelines.clock import Clock, RealClock
from pipelines.errors import CongressError
from pipelines.lake.errands import carry_out_asked
from pipelines.lake.follow import Follower
from pipelines.lake.log import in_order
from pipelines.lake.remote import RemoteLake
from pipelines.lake.stored import pages
from pipelines.lake.tables import STATES, columns_of
from pipelines.lake.upkeep import must_not_wait
from pipelines.model import Batch, Health
from pipelines.store.database import Store
from pipelines.store.outbox import OWN_SOURCE, Writer, table_from

log = logging.getLogger(__name__)

EVERY = 1.0  # seconds between two looks into the outbox
STATE_EVERY = 5.0  # seconds between two looks at the small tables
HEAR_EVERY = 15.0  # seconds between two looks for deletions that other hosts told of
RETRY_SECONDS = (1.0, 30.0)
SPAN = 300  # batches that are sent at once, when many wait
TOMBSTONES = frozenset({"deletion", "account_state"})


class Publisher:
    """Sends what a store folds to the lake until it is stopped.

    Args:
        address: the lake's PostgreSQL.
        after_page: is told how many rows went with each page of what stood in the file before.
    """

    def __init__(
        self, store: Store, address: str, clock: Clock | None = None, after_page: Callable[[int], None] | None = None
    ):
        self._store, self._address, self._clock = store, address, clock or RealClock()
        self._reader, self._after_page = store.another_reader(), after_page
        self._lake: RemoteLake | None = None
        self._urgent = False
        self._sent: dict[str, pa.Table] = {}  # the small tables as they were last sent
        self._due = {"state": 0.0, "hear": 0.0}
        self._away_since: datetime | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="lake")

    def start(self) -> Publisher:
        self._thread.start()
        return self

    def stop(self, seconds: float = 1.5) -> None:
        """Stop after what is under way; what was not sent waits in the file."""
        self._stop.set()
        self._thread.join(seconds)

    def send_all(self) -> None:
        """Join where need be, and send everything that waits, in the calling thread.

        Raises:
            LakeAway: when the lake does not answer.
        """
        lake, writer = self._joined()
        while self._send(lake, writer):
            pass
        self._send_state(lake, writer)

    def close(self) -> None:
        """Let go of the lake."""
        if self._lake:
            self._lake.close()
        self._lake = None

    def _run(self) -> None:
        wait = RETRY_SECONDS[0]
        while not self._stop.is_set():
            try:
                self._round()
                self._say_well()
                wait = RETRY_SECONDS[0]
                self._stop.wait(EVERY)
            except Exception as error:  # whatever it is, collecting goes on and what was folded waits
                self._say_away(error)
                self.close()
                self._stop.wait(wait)
                wait = min(2 * wait, RETRY_SECONDS[1])
        with contextlib.suppress(CongressError):  # what was folded at the very end; else it waits in the file
            if self._lake:
                self._send(*self._joined())
        self.close()

    def _round(self) -> None:
        lake, writer = self._joined()
        answers = carry_out_asked(self._store, lake, writer.writer, writer.name, self._clock)
        while self._send(lake, writer) and not self._stop.is_set():
            pass
        if self._urgent or answers or self._is_due("state", STATE_EVERY):
            self._send_state(lake, writer)
        for each in answers:  # behind what came of them: who asked sees it when the answer is there
            lake.answer(each)
        if self._is_due("hear", HEAR_EVERY):
            Follower(lake, self._store, TOMBSTONES, writer.writer).round()
        lake.keep(writer.writer, self._clock.now(), self._urgent)
        self._urgent = False

    def _is_due(self, what: str, every: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every
        return True

    def _joined(self) -> tuple[RemoteLake, Writer]:
        """The lake, open, and the name under which this file writes to it; all that stood in the file before is there."""
        if self._lake is None:
            lake = RemoteLake(self._address)
            try:
                self._recognise(lake)
            except BaseException:
                lake.close()
                raise
            self._lake, self._sent = lake, {}
        writer = self._writer()
        if not writer.whole:
            for tables in pages(self._reader):
                self._lake.append_next(f"{writer.writer}/stored", dict(in_order(tables)), self._clock.now())
                if self._after_page:
                    self._after_page(sum(table.num_rows for table in tables.values()))
            writer = replace(writer, whole=True)
            self._keep(writer)
        return self._lake, writer

    def _recognise(self, lake: RemoteLake) -> None:
        """Agree with the lake on the last batch that it has, or go on under a new name."""
        own = self._store.outbox.writer
        known = lake.position(own.writer) if own else None
        if own and known == (own.seq, own.mark):
            return
        if own and known and known[1] and known[1] == self._mark_of(known[0]):
            self._store.keep_house(lambda db: self._store.outbox.sent(db, *known))
            return
        seq = own.seq if own else 0
        writer, name = lake.join(self._clock.now(), seq, own.writer if own else "")
        if own:
            log.warning("the lake knows another continuation of this file, or none: it goes on there as %s", name)
        # a lake that has never seen this file lacks all that it holds; one that has, only what waits
        self._keep(Writer(writer, name, seq, "", bool(own and known and own.whole)))

    def _writer(self) -> Writer:
        own = self._store.outbox.writer
        if own is None:
            raise CongressError("this file left its lake while it was being sent there")
        return own

    def _keep(self, writer: Writer) -> None:
        self._store.keep_house(lambda db: self._store.outbox.join(db, writer))

    def _mark_of(self, seq: int) -> str | None:
        rows = self._reader.ask("SELECT mark FROM outbox WHERE seq = $seq LIMIT 1", seq=seq)
        return rows["mark"][0].as_py() if rows.num_rows else None

    def _send(self, lake: RemoteLake, writer: Writer) -> bool:
        """Send the oldest batches that wait; whether there were any."""
        rows = self._reader.ask(
            """
            SELECT seq, mark, kind, body, noted_at FROM outbox
            WHERE seq < (SELECT min(seq) FROM outbox) + $span ORDER BY seq
            """,
            span=SPAN,
        ).to_pylist()
        if not rows:
            return False
        by_kind: dict[str, list[pa.Table]] = {}
        for row in rows:
            table = table_from(row["body"])
            count = table.num_rows
            table = table.append_column("seq", pa.array([row["seq"]] * count, pa.int64()))
            table = table.append_column("folded_at", pa.array([row["noted_at"]] * count, pa.timestamp("us")))
            by_kind.setdefault(row["kind"], []).append(table)
        last = rows[-1]
        tables = {kind: whole for kind, parts in by_kind.items() if (whole := pa.concat_tables(parts)).num_rows}
        now = self._clock.now()
        lake.append(writer.writer, dict(in_order(tables)), (last["seq"], last["mark"]), now, last["noted_at"])
        self._store.keep_house(lambda db: self._store.outbox.sent(db, last["seq"], last["mark"]))
        self._urgent = self._urgent or must_not_wait(tables)
        return True

    def _send_state(self, lake: RemoteLake, writer: Writer) -> None:
        """Send the rows of the small tables that changed since they were last sent."""
        part, changed = f"{writer.writer}/state", {}
        looked: dict[str, pa.Table] = {}
        for name in STATES:
            said = ", ".join(f'"{column}"' for column in columns_of(name))
            looked[name] = self._reader.ask(f'SELECT {said} FROM "{name}"')
            if name in self._sent and looked[name].equals(self._sent[name]):
                continue
            rows = lake.changed(name, part, looked[name], self._sent.get(name))
            if rows.num_rows:
                changed[name] = rows
        if changed:
            lake.append_next(part, changed, self._clock.now())
        self._sent = looked

    def _say_well(self) -> None:
        if self._away_since is not None:
            self._away_since = None
            self._say("live", "")

    def _say_away(self, error: Exception) -> None:
        if not isinstance(error, CongressError):
            log.exception("sending to the lake failed")
        self._away_since = self._away_since or self._clock.now()
        rows = self._reader.ask(
            "SELECT count(DISTINCT seq) AS batches, min(noted_at) AS since FROM outbox"
        ).to_pylist()[0]
        why = str(error) if isinstance(error, CongressError) else f"failed: {type(error).__name__}"
        text = f"away since {self._away_since:%H:%M:%S} UTC, {rows['batches']} batches wait here; {why}"
        log.warning("%s", text)
        self._say("reconnecting", text, rows["since"])

    def _say(self, state: str, detail: str, waiting_since: datetime | None = None) -> None:
        now = self._clock.now()
        health = Health(OWN_SOURCE, now, state, detail[:300], None, now, waiting_since or now)  # ty: ignore[invalid-argument-type]
        self._store.fold(Batch(records=[health]), told=False)
