"""A day of the congress in brief: one page, and plain words for a mail. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.recap.blocks import Cell, Column, Fact, Table, Tile
from pipelines.recap.charts import charts
from pipelines.recap.clean import line
from pipelines.recap.figures import NONE, account, count, hour, moment, origin_line, source_line
from pipelines.recap.model import Recap
from pipelines.recap.report import fact, tiles
from pipelines.recap.strokes import Spec

FACTS, TILES, ROWS = 4, 6, 5  # what one page holds
TITLE, NAME = 110, 34  # characters


@dataclass(frozen=True, slots=True)
class Digest:
    """What the page of a day holds."""

    title: str
    subtitle: str
    as_of: str
    source: str
    origin: str
    coverage: str
    simulated: bool
    tiles: tuple[Tile, ...]
    facts: tuple[Fact, ...]
    peaks: tuple[str, ...]
    tables: tuple[Table, ...]
    charts: dict[str, Spec]
    chart_words: str


def digest(recap: Recap, width: int = 700) -> Digest:
    """The brief of a recap, cut to what one page holds; the report and the workbook hold the rest."""
    told = recap.provenance
    drawing = charts(recap, width).get("volume")
    return Digest(
        title=line(f"{told.congress_name}: {day_words(recap)}", TITLE),
        subtitle=line(" · ".join(filter(None, (told.society, told.city))), TITLE),
        as_of=moment(told, told.as_of),
        source=line(source_line(recap), 240),
        origin=line(origin_line(recap), 320),
        coverage=line(told.coverage_line, 240),
        simulated=told.simulated,
        tiles=tiles(recap)[:TILES],
        facts=tuple(fact(each) for each in recap.findings[:FACTS]),
        peaks=_peaks(recap),
        tables=tuple(filter(None, (_abstracts(recap), _voices(recap)))),
        charts={"volume": drawing} if drawing else {},
        chart_words=str(drawing["description"]) if drawing else "",
    )


def day_words(recap: Recap) -> str:
    """``Tuesday 15 September 2026``, or the window's own words where it is longer than a day."""
    if len(recap.days) == 1:
        return f"{recap.days[0].day:%A %-d %B %Y}"
    return recap.provenance.window_words


def digest_text(recap: Recap) -> str:
    """The same brief as plain text for a mail: lines of at most some 100 characters, no markup."""
    told = recap.provenance
    brief = digest(recap)
    heading = [brief.title, "Simulated congress: no figure is real."] if told.simulated else [brief.title]
    figures = [f"{each.label}: {each.figure}" + (f" ({each.change})" if each.change else "") for each in brief.tiles]
    sections = [
        ("Key figures", figures),
        ("What stood out", [each.text + (f" [{each.caveat}]" if each.caveat else "") for each in brief.facts]),
        ("Peaks", list(brief.peaks)),
        *((table.title, [_as_line(row, table.columns) for row in table.rows]) for table in brief.tables),
        ("Coverage", [told.coverage_line]),
    ]
    body = [f"{title}\n" + "\n".join(f"- {each}" for each in lines) for title, lines in sections if lines]
    return "\n\n".join(["\n".join(heading), *body, f"{source_line(recap)}\n{origin_line(recap)}"]) + "\n"


def _peaks(recap: Recap) -> tuple[str, ...]:
    return tuple(
        line(
            f"{each.number}  {hour(recap.provenance, each.at)}: {count(each.post_count)} posts"
            + (f"; coincides with {each.coincides_with}" if each.coincides_with else ""), TITLE + 30,
        )
        for each in recap.peaks[:3]
    )  # fmt: skip


def _abstracts(recap: Recap) -> Table | None:
    columns = (Column("No."), Column("Abstract", weight=1), Column("Posts", True), Column("by HCPs", True))
    rows = tuple(
        (
            Cell(line(each.number, NAME), line(each.trial, NAME)), Cell(line(each.title, TITLE) or NONE),
            Cell(count(each.post_count)), Cell(count(each.hcp_post_count)),
        )
        for each in recap.abstracts[:ROWS]
    )  # fmt: skip
    return Table("Most discussed abstracts", columns, rows) if rows else None


def _voices(recap: Recap) -> Table | None:
    columns = (Column("#", True), Column("Voice", weight=1), Column("Posts", True), Column("HCPs who engaged", True))
    rows = tuple(
        (
            Cell(str(each.rank)),
            Cell(line(each.name or each.handle, NAME), line(account(each.handle, each.platform), NAME + 10), each.url),
            Cell(count(each.post_count)), Cell(count(each.hcp_engager_count)),
        )
        for each in recap.voices[:ROWS]
    )  # fmt: skip
    return Table("First HCP voices", columns, rows) if rows else None


def _as_line(row: tuple[Cell, ...], columns: tuple[Column, ...]) -> str:
    """``LBA-02 AURORA-7, Velantib ...; Posts 412; by HCPs 165``."""
    words = [
        " ".join(filter(None, (each.text, each.quiet)))
        for each, column in zip(row, columns, strict=True)
        if column.title in ("#", "No.") or column.weight
    ]
    figures = [
        f"{column.title} {each.text}"
        for each, column in zip(row, columns, strict=True)
        if column.right and column.title != "#"
    ]
    return "; ".join([" ".join(words), *figures])
