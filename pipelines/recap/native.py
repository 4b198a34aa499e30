"""The workbook's native charts: what each draws of its sheet, and how it looks."""

from __future__ import annotations

from typing import Any

from pipelines.recap.sheets import Drawn, Sheet

NAVY, ACCENT, HIGHLIGHT, GREY = "#12344D", "#0B6E99", "#D9731A", "#A6A6A6"
PALE, QUIET, RULE = "#9CC9DE", "#5F6B76", "#DDE2E6"


def fill(chart: Any, sheet: Sheet, drawn: Drawn, head: int, last: int) -> None:
    """Points an XlsxWriter chart at the rows of its sheet between the header row and the last, and styles it."""
    colours = (ACCENT, PALE) if len(drawn.series) < 3 else (GREY, ACCENT, HIGHLIGHT)
    for column, colour in zip(drawn.series, colours, strict=False):
        look = (
            {"line": {"color": colour, "width": 1.75}}
            if drawn.kind == "line"
            else {"fill": {"color": colour}, "gap": 45}
        )
        series = {
            "name": [sheet.name, head, column], "categories": [sheet.name, head + 1, drawn.names, last, drawn.names],
            "values": [sheet.name, head + 1, column, last, column],
        }  # fmt: skip
        labels = {"data_labels": {"value": True, "num_format": _form(sheet, drawn)}} if len(drawn.series) == 1 else {}
        chart.add_series(series | look | labels)
    _axes(chart, sheet, drawn)
    chart.set_title({"name": drawn.title, "overlay": False, "name_font": {"size": 13, "color": NAVY, "bold": True}})
    chart.set_legend({"position": "top"} if len(drawn.series) > 1 else {"none": True})
    chart.set_chartarea({"border": {"color": RULE}})


def _axes(chart: Any, sheet: Sheet, drawn: Drawn) -> None:
    quiet = {"num_font": {"color": QUIET}, "line": {"none": True}, "major_tick_mark": "none", "minor_tick_mark": "none"}
    values = {
        **quiet,
        "major_gridlines": {"visible": True, "line": {"color": RULE}},
        "min": 0,
        "num_format": _form(sheet, drawn),
    }
    if drawn.kind == "bar":
        chart.set_y_axis({**quiet, "reverse": True})
        chart.set_x_axis({**values, "label_position": "high"})
        return
    each_day = {"interval_unit": 24, "interval_tick": 24} if drawn.kind == "line" else {}
    chart.set_x_axis({**quiet, **each_day, "num_format": "ddd d", "text_axis": True, "line": {"color": RULE}})
    chart.set_y_axis(values)


def _form(sheet: Sheet, drawn: Drawn) -> str:
    return "0.0%" if sheet.fields[drawn.series[0]].kind == "share" else "#,##0"
