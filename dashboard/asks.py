"""What a page says it wants to know: named reads with their parameters, over a span of time or of a past moment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from dashboard import access
from pipelines.access import PersonRole

TIMELESS = ("audit", "congresses", "health", "requests", "sessions")  # reads that take no ``as_of``


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

    def told(self, now: datetime) -> dict[str, Any]:
        """The parameters of the read, as of ``now`` (naive UTC): one moment for the whole picture, however fast the clock."""
        params = dict(self.params)
        if self.read not in TIMELESS:
            params.setdefault("as_of", now)
        if self.span:
            params["start"], params["end"] = self.span.bounds(now)
        if self.sight != "viewer":
            params["sight"] = self.sight
        return params


def ask(read: str, span: Span | None = None, **params: Any) -> Ask:
    """An ask in the role of whoever looks at the page; equal words make equal asks, so that viewers share answers."""
    return Ask(read, tuple(sorted(params.items())), span, access.asks_as(read))


CONGRESSES, HEALTH = Ask("congresses"), Ask("health")
COLLECTION = Ask("collection")  # what stands in for health, which keeps no past
ALWAYS = (CONGRESSES, HEALTH)


def always(moment: datetime | None) -> tuple[Ask, ...]:
    """What every page asks for, now or as of a past moment (naive UTC)."""
    return ALWAYS if moment is None else (*ALWAYS, COLLECTION.as_it_stood(moment))
