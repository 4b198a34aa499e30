"""What the viewers of a page look at: the answers of one moment, the same for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

import pyarrow as pa

from dashboard.asks import COLLECTION, HEALTH, Ask

REFRESH = 10.0  # seconds after which an ask is repeated although nothing was committed: windows slide

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Answer:
    """A table, its moment (owner's clock, or the past one asked for; naive UTC), when it was asked (monotonic seconds),
    how long that took, at which version."""

    table: pa.Table
    now: datetime
    asked: float
    took: float
    version: int
    made: dict[Any, Any] = field(default_factory=dict)

    def still_good(self, version: int, rest: float) -> bool:
        """Whether it need not be asked again: it is younger than ``rest`` seconds, or nothing was committed since."""
        age = time.monotonic() - self.asked
        return age < rest or (version == self.version and age < REFRESH)

    def once(self, key: Any, make: Callable[[], T]) -> T:
        """What ``make`` returns, made once for all viewers as long as this answer stands."""
        if key not in self.made:
            self.made[key] = make()  # two threads may both make it; they make the same
        return self.made[key]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What the owner knew at ``now``. Immutable, but that answers keep what was drawn of them.

    ``number`` rises with every snapshot; ``now`` is the owner's clock (naive UTC), ``speed`` how fast it runs.
    """

    number: int
    now: datetime
    speed: float
    started_at: datetime | None
    answers: Mapping[Ask, Answer]
    failed: Mapping[Ask, str]
    built: float
    version: int

    def __getitem__(self, wanted: Ask) -> pa.Table:
        return self.answers[wanted].table

    def rows(self, wanted: Ask) -> list[dict[str, Any]] | None:
        """The answer's rows, made once for all viewers - so leave them as they are; ``None`` where there is no answer."""
        found = self.answers.get(wanted)
        return None if found is None else found.once("rows", found.table.to_pylist)

    def has(self, wanted: Iterable[Ask]) -> bool:
        """Whether every ask has an answer, perhaps an older one."""
        return all(a in self.answers for a in wanted)

    def as_it_stood(self, moment: datetime) -> Snapshot:
        """The picture of a past moment (naive UTC): a page that draws it need not know that it is one."""
        answers = dict(self.answers)
        answers.pop(HEALTH, None)
        if then := answers.get(COLLECTION.as_it_stood(moment)):
            answers[HEALTH] = then
        return replace(self, now=moment, answers=MappingProxyType(answers))


@dataclass(frozen=True, slots=True)
class Sight:
    """What a viewer sees: the newest snapshot (``None`` before the first), and why there is no newer one."""

    snapshot: Snapshot | None
    error: str | None
    complete: bool  # the snapshot answers everything that was asked
