"""Sessions laid out in lanes over a chart, so that neither blocks nor titles lie on one another. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pipelines.recap.model import Session

LANES = 3  # more would push the posts off the picture; what does not fit is in the programme


@dataclass(frozen=True, slots=True)
class Laid:
    """A session in its lane, cut to the window; its title may run until ``free_until``."""

    title: str
    starts_at: datetime
    ends_at: datetime
    lane: int
    free_until: datetime


def in_lanes(
    sessions: Iterable[Session], start: datetime, end: datetime, letter: timedelta = timedelta(0)
) -> list[Laid]:
    """The sessions of a window, each in the first lane where it lies on nothing; those that fit in none are left out.

    Args:
        letter: how much of the time axis one letter of a title takes. A lane where the titles stay whole is preferred
            to one where the block alone fits.
    """
    lanes: list[list[Session]] = [[] for _ in range(LANES)]
    for each in sorted(sessions, key=lambda one: (one.starts_at, one.ends_at, one.title)):
        if each.ends_at <= start or each.starts_at >= end:
            continue
        free = [lane for lane in lanes if not lane or lane[-1].ends_at <= each.starts_at]
        whole = (lane for lane in free if not lane or _written(lane[-1], letter) <= each.starts_at)
        lane = next(whole, None)
        if lane is None:  # cut the title of which most stands
            lane = min(free, key=lambda one: _written(one[-1], letter), default=None)
        if lane is not None:
            lane.append(each)
    return [_laid(lane, index, number, start, end) for number, lane in enumerate(lanes) for index in range(len(lane))]


def _written(session: Session, letter: timedelta) -> datetime:
    """When the title beside a block ends, on the axis."""
    return session.ends_at + (len(session.title) + 2) * letter


def _laid(lane: list[Session], index: int, number: int, start: datetime, end: datetime) -> Laid:
    each = lane[index]
    free = lane[index + 1].starts_at if index + 1 < len(lane) else end
    return Laid(each.title, max(each.starts_at, start), min(each.ends_at, end), number, free)
