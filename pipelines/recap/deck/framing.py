"""Where a template leaves room for the body of a slide, and how large its words are set."""

from __future__ import annotations

import re

from pptx.enum.shapes import PP_PLACEHOLDER as KIND
from pptx.util import Emu

from pipelines.recap.deck import fitting
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.house import FONT
from pipelines.recap.deck.page import Frame

TITLES = (KIND.TITLE, KIND.CENTER_TITLE)
_FEET = (KIND.FOOTER, KIND.SLIDE_NUMBER, KIND.DATE)


def measure(deck, layout) -> Frame:
    """Where the body may lie between a layout's title and its footers."""
    wide, tall = Emu(deck.slide_width).inches, Emu(deck.slide_height).inches
    scale = (wide / 13.333) ** 0.7 * (tall / 7.5) ** 0.3
    place = next(each for each in layout.placeholders if each.placeholder_format.type in TITLES)
    title = _box(place) or Box(0.05 * wide, 0.08 * tall, 0.9 * wide, 0.12 * tall)
    feet = [
        (each.placeholder_format.type, box)
        for each in layout.placeholders
        if each.placeholder_format.type in _FEET and (box := _box(each))
    ]
    feet = [each for each in feet if each[1].top > tall * 0.6]
    left, width = _across(title, wide)
    foot = min((box.top for _, box in feet), default=tall - 0.34)
    row = (0.28 if wide > 1.55 * tall else 0.38) * max(scale, 0.8)  # one line, or two
    alone = [box for kind, box in feet if kind == KIND.SLIDE_NUMBER]
    if len(feet) == len(alone) and (not alone or alone[0].left > wide / 2):  # the source shares the number's row
        end = alone[0].left if alone else wide - 1.1
        source = Box(left, foot, min(width, end - left - 0.1), row)
    else:
        source = Box(left, foot - row, width, row)
    top = title.bottom + 0.14 * scale
    if source.top - top < 0.5 * tall:  # a title in the middle of the slide, say: take the usual place instead
        top = 0.22 * tall
    name = _font(layout)
    body = Box(left, top, width, source.top - 0.16 * scale - top)
    return Frame(body, source, title, title_size(layout, place), scale, fitting.font_factor(name), (wide, tall))


def _across(title: Box, wide: float) -> tuple[float, float]:
    left = title.left if 0 < title.left < 0.2 * wide else 0.045 * wide
    right = min(title.right, wide - 0.03 * wide)
    if right - left < 0.75 * wide:
        right = wide - left
    return left, right - left


def _box(shape) -> Box | None:
    sides = (shape.left, shape.top, shape.width, shape.height)
    return None if any(each is None for each in sides) else Box(*(Emu(each).inches for each in sides))


def title_size(layout, place) -> float:
    """Points of a layout's title: its own, its master's, or the usual."""
    masters = [each for each in layout.slide_master.placeholders if each.placeholder_format.type == KIND.TITLE]
    for shape in (place, *masters):
        found = shape._element.xpath(".//a:lstStyle/a:lvl1pPr/a:defRPr/@sz")
        if found:
            return int(found[0]) / 100
    found = layout.slide_master._element.xpath("./p:txStyles/p:titleStyle/a:lvl1pPr/a:defRPr/@sz")
    return int(found[0]) / 100 if found else 24.0


def _font(layout) -> str:
    """The theme's font for text."""
    theme = next(each.target_part for each in layout.slide_master.part.rels.values() if each.reltype.endswith("/theme"))
    found = re.search(rb'<a:minorFont>\s*<a:latin typeface="([^"]*)"', theme.blob)
    return found.group(1).decode("utf-8", "replace") if found else FONT
