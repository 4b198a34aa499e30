"""Volume by hour with its peaks, sessions and gaps; and the days."""

from __future__ import annotations

from datetime import datetime, timedelta

from pipelines.recap import titles
from pipelines.recap.deck import charts
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.charts import Series
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, BEFORE, HCP, HEAD, HOLE, LINE, PAPER, QUIET, Page, Run, describe
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, table
from pipelines.recap.model import Day, Peak, Recap
from pipelines.recap.words import clock, count, plural, share
from pipelines.recap.words import day as day_words

HOUR = timedelta(hours=1)
PEAKS = 5
DAYS = 12


def volume_slide(binder: Binder) -> None:
    """Posts by hour, of all and of HCPs; peaks are numbered and stand beside with what they coincide with."""
    recap = binder.recap
    if not any(each.post_count for each in recap.hours):
        return
    notes = [
        "Posts per hour in the congress's time zone. A peak is a numbered maximum; it coincides with what ran then - nothing says that this caused it.",
        "Shaded: hours in which a source was not collected, filled afterwards or not. "
        + recap.provenance.coverage_line,
        "The strip under the chart marks the sessions of the programme: "
        + (
            "; ".join(f"{clock(recap.provenance.local(each.starts_at))} {each.title}" for each in recap.sessions[:12])
            or "none known."
        ),
    ]
    if recap.comparison:
        notes.append(f"Grey: {recap.comparison.congress_name}, from the same local hour of its first day.")
    page = binder.page("volume", "Volume by hour", titles.volume(recap), notes)
    left, right = page.body.split_across(page.body.width * 0.68, page.inches(0.35))
    _timeline(page, left if recap.peaks else page.body, recap)
    if recap.peaks:
        _legend_of_peaks(page, right, recap)


def _timeline(page: Page, box: Box, recap: Recap) -> None:
    legend, rest = box.split_down(page.inches(0.3))
    page.key(legend, _entries(recap))
    chart_box, days = rest.split_down(rest.height - page.inches(0.3))
    axis = page.inches(0.62)
    plot = Box(
        chart_box.left + axis,
        chart_box.top + page.inches(0.22),
        chart_box.width - axis,
        chart_box.height - page.inches(0.36),
    )
    first = recap.hours[0].at
    _shade_gaps(page, plot, recap, first)
    zone = recap.provenance.local
    series = [Series("Posts", [each.post_count for each in recap.hours], ALL, 2.5)]
    series.append(Series("Posts by HCPs", [each.hcp_post_count for each in recap.hours], HCP, 1.5))
    if recap.comparison:
        series.insert(0, Series(recap.comparison.congress_name, list(recap.comparison.hours), BEFORE, 1.5))
    alt = f"Line chart of posts per hour from {clock(zone(first))}. {titles.volume(recap)}. "
    alt += " ".join(
        f"Peak {each.number}: {count(each.post_count)} at {clock(zone(each.at))}." for each in recap.peaks[:PEAKS]
    )
    labels = [clock(zone(each.at)) for each in recap.hours]
    chart = charts.lines(page, chart_box, plot, labels, series, alt, "Posts by hour")
    line = chart.plots[0].series[1 if recap.comparison else 0]
    places = {each.at: place for place, each in enumerate(recap.hours)}
    for peak in recap.peaks[:PEAKS]:
        if peak.at in places:
            charts.mark(page, line, places[peak.at], str(peak.number), PAPER)
    _sessions(page, plot, recap, first)
    _day_labels(page, plot, days, recap)


def _entries(recap: Recap) -> list:
    entries = [("Posts", ALL, "line"), ("Posts by HCPs", HCP, "line")]
    if recap.comparison:
        entries.append((recap.comparison.congress_name[:40], BEFORE, "line"))
    if recap.sessions:
        entries.append(("Session", QUIET, "strip"))
    if _gap_spans(recap):
        entries.append(("Not collected, or only later", HOLE, "square"))
    return entries


def _gap_spans(recap: Recap) -> list[tuple[datetime, datetime]]:
    """Where a source was not collected, within the hours shown; an hour marked so without a gap counts whole."""
    first, last = recap.hours[0].at, recap.hours[-1].at + HOUR
    spans = [(max(each.from_at, first), min(each.to_at or last, last)) for each in recap.gaps]
    spans += [
        (each.at, each.at + HOUR)
        for each in recap.hours
        if not each.collected and not any(start < each.at + HOUR and end > each.at for start, end in spans)
    ]
    return [each for each in spans if each[0] < each[1]]


def _across(plot: Box, recap: Recap, first: datetime, at: datetime) -> float:
    return plot.left + plot.width * ((at - first) / HOUR) / len(recap.hours)


def _shade_gaps(page: Page, plot: Box, recap: Recap, first: datetime) -> None:
    for start, end in _gap_spans(recap):
        left = _across(plot, recap, first, start)
        wide = max(_across(plot, recap, first, end) - left, 0.04)
        shape = page.panel(
            Box(min(left, plot.right - wide), plot.top, wide, plot.height), HOLE, name="Gap in collection"
        )
        describe(
            shape,
            f"Not collected, or only later: {clock(recap.provenance.local(start))} to {clock(recap.provenance.local(end))}",
        )


def _sessions(page: Page, plot: Box, recap: Recap, first: datetime) -> None:
    last = recap.hours[-1].at + HOUR
    for each in recap.sessions[:80]:
        start, end = max(each.starts_at, first), min(each.ends_at, last)
        if start < end:
            left = _across(plot, recap, first, start)
            wide = max(_across(plot, recap, first, end) - left, 0.03)
            shape = page.panel(
                Box(left, plot.bottom + page.inches(0.03), wide, page.inches(0.07)), QUIET, name="Session"
            )
            describe(shape, f"{each.title}, {clock(recap.provenance.local(each.starts_at))}")


def _day_labels(page: Page, plot: Box, row: Box, recap: Recap) -> None:
    """The days under the plot: drawn beside the chart, since an axis of hours cannot name days across a change of clocks."""
    starts: list[tuple[int, datetime]] = []
    for place, each in enumerate(recap.hours):
        at = recap.provenance.local(each.at)
        if not starts or at.date() != starts[-1][1].date():
            starts.append((place, at))
    step = plot.width / len(recap.hours)
    every = -(-len(starts) // max(1, int(plot.width / page.inches(0.85))))
    for place, (hour, at) in enumerate(starts):
        end = starts[place + every][0] if place + every < len(starts) else len(recap.hours)
        left, wide = plot.left + hour * step, (end - hour) * step
        if place:
            page.panel(Box(left, plot.top, 0.008, plot.height), LINE, name="Midnight")
        if place % every == 0 and wide > page.inches(0.5):
            page.text(
                Box(left, row.top + page.inches(0.04), wide, row.height),
                [[Run(day_words(at), ink=QUIET)]],
                11,
                "centre",
                name="Day",
            )


def _legend_of_peaks(page: Page, box: Box, recap: Recap) -> None:
    peaks = recap.peaks[:PEAKS]
    rows = box.rows(max(len(peaks), 3), page.inches(0.12))
    for row, peak in zip(rows, peaks, strict=False):
        wide = page.badge(row.left, row.top, str(peak.number))
        text = Box(
            row.left + wide + page.inches(0.14),
            row.top + page.inches(0.02),
            row.width - wide - page.inches(0.14),
            row.height,
        )
        page.text(text, _peak_words(peak, recap), 13, name=f"Peak {peak.number}")


def _peak_words(peak: Peak, recap: Recap) -> list[list[Run]]:
    lines = [
        [Run(clock(recap.provenance.local(peak.at)), size=14, bold=True, ink=HEAD)],
        [Run(f"{plural(peak.post_count, 'post')} in the hour", size=12, ink=QUIET)],
    ]
    if peak.coincides_with:
        return [*lines, [Run("Coincides with ", bold=True), Run(peak.coincides_with)]]
    return [*lines, [Run("Coincides with no session of the programme as it is known here.", ink=QUIET)]]


def days_slide(binder: Binder) -> None:
    """What led each day, beside its posts."""
    recap = binder.recap
    if not any(each.post_count for each in recap.days):
        return
    shown = list(recap.days)
    if len(shown) > DAYS:  # the busiest, in order of time; all of them stand in the appendix
        shown = sorted(
            sorted(shown, key=lambda each: (-each.post_count, each.number))[:DAYS], key=lambda each: each.number
        )
    notes = [
        "A day is a local calendar day of the congress. It is led by the abstract that most of its posts name; a post counts once for an abstract.",
        "Bars: posts of all, and on them the posts by HCPs.",
    ]
    if len(shown) < len(recap.days):
        notes.append(f"The {len(shown)} busiest of {len(recap.days)} days; all of them stand in the appendix.")
    page = binder.page("days", "Day by day", titles.days(recap), notes)
    left, right = page.body.split_across(page.body.width * 0.68)
    columns = [
        Column("Day", 1.5, lines=3), Column("Abstract named most", 4.6, lines=4), Column("Posts naming it", 1.05, "right"),
        Column("Hashtag used most", 1.75), Column("Authors", 0.95, "right", spare=True),
    ]  # fmt: skip
    rows = table(
        page, left, columns, [_day_row(each) for each in shown], size=12, name="Days", tallest=1.1,
        alt=f"Table of {len(shown)} days with the abstract and hashtag that led each. {titles.days(recap)}.",
    )  # fmt: skip
    _day_bars(page, Box(right.left, rows.top, right.width, rows.height), shown)


def _day_row(each: Day) -> list[Cell]:
    number = f"Congress day {each.number}" if each.number > 0 else "Before it began"
    return [
        Cell(day_words(each.day), bold=True, ink=HEAD, under=number),
        Cell(
            ": ".join(filter(None, (each.leading_abstract, each.leading_title))) or "None named",
            ink=HEAD if each.leading_abstract else QUIET,
        ),
        Cell(count(each.leading_post_count) if each.leading_abstract else ""),
        Cell(f"#{each.leading_hashtag.lstrip('#')}" if each.leading_hashtag else ""),
        Cell(count(each.author_count)),
    ]


def _day_bars(page: Page, rows: Box, shown: list[Day]) -> None:
    head = page.inches(TABLE_HEAD)
    page.key(Box(rows.left, rows.top - head, rows.width, head), [("Posts", ALL, "square"), ("by HCPs", HCP, "square")])
    series = [
        Series("Posts", [each.post_count for each in shown], ALL),
        Series("Posts by HCPs", [each.hcp_post_count for each in shown], HCP),
    ]
    whole = sum(each.post_count for each in shown)
    alt = "Bar chart of posts by day. " + "; ".join(
        f"{day_words(each.day)} {count(each.post_count)} ({share(each.post_count, whole)}), {count(each.hcp_post_count)} by HCPs"
        for each in shown
    )
    charts.bars(page, rows, [day_words(each.day) for each in shown], series, alt, "Posts by day")
