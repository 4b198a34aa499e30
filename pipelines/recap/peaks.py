"""The hours that stand out, and what they coincide with - never what caused them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median

from pipelines.recap.model import Hour, Session

MOST, APART = 3, 4  # peaks, and hours between two of them
FEWEST, TIMES = 20, 2  # posts a peak has at least, and times the typical hour with posts
NAMED_AT_LEAST = 5  # posts that name an abstract before it is mentioned with a peak


def peak_hours(hours: Sequence[Hour]) -> list[Hour]:
    """At most three hours, in order of time: each the greatest for four hours around, at least twice the typical hour."""
    typical = median([each.post_count for each in hours if each.post_count] or [0])
    floor = max(FEWEST, TIMES * typical)
    best = sorted(enumerate(hours), key=lambda pair: (-pair[1].post_count, pair[0]))
    chosen: list[int] = []
    for place, each in best:
        if each.post_count < floor or len(chosen) == MOST:
            break
        around = hours[max(0, place - APART) : place + APART + 1]
        if each.post_count == max(one.post_count for one in around) and all(
            abs(place - other) > APART for other in chosen
        ):
            chosen.append(place)
    return [hours[place] for place in sorted(chosen)]


def coincides_with(at: datetime, posts: int, sessions: Iterable[Session], number: str, session: str, named: int) -> str:
    """What lies in the hour from ``at``: sessions of the programme, and the abstract that most of its posts name.

    Args:
        number: the abstract; ``session`` is where it is presented, ``named`` how many of the hour's ``posts`` name it.
    """
    running = [each.title for each in sessions if each.starts_at < at + timedelta(hours=1) and each.ends_at > at]
    found = []
    if session and session in running:
        others = len(set(running)) - 1
        found.append(session + (f" and {others} more session{'s' if others > 1 else ''}" if others else ""))
    elif running:
        names = sorted(set(running), key=running.index)
        found.append(" and ".join(names) if len(names) < 3 else f"{len(names)} sessions")
    if number and named >= NAMED_AT_LEAST:
        found.append(f"{named:,} of its {posts:,} posts speak of abstract {number}")
    return "; ".join(found)
