"""Posts as they were written, whole or as a link, and the questions HCPs asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from pipelines.recap import titles
from pipelines.recap.deck import fitting
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, HEAD, LINE, PAPER, QUIET, TEXT, Page, Run
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, inner_width, table
from pipelines.recap.model import PostRow
from pipelines.recap.words import at, clock, headline, platform

Local = Callable[[datetime], datetime]
POSTS = 6
QUESTION_SLIDES = 2
LARGEST, SMALLEST = 16, 12  # points of a quoted post at full scale
BY_LINK = "This post is too long to stand here whole. It is not cut: read it where it was written."
WITHOUT_TEXT = "Shown by its link only."
Grid = tuple[int, int]  # cards across and down
SMALL, TALL, ALONE = (3, 2), (3, 1), (1, 1)
GRIDS: tuple[Grid, ...] = (SMALL, TALL, ALONE)  # from small to large cards
ALONE_SLIDES = 2  # for posts that need a slide of their own; the next stand by their link
_NOTES = [
    "The most engaged posts by HCPs, shown unmodified with name, account, time and link; a post that does not fit stands by its link, never cut.",
    "Shown posts are those that existed when the recap was made: check with 'congress recap verify' before it is sent on.",
]


def posts_slides(binder: Binder) -> None:
    """Notable posts as cards: six, three or one to a slide, by how much room they take."""
    posts = binder.recap.notable[:POSTS]
    if not posts:
        return
    title = titles.posts(binder.recap)
    probe = Page(None, binder.frame, "")
    for number, (grid, group) in enumerate(_grouped(probe, posts)):
        words = (
            title
            if not number
            else f"Further posts by HCPs drew up to {headline(max(each.engagement_count for each in group))} engagements"
        )
        page = binder.page("posts", "Notable posts", words, _NOTES, "posts shown unmodified")
        cells = _cells(page, grid, len(group))
        pairs = list(zip(cells, group, strict=False))
        size = min((size for cell, post in pairs if (size := _size(page, cell, post))), default=None)
        for cell, post in pairs:
            _card(page, cell, post, size if _size(page, cell, post) else None, binder.recap.provenance.local)


def _grouped(page: Page, posts: Sequence[PostRow]) -> list[tuple[Grid, list[PostRow]]]:
    """The posts by the smallest card that holds each whole; what no card holds stands by its link in a small one."""
    by_grid: dict[Grid, list[PostRow]] = {grid: [] for grid in GRIDS}
    for post in posts:
        fits = [grid for grid in GRIDS if _size(page, _cells(page, grid, 3)[0], post) is not None]
        alone = fits[:1] == [ALONE] and len(by_grid[ALONE]) >= ALONE_SLIDES
        by_grid[fits[0] if fits and not alone else SMALL].append(post)
    if len(by_grid[SMALL]) <= 3:  # few: larger cards, fewer slides
        by_grid[TALL] = sorted([*by_grid[SMALL], *by_grid[TALL]], key=posts.index)
        by_grid[SMALL] = []
    return [(grid, group) for grid in GRIDS for group in _even(by_grid[grid], grid[0] * grid[1])]


def _even(posts: list[PostRow], most: int) -> list[list[PostRow]]:
    """Groups of at most so many, of nearly one size: four cards are two and two, not three and one."""
    slides = -(-len(posts) // most)
    each = -(-len(posts) // slides) if slides else 1
    return [posts[first : first + each] for first in range(0, len(posts), each)]


def _cells(page: Page, grid: Grid, cards: int) -> list[Box]:
    """Where the cards of a grid go; two or one in a row are wider, up to half of the slide."""
    across, down = grid
    gap = page.inches(0.25)
    if grid == TALL:
        across = max(2, min(across, cards))
    return [cell for row in page.body.rows(down, gap) for cell in row.columns(across, gap)]


def _inside(page: Page, box: Box) -> tuple[Box, Box, Box]:
    """Who, what and the foot of a card."""
    inner = box.within(page.inches(0.24), page.inches(0.18))
    who, rest = inner.split_down(page.inches(0.52))
    what, foot = rest.split_down(rest.height - page.inches(0.3))
    return who, what._replace(top=what.top + page.inches(0.06), height=what.height - page.inches(0.14)), foot


def _size(page: Page, box: Box, post: PostRow) -> float | None:
    """The size, at full scale, at which a post stands whole in a card."""
    if not post.text or len(post.text) > 6000:
        return None
    what = _inside(page, box)[1]
    points = fitting.largest(
        post.text,
        what.width * 0.97,
        what.height,
        LARGEST * page.scale,
        max(SMALLEST * page.scale, 9),
        False,
        page.frame.factor,
    )
    return None if points is None else points / page.scale


def _card(page: Page, box: Box, post: PostRow, size: float | None, local: Local) -> None:
    """A post with who wrote it; by its link where ``size`` is ``None``."""
    page.panel(box, PAPER, LINE, name="Card")
    page.panel(Box(box.left, box.top, box.width, page.inches(0.06)), ALL, name="Edge")
    who, what, foot = _inside(page, box)
    side = page.inches(0.95)
    name = fitting.shortened(
        post.author_name or at(post.handle) or "An HCP", page.points(14), who.width - side, 1, True, page.frame.factor
    )
    account = fitting.shortened(at(post.handle), page.points(11), who.width - side, 1, False, page.frame.factor)
    page.text(
        who._replace(width=who.width - side),
        [[Run(name, bold=True, ink=HEAD)], [Run(account, size=11, ink=QUIET)]],
        14,
        name="Author",
        space=0,
    )
    where = Box(who.right - side, who.top, side, who.height)
    page.text(where, [[Run(platform(post.platform), bold=True, ink=QUIET)]], 11, "right", name="Platform")
    if size is None:
        page.text(what, [[Run(BY_LINK if post.text else WITHOUT_TEXT, ink=QUIET)]], 13, name="Post by its link")
    else:
        page.text(what, [[Run(post.text, ink=TEXT)]], size, name="Post", cut=False)
    page.rule(foot.left, foot.top, foot.width)
    _foot(page, foot, post, local)


def _foot(page: Page, foot: Box, post: PostRow, local: Local) -> None:
    line = foot._replace(top=foot.top + page.inches(0.08), height=foot.height - page.inches(0.04))
    left, right = line.split_across(line.width * 0.71, page.inches(0.05))
    words = clock(local(post.created_at))
    full = f"{words} · {headline(post.engagement_count)} engagements"
    if fitting.width(full, page.points(9), False, page.frame.factor) <= 0.95 * left.width:
        words = full
    page.text(left, [[Run(words, ink=QUIET)]], 11, name="When")
    if post.url:
        words = f"View on {platform(post.platform)}" if post.platform != "other" else "View"
        page.text(right, [[Run(words, bold=True, link=post.url)]], 11, "right", name="Link")


def questions_slides(binder: Binder) -> None:
    """Questions HCPs asked, in a table with an empty column for the answer or who gives it."""
    questions = binder.recap.questions
    if not questions:
        return
    notes = [
        "Posts by HCPs that ask a question, shown unmodified with name, account, time and link; the most engaged first.",
        "The last column is yours: write the answer, or who gives it. Rows may be deleted, added and edited.",
    ]
    probe = Page(None, binder.frame, "")
    columns = (
        Column("Question", 5.0, lines=99), Column("Asked by", 2.2, lines=3), Column("When", 1.9, lines=2), Column("About", 1.1, lines=2),
        Column("Answer, or who gives it", 2.6, lines=9),
    )  # fmt: skip
    width = inner_width(probe, probe.body.width * columns[0].share / sum(each.share for each in columns))
    rows = [(_question_row(probe, each, width, binder.recap.provenance.local)) for each in questions]
    slides = _paged(probe, rows)[:QUESTION_SLIDES]
    shown = sum(map(len, slides))
    extra = "posts shown unmodified" + (f", first {shown} of {len(questions)}" if shown < len(questions) else "")
    for number, group in enumerate(slides):
        title = titles.questions(binder.recap) if not number else "Further questions by HCPs that may want an answer"
        page = binder.page("questions", "Questions HCPs asked", title, notes, extra)
        alt = f"Table of {len(group)} questions with who asked, when, and an empty column for the answer."
        room = page.body.height - page.inches(TABLE_HEAD) - sum(tall for _, tall in group)
        more = min(max(room, 0.0) / len(group), page.inches(0.3))  # room for answers
        table(
            page,
            page.body,
            columns,
            [cells for cells, _ in group],
            alt,
            13,
            "Questions",
            heights=[tall + more for _, tall in group],
        )


def _question_row(page: Page, post: PostRow, width: float, local: Local) -> tuple[list[Cell], float]:
    tall = (
        fitting.height(post.text, page.points(13), width, False, page.frame.factor) + page.inches(0.16)
        if len(post.text) <= 3000
        else 99.0
    )
    whole = bool(post.text) and tall <= page.body.height * 0.45
    said = Cell(post.text, whole=True) if whole else Cell(BY_LINK if post.text else WITHOUT_TEXT, ink=QUIET)
    seen = f"View on {platform(post.platform)}" if post.url else platform(post.platform)
    cells = [
        said,
        Cell(post.author_name or at(post.handle) or "An HCP", bold=True, ink=HEAD, under=at(post.handle)),
        Cell(clock(local(post.created_at)), under=seen, under_link=post.url),
        Cell(", ".join(post.abstracts), ink=QUIET),
        Cell("", to_fill=True),
    ]
    return cells, max(tall if whole else 0, page.inches(0.62))


def _paged(page: Page, rows: list[tuple[list[Cell], float]]) -> list[list[tuple[list[Cell], float]]]:
    """As many rows to a slide as its height takes."""
    room, slides, used = page.body.height - page.inches(TABLE_HEAD), [[]], 0.0
    for row in rows:
        if slides[-1] and used + row[1] > room:
            slides.append([])
            used = 0.0
        slides[-1].append(row)
        used += row[1]
    return slides
