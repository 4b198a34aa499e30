"""An owner over a real store, in this process: the reads that pages ask for, answered as production answers them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from pipelines.access import Person
from pipelines.commands import carry_out
from pipelines.model import Abstract, AbstractMention, Batch, Gap, Health, Session
from pipelines.reads import answer
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

LAST_YEAR = {
    "id": "ash-2025", "name": "ASH 2025", "starts_on": "2025-12-13", "ends_on": "2025-12-16", "hashtags": ("ASH25",), "city": "Orlando",
    "timezone": "America/New_York",
}  # fmt: skip
A_YEAR = timedelta(days=364)  # the same day of the week; 12:00 in New Orleans is 13:00 in Orlando


class StoreOwner:
    """Answers named reads of ``store`` at the moment ``now`` (naive UTC)."""

    def __init__(self, store: Store, now: datetime):
        self.store, self.now = store, now
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def read(self, name: str, **params: Any) -> pa.Table:
        self.asked.append((name, params))
        if name == "clock":
            row = {"now": self.now, "speed": 1.0, "version": self.store.version, "started_at": at(0)}
            return pa.Table.from_pylist([row])
        given = {key: value.isoformat() if isinstance(value, datetime) else str(value) for key, value in params.items()}
        return answer(self.store.reader, name, given, self.now)

    def do(self, name: str, person: Person, /, **params: Any) -> None:
        carry_out(self.store, name, {key: str(value) for key, value in params.items()}, person, self.now)


def two_congresses(*, last_year: bool = True) -> Store:
    """ASH 2026: a post every ten minutes from noon of its first day, 60 of them, an abstract in every third, X away for
    half an hour; and ASH 2025 with 40 posts from its own noon on, on Bluesky alone."""
    store = Store(None)
    store.fold_congresses([congress(), *([congress(**LAST_YEAR)] if last_year else [])])
    talk = Session("ash-2026", "s1", "Plenary Scientific Session", at(120), at(210))
    store.fold_catalogue("ash-2026", [Abstract("ash-2026", "LBA-3", "A trial of drugamab", starts_at=at(120))], [talk])
    said = [post(str(i), author_id=f"a{i % 9}", created_at=at(10 * i)) for i in range(60)]
    named = [AbstractMention("x", each.post_id, "ash-2026", "LBA-3", 1, "structured", "LBA-3") for each in said[::3]]
    people = [author(f"a{i}") for i in range(9)]
    roles = [role(f"a{i}", decided_at=at(-1)) for i in range(0, 9, 2)]
    seen = [
        Gap("x", at(300), at(330), "connection lost", "open", at(330)), Health("x", at(590), "live"), Health("bluesky", at(590), "live"),
    ]  # fmt: skip
    store.fold(Batch([*people, *said, *seen], [match(each) for each in said], named, roles))
    if last_year:
        before = [
            post(
                f"at://y{i}",
                platform="bluesky",
                author_id=f"b{i % 5}",
                created_at=at(10 * i) - A_YEAR - timedelta(hours=1),
            )
            for i in range(40)
        ]
        store.fold(Batch(before, [match(each, congress_id="ash-2025") for each in before]))
    return store
