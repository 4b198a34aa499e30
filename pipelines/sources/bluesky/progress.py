"""Where one run of the Bluesky source stands: position, counts, gap; frames in, arrivals out. No network here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from pipelines.clock import Clock
from pipelines.interest import Interest
from pipelines.model import Arrival, Cursor, Gap, Health, Like, Post, Record, SourceState
from pipelines.sources.bluesky.early import Early
from pipelines.sources.bluesky.outage import Outage
from pipelines.sources.bluesky.payload import Parsed, parse
from pipelines.sources.bluesky.route import Position, Request
from pipelines.sources.server_time import complaint


class Progress:
    """What a run knows of itself.

    Args:
        position: the last event already committed, ``None`` at the very first start.
        clamped: how much later than asked the first event may be before that counts as a hole.
    """

    def __init__(
        self,
        source: str,
        interest: Interest,
        position: Position | None,
        clock: Clock,
        caught_up: timedelta,
        clamped: timedelta,
    ):
        self._source, self._interest, self._clock, self._clamped = source, interest, clock, clamped
        self._early = Early()
        self.position = position
        self.error: str | None = None  # what the server said over the stream before ending it: ConsumerTooSlow
        self._outage = Outage(source, caught_up)
        self._state: SourceState = "starting"
        self._detail = ""
        self._connected_since: datetime | None = None
        self._last_data_at: datetime | None = None
        self._received = self._dropped = self._reconnects = 0
        self._request: Request | None = None  # until the first event shows from where the server goes on
        self._outdated = False
        self._host = ""

    def resume(self, position: Position) -> Arrival:
        """A run that goes on where an earlier one was committed: what has happened since is missing."""
        now = self._clock.now()
        cause = "collector was not running"
        gaps = self._outage.resume(position.missing_from, position.event_at, cause, now)
        return self._arrival((*gaps, self._health(now)))

    def down(self, cause: str) -> Arrival:
        """Nothing comes in: the gap opens at the last event, or now if there was none."""
        now = self._clock.now()
        if self.position is None:
            self.position = Position("", None, now)
        if self._state != "starting":
            self._state = "reconnecting"
        self._detail, self._connected_since = cause, None
        return self._arrival((self._outage.begin(self.position.event_at, cause, now), self._health(now)))

    def up(self, request: Request) -> Arrival:
        """A host accepted the request."""
        now = self._clock.now()
        self._reconnects += self._host != ""
        self._request, self._outdated, self._host, self.error = request, False, request.host, None
        self._connected_since, self._detail = now, f"connected to {urlsplit(request.host).hostname}"
        self._state = "catching_up" if self._outage.gap else "live"
        return self._arrival((*self._outage.replay(now), self._health(now)))

    def place(self, frames: Sequence[bytes]) -> Arrival | None:
        """Look at the first frames of a connection until one shows from when on the server sends.

        A cursor behind the server's retention is answered by ``#info OutdatedCursor`` (v2) or silently (v1, seen by
        the first event's time): what lies between is lost for good.
        """
        now = self._clock.now()
        for raw in frames:
            parsed = parse(raw, now)
            self._outdated = self._outdated or parsed.notice == "OutdatedCursor"
            if parsed.event_at is not None and self._request is not None:
                request, self._request = self._request, None
                return self._lost(request, parsed.event_at, now)
        return None

    @property
    def is_placed(self) -> bool:
        return self._request is None

    def pass_by(self, raw: bytes) -> None:
        """A payload that concerns nothing that is known so far."""
        self._early.remember(raw)

    def take(self, raw: bytes) -> list[Arrival]:
        """The arrival of a payload that may matter, behind those that came too early to be known to matter, like its own
        deletion; what it names is followed from here on.

        Followed at once, since the deletion of a post may come in before anybody has matched the post.
        """
        now = self._clock.now()
        parsed = parse(raw, now)
        if parsed.unreadable is not None:
            self._dropped += 1
        if not parsed.records:
            return []
        self._advance(parsed)
        early = [self._arrival(parse(frame, now).records, frame, now) for frame in self._early.frames_about(parsed)]
        for record in parsed.records:
            if isinstance(record, Post):
                self._interest.follow_post(record.post_id)
                self._interest.follow_author(record.author_id)
            elif isinstance(record, Like):
                self._interest.follow_post(record.like_id)
        return [*early, self._arrival(parsed.records, raw, now)]

    def stand(self, latest: Sequence[bytes]) -> tuple[Gap, ...]:
        """Move on to the last readable of the latest frames; the gap that is filled by it, if any.

        An error among them is kept in ``error``: the server is about to close.
        """
        now = self._clock.now()
        for raw in reversed(latest):
            parsed = parse(raw, now)
            self.error = parsed.error or self.error
            if parsed.event_at is not None:
                self._advance(parsed)
                return self._reached(parsed.event_at, now)
        return ()

    def count(self, frames: int) -> None:
        """So many frames came in just now."""
        self._received += frames
        self._last_data_at = self._clock.now()

    def beat(self, records: tuple[Record, ...] = (), with_health: bool = True) -> Arrival:
        """An arrival that only says where things stand."""
        return self._arrival((*records, self._health(self._clock.now())) if with_health else records)

    def _advance(self, parsed: Parsed) -> None:
        """To the latest event seen: one that comes again, or out of order, does not move the position back."""
        if parsed.event_at is not None and (self.position is None or parsed.event_at >= self.position.event_at):
            self.position = Position(self._host, parsed.seq, parsed.event_at)

    def _reached(self, event_at: datetime, now: datetime) -> tuple[Gap, ...]:
        filled = self._outage.reach(event_at, now)
        if self._outage.gap is None:
            self._state = "live"
        return filled

    def _lost(self, request: Request, first_at: datetime, now: datetime) -> Arrival | None:
        last_at = self.position.event_at if self.position else None
        if last_at is None or first_at <= last_at:
            return None
        late = request.asked_at is not None and first_at - request.asked_at > self._clamped
        if not (late or self._outdated or request.from_tip):
            return None
        return self._arrival(self._outage.lose(last_at, first_at, "cursor too old for the server", now))

    def _arrival(
        self, records: tuple[Record, ...], raw: bytes | None = None, received_at: datetime | None = None
    ) -> Arrival:
        position = self.position
        if position and self._outage.gap:
            position = replace(position, missing_from=self._outage.gap.from_at)
        cursor = Cursor(self._source, str(position), position.event_at) if position else None
        return Arrival(records, cursor, raw, received_at)

    def _health(self, now: datetime) -> Health:
        return Health(
            source=self._source,
            seen_at=now,
            state=self._state,
            detail="; ".join(filter(None, (self._detail, complaint(self._clock)))),
            connected_since=self._connected_since,
            last_data_at=self._last_data_at,
            last_event_at=self.position.event_at if self.position else None,
            reconnect_count=self._reconnects,
            dropped_count=self._dropped,
            received_count=self._received,
        )
