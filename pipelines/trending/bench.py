"""Measures trending: delay, precision and false alarms a day on seeded congresses, beside an alarm on raw counts.

Three kinds of congress a seed: "planted" is the demo congress with its five bursts; "calm" the same without the
bursts and whatever took them up; "shuffled" deals the instants of all mentions out anew, so that neither bursts nor
reposts in flocks are left. In the latter two every alarm is false.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random
from statistics import median
from typing import Any

import numpy as np

from pipelines.abstracts import Linker
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import Record
from pipelines.sources.bluesky.payload import parse as parse_bluesky
from pipelines.sources.demo import World
from pipelines.sources.x.payload import parse as parse_x
from pipelines.store.database import Store
from pipelines.trending.assess import Talk, assess
from pipelines.trending.expectation import Programme
from pipelines.trending.gather import EPOCH, gather, minute_of
from pipelines.trending.hysteresis import PATIENCE, State, step
from pipelines.trending.windows import Sightings, bucketed

SEEDS = (2026, 1, 2, 3)
RAW_POSTS, RAW_TIMES = 5, 3  # the alarm on raw counts: posts of the last hour, and how many times the hourly mean
_PASSED = 5  # a burst's clock starts when this many authors have joined
_IN_TIME = 10  # minutes after that
_DAY = 24 * 60

Alarm = tuple[str, int]  # an abstract's number, and the minute


@dataclass(frozen=True, slots=True)
class Scene:
    """One congress to be looked at: who named which abstract when, who spoke, and the bursts to be found."""

    numbers: tuple[str, ...]
    talk: Talk
    bursts: dict[str, int]  # number to the minute in which the fifth author joined
    onsets: dict[str, int]

    @property
    def minutes(self) -> tuple[int, int]:
        return int(self.talk.everyone.minutes.min()), int(self.talk.everyone.minutes.max())


def measure(seeds: Sequence[int] = SEEDS, through_store: bool = False) -> dict[str, Any]:
    """Figures of our alarm and of two on raw counts over all ``seeds``, by kind of congress.

    "raw_count" is the usual rule; "raw_count_matched" has its bar raised until it is false no more often than ours is
    on calm congresses.

    Args:
        through_store: also run the planted congress of the first seed through matching, linkage and the store,
            as posts come in live ("planted, read from posts"); takes a minute.

    Delays are minutes from the fifth author of a burst to its alarm; one after the burst's first alarm is false.
    """
    scenes = [(kind, scene) for seed in seeds for kind, scene in _scenes(World(seed), seed)]
    if through_store:
        scenes.append(("planted, read from posts", _stored(World(seeds[0]))))
    by_kind: dict[str, list[Scene]] = {}
    for kind, scene in scenes:
        by_kind.setdefault(kind, []).append(scene)
    ours = {kind: _judged(those, trending_alarms) for kind, those in by_kind.items()}
    posts = _matching_posts(by_kind["calm"], ours["calm"]["false_alarms"])
    return {
        "seeds": list(seeds),
        "raw_count_rule": f"{RAW_POSTS} posts in an hour and {RAW_TIMES} times the hourly mean of the day before",
        "raw_count_matched_rule": f"{posts} posts in an hour and {RAW_TIMES} times the hourly mean of the day before",
        "trending": ours,
        "raw_count": {kind: _judged(those, raw_alarms) for kind, those in by_kind.items()},
        "raw_count_matched": {
            kind: _judged(those, lambda scene: raw_alarms(scene, posts)) for kind, those in by_kind.items()
        },
    }


def _matching_posts(calm: Sequence[Scene], allowed: int) -> int:
    """The lowest bar in posts an hour at which raw counts raise no more false alarms than ``allowed``."""
    bars = range(RAW_POSTS, 200)
    return next((bar for bar in bars if sum(len(list(raw_alarms(scene, bar))) for scene in calm) <= allowed), bars[-1])


def trending_alarms(scene: Scene) -> Iterator[Alarm]:
    """The rises that begin, minute by minute over the whole congress."""
    state: State = {}
    for minute, assessed in assess(scene.talk, *scene.minutes):
        state, begun, _ = step(state, assessed, minute)
        yield from ((scene.numbers[each.item], minute) for each in begun)


def raw_alarms(scene: Scene, least: int = RAW_POSTS) -> Iterator[Alarm]:
    """The alarm most tools have: posts of the last hour against the item's own hourly mean of the day before.

    It is armed again after as many quiet minutes as a rise needs to be over.
    """
    first, last = scene.minutes
    named = scene.talk.sightings
    posts = np.zeros((len(scene.numbers), last - first + 1), np.int64)
    np.add.at(posts, (named.items, named.minutes - first), 1)
    total = np.cumsum(np.pad(posts, ((0, 0), (_DAY + 61, 0))), axis=1)
    hour = total[:, _DAY + 61 :] - total[:, _DAY + 1 : -60]
    day = total[:, _DAY + 1 : -60] - total[:, 1 : -(_DAY + 60)]
    loud = (hour >= least) & (hour >= RAW_TIMES * day / 24)
    for item in np.flatnonzero(loud.any(axis=1)):
        minutes = np.flatnonzero(loud[item])
        begins = minutes[np.diff(minutes, prepend=-_DAY) > PATIENCE]
        yield from ((scene.numbers[item], first + int(minute)) for minute in begins)


def _judged(scenes: Sequence[Scene], alarms: Callable[[Scene], Iterable[Alarm]]) -> dict[str, Any]:
    delays: list[int] = []
    false, days, planted = 0, 0.0, 0
    for scene in scenes:
        found: dict[str, int] = {}
        for number, minute in sorted(alarms(scene), key=lambda alarm: alarm[1]):
            if number not in found and minute >= scene.onsets.get(number, minute + 1):
                found[number] = minute - scene.bursts[number]
            else:
                false += 1
        delays += found.values()
        planted += len(scene.bursts)
        days += (scene.minutes[1] - scene.minutes[0]) / _DAY
    rest = {"false_alarms": false, "days": round(days, 1), "false_alarms_a_day": round(false / days, 2)}
    if not planted:
        return rest
    return {
        "bursts": planted,
        "found": len(delays),
        "found_in_time": sum(delay <= _IN_TIME for delay in delays),
        "delay_median": median(delays) if delays else None,
        "delay_longest": max(delays, default=None),
        "precision": round(len(delays) / max(len(delays) + false, 1), 3),
        **rest,
    }


def _scenes(world: World, seed: int) -> Iterator[tuple[str, Scene]]:
    yield "planted", _scene(world, world.posts, planted=True)
    taken: set[int] = set()
    for post in world.posts:
        if post.burst is not None or post.parent in taken:
            taken.add(post.place)
    calm = _scene(world, [post for post in world.posts if post.place not in taken], planted=False)
    yield "calm", calm
    named = calm.talk.sightings
    dealt = named.minutes.copy()
    Random(seed).shuffle(dealt)  # ty: ignore[invalid-argument-type]
    yield (
        "shuffled",
        _of(calm.numbers, calm.talk.programme, Sightings(named.items, named.authors, dealt), calm.talk.everyone),
    )


def _scene(world: World, posts: Iterable, planted: bool) -> Scene:
    """From the world's own knowledge of what its posts name."""
    numbers = tuple(each.number for each in world.abstracts)
    places = {number: place for place, number in enumerate(numbers)}
    named, spoke = [], []
    for post in posts:
        if not post.collected or not post.rule:
            continue
        minute = _up(post.at)
        spoke.append((0, post.author, minute))
        said = {each.number for each in post.named}
        said |= {each.number for each in world.posts[post.parent].named} if post.parent is not None else set()
        named += [(places[number], post.author, minute) for number in said]
    starts = [[(each.starts_at - EPOCH).total_seconds() / 60 if each.starts_at else None] for each in world.abstracts]
    return _of(numbers, Programme.of(starts), _sightings(named), _sightings(spoke), *(_truth(world) if planted else ()))


def _stored(world: World) -> Scene:
    """From the payloads of the world, matched, linked and folded as they are live."""
    with Store(None) as store:
        store.fold_congresses([world.congress])
        store.fold_catalogue(world.congress.id, world.abstracts, world.sessions)
        linker = Linker(world.congress, world.abstracts)
        digest = Digest(Matcher([world.congress]), {world.congress.id: linker})
        parsers = {"bluesky": parse_bluesky, "x": parse_x}
        batch: list[Record] = []
        for at, source, raw in world.payloads():
            batch += parsers[source](raw, at).records
            if len(batch) > 3_000:
                store.fold(digest.batch(batch, store.reader))
                batch = []
        store.fold(digest.batch(batch, store.reader))
        since, until = minute_of(world.begins), minute_of(world.ends)
        gathered = gather(store.reader, world.congress.id, "abstract", since, until)
    return Scene(gathered.items, gathered.talk, *_truth(world))


def _of(numbers, programme: Programme, named: Sightings, spoke: Sightings, bursts=None, onsets=None) -> Scene:
    alone = np.ones(len(named.items), bool)
    talk = Talk(programme, named, alone, spoke, bucketed(named, spoke), len(numbers))
    return Scene(numbers, talk, bursts or {}, onsets or {})


def _truth(world: World) -> tuple[dict[str, int], dict[str, int]]:
    fifth = {burst.number: _up(burst.joined[_PASSED - 1][0]) for burst in world.bursts}
    return fifth, {burst.number: _up(burst.onset) for burst in world.bursts}


def _sightings(rows: Sequence[tuple[int, int, int]]) -> Sightings:
    items, authors, minutes = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return Sightings(items, authors, minutes)


def _up(moment: datetime) -> int:
    """The first full minute at or after ``moment``."""
    return minute_of(moment) + bool(moment.second or moment.microsecond)
