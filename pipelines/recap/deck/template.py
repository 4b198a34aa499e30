"""A company's template opened for use: its look is kept, its sample slides and all that points to them are not."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

from pptx import Presentation
from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.oxml.ns import qn

from pipelines.errors import InputError
from pipelines.recap.deck.house import CONTENT_LAYOUT, TITLE_LAYOUT, house_template

_DECK = b"application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
_TEMPLATE = re.compile(
    rb"application/vnd\.openxmlformats-officedocument\.presentationml\.(?:template|slideshow)\.main\+xml"
    rb"|application/vnd\.ms-powerpoint\.(?:template|presentation|slideshow)\.macroEnabled\.main\+xml"
)
_SECTIONS = "{521415D9-36F7-43E2-AB2F-B90AF26B5E84}"
# what holds or shows the sample slides beside the slides themselves, or would run
_LEFT_OUT = ("/viewProps", "/vbaProject", "/commentAuthors", "/authors")
_PACKAGE_LEFT_OUT = ("/thumbnail", "/extended-properties")
_BODIES = (KIND.BODY, KIND.OBJECT, KIND.PICTURE, KIND.CHART, KIND.TABLE, KIND.MEDIA_CLIP, KIND.ORG_CHART)


def open_template(path: Path | None):
    """The presentation to lay the recap out in, without slides; the built-in one where no path is given.

    Raises:
        InputError: the file cannot be read as a PowerPoint file, or has no layout with a title.
    """
    deck = _opened(house_template() if path is None else _read(path), path)
    _drop_slides(deck)
    _drop_what_points_to_slides(deck)
    if not any(_has_title(each) for each in _layouts(deck)):
        raise InputError(f"{path}: no slide layout has a title: add one in PowerPoint (View, Slide Master)")
    return deck


def _read(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        with zipfile.ZipFile(io.BytesIO(raw)) as source:
            types = source.read("[Content_Types].xml")
            if not _TEMPLATE.search(types):
                return raw
            written = io.BytesIO()
            with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
                for member in source.infolist():
                    content = source.read(member)
                    target.writestr(member, _TEMPLATE.sub(_DECK, content) if content == types else content)
    except (OSError, KeyError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as a PowerPoint file (.pptx or .potx): {error}") from error
    return written.getvalue()


def _opened(raw: bytes, path: Path | None):
    try:
        return Presentation(io.BytesIO(raw))
    except (KeyError, ValueError, AttributeError, SyntaxError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read as a PowerPoint file (.pptx or .potx): {error}") from error


def _drop_slides(deck) -> None:
    listed = deck.slides._sldIdLst
    for each in list(listed):
        listed.remove(each)
    _drop_relations(deck.part.rels, ("/slide",))  # python-pptx's drop_rel keeps those that a custom show names too


def _drop_what_points_to_slides(deck) -> None:
    root = deck.part._element
    for shows in root.findall(qn("p:custShowLst")):
        root.remove(shows)
    for extensions in root.findall(qn("p:extLst")):
        for each in list(extensions):
            if each.get("uri") == _SECTIONS:
                extensions.remove(each)
        if not len(extensions):  # an empty list is no valid one
            root.remove(extensions)
    _drop_relations(deck.part.rels, _LEFT_OUT)
    _drop_relations(deck.part.package._rels, _PACKAGE_LEFT_OUT)
    for relation in deck.part.rels.values():
        if relation.reltype.endswith("/presProps"):  # may open with a custom show or a range of slides
            relation.target_part._blob = re.sub(
                rb"<p:showPr\b[^>]*/>|<p:showPr\b.*?</p:showPr>", b"", relation.target_part.blob, flags=re.DOTALL
            )


def _drop_relations(relations, endings: tuple[str, ...]) -> None:
    for key in [key for key, each in relations.items() if each.reltype.endswith(endings)]:
        relations.pop(key)


def _layouts(deck) -> list:
    return [layout for master in deck.slide_masters for layout in master.slide_layouts]


def _kinds(layout) -> list:
    return [each.placeholder_format.type for each in layout.placeholders]


def _has_title(layout) -> bool:
    return any(each in (KIND.TITLE, KIND.CENTER_TITLE) for each in _kinds(layout))


def title_layout(deck):
    """The layout that fits a title slide best: it says so, or has a centred title and a subtitle."""

    def fit(layout) -> float:
        kinds, name = _kinds(layout), layout.name.lower()
        named = 20 * (layout.name == TITLE_LAYOUT) + 5 * (name in ("title slide", "titelfolie", "title"))
        roles = 8 * (KIND.CENTER_TITLE in kinds) + 6 * (KIND.SUBTITLE in kinds)
        return named + roles - sum(each in _BODIES for each in kinds)

    return max(filter(_has_title, _layouts(deck)), key=fit)


def content_layout(deck):
    """The layout with a title and the most room below it: "Title Only" where there is one."""

    def fit(layout) -> float:
        kinds, name = _kinds(layout), layout.name.lower()
        named = 20 * (layout.name == CONTENT_LAYOUT) + 4 * ("title only" in name) - 4 * ("section" in name)
        wrong = 6 * (KIND.SUBTITLE in kinds) + 8 * (KIND.TITLE not in kinds) + 8 * ("vertical" in name)
        return named - wrong - 2 * sum(each in _BODIES for each in kinds)

    return max(filter(_has_title, _layouts(deck)), key=fit)
