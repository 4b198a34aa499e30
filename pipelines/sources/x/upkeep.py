"""When to look again at what was collected: fresh counts, bios, deletions. Pure schedules.

Fresh counts cost nothing on the UTC day a post was read, so every post is looked at once more just
before midnight; then the top posts on day 1, 3 and 7. A bio is read once per author.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from pipelines.model import Author, Engagement, Post, Record

FREE_PASS_FROM = time(23, 40)  # UTC; 3,500 look-ups of 100 in 15 minutes are allowed
AGES = (1, 3, 7)
AGED_PASS_FROM = time(12, 0)
TopPosts = Callable[[date, int], Sequence[str]]  # ids of the posts of a UTC day, most engagement first


@dataclass(frozen=True, slots=True)
class Pass:
    """One round of look-ups: the posts of ``day``, all of them or the top ones."""

    day: date
    age: int  # 0 is the free pass on the day itself


@dataclass(slots=True)
class Rounds:
    """Which rounds are due and which were made."""

    made: set[Pass] = field(default_factory=set)

    def due(self, now: datetime) -> tuple[Pass, ...]:
        """Rounds whose time has come today and that were not made."""
        found = [Pass(now.date(), 0)] if now.time() >= FREE_PASS_FROM else []
        if now.time() >= AGED_PASS_FROM:
            found += [Pass(now.date() - timedelta(days=age), age) for age in AGES]
        return tuple(each for each in found if each not in self.made)


@dataclass(slots=True)
class Standing:
    """Engagement of each post seen by this process, so that the top ones of a day are known without the store."""

    _by_day: dict[date, dict[str, int]] = field(default_factory=dict)
    _day_of: dict[str, date] = field(default_factory=dict)

    def note(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, Post) and not record.repost_of_id:
                self._day_of[record.post_id] = record.created_at.date()
                self._by_day.setdefault(record.created_at.date(), {}).setdefault(record.post_id, 0)
            elif isinstance(record, Engagement) and (day := self._day_of.get(record.post_id)):
                self._by_day[day][record.post_id] = (record.like_count or 0) + (record.repost_count or 0)

    def top(self, day: date, count: int) -> Sequence[str]:
        """Ids of the posts written on a UTC day, most likes and reposts first."""
        posts = self._by_day.get(day, {})
        return sorted(posts, key=lambda post_id: (-posts[post_id], post_id))[:count]


@dataclass(slots=True)
class Bios:
    """Authors whose bio was never read, oldest first."""

    known: set[str] = field(default_factory=set)
    _waiting: OrderedDict[str, None] = field(default_factory=OrderedDict)

    def note(self, records: Iterable[Record]) -> None:
        for record in records:
            if isinstance(record, Author) and record.handle is not None:
                self.known.add(record.author_id)
                self._waiting.pop(record.author_id, None)
            elif isinstance(record, Post) and record.author_id and record.author_id not in self.known:
                self._waiting[record.author_id] = None

    def __len__(self) -> int:
        return len(self._waiting)

    def take(self, count: int) -> list[str]:
        """The next ids; they count as known from now on, so that one who is gone is not asked for again."""
        taken = [self._waiting.popitem(last=False)[0] for _ in range(min(count, len(self._waiting)))]
        self.known.update(taken)
        return taken
