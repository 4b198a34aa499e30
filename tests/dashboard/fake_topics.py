"""What the fake owner answers for the page Topics: every post on an abstract names that abstract's drug and trial."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from tests.dashboard.fake_pages import HOSTILE

HOUSES = ("Norrvik Pharma", "Quellora Biosciences", "Tessandra Oncology")
TAGS = ("bcsm", "lcsm", "crcsm", "melsm")
VOLUME = pa.schema(
    [("bucket_at", pa.timestamp("us")), ("series", pa.string()), ("post_count", pa.int64()), ("hcp_post_count", pa.int64())]
)  # fmt: skip
SHARE = pa.schema(
    [("name", pa.string()), ("company", pa.string()),
     *((name, pa.int64()) for name in ("post_count", "author_count", "hcp_post_count", "hcp_author_count", "inherited_count", "before_count",
                                       "whole_count", "hcp_whole_count", "before_whole_count", "item_count")), ("sparkline", pa.list_(pa.int64()))]
)  # fmt: skip
SPLIT = pa.schema(
    [("kind", pa.string()), ("name", pa.string()), ("company", pa.string()), ("post_count", pa.int64()), ("hcp_post_count", pa.int64())]
)  # fmt: skip


class FakeTopics:
    """Mixed into ``FakeOwner``. ``tracked`` says whether the congress tracks products and companies."""

    tracked = True
    hostile: bool
    now: datetime
    _people: list[dict[str, Any]]
    _abstracts: list[dict[str, Any]]
    _window: Callable[[str, datetime, datetime], list[dict[str, Any]]]
    _of: Callable[[str, str], list[dict[str, Any]]]

    def named(self, p: dict[str, Any], kind: str) -> str | None:
        """What a post names of a kind."""
        if kind == "hashtag":
            return (HOSTILE[0] if self.hostile else TAGS[p["seed"] % 4]) if p["seed"] % 3 else None
        if p["abstract"] is None or (kind in ("product", "company") and not self.tracked):
            return None
        one = self._abstracts[p["abstract"]]
        drug = one["drugs"][0]
        return {"product": drug, "drug": drug, "trial": one["trial"][0], "company": HOUSES[len(drug) % 3]}[kind]

    def fits(self, p: dict[str, Any], topics: dict[str, str], start: datetime | None, end: datetime | None) -> bool:
        """Whether a post passes the filters ``product`` to ``hashtag``, ``start`` and ``end`` of the read ``browse``."""
        timely = (start is None or p["at"] >= start) and (end is None or p["at"] < end)
        return timely and all(self.named(p, kind) == name for kind, name in topics.items() if name)

    def _read_share_of_voice(
        self, congress_id: str, minutes: int, by: str, limit: int, as_of: datetime | None = None
    ) -> pa.Table:
        now, span = as_of or self.now, timedelta(minutes=minutes or 100_000)
        found = [p for p in self._window(congress_id, now - span, now) if self.named(p, by)]
        before = Counter(self.named(p, by) for p in self._window(congress_id, now - 2 * span, now - span))
        names = Counter(self.named(p, by) for p in found)
        hcp = Counter(self.named(p, by) for p in found if self._people[p["who"]]["role"] == "hcp")
        whole = {
            "whole_count": len(found), "hcp_whole_count": sum(hcp.values()), "before_whole_count": sum(n for name, n in before.items() if name), "item_count": len(names),
        }  # fmt: skip
        rows = [
            {"name": name, "company": HOUSES[len(name) % 3] if by == "product" else None, "post_count": n, "author_count": n // 2 + 1, "hcp_post_count": hcp[name],
             "hcp_author_count": hcp[name] // 2, "inherited_count": n // 2, "before_count": before[name], "sparkline": [n // 24] * 24, **whole}
            for name, n in sorted(names.items(), key=lambda each: (-each[1], each[0] or "")) if name
        ]  # fmt: skip
        if self.tracked and by == "product":
            rows.append(
                dict.fromkeys(SHARE.names, 0) | whole | {"name": "silentimab", "company": None, "sparkline": [0] * 24}
            )
        return pa.Table.from_pylist(rows[:limit], schema=SHARE)

    def _read_topic_volume(
        self, congress_id: str, by: str, first: str, second: str, start: datetime, end: datetime, bucket_minutes: int,
        as_of: datetime | None = None,
    ) -> pa.Table:  # fmt: skip
        step, counts = timedelta(minutes=bucket_minutes), Counter[tuple[datetime, str]]()
        for p in self._window(congress_id, start, end):
            series = {first: "first", second: "second"}.get(self.named(p, by) or "")
            if series and p["at"] < self.now:
                counts[start + (p["at"] - start) // step * step, series] += 1
                if p["seed"] % 20 == 0:
                    counts[start + (p["at"] - start) // step * step, "both"] += 1
        rows = [
            {"bucket_at": at, "series": s, "post_count": n, "hcp_post_count": n // 3}
            for (at, s), n in sorted(counts.items())
        ]
        return pa.Table.from_pylist(rows, schema=VOLUME)

    def _read_abstract_topics(self, congress_id: str, number: str, as_of: datetime | None = None) -> pa.Table:
        posts = self._of(congress_id, number)
        rows = [
            {"kind": kind, "name": name, "company": None, "post_count": n, "hcp_post_count": n // 3}
            for kind in ("product", "company")
            for name, n in Counter(self.named(p, kind) for p in posts).items() if name
        ]  # fmt: skip
        return pa.Table.from_pylist(rows, schema=SPLIT)
