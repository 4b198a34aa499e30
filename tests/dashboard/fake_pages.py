"""What the fake owner answers for the pages beyond Live: one abstract, one voice, lists of posts, the bill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

GROUPS = {
    "hcp": "hcp", "pharma": "industry", "patient_advocate": "patient_advocate", "society": "organisation", "media": "organisation",
}  # fmt: skip
FIELDS = (
    "Medical oncology",
    "Radiation oncology",
    "Surgical oncology",
    "Thoracic oncology",
    "Haematology",
    "Oncology nursing",
)
PROOFS = (("Medical Oncologist at Hospital Clínic", "MD, PhD"), ("Consultant radiation oncologist",), ("MD",), ("PGY-4", "haem/onc fellow"),
          ("Breast surgeon", "FRCS"), ("Oncology nurse specialist", "RN"), ("Thoracic oncologist", "MD, FASCO"))  # fmt: skip
HOSTILE = ('<img src=x onerror="window.__xss=1"> hello', "<script>window.__xss=1</script>", "[click](javascript:window.__xss=1)",
           "![x](http://192.0.2.1/track.png)", "$$\\href{javascript:window.__xss=1}{x}$$ :red[boo] **bold** :material/home:",
           '"><svg onload=window.__xss=1>', "data:text/html,<script>1</script> \u202egnp.exe\u0000\u0007", "A" * 100_000)  # fmt: skip


class FakePages:
    """Mixed into ``FakeOwner``, whose people, abstracts and posts it tells of."""

    hostile: bool
    posts: int
    now: datetime
    _people: list[dict[str, Any]]
    _abstracts: list[dict[str, Any]]
    _window: Callable[[str, datetime, datetime], list[dict[str, Any]]]
    fits: Callable[[dict[str, Any], dict[str, str], datetime | None, datetime | None], bool]
    named: Callable[[dict[str, Any], str], str | None]

    def _of(self, congress_id: str, number: str) -> list[dict[str, Any]]:
        every = self._window(congress_id, datetime(2026, 10, 1), self.now)
        numbers = [a["number"] for a in self._abstracts]
        return [p for p in every if p["abstract"] is not None and numbers[p["abstract"]] == number]

    def _read_one_abstract(self, congress_id: str, number: str, as_of: datetime | None = None) -> pa.Table:
        found = self._of(congress_id, number)
        listed = next((a for a in self._abstracts if a["number"] == number), None)
        n, hcp = len(found), [p for p in found if self._people[p["who"]]["role"] == "hcp"]
        bad = HOSTILE[0] if self.hostile else None
        row = {
            "number": number, "title": bad or (listed or {}).get("title", ""), "presenter": bad or "Elena Rossi", "session": bad or "Presidential Symposium II", "session_type": "presidential",
            "starts_at": datetime(2026, 10, 25, 15, 41), "embargo_lift_at": datetime(2026, 10, 25, 15, 30), "doi": "10.1/x", "nct": ["NCT01234567"], "trial": (listed or {}).get("trial", []),
            "drugs": (listed or {}).get("drugs", []), "companies": ["Acme"], "catalogued": listed is not None, "post_count": n, "author_count": len({p["who"] for p in found}),
            "hcp_post_count": len(hcp), "hcp_author_count": len({p["who"] for p in hcp}), "tier_1": n * 3 // 8, "tier_2": n // 4, "tier_3": n // 10, "inherited": n - n * 3 // 8 - n // 4 - n // 10,
            "early_count": 2, "first_post_at": found[0]["at"] if found else None, "last_post_at": found[-1]["at"] if found else None,
            "first_role": "hcp", "first_handle": bad or "elena0.bsky.social", "first_url": "https://bsky.app/profile/elena0.bsky.social/post/3k",
        }  # fmt: skip
        table = pa.Table.from_pylist([row])
        return table if listed and congress_id == "esmo-2026" else table.slice(0, 0)

    def _read_abstract_volume(
        self,
        congress_id: str,
        number: str,
        start: datetime,
        end: datetime,
        bucket_minutes: int,
        as_of: datetime | None = None,
    ) -> pa.Table:
        counts: Counter[tuple[str, datetime, str]] = Counter()
        step = timedelta(minutes=bucket_minutes)
        for p in self._of(congress_id, number):
            if start <= p["at"] < end:
                at = start + (p["at"] - start) // step * step
                counts["role", at, GROUPS.get(self._people[p["who"]]["role"], "others")] += 1
                counts["platform", at, p["platform"]] += 1
        rows = [{"split": s, "bucket_at": at, "series": x, "post_count": n} for (s, at, x), n in sorted(counts.items())]
        fields = [
            ("split", pa.string()),
            ("bucket_at", pa.timestamp("us")),
            ("series", pa.string()),
            ("post_count", pa.int64()),
        ]
        return pa.Table.from_pylist(rows, schema=pa.schema(fields))

    def _read_browse(
        self, congress_id: str, limit: int, as_of: datetime | None = None, offset: int = 0, minutes: int = 0, kind: str = "", role: str = "",
        platform: str = "", abstract: str = "", author: str = "", text: str = "", product: str = "", company: str = "", drug: str = "", trial: str = "", hashtag: str = "",
        start: datetime | None = None, end: datetime | None = None, order: str = "newest",
    ) -> pa.Table:  # fmt: skip
        until = as_of or self.now
        since = until - timedelta(minutes=minutes) if minutes else datetime(2026, 10, 1)
        every = self._of(congress_id, abstract) if abstract else self._window(congress_id, since, until)
        topics = {"product": product, "company": company, "drug": drug, "trial": trial, "hashtag": hashtag}
        fits = [
            p for p in reversed(every)
            if kind in ("", p["kind"]) and platform in ("", p["platform"]) and role in ("", self._people[p["who"]]["role"])
            and author in ("", f"did:plc:{p['who']}") and text.lower() in self._said(p)["text"].lower()
            and self.fits(p, topics, start, end)
        ]  # fmt: skip
        listed = [p for p in fits if self._people[p["who"]]["role"] != "patient_advocate"]
        counted = {"total_count": len(listed), "unlisted_count": len(fits) - len(listed)}
        rows = [
            self._said(p, i) | counted | {"tier": i % 4 + 1 if abstract else None}
            for i, p in enumerate(listed[offset : offset + limit])
        ]
        return pa.Table.from_pylist(rows)

    def _said(self, p: dict[str, Any], i: int = 0) -> dict[str, Any]:
        person = self._people[p["who"]]
        bad = HOSTILE[i % len(HOSTILE)] if self.hostile else None
        number = self._abstracts[p["abstract"]]["number"] if p["abstract"] is not None else None
        return {
            "platform": p["platform"], "post_id": f"at://{p['seed']}", "author_id": f"did:plc:{p['who']}", "created_at": p["at"], "kind": p["kind"], "rule": "hashtag", "term": bad or "esmo26",
            "handle": bad or person["handle"], "display_name": bad or person["name"], "role": person["role"], "confidence": "strict",
            "url": "javascript:window.__xss=1" if bad else f"https://bsky.app/profile/{person['handle']}/post/3k", "evidence": bad or number or "", "read_by": "structured",
            "text": bad or f"Great data on {number or 'nothing listed'}, post {p['seed']} #ESMO26", "like_count": p["seed"] % 90, "repost_count": p["seed"] % 7, "reply_count": 1, "quote_count": 0,
            "abstracts": [number] if number else [],
            "products": [{"kind": "product", "name": name, "rule": "name", "evidence": bad or "its code"}] if (name := self.named(p, "product")) else [],
        }  # fmt: skip

    def _read_one_voice(
        self, congress_id: str, platform: str, author_id: str, as_of: datetime | None = None
    ) -> pa.Table:
        who = (
            int(author_id.rpartition(":")[2]) if author_id.startswith("did:plc:") and author_id[8:].isdigit() else 9999
        )
        person = self._people[who] if who < len(self._people) else {"name": "", "handle": "", "role": ""}
        own = [p for p in self._window(congress_id, datetime(2026, 10, 1), self.now) if p["who"] == who]
        kinds, bad = Counter(p["kind"] for p in own), HOSTILE[0] if self.hostile else None
        row = {
            "platform": platform, "author_id": author_id, "role": "hcp", "confidence": "strict", "evidence": [bad] if bad else list(PROOFS[who % len(PROOFS)]), "credentials": ["MD"],
            "specialty": FIELDS[who % len(FIELDS)], "rule": "credential", "decided_by": "rules", "handle": bad or person["handle"], "display_name": bad or person["name"],
            "bio": bad or "Medical Oncologist at Hospital Clínic. Views my own.", "followers_count": 4100, "post_count": len(own), "original_count": kinds["original"],
            "repost_count": kinds["repost"], "quote_count": kinds["quote"], "reply_count": kinds["reply"], "engagement_count": 931, "first_post_at": own[0]["at"] if own else None,
            "hcp_engager_count": 41, "t_index": 7,
        }  # fmt: skip
        table = pa.Table.from_pylist([row])
        return table if own and person["role"] == "hcp" else table.slice(0, 0)

    def _read_voice_topics(self, limit: int, **params: Any) -> pa.Table:
        said = HOSTILE[1] if self.hostile else "Primary results of sorbecitinib"
        return pa.Table.from_pylist(
            [{"kind": "abstract", "item": "LBA2", "title": said, "post_count": 9}, {"kind": "hashtag", "item": HOSTILE[0] if self.hostile else "bcsm", "title": "", "post_count": 4}]
        )  # fmt: skip

    def _read_voice_engages(self, limit: int, **params: Any) -> pa.Table:
        name = HOSTILE[0] if self.hostile else "Aiko Tanaka"
        return pa.Table.from_pylist([
            {"author_id": "did:plc:2", "handle": "aiko2.bsky.social", "display_name": name, "role": "hcp", "edge_count": 6, "author_count": 1},
            {"author_id": None, "handle": None, "display_name": None, "role": None, "edge_count": 5, "author_count": 3},
        ])  # fmt: skip

    def _read_bill(self, as_of: datetime | None = None) -> pa.Table:
        row = {"source": "x", "kind": "post", "today_usd": 4.215, "month_usd": 71.5, "read_count": 14_300}
        return pa.Table.from_pylist([row] if self.posts else [], schema=pa.Table.from_pylist([row]).schema)
