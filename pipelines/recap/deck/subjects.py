"""What was spoken of: abstracts, topics, products and companies. Bars show posts of all and, on them, posts by HCPs."""

from __future__ import annotations

from pipelines.recap import titles
from pipelines.recap.deck import charts
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.charts import Series
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, BEFORE, HCP, HEAD, QUIET, Page, Run
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, table
from pipelines.recap.model import AbstractRow, Recap, Topic
from pipelines.recap.words import change, count, points, ratio, share

KEY = [("Posts", ALL, "square"), ("by HCPs", HCP, "square")]
ABSTRACTS = 8
TOPICS = 8
READ_WITH_CARE = "Read with care: shares depend on the tracked names of the configuration, a post may name several, and a share says nothing about what was thought of a product."
KINDS = {"hashtag": "Hashtags", "drug": "Drugs", "trial": "Trials", "product": "Products", "company": "Companies"}


def abstracts_slide(binder: Binder) -> None:
    """The abstracts named most, with the evidence that links posts to them."""
    recap = binder.recap
    shown = recap.abstracts[:ABSTRACTS]
    if not shown:
        return
    notes = [
        "A post counts once for an abstract, under its strongest evidence. By number: its number, DOI or registry id. By trial: the name of its "
        "trial. By wording: words of its title, a product or a presenter. Shared: taken over from the post that is reposted, quoted or answered.",
        "The kinds of evidence are never merged: read a count by wording with more care than one by number.",
        *(f"{each.number}: {each.title}" for each in shown),
    ]
    page = binder.page(
        "abstracts", "Abstracts", titles.abstracts(recap), notes, f"first {len(shown)} of the abstracts named"
    )
    left, right = page.body.split_across(page.body.width * 0.77, page.inches(0.2))
    columns = [
        Column("No.", 0.95), Column("Title and session", 5.9, lines=3), Column("HCP authors", 0.85, "right"), Column("By number", 0.85, "right"),
        Column("By trial", 0.7, "right"), Column("By wording", 0.95, "right"), Column("Shared", 0.85, "right"),
    ]  # fmt: skip
    rows = table(
        page, left, columns, [_abstract_row(each) for each in shown], size=11.5, name="Abstracts",
        alt=f"Table of {len(shown)} abstracts with session, HCP authors and posts by kind of evidence. {titles.abstracts(recap)}.",
    )  # fmt: skip
    alt = "Bar chart of posts naming each abstract, of all and by HCPs. " + "; ".join(
        f"{each.number} {count(each.post_count)}, {count(each.hcp_post_count)} by HCPs" for each in shown
    )
    counts = [(each.post_count, each.hcp_post_count) for each in shown]
    tall = page.inches(TABLE_HEAD)
    page.key(Box(right.left, rows.top - tall, right.width, tall), KEY)
    _pair_of_bars(
        page,
        Box(right.left, rows.top, right.width, rows.height),
        [each.number for each in shown],
        counts,
        alt,
        "Posts naming the abstract",
    )


def _abstract_row(each: AbstractRow) -> list[Cell]:
    tiers = (each.tier_1, each.tier_2, each.tier_3, each.inherited)
    return [
        Cell(each.number, bold=True, ink=HEAD),
        Cell(
            each.title or "No title in the catalogue",
            ink=HEAD if each.title else QUIET,
            under=" · ".join(filter(None, (each.session, each.presenter))),
        ),
        Cell(count(each.hcp_author_count)),
        *(Cell(count(tier), ink=QUIET) for tier in tiers),
    ]


def _pair_of_bars(page: Page, rows: Box, labels: list[str], counts: list[tuple[int, int]], alt: str, name: str) -> None:
    series = [
        Series("Posts", [all_ for all_, _ in counts], ALL),
        Series("Posts by HCPs", [hcps for _, hcps in counts], HCP),
    ]
    charts.bars(page, rows, labels, series, alt, name, room=0.76)


def topics_slide(binder: Binder) -> None:
    """Hashtags, drugs and trials, side by side."""
    groups = [(kind, rows) for kind in ("hashtag", "drug", "trial") if (rows := _of_kind(binder.recap, kind))]
    if not groups:
        return
    against = binder.against
    notes = [
        "Hashtags are those the posts carry; drugs and trials those of the catalogue of abstracts that posts name. A post can belong to several.",
        "Bars: posts of all, and on them the posts by HCPs.",
        f"Change: against {against}, where it is known." if against else "There was no congress to compare with.",
    ]
    every = [each for _, rows in groups for each in rows]
    page = binder.page(
        "topics",
        "Topics",
        titles.topics([each for each in every if each.kind == groups[0][0]]),
        notes,
        f"change against {against}" if against else "",
    )
    key, panels = page.body.split_down(page.inches(0.26))
    page.key(key, KEY)
    for column, (kind, rows) in zip(panels.columns(len(groups), page.inches(0.4)), groups, strict=True):
        _topic_panel(page, column, kind, rows[:TOPICS], bool(against))


def _of_kind(recap: Recap, kind: str) -> list[Topic]:
    return sorted(
        (each for each in recap.topics if each.kind == kind and each.post_count),
        key=lambda each: (-each.post_count, each.name),
    )


def _topic_panel(page: Page, box: Box, kind: str, rows: list[Topic], compared: bool) -> None:
    left, right = box.split_across(box.width * 0.56, page.inches(0.1))
    columns = [Column(KINDS[kind], 2.2, lines=2)]
    if compared:
        columns.append(Column("Change", 1, "right"))
    cells = [
        [
            Cell(_words(each), ink=HEAD),
            *([Cell(change(each.post_count, each.before_count), ink=QUIET)] if compared else []),
        ]
        for each in rows
    ]
    alt = f"{KINDS[kind]} by posts: " + "; ".join(
        f"{_words(each)} {count(each.post_count)}, {count(each.hcp_post_count)} by HCPs" for each in rows
    )
    placed = table(page, left, columns, cells, alt, size=13, name=KINDS[kind], tallest=0.74)
    counts = [(each.post_count, each.hcp_post_count) for each in rows]
    _pair_of_bars(
        page, Box(right.left, placed.top, right.width, placed.height), [_words(each) for each in rows], counts, f"Bar chart. {alt}", f"{KINDS[kind]}: posts"
    )  # fmt: skip


def _words(each: Topic) -> str:
    return f"#{each.name.lstrip('#')}" if each.kind == "hashtag" else each.name


def share_slide(binder: Binder) -> None:
    """Share of voice of tracked products and companies, each kind with its own denominator."""
    recap = binder.recap
    groups = [(kind, rows) for kind in ("product", "company") if (rows := _of_kind(recap, kind))]
    if not groups:
        return
    against = binder.against
    notes = [
        "Share of voice = posts naming the item / posts naming any tracked item of the same kind. A post that names two counts for both.",
        READ_WITH_CARE,
        f"Change: in points against {against}, by the same rules."
        if against
        else "There was no congress to compare with.",
    ]
    page = binder.page(
        "share",
        "Share of voice",
        titles.share_of_voice(groups[0][1]),
        notes,
        f"change against {against}" if against else "",
    )
    panels, remark = page.body.split_down(page.body.height - page.inches(0.62))
    for column, (kind, rows) in zip(panels.columns(len(groups), page.inches(0.5)), groups, strict=True):
        _share_panel(page, column, kind, rows[:TOPICS], against)
    page.remark(
        remark._replace(top=remark.top + page.inches(0.12), height=page.inches(0.5)),
        READ_WITH_CARE + (f" Grey bars: {against}." if against else ""),
    )


def _share_panel(page: Page, box: Box, kind: str, rows: list[Topic], against: str) -> None:
    whole = rows[0].whole
    compared = bool(against and whole and any(each.before_whole for each in rows))
    left, right = box.split_across(box.width * (0.64 if compared else 0.6), page.inches(0.1))
    columns = [Column(KINDS[kind], 2.7, lines=2), Column("Posts", 0.8, "right"), Column("by HCPs", 0.9, "right")]
    if compared:
        columns.append(Column("Change in points", 1.0, "right"))
    cells = [_share_row(each, not place, kind, compared) for place, each in enumerate(rows)]
    alt = f"{KINDS[kind]} by posts: " + "; ".join(
        f"{each.name} {count(each.post_count)} ({share(each.post_count, each.whole)})" for each in rows
    )
    placed = table(page, left, columns, cells, alt, size=12, name=f"{KINDS[kind]}, share of voice", tallest=0.78)
    bars = Box(right.left, placed.top, right.width, placed.height)
    tall = page.inches(TABLE_HEAD)
    head = (
        [Run("Share of voice", bold=True, ink=QUIET), Run(f"  n = {count(whole)}", ink=QUIET)]
        if whole
        else [Run("Posts", bold=True, ink=QUIET)]
    )
    page.text(Box(bars.left, bars.top - tall, bars.width, tall), [head], 12, anchor="middle", name="Head")
    series = [Series("Share of voice", [ratio(each.post_count, each.whole or 0) or 0.0 for each in rows], ALL)]
    if compared:
        before = [
            None if each.before_count is None else ratio(each.before_count, each.before_whole or 0) for each in rows
        ]
        series.append(Series(against, before, BEFORE))
    if not whole:
        series = [Series("Posts", [each.post_count for each in rows], ALL)]
    number = "0.0%" if whole else "#,##0"
    charts.bars(
        page,
        bars,
        [each.name for each in rows],
        series,
        f"Bar chart. {alt}",
        f"{KINDS[kind]}: bars",
        number,
        room=0.74,
        beside=True,
    )


def _share_row(each: Topic, leads: bool, kind: str, compared: bool) -> list[Cell]:
    cells = [
        Cell(each.name, bold=leads, ink=HEAD, under=each.company if kind == "product" else ""),
        Cell(count(each.post_count)),
        Cell(count(each.hcp_post_count)),
    ]
    step = points((each.post_count, each.whole), (each.before_count, each.before_whole)) if compared else ""
    return [*cells, Cell(step.removesuffix(" points"), ink=QUIET)] if compared else cells
