"""The report and the page of a day as PDF: tagged, the same twice, and whole whatever people wrote."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pypdf import PdfReader

from pipelines.recap.blocks import LONGEST_POST, card
from pipelines.recap.digest import day_words, digest_text
from pipelines.recap.glyphs import MISSING, drawable, drawn, held
from pipelines.recap.model import Recap
from pipelines.recap.pdf import write_digest, write_pdf
from tests.recap.examples import START, empty, example, hostile

MADE = {"rich": example, "hostile": hostile, "empty": empty}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    room = tmp_path_factory.mktemp("pdf")
    for name, make in MADE.items():
        write_pdf(make(), room / f"{name}.pdf")
        write_digest(make(), room / f"{name}-day.pdf")
    return room


def words_of(path: Path) -> str:
    """The text of all pages on one line, without the zero-width spaces that let long words break."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(path).pages).replace("\u200b", "").split())


def day() -> Recap:
    """The third day of the example."""
    recap, start = example(), START + timedelta(hours=48)
    told = replace(
        recap.provenance, start=start, end=start + timedelta(hours=24), window_words="15 September 2026, Chicago time"
    )
    hours = tuple(each for each in recap.hours if told.start <= each.at < told.end)
    return replace(recap, provenance=told, hours=hours, days=recap.days[2:3], peaks=recap.peaks[1:2])


@pytest.mark.parametrize("name", [*MADE, *(f"{each}-day" for each in MADE)])
def test_every_pdf_is_tagged_and_says_its_language_and_title(folder, name):
    root = PdfReader(folder / f"{name}.pdf").trailer["/Root"]
    assert (True, "en-GB") == (root["/MarkInfo"]["/Marked"], root["/Lang"])
    assert root["/StructTreeRoot"]["/K"]
    assert PdfReader(folder / f"{name}.pdf").metadata.title
    assert b"pdfuaid" in root["/Metadata"].get_data()


def tags(path: Path) -> list[tuple[str, str]]:
    """(tag, alternative text) of every element of the structure, in order of reading."""
    found = []

    def walk(node):
        node = node.get_object() if hasattr(node, "get_object") else node
        if isinstance(node, list):
            for each in node:
                walk(each)
        elif isinstance(node, dict) and "/S" in node:
            found.append((node["/S"], str(node.get("/Alt", ""))))
            walk(node.get("/K", []))

    walk(PdfReader(path).trailer["/Root"]["/StructTreeRoot"]["/K"])
    return found


def test_every_figure_has_words_and_every_table_has_headers(folder):
    found = tags(folder / "rich.pdf")
    figures = [alt for tag, alt in found if tag == "/Figure"]
    assert 7 == len(figures)
    assert all(len(alt) > 20 for alt in figures)
    assert sum(tag == "/Table" for tag, _ in found) == sum(tag == "/THead" for tag, _ in found) > 8
    assert {"/H1", "/H2", "/Title"} <= {tag for tag, _ in found}


def test_the_figures_of_the_recap_stand_in_the_report(folder):
    recap, said = example(), words_of(folder / "rich.pdf")
    wanted = [f"{each.value:,}" for each in recap.kpis if each.whole is None]
    wanted += [f"{each.post_count:,}" for each in (*recap.days, *recap.peaks, *recap.sources)]
    wanted += [each.text for each in (*recap.findings, *recap.definitions) if hasattr(each, "text")]
    assert [] == [each for each in wanted if each not in said]


def test_quoted_posts_stand_whole(folder):
    said = re.sub(r"\s", "", words_of(folder / "rich.pdf"))
    assert [] == [
        each.text for each in (*example().notable, *example().questions) if re.sub(r"\s", "", each.text) not in said
    ]


def test_every_page_says_where_its_figures_come_from(folder):
    recap = example()
    for page in PdfReader(folder / "rich.pdf").pages:
        said = " ".join(page.extract_text().split())
        wanted = (
            "Simulated congress",
            recap.provenance.congress_name,
            "as of Mon 21 Sep 2026, 09:30 CDT",
            "Congress Pulse 0.1.0",
            "5f2c0e9a1b7d",
        )
        assert [] == [each for each in (*wanted, "Not collected: X on 15 September") if each not in said]


def test_pages_are_numbered(folder):
    pages = PdfReader(folder / "rich.pdf").pages
    assert all(f"{number} of {len(pages)}" in page.extract_text() for number, page in enumerate(pages, start=1))


@pytest.mark.parametrize("name", MADE)
def test_a_day_is_one_page_whatever_was_written(folder, name):
    assert 1 == len(PdfReader(folder / f"{name}-day.pdf").pages)


def test_an_empty_report_says_that_nothing_was_collected(folder):
    said = words_of(folder / "empty.pdf")
    assert "No post of this window was collected." in said
    assert "Nothing was collected in this window." in said


def test_the_same_recap_gives_the_same_bytes(folder, tmp_path):
    write_pdf(hostile(), tmp_path / "again.pdf")
    write_digest(example(), tmp_path / "day.pdf")
    assert (folder / "hostile.pdf").read_bytes() == (tmp_path / "again.pdf").read_bytes()
    assert (folder / "rich-day.pdf").read_bytes() == (tmp_path / "day.pdf").read_bytes()


def test_links_lead_to_the_web_and_nowhere_else(folder):
    for name in MADE:
        for page in PdfReader(folder / f"{name}.pdf").pages:
            for each in page.get("/Annots", []):
                action = each.get_object().get("/A", {})
                assert action.get("/S", "/GoTo") in ("/URI", "/GoTo")
                assert str(action.get("/URI", "https://")).startswith(("https://", "http://"))


def test_what_a_post_says_is_never_part_of_the_source(folder):
    said = words_of(folder / "hostile.pdf")
    assert '#let evil = read("/etc/passwd")' in said
    assert "root:x:0" not in said


def test_a_post_in_a_script_without_a_font_is_linked_to_and_not_garbled(tmp_path):
    recap = example()
    write_pdf(
        replace(recap, notable=(replace(recap.notable[0], text="主要評価項目を達成 #DEMO26"),)), tmp_path / "a.pdf"
    )
    said = words_of(tmp_path / "a.pdf")
    assert "In a script that the fonts of this document do not hold" in said
    assert MISSING * 3 not in said


def test_emoji_arabic_and_the_signs_of_medicine_are_drawn():
    assert drawable("HR 0.62 (95% CI 0.51–0.75), p ≤ 0.001 → ≥ 12 µg/m² β χ² 👩🏽\u200d⚕️ 🇳🇴 1️⃣ بيانات السلامة")
    assert f"Yuki Tanabe {MISSING * 2}" == drawn("Yuki Tanabe 田辺")


def test_the_shipped_fonts_are_read():
    assert {*map(ord, "Aéß→≥👇ب")} <= held()


def test_a_long_post_is_linked_to_and_never_cut():
    long = replace(example().notable[0], text="word " * LONGEST_POST)
    assert ("", True) == (
        card(example(), long).text,
        card(example(), long).instead.startswith("A post of 7,000 characters"),
    )


def test_arabic_reads_from_right_to_left():
    arabic = replace(example().notable[0], text="بيانات السلامة")
    assert [True, False] == [card(example(), each).rtl for each in (arabic, example().notable[0])]


def test_a_digest_says_its_day_in_words_and_plain_text():
    said = digest_text(day())
    assert "DEMO 2026: Tuesday 15 September 2026\nSimulated congress: no figure is real." == said[: said.index("\n\n")]
    assert "- Posts: 12,806 (+22%)" in said
    assert "Not collected: X on 15 September" in said


def test_a_digest_of_more_than_a_day_says_its_window():
    assert "13 to 17 September 2026, Chicago time" == day_words(example())


def test_a_digest_of_nothing_is_still_a_message():
    assert "Coverage\n- Nothing was collected in this window." in digest_text(empty())
