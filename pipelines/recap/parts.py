"""The sections of the report, one function each, in order of reading. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from pipelines.recap import titles
from pipelines.recap.blocks import TOPICS, Block, Cards, Cell, Column, Figure, Part, Table, Words, card
from pipelines.recap.charts import of_kind
from pipelines.recap.figures import NONE, account, count, counted, day, hour, minutes, moment, platform, share
from pipelines.recap.hourly import holes
from pipelines.recap.model import Recap, Section, Topic
from pipelines.recap.strokes import Spec

ROWS = 10  # of a ranking; the workbook holds all
Drawings = Mapping[str, Spec]


def parts(recap: Recap, drawings: Drawings) -> tuple[Part, ...]:
    """Every section that has something to show, under a sentence that is true of it; method and coverage always."""
    made = ((key, title, make(recap, drawings)) for key, title, make in _PARTS)
    return tuple(
        Part(key, TOPICS[key], title(recap), _caveat(recap, key), tuple(blocks))
        for key, title, blocks in made
        if blocks
    )


def _caveat(recap: Recap, key: str) -> str:
    """What was not collected, where a finding of the section rests on it."""
    return next((each.caveat for each in recap.findings if each.section == key and each.caveat), "")


def _volume(recap: Recap, drawings: Drawings) -> list[Block]:
    if "volume" not in drawings:
        return [Words("No posts", ("No post of this window was collected.",))]
    caption = "Posts an hour; green blocks are sessions, numbers are peaks."
    if holes(recap):
        caption += " In shaded spans a source was not collected: the line shows less than there was."
    blocks: list[Block] = [Figure("volume", str(drawings["volume"]["description"]), caption, _hours(recap))]
    columns = (Column("Peak"), Column("Hour", weight=1), Column("Posts", True), Column("Coincides with", weight=3))
    rows = tuple(
        _row(str(each.number), hour(recap.provenance, each.at), count(each.post_count), each.coincides_with or NONE)
        for each in recap.peaks
    )
    note = "“Coincides with” says what took place and what was named in that hour. It says nothing of causes."
    blocks += [Table("Peaks", columns, rows, note)] if rows else []
    other = recap.comparison.congress_name if recap.comparison else ""
    return blocks + _figures(drawings, ("comparison", f"Beside {other}, aligned by local hour of the first day."))


def _hours(recap: Recap) -> Table:
    """What the two hourly charts draw."""
    other = recap.comparison
    earlier = other.hours if other else ()
    columns = (
        Column("Hour", weight=2),
        Column("Posts", True),
        Column("by HCPs", True),
        *([Column(other.congress_name, True)] if other else []),
    )
    rows = tuple(
        _row(
            hour(recap.provenance, each.at), count(each.post_count) + ("" if each.collected else " or more"), count(each.hcp_post_count),
            *([counted(earlier[index] if index < len(earlier) else None)] if other else []),
        )
        for index, each in enumerate(recap.hours)
    )  # fmt: skip
    return Table("Posts an hour", columns, rows)


def _days(recap: Recap, drawings: Drawings) -> list[Block]:
    columns = (
        Column("Day", weight=1.1), Column("Posts", True), Column("Authors", True), Column("HCP posts", True),
        Column("Leading abstract", weight=3.4), Column("Naming it", True), Column("Leading hashtag", weight=1.3),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(day(each.day), f"day {each.number}" if each.number > 0 else "before"), Cell(count(each.post_count)),
            Cell(count(each.author_count)), Cell(count(each.hcp_post_count)), Cell(each.leading_abstract or NONE, each.leading_title),
            Cell(count(each.leading_post_count) if each.leading_abstract else NONE),
            Cell(f"#{each.leading_hashtag.removeprefix('#')}" if each.leading_hashtag else NONE),
        )
        for each in recap.days
    )  # fmt: skip
    return (
        [*_figures(drawings, ("days", "Posts a day, posts by HCPs apart.")), Table("What led each day", columns, rows)]
        if rows
        else []
    )


def _roles(recap: Recap, _: Drawings) -> list[Block]:
    authors, posts = (sum(getattr(each, name) for each in recap.roles) for name in ("author_count", "post_count"))
    columns = (Column("Group", weight=2), Column("Authors", True), Column("Share of authors", True), Column("Posts", True), Column("Share of posts", True))  # fmt: skip
    rows = tuple(
        _row(each.label, count(each.author_count), share(each.author_count, authors), count(each.post_count), share(each.post_count, posts))
        for each in recap.roles
    )  # fmt: skip
    note = "Author share and post share are two figures: the same group can be small and write much."
    return [Table("Authors and posts by group", columns, rows, note)] if rows else []


def _voices(recap: Recap, drawings: Drawings) -> list[Block]:
    columns = (
        Column("#", True), Column("Voice", weight=2), Column("Shown to be an HCP by", weight=3), Column("Posts", True),
        Column("HCPs who engaged", True), Column("Engagements", True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(str(each.rank)), Cell(each.name or each.handle, account(each.handle, each.platform), each.url),
            Cell("; ".join(f"“{word}”" for word in each.evidence) or NONE, " · ".join(filter(None, (each.specialty, each.confidence)))),
            Cell(count(each.post_count)), Cell(count(each.hcp_engager_count)), Cell(count(each.engagement_count)),
        )
        for each in recap.voices[:ROWS]
    )  # fmt: skip
    note = (
        f"Ranked by who engages with whom, starting from HCPs; a name leads to the best post.{_more(len(recap.voices))}"
    )
    caption = "HCPs who engaged with each voice, in order of rank."
    return [*_figures(drawings, ("voices", caption)), Table("First voices", columns, rows, note)] if rows else []


def _abstracts(recap: Recap, drawings: Drawings) -> list[Block]:
    columns = (
        Column("No."), Column("Title", weight=4), Column("Posts", True), Column("by HCPs", True), Column("Authors", True),
        Column("HCPs", True), Column("Evidence", True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(each.number, each.trial), Cell(each.title or NONE, " · ".join(filter(None, (each.presenter, each.session)))),
            Cell(count(each.post_count)), Cell(count(each.hcp_post_count)), Cell(count(each.author_count)), Cell(count(each.hcp_author_count)),
            Cell(" / ".join(count(tier) for tier in (each.tier_1, each.tier_2, each.tier_3, each.inherited))),
        )
        for each in recap.abstracts[:ROWS]
    )  # fmt: skip
    note = "Evidence: posts by number / by trial / by wording / shared; what each means stands with the words used."
    table = Table("Most discussed abstracts", columns, rows, note + _more(len(recap.abstracts)))
    return (
        [*_figures(drawings, ("abstracts", "Posts that name each abstract, posts by HCPs apart.")), table]
        if rows
        else []
    )


def _share(recap: Recap, drawings: Drawings) -> list[Block]:
    blocks: list[Block] = []
    for kind, name, title in (("product", "products", "Products"), ("company", "companies", "Companies")):
        items = of_kind(recap, kind)
        whole = next((each.whole for each in items if each.whole), 0)
        caption = f"Of {count(whole)} posts that name a tracked {kind}. A post that names two counts for both, so shares may sum to more than 100%."
        blocks += [*_figures(drawings, (name, caption)), *_topic_table(title, items, kind.capitalize(), shares=True)]
    return blocks


def _topics(recap: Recap, _: Drawings) -> list[Block]:
    kinds = (("hashtag", "Hashtags", "Hashtag"), ("drug", "Drugs", "Drug"), ("trial", "Trials", "Trial"))
    blocks: list[Block] = [
        table for kind, title, one in kinds for table in _topic_table(title, of_kind(recap, kind), one)
    ]
    rows = tuple((Cell(each.url, url=each.url), Cell(count(each.post_count))) for each in recap.links[:ROWS])
    columns = (Column("Page", weight=5), Column("Posts", True))
    return blocks + ([Table("Pages linked to", columns, rows, _more(len(recap.links)).strip())] if rows else [])


def _topic_table(title: str, items: Sequence[Topic], one: str, shares: bool = False) -> list[Block]:
    tag = "#" if items and items[0].kind == "hashtag" else ""
    columns = (
        Column(one, weight=2), Column("Posts", True), *([Column("Share", True)] if shares else []),
        Column("by HCPs", True), Column("Authors", True), Column("HCPs", True),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(tag + each.name.removeprefix("#"), each.company if each.company != each.name else ""), Cell(count(each.post_count)),
            *([Cell(share(each.post_count, each.whole))] if shares else []),
            Cell(count(each.hcp_post_count)), Cell(count(each.author_count)), Cell(count(each.hcp_author_count)),
        )
        for each in items[:ROWS]
    )  # fmt: skip
    return [Table(title, columns, rows, _more(len(items)).strip())] if rows else []


def _posts(recap: Recap, _: Drawings) -> list[Block]:
    cards = tuple(card(recap, each) for each in recap.notable)
    return [Cards("Posts in full, as they were written", cards)] if cards else []


def _questions(recap: Recap, _: Drawings) -> list[Block]:
    cards = tuple(card(recap, each) for each in recap.questions)
    return [Cards("In full, as they were asked", cards)] if cards else []


def _method(recap: Recap, _: Drawings) -> list[Block]:
    told = recap.provenance
    sources = tuple(
        _row(
            platform(each.source),
            count(each.post_count),
            count(each.gap_count),
            minutes(each.gap_minutes),
        )
        for each in recap.sources
    )
    gaps = tuple(
        _row(platform(each.source), moment(told, each.from_at), moment(told, each.to_at) if each.to_at else "lasts", each.cause, each.status)
        for each in recap.gaps
    )  # fmt: skip
    span = (Column("Source", weight=1), Column("From", weight=2), Column("To", weight=2), Column("Cause", weight=3), Column("State", weight=1))  # fmt: skip
    meanings = tuple(_row(each.term, each.meaning) for each in recap.definitions)
    kept = [f"{count(recap.full_post_count)} posts stand in these files with their text; all others as id and link."]
    if recap.unlisted_count:
        kept.append(
            f"{count(recap.unlisted_count)} posts are counted and not listed: posts of patients, and posts under embargo."
        )
    by_source = (Column("Source", weight=2), Column("Posts", True), Column("Gaps", True), Column("Time in gaps", True))
    return [
        *([Table("What was collected", by_source, sources, told.coverage_line)] if sources else [Words("What was collected", (told.coverage_line,))]),
        *([Table("Gaps in collection", span, gaps, "“filled”: collected afterwards.")] if gaps else []),
        *([Words("What this cannot tell", recap.limits)] if recap.limits else []),
        Words("What is listed", tuple(kept)),
        *([Table("Words used", (Column("Word", weight=1), Column("Meaning", weight=3)), meanings)] if meanings else []),
    ]  # fmt: skip


def _figures(drawings: Drawings, *wanted: tuple[str, str]) -> list[Block]:
    return [Figure(name, str(drawings[name]["description"]), said) for name, said in wanted if name in drawings]


def _row(*texts: str) -> tuple[Cell, ...]:
    return tuple(map(Cell, texts))


def _more(number: int) -> str:
    return f" The first {ROWS} of {count(number)}; the workbook holds all." if number > ROWS else ""


def _topics_title(recap: Recap) -> str:
    items = [each for each in recap.topics if each.kind in ("hashtag", "drug", "trial")]
    return titles.topics(items) if items else "Pages that posts link to"


def _share_title(recap: Recap) -> str:
    return titles.share_of_voice([*of_kind(recap, "product"), *of_kind(recap, "company")])


_PARTS: tuple[tuple[Section, Callable[[Recap], str], Callable[[Recap, Drawings], list[Block]]], ...] = (
    ("volume", titles.volume, _volume),
    ("days", titles.days, _days),
    ("roles", titles.roles, _roles),
    ("voices", titles.voices, _voices),
    ("abstracts", titles.abstracts, _abstracts),
    ("share", _share_title, _share),
    ("topics", _topics_title, _topics),
    ("posts", titles.posts, _posts),
    ("questions", titles.questions, _questions),
    ("method", titles.method, _method),
)
