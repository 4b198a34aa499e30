"""The panel of posts over time: its title, its legend, its chart whose bars lead to their posts, the part
of it that a viewer drags out, and what can be saved of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from dashboard import chart_box, charts, parts, wording
from dashboard.selection import Selection
from dashboard.timeline import SERIES, Facts, Timeline


@dataclass(frozen=True, slots=True)
class Part:
    """Some of a chart: from, to (naive UTC), and the posts in between."""

    start: datetime
    end: datetime
    count: int


def draw(
    key: str,
    shown: Timeline,
    chosen: Selection,
    now: datetime,
    *,
    height: int,
    font: int = 11,
    newest_at: datetime | None = None,
    abstract: str | None = None,
) -> None:
    """Draw the panel.

    Args:
        key: of the chart on its page.
        shown: what ``timeline`` made.
        chosen: the viewer's choice.
        now: the moment of the figures (naive UTC).
        height: of the chart, in pixels.
        font: size of its type, in pixels.
        newest_at: when the newest post came, told when the window holds none.
        abstract: the number of the one abstract that the posts name.
    """
    brush = "" if chosen.wall else charts.BRUSH
    spec = charts.volume(chosen.dark, chosen.by, height, font, shown.facts.lanes, bool(brush))
    chart_box.drawn(
        key, spec, shown.datasets, partial(table, shown, chosen), f"posts-over-time{f'-{abstract}' if abstract else ''}",
        words=words(shown.facts, chosen, newest_at, abstract, dragged(key, shown) if brush else None), chosen=chosen,
        now=now, brush=brush,
    )  # fmt: skip


def dragged(key: str, shown: Timeline) -> Part | None:
    """The part of the chart that the viewer dragged out, in whole buckets; none without one, or outside the chart."""
    span = st.session_state.get(key, {}).get("selection", {}).get(charts.BRUSH, {}).get("t")
    return part_between(shown, *span) if isinstance(span, list) and len(span) == 2 else None


def part_between(shown: Timeline, start_ms: float, end_ms: float) -> Part | None:
    """The whole buckets that a span touches, and their posts; none where it touches none."""
    volume = shown.datasets["volume"]
    rows = zip(*(volume[name].to_pylist() for name in ("t", "t2", "total")), strict=True)
    inside = [(t, t2, total) for t, t2, total in rows if t < end_ms and t2 > start_ms]
    if not inside:
        return None
    count = sum(total or 0 for _, _, total in inside)
    return Part(wording.moment_of(inside[0][0]), wording.moment_of(inside[-1][1]), count)


def words(
    facts: Facts,
    chosen: Selection,
    newest_at: datetime | None = None,
    abstract: str | None = None,
    part: Part | None = None,
) -> chart_box.Words:
    """What is true of the chart, or of the part dragged out of it, its unit and zone, and the legend of what is in it."""
    unit = f"Posts per {wording.minutes(chosen.window.span.bucket_minutes)} · {chosen.zone_word}"
    if facts.sessions_left_out:
        unit += f" · {wording.plural(facts.sessions_left_out, 'more parallel session')}"
    legend = [(f"s{i}", word) for i, word, _ in SERIES[chosen.by] if i in facts.present]
    legend += [("session", "Session")] if facts.lanes else []
    legend += [("gap", "Not collected")] if facts.gap_count else []
    title, markup = _of_part(part, chosen, abstract) if part else _title(facts, chosen, newest_at, abstract)
    return chart_box.Words(title, unit, legend, alt="Posts over time, with sessions and gaps", markup=markup)


def _title(facts: Facts, chosen: Selection, newest_at: datetime | None, abstract: str | None) -> tuple[str, str]:
    """The busiest bucket and its posts, as text and with the link to them; or that there are none."""
    if facts.busiest_at is None or facts.busiest_end is None:
        title = f"No posts in the {chosen.window.words}" if chosen.window.minutes else "No posts"
        if newest_at is not None:
            last = wording.local(newest_at, chosen.zone)
            title += f"; the newest is of {last:%a} {last.day} {last:%b %H:%M}"
        return title, ""
    first = f"Busiest {wording.minutes(chosen.window.span.bucket_minutes)} {_clock(facts.busiest_at, chosen)}: "
    busiest = Part(facts.busiest_at, facts.busiest_end, facts.busiest_count)
    return _led(first, busiest, "of the busiest bar", chosen, abstract)


def _of_part(part: Part, chosen: Selection, abstract: str | None) -> tuple[str, str]:
    """From when to when was dragged out, and how many posts that are, as text and with the link to them."""
    same_day = wording.local(part.start, chosen.zone).date() == wording.local(part.end, chosen.zone).date()
    end = f"{wording.local(part.end, chosen.zone):%H:%M}" if same_day else _clock(part.end, chosen)
    first = f"{_clock(part.start, chosen)} to {end}: "
    return _led(first, part, "of the time dragged out; a double click on the chart lets go of it", chosen, abstract)


def _clock(at: datetime, chosen: Selection) -> str:
    """A moment in the chosen zone, with its day where the window holds several."""
    here = wording.local(at, chosen.zone)
    day = "" if 0 < chosen.window.minutes <= 360 else f"{here:%a} {here.day} {here:%b} "
    return f"{day}{here:%H:%M}"


def _led(first: str, part: Part, which: str, chosen: Selection, abstract: str | None) -> tuple[str, str]:
    """Words that end in the number of posts, plain and with the link to them."""
    count = wording.plural(part.count, "post")
    link = parts.lead(
        "posts", count, f"Open the {count} {which}", chosen,
        abstract=abstract, start=part.start.isoformat(), end=part.end.isoformat(),
    )  # fmt: skip
    return first + count, escape(first) + link


def table(shown: Timeline, chosen: Selection) -> list[dict[str, Any]]:
    """The figures behind the chart: a row a bucket, in local time and UTC, with what was not collected; for the CSV."""
    series = [(f"s{i}", word) for i, word, _ in SERIES[chosen.by]]
    return [_row(each, series, chosen) for each in shown.datasets["volume"].to_pylist()]


def _row(each: Mapping[str, Any], series: list[tuple[str, str]], chosen: Selection) -> dict[str, Any]:
    start, end = wording.moment_of(each["t"]), wording.moment_of(each["t2"])
    zone = chosen.zone.key
    return {
        f"From ({zone})": wording.local(start, chosen.zone).isoformat(timespec="minutes"),
        f"To ({zone})": wording.local(end, chosen.zone).isoformat(timespec="minutes"),
        "From (UTC)": f"{start.isoformat(timespec='minutes')}Z",
        "Posts": each["total"],
        **{word: each[name] for name, word in series},
        "Count": each["note"],
    }
