"""The deck as it grows: slides with title, kicker, source, number and notes, and the links between them."""

from __future__ import annotations

import copy
import io
from dataclasses import dataclass, field
from pathlib import Path

from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.oxml import parse_xml
from pptx.presentation import Presentation
from pptx.slide import SlideLayout
from pptx.util import Emu, Pt

from pipelines.recap.deck import fitting
from pipelines.recap.deck.framing import TITLES, measure, title_size
from pipelines.recap.deck.frozen import frozen
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.house import KICKER
from pipelines.recap.deck.page import ALL, PEAK, QUIET, Frame, Page, Run
from pipelines.recap.deck.template import content_layout, open_template, title_layout
from pipelines.recap.model import Recap
from pipelines.recap.words import clock, count, listed, platform

SIMULATED = "Simulated congress: every post, person and product is invented."
_NUMBER = (
    '<p:sp xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main">'
    '<p:nvSpPr><p:cNvPr id="{id}" name="Slide number"/><p:cNvSpPr txBox="1"/><p:nvPr/></p:nvSpPr><p:spPr><a:xfrm><a:off x="{x}" y="{y}"/>'
    '<a:ext cx="{cx}" cy="{cy}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></p:spPr><p:txBody><a:bodyPr lIns="0" rIns="0" tIns="0" bIns="0"/>'
    '<a:lstStyle/><a:p><a:pPr algn="r"/><a:fld id="{{B6F15528-21DE-4FAA-801E-634DDDAF4B2B}}" type="slidenum"><a:rPr lang="en-GB" sz="900"/>'
    "<a:t>‹#›</a:t></a:fld></a:p></p:txBody></p:sp>"
)


@dataclass
class Binder:
    """A presentation being filled from a recap."""

    recap: Recap
    deck: Presentation
    opening_layout: SlideLayout
    layout: SlideLayout
    frame: Frame
    pages: list[Page] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)  # of each page
    titles: set[str] = field(default_factory=set)

    @classmethod
    def open(cls, recap: Recap, template: Path | None) -> Binder:
        """An empty deck in the look of a template.

        Raises:
            InputError: the template cannot be used.
        """
        deck = open_template(template)
        layout = content_layout(deck)
        return cls(recap, deck, title_layout(deck), layout, measure(deck, layout))

    def opening(self, title: str, lines: list[str], notes: list[str]) -> Page:
        """The title slide."""
        slide = self.deck.slides.add_slide(self.opening_layout)
        page = Page(slide, self.frame, "")
        self._title(slide, self.opening_layout, title, most=40)
        spare = [each for each in slide.placeholders if each.placeholder_format.type not in TITLES]
        under = next((each for each in spare if each.placeholder_format.type == KIND.SUBTITLE), None)
        for each in spare:
            if each is not under:
                each._element.getparent().remove(each._element)
        if under is None:
            page.text(self.frame.body, [[Run(each)] for each in lines], 18, name="Subtitle")
        else:
            self._subtitle(under, lines)
        self._note(page, notes)
        return page

    def page(self, section: str, kicker: str, title: str, notes: list[str], extra: str = "") -> Page:
        """A content slide; ``extra`` is added to its source line."""
        slide = self.deck.slides.add_slide(self.layout)
        page = Page(slide, self.frame, section)
        self._title(slide, self.layout, title, most=28)
        for each in list(slide.placeholders):
            if each.placeholder_format.type in TITLES:
                continue
            if each.placeholder_format.idx == 20 and self._is_kicker(each):
                each.text_frame.text, each.name = kicker, KICKER
            else:  # never "Click to add text"
                each._element.getparent().remove(each._element)
        self._note(page, notes, extra)
        return page

    def slide_of(self, *sections: str) -> int | None:
        """The number, from 1, of the first slide that shows one of the sections, the first named first."""
        for section in sections:
            for number, page in enumerate(self.pages, start=1):
                if page.section == section:
                    return number
        return None

    def save(self, path: Path) -> None:
        """Write the deck; the same recap, template and version give the same bytes."""
        self._close()
        about, at = self.recap.provenance, self.recap.provenance.as_of
        core = self.deck.core_properties
        core.title = f"{about.congress_name[:180]}: what was said online"
        core.author = core.last_modified_by = "Congress Pulse"
        core.subject = f"Recap of {about.congress_id[:80]}, {about.window_words[:150]}"
        core.comments = (
            f"Congress Pulse {about.version}, configuration {about.config_hash}, data as of {at:%Y-%m-%d %H:%M} UTC"[
                :255
            ]
        )
        core.keywords = core.category = core.content_status = ""
        core.created = core.modified = at
        core.last_printed = at
        core.revision, core.language = 1, "en-GB"
        stream = io.BytesIO()
        self.deck.save(stream)
        path.write_bytes(frozen(stream.getvalue(), at))

    @property
    def against(self) -> str:
        """The congress compared with, or nothing; an overlong name is cut."""
        if self.recap.comparison is None:
            return ""
        name = self.recap.comparison.congress_name or self.recap.comparison.congress_id
        return name if len(name) <= 40 else name[:39] + "…"

    def source(self, extra: str = "") -> str:
        """Where the figures of a slide come from: sources, window, n, as of."""
        about = self.recap.provenance
        posts = next((each.value for each in self.recap.kpis if each.key == "post_count"), None)
        parts = [
            f"Source: {listed([platform(each) for each in about.platforms])}" if about.platforms else "Source: none",
            about.window_words,
            "" if posts is None else f"n = {count(posts)} posts",
            extra,
            f"data as of {clock(about.local(about.as_of))}",
        ]
        return " · ".join(each for each in parts if each)

    def _title(self, slide, layout, words: str, most: float) -> None:
        title = slide.shapes.title
        words = self._unique(" ".join(words.split()) or self.recap.provenance.congress_id)
        place = next(each for each in layout.placeholders if each.placeholder_format.type in TITLES)
        width, tall = Emu(place.width).inches - 0.2, Emu(place.height).inches - (0.1 if place.height > 700_000 else 0)
        own = title_size(layout, place)
        factor = self.frame.factor
        size = fitting.largest(words, width, tall, min(own, most * max(self.frame.scale, 0.75)), 16, True, factor)
        if size is None:
            size, words = (
                16.0,
                fitting.shortened(words, 16, width, max(1, int(tall * 72 / 16 / fitting.LEADING)), True, factor),
            )
        title.text_frame.text = words
        if size < own:
            for paragraph in title.text_frame.paragraphs:
                for run in paragraph.runs:
                    run.font.size = Pt(size)

    def _unique(self, words: str) -> str:
        made, number = words, 2
        while made in self.titles:
            made, number = f"{words} ({number})", number + 1
        self.titles.add(made)
        return made

    def _subtitle(self, shape, lines: list[str]) -> None:
        shape.text_frame.text = "\n".join(lines)
        width, tall = Emu(shape.width).inches - 0.2, Emu(shape.height).inches - 0.1
        size = (
            fitting.largest(
                "\n".join(lines), width, tall, 18 * max(self.frame.scale, 0.8), 10, False, self.frame.factor
            )
            or 10
        )
        for paragraph in shape.text_frame.paragraphs:
            for run in paragraph.runs:
                run.font.size = Pt(size)

    @staticmethod
    def _is_kicker(shape) -> bool:
        return shape.placeholder_format.type == KIND.BODY and shape.height is not None and shape.height < Pt(43)

    def _note(self, page: Page, notes: list[str], extra: str = "") -> None:
        """Keep a slide, with the notes to speak from."""
        self.pages.append(page)
        self.sources.append(self.source(extra))
        words = ["So what (yours to write):", "", "How this was made", *notes, self.sources[-1]]
        words += [SIMULATED] if self.recap.provenance.simulated else []
        page.slide.notes_slide.notes_text_frame.text = "\n".join(words)

    def _close(self) -> None:
        """Source and number of every slide, last in reading order."""
        lead = [Run(SIMULATED + " ", bold=True, ink=PEAK)] if self.recap.provenance.simulated else []
        for page, source in list(zip(self.pages, self.sources, strict=True))[1:]:
            page.text(self.frame.source, [[*lead, Run(source, ink=QUIET)]], 9, anchor="middle", name="Source")
            self._feet(page)

    def _feet(self, page: Page) -> None:
        """python-pptx copies neither footer nor slide number from the layout."""
        numbered = False
        for place in self.layout.placeholders:
            kind = place.placeholder_format.type
            if kind == KIND.SLIDE_NUMBER or (kind == KIND.FOOTER and place.text_frame.text.strip()):
                numbered = numbered or kind == KIND.SLIDE_NUMBER
                added = copy.deepcopy(place._element)
                page.slide.shapes._spTree.append(added)
                added.nvSpPr.cNvPr.set("id", str(_free_id(page.slide)))
        if not numbered:
            wide, tall = self.frame.paper
            x, y, cx, cy = (round(914400 * each) for each in (wide - 1.0, tall - 0.32, 0.8, 0.22))
            page.slide.shapes._spTree.append(parse_xml(_NUMBER.format(id=_free_id(page.slide), x=x, y=y, cx=cx, cy=cy)))


def link(page: Page, box: Box, binder: Binder, number: int) -> None:
    """ "slide 7" as a link to that slide."""
    shape = page.text(
        box, [[Run(f"slide {number}", ink=ALL, bold=True)]], 12, "right", "middle", name=f"Link to slide {number}"
    )
    shape.click_action.target_slide = binder.deck.slides[number - 1]


def _free_id(slide) -> int:
    return 1 + max(int(each) for each in slide.shapes._spTree.xpath(".//p:cNvPr/@id"))
