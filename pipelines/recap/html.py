"""The recap as one HTML file that needs nothing else: no script, no font, no picture, no address but those of posts.

The only file that imports jinja2. Everything is escaped on its way into the template; charts are drawn here, from labels
that the drawing escapes; a content-security policy forbids whatever might slip through.
"""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import jinja2

from pipelines.pictures import picture
from pipelines.recap.clean import link
from pipelines.recap.model import Recap
from pipelines.recap.report import report
from pipelines.recap.strokes import COLOURS, Spec

ROOM = Path(__file__).parent
WIDE, NARROW = 720, 350  # pixels of a chart on a page and on a phone
_ROOT = re.compile(r"<svg\b[^>]*?viewBox=\"([^\"]+)\"[^>]*>")


def write_html(recap: Recap, path: Path) -> None:
    """The report as a page: light and dark, wide and narrow, printable."""
    path.write_text(page(recap), encoding="utf-8", newline="\n")


def page(recap: Recap) -> str:
    """The page as text."""
    wide, narrow = report(recap, WIDE), report(recap, NARROW)
    css = (ROOM / "report.css").read_text(encoding="utf-8")
    return _template().render(
        d=wide,
        language="en",
        css=css,
        policy=policy(css),
        wide={name: drawing(spec, f"w-{name}") for name, spec in wide.charts.items()},
        narrow={name: drawing(spec, f"n-{name}") for name, spec in narrow.charts.items()},
    )


def policy(css: str) -> str:
    """Nothing may be loaded or run; the one style sheet is let in by its hash."""
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def drawing(spec: Spec, name: str) -> str:
    """A chart as inline SVG: ids of its own, colours of the page's theme, silent to screen readers (the figure speaks)."""
    svg = picture(spec, format="svg").decode()
    svg = _ROOT.sub(r'<svg viewBox="\1" aria-hidden="true" focusable="false">', svg, count=1)
    svg = re.sub(r' (?:role|aria-roledescription|aria-label|class|xmlns:\w+|font-family)="[^"]*"', "", svg)
    svg = re.sub(r'\bid="([\w-]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r"url\(#([\w-]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(r'"(#[0-9a-f]{6})"', lambda found: f'"{_NAMED.get(found[1], found[1])}"', svg)


_NAMED = {colour: f"var(--{name})" for name, colour in COLOURS.items()}


def _template() -> jinja2.Template:
    room = jinja2.Environment(
        loader=jinja2.FileSystemLoader(ROOM), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )  # fmt: skip
    room.filters["address"] = link
    return room.get_template("report.html")
