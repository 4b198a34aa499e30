"""An owner without a database: the same ``read``, answered from a small seeded congress, in Arrow.

It speaks the owner's protocol (named reads, naive UTC, ``ReadsUnavailable`` when away) so that pages can be
shown full, empty, broken and away without a collector. ``clock`` advances only when told to, unless ``running``.
"""

from __future__ import annotations

import inspect
import math
import random
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from pipelines.errors import ReadsUnavailable
from tests.dashboard.fake_desk import FakeDesk
from tests.dashboard.fake_pages import FIELDS, GROUPS, HOSTILE, PROOFS, FakePages
from tests.dashboard.fake_reviews import FakeReviews
from tests.dashboard.fake_topics import FakeTopics

NOW = datetime(2026, 10, 25, 16, 52, 14)  # Sunday 17:52 in Madrid, the day the clocks went back
FIRST = (
    "Elena",
    "Marc",
    "Aiko",
    "Priya",
    "Tom",
    "Lucía",
    "Jonas",
    "Fatima",
    "Wei",
    "Sara",
    "Noah",
    "Inês",
    "Olu",
    "Hana",
    "Zoë",
)
LAST = (
    "García Fernández",
    "Okafor",
    "Tanaka",
    "Rao",
    "Meyer",
    "Rossi",
    "Dubois",
    "Novák",
    "Silva",
    "Chen",
    "Haddad",
    "Kim",
    "Łukasz",
)
DRUGS = ("enzavotinib", "sorbecitinib", "palvolisib", "ribocastat", "ivonescimab-x", "datropotamab deruxtecan")
AREAS = ("HR-positive, HER2-negative advanced breast cancer", "EGFR-mutated non-small cell lung cancer", "extensive-stage small cell lung cancer",
         "metastatic castration-resistant prostate cancer", "locally advanced or metastatic urothelial carcinoma", "gastric and gastro-oesophageal junction adenocarcinoma")  # fmt: skip
TRIALS = ("KEYSTONE", "AURORA", "MERIDIAN", "HALCYON", "POLARIS", "NORTHSTAR")
SAYINGS = ("Practice changing? OS benefit holds at 36 months, and the curves keep separating.", "Toxicity needs a closer look: 41% grade 3 or worse.",
           "Great discussant slides on {t}. Standing room only.", "Where is the quality-of-life data for {n}?", "Median PFS 18.4 vs 11.2 months, HR 0.61 in {t}. #ESMO26",
           "Congrats to the whole {t} team! {n} presented in the Presidential Symposium #ESMO26 #OncTwitter", "What about brain metastases? Nobody asked.",
           "Cost-effectiveness will be the next question for {d}.", "Looking forward to {n} this afternoon. #ESMO26")  # fmt: skip
ROLES = ("hcp", "researcher", "patient_advocate", "pharma", "society", "media", "other")
ROLE_WEIGHTS = (34, 14, 9, 8, 3, 4, 28)
SESSIONS = (
    ("23 08:00", "23 09:30", "Opening session", "plenary"), ("23 14:30", "23 16:00", "Mini oral session: Breast cancer, early stage", "mini oral"),
    ("24 08:30", "24 10:00", "Proffered paper session: NSCLC, metastatic", "proffered"), ("24 14:30", "24 16:15", "Presidential Symposium I", "presidential"),
    ("24 14:30", "24 16:00", "Mini oral session: Melanoma and other skin tumours", "mini oral"),
    ("25 07:30", "25 09:00", "Proffered paper session: Breast cancer, metastatic", "proffered"), ("25 07:30", "25 08:30", "Educational: Managing toxicity of ADCs", "educational"),
    ("25 09:15", "25 10:45", "Proffered paper session: NSCLC, early stage", "proffered"), ("25 09:15", "25 10:15", "Young Oncologists' forum", "special"),
    ("25 11:00", "25 12:00", "Lunch symposium", "industry"), ("25 12:00", "25 13:00", "Poster display session", "poster"),
    ("25 13:45", "25 15:15", "Mini oral session: Genitourinary tumours, prostate", "mini oral"), ("25 13:45", "25 15:00", "Special symposium: AI in oncology", "special"),
    ("25 13:45", "25 14:45", "Challenge your expert", "special"), ("25 13:45", "25 14:15", "Meet the editors", "special"), ("25 15:30", "25 17:00", "Presidential Symposium II", "presidential"),
)  # fmt: skip


def _at(word: str) -> datetime:
    day, clock = word.split()
    return datetime.fromisoformat(f"2026-10-{day}T{clock}:00")


@dataclass
class FakeOwner(FakeDesk, FakePages, FakeTopics, FakeReviews):
    """A congress of ``posts`` posts. Set ``away`` to stop answering, ``broken`` to fail one read, ``moment`` to move time."""

    posts: int = 9000
    followed: bool = True
    simulated: bool = True
    hostile: bool = False
    running: bool = False
    away: bool = False
    broken: str | None = None
    moment: datetime = NOW
    calls: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._started, self._version = time.monotonic(), 1
        self._people, self._abstracts, self._made = _people(), _abstracts(), _posts(self.posts)

    @property
    def now(self) -> datetime:
        """The owner's clock."""
        return self.moment + timedelta(seconds=time.monotonic() - self._started if self.running else 0)

    def commit(self, seconds: float = 2) -> None:
        """Let time pass and something be committed."""
        self.moment += timedelta(seconds=seconds)
        self._version += 1

    def read(self, name: str, **params: Any) -> pa.Table:
        """Answer a named read."""
        self.calls[name] += 1
        if self.away:
            raise ReadsUnavailable("nobody answers on 127.0.0.1")
        if name == self.broken:
            raise ValueError("column post_count not found")
        answer = getattr(self, f"_read_{name}")
        if "sight" not in inspect.signature(answer).parameters:  # what it makes up is the same for everybody
            params.pop("sight", None)
        return answer(**params)

    def _read_clock(self, after: int | None = None, patience: float = 0.0) -> pa.Table:
        until = time.monotonic() + patience
        while after == self._version and not self.running and not self.away and time.monotonic() < until:
            time.sleep(0.01)
        version = self._version + (int(time.monotonic() - self._started) if self.running else 0)
        return pa.Table.from_pylist(
            [{"now": self.now, "speed": 1.0, "version": version, "started_at": NOW - timedelta(days=3)}]
        )

    def _read_congresses(self) -> pa.Table:
        rows = [
            {"id": "esmo-2026", "name": "ESMO Congress 2026", "society": "ESMO", "city": "Madrid", "timezone": "Europe/Madrid", "starts_on": date(2026, 10, 23),
             "ends_on": date(2026, 10, 27), "follow_from": datetime(2026, 10, 15, 22), "follow_until": datetime(2026, 11, 3, 23), "simulated": self.simulated, "hashtags": ["esmo26", "esmo2026"], "post_count": self.posts},
            {"id": "ash-2026", "name": "ASH Annual Meeting 2026", "society": "ASH", "city": "New Orleans", "timezone": "America/Chicago", "starts_on": date(2026, 12, 12),
             "ends_on": date(2026, 12, 15), "follow_from": datetime(2026, 12, 5, 6), "follow_until": datetime(2026, 12, 23, 6), "simulated": False, "hashtags": ["ash26", "ash2026"], "post_count": 0},
        ]  # fmt: skip
        table = pa.Table.from_pylist(rows)
        return table if self.followed else table.slice(0, 0)

    def _window(self, congress_id: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        if congress_id != "esmo-2026":
            return []
        return [p for p in self._made if start <= p["at"] < end]

    def _read_overview(self, congress_id: str, minutes: int, as_of: datetime | None = None) -> pa.Table:
        now, span = self.now, timedelta(minutes=minutes or 100_000)
        row: dict[str, Any] = {"as_of": now}
        for suffix, found in (
            ("", self._window(congress_id, now - span, now)),
            ("_before", self._window(congress_id, now - 2 * span, now - span)),
        ):
            kinds = Counter(p["kind"] for p in found)
            hcp = [p for p in found if self._role(p) == "hcp"]
            row |= {f"post_count{suffix}": len(found), **{f"{k}_count{suffix}": kinds[k] for k in ("original", "repost", "quote", "reply")},
                    f"author_count{suffix}": len({p["who"] for p in found}), f"hcp_author_count{suffix}": len({p["who"] for p in hcp}), f"hcp_post_count{suffix}": len(hcp),
                    f"abstract_count{suffix}": len({p["abstract"] for p in found} - {None}), f"mention_count{suffix}": sum(p["abstract"] is not None for p in found)}  # fmt: skip
        return pa.Table.from_pylist(
            [
                row
                | {
                    "total_post_count": self.posts if congress_id == "esmo-2026" else 0,
                    "total_author_count": 1200,
                    "deleted_count": 3,
                }
            ]
        )

    def _role(self, post: dict[str, Any]) -> str:
        return self._people[post["who"]]["role"]

    def _read_volume(
        self,
        congress_id: str,
        start: datetime,
        end: datetime,
        bucket_minutes: int,
        split: str,
        as_of: datetime | None = None,
    ) -> pa.Table:
        first, step = start, timedelta(minutes=bucket_minutes)
        counts: Counter[tuple[datetime, str]] = Counter()
        for p in self._window(congress_id, first, end):
            if p["at"] < self.now:
                role = self._role(p)
                series = {
                    "role": "hcp" if role == "hcp" else "others",
                    "stakeholder": GROUPS.get(role, "others"),
                    "platform": p["platform"],
                }.get(split, "all")
                counts[first + (p["at"] - first) // step * step, series] += 1
        rows = [{"bucket_at": at, "series": s, "post_count": n} for (at, s), n in sorted(counts.items())]
        return pa.Table.from_pylist(
            rows,
            schema=pa.schema([("bucket_at", pa.timestamp("us")), ("series", pa.string()), ("post_count", pa.int64())]),
        )

    def _read_voices(self, congress_id: str, minutes: int, limit: int, as_of: datetime | None = None) -> pa.Table:
        found = Counter(
            p["who"]
            for p in self._window(congress_id, self.now - timedelta(minutes=minutes or 100_000), self.now)
            if self._role(p) == "hcp"
        )
        rows = []
        for rank, (who, n) in enumerate(found.most_common(limit), 1):
            person = self._people[who]
            name = HOSTILE[rank % 6] if self.hostile and rank < 4 else person["name"]
            rows.append({"rank": rank, "rank_before": rank + 1 if rank % 3 else None, "platform": "bluesky", "author_id": f"did:plc:{who}", "handle": person["handle"], "display_name": name, "role": "hcp",
                         "confidence": "probable" if who % 4 == 1 else "strict", "evidence": list(PROOFS[who % len(PROOFS)]), "credentials": ["MD"], "specialty": FIELDS[who % len(FIELDS)],
                         "post_count": n, "hcp_engager_count": n * 7 // 3 + who % 5, "engagement_count": n * 31, "score": 1 / rank, "best_post_id": "at://x",
                         "url": "javascript:window.__xss=1" if self.hostile and rank == 1 else f"https://bsky.app/profile/{person['handle']}"})  # fmt: skip
        return pa.Table.from_pylist(rows)

    def _read_abstracts(self, congress_id: str, minutes: int, limit: int, as_of: datetime | None = None) -> pa.Table:
        now, span = self.now, timedelta(minutes=minutes or 100_000)
        by: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for p in self._window(congress_id, now - span, now):
            if p["abstract"] is not None:
                by[p["abstract"]].append(p)
        before = Counter(p["abstract"] for p in self._window(congress_id, now - 2 * span, now - span))
        rows = []
        for number, found in sorted(by.items(), key=lambda kv: -len(kv[1]))[:limit]:
            spark = [0] * 24
            for p in found:
                spark[min(23, int((p["at"] - (now - span)) / span * 24))] += 1
            hcp, n = [p for p in found if self._role(p) == "hcp"], len(found)
            rows.append(self._abstracts[number] | {"post_count": n, "author_count": len({p["who"] for p in found}), "hcp_post_count": len(hcp), "hcp_author_count": len({p["who"] for p in hcp}),
                        "before_count": before[number], "tier_1": n * 3 // 8, "tier_2": n // 4, "tier_3": n // 10, "inherited": n - n * 3 // 8 - n // 4 - n // 10,
                        "sparkline": spark, "first_post_at": found[0]["at"], "first_author_handle": "x"})  # fmt: skip
        return pa.Table.from_pylist(rows)

    def _read_trending(self, congress_id: str, kind: str = "abstract", as_of: datetime | None = None) -> pa.Table:
        who = HOSTILE[0] if self.hostile else "@elena0.bsky.social"
        since = self.now - timedelta(minutes=25)
        rows = [
            {"kind": kind, "item": number, "title": "", "as_of": self.now, "observed": 21 - i, "expected": 1.9, "p_value": 2.4e-4, "q_value": 0.01, "lift": (21 - i) / 1.9,
             "peak": 22, "since": since, "started_by": who, "started_at": since, "post_ids": ["at://2990", "at://2991"],
             "why": f"{21 - i} authors in 30 min, 1.9 expected (chance 1 in 4,200); started by {who} at 17:27"}
            for i, number in enumerate(("LBA7", "LBA2"))
        ]  # fmt: skip
        schema = pa.Table.from_pylist(rows).schema
        return pa.Table.from_pylist(rows if congress_id == "esmo-2026" and self.posts > 100 else [], schema=schema)

    def _read_newest_posts(self, congress_id: str, limit: int, as_of: datetime | None = None) -> pa.Table:
        rows = []
        for i, p in enumerate(reversed(self._window(congress_id, datetime(2026, 10, 20), self.now)[-limit:])):
            person, abstract = self._people[p["who"]], self._abstracts[p["abstract"] or 0]
            said = SAYINGS[p["seed"] % len(SAYINGS)].format(
                t=abstract["trial"][0], n=abstract["number"], d=abstract["drugs"][0]
            )
            rows.append({"platform": p["platform"], "post_id": f"at://{p['seed']}", "created_at": p["at"], "author_id": str(p["who"]), "handle": person["handle"], "display_name": person["name"],
                         "role": person["role"], "confidence": "strict", "kind": p["kind"], "text": HOSTILE[i % len(HOSTILE)] if self.hostile else said,
                         "url": "javascript:window.__xss=1" if self.hostile else f"https://bsky.app/profile/{person['handle']}/post/3k", "rule": "hashtag", "term": "esmo26", "abstracts": []})  # fmt: skip
        return pa.Table.from_pylist(rows)

    def _read_hashtags(self, congress_id: str, minutes: int, limit: int, as_of: datetime | None = None) -> pa.Table:
        names = (
            "esmo26",
            "breastcancer",
            "lungcancer",
            "immunotherapy",
            "ctdna",
            "oncotwitter",
            "patientvoice",
            "prostatecancer",
            "adc",
        )
        rows = [
            {"hashtag": n, "post_count": 2400 // (i + 1), "before_count": 2000 // (i + 2) * (i % 3 + 1)}
            for i, n in enumerate(names)
        ]
        return pa.Table.from_pylist(rows[:limit] if congress_id == "esmo-2026" else [])

    def _read_gaps(self, start: datetime, end: datetime, as_of: datetime | None = None) -> pa.Table:
        rows = [{"source": "bluesky", "from_at": datetime(2026, 10, 25, 10, 40), "to_at": datetime(2026, 10, 25, 11, 50), "cause": "connection lost", "status": "partial"},
                {"source": "x", "from_at": datetime(2026, 10, 25, 3, 40), "to_at": datetime(2026, 10, 25, 4, 30), "cause": "stopped", "status": "open"}]  # fmt: skip
        return pa.Table.from_pylist([r for r in rows if r["to_at"] > start and self.posts])

    def _read_sessions(self, congress_id: str, start: datetime, end: datetime) -> pa.Table:
        rows = [
            {"session_id": str(i), "title": t, "starts_at": _at(a), "ends_at": _at(b), "kind": k}
            for i, (a, b, t, k) in enumerate(SESSIONS)
        ]
        return (
            pa.Table.from_pylist(rows if congress_id == "esmo-2026" else [])
            if congress_id == "esmo-2026"
            else pa.table({})
        )

    def _read_health(self) -> pa.Table:
        live = {
            "detail": "",
            "connected_since": NOW,
            "reconnect_count": 0,
            "dropped_count": 0,
            "received_count": 123456,
            "queue_depth": 0,
        }
        seen = self.now - timedelta(seconds=1)
        rows = [live | {"source": "bluesky", "seen_at": seen, "state": "live", "last_data_at": seen, "last_event_at": seen - timedelta(seconds=0.4)},
                live | {"source": "x", "seen_at": seen, "state": "reconnecting", "last_data_at": seen, "last_event_at": seen - timedelta(seconds=41), "reconnect_count": 3}]  # fmt: skip
        return pa.Table.from_pylist(rows)

    def _read_collection(self, as_of: datetime | None = None) -> pa.Table:
        """What stands in for health at a past moment: the same columns."""
        rows = [row | {"state": "collecting", "seen_at": as_of} for row in self._read_health().to_pylist()]
        return pa.Table.from_pylist(rows)


def _people() -> list[dict[str, Any]]:
    chance = random.Random(7)
    return [
        {"name": f"{'Dr ' if i % 5 == 0 else ''}{chance.choice(FIRST)} {chance.choice(LAST)}", "handle": f"{FIRST[i % 15].lower()}{i}.bsky.social",
         "role": chance.choices(ROLES, ROLE_WEIGHTS)[0]} for i in range(1200)
    ]  # fmt: skip


def _abstracts() -> list[dict[str, Any]]:
    rows = []
    for i in range(60):
        drug, area, trial = DRUGS[i % 6], AREAS[i * 5 % 6], f"{TRIALS[i % 6]}-{i % 19 + 1}"
        title = f"{('Overall survival with', 'Primary results of', 'Final analysis of', 'Patient-reported outcomes with')[i % 4]} {drug} plus chemotherapy versus chemotherapy alone in {area}: {trial}, a randomised phase III trial"
        number = f"LBA{i + 1}" if i < 20 else f"{300 + i}O"
        rows.append(
            {
                "number": number,
                "title": title,
                "trial": [trial],
                "presenter": None,
                "session": "Presidential Symposium II",
                "drugs": [drug],
                "companies": [],
            }
        )
    return rows


def _posts(count: int) -> list[dict[str, Any]]:
    chance = random.Random(11)
    start = datetime(2026, 10, 22)
    weights = []
    for m in range(4 * 1440):
        hour, at = (m / 60 + 2) % 24, start + timedelta(minutes=m)
        w = 0.12 + 1.6 * math.exp(-((hour - 10.5) ** 2) / 6) + 1.9 * math.exp(-((hour - 16) ** 2) / 5)
        for peak, size in (("24 14:36", 9), ("25 15:41", 12), ("23 08:15", 5)):
            since = (at - _at(peak)).total_seconds() / 60
            w += size * math.exp(-since / 22) if since >= 0 else 0
        quiet = datetime(2026, 10, 25, 10, 40) <= at < datetime(2026, 10, 25, 11, 50)
        weights.append(0 if quiet else w * (0.3 if m < 1440 else 1))
    times = sorted(chance.choices(range(4 * 1440), weights, k=count))
    made = [
        {"at": start + timedelta(minutes=m, seconds=chance.randrange(60)), "who": min(1199, int(chance.paretovariate(0.6)) - 1), "seed": i,
         "kind": chance.choices(("original", "repost", "quote", "reply"), (29, 62, 4, 5))[0], "platform": chance.choices(("bluesky", "x"), (6, 4))[0],
         "abstract": min(59, int(chance.paretovariate(0.5)) - 1) if chance.random() < 0.42 else None} for i, m in enumerate(times)
    ]  # fmt: skip
    return sorted(made, key=lambda p: p["at"])
