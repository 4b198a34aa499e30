"""What all charts of the report are drawn with: colours, sizes, axes, and the frame of a Vega-Lite specification. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Spec = dict[str, Any]

# every colour by name, so that a page can exchange them for its dark theme
COLOURS = {
    "ink": "#23282d", "navy": "#12344d", "accent": "#0b6e99", "highlight": "#b85c0e", "quiet": "#5f6b76", "rule": "#dde2e6",
    "pale": "#9cc9de", "tint": "#d3e7f0", "middle": "#62a3c1", "grey": "#8796a5", "session": "#24735f", "paper": "#ffffff", "gap": "#efcdb0",
}  # fmt: skip
FONT = 11  # pixels; a chart is drawn about as wide as the page, so that this prints at 8 to 9 points
SCALE = 46  # pixels that the labels left of a plot take


def spec(words: str, width: int, height: int, **marks: Any) -> Spec:
    """A chart: its words, its size in pixels, its marks."""
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "description": words,
        "width": width,
        "height": height,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "padding": 2,
        "background": "transparent",
        "config": {"view": {"stroke": None}, "font": "Inter", "text": {"fontSize": FONT}},
        **marks,
    }


def layer(rows: Sequence[Mapping[str, Any]], mark: Mapping[str, Any], **encoding: Any) -> Spec:
    """Marks over rows; screen readers are told the chart's words and not each mark."""
    return {"data": {"values": list(rows)}, "mark": {**mark, "aria": False}, "encoding": encoding}


def axis(**given: Any) -> Spec:
    """A quiet axis: labels and hairlines, no line of its own."""
    quiet = {"title": None, "domain": False, "ticks": False, "labelColor": COLOURS["quiet"], "labelFontSize": FONT}
    return {**quiet, "gridColor": COLOURS["rule"], "labelPadding": 6, **given}


def legend(**given: Any) -> Spec:
    """A legend over the chart, on its left."""
    return {
        "title": None,
        "orient": "top",
        "labelColor": COLOURS["ink"],
        "labelFontSize": FONT,
        "offset": 6,
        "labelLimit": 300,
        "symbolType": "square",
        **given,
    }
