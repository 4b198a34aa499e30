"""The chart specifications: constants, written once by Altair.

They name their data sets and hold no data, no clock and no zone. Streamlit keeps the drawn view as long
as the specification stays the same, so a new snapshot only moves the marks and nothing flickers.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import altair as alt

from dashboard.palette import Palette, palette
from dashboard.timeline import LANES, SERIES, SLOTS

LANE = 19  # pixels a lane of sessions is high
GAP_LANE = 16  # pixels kept free of bars for the words over gaps


@lru_cache(maxsize=32)
def volume(dark: bool, by: str, height: int, font: int = 11) -> dict[str, Any]:
    """Posts per bucket as stacked bars, under lanes of sessions, over shaded gaps.

    Data sets: ``volume``, ``ticks``, ``sessions``, ``gaps``, as made by ``timeline.timeline``.
    """
    p = palette(dark)
    top = LANES * LANE + GAP_LANE
    layers = [
        *_grid(p, top, height, font),
        *_gaps(p, top - 4, height, font),
        *_bars(p, by, top, height),
        *_sessions(p, font),
    ]
    chart = alt.layer(*layers).properties(height=height, width="container", padding={"left": 2, "right": 2, "top": 2, "bottom": 2})
    styled = chart.configure_view(stroke="transparent").configure(background="transparent", font="Inter, sans-serif")
    spec = styled.configure_axis(labelColor=p.quiet, labelFontSize=font, gridColor=p.line).to_dict()
    return spec | {"autosize": {"type": "fit-x", "contains": "padding"}}


def _x(field: str = "t") -> alt.X:
    return alt.X(f"{field}:T", scale=alt.Scale(type="utc", nice=False), axis=None)


def _grid(p: Palette, top: int, height: int, font: int) -> list[alt.Chart]:
    """Vertical hairlines at round times, stronger at midnight, and their labels under the plot."""
    chart = alt.Chart(alt.NamedData("ticks"))
    width = alt.condition("datum.day", alt.value(1.5), alt.value(0.6))
    rules = chart.mark_rule(color=p.line).encode(_x(), alt.YValue(top), alt.Y2Value(height), strokeWidth=width)
    labels = chart.mark_text(baseline="top", dy=7, fontSize=font, color=p.quiet)
    return [rules, labels.encode(_x(), alt.YValue(height), text="label:N")]


def _gaps(p: Palette, top: int, height: int, font: int) -> list[alt.Chart]:
    chart = alt.Chart(alt.NamedData("gaps"))
    tip = [alt.Tooltip("title:N", title="Gap"), alt.Tooltip("when:N", title="When")]
    area = chart.mark_rect(color=p.gap_fill, fillOpacity=0.13, stroke=p.gap_fill, strokeOpacity=0.7, strokeDash=[3, 3], strokeWidth=1)
    words = chart.mark_text(align="left", baseline="bottom", dy=-2, fontSize=font, color=p.gap, fontWeight=600)
    return [
        area.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(height), tooltip=tip),
        words.encode(_x(), alt.YValue(top), text="label:N"),
    ]


def _bars(p: Palette, by: str, top: int, height: int) -> list[alt.Chart]:
    """The stacked bars, a base line that stops where nothing is known, and a full-height area for the tip."""
    chart = alt.Chart(alt.NamedData("volume"))
    slots = [f"s{i}" for i in range(SLOTS)]
    axis = alt.Axis(title=None, tickCount=4, format="~s", domain=False, ticks=False, tickMinStep=1, labelPadding=6)
    scale = alt.Scale(range=[height, top], domainMin=0)
    colour = alt.Color("slot:N", scale=alt.Scale(domain=slots, range=list(p.series)), legend=None)
    bars = chart.transform_fold(slots, as_=["slot", "n"]).mark_bar(orient="vertical", binSpacing=0, stroke=p.panel, strokeWidth=0.4)
    known = chart.transform_filter("isValid(datum.total)").mark_rule(color=p.quiet, strokeWidth=1)
    words = [(i, word) for i, (word, _) in enumerate(SERIES[by]) if word]
    tips = [alt.Tooltip("when:N", title="Time"), alt.Tooltip("all_posts:N", title="Posts")]
    tips += [alt.Tooltip(f"tip{i}:N", title=word) for i, word in words] + [alt.Tooltip("note:N", title="Count")]
    hover = chart.transform_calculate(
        all_posts=_number("total"), **{f"tip{i}": _number(f"s{i}") for i, _ in words}
    ).mark_rect(opacity=0)
    return [
        bars.encode(_x(), alt.X2("t2"), alt.Y("n:Q", stack="zero", scale=scale, axis=axis), colour, order=alt.Order("slot:O")),
        known.encode(_x(), alt.X2("t2"), alt.YValue(height)),
        hover.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(height), tooltip=tips),
    ]


def _number(field: str) -> str:
    return f"isValid(datum.{field}) ? format(datum.{field}, ',') : 'no data'"


def _sessions(p: Palette, font: int) -> list[alt.Chart]:
    """A lane each: a tinted block with a strong left edge, and the title as far as it fits."""
    tip = [alt.Tooltip("title:N", title="Session"), alt.Tooltip("when:N", title="When")]
    layers = []
    for lane in range(LANES):
        top = lane * LANE
        chart = alt.Chart(alt.NamedData("sessions")).transform_filter(f"datum.lane == {lane}")
        block = chart.mark_rect(color=p.session, fillOpacity=0.15, cornerRadius=2)
        edge = chart.mark_rule(color=p.session, strokeWidth=2)
        words = chart.mark_text(align="left", baseline="middle", dx=6, fontSize=font, color=p.session, fontWeight=600)
        layers += [
            block.encode(_x(), alt.X2("t2"), alt.YValue(top), alt.Y2Value(top + LANE - 3), tooltip=tip),
            edge.encode(_x(), alt.YValue(top), alt.Y2Value(top + LANE - 3)),
            words.encode(_x("label_t"), alt.YValue(top + (LANE - 3) / 2), text="label:N"),
        ]
    return layers
