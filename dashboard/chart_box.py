"""A chart with its title, its legend, and two quiet links that save it: as a picture with all that is needed to quote it, as CSV.

Pages draw their charts with ``drawn`` and get the links, and the same frame around every picture.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import pyarrow as pa
import streamlit as st

from dashboard import download, parts, wording
from dashboard.palette import palette
from dashboard.selection import Selection
from pipelines.pictures import WIDTH, picture_apart

Rows = Sequence[Mapping[str, Any]]
Legend = Sequence[tuple[str, str]]  # (``s0`` to ``s4``, ``session``, ``gap`` or a hex colour; word)
LETTER, KEY = 6.6, 38  # pixels of a letter of the legend at 12 px, and of its square with the space around


@dataclass(frozen=True, slots=True)
class Words:
    """What stands around a chart.

    Attributes:
        title: what is true of it, not what is drawn.
        note: unit, and zone where there are times.
        legend: the series that are there.
        source: where the figures come from, for the picture.
        alt: what is drawn, for a screen reader.
        markup: instead of the title on the page, a title with links, made by ``parts``.
    """

    title: str
    note: str = ""
    legend: Legend = ()
    source: str = "public posts that the congress was followed for"
    alt: str = ""
    markup: str = ""


def drawn(
    key: str,
    spec: Mapping[str, Any],
    datasets: Mapping[str, pa.Table],
    rows: Rows | Callable[[], Rows],
    name: str,
    *,
    words: Words,
    chosen: Selection,
    now: datetime,
    brush: str = "",
) -> None:
    """Draw the heading and the chart; on a wall without the links.

    Args:
        key: of the chart on its page, constant.
        spec: constant Vega-Lite specification that names its data sets, a single or layered view.
        datasets: what it names.
        rows: what the CSV holds, or what makes it when it is wanted; its columns are the keys of the first row. A maker
            runs in another thread: it may use values, and nothing of Streamlit.
        name: of the file, without congress and ending: ``posts-over-time``.
        words: title, unit, legend.
        chosen: the viewer's choice.
        now: the moment of the figures (naive UTC).
        brush: the name of the span that can be dragged out, where the specification has one.
    """
    saves = "" if chosen.wall else links(key, partial(framed, spec, datasets, words, chosen, now), rows, name, chosen)
    st.html(parts.heading(words.title, words.note, words.legend, saves, words.markup))
    drawing, alt = {**spec, "datasets": dict(datasets)}, words.alt or words.title
    if brush:
        st.vega_lite_chart(drawing, theme=None, key=key, alt=alt, on_select="rerun", selection_mode=brush)
    else:
        st.vega_lite_chart(drawing, theme=None, key=key, alt=alt)


def links(
    key: str,
    spec: Callable[[], Mapping[str, Any]] | None,
    rows: Rows | Callable[[], Rows],
    name: str,
    chosen: Selection,
) -> str:
    """The links ``PNG`` and ``CSV``, as markup; without a ``spec`` CSV alone."""
    file = download.safe_name(chosen.congress.id, name, chosen.window.slug)
    told = name.replace("-", " ")
    made = []
    if spec is not None:
        address = download.offer(key, f"{file}.png", partial(_png, spec))
        made.append(download.link(address, "PNG", f"Save {told} as a picture"))
    address = download.offer(key, f"{file}.csv", partial(_csv, rows))
    return "".join([*made, download.link(address, "CSV", f"Save the figures of {told} as CSV")])


def _png(spec: Callable[[], Mapping[str, Any]]) -> bytes:
    return picture_apart(spec(), format="png")


def _csv(rows: Rows | Callable[[], Rows]) -> bytes:
    found = rows if isinstance(rows, Sequence) else rows()
    return download.csv_of(found, list(found[0]) if found else ["No figures"])


def framed(
    spec: Mapping[str, Any], datasets: Mapping[str, pa.Table], words: Words, chosen: Selection, now: datetime
) -> dict[str, Any]:
    """The specification of the picture: the chart under title, congress, window, zone, moment and source, with its legend."""
    p = palette(chosen.dark)
    said = [f"{chosen.congress.name} · {words.note}" if words.note else chosen.congress.name]
    said.append(f"{wording.sentence(chosen.window.words)} · as of {parts.moment(now, chosen)}")
    said.append(f"Source: Congress Pulse, {words.source}")
    chart: dict[str, Any] = {
        name: value for name, value in spec.items() if name not in ("config", "autosize", "$schema", "padding")
    }
    if chart.get("width", "container") == "container":
        chart["width"] = WIDTH
    title = {
        "text": words.title, "subtitle": said, "anchor": "start", "fontSize": 18, "fontWeight": 600, "subtitleFontSize": 12,
        "color": p.ink, "subtitleColor": p.quiet, "subtitlePadding": 6, "offset": 14,
    }  # fmt: skip
    views = [_legend(words.legend, chosen), chart] if words.legend else [chart]
    return {
        "$schema": spec.get("$schema", "https://vega.github.io/schema/vega-lite/v6.json"),
        "title": title, "vconcat": views, "spacing": 8, "datasets": dict(datasets), "background": p.panel, "padding": 20,
        "config": spec.get("config", {}),
    }  # fmt: skip


def _legend(legend: Legend, chosen: Selection) -> dict[str, Any]:
    """A row of squares and words."""
    rows, x = [], 0.0
    for kind, word in legend:
        rows.append({"x": x + 6, "w": x + 18, "colour": colour_of(kind, chosen.dark), "word": word})
        x += KEY + LETTER * len(word)
    place = {"type": "quantitative", "scale": None, "axis": None}
    square = {
        "mark": {"type": "square", "size": 110, "opacity": 1},
        "encoding": {"x": {"field": "x", **place}, "color": {"field": "colour", "scale": None, "type": "nominal"}},
    }
    word = {
        "mark": {"type": "text", "align": "left", "fontSize": 12, "color": palette(chosen.dark).ink},
        "encoding": {"x": {"field": "w", **place}, "text": {"field": "word", "type": "nominal"}},
    }  # fmt: skip
    return {"width": WIDTH, "height": 16, "view": {"stroke": None}, "data": {"values": rows}, "layer": [square, word]}


def colour_of(kind: str, dark: bool) -> str:
    """The colour of an entry of a legend."""
    p = palette(dark)
    named = {"session": p.session, "gap": p.gap_fill} | {f"s{i}": colour for i, colour in enumerate(p.series)}
    return named.get(kind, kind)
