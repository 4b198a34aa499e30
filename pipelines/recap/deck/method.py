"""How it was made: method, coverage, and what this cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.recap import titles
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, HEAD, PANEL, PEAK, Page, Run
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, table
from pipelines.recap.model import Gap, SourceState
from pipelines.recap.words import count, listed, minutes, platform, plural, share

SECTIONS = {
    "summary": "the executive summary", "volume": "volume by hour", "days": "the days", "roles": "stakeholders", "voices": "HCP voices",
    "abstracts": "abstracts", "topics": "topics", "share": "share of voice", "posts": "notable posts", "questions": "questions HCPs asked",
}  # fmt: skip
READ_FIRST = ("HCP", "Voice rank", "Peak")  # of the definitions; all stand in the appendix
FILLED, OPEN = "\N{BLACK CIRCLE}", "\N{CIRCLE WITH LEFT HALF BLACK}"


def method_slide(binder: Binder) -> None:
    """What was collected from where, where the gaps are, how to read the figures, what they cannot tell."""
    recap, about = binder.recap, binder.recap.provenance
    notes = [
        f"Congress Pulse {about.version}; configuration {about.config_hash}; window {about.start:%Y-%m-%d %H:%M} to {about.end:%Y-%m-%d %H:%M} UTC; "
        f"as of {about.as_of:%Y-%m-%d %H:%M} UTC.",
        about.coverage_line,
        *(f"{each.term}: {each.meaning}" for each in recap.definitions),
        f"{plural(recap.full_post_count, 'post')} stand in this recap with their text; {plural(recap.unlisted_count, 'post')} are counted and not listed.",
    ]
    page = binder.page("method", "Method and coverage", titles.method(recap), notes)
    rest = page.body
    if recap.sources:
        rest = _sources(page, recap.sources, recap.gaps)
    _panels(page, rest, _coverage(binder), _readings(binder), [[Run(each)] for each in recap.limits])


def _coverage(binder: Binder) -> list[list[Run]]:
    """What was not collected, not listed, and not shown for want of data."""
    recap = binder.recap
    lines = [recap.provenance.coverage_line]
    if recap.unlisted_count:
        lines.append(
            f"{plural(recap.unlisted_count, 'post')} are counted and not listed: those of patients and those under embargo."
        )
    shown = {each.section for each in binder.pages}
    missing = [words for section, words in SECTIONS.items() if section not in shown]
    if missing:
        lines.append(f"Left out, because nothing is known of them: {listed(missing)}.")
    return [[Run(each)] for each in lines if each]


def _readings(binder: Binder) -> list[list[Run]]:
    definitions = binder.recap.definitions
    first = [each for term in READ_FIRST for each in definitions if each.term == term] or definitions[:4]
    return [[Run(f"{each.term}: ", bold=True), Run(each.meaning)] for each in first]


def _panels(page: Page, box: Box, coverage: list, readings: list, limits: list) -> None:
    """Coverage above how to read, on the left; what this cannot tell, on the right; as high as their words."""
    left, right = box.split_across(box.width * 0.54, page.inches(0.25))
    gap, around = page.inches(0.2), page.inches(0.72)

    def needed(paragraphs: list, within: Box) -> float:
        return page.taken(paragraphs, within.width - page.inches(0.44), 12, 5) + around

    upper = min(needed(coverage, left), left.height * 0.45)
    tall = min(box.height, max(upper + gap + needed(readings, left), needed(limits, right)))
    _panel(page, left._replace(height=upper), "Coverage", coverage)
    _panel(
        page, left._replace(top=left.top + upper + gap, height=tall - upper - gap), "How to read the figures", readings
    )
    _panel(page, right._replace(height=tall), "What this cannot tell", limits)


def _sources(page: Page, sources: Sequence[SourceState], gaps: Sequence[Gap]) -> Box:
    columns = [
        Column("Source", 2), Column("Posts", 1, "right"), Column("Share of posts", 1.1, "right"), Column("Gaps", 0.8, "right"),
        Column("Not collected", 1.2, "right"), Column("Coverage", 4.4),
    ]  # fmt: skip
    whole = sum(each.post_count for each in sources)
    shown = sources[:5]
    rows = [[
        Cell(platform(each.source), bold=True, ink=HEAD), Cell(count(each.post_count)), Cell(share(each.post_count, whole)), Cell(count(each.gap_count)),
        Cell(minutes(each.gap_minutes) if each.gap_minutes else ""), _state(each, gaps),
    ] for each in shown]  # fmt: skip
    upper, _ = page.body.split_down(page.inches(TABLE_HEAD + 0.42 * len(shown)))
    alt = "Table of sources: " + "; ".join(
        f"{platform(each.source)} {plural(each.post_count, 'post')}, {plural(each.gap_count, 'gap')}" for each in shown
    )
    placed = table(page, upper, columns, rows, alt, 13, "Sources")
    return page.body.split_down(placed.bottom - page.body.top + page.inches(0.3))[1]


def _state(source: SourceState, gaps: Sequence[Gap]) -> Cell:
    own = [each for each in gaps if each.source == source.source]
    missing = [each for each in own if each.status != "filled"]
    if missing:
        return Cell(f"{OPEN} {plural(len(missing), 'gap')} could not be filled", bold=True, ink=PEAK)
    return Cell(
        f"{FILLED} {'Complete: every gap was filled afterwards' if own or source.gap_count else 'Complete, as far as is known'}",
        bold=True,
        ink=ALL,
    )


def _panel(page: Page, box: Box, head: str, paragraphs: Sequence[Sequence[Run]]) -> None:
    page.panel(box, PANEL)
    inner = box.within(page.inches(0.22), page.inches(0.16))
    page.text(inner, [[Run(head, size=15, bold=True, ink=HEAD)], *paragraphs], 12, name=head, space=5)
