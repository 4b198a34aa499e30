"""What the fake owner keeps of reviewers: their corrections, and the audit of what people did."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

import pyarrow as pa

from pipelines.access import Person, role_for
from pipelines.audit import Head, chained, entry_of
from pipelines.errors import UsageError
from pipelines.store.client import Underway

CORRECTIONS = pa.schema(
    [(name, pa.string()) for name in ("subject", "platform", "post_id", "number", "author_id", "word", "reviewer", "reason")]
    + [("decided_at", pa.timestamp("us"))]
)  # fmt: skip


REQUESTS = pa.schema([(name, pa.string()) for name in ("id", "state", "said", "answered_by")])


class FakeReviews:
    """Mixed into ``FakeOwner``. ``done`` lists what was asked of it; ``refuses`` is the sentence it says no with.

    With ``underway`` it is a mirror's, whose collector has yet to answer; ``answer`` lets it.
    """

    now: datetime
    refuses: str = ""
    underway: Underway | None = None
    answered: Mapping[str, Any] = MappingProxyType({})

    @property
    def done(self) -> list[tuple[str, Person, dict[str, Any]]]:
        return self.__dict__.setdefault("_done", [])

    def do(self, name: str, person: Person, /, **params: Any) -> Underway | None:
        if self.refuses:
            raise UsageError(self.refuses)
        if self.underway:
            return self.underway
        self.done.append((name, person, {key: value for key, value in params.items() if value is not None}))
        self._version = getattr(self, "_version", 0) + 1
        return None

    def answer(self, **row: str) -> None:
        """What became of the request that is under way."""
        self.answered = row
        self._version = getattr(self, "_version", 0) + 1

    def _read_requests(self, sight: str = "viewer", limit: int = 200) -> pa.Table:
        Person(f"this {sight}", sight).require(role_for("requests"), "the read requests")
        return pa.Table.from_pylist([dict(self.answered)] if self.answered else [], schema=REQUESTS)

    def _read_corrections(
        self, congress_id: str, as_of: datetime | None = None, sight: str = "viewer", limit: int = 1000
    ) -> pa.Table:
        rows = []
        for name, person, params in reversed(self.done):
            if not name.startswith("correct_"):
                continue
            row = dict.fromkeys(CORRECTIONS.names, "") | {"decided_at": self.now, "reason": params["reason"]}
            row["reviewer"] = person.name if sight == "reviewer" else "a reviewer"
            if name == "correct_mention":
                row |= {"subject": "link", "platform": self._platform(params["post_id"]), "post_id": params["post_id"], "number": params["number"], "word": params["verdict"]}  # fmt: skip
            else:
                row |= {"subject": "role", "platform": params["platform"], "author_id": params["author_id"], "word": params["role"]}  # fmt: skip
            rows.append(row)
        return pa.Table.from_pylist(rows, schema=CORRECTIONS)

    def _platform(self, post_id: str) -> str:
        made: list[dict[str, Any]] = getattr(self, "_made", [])
        return next((post["platform"] for post in made if f"at://{post['seed']}" == post_id), "bluesky")

    def _read_audit(self, limit: int, offset: int = 0, order: str = "newest", sight: str = "viewer") -> pa.Table:
        Person(f"this {sight}", sight).require(role_for("audit"), "the read audit")
        rows = chained((entry_of(person, name, params, self.now) for name, person, params in self.done), Head())
        said = [
            {name: getattr(row.entry, name) for name in row.entry.__slots__}
            | {"seq": row.seq, "previous_hash": row.previous_hash, "hash": row.hash, "total_count": len(rows)}
            for row in reversed(rows)
        ]
        return pa.Table.from_pylist(said[offset : offset + limit])
