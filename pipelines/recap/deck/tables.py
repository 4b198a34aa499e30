"""Native tables: a head, hairlines, cells that are cut at a word and say so, rows of one height that charts align with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches

from pipelines.recap.deck import fitting
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import QUIET, TEXT, Ink, Page, Run, describe

HEAD = 0.4  # height of the head, at full scale
MARGIN = 0.07  # left and right in a cell
APART = 0.22  # left, behind a column of figures
_PLAIN = "{2D5ABB26-0587-4C30-8999-92F81FD0307C}"  # "No Style, No Grid"
_CELL = (
    '<a:tcPr xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" marL="{left}" marR="{right}" marT="{above}" marB="{above}" '
    'anchor="ctr"><a:lnB w="{line}" cap="flat" cmpd="sng" algn="ctr"><a:solidFill>{colour}</a:solidFill><a:prstDash val="solid"/></a:lnB>'
    "{fill}</a:tcPr>"
)
_DARK, _PALE = '<a:schemeClr val="tx2"/>', '<a:schemeClr val="bg1"><a:lumMod val="85000"/></a:schemeClr>'
_CLEAR = "<a:noFill/>"
_TO_FILL = '<a:solidFill><a:schemeClr val="bg1"><a:lumMod val="95000"/></a:schemeClr></a:solidFill>'  # as page.PANEL


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its head, its share of the width, how it is aligned and how many lines a cell may have.

    A ``spare`` one is left out on a narrow slide.
    """

    head: str
    share: float
    align: str = "left"
    lines: int = 1
    spare: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; ``under`` is a second line, smaller and quiet. ``whole`` text is never cut (a quoted post); a cell
    ``to_fill`` is on a panel, for whoever gets the deck."""

    text: str
    bold: bool = False
    ink: Ink = TEXT
    link: str = ""
    under: str = ""
    under_link: str = ""
    whole: bool = False
    to_fill: bool = False


def table(
    page: Page, box: Box, columns: Sequence[Column], rows: Sequence[Sequence[Cell | str]], alt: str,
    size: float = 12, name: str = "Table", tallest: float = 0.62, heights: Sequence[float] = (),
) -> Box:  # fmt: skip
    """A table from the top of ``box``; the box of its rows is given back, for a chart beside it.

    Rows share the height evenly, up to ``tallest`` (inches at full scale), unless ``heights`` (inches) says otherwise.
    """
    if page.frame.narrow:
        rows = [[cell for cell, column in zip(row, columns, strict=True) if not column.spare] for row in rows]
        columns = [each for each in columns if not each.spare]
    head = page.inches(HEAD)
    tall = min((box.height - head) / max(len(rows), 1), page.inches(tallest))
    row_heights = list(heights) or [tall] * len(rows)
    frame = page.slide.shapes.add_table(
        len(rows) + 1,
        len(columns),
        Inches(box.left),
        Inches(box.top),
        Inches(box.width),
        Inches(head + sum(row_heights)),
    )
    frame.name = name
    describe(frame, alt)
    _shape(frame.table, box.width, columns, [head, *row_heights])
    widths = [box.width * each.share / sum(each.share for each in columns) for each in columns]
    for place, (column, width) in enumerate(zip(columns, widths, strict=True)):
        # figures, then words: keep them apart
        left = APART if place and column.align == "left" and columns[place - 1].align == "right" else MARGIN
        slot = _Slot(column, page.inches(left), inner_width(page, width, left))
        top = frame.table.cell(0, place)
        _write(page, top, Cell(column.head, bold=True, ink=QUIET), slot, _head_size(page, slot, size), head, lines=2)
        _style(page, top, slot, is_head=True)
        for line, row in enumerate(rows, start=1):
            value = row[place]
            cell = Cell(value) if isinstance(value, str) else value
            _write(page, frame.table.cell(line, place), cell, slot, size, row_heights[line - 1], column.lines)
            _style(page, frame.table.cell(line, place), slot, to_fill=cell.to_fill)
    return Box(box.left, box.top + head, box.width, sum(row_heights))


@dataclass(frozen=True, slots=True)
class _Slot:
    """A column as it is laid out: its left margin and the inches for its words."""

    column: Column
    left: float
    room: float


def _head_size(page: Page, slot: _Slot, size: float) -> float:
    """A head stands whole: on one line, or smaller on two."""
    factor = page.frame.factor
    for smaller in (size - 1, size - 2, size - 3):
        points = page.points(smaller)
        lines = fitting.wrap(slot.column.head, points, slot.room, True, factor)
        broken = any(fitting.width(word, points, True, factor) > slot.room for word in slot.column.head.split())
        if not broken and len(lines) * points * fitting.LEADING / 72 <= page.inches(HEAD - 0.04):
            return smaller
    return size - 3


def _shape(made, width: float, columns: Sequence[Column], heights: Sequence[float]) -> None:
    properties = made._tbl.tblPr
    properties.find(qn("a:tableStyleId")).text = _PLAIN
    properties.set("bandRow", "0")
    total, left = sum(each.share for each in columns), Inches(width)
    for place, column in enumerate(columns):
        made.columns[place].width = Inches(width * column.share / total) if place < len(columns) - 1 else left
        left -= made.columns[place].width
    for place, tall in enumerate(heights):
        made.rows[place].height = Inches(tall)


def _write(page: Page, target, cell: Cell, slot: _Slot, size: float, tall: float, lines: int) -> None:
    under_size, points, factor = size - 2, page.points(size), page.frame.factor
    below = page.points(under_size) if cell.under else 0.0
    free = (tall - page.inches(0.04)) * 72 / fitting.LEADING - below
    fit = max(1, min(lines - bool(cell.under), int(free / points + 0.01)))
    words = cell.text if cell.whole else fitting.shortened(cell.text, points, slot.room, fit, cell.bold, factor)
    paragraphs = [[Run(words, bold=cell.bold, ink=cell.ink, link=cell.link)]]
    if cell.under:
        under = fitting.shortened(cell.under, page.points(under_size), slot.room, 1, False, factor)
        paragraphs.append([Run(under, size=under_size, ink=QUIET, link=cell.under_link)])
    page.fill(target.text_frame, paragraphs, size, slot.column.align, space=0, turn=cell.whole)


def inner_width(page: Page, width: float, left: float = MARGIN) -> float:
    """Inches for the words of a cell in a column of ``width``; a little is kept, since fonts differ."""
    return (width - page.inches(left + MARGIN)) * 0.97


def _style(page: Page, cell, slot: _Slot, is_head: bool = False, to_fill: bool = False) -> None:
    """Margins, the hairline below and the fill, in one piece: a deck has hundreds of cells."""
    for old in cell._tc.findall(qn("a:tcPr")):
        cell._tc.remove(old)
    made = _CELL.format(
        left=Inches(slot.left), right=Inches(page.inches(MARGIN)), above=Inches(page.inches(0.02)), line=15875 if is_head else 6350,
        colour=_DARK if is_head else _PALE, fill=_TO_FILL if to_fill else _CLEAR,
    )  # fmt: skip
    cell._tc.append(parse_xml(made))
