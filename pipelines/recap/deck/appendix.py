"""The appendix: days, abstracts, links, gaps and definitions as tables that can be copied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.page import HEAD
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, table
from pipelines.recap.model import Gap, Recap
from pipelines.recap.words import clock, count, platform, share
from pipelines.recap.words import day as day_words


@dataclass(frozen=True, slots=True)
class _Listing:
    """A table of the appendix; ``row`` is a row's height at full scale, ``slides`` how many it may take."""

    kind: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell | str]]
    row: float = 0.34
    slides: int = 1


def appendix_slides(binder: Binder) -> None:
    """Every table of which something is known, in the order A1, A2 ..."""
    made = [make(binder.recap) for make in (_days, _abstracts, _links, _gaps, _definitions)]
    for number, each in enumerate((each for each in made if each.rows), start=1):
        _lay_out(binder, each, f"A{number}  {each.title}")


def _lay_out(binder: Binder, listing: _Listing, title: str) -> None:
    scale, rows = binder.frame.scale, listing.rows
    fit = max(1, int((binder.frame.body.height - scale * TABLE_HEAD) / (scale * listing.row)))
    shown = rows[: fit * listing.slides]
    extra = "" if len(shown) == len(rows) else f"first {count(len(shown))} of {count(len(rows))}"
    notes = [f"{listing.title}.", *([f"The {extra}; all stand in the workbook."] if extra else [])]
    for number, first in enumerate(range(0, len(shown), fit), start=1):
        part = shown[first : first + fit]
        words = title if number == 1 else f"{title}, continued ({number})"
        page = binder.page("appendix", "Appendix", words, notes, extra)
        alt = f"{listing.title}: table of {len(part)} rows."
        table(page, page.body, listing.columns, part, alt, 11, listing.kind, tallest=listing.row)


def _days(recap: Recap) -> _Listing:
    whole = sum(each.post_count for each in recap.days)
    columns = (
        Column("Day", 2), Column("Posts", 1, "right"), Column("Share of posts", 1, "right"), Column("Posts by HCPs", 1, "right"),
        Column("Authors", 1, "right"), Column("Abstract named most", 1.8), Column("Hashtag used most", 1.8, spare=True),
    )  # fmt: skip
    rows = [
        [
            Cell(day_words(each.day), True, HEAD), count(each.post_count), share(each.post_count, whole), count(each.hcp_post_count),
            count(each.author_count), each.leading_abstract, f"#{each.leading_hashtag.lstrip('#')}" if each.leading_hashtag else "",
        ]
        for each in recap.days
        if each.post_count
    ]  # fmt: skip
    return _Listing("Days", "Posts and authors by day", columns, rows)


def _abstracts(recap: Recap) -> _Listing:
    columns = (
        Column("No.", 0.95), Column("Title", 5.2), Column("Presenter", 1.7, spare=True), Column("Posts", 0.65, "right"), Column("Authors", 0.8, "right"),
        Column("Posts by HCPs", 0.85, "right"), Column("HCP authors", 0.8, "right"), Column("First named", 1.75),
    )  # fmt: skip
    local = recap.provenance.local
    rows = [
        [
            Cell(each.number, True, HEAD), each.title, each.presenter, count(each.post_count), count(each.author_count), count(each.hcp_post_count),
            count(each.hcp_author_count), clock(local(each.first_post_at)) if each.first_post_at else "",
        ]
        for each in recap.abstracts
    ]  # fmt: skip
    return _Listing("Abstracts", "Abstracts by posts that name them", columns, rows, slides=2)


def _links(recap: Recap) -> _Listing:
    rows = [[Cell(each.url, link=each.url), count(each.post_count)] for each in recap.links]
    return _Listing(
        "Links", "Pages that posts point to most", (Column("Address", 8), Column("Posts", 1, "right")), rows
    )


def _gaps(recap: Recap) -> _Listing:
    columns = (Column("Source", 1), Column("From", 1.5), Column("To", 1.5), Column("Cause", 4), Column("State", 1.8))
    local = recap.provenance.local
    rows = [
        [
            Cell(platform(each.source), True, HEAD), clock(local(each.from_at)), clock(local(each.to_at)) if each.to_at else "still open",
            each.cause, _state(each),
        ]
        for each in recap.gaps
    ]  # fmt: skip
    return _Listing("Gaps", "Every known gap in collection", columns, rows, slides=2)


def _state(gap: Gap) -> str:
    return {
        "open": "not filled", "replaying": "being filled", "filled": "filled afterwards", "filled_no_reposts": "filled, without reposts",
        "partial": "filled in part", "budget": "not filled: budget",
    }.get(gap.status, gap.status)  # fmt: skip


def _definitions(recap: Recap) -> _Listing:
    rows = [[Cell(each.term, True, HEAD), each.meaning] for each in recap.definitions]
    columns = (Column("Word", 2), Column("Meaning", 8, lines=2))
    return _Listing("Definitions", "What the words of this recap mean", columns, rows, row=0.48, slides=3)
