"""The panel of posts over time: its title, its legend, its chart whose bars lead to their posts, and what can be saved of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

from dashboard import chart_box, charts, parts, wording
from dashboard.selection import Selection
from dashboard.timeline import SERIES, Facts, Timeline


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
    chart_box.drawn(
        key, charts.volume(chosen.dark, chosen.by, height, font, shown.facts.lanes), shown.datasets,
        partial(table, shown, chosen), f"posts-over-time{f'-{abstract}' if abstract else ''}",
        words=words(shown.facts, chosen, newest_at, abstract), chosen=chosen, now=now,
    )  # fmt: skip


def words(
    facts: Facts, chosen: Selection, newest_at: datetime | None = None, abstract: str | None = None
) -> chart_box.Words:
    """What is true of the chart, its unit and zone, and the legend of what is in it."""
    unit = f"Posts per {wording.minutes(chosen.window.span.bucket_minutes)} · {chosen.zone_word}"
    if facts.sessions_left_out:
        unit += f" · {wording.plural(facts.sessions_left_out, 'more parallel session')}"
    legend = [(f"s{i}", word) for i, word, _ in SERIES[chosen.by] if i in facts.present]
    legend += [("session", "Session")] if facts.lanes else []
    legend += [("gap", "Not collected")] if facts.gap_count else []
    title, markup = _title(facts, chosen, newest_at, abstract)
    return chart_box.Words(title, unit, legend, alt="Posts over time, with sessions and gaps", markup=markup)


def _title(facts: Facts, chosen: Selection, newest_at: datetime | None, abstract: str | None) -> tuple[str, str]:
    """The busiest bucket and its posts, as text and with the link to them; or that there are none."""
    if facts.busiest_at is None or facts.busiest_end is None:
        title = f"No posts in the {chosen.window.words}" if chosen.window.minutes else "No posts"
        if newest_at is not None:
            last = wording.local(newest_at, chosen.zone)
            title += f"; the newest is of {last:%a} {last.day} {last:%b %H:%M}"
        return title, ""
    here = wording.local(facts.busiest_at, chosen.zone)
    day = "" if 0 < chosen.window.minutes <= 360 else f"{here:%a} {here.day} {here:%b} "
    first = f"Busiest {wording.minutes(chosen.window.span.bucket_minutes)} {day}{here:%H:%M}: "
    count = f"{wording.count(facts.busiest_count)} posts"
    link = parts.lead(
        "posts", count, f"Open the {count} of the busiest bar", chosen,
        abstract=abstract, start=facts.busiest_at.isoformat(), end=facts.busiest_end.isoformat(),
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
