"""The recap as a workbook: typed cells, filters, native charts, and no formula anywhere.

The only file that imports xlsxwriter. Written row by row, so that half a million posts take no more memory than one; what
a sheet cannot hold is cut, split or shown as plain text, and the first sheet says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path
from typing import Any

from pipelines.recap import clean
from pipelines.recap.figures import count, moment, origin_line, source_line
from pipelines.recap.model import PostRow, Provenance, Recap
from pipelines.recap.native import NAVY, QUIET, fill
from pipelines.recap.sheets import METHOD, Field, Kind, Sheet, posts_sheet, sheets

ROWS = 1_048_576  # of a sheet
LINKS = 65_530  # of a sheet; from the next on Excel repairs the file
UNITS = 32_767  # UTF-16 units of a cell
HEAD = 3  # rows above the column headers: title, what it is, origin
_FORMATS: dict[Kind, dict[str, Any]] = {
    "text": {"num_format": "@", "align": "left", "indent": 1}, "words": {"num_format": "@", "align": "left", "indent": 1, "text_wrap": True}, "count": {"num_format": "#,##0"},
    "decimal": {"num_format": "#,##0.0###"}, "share": {"num_format": "0.0%"}, "change": {"num_format": "+0%;\N{MINUS SIGN}0%;0%"},
    "points": {"num_format": "+0.0;\N{MINUS SIGN}0.0;0.0"}, "moment": {"num_format": "yyyy-mm-dd hh:mm", "align": "left", "indent": 1},
    "day": {"num_format": "ddd yyyy-mm-dd", "align": "left", "indent": 1}, "flag": {"align": "left", "indent": 1},
    "link": {"font_color": "#0B6E99", "underline": 1, "align": "left", "indent": 1},
}  # fmt: skip
Made = tuple[str, str, int]  # a sheet's name, what it holds, its rows
NUMBERS = ("count", "decimal", "share", "change", "points")  # kinds that stand on the right


def write_workbook(recap: Recap, path: Path, posts: Iterable[PostRow] = ()) -> None:
    """The workbook; ``posts`` are read once while they are written, else the recap's own ids and links are listed."""
    import xlsxwriter

    settings = {
        "constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "default_date_format": "yyyy-mm-dd hh:mm",
    }  # fmt: skip
    with xlsxwriter.Workbook(str(path), settings) as book:
        writing = Writing(book, recap)
        first, drawn = book.add_worksheet("Read me"), book.add_worksheet("Charts")
        subjects = sheets(recap)
        made = [writing.sheet(each) for each in subjects[:-METHOD]]
        made += writing.posts(posts_sheet(recap, posts))
        made += [writing.sheet(each) for each in subjects[-METHOD:]]
        writing.draw(drawn)
        writing.read_me(
            first,
            [
                (
                    "Charts",
                    "Native charts over the sheets that follow; change the figures and they change.",
                    len(writing.charts),
                ),
                *made,
            ],
        )


@dataclass
class Writing:
    """A workbook while it is written: its formats, and notes of what a sheet could not hold."""

    book: Any
    recap: Recap
    notes: list[str] = field(default_factory=list)
    charts: list[tuple[Any, str]] = field(default_factory=list)  # each with its words for those who do not see it

    def __post_init__(self) -> None:
        told = self.recap.provenance
        self.formats = {kind: self.book.add_format({"valign": "top", **given}) for kind, given in _FORMATS.items()}
        self.title = self.book.add_format({"bold": True, "font_size": 16, "font_color": NAVY})
        self.quiet = self.book.add_format({"font_color": QUIET})
        head = {"bold": True, "font_color": "#FFFFFF", "bg_color": NAVY, "valign": "vcenter", "text_wrap": True}
        self.head, self.head_right = (self.book.add_format(head | each) for each in ({"indent": 1}, {"align": "right"}))
        self.book.set_properties(
            {
                "title": fitting(f"{told.congress_name}: recap", 250), "author": "Congress Pulse", "comments": fitting(origin_line(self.recap), 250),
                "created": told.as_of.replace(tzinfo=UTC),
            }
        )  # fmt: skip

    def sheet(self, sheet: Sheet) -> Made:
        """One table; returns what was written."""
        page = self._page(sheet, sheet.name)
        written = self._table(page, sheet, sheet.name, iter(sheet.rows))
        for each in sheet.charts if written else ():
            chart = self.book.add_chart({"type": each.kind, **({"subtype": "stacked"} if each.stacked else {})})
            fill(chart, sheet, each, HEAD, HEAD + min(written, each.top or written))
            self.charts.append((chart, each.alt))
        return sheet.name, sheet.about, written

    def posts(self, sheet: Sheet) -> list[Made]:
        """The posts, on as many sheets as they need."""
        rows = iter(sheet.rows)
        pending: list[tuple[Any, ...]] = []
        made: list[Made] = []
        while pending or not made:
            name = f"{sheet.name} {len(made) + 1}" if made else sheet.name
            written = self._table(self._page(sheet, name), sheet, name, chain(pending, rows))
            made.append((name, sheet.about, written))
            pending = list(islice(rows, 1))
        if len(made) > 1:
            self.notes.append(
                f"{sheet.name}: a sheet holds {count(ROWS - HEAD - 1)} rows, so they stand on {len(made)} sheets."
            )
        return made

    def draw(self, page: Any) -> None:
        """The charts side by side on a sheet of their own, where they are found."""
        page.hide_gridlines(2)
        page.write_string(0, 0, "Charts", self.title)
        page.write_string(1, 0, self._fit(source_line(self.recap), "Charts"), self.quiet)
        for place, (chart, alt) in enumerate(self.charts):
            chart.set_size({"width": 11 * 64 - 16, "height": 19 * 20 - 8})  # cells of a plain sheet are 64 by 20 pixels
            page.insert_chart(HEAD + place // 2 * 19, place % 2 * 11, chart, {"description": alt, "object_position": 3})
        page.print_area(0, 0, HEAD + (len(self.charts) + 1) // 2 * 19, 21)
        self._print(page)

    def read_me(self, page: Any, made: list[Made]) -> None:
        """What this is, what stands where, and what could not be held."""
        told = self.recap.provenance
        page.hide_gridlines(2)
        page.set_column(0, 0, 24)
        page.set_column(1, 1, 100)
        page.set_column(2, 2, 12)
        page.write_string(0, 0, self._fit(f"{told.congress_name}: recap", "Read me"), self.title)
        simulated = (
            [("Simulated", "This congress is simulated: no person, product or figure is real.")]
            if told.simulated
            else []
        )
        lines = [
            *simulated, ("Window", told.window_words), ("Time zone", f"All times are local: {told.zone}."), ("As of", moment(told, told.as_of)),
            ("Coverage", told.coverage_line), ("Made by", origin_line(self.recap)), *(("Note", each) for each in self.notes),
        ]  # fmt: skip
        strong = self.book.add_format({"bold": True, "valign": "top", "font_color": NAVY})
        for row, (name, words) in enumerate(lines, start=2):
            page.write_string(row, 0, name, strong)
            page.write_string(row, 1, fitting(words, UNITS), self.formats["words"])
        top = len(lines) + 3
        for column, name in enumerate(("Sheet", "What it holds", "Rows")):
            page.write_string(top, column, name, self.head_right if column == 2 else self.head)
        for row, (name, about, rows) in enumerate(made, start=top + 1):
            page.write_url(row, 0, f"internal:'{name}'!A1", self.formats["link"], name)
            page.write_string(row, 1, fitting(about, UNITS), self.formats["words"])
            page.write_number(row, 2, rows, self.formats["count"])
        page.activate()
        self._print(page)

    def _page(self, sheet: Sheet, name: str) -> Any:
        page = self.book.add_worksheet(name)
        for column, each in enumerate(sheet.fields):
            page.set_column(column, column, each.width)
        page.write_string(0, 0, name, self.title)
        page.write_string(1, 0, self._fit(sheet.about, name), self.quiet)
        page.write_string(2, 0, self._fit(f"{source_line(self.recap)} · {origin_line(self.recap)}", name), self.quiet)
        page.set_row(HEAD, 32)
        for column, each in enumerate(sheet.fields):
            right = each.kind in NUMBERS
            page.write_string(
                HEAD,
                column,
                self._fit(header(each, self.recap.provenance), name),
                self.head_right if right else self.head,
            )
        page.freeze_panes(HEAD + 1, 1)
        page.repeat_rows(HEAD)
        self._print(page)
        return page

    def _print(self, page: Any) -> None:
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_footer("&L&8" + fitting(source_line(self.recap), 200).replace("&", "&&") + "&R&8&P of &N")

    def _table(self, page: Any, sheet: Sheet, name: str, rows: Iterator[tuple[Any, ...]]) -> int:
        """Rows until the sheet is full; returns how many."""
        kinds = [each.kind for each in sheet.fields]
        links = written = 0
        for at, row in enumerate(islice(rows, ROWS - HEAD - 1), start=HEAD + 1):
            written += 1
            for column, (kind, value) in enumerate(zip(kinds, row, strict=True)):
                if kind == "link" and value and links < LINKS and (address := clean.link(value)):
                    page.write_url(at, column, address, self.formats["link"], address)
                    links += 1
                    if links == LINKS:
                        self.notes.append(
                            f"{name}: a sheet holds {count(LINKS)} links; from row {at + 2} on addresses are plain text."
                        )
                else:
                    self._cell(page, at, column, kind, value, name)
        page.autofilter(HEAD, 0, HEAD + max(1, written), len(kinds) - 1)
        page.print_area(0, 0, HEAD + max(1, written), len(kinds) - 1)
        return written

    def _cell(self, page: Any, row: int, column: int, kind: Kind, value: Any, name: str) -> None:
        """A value as what it is; nothing for no value."""
        if value is None or value == "":
            return
        if kind in NUMBERS:
            page.write_number(row, column, value, self.formats[kind])
        elif kind == "moment":
            page.write_datetime(row, column, local(self.recap.provenance, value), self.formats[kind])
        elif kind == "day":
            page.write_datetime(row, column, value, self.formats[kind])
        elif kind == "flag":
            page.write_string(row, column, "yes" if value else "no", self.formats[kind])
        else:
            page.write_string(row, column, self._fit(value, name), self.formats["text" if kind == "link" else kind])

    def _fit(self, text: str, name: str) -> str:
        """The text, cut where no cell holds it; a note says on which sheet."""
        if len(text) <= UNITS // 2 and text.isprintable():  # nearly every cell: nothing to clean, nothing to cut
            return text
        safe = fitting(clean.clean(text), UNITS)
        note = f"{name}: a cell holds {count(UNITS)} characters; longer texts end in an ellipsis."
        if safe.endswith("…") and len(safe) < len(text) and note not in self.notes:
            self.notes.append(note)
        return safe


def header(each: Field, told: Provenance) -> str:
    """A column's header; moments say their zone."""
    return f"{each.header} ({told.zone})" if each.kind == "moment" else each.header


def local(told: Provenance, at: datetime) -> datetime:
    """Naive local time: a spreadsheet knows no zones."""
    return told.local(at).replace(tzinfo=None)


def fitting(text: str, units: int) -> str:
    """The text, of at most so many UTF-16 units, cut with an ellipsis and never inside a character."""
    if len(text) <= units // 2:
        return text
    raw = text.encode("utf-16-le", "ignore")
    return text if len(raw) <= 2 * units else raw[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"
