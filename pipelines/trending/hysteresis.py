"""When a rise begins and when it is over: hysteresis, so that one rise is told once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pipelines.trending.assess import LEAST_AUTHORS, WORTH_TELLING, Assessed

STARTS_AT = 0.005  # q-value below which a rise begins; the benchmark prints what that costs in false alarms
LASTS_AT = WORTH_TELLING  # q-value above which an item has not risen any more ...
LASTS_LIFT = 2.0  # ... as when it has less than this many times what is expected
PATIENCE = 15  # minutes it may stay there before the rise is over


@dataclass(frozen=True, slots=True)
class Rising:
    """A rise that goes on: since which minute, as it began, as it last held, and at its height."""

    item: int
    since: int
    began: Assessed
    now: Assessed
    peak: int


State = Mapping[int, Rising]


def step(state: State, assessed: Iterable[Assessed], now: int) -> tuple[State, list[Rising], list[Rising]]:
    """The state after minute ``now``, the rises that began in it, and those that ended.

    Args:
        state: the rises that go on, by item; empty at first.
        assessed: what was assessed at ``now``; an item that is missing has not risen.
    """
    seen = {each.item: each for each in assessed}
    after: dict[int, Rising] = {}
    ended = []
    for item, rising in state.items():
        found = _still(rising, seen.get(item), now)
        if found:
            after[item] = found
        else:
            ended.append(rising)
    started = [Rising(e.item, now, e, e, e.observed) for e in seen.values() if e.item not in after and begins(e)]
    return {**after, **{each.item: each for each in started}}, started, ended


def begins(each: Assessed) -> bool:
    """Whether this is improbable enough to be told, and carried by enough authors who stand for themselves."""
    return each.q_value <= STARTS_AT and each.independent >= LEAST_AUTHORS and each.lift >= LASTS_LIFT


def lasts(each: Assessed) -> bool:
    """Whether a rise that has begun goes on."""
    return each.q_value <= LASTS_AT and each.lift >= LASTS_LIFT


def _still(rising: Rising, seen: Assessed | None, now: int) -> Rising | None:
    if seen and lasts(seen):
        return Rising(rising.item, rising.since, rising.began, seen, max(rising.peak, seen.observed))
    return rising if now - rising.now.minute < PATIENCE else None
