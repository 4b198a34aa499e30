"""The chart specifications: constants, written once by Altair.

They name their data sets and hold no data, no clock and no zone. Streamlit keeps the drawn view as long
as the specification stays the same, so a new snapshot only moves the marks and nothing flickers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal

import altair as alt

from dashboard.palette import Palette, palette
from dashboard.timeline import LANES, SERIES, SLOTS

BRUSH = "brush"  # the name of the span of time that a viewer drags out
GAP_LANE = 18  # pixels kept free of bars for the words over gaps


@lru_cache(maxsize=32)
def volume(dark: bool, by: str, height: int, font: int = 11, lanes: int = LANES, brush: bool = False) -> dict[str, Any]:
    """Posts per bucket as stacked bars, under lanes of sessions, over shaded gaps.

    ``lanes`` are those with a session in them; it changes only when the programme of the window does. With ``brush`` a
    span of time can be dragged out.
    Data sets: ``volume``, ``ticks``, ``sessions``, ``gaps``, as made by ``timeline.timeline``.
    """
    p = palette(dark)
    lane = font + 8
    top = lanes * lane + GAP_LANE
    layers = [
        *_grid(p, top, height, font),
        *_gaps(p, top - 4, height, font),
        *_bars(p, by, top, height, brush),
        *_sessions(p, lanes, lane, font),
    ]
    return _finished(layers, p, height, font)


def _finished(layers: list[alt.Chart], p: Palette, height: int, font: int) -> dict[str, Any]:
    chart = alt.layer(*layers).properties(
        height=height,
        width="container",
        padding={"left": 2, "right": 2, "top": 2, "bottom": 2},
        view=alt.ViewBackground(stroke=None),
    )
    styled = chart.configure_view(stroke="transparent").configure(background="transparent", font="Inter, sans-serif")
    spec = styled.configure_axis(labelColor=p.quiet, labelFontSize=font, gridColor=p.line).to_dict()
    return spec | {"autosize": {"type": "fit-x", "contains": "padding"}}


@lru_cache(maxsize=4)
def overlay(dark: bool, height: int, font: int = 11) -> dict[str, Any]:
    """Two series as lines over shaded gaps, the second dashed; they break where nothing was collected.

    Data sets: ``points``, ``buckets``, ``ticks``, ``gaps``, as made by ``overlay.overlay``.
    """
    p, top = palette(dark), GAP_LANE
    scale = alt.Scale(range=[height, top], domainMin=0)
    y = alt.Y("n:Q", scale=scale, axis=counts_axis())
    names: list[Any] = ["first", "second"]
    colour = alt.Color("series:N", scale=alt.Scale(domain=names, range=list(pair_colours(dark))), legend=None)
    dashes = alt.StrokeDash("series:N", scale=alt.Scale(domain=names, range=[[1, 0], [6, 3]]), legend=None)
    line = alt.MarkDef(type="line", aria=False, interpolate="monotone", strokeWidth=2.2, strokeCap="round")
    tips = [alt.Tooltip(f"{name}:N", title=word) for name, word in (("when", "Time"), ("first", "Line"), ("second", "Dashes"), ("both", "In both"))]  # fmt: skip
    layers = [
        *_grid(p, top, height, font), *_gaps(p, top - 4, height, font),
        _draw("points", "point", opacity=0).encode(_x(), alt.YDatum(4, scale=scale, axis=counts_axis())),
        alt.Chart(alt.NamedData("points"), mark=line).encode(_x(), y, colour, dashes),
        _draw("buckets", "rect", opacity=0).encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(height), tooltip=tips),
    ]  # fmt: skip
    return _finished(layers, p, height, font)


def pair_colours(dark: bool) -> tuple[str, str]:
    """The colours of two topics beside each other; neither is that of HCPs."""
    return palette(dark).volume, palette(dark).series[2]


def counts_axis() -> alt.Axis:
    """The axis of a count: few ticks, 1.5k for 1,500. Through an expression, for with ``format`` Vega writes 0k beside it."""
    short: Any = "format(datum.value, '~s')"
    return alt.Axis(title=None, tickCount=4, labelExpr=short, domain=False, ticks=False, tickMinStep=1, labelPadding=6)


def _draw(data: str, mark: Literal["bar", "rect", "rule", "text", "point"], **style: Any) -> alt.Chart:
    """A layer of marks over a named data set; a screen reader is told the chart's title and not each bar."""
    return alt.Chart(alt.NamedData(data), mark=alt.MarkDef(type=mark, aria=False, **style))


def _x() -> alt.X:
    return alt.X("t:T", scale=alt.Scale(type="utc", nice=False), axis=None)


def _grid(p: Palette, top: int, height: int, font: int) -> list[alt.Chart]:
    """Vertical hairlines at round times, stronger at midnight, and their labels under the plot."""
    width = alt.condition("datum.day", alt.value(1.5), alt.value(0.6))
    rules = _draw("ticks", "rule", color=p.line)
    labels = _draw("ticks", "text", baseline="top", dy=7, fontSize=font, color=p.quiet)
    return [
        rules.encode(_x(), alt.YValue(top), alt.Y2Value(height), strokeWidth=width),
        labels.encode(_x(), alt.YValue(height), text="label:N"),
    ]


def _gaps(p: Palette, top: int, height: int, font: int) -> list[alt.Chart]:
    """A dashed, tinted area and the words over it."""
    tip = [alt.Tooltip("title:N", title="Gap"), alt.Tooltip("when:N", title="When")]
    edge = {"stroke": p.gap_fill, "strokeOpacity": 0.7, "strokeDash": [3, 3], "strokeWidth": 1}
    area = _draw("gaps", "rect", color=p.gap_fill, fillOpacity=0.13, **edge)
    words = _draw("gaps", "text", align="left", baseline="bottom", dy=-2, fontSize=font, color=p.gap, fontWeight=600)
    return [
        area.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(height), tooltip=tip),
        words.encode(_x(), alt.YValue(top), text="label:N"),
    ]


def _bars(p: Palette, by: str, top: int, height: int, brush: bool) -> list[alt.Chart]:
    """The stacked bars over a base line that stops where nothing is known."""
    slots: list[Any] = [f"s{i}" for i in range(SLOTS)]
    scale = alt.Scale(range=[height, top], domainMin=0)
    colour = alt.Color("slot:N", scale=alt.Scale(domain=slots, range=list(p.series)), legend=None)
    stacked = alt.Y("n:Q", stack="zero", scale=scale, axis=counts_axis())
    least = _draw("volume", "point", opacity=0).encode(
        _x(), alt.YDatum(4, scale=scale, axis=counts_axis())
    )  # an axis even for no posts
    bars = _draw("volume", "bar", orient="vertical", binSpacing=0, stroke=p.panel, strokeWidth=0.4)
    known = _draw("volume", "rule", color=p.quiet, strokeWidth=1).transform_filter("isValid(datum.total)")
    return [
        least,
        bars.transform_fold(slots, as_=["slot", "n"]).encode(
            _x(), alt.X2("t2"), stacked, colour, order=alt.Order("slot:O")
        ),
        known.encode(_x(), alt.X2("t2"), alt.YValue(height)),
        _brushed(_tips(by, top, height), p) if brush else _tips(by, top, height),
    ]


def _brushed(tips: alt.Chart, p: Palette) -> alt.Chart:
    """The same area, over which a span of time can be dragged; a double click lets go of it."""
    mark = alt.BrushConfig(fill=p.ink, fillOpacity=0.1, stroke=p.quiet, strokeOpacity=0.8)
    return tips.add_params(alt.selection_interval(name=BRUSH, encodings=["x"], mark=mark, zoom=False))


def _tips(by: str, top: int, height: int) -> alt.Chart:
    """An unseen area over each bucket that tells its figures, and leads to its posts."""
    words = [(i, word) for i, word, _ in SERIES[by]]
    tips = [alt.Tooltip("when:N", title="Time"), alt.Tooltip("all_posts:N", title="Posts")]
    tips += [alt.Tooltip(f"tip{i}:N", title=word) for i, word in words] + [alt.Tooltip("note:N", title="Count")]
    numbers = {"all_posts": _number("total")} | {f"tip{i}": _number(f"s{i}") for i, _ in words}
    area = _draw("volume", "rect", opacity=0).transform_calculate(**numbers)
    return area.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(height), tooltip=tips, href="href:N")


def _number(field: str) -> str:
    return f"isValid(datum.{field}) ? format(datum.{field}, ',') : 'no data'"


def _sessions(p: Palette, lanes: int, height: int, font: int) -> list[alt.Chart]:
    """A lane each: a tinted block with a strong left edge, and the title beside that edge."""
    tip = [alt.Tooltip("title:N", title="Session"), alt.Tooltip("when:N", title="When")]
    side = {"align": alt.expr("datum.side"), "dx": alt.expr("datum.side == 'left' ? 6 : -5"), "baseline": "middle"}
    layers = []
    for lane in range(lanes):
        top, only = lane * height, f"datum.lane == {lane}"
        bottom = top + height - 3
        block = _draw("sessions", "rect", color=p.session, fillOpacity=0.15, cornerRadius=2).transform_filter(only)
        edge = _draw("sessions", "rule", color=p.session, strokeWidth=2).transform_filter(only)
        words = _draw("sessions", "text", fontSize=font, color=p.session, fontWeight=600, **side).transform_filter(only)
        layers += [
            block.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(bottom), tooltip=tip),
            edge.encode(_x(), alt.YValue(top), alt.Y2Value(bottom)),
            words.encode(_x(), alt.YValue((top + bottom) / 2), text="label:N"),
        ]
    return layers
