"""A company's template as companies have them: own fonts and colours, sample slides, a custom show, sections, a footer."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from pptx import Presentation
from pptx.oxml import parse_xml
from pptx.util import Inches

_DECK = b"presentationml.presentation.main+xml"
_SHOW = (
    '<p:custShowLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><p:custShow name="SECRET SAMPLE show" id="0">'
    '<p:sldLst><p:sld r:id="{relation}"/></p:sldLst></p:custShow></p:custShowLst>'
)
_SECTIONS = (
    '<p:extLst xmlns:p="http://schemas.openxmlformats.org/presentationml/2006/main"><p:ext uri="{{521415D9-36F7-43E2-AB2F-B90AF26B5E84}}">'
    '<p14:sectionLst xmlns:p14="http://schemas.microsoft.com/office/powerpoint/2010/main"><p14:section name="SECRET SAMPLE section" '
    'id="{{6B2E2F5C-9C1B-4B0B-9C0D-0A0B0C0D0E0F}}"><p14:sldIdLst><p14:sldId id="{slide}"/></p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst>'
)


def company_template(path: Path, width: float, height: float) -> Path:
    """Write a template of so many inches; a name that ends in ``.potx`` gets a template's content type."""
    deck = Presentation()
    across, down = width / 10, height / 7.5
    deck.slide_width, deck.slide_height = Inches(width), Inches(height)
    for layout in (deck.slide_master, *deck.slide_layouts):
        for shape in layout.placeholders:
            if shape._element.spPr.find(".//{*}xfrm") is not None:
                shape.left, shape.width = round(shape.left * across), round(shape.width * across)
                shape.top, shape.height = round(shape.top * down), round(shape.height * down)
            if shape.placeholder_format.type == 15:
                shape.text_frame.text = "Company confidential"
    _dress(deck)
    _fill(deck)
    stream = io.BytesIO()
    deck.save(stream)
    path.write_bytes(_typed(stream.getvalue(), path.suffix == ".potx"))
    return path


def _dress(deck) -> None:
    part = next(each.target_part for each in deck.slide_master.part.rels.values() if each.reltype.endswith("/theme"))
    theme = part.blob.decode().replace('<a:latin typeface="Calibri"/>', '<a:latin typeface="Georgia"/>')
    colours = {"accent1": "8E2A7C", "accent2": "00807A", "dk2": "4A1942"}
    for name, value in colours.items():
        theme = re.sub(rf"<a:{name}>.*?</a:{name}>", f'<a:{name}><a:srgbClr val="{value}"/></a:{name}>', theme, count=1)
    part._blob = theme.encode()


def _fill(deck) -> None:
    for number in range(2):
        slide = deck.slides.add_slide(deck.slide_layouts[1])
        slide.shapes.title.text_frame.text = f"SECRET SAMPLE {number}"
    first = deck.slides._sldIdLst[0]
    root = deck.part._element
    root.insert(list(root).index(deck.slides._sldIdLst) + 2, parse_xml(_SHOW.format(relation=first.rId)))
    root.append(parse_xml(_SECTIONS.format(slide=first.get("id"))))


def _typed(raw: bytes, as_template: bool) -> bytes:
    if not as_template:
        return raw
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            content = source.read(member)
            if member.filename == "[Content_Types].xml":
                content = content.replace(_DECK, b"presentationml.template.main+xml")
            target.writestr(member.filename, content)
    return written.getvalue()
