"""The data sets behind the volume chart: buckets, ticks, sessions, gaps. Pure.

Instants travel as epoch milliseconds and are drawn on a UTC scale; whatever is read as a time is made
here, in the selected zone, so that it is the same in every viewer's browser and across a clock change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from dashboard import wording

LANES = 3
NARROW = 1150  # pixels of plot on the narrowest supported screen: what fits here fits everywhere
LETTER = 6.1  # pixels of an average letter at 11 px
PAD = 12  # pixels around a label
MISSING = ("open", "replaying", "partial", "budget", "filled_no_reposts")  # a filled gap misses nothing
SLOTS = 5

# split -> (colour slot, word in the legend, slugs counted in it), bottom to top; the last takes the rest
SERIES: Mapping[str, Sequence[tuple[int, str, tuple[str, ...]]]] = {
    "role": (
        (0, "HCPs", ("hcp",)), (1, "Industry", ("industry",)), (2, "Patient advocates", ("patient_advocate",)),
        (3, "Societies and media", ("organisation",)), (4, "Everyone else", ()),
    ),
    "platform": ((1, "Bluesky", ("bluesky",)), (2, "X", ("x",)), (3, "LinkedIn", ("linkedin",)), (4, "Other", ())),
}  # fmt: skip
SPLITS = {"role": "stakeholder", "platform": "platform"}  # split -> how the read ``volume`` calls it
PLATFORM_WORDS = {"x": "X", "bluesky": "Bluesky", "linkedin": "LinkedIn", "other": "Other"}
FIRST_AMONG = ("presidential", "plenary", "late-breaking", "late breaking", "keynote")


@dataclass(frozen=True, slots=True)
class Frame:
    """What the chart shows: from, to and the owner's clock (naive UTC), bucket in minutes, split and zone.

    ``posts`` is the address of its posts, to which each bar adds its bounds; without one no bar leads anywhere.
    """

    start: datetime
    end: datetime
    now: datetime
    bucket_minutes: int
    by: str
    zone: ZoneInfo
    posts: str = ""

    def x(self, at: datetime) -> float:
        """Where an instant lies on the narrowest plot, in pixels."""
        return NARROW * (at - self.start) / (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the picture, for its title and legend."""

    busiest_at: datetime | None
    busiest_end: datetime | None
    busiest_count: int
    present: tuple[int, ...]  # slots with at least one post
    lanes: int  # lanes with a session in them
    sessions_left_out: int
    gap_count: int


@dataclass(frozen=True, slots=True)
class Timeline:
    """Named data sets for the specification of ``charts.volume``, and the facts about them."""

    datasets: Mapping[str, pa.Table]
    facts: Facts


def source_platform(source: str) -> str:
    """The platform a source collects: ``x-stream`` and ``x:count`` are ``x``."""
    return source.lower().replace(":", "-").replace("_", "-").split("-")[0]


def source_word(source: str) -> str:
    """A source's name as a person reads it."""
    known = PLATFORM_WORDS.get(source_platform(source))
    return known or wording.shorten(source, 24).capitalize()


def slot(by: str, slug: str) -> int:
    """The colour slot of a role or platform."""
    return next((i for i, _, slugs in SERIES[by] if slug in slugs), SERIES[by][-1][0])


def timeline(
    frame: Frame,
    volume: Iterable[Mapping[str, Any]],
    sessions: Iterable[Mapping[str, Any]],
    gaps: Iterable[Mapping[str, Any]],
) -> Timeline:
    """Rows of the reads ``volume``, ``sessions`` and ``gaps`` as one picture."""
    missing = [g for g in gaps if g["status"] in MISSING and g["from_at"] < frame.end]
    buckets = _buckets(frame, volume, missing)
    programme, left_out = _sessions(frame, sessions)
    best = max(buckets, key=lambda b: b["total"] or 0, default=None)
    busiest_at = best["at"] if best and best["total"] else None
    facts = Facts(
        busiest_at=busiest_at,
        busiest_end=busiest_at + timedelta(minutes=frame.bucket_minutes) if busiest_at else None,
        busiest_count=(best["total"] or 0) if best else 0,
        present=tuple(i for i in range(SLOTS) if any(b[f"s{i}"] for b in buckets)),
        lanes=1 + max((row["lane"] for row in programme), default=-1),
        sessions_left_out=left_out,
        gap_count=len(missing),
    )
    tables = {
        "volume": _table(buckets, VOLUME), "ticks": _table(_ticks(frame), TICKS),
        "sessions": _table(programme, SESSIONS), "gaps": _table(_gaps(frame, missing), GAPS),
    }  # fmt: skip
    return Timeline(tables, facts)


VOLUME = pa.schema(
    [("t", pa.int64()), ("t2", pa.int64()), *((f"s{i}", pa.int32()) for i in range(SLOTS)),
     ("total", pa.int32()), ("when", pa.string()), ("note", pa.string()), ("href", pa.string())]
)  # fmt: skip
TICKS = pa.schema([("t", pa.int64()), ("label", pa.string()), ("day", pa.bool_())])
SESSIONS = pa.schema(
    [("t", pa.int64()), ("t2", pa.int64()), ("lane", pa.int8()), ("label", pa.string()), ("side", pa.string()), ("title", pa.string()), ("when", pa.string())]
)  # fmt: skip
GAPS = pa.schema(
    [("t", pa.int64()), ("t2", pa.int64()), ("label", pa.string()), ("title", pa.string()), ("when", pa.string())]
)  # fmt: skip


def _table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{n: r[n] for n in schema.names} for r in rows], schema=schema)


def _buckets(
    frame: Frame, volume: Iterable[Mapping[str, Any]], gaps: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """One row a bucket; a count is None, not 0, where a gap left nothing to count."""
    counts: dict[datetime, list[int]] = {}
    for row in volume:
        counts.setdefault(row["bucket_at"], [0] * SLOTS)[slot(frame.by, row["series"])] += row["post_count"]
    step, rows, at = timedelta(minutes=frame.bucket_minutes), [], frame.start
    while at < frame.end and at <= frame.now:
        here = counts.get(at, [0] * SLOTS)
        away = {source_platform(g["source"]) for g in gaps if _covers(g, at, min(at + step, frame.now))}
        total = sum(here)
        unknown = {slot("platform", p) for p in away} if frame.by == "platform" else set(range(SLOTS))
        shown = [None if away and not n and (i in unknown or not total) else n for i, n in enumerate(here)]
        if away and total and frame.by != "platform":
            shown = list(here)
        rows.append({
            "at": at, "t": wording.epoch_ms(at), "t2": wording.epoch_ms(at + step),
            **{f"s{i}": n for i, n in enumerate(shown)}, "total": None if away and not total else total,
            "when": span_words(at, at + step, frame.zone), "note": _note(away, at + step > frame.now),
            "href": f"{frame.posts}&start={at.isoformat()}&end={(at + step).isoformat()}" if frame.posts and total else None,
        })  # fmt: skip
        at += step
    return rows


def _covers(gap: Mapping[str, Any], start: datetime, end: datetime) -> bool:
    return gap["from_at"] <= start and (gap["to_at"] is None or gap["to_at"] >= end)


def _note(away: set[str], running: bool) -> str:
    if away:
        return f"Not collected: {', '.join(sorted(source_word(p) for p in away))}"
    return "Still counting" if running else "Complete"


def span_words(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """``Sat 24 Oct 14:30–14:40 CEST`` for naive UTC bounds."""
    a, b = wording.local(start, zone), wording.local(end, zone)
    return f"{a:%a} {a.day} {a:%b %H:%M}–{b:%H:%M} {b.tzname()}"


def _ticks(frame: Frame) -> list[dict[str, Any]]:
    """Round local times; walked in UTC and tested on the local clock, so right across a clock change."""
    span = (frame.end - frame.start) / timedelta(minutes=1)
    step = next((s for s in (5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880) if span / s <= 13), 2880)
    at = frame.start.replace(minute=frame.start.minute // 5 * 5, second=0, microsecond=0)
    rows = []
    while at < frame.end:
        here = wording.local(at, frame.zone)
        of_day = here.hour * 60 + here.minute
        on = of_day % step == 0 if step <= 1440 else not of_day and here.toordinal() % 2 == 0
        edge = min(frame.x(at), NARROW - frame.x(at)) < 18  # half a label: it would be cut off
        if on and not edge:
            label = f"{here:%a} {here.day}" if not of_day else f"{here:%H:%M}"
            rows.append({"t": wording.epoch_ms(at), "label": label, "day": not of_day})
        at += timedelta(minutes=5)
    return rows


def _sessions(frame: Frame, sessions: Iterable[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """Sessions in lanes, the important ones first, each with as much of its title as has room."""
    inside = [s for s in sessions if s["ends_at"] > frame.start and s["starts_at"] < frame.end]
    lanes: list[list[Block]] = [[] for _ in range(LANES)]
    for one in sorted(inside, key=_importance):
        _place(lanes, _wishes(frame, one))
    drawn = [(number, block) for number, lane in enumerate(lanes) for block in lane]
    return [_session_row(frame, number, block) for number, block in drawn], len(inside) - len(drawn)


@dataclass(frozen=True, slots=True)
class Block:
    """A session on the narrowest plot, in pixels: what block and words take up, the words and their side."""

    session: Mapping[str, Any]
    left: float
    right: float
    label: str
    side: str


def _wishes(frame: Frame, one: Mapping[str, Any]) -> list[Block]:
    """Ways to draw a session, best first: its title, what follows the colon, its first words, none.

    Words begin at the block's edge, or end there where the plot has no more room to the right.
    """
    left, right = max(frame.x(one["starts_at"]), 0), min(frame.x(one["ends_at"]), NARROW)
    title = wording.clean(one["title"])
    wishes = []
    for words in dict.fromkeys((title, title.rpartition(": ")[2])):
        width = len(words) * LETTER + PAD
        if left + width <= NARROW:
            wishes.append(Block(one, left, max(right, left + width), words, "left"))
        else:
            wishes.append(Block(one, left - width, right, words, "right"))
    for end in (NARROW, right):
        room = int((end - left - PAD) / LETTER)
        kept = title.rpartition(": ")[2][: max(0, room - 1)].rpartition(" ")[0].rstrip(" :,·-–")
        if len(kept) >= 4:
            wishes.append(Block(one, left, max(right, left + (len(kept) + 1) * LETTER + PAD), f"{kept}…", "left"))
    return [*wishes, Block(one, left, right, "", "left")]


def _place(lanes: list[list[Block]], wishes: list[Block]) -> None:
    """Put a session into the first lane that has room for its best wish; nowhere, if all are full."""
    for block in wishes:
        for lane in lanes:
            if all(block.right <= other.left or other.right <= block.left for other in lane):
                lane.append(block)
                return


def _importance(session: Mapping[str, Any]) -> tuple[bool, datetime, str]:
    words = f"{session['kind'] or ''} {session['title']}".lower()
    return (not any(w in words for w in FIRST_AMONG), session["starts_at"], session["session_id"])


def _session_row(frame: Frame, number: int, block: Block) -> dict[str, Any]:
    one = block.session
    return {
        "t": wording.epoch_ms(max(one["starts_at"], frame.start)), "t2": wording.epoch_ms(min(one["ends_at"], frame.end)),
        "lane": number, "label": block.label, "side": block.side, "title": wording.shorten(one["title"], 90),
        "when": span_words(one["starts_at"], one["ends_at"], frame.zone),
    }  # fmt: skip


def _gaps(frame: Frame, gaps: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    rows, taken = [], float("-inf")
    for gap in sorted(gaps, key=lambda g: g["from_at"]):
        start, end = max(gap["from_at"], frame.start), min(gap["to_at"] or frame.now, frame.end)
        if end <= start:
            continue
        label = f"{source_word(gap['source'])} not collected"
        left = min(frame.x(start), NARROW - len(label) * LETTER)
        if left < taken or (end - start) < timedelta(minutes=frame.bucket_minutes):
            label = ""
        else:
            taken = left + (len(label) + 3) * LETTER
        rows.append({
            "t": wording.epoch_ms(start), "t2": wording.epoch_ms(end), "label": label,
            "title": f"{source_word(gap['source'])}: {gap_word(gap['status'])}, {wording.shorten(gap['cause'], 60)}",
            "when": span_words(gap["from_at"], gap["to_at"] or frame.now, frame.zone),
        })  # fmt: skip
    return rows


def gap_word(status: str) -> str:
    """A gap's status in words."""
    words = {
        "open": "no data",
        "replaying": "being refilled",
        "partial": "partly refilled",
        "budget": "paused to save budget",
    }
    return words.get(status, "reposts missing")
