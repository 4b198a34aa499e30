"""The workbook, read back: typed cells, no formula, nothing lost without a note."""

from __future__ import annotations

import re
import zipfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest

from pipelines.recap import workbook
from pipelines.recap.model import PostRow
from pipelines.recap.sheets import sheets
from pipelines.recap.workbook import HEAD, fitting, write_workbook
from tests.recap.examples import START, empty, example, hostile

MADE = {"rich": example, "hostile": hostile, "empty": empty}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    room = tmp_path_factory.mktemp("books")
    for name, make in MADE.items():
        recap = make()
        write_workbook(recap, room / f"{name}.xlsx", recap.notable if name == "hostile" else ())
    return room


def opened(path: Path) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path)


def rows(book: openpyxl.Workbook, name: str) -> list[dict[str, object]]:
    """The rows of a sheet by the headers of its columns."""
    found = list(book[name].iter_rows(min_row=HEAD + 1, values_only=True))
    return [dict(zip(map(str, found[0]), each, strict=True)) for each in found[1:]]


def of_posts(count: int, text: str = "Words #DEMO26") -> list[PostRow]:
    post = example().notable[1]
    return [
        replace(
            post,
            post_id=str(1_966_000_000_000_000_000 + each),
            text=text,
            created_at=START + timedelta(seconds=each),
            url=f"https://x.com/i/status/{each}",
        )
        for each in range(count)
    ]


@pytest.mark.parametrize("name", MADE)
def test_no_cell_is_a_formula(folder, name):
    for sheet in opened(folder / f"{name}.xlsx"):
        assert [] == [cell.coordinate for row in sheet.iter_rows() for cell in row if cell.data_type == "f"], (
            sheet.title
        )
    with zipfile.ZipFile(folder / f"{name}.xlsx") as parts:
        assert [] == [
            each for each in parts.namelist() if each.startswith("xl/worksheets/") and b"<f>" in parts.read(each)
        ]


@pytest.mark.parametrize("name", MADE)
def test_links_lead_to_the_web_or_to_a_sheet(folder, name):
    book = opened(folder / f"{name}.xlsx")
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                if cell.hyperlink and cell.hyperlink.target:
                    assert cell.hyperlink.target.startswith(("https://", "http://"))
                elif cell.hyperlink:
                    assert cell.hyperlink.location.split("!")[0].strip("'") in book.sheetnames


def test_hostile_text_is_kept_as_it_was_written(folder):
    texts = [row["Text"] for row in rows(opened(folder / "hostile.xlsx"), "Posts")]
    escaped = [each.text.replace("_x000D_", "_x005F_x000D_") or None for each in hostile().notable]  # as Excel reads it
    assert escaped == texts


def test_the_figures_are_those_of_the_recap(folder):
    recap, book = example(), opened(folder / "rich.xlsx")
    assert [(each.label, each.value, each.whole) for each in recap.kpis] == [
        (row["Measure"], row["Count"], row["of"]) for row in rows(book, "KPIs")
    ]
    assert [each.post_count for each in recap.hours] == [row["Posts"] for row in rows(book, "Hourly")]
    assert list(recap.comparison.hours) == [row["Posts at DEMO 2025"] for row in rows(book, "Hourly")]
    assert sum(each.post_count for each in recap.days) == sum(row["Posts"] for row in rows(book, "Days"))
    assert [(each.number, each.post_count, each.tier_1, each.inherited) for each in recap.abstracts] == [
        (row["Number"], row["Posts"], row["By number"], row["Shared"]) for row in rows(book, "Abstracts")
    ]
    assert [(each.name, each.hcp_engager_count) for each in recap.voices] == [
        (row["Name"], row["HCPs who engaged"]) for row in rows(book, "Voices")
    ]
    assert [(each.url, each.post_count) for each in recap.links] == [
        (row["Page"], row["Posts"]) for row in rows(book, "Links")
    ]
    assert sum(each.post_count for each in recap.sources) == sum(row["Posts"] for row in rows(book, "Coverage"))


def test_shares_are_numbers_and_carry_their_parts(folder):
    first = rows(opened(folder / "rich.xlsx"), "Share of voice")[0]
    assert (438, 1254, pytest.approx(438 / 1254)) == (first["Posts"], first["of"], first["Share of voice"])


def test_changes_are_numbers_in_per_cent_or_in_points(folder):
    by_name = {row["Measure"]: row for row in rows(opened(folder / "rich.xlsx"), "KPIs")}
    assert (pytest.approx(2986 / 2710 - 1), None) == (
        by_name["Authors"]["Change"],
        by_name["Authors"]["Change in points"],
    )
    assert (None, pytest.approx(100 * (612 / 2986 - 521 / 2710))) == (
        by_name["HCP author share"]["Change"],
        by_name["HCP author share"]["Change in points"],
    )


def test_moments_are_naive_local_times_under_a_header_with_the_zone(folder):
    sheet = opened(folder / "rich.xlsx")["Hourly"]
    assert "Hour (America/Chicago)" == sheet.cell(HEAD + 1, 1).value
    assert (datetime(2026, 9, 13), "d") == (sheet.cell(HEAD + 2, 1).value, sheet.cell(HEAD + 2, 1).data_type)


def test_days_are_dates(folder):
    assert (
        datetime.combine(date(2026, 9, 13), datetime.min.time()) == rows(opened(folder / "rich.xlsx"), "Days")[0]["Day"]
    )


def test_ids_are_text_with_all_their_digits(folder):
    sheet = opened(folder / "rich.xlsx")["Post ids"]
    found = [(cell.value, cell.data_type) for (cell,) in sheet.iter_rows(min_row=HEAD + 2, max_col=1)]
    assert [(each, "s") for each in example().post_links["post_id"].to_pylist()] == found


def test_every_sheet_of_rows_can_be_filtered_and_keeps_its_headers_in_sight(folder):
    book = opened(folder / "rich.xlsx")
    for each in [sheet for sheet in book if sheet.title not in ("Read me", "Charts")]:
        assert each.auto_filter.ref.startswith(f"A{HEAD + 1}:"), each.title
        assert f"B{HEAD + 2}" == each.freeze_panes, each.title


def test_charts_are_native_and_point_at_the_rows_of_their_sheet(folder):
    charts = opened(folder / "rich.xlsx")["Charts"]._charts
    assert 6 == len(charts)
    assert f"Hourly!$B${HEAD + 2}:$B${HEAD + 1 + len(example().hours)}" == charts[0].series[1].val.numRef.f


def test_charts_have_words_for_those_who_do_not_see_them(folder):
    with zipfile.ZipFile(folder / "rich.xlsx") as parts:
        drawing = parts.read("xl/drawings/drawing1.xml").decode()
    assert 6 == len(re.findall(r'descr="[^"]{20,}"', drawing))


def test_a_recap_without_rows_has_all_sheets_and_no_chart(folder):
    book, full = opened(folder / "empty.xlsx"), opened(folder / "rich.xlsx")
    assert full.sheetnames == book.sheetnames
    assert [] == [each for each in book["Charts"]._charts if "Hourly" not in each.series[0].val.numRef.f]


@pytest.mark.parametrize("name", MADE)
def test_every_sheet_says_where_its_figures_come_from(folder, name):
    book, zone = opened(folder / f"{name}.xlsx"), "America/Chicago"
    for sheet in book.worksheets[2:]:
        said = str(sheet["A3"].value)
        assert "as of Mon 21 Sep 2026, 09:30 CDT" in said
        assert "Congress Pulse 0.1.0 · configuration 5f2c0e9a1b7d" in said
        assert "Simulated congress" in said
    first = " ".join(str(cell.value) for row in book["Read me"].iter_rows() for cell in row)
    assert zone in first
    assert "This congress is simulated" in first


def test_the_first_sheet_leads_to_every_other_and_says_how_much_it_holds(folder):
    book = opened(folder / "rich.xlsx")
    named = {row[0].value: row[2].value for row in book["Read me"].iter_rows() if row[0].hyperlink}
    assert book.sheetnames[1:] == list(named)
    assert (120, 400, 12) == (named["Hourly"], named["Post ids"], named["Voices"])


def test_the_same_recap_gives_the_same_bytes(folder, tmp_path):
    write_workbook(example(), tmp_path / "again.xlsx")
    assert (folder / "rich.xlsx").read_bytes() == (tmp_path / "again.xlsx").read_bytes()


def test_posts_are_read_once_while_they_are_written(tmp_path):
    write_workbook(example(), tmp_path / "a.xlsx", iter(of_posts(3)))
    book = opened(tmp_path / "a.xlsx")
    assert "Post ids" not in book.sheetnames
    assert ["1966000000000000000", "1966000000000000001", "1966000000000000002"] == [
        row["Post id"] for row in rows(book, "Posts")
    ]


def notes(book: openpyxl.Workbook) -> list[object]:
    return [row[1] for row in book["Read me"].iter_rows(values_only=True) if row[0] == "Note"]


def test_rows_that_one_sheet_cannot_hold_stand_on_more_and_a_note_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "ROWS", HEAD + 1 + 100)
    write_workbook(replace(example(), hours=()), tmp_path / "a.xlsx", of_posts(250))
    book = opened(tmp_path / "a.xlsx")
    parts = [rows(book, name) for name in ("Posts", "Posts 2", "Posts 3")]
    assert [100, 100, 50] == [len(each) for each in parts]
    assert 250 == len({row["Post id"] for each in parts for row in each})
    assert ["Posts: a sheet holds 100 rows, so they stand on 3 sheets."] == notes(book)


def test_a_sheet_that_is_just_full_is_not_split(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "ROWS", HEAD + 1 + 120)
    write_workbook(example(), tmp_path / "a.xlsx", of_posts(120))
    assert ("Posts 2" in opened(tmp_path / "a.xlsx").sheetnames) is False


def test_links_that_a_sheet_cannot_hold_are_plain_text_and_a_note_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr(workbook, "LINKS", 40)
    write_workbook(example(), tmp_path / "a.xlsx", of_posts(60))
    book = opened(tmp_path / "a.xlsx")
    cells = [row[-1] for row in book["Posts"].iter_rows(min_row=HEAD + 2)]
    assert (40, 60) == (sum(bool(each.hyperlink) for each in cells), sum(bool(each.value) for each in cells))
    assert [f"Posts: a sheet holds 40 links; from row {HEAD + 2 + 40} on addresses are plain text."] == notes(book)


def test_a_text_that_no_cell_holds_ends_in_an_ellipsis_and_a_note_says_so(tmp_path):
    write_workbook(example(), tmp_path / "a.xlsx", of_posts(2, "🧬" * 20_000))
    book = opened(tmp_path / "a.xlsx")
    assert ["🧬" * 16_383 + "…"] * 2 == [row["Text"] for row in rows(book, "Posts")]
    assert ["Posts: a cell holds 32,767 characters; longer texts end in an ellipsis."] == notes(book)


def test_a_text_is_cut_between_characters():
    assert ("ab", "a…", "…") == (fitting("ab", 2), fitting("abc", 2), fitting("🧬🧬", 2))


def test_every_row_has_a_cell_for_every_column():
    for make in MADE.values():
        for sheet in sheets(make()):
            assert {len(sheet.fields)} >= {len(row) for row in sheet.rows}, sheet.name
