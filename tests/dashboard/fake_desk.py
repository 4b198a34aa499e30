"""What the fake owner knows of the safety desk: one case that waits, told by somebody hostile."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from pipelines.desk.cases import elements_text, text_hash_of
from pipelines.desk.paper import LOG_COLUMNS
from pipelines.desk.triage import assess
from pipelines.model import ProductMention

TEXT = "my mom on Ozempic cannot stop vomiting <img src=x onerror=alert(1)> \u202egnp.exe [x](javascript:alert(1))"
NAMED = ProductMention("bluesky", "at://case", "esmo-2026", "product", "Ozempic", "name", "Ozempic", (10, 17))


class FakeDesk:
    """Mixed into ``FakeOwner``."""

    now: datetime

    def _case(self) -> dict[str, Any]:
        found = assess(TEXT, (NAMED,), None, "en")
        seen = self.now - timedelta(hours=13)
        return {
            "case_id": "0123456789abcdef", "number": 1, "congress_id": "esmo-2026", "platform": "bluesky", "post_id": "at://case",
            "product": "Ozempic", "special": False, "score": 4, "created_at": seen, "first_seen_at": seen, "state": "open",
            "elements": elements_text(found) if found else "", "text": TEXT, "text_hash": text_hash_of(TEXT), "url": None,
            "handle": None, "role": "unknown", "repost_count": 2, "due_at": seen + timedelta(hours=24), "clock": 13 / 24,
            "overdue": False, "twin_of": None, "entry": None, "decided_at": None, "person": None, "decision": None,
            "duplicate_of": None, "reference": None, "comment": "", "removed_at": None, "removed_why": None, "hidden": False,
            "total_count": 1,
        }  # fmt: skip

    def _read_cases(self, congress_id: str, state: str = "open", limit: int = 500, as_of: datetime | None = None) -> pa.Table:  # fmt: skip
        rows = [self._case()] if congress_id == "esmo-2026" and state == "open" else []
        return pa.Table.from_pylist(rows, schema=pa.Table.from_pylist([self._case()]).schema)

    def _read_case_log(self, congress_id: str, as_of: datetime | None = None) -> pa.Table:
        row = self._case()
        return pa.Table.from_pylist([{name: row.get(name) for name in LOG_COLUMNS}])

    def _read_waiting(self, congress_id: str, as_of: datetime | None = None) -> pa.Table:
        waits = int(congress_id == "esmo-2026")
        row = {"open_count": waits, "overdue_count": 0, "oldest_at": self.now - timedelta(hours=13) if waits else None, "apart_count": 0, "decided_count": 0, "hours": 24.0, "alert_at": 0.5}  # fmt: skip
        return pa.Table.from_pylist([row])

    def _read_early_posts(self, congress_id: str, limit: int = 200, as_of: datetime | None = None) -> pa.Table:
        row = {
            "platform": "bluesky", "post_id": "at://early", "created_at": self.now - timedelta(hours=2), "kind": "original",
            "abstracts": ["LBA2"], "title": "A late one", "embargo_lift_at": self.now + timedelta(hours=3), "held": True,
            "total_count": 1, "held_count": 1, "role": "hcp", "url": None, "text": TEXT,
        }  # fmt: skip
        return pa.Table.from_pylist([row])
