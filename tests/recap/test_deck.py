"""The deck, opened again by python-pptx: what a reader of it relies on."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from pptx import Presentation
from pptx.util import Emu

from pipelines.errors import InputError
from pipelines.recap.deck import fitting, write_deck
from pipelines.recap.model import Recap
from tests.recap import examples
from tests.recap.company import company_template

RECAPS = {"example": examples.example, "hostile": examples.hostile, "empty": examples.empty}
TEMPLATES = {"4:3": (10, 7.5), "16:9": (10, 5.625)}
NOTHING_BUT_LINKS = re.compile(r"https?://")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("decks")


@pytest.fixture(scope="module")
def recaps() -> dict[str, Recap]:
    return {name: make() for name, make in RECAPS.items()}


@pytest.fixture(scope="module")
def decks(folder, recaps) -> dict[str, Path]:
    for name, recap in recaps.items():
        write_deck(recap, folder / f"{name}.pptx")
    return {name: folder / f"{name}.pptx" for name in recaps}


@pytest.fixture(scope="module", params=sorted(RECAPS))
def path(request, decks) -> Path:
    return decks[request.param]


@pytest.fixture(scope="module")
def opened(path):
    return Presentation(str(path))


@pytest.fixture(scope="module")
def slides(opened):
    return opened.slides


@pytest.fixture(scope="module")
def rich(decks):
    return Presentation(str(decks["example"])).slides


@pytest.fixture(scope="module", params=sorted(TEMPLATES))
def branded(request, folder, recaps):
    """The rich recap in a company's template: the deck's path and the template's."""
    template = company_template(folder / f"company {request.param[0]}.potx", *TEMPLATES[request.param])
    target = folder / f"branded {request.param.replace(':', '-')}.pptx"
    write_deck(recaps["example"], target, template)
    return target


@pytest.fixture(scope="module")
def branded_deck(branded):
    return Presentation(str(branded))


def chart(slides, name):
    return next(shape.chart for slide in slides for shape in slide.shapes if shape.has_chart and shape.name == name)


def values(slides, name) -> dict[str, list]:
    return {each.name: list(each.values) for each in chart(slides, name).plots[0].series}


def words_of(slides) -> list[str]:
    """Every text of every shape and cell."""
    found = []
    for slide in slides:
        for shape in slide.shapes:
            if shape.has_text_frame:
                found.append(shape.text_frame.text.replace("\v", "\n"))
            if shape.has_table:
                found += [cell.text_frame.text.replace("\v", "\n") for row in shape.table.rows for cell in row.cells]
    return found


def workbooks(path):
    with zipfile.ZipFile(path) as deck:
        for name in deck.namelist():
            if name.endswith(".xlsx"):
                yield deck.read(name)


def test_every_title_is_filled_and_unique(slides):
    titles = [slide.shapes.title.text_frame.text for slide in slides]
    assert all(each.strip() for each in titles)
    assert len(set(titles)) == len(titles)


def test_the_chart_of_hours_holds_the_hours_of_the_model(rich, recaps):
    recap = recaps["example"]
    expected = {
        "DEMO 2025": list(recap.comparison.hours),
        "Posts": [each.post_count for each in recap.hours],
        "Posts by HCPs": [each.hcp_post_count for each in recap.hours],
    }
    assert expected == values(rich, "Posts by hour")


def test_peaks_are_marked_on_the_hours_they_are(rich, recaps):
    recap = recaps["example"]
    line = chart(rich, "Posts by hour").plots[0].series[1]
    hours = [each.at for each in recap.hours]
    marked = {point.get("val") for point in line._element.xpath("./c:dPt/c:idx")}
    assert {str(hours.index(each.at)) for each in recap.peaks} == marked


def test_the_bars_hold_the_figures_of_the_model(rich, recaps):
    recap = recaps["example"]
    assert [each.post_count for each in recap.days] == values(rich, "Posts by day")["Posts"]
    assert [each.hcp_post_count for each in recap.days] == values(rich, "Posts by day")["Posts by HCPs"]
    assert [each.hcp_engager_count for each in recap.voices[:10]] == values(rich, "HCPs engaging")["HCPs engaging"]
    named = values(rich, "Posts naming the abstract")
    assert [(each.post_count, each.hcp_post_count) for each in recap.abstracts[:8]] == list(
        zip(*named.values(), strict=True)
    )


def test_author_share_and_post_share_stand_apart(rich, recaps):
    roles = recaps["example"].roles
    for name, counts in (
        ("Share of authors", [each.author_count for each in roles]),
        ("Share of posts", [each.post_count for each in roles]),
    ):
        assert [pytest.approx(each / sum(counts)) for each in counts] == values(rich, name)[name]


def test_share_of_voice_is_of_the_posts_that_name_any_item_of_the_kind(rich, recaps):
    for kind, name in (("product", "Products: bars"), ("company", "Companies: bars")):
        items = [each for each in recaps["example"].topics if each.kind == kind]
        expected = [pytest.approx(each.post_count / each.whole) for each in items]
        assert expected == values(rich, name)["Share of voice"]


def test_topics_hold_posts_of_all_and_of_hcps(rich, recaps):
    for kind, name in (("hashtag", "Hashtags: posts"), ("drug", "Drugs: posts"), ("trial", "Trials: posts")):
        items = [each for each in recaps["example"].topics if each.kind == kind]
        assert [each.post_count for each in items] == values(rich, name)["Posts"]
        assert [each.hcp_post_count for each in items] == values(rich, name)["Posts by HCPs"]


def test_no_workbook_inside_holds_a_formula_or_a_link(path):
    for raw in workbooks(path):
        book = openpyxl.load_workbook(io.BytesIO(raw))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        assert not [cell.value for cell in cells if cell.data_type == "f" or cell.hyperlink]


def test_a_label_like_a_formula_stays_the_text_it_was(decks):
    texts = {
        cell.value
        for raw in workbooks(decks["hostile"])
        for sheet in openpyxl.load_workbook(io.BytesIO(raw))
        for row in sheet.iter_rows()
        for cell in row
    }
    assert any(isinstance(each, str) and each.startswith("=HYPERLINK(") for each in texts)


def test_every_shape_lies_on_its_slide(opened):
    assert [] == outside(opened)


def test_text_fits_its_box(opened):
    assert [] == overfull(opened)


def outside(deck) -> list[str]:
    return [
        f"{number}: {shape.name}"
        for number, slide in enumerate(deck.slides, start=1)
        for shape in slide.shapes
        if shape.left is not None
        and not (
            -9000 <= shape.left <= shape.left + shape.width <= deck.slide_width + 9000
            and -9000 <= shape.top <= shape.top + shape.height <= deck.slide_height + 9000
        )
    ]


def overfull(deck) -> list[str]:
    """Text boxes and table rows whose words, at the sizes set, take more room than they have (Arial's widths)."""
    found = []
    for number, slide in enumerate(deck.slides, start=1):
        for shape in slide.shapes:
            if shape.has_text_frame and not shape.is_placeholder and shape.text_frame.word_wrap:
                if tall(shape.text_frame, Emu(shape.width).inches) > Emu(shape.height).inches + 0.06:
                    found.append(f"{number}: {shape.name}: {shape.text_frame.text[:50]!r}")
            elif shape.has_table:
                found += [f"{number}: {shape.name}, row {row}" for row in overfull_rows(shape.table)]
    return found


def overfull_rows(table):
    for number, row in enumerate(table.rows):
        for cell, column in zip(row.cells, table.columns, strict=True):
            width = Emu(column.width - cell.margin_left - cell.margin_right).inches
            if tall(cell.text_frame, width) + Emu(2 * cell.margin_top).inches > Emu(row.height).inches + 0.03:
                yield number


def tall(frame, width: float) -> float:
    total = 0.0
    for paragraph in frame.paragraphs:
        runs = [run for run in paragraph.runs if run.font.size]
        if runs:
            size = max(run.font.size.pt for run in runs)
            bold = sum(len(run.text) for run in runs if run.font.bold) * 2 > sum(len(run.text) for run in runs)
            total += fitting.height(paragraph.text.replace("\v", "\n"), size, width, bold) + (
                paragraph.space_before.inches if paragraph.space_before else 0
            )
    return total


def test_charts_and_tables_say_in_words_what_they_show(slides):
    for slide in slides:
        for shape in slide.shapes:
            if shape.has_chart or shape.has_table:
                assert len(shape._element.xpath("./p:nvGraphicFramePr/p:cNvPr/@descr")[0]) > 20


def test_reading_begins_with_the_title_and_ends_with_the_number(rich):
    for slide in list(rich)[1:]:
        shapes = list(slide.shapes)
        assert slide.shapes.title.shape_id == shapes[0].shape_id
        assert "Slide Number" in shapes[-1].name


def test_the_same_recap_gives_the_same_bytes(tmp_path, recaps, decks):
    write_deck(recaps["hostile"], tmp_path / "again.pptx")
    assert decks["hostile"].read_bytes() == (tmp_path / "again.pptx").read_bytes()


def test_each_fact_leads_to_the_slide_it_names(rich, recaps):
    links = {}
    for shape in rich[1].shapes:
        if shape.name.startswith("Link to slide"):
            target = shape.click_action.target_slide
            number = 1 + [each.slide_id for each in rich].index(target.slide_id)
            assert f"slide {number}" == shape.text_frame.text
            links[number] = target.shapes.title.text_frame.text
    assert {4, 6, 8, 10} == set(links)
    assert "HCPs are 20% of authors" in links[6]
    assert "LBA-02" in links[8]


def test_each_fact_stands_with_numerator_and_denominator(rich, recaps):
    words = "\n".join(words_of([rich[1]]))
    for each in recaps["example"].findings:
        assert each.text in words
        assert f"Numerator {each.numerator:,} · denominator {each.denominator:,}" in words


def test_every_slide_says_how_it_was_made(slides):
    for slide in slides:
        notes = slide.notes_slide.notes_text_frame.text
        assert "How this was made" in notes
        assert "Source:" in notes


def test_every_slide_of_a_simulated_congress_says_so(slides):
    assert all("Simulated congress" in "\n".join(words_of([slide])) for slide in slides)


def test_a_real_congress_is_not_called_simulated(tmp_path, recaps):
    recap = recaps["empty"]
    write_deck(replace(recap, provenance=replace(recap.provenance, simulated=False)), tmp_path / "real.pptx")
    words = words_of(Presentation(str(tmp_path / "real.pptx")).slides)
    assert not [each for each in words if "Simulated congress" in each]


def test_a_quoted_post_is_whole_or_not_there(decks, recaps):
    words = words_of(Presentation(str(decks["hostile"])).slides)
    recap = recaps["hostile"]
    shown = 0
    for post in (*recap.notable[:6], *recap.questions):
        if post.text and post.text in words:
            shown += 1
        elif len(post.text) > 60:
            assert not [each for each in words if each.startswith(post.text[:60])]
    assert shown >= 8


def test_shown_posts_stand_with_name_account_time_and_link(rich, recaps):
    slide = next(each for each in rich if "engaged post" in each.shapes.title.text_frame.text)
    words = "\n".join(words_of([slide]))
    links = {
        run.hyperlink.address
        for shape in slide.shapes
        if shape.has_text_frame
        for paragraph in shape.text_frame.paragraphs
        for run in paragraph.runs
    }
    local = recaps["example"].provenance.local
    for post in recaps["example"].notable[:6]:
        assert post.text in words
        assert post.author_name in words
        assert f"@{post.handle}" in words
        assert f"{local(post.created_at):%H:%M}" in words
        assert post.url in links


def test_links_lead_to_the_web_and_nowhere_else(path):
    with zipfile.ZipFile(path) as deck:
        targets = [
            target
            for name in deck.namelist()
            if name.endswith(".rels")
            for target in re.findall(r'Target="([^"]*)" TargetMode="External"', deck.read(name).decode())
        ]
    assert [] == [each for each in targets if not NOTHING_BUT_LINKS.match(each)]


def test_nothing_collected_gives_a_short_deck_that_says_what_it_leaves_out(decks):
    slides = Presentation(str(decks["empty"])).slides
    words = "\n".join(words_of(slides))
    assert len(slides) <= 5
    assert "No post was collected in this window" in words
    assert "Left out, because nothing is known of them: the executive summary, volume by hour" in words


def test_a_section_of_which_nothing_is_known_is_left_out(tmp_path, recaps):
    part = replace(recaps["example"], voices=(), questions=(), days=(), abstracts=(), topics=())
    write_deck(part, tmp_path / "part.pptx")
    words = "\n".join(words_of(Presentation(str(tmp_path / "part.pptx")).slides))
    left_out = "the days, HCP voices, abstracts, topics, share of voice and questions HCPs asked."
    assert f"Left out, because nothing is known of them: {left_out}" in words


def test_a_company_template_gives_colours_and_fonts(branded):
    with zipfile.ZipFile(branded) as deck:
        parts = {
            name: deck.read(name).decode()
            for name in deck.namelist()
            if re.match(r"ppt/(slides|charts)/[^/]*\.xml", name)
        }
        themes = [deck.read(name).decode() for name in deck.namelist() if "theme/theme1" in name]
    assert any("Georgia" in each for each in themes)
    assert [] == [name for name, xml in parts.items() if "<a:latin" in xml or "srgbClr" in xml]


def test_nothing_of_the_templates_own_slides_is_left(branded):
    with zipfile.ZipFile(branded) as deck:
        everything = {name: deck.read(name) for name in deck.namelist()}
    assert [] == [name for name, content in everything.items() if b"SECRET SAMPLE" in content]
    presentation = everything["ppt/presentation.xml"]
    assert b"custShow" not in presentation
    assert b"sectionLst" not in presentation
    assert b"template.main+xml" not in everything["[Content_Types].xml"]


def test_a_company_template_keeps_words_and_shapes_in_place(branded_deck):
    assert [] == outside(branded_deck)
    assert [] == overfull(branded_deck)


def test_the_body_lies_below_the_templates_title_and_above_its_footer(branded_deck):
    for slide in list(branded_deck.slides)[1:]:
        title = slide.shapes.title
        layout = slide.slide_layout
        foot = min(each.top for each in layout.placeholders if each.placeholder_format.type in (13, 15, 16))
        for shape in slide.shapes:
            if not shape.is_placeholder:
                assert title.top + title.height <= shape.top + 9000, shape.name
                assert shape.top + shape.height <= foot + 9000, shape.name


def test_the_companys_footer_and_slide_number_stand_on_every_slide(branded_deck):
    for slide in list(branded_deck.slides)[1:]:
        words = words_of([slide])
        assert "Company confidential" in words
        assert slide._element.xpath(".//a:fld[@type='slidenum']")


def test_no_placeholder_waits_to_be_filled(branded_deck):
    for slide in branded_deck.slides:
        assert [] == [
            each.name for each in slide.placeholders if each.has_text_frame and not each.text_frame.text.strip()
        ]


def test_only_the_deck_imports_python_pptx():
    root = Path(__file__).parents[2]
    importers = {
        str(file.relative_to(root).parent)
        for folder in ("pipelines", "dashboard")
        for file in (root / folder).rglob("*.py")
        if re.search(r"^\s*(from|import) pptx\b", file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert {"pipelines/recap/deck"} == importers


def test_a_presentation_serves_as_template_as_well(tmp_path, recaps):
    template = company_template(tmp_path / "company.pptx", 13.333, 7.5)
    write_deck(recaps["empty"], tmp_path / "deck.pptx", template)
    assert "Georgia" in str(zipfile.ZipFile(tmp_path / "deck.pptx").read("ppt/theme/theme1.xml"))


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 torn", b"<html>"])
def test_a_template_that_is_no_powerpoint_file_is_named(tmp_path, recaps, content):
    template = tmp_path / "company.potx"
    template.write_bytes(content)
    with pytest.raises(InputError, match=r"company\.potx: cannot be read as a PowerPoint file"):
        write_deck(recaps["empty"], tmp_path / "deck.pptx", template)


def test_a_template_that_is_not_there_is_named(tmp_path, recaps):
    with pytest.raises(InputError, match=r"none\.potx: cannot be read"):
        write_deck(recaps["empty"], tmp_path / "deck.pptx", tmp_path / "none.potx")


def test_a_shortened_text_fits_and_is_a_beginning():
    for text in (
        "A fairly long title of an abstract that goes on and on",
        "unbroken" * 40,
        "🧬" * 90,
        "短い" * 60,
        "x",
    ):
        for inches in (0.4, 1.2, 3.0):
            short = fitting.shortened(text, 12, inches, 2)
            assert len(fitting.wrap(short, 12, inches)) <= 2
            assert text.startswith(short.removesuffix("…"))


def test_wrapping_loses_no_letter():
    for text in ("one two  three", "longwordwithoutend" * 9, "a\nb\n\nc", " lead", ""):
        assert "".join(text.split()) == "".join("".join(fitting.wrap(text, 12, 0.9)).split())
