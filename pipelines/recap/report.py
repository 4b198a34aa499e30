"""The report as sections of words, tables, charts and cards: what the PDF and the page both lay out. Pure.

No figure is made here: shares and formatting only.
"""

from __future__ import annotations

from pipelines.recap.blocks import TOPICS, Fact, Report, Tile
from pipelines.recap.charts import charts
from pipelines.recap.figures import change, count, figure, figure_before, moment, origin_line, source_line
from pipelines.recap.model import Finding, Recap
from pipelines.recap.parts import parts


def report(recap: Recap, width: int = 700) -> Report:
    """The report of a recap; charts are ``width`` pixels wide."""
    told = recap.provenance
    drawings = charts(recap, width)
    return Report(
        title=f"{told.congress_name}: what was said online",
        subtitle=" · ".join(filter(None, (told.society, told.city, told.window_words))),
        as_of=moment(told, told.as_of),
        source=source_line(recap),
        origin=origin_line(recap),
        coverage=told.coverage_line,
        simulated=told.simulated,
        tiles=tiles(recap),
        before=recap.comparison.congress_name if recap.comparison else "the congress before",
        facts=tuple(fact(each) for each in recap.findings),
        parts=parts(recap, drawings),
        charts=drawings,
    )


def tiles(recap: Recap) -> tuple[Tile, ...]:
    """The key figures, in the recap's order."""
    return tuple(
        Tile(
            each.label,
            figure(each),
            change(each),
            figure_before(each),
            _with_parts(each.definition, each.value, each.whole),
        )
        for each in recap.kpis
    )


def fact(finding: Finding) -> Fact:
    """A finding with its numerator and denominator apart from the sentence."""
    parts = count(finding.numerator)
    if finding.denominator is not None:
        parts += f" of {count(finding.denominator)}"
    return Fact(finding.text, parts, finding.caveat, finding.section, TOPICS[finding.section])


def _with_parts(definition: str, value: int, whole: int | None) -> str:
    return definition if whole is None else f"{definition} {count(value)} of {count(whole)}."
