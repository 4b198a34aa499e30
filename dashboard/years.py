"""Two congresses laid over one another by congress day and local hour: rows, data sets and the specification. Pure.

Positions are hours since midnight before the first day, so that day 1 begins at 0 and the day before it at -24.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, Literal

import altair as alt
import pyarrow as pa

from dashboard import wording
from dashboard.charts import counts_axis
from dashboard.palette import Palette, palette

Shape = Literal["total", "hourly"]
WHICH = ("this", "other")
FONT = 11
AROUND = 1  # days before and after both congresses that are drawn

POINTS = pa.schema(
    [("x", pa.float64()), ("which", pa.string()), ("n", pa.int64()), ("part", pa.int64())]
)  # part: a line ends where hours are missing
TIPS = pa.schema(
    [("x", pa.float64()), ("x2", pa.float64()), ("when", pa.string()), ("this", pa.string()), ("other", pa.string())]
)
TICKS = pa.schema([("x", pa.float64()), ("label", pa.string()), ("day", pa.bool_())])
HOLES = pa.schema([("x", pa.float64()), ("x2", pa.float64()), ("which", pa.string()), ("title", pa.string())])


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of one congress by position; the last one counted may still be running."""

    rows: Mapping[float, Mapping[str, Any]]
    running: float | None = None  # the position of the hour that is not over
    part: float = 1.0  # how much of that hour has passed

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]], now: datetime, until: datetime) -> Hours:
        """Rows of the read ``aligned_volume`` as of ``now``, of a congress that is followed ``until`` then (naive UTC)."""
        found = {position(row["day_number"], row["hour"]): row for row in rows}
        if now >= until or not found:
            return cls(found)
        last = max(found)
        return cls(found, last, min(1.0, (now - found[last]["starts_at"]) / timedelta(hours=1)))

    @property
    def end(self) -> float:
        """Where the hours that are over end."""
        return self.running if self.running is not None else max(self.rows, default=-1.0) + 1

    def between(self, start: float, end: float) -> int:
        """Posts of the hours from position ``start`` to before ``end``."""
        return sum(row["post_count"] for at, row in self.rows.items() if start <= at < end)

    def busiest(self, start: float, end: float) -> tuple[float, int] | None:
        """Position and posts of the busiest hour that is over; the first of several."""
        over = [(at, row["post_count"]) for at, row in sorted(self.rows.items()) if start <= at < min(end, self.end)]
        best = max(over, key=lambda each: each[1], default=None)
        return best if best and best[1] else None

    @property
    def missed(self) -> list[float]:
        """Positions of hours that were not collected in full."""
        return sorted(at for at, row in self.rows.items() if not row["collected"])


def position(day_number: int, hour: int) -> float:
    """Hours since midnight before the first day; the day before the first is -1, for there is no day 0."""
    return 24.0 * (day_number - 1 if day_number > 0 else day_number) + hour


def day_word(day_number: int) -> str:
    """``Day 2``; ``2 days before`` for what comes before the first."""
    if day_number > 0:
        return f"Day {day_number}"
    return f"{wording.plural(-day_number, 'day')} before"


def place(at: float) -> tuple[int, int]:
    """Day number and hour of a position."""
    days, hour = divmod(int(at), 24)
    return days + 1 if days >= 0 else days, hour


def clock(at: float) -> str:
    """``day 2, 09:00``; ``the end of day 2`` instead of the midnight after it."""
    number, hour = place(at)
    if hour:
        return f"{_lower(number)}, {hour:02d}:00"
    return f"the end of {_lower(number - 1 if number != 1 else -1)}"


def since(at: float) -> str:
    """``the day before`` where a day begins, else as ``clock``."""
    number, hour = place(at)
    return clock(at) if hour else _lower(number)


def _lower(number: int) -> str:
    """``day 2``, ``the day before``, ``day −3``."""
    return "the day before" if number == -1 else f"day {wording.MINUS if number < 0 else ''}{abs(number)}"


def shown(this: Hours, other: Hours, days: int) -> tuple[float, float]:
    """From and to where both are drawn: ``days`` days with a day around them; from when both were followed, as far as either goes."""
    start = max([-24.0 * AROUND, *(min(hours.rows) for hours in (this, other) if hours.rows)])
    return start, min(24.0 * (days + AROUND), max([*this.rows, *other.rows], default=start) + 1)


def datasets(this: Hours, other: Hours, span: tuple[float, float], shape: Shape) -> dict[str, pa.Table]:
    """The named data sets of ``specification``."""
    values = {"this": _values(this, shape, span[0]), "other": _values(other, shape, span[0])}
    points = [row for which in WHICH for row in _points(which, values[which], span)]
    return {
        "points": pa.Table.from_pylist(points, schema=POINTS),
        "tips": pa.Table.from_pylist(_tips(this, other, values, span), schema=TIPS),
        "ticks": pa.Table.from_pylist(_ticks(span), schema=TICKS),
        "holes": pa.Table.from_pylist(
            [*_holes("this", this, span), *_holes("other", other, span)], schema=HOLES
        ),
    }  # fmt: skip


def _values(hours: Hours, shape: Shape, start: float) -> dict[float, int | None]:
    """By position: posts since ``start``, or posts of the hour (None where nothing was collected, and for the hour that runs)."""
    found: dict[float, int | None] = {}
    total = 0
    for at, row in sorted(hours.rows.items()):
        if at < start:
            continue
        total += row["post_count"]
        if shape == "total":
            found[at + (hours.part if at == hours.running else 1)] = total
        else:
            unknown = at == hours.running or (not row["collected"] and not row["post_count"])
            found[at + 0.5] = None if unknown else row["post_count"]
    return found


def _points(which: str, values: Mapping[float, int | None], span: tuple[float, float]) -> list[dict[str, Any]]:
    rows, part = [], 0
    for at, value in sorted(values.items()):
        if value is None:
            part += 1
        elif span[0] <= at <= span[1]:
            rows.append({"x": at, "which": which, "n": value, "part": part})
    return rows


def _tips(
    this: Hours, other: Hours, values: Mapping[str, Mapping[float, int | None]], span: tuple[float, float]
) -> list[dict[str, Any]]:
    rows = []
    for at in sorted({*this.rows, *other.rows}):
        if not span[0] <= at < span[1]:
            continue
        number, hour = place(at)
        told = {
            which: _told(
                values[which].get(at + 1, values[which].get(at + 0.5)), hours.rows.get(at), at == hours.running
            )
            for which, hours in (("this", this), ("other", other))
        }
        rows.append(
            {"x": at, "x2": at + 1, "when": f"{day_word(number)}, {hour:02d}:00–{(hour + 1) % 24:02d}:00", **told}
        )
    return rows


def _told(value: int | None, row: Mapping[str, Any] | None, running: bool) -> str:
    if row is None:
        return "not yet, or not followed"
    if running:
        return f"{row['post_count']:,} in this hour so far"
    words = "no data" if value is None else f"{value:,}"
    return words if row["collected"] else f"{words} (partly not collected)"


def _ticks(span: tuple[float, float]) -> list[dict[str, Any]]:
    """A strong line at each local midnight with the day's name, a fine one at noon."""
    rows, at = [], span[0] - span[0] % 12
    while at < span[1]:
        number, hour = place(at)
        if at >= span[0]:
            label = f"Day {wording.MINUS if number < 0 else ''}{abs(number)}" if hour == 0 else "12:00"
            rows.append({"x": at, "label": label, "day": hour == 0})
        at += 12
    return rows


def _holes(which: str, hours: Hours, span: tuple[float, float]) -> list[dict[str, Any]]:
    """Spans of hours that were not collected in full."""
    rows: list[dict[str, Any]] = []
    for at in hours.missed:
        if not span[0] <= at < span[1]:
            continue
        if rows and rows[-1]["x2"] == at:
            rows[-1]["x2"] = at + 1
        else:
            rows.append({"x": at, "x2": at + 1, "which": which, "title": "Not collected in full"})
    return rows


@lru_cache(maxsize=16)
def specification(dark: bool, height: int) -> dict[str, Any]:
    """Two lines over hours since day 1: this congress in the accent colour over the other one in grey."""
    p = palette(dark)
    layers = [_rules(p, height), _labels(p, height), _gaps(p, height), *_lines(p, height), _hover(height)]
    chart = alt.layer(*layers).properties(
        height=height, width="container", padding={"left": 2, "right": 2, "top": 2, "bottom": 2},
        view=alt.ViewBackground(stroke=None),
    )  # fmt: skip
    styled = chart.configure_view(stroke="transparent").configure(background="transparent", font="Inter, sans-serif")
    spec = styled.configure_axis(labelColor=p.quiet, labelFontSize=FONT, gridColor=p.line).to_dict()
    return spec | {"autosize": {"type": "fit-x", "contains": "padding"}}


def _x() -> alt.X:
    return alt.X("x:Q", scale=alt.Scale(nice=False, zero=False), axis=None)


def _named(data: str, kind: Literal["rule", "text", "rect", "line"], **style: Any) -> alt.Chart:
    return alt.Chart(alt.NamedData(data), mark=alt.MarkDef(type=kind, aria=False, **style))


def _rules(p: Palette, height: int) -> alt.Chart:
    width = alt.condition("datum.day", alt.value(1.5), alt.value(0.6))
    return _named("ticks", "rule", color=p.line).encode(_x(), alt.YValue(0), alt.Y2Value(height), strokeWidth=width)


def _labels(p: Palette, height: int) -> alt.Chart:
    words = _named("ticks", "text", baseline="top", align="left", dy=7, dx=1, fontSize=FONT, color=p.quiet)
    return words.encode(_x(), alt.YValue(height), text="label:N")


def _gaps(p: Palette, height: int) -> alt.Chart:
    """A dashed strip under the lines, this congress's lowest: colour and place say whose hours are missing."""
    colour = alt.Color("which:N", scale=alt.Scale(domain=list(WHICH), range=[p.gap_fill, p.quiet]), legend=None)
    tip = [alt.Tooltip("title:N", title="Gap")]
    area = _named("holes", "rect", fillOpacity=0.16, strokeOpacity=0.7, strokeDash=[3, 3], strokeWidth=1)
    return area.encode(_x(), alt.X2("x2"), alt.YValue(0), alt.Y2Value(height), color=colour, tooltip=tip)


def _lines(p: Palette, height: int) -> list[alt.Chart]:
    y = alt.Y("n:Q", scale=alt.Scale(range=[height, 6], domainMin=0), axis=counts_axis())
    drawn = []
    for which, colour, width in (("other", p.quiet, 1.8), ("this", p.accent, 2.8)):
        line = _named("points", "line", color=colour, strokeWidth=width, interpolate="monotone", strokeCap="round")
        drawn.append(line.transform_filter(f"datum.which == '{which}'").encode(_x(), y, detail="part:N"))
    return drawn


def _hover(height: int) -> alt.Chart:
    tips = [
        alt.Tooltip("when:N", title="Hour"),
        alt.Tooltip("this:N", title="This congress"),
        alt.Tooltip("other:N", title="The other"),
    ]
    area = _named("tips", "rect", opacity=0)
    return area.encode(_x(), alt.X2("x2"), alt.YValue(0), alt.Y2Value(height), tooltip=tips)


def by_day(this: Iterable[Mapping[str, Any]], other: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows of the read ``aligned_days`` of both, side by side: day_number, this, other (a row or None each)."""
    ours, theirs = ({row["day_number"]: row for row in rows} for rows in (this, other))
    return [
        {"day_number": number, "this": ours.get(number), "other": theirs.get(number)}
        for number in sorted({*ours, *theirs})
    ]


def dates(this: date | None, other: date | None) -> str:
    """``Mon 14 Sep / Mon 15 Sep``, a dash where one has no such day."""
    return " / ".join(f"{each:%a} {each.day} {each:%b}" if each else "–" for each in (this, other))


def caveats(
    this: Sequence[Mapping[str, Any]],
    other: Sequence[Mapping[str, Any]],
    names: tuple[str, str],
    words: Mapping[str, str],
) -> list[str]:
    """What makes the two hard to compare: days with gaps, and platforms that only one has. ``words`` name platforms."""
    told = []
    for name, rows in zip(names, (this, other), strict=True):
        holed = [day_word(row["day_number"]).lower() for row in rows if not row["collected"]]
        if holed:
            told.append(
                f"{name}: not everything was collected on {', '.join(holed)}; its figures there are lower bounds."
            )
    ours, theirs = ({platform for row in rows for platform in row["platforms"]} for rows in (this, other))
    for name, more in ((names[0], ours - theirs), (names[1], theirs - ours)):
        if more and ours and theirs:
            told.append(f"Only {name} has posts from {', '.join(sorted(words.get(each, each) for each in more))}.")
    return told
