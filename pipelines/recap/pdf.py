"""The recap as PDF: the report, and one page of a day. Tagged (PDF/UA-1), and the same bytes each time.

The only file that imports typst. What people wrote reaches the templates as JSON input and is never part of their source.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.pictures import picture
from pipelines.recap.blocks import Card, Cards, Report
from pipelines.recap.digest import Digest, digest
from pipelines.recap.glyphs import FONTS, drawable, drawn
from pipelines.recap.model import Provenance, Recap
from pipelines.recap.report import report
from pipelines.recap.strokes import Spec

ROOM = Path(__file__).parent
_UNBROKEN = re.compile(r"\S{25,}")  # a word that no line may hold


def write_pdf(recap: Recap, path: Path) -> None:
    """The report, A4, with headings, alternative texts and table headers tagged."""
    path.write_bytes(_typeset("report.typ", recap.provenance, _ready_report(report(recap))))


def write_digest(recap: Recap, path: Path) -> None:
    """One page: key figures, hours, what led, and what was not collected. For a recap whose window is a day."""
    path.write_bytes(_typeset("digest.typ", recap.provenance, digest(recap)))


def typeset(template: Path, content: Mapping[str, Any], at: datetime) -> bytes:
    """Another room's template filled with content, tagged; ``date`` is put in. The document's date is ``at`` (naive UTC).

    A text whose script the shipped fonts do not hold is left empty: half a text is no text.
    """
    import typst

    shown = {key: "" if isinstance(each, str) and not drawable(each) else each for key, each in content.items()}
    return typst.compile(
        template.read_bytes(),
        sys_inputs={"data": json.dumps({**_drawn(shown), "date": [at.year, at.month, at.day]}, ensure_ascii=False)},
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=int(at.replace(tzinfo=UTC).timestamp()),
    )


def _typeset(template: str, told: Provenance, content: Report | Digest) -> bytes:
    """A template filled with content and its charts; the document's date is the moment the figures were known."""
    import typst

    known = told.local(told.as_of)
    data = {
        **asdict(content),
        "charts": {},
        "chart_names": list(content.charts),
        "date": [known.year, known.month, known.day],
    }
    drawings = {f"chart-{name}": _svg(spec) for name, spec in content.charts.items()}
    return typst.compile(
        (ROOM / template).read_bytes(),
        sys_inputs={"data": json.dumps(_drawn(data), ensure_ascii=False), **drawings},
        font_paths=_fonts(),
        format="pdf",
        pdf_standards=["ua-1"],
        timestamp=int(told.as_of.replace(tzinfo=UTC).timestamp()),
    )


@cache
def _fonts() -> Any:
    """The shipped fonts and no other, so that every machine sets the same page."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=list(FONTS))


def _svg(spec: Spec) -> str:
    return picture(_drawn(spec), format="svg").decode()


def _ready_report(content: Report) -> Report:
    """The report with a link in place of each post whose script the shipped fonts do not hold: half a text is no text."""
    parts = tuple(
        replace(part, blocks=tuple(_legible(each) if isinstance(each, Cards) else each for each in part.blocks))
        for part in content.parts
    )
    return replace(content, parts=parts)


def _legible(cards: Cards) -> Cards:
    return replace(cards, cards=tuple(each if drawable(each.text) else _linked(each) for each in cards.cards))


def _linked(card: Card) -> Card:
    return replace(
        card, text="", instead="In a script that the fonts of this document do not hold: read it where it was posted."
    )


def _drawn(value: Any, key: str = "") -> Any:
    """The same value with texts that the fonts can draw and lines can break; addresses stay as they are."""
    if isinstance(value, str):
        return value if key in ("url", "$schema") else _UNBROKEN.sub(_with_breaks, drawn(value))
    if isinstance(value, Mapping):
        return {name: _drawn(each, str(name)) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_drawn(each, key) for each in value]
    return value


def _with_breaks(found: re.Match[str]) -> str:
    """Zero-width spaces in an overlong word, never inside a joined sequence of characters."""
    return re.sub(
        r"([^\u200d]{12})(?![\u0300-\u036f\u200d\ufe0e\ufe0f\U0001f3fb-\U0001f3ff])", "\\1\u200b", found.group()
    )
