"""The recap as a PowerPoint deck, slide by slide."""

from __future__ import annotations

from pathlib import Path

from pipelines.recap.deck.appendix import appendix_slides
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.hours import days_slide, volume_slide
from pipelines.recap.deck.method import method_slide
from pipelines.recap.deck.opening import kpi_slide, link_facts, summary_slide, title_slide
from pipelines.recap.deck.people import roles_slide, voices_slide
from pipelines.recap.deck.said import posts_slides, questions_slides
from pipelines.recap.deck.subjects import abstracts_slide, share_slide, topics_slide
from pipelines.recap.model import Recap

_BODY = (
    kpi_slide, volume_slide, days_slide, roles_slide, voices_slide, abstracts_slide, topics_slide, share_slide, posts_slides,
    questions_slides, method_slide, appendix_slides,
)  # fmt: skip


def write_deck(recap: Recap, path: Path, template: Path | None = None) -> None:
    """Lay a recap out as a deck with native, editable charts and speaker notes.

    A section of which nothing is known is left out. The same recap, template and version give the same bytes.

    Args:
        recap: all that is told; it is laid out as it is, nothing is computed but shares and changes.
        path: the .pptx file to write.
        template: a company's .pptx or .potx, whose layouts, colours and fonts are taken over; ``None``: the built-in one.

    Raises:
        InputError: the template cannot be read as a PowerPoint file, or has no layout with a title.
    """
    binder = Binder.open(recap, template)
    title_slide(binder)
    facts = summary_slide(binder)
    for lay_out in _BODY:
        lay_out(binder)
    link_facts(binder, facts)
    binder.save(path)
