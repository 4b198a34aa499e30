"""Who spoke: stakeholder groups, and the HCP voices."""

from __future__ import annotations

from pipelines.recap import titles
from pipelines.recap.deck import charts
from pipelines.recap.deck.binder import Binder
from pipelines.recap.deck.charts import Series
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, BEFORE, HCP, HEAD, QUIET, TEXT, Ink, Page, Run
from pipelines.recap.deck.tables import HEAD as TABLE_HEAD
from pipelines.recap.deck.tables import Cell, Column, table
from pipelines.recap.model import RoleShare, Voice
from pipelines.recap.words import account, at, count, plural, ratio, share

VOICES = 10


def roles_slide(binder: Binder) -> None:
    """Stakeholder groups: the share of authors and the share of posts, each with its own denominator."""
    roles = [each for each in binder.recap.roles if each.author_count or each.post_count]
    if not roles:
        return
    authors, posts = sum(each.author_count for each in roles), sum(each.post_count for each in roles)
    notes = [
        "HCP author share = HCP authors / authors; HCP post share = posts by HCPs / posts. The two are never mixed.",
        "A group is recognised from what an account says of itself, with the words that prove it; who says nothing is not recognised.",
        "Patients and advocates are counted and never listed.",
    ]
    page = binder.page("roles", "Stakeholders", titles.roles(binder.recap), notes, f"{plural(authors, 'author')}")
    left, right = page.body.split_across(page.body.width * 0.46)
    columns = [
        Column("Group", 2.6),
        Column("Authors", 1, "right"),
        Column("Posts", 1, "right"),
        Column("Posts per author", 1.3, "right", spare=True),
    ]
    rows = table(
        page, left, columns, [_role_row(each) for each in roles], size=13, name="Stakeholder groups", tallest=0.6,
        alt=f"Table of {len(roles)} stakeholder groups with their authors and posts. {titles.roles(binder.recap)}.",
    )  # fmt: skip
    halves = Box(right.left, rows.top, right.width, rows.height).columns(2, page.inches(0.3))
    _role_bars(page, halves[0], roles, "Share of authors", authors, [each.author_count for each in roles], ALL)
    _role_bars(page, halves[1], roles, "Share of posts", posts, [each.post_count for each in roles], ALL)


def _role_row(each: RoleShare) -> list[Cell]:
    is_hcp = each.role == "hcp"
    ink = HEAD if is_hcp else TEXT
    per_author = f"{each.post_count / each.author_count:.1f}" if each.author_count else ""
    return [
        Cell(each.label, bold=is_hcp, ink=ink),
        Cell(count(each.author_count), is_hcp, ink),
        Cell(count(each.post_count), is_hcp, ink),
        Cell(per_author, is_hcp, ink),
    ]


def _role_bars(
    page: Page, rows: Box, roles: list[RoleShare], head: str, whole: int, values: list[int], ink: Ink
) -> None:
    tall = page.inches(TABLE_HEAD)
    words = [Run(head, bold=True, ink=QUIET), Run(f"  n = {count(whole)}", ink=QUIET)]
    page.text(Box(rows.left, rows.top - tall, rows.width, tall), [words], 12, anchor="middle", name="Head")
    shares = [ratio(each, whole) or 0.0 for each in values]
    alt = f"Bar chart: {head.lower()}. " + "; ".join(
        f"{each.label} {share(value, whole)}" for each, value in zip(roles, values, strict=True)
    )
    chart = charts.bars(
        page, rows, [each.label for each in roles], [Series(head, shares, BEFORE)], alt, head, "0.0%", room=0.74
    )
    for place, each in enumerate(roles):
        if each.role == "hcp":
            charts.paint_bar(chart, place, ink)


def voices_slide(binder: Binder) -> None:
    """The ten first HCP voices: who they are and how that is known, the parts of the rank, and bars in line with the rows."""
    voices = binder.recap.voices[:VOICES]
    if not voices:
        return
    notes = [
        "Voice rank: personalised PageRank over mentions, reposts, quotes and replies, restarting from HCP accounts only; own edges removed, "
        "repeated pairs damped by a logarithm. Followers alone never rank. The score is shown in thousandths of the whole.",
        "Evidence: the words of the profile that make an account an HCP's. 'Probable' stands where they are weaker.",
        "HCPs engaging: distinct HCPs who mentioned, reposted, quoted or answered. Engagements: likes, reposts, replies and quotes of the posts.",
        *(f"{each.rank}. {each.name} {at(each.handle)} {each.url}" for each in voices),
    ]
    page = binder.page(
        "voices",
        "HCP voices",
        titles.voices(binder.recap),
        notes,
        f"first {len(voices)} of {len(binder.recap.voices)} ranked here",
    )
    left, right = page.body.split_across(page.body.width * 0.8, page.inches(0.15))
    columns = [
        Column("", 0.4, "right"), Column("Name and account", 2.95, lines=2), Column("Specialty", 1.5, lines=2, spare=True), Column("Evidence in the profile", 2.2, lines=2),
        Column("Posts", 0.7, "right"), Column("Engagements", 1.3, "right"), Column("Score", 0.75, "right"), Column("Best post", 0.75, spare=True),
    ]  # fmt: skip
    rows = table(
        page, left, columns, [_voice_row(each) for each in voices], size=12, name="HCP voices",
        alt=f"Table of {len(voices)} HCP voices with account, specialty, evidence and the parts of their rank. {titles.voices(binder.recap)}.",
    )  # fmt: skip
    box = Box(right.left, rows.top, right.width, rows.height)
    tall = page.inches(TABLE_HEAD)
    page.text(
        Box(box.left, box.top - tall, box.width, tall),
        [[Run("HCPs engaging", bold=True, ink=QUIET)]],
        11,
        anchor="middle",
        name="Head",
    )
    alt = "Bar chart of distinct HCPs engaging. " + "; ".join(
        f"{each.name} {count(each.hcp_engager_count)}" for each in voices
    )
    values = [each.hcp_engager_count for each in voices]
    charts.bars(
        page,
        box,
        [each.name or each.handle for each in voices],
        [Series("HCPs engaging", values, HCP)],
        alt,
        "HCPs engaging",
        room=0.76,
    )


def _voice_row(each: Voice) -> list[Cell]:
    where = account(each.handle, each.platform) + (" and more" if each.also else "")
    evidence = "; ".join(each.evidence)
    return [
        Cell(str(each.rank), ink=QUIET),
        Cell(each.name or at(each.handle), bold=True, ink=HEAD, under=where),
        Cell(each.specialty[:1].upper() + each.specialty[1:]),
        Cell(f"{evidence} (probable)" if each.confidence == "probable" and evidence else evidence),
        Cell(count(each.post_count)),
        Cell(count(each.engagement_count)),
        Cell(f"{1000 * each.score:.1f}"),
        Cell("View", bold=True, link=each.url) if each.url else Cell(""),
    ]
