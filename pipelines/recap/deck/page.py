"""A slide being laid out: text, panels, rules and their alt text, in theme colours and the theme's font only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pptx.dml.color import ColorFormat
from pptx.enum.dml import MSO_THEME_COLOR as THEME
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, MSO_AUTO_SIZE, PP_ALIGN
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches, Pt

from pipelines.recap.deck import fitting
from pipelines.recap.deck.geometry import Box

type_of_align = {"left": PP_ALIGN.LEFT, "right": PP_ALIGN.RIGHT, "centre": PP_ALIGN.CENTER}
_ANCHORS = {"top": MSO_ANCHOR.TOP, "middle": MSO_ANCHOR.MIDDLE, "bottom": MSO_ANCHOR.BOTTOM}
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_DECORATIVE = (
    f'<a:extLst xmlns:a="{_DRAWING}"><a:ext uri="{{C183D7F6-B498-43B3-948B-1728B52AA6E4}}">'
    '<adec:decorative xmlns:adec="http://schemas.microsoft.com/office/drawing/2017/decorative" val="1"/></a:ext></a:extLst>'
)


@dataclass(frozen=True, slots=True)
class Ink:
    """A theme colour, lighter or darker: a company's template takes over."""

    theme: THEME
    brightness: float = 0.0
    opacity: float = 1.0  # of a fill


TEXT, HEAD, PAPER = Ink(THEME.TEXT_1), Ink(THEME.TEXT_2), Ink(THEME.BACKGROUND_1)
QUIET = Ink(THEME.TEXT_1, 0.35)
PANEL, LINE, BEFORE = Ink(THEME.BACKGROUND_1, -0.05), Ink(THEME.BACKGROUND_1, -0.15), Ink(THEME.BACKGROUND_1, -0.35)
ALL, HCP = Ink(THEME.ACCENT_1), Ink(THEME.TEXT_2)  # posts of all and of HCPs, on every slide
LIGHT = Ink(THEME.ACCENT_1, 0.8)
PEAK, HOLE = Ink(THEME.ACCENT_2), Ink(THEME.ACCENT_2, opacity=0.3)  # the one highlight, and what was not collected


@dataclass(frozen=True, slots=True)
class Run:
    """Words in one look; ``size`` in points at full scale, 0 for the text's own."""

    text: str
    size: float = 0
    bold: bool = False
    ink: Ink = TEXT
    link: str = ""


Paragraph = Sequence[Run]


@dataclass(frozen=True, slots=True)
class Frame:
    """Where things go on the slides of a template, in inches, and how large they are set."""

    body: Box
    source: Box
    title: Box
    title_size: float  # points, as the template sets it
    scale: float  # of sizes and heights against 13.33 x 7.5
    factor: float  # width of the template's font beside Arial
    paper: tuple[float, float]  # the slide

    @property
    def narrow(self) -> bool:
        """Nearer to 4:3 than to 16:9: tables leave out what can be spared."""
        return self.paper[0] < 1.55 * self.paper[1]


def paint(colour: ColorFormat, ink: Ink) -> None:
    """Set a theme colour."""
    colour.theme_color = ink.theme
    if ink.brightness:
        colour.brightness = ink.brightness
    if ink.opacity < 1:  # a tint of any colour; lightening a dark green, say, would give a shrill one
        chosen = colour._xFill.find(qn("a:schemeClr"))
        chosen.append(parse_xml(f'<a:alpha xmlns:a="{_DRAWING}" val="{round(100_000 * ink.opacity)}"/>'))


def describe(shape, words: str) -> None:
    """Alt text of a chart, a table or a shape, which is then no decoration."""
    named = shape._element.xpath("./*/p:cNvPr")[0]
    named.set("descr", words)
    for mark in named.findall(qn("a:extLst")):
        named.remove(mark)


def join(paragraph: Paragraph) -> str:
    """The words of a paragraph."""
    return "".join(each.text for each in paragraph)


class Page:
    """One slide and its frame."""

    def __init__(self, slide, frame: Frame, section: str):
        self.slide, self.frame, self.section = slide, frame, section
        self.scale, self.body = frame.scale, frame.body

    def points(self, size: float) -> float:
        """A size at this template's scale, in half points, never under 8."""
        return max(8.0, round(size * self.scale * 2) / 2)

    def inches(self, size: float) -> float:
        """A height or margin at this template's scale."""
        return size * self.scale

    def text(
        self, box: Box, paragraphs: Sequence[Paragraph], size: float = 14, align: str = "left", anchor: str = "top",
        name: str = "", cut: bool = True, space: float = 3,
    ):  # fmt: skip
        """A text box. Where the words take too much room they are set smaller, down to 0.8, and then the longest is cut.

        ``cut=False`` is for posts: they are measured by the caller and never cut.
        """
        if cut:
            paragraphs, size = self._fitted(box, paragraphs, size, space)
        shape = self.slide.shapes.add_textbox(*(Inches(max(each, 0)) for each in box))
        frame = shape.text_frame
        frame.word_wrap, frame.auto_size, frame.vertical_anchor = True, MSO_AUTO_SIZE.NONE, _ANCHORS[anchor]
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        self.fill(frame, paragraphs, size, align, space)
        if name:
            shape.name = name
        return shape

    def fill(
        self,
        frame,
        paragraphs: Sequence[Paragraph],
        size: float,
        align: str = "left",
        space: float = 3,
        turn: bool = True,
    ) -> None:
        """Paragraphs into a text frame that is empty; ``turn`` sets what reads from right to left on the right."""
        for index, runs in enumerate(paragraphs):
            paragraph = frame.paragraphs[0] if not index else frame.add_paragraph()
            paragraph.alignment = type_of_align[align]
            if index and space:
                paragraph.space_before = Pt(space * self.scale)
            if fitting.rtl(join(runs)):
                paragraph._p.get_or_add_pPr().set("rtl", "1")
                paragraph.alignment = PP_ALIGN.RIGHT if turn and align == "left" else type_of_align[align]
            for run in runs:
                self._run(paragraph, run, size)

    def _run(self, paragraph, run: Run, size: float) -> None:
        for index, line in enumerate(run.text.split("\n")):
            if index:
                paragraph.add_line_break()
            if not line:
                continue
            added = paragraph.add_run()
            added.text = line
            font = added.font
            font.size, font.bold = Pt(self.points(run.size or size)), run.bold
            if run.link:
                added.hyperlink.address = run.link
            else:
                paint(font.color, run.ink)

    def taken(self, paragraphs: Sequence[Paragraph], width: float, size: float, space: float = 3) -> float:
        """Inches from the first line to the last of paragraphs set in a column of ``width``."""
        total = space * self.scale / 72 * max(len(paragraphs) - 1, 0)
        for runs in paragraphs:
            points = max((self.points(each.size or size) for each in runs), default=self.points(size))
            bold = sum(len(each.text) for each in runs if each.bold) * 2 > len(join(runs))
            total += fitting.height(join(runs), points, width * 0.98, bold, self.frame.factor)
        return total

    def _fitted(self, box: Box, paragraphs: Sequence[Paragraph], size: float, space: float):
        paragraphs = [list(each) for each in paragraphs]
        for factor in (1.0, 0.95, 0.9, 0.85, 0.8):
            set_ = [[replace(run, size=(run.size or size) * factor) for run in each] for each in paragraphs]
            if self.taken(set_, box.width, size, space) <= box.height + 0.02:
                return set_, size * factor
        while self.taken(set_, box.width, size, space) > box.height + 0.02:
            longest = max((run for each in set_ for run in each), key=lambda run: len(run.text), default=None)
            if longest is None or len(longest.text) < 12:
                break
            kept = longest.text[: int(len(longest.text) * 0.92) - 1].rsplit(" ", 1)[0].rstrip(" ,;:.…")
            at = next((each, each.index(longest)) for each in set_ if longest in each)
            at[0][at[1]] = replace(longest, text=kept + "…")
        return set_, size * 0.8

    def panel(
        self, box: Box, ink: Ink | None = PANEL, line: Ink | None = None, shape=MSO_SHAPE.RECTANGLE, name: str = "Panel"
    ):
        """A filled shape that says nothing by itself: decorative for screen readers."""
        added = self.slide.shapes.add_shape(shape, *(Inches(each) for each in box))
        style = added._element.find(qn("p:style"))  # it would bring the theme's shadow
        added._element.remove(style)
        if ink is None:
            added.fill.background()
        else:
            added.fill.solid()
            paint(added.fill.fore_color, ink)
        if line is None:
            added.line.fill.background()
        else:
            paint(added.line.color, line)
            added.line.width = Pt(0.75)
        added.name = name
        added._element.xpath("./*/p:cNvPr")[0].append(parse_xml(_DECORATIVE))
        return added

    def rule(self, left: float, top: float, width: float) -> None:
        """A hairline."""
        self.panel(Box(left, top, width, 0.008), LINE, name="Rule")

    def remark(self, box: Box, words: str) -> None:
        """A sentence on a panel at the foot of a slide."""
        self.panel(box, PANEL)
        self.text(
            box.within(self.inches(0.18), self.inches(0.06)),
            [[Run(words, ink=QUIET)]],
            12,
            anchor="middle",
            name="Remark",
        )

    def badge(self, left: float, top: float, words: str, ink: Ink = PEAK, size: float = 13) -> float:
        """A number in a circle; gives the circle's width back."""
        wide = self.inches(0.34)
        shape = self.panel(Box(left, top, wide, wide), ink, shape=MSO_SHAPE.OVAL, name=f"Number {words}")
        frame = shape.text_frame
        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.vertical_anchor, frame.word_wrap = MSO_ANCHOR.MIDDLE, False
        self.fill(frame, [[Run(words, bold=True, ink=PAPER)]], size, "centre")
        return wide

    def key(self, box: Box, entries: Sequence[tuple[str, Ink, str]], size: float = 11, align: str = "left") -> None:
        """A legend in one line: words, colour, and ``line``, ``square`` or ``dot``."""
        points, gap, mark = self.points(size), self.inches(0.28), self.inches(0.2)
        needed = sum(fitting.width(words, points, False, self.frame.factor) for words, _, _ in entries)
        needed += len(entries) * (mark + self.inches(0.1))
        if needed + gap * (len(entries) - 1) > box.width and size > 9:
            gap = self.inches(0.12)
            if needed + gap * (len(entries) - 1) > box.width:
                self.key(box, entries, size - 0.5, align)
                return
        widths = [
            mark + self.inches(0.1) + fitting.width(w, points, False, self.frame.factor) * 1.04 for w, _, _ in entries
        ]
        left = box.left if align == "left" else box.right - sum(widths) - gap * (len(entries) - 1)
        middle = box.top + box.height / 2
        for (words, ink, kind), wide in zip(entries, widths, strict=True):
            tall = {"line": self.inches(0.035), "strip": self.inches(0.06)}.get(kind, self.inches(0.14))
            across = self.inches(0.14) if kind in ("square", "dot") else mark
            self.panel(
                Box(left, middle - tall / 2, across, tall), ink, name="Key",
                shape=MSO_SHAPE.OVAL if kind == "dot" else MSO_SHAPE.RECTANGLE,
            )  # fmt: skip
            start = left + across + self.inches(0.08)
            self.text(
                Box(start, box.top, wide, box.height),
                [[Run(words, ink=QUIET)]],
                size,
                anchor="middle",
                name="Key words",
            )
            left += wide + gap
