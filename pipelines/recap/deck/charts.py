"""Native, editable charts whose workbooks hold text as text: no formula, no link, whatever a label says."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from pptx.chart import xlsx
from pptx.chart.data import CategoryChartData
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION, XL_MARKER_STYLE, XL_TICK_LABEL_POSITION, XL_TICK_MARK
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import LINE, PEAK, QUIET, TEXT, Ink, Page, describe, paint

_TEXT_STAYS_TEXT = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_CHART = "http://schemas.openxmlformats.org/drawingml/2006/chart"


@dataclass(frozen=True, slots=True)
class Series:
    """A row of values in one colour; ``width`` in points for a line."""

    name: str
    values: Sequence[float | None]
    ink: Ink
    width: float = 2.25


class _PlainWriter(xlsx.CategoryWorkbookWriter):
    """XlsxWriter turns a label that begins with ``=`` into a live formula unless it is told not to."""

    @contextmanager
    def _open_worksheet(self, xlsx_file) -> Generator:
        book = xlsx.Workbook(xlsx_file, {"in_memory": True, **_TEXT_STAYS_TEXT})
        yield book, book.add_worksheet()
        book.close()


class PlainChartData(CategoryChartData):
    """Chart data for a workbook of plain text and numbers."""

    @property
    def _workbook_writer(self):  # ty: ignore[incompatible-property-override]
        return _PlainWriter(self)


def bars(
    page: Page, rows: Box, labels: Sequence[str], series: Sequence[Series], alt: str, name: str,
    number: str = "#,##0", room: float = 0.8, beside: bool = False, size: float = 12,
):  # fmt: skip
    """Horizontal bars, one per row of a table beside them; several series lie on one another, the first at the back,
    or ``beside`` one another.

    ``room`` is the part of the width that the longest bar takes; the rest is for the labels of the first series.
    """
    chart = _chart(page, XL_CHART_TYPE.BAR_CLUSTERED, rows, labels, series, alt, name, number)
    _plot_area(chart, 0, 0, 1, 1)
    for axis in (chart.category_axis, chart.value_axis):
        axis.has_major_gridlines = False
        axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
        axis.tick_label_position = XL_TICK_LABEL_POSITION.NONE
        axis.format.line.fill.background()
    chart.category_axis.reverse_order = True
    top = max((value or 0 for each in series for value in each.values), default=0)
    chart.value_axis.minimum_scale, chart.value_axis.maximum_scale = 0, (top or 1) / room
    plot = chart.plots[0]
    plot.gap_width, plot.overlap, plot.vary_by_categories = (
        (45 if beside else 65),
        (0 if beside or len(series) == 1 else 100),
        False,
    )
    for made, each in zip(plot.series, series, strict=True):
        made.format.fill.solid()
        paint(made.format.fill.fore_color, each.ink)
        made.invert_if_negative = False
    _label(page, plot.series[0], number, size)
    if beside and len(series) > 1:
        _label(page, plot.series[1], number, size - 2, strong=False)
    return chart


def paint_bar(chart, place: int, ink: Ink) -> None:
    """One bar of the first series in a colour of its own."""
    fill = chart.plots[0].series[0].points[place].format.fill
    fill.solid()
    paint(fill.fore_color, ink)


def _label(page: Page, series, number: str, size: float, strong: bool = True) -> None:
    labels = series.data_labels
    labels.show_value, labels.number_format, labels.number_format_is_linked = True, number, False
    labels.position = XL_LABEL_POSITION.OUTSIDE_END
    labels._element.get_or_add_txPr().bodyPr.set("wrap", "none")
    labels.font.size, labels.font.bold = Pt(page.points(size)), strong
    paint(labels.font.color, TEXT if strong else QUIET)


def lines(page: Page, box: Box, plot: Box, labels: Sequence[str], series: Sequence[Series], alt: str, name: str):
    """A line chart whose plot lies exactly on ``plot``, so that what is drawn around it meets its hours."""
    chart = _chart(page, XL_CHART_TYPE.LINE, box, labels, series, alt, name, "#,##0")
    _plot_area(
        chart, (plot.left - box.left) / box.width, (plot.top - box.top) / box.height, plot.width / box.width, plot.height / box.height
    )  # fmt: skip
    hours, posts = chart.category_axis, chart.value_axis
    for axis in (hours, posts):
        axis.major_tick_mark = axis.minor_tick_mark = XL_TICK_MARK.NONE
    hours.tick_label_position, hours.has_major_gridlines = XL_TICK_LABEL_POSITION.NONE, False
    paint(hours.format.line.color, LINE)
    posts.has_major_gridlines, posts.minimum_scale = True, 0
    paint(posts.major_gridlines.format.line.color, LINE)
    posts.major_gridlines.format.line.width = Pt(0.5)
    posts.format.line.fill.background()
    posts.tick_labels.number_format, posts.tick_labels.number_format_is_linked = "#,##0", False
    posts.tick_labels.font.size = Pt(page.points(11))
    paint(posts.tick_labels.font.color, QUIET)
    for made, each in zip(chart.plots[0].series, series, strict=True):
        made.smooth, made.marker.style = False, XL_MARKER_STYLE.NONE
        made.format.line.width = Pt(each.width * page.scale)
        paint(made.format.line.color, each.ink)
    return chart


def mark(page: Page, series, index: int, words: str, paper: Ink) -> None:
    """A dot on a line with words above it."""
    point = series.points[index]
    point.marker.style, point.marker.size = XL_MARKER_STYLE.CIRCLE, 9
    point.marker.format.fill.solid()
    paint(point.marker.format.fill.fore_color, PEAK)
    paint(point.marker.format.line.color, paper)
    point.data_label.position = XL_LABEL_POSITION.ABOVE
    run = point.data_label.text_frame.paragraphs[0].add_run()
    run.text, run.font.size, run.font.bold = words, Pt(page.points(12)), True
    paint(run.font.color, PEAK)


def _chart(page: Page, kind, box: Box, labels, series: Sequence[Series], alt: str, name: str, number: str):
    data = PlainChartData(number_format=number)
    data.categories = labels
    for each in series:
        data.add_series(each.name, each.values)
    frame = page.slide.shapes.add_chart(kind, *(Inches(each) for each in box), data)
    frame.name = name
    describe(frame, alt)
    chart = frame.chart
    chart.has_title = chart.has_legend = False
    chart.font.size = Pt(page.points(11))
    paint(chart.font.color, TEXT)
    return chart


def _plot_area(chart, left: float, top: float, width: float, height: float) -> None:
    area = chart._chartSpace.chart.plotArea
    for old in area.findall(qn("c:layout")):
        area.remove(old)
    area.insert(
        0,
        parse_xml(
            f'<c:layout xmlns:c="{_CHART}"><c:manualLayout><c:layoutTarget val="inner"/><c:xMode val="edge"/><c:yMode val="edge"/>'
            f'<c:x val="{left:.5f}"/><c:y val="{top:.5f}"/><c:w val="{width:.5f}"/><c:h val="{height:.5f}"/></c:manualLayout></c:layout>'
        ),
    )
