"""The built-in template, made in code: 13.33 x 7.5 inches, margins 0.6, one title layout and one for content."""

from __future__ import annotations

import io
import re
from functools import cache

from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Inches

TITLE_LAYOUT, CONTENT_LAYOUT = "Recap title", "Recap content"
KICKER = "Kicker"  # the small line above a title
FONT = "Arial"  # where it is missing, Liberation Sans has the same widths
_COLOURS = {
    "dk1": "22282E", "lt1": "FFFFFF", "dk2": "12344D", "lt2": "F2F5F7", "accent1": "0B6E99", "accent2": "BF5B0E",
    "accent3": "7C8B99", "accent4": "2E7D65", "accent5": "6C5B9E", "accent6": "9CC9DE", "hlink": "0B6E99", "folHlink": "6C5B9E",
}  # fmt: skip
_NAMESPACES = (
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"'
)
_TITLE, _BODY, _DATE, _FOOTER, _NUMBER = "title", "body", "dt", "ftr", "sldNum"


@cache
def house_template() -> bytes:
    """The built-in template as the bytes of a .pptx file without slides."""
    deck = Presentation()
    deck.slide_width, deck.slide_height = Inches(13.333), Inches(7.5)
    _colour(deck)
    _style_master(deck.slide_master)
    _style_layouts(deck)
    stream = io.BytesIO()
    deck.save(stream)
    return stream.getvalue()


def _colour(deck) -> None:
    part = next(each.target_part for each in deck.slide_master.part.rels.values() if each.reltype.endswith("/theme"))
    theme = part.blob.decode()
    for name, value in _COLOURS.items():
        theme = re.sub(rf"<a:{name}>.*?</a:{name}>", f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>', theme, count=1)
    theme = theme.replace('<a:latin typeface="Calibri"/>', f'<a:latin typeface="{FONT}"/>')
    part._blob = re.sub(r' name="Office( Theme)?"', ' name="Congress Pulse"', theme).encode()


def _style_master(master) -> None:
    boxes = {
        _TITLE: (0.6, 0.62, 12.13, 0.84), _BODY: (0.6, 1.65, 12.13, 5.1), _DATE: (9.6, 7.02, 2.2, 0.28),
        _FOOTER: (0.6, 7.02, 10.9, 0.28), _NUMBER: (12.03, 7.02, 0.7, 0.28),
    }  # fmt: skip
    for shape in master.placeholders:
        kind = _kind(shape)
        _place(shape, boxes[kind])
        body = shape._element.txBody.find(qn("a:bodyPr"))
        for side in ("lIns", "tIns", "rIns", "bIns"):
            body.set(side, "0")
        if kind == _TITLE:
            body.set("anchor", "t")
        if kind in (_DATE, _FOOTER, _NUMBER):
            level = shape._element.txBody.find(qn("a:lstStyle")).find(qn("a:lvl1pPr"))
            level.set("algn", "r" if kind == _NUMBER else "l")
            level.find(qn("a:defRPr")).set("sz", "900")
    _style_text(master._element.find(qn("p:txStyles")))


def _style_text(styles) -> None:
    title = styles.find(qn("p:titleStyle")).find(qn("a:lvl1pPr"))
    title.set("algn", "l")
    title.find(qn("a:defRPr")).set("sz", "2400")
    title.find(qn("a:defRPr")).set("b", "1")
    title.find(qn("a:defRPr")).find(qn("a:solidFill"))[0].set("val", "tx2")
    for level, size in enumerate((1800, 1600, 1400, 1200, 1200), start=1):
        styles.find(qn("p:bodyStyle")).find(qn(f"a:lvl{level}pPr")).find(qn("a:defRPr")).set("sz", str(size))


def _style_layouts(deck) -> None:
    for layout in list(deck.slide_layouts):
        if layout.name not in ("Title Slide", "Title Only"):
            deck.slide_layouts.remove(layout)
    opening, content = deck.slide_layouts
    _style_opening(opening)
    _style_content(content)


def _style_opening(layout) -> None:
    layout._element.cSld.set("name", TITLE_LAYOUT)
    back = '<p:bgPr><a:solidFill><a:schemeClr val="tx2"/></a:solidFill><a:effectLst/></p:bgPr>'
    layout._element.cSld.insert(0, parse_xml(f"<p:bg {_NAMESPACES}>{back}</p:bg>"))
    for shape in list(layout.placeholders):
        kind = _kind(shape)
        if kind in (_DATE, _FOOTER, _NUMBER):
            shape._element.getparent().remove(shape._element)
            continue
        heading = kind == "ctrTitle"
        _place(shape, (1.1, 2.0, 11.0, 2.1) if heading else (1.1, 4.62, 11.0, 1.9))
        shape._element.txBody.find(qn("a:bodyPr")).set("anchor", "b" if heading else "t")
        style = shape._element.txBody.find(qn("a:lstStyle"))
        for child in list(style):
            style.remove(child)
        style.append(parse_xml(_level(4000 if heading else 1800, "bg1" if heading else "accent6", bold=heading)))
    layout.shapes._spTree.insert(2, _bar("Band", (0, 0, 0.35, 7.5), "accent1", 90))
    layout.shapes._spTree.insert(3, _bar("Rule", (1.1, 4.34, 1.6, 0.06), "accent2", 91))


def _style_content(layout) -> None:
    layout._element.cSld.set("name", CONTENT_LAYOUT)
    for shape in list(layout.placeholders):
        kind = _kind(shape)
        if kind in (_DATE, _FOOTER):
            shape._element.getparent().remove(shape._element)
            continue
        for child in list(shape._element.spPr):  # placed by the master
            shape._element.spPr.remove(child)
    layout.shapes._spTree.insert(2, _bar("Accent", (0, 0.42, 0.14, 0.98), "accent1", 90))
    style = _level(1100, "accent1", bold=True, spaced=True)
    left, top, width, height = (Inches(each) for each in (0.6, 0.34, 12.13, 0.24))
    layout.shapes._spTree.append(
        parse_xml(
            f'<p:sp {_NAMESPACES}><p:nvSpPr><p:cNvPr id="92" name="{KICKER}"/><p:cNvSpPr><a:spLocks noGrp="1"/></p:cNvSpPr>'
            f'<p:nvPr><p:ph type="body" sz="quarter" idx="20"/></p:nvPr></p:nvSpPr><p:spPr><a:xfrm><a:off x="{left}" y="{top}"/>'
            f'<a:ext cx="{width}" cy="{height}"/></a:xfrm></p:spPr><p:txBody><a:bodyPr lIns="0" tIns="0" rIns="0" bIns="0" '
            f'anchor="t"><a:noAutofit/></a:bodyPr><a:lstStyle>{style}</a:lstStyle><a:p><a:r><a:rPr lang="en-GB"/>'
            "<a:t>Section</a:t></a:r></a:p></p:txBody></p:sp>"
        )
    )


def _level(size: int, colour: str, bold: bool, spaced: bool = False) -> str:
    spacing = ' cap="all" spc="80"' if spaced else ""
    return (
        f'<a:lvl1pPr {_NAMESPACES} marL="0" indent="0" algn="l"><a:spcBef><a:spcPts val="0"/></a:spcBef><a:buNone/>'
        f'<a:defRPr sz="{size}" b="{int(bold)}"{spacing}><a:solidFill><a:schemeClr val="{colour}"/></a:solidFill></a:defRPr>'
        "</a:lvl1pPr>"
    )


def _bar(name: str, box: tuple[float, float, float, float], colour: str, number: int):
    left, top, width, height = (Inches(each) for each in box)
    return parse_xml(
        f'<p:sp {_NAMESPACES}><p:nvSpPr><p:cNvPr id="{number}" name="{name}"/><p:cNvSpPr/><p:nvPr userDrawn="1"/></p:nvSpPr>'
        f'<p:spPr><a:xfrm><a:off x="{left}" y="{top}"/><a:ext cx="{width}" cy="{height}"/></a:xfrm><a:prstGeom prst="rect">'
        f'<a:avLst/></a:prstGeom><a:solidFill><a:schemeClr val="{colour}"/></a:solidFill><a:ln><a:noFill/></a:ln></p:spPr>'
        '<p:txBody><a:bodyPr/><a:lstStyle/><a:p><a:endParaRPr lang="en-GB"/></a:p></p:txBody></p:sp>'
    )


def _kind(shape) -> str:
    """The placeholder's type as the file writes it."""
    return shape._element.ph.get("type", "obj")


def _place(shape, box: tuple[float, float, float, float]) -> None:
    shape.left, shape.top, shape.width, shape.height = (Inches(each) for each in box)
