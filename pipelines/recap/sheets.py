"""The sheets of the workbook: what each is called, its typed columns, its rows. Pure; times are moments in UTC until written.

Everything in the recap stands here, uncut. No figure is made but shares and changes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from pipelines.recap.charts import of_kind
from pipelines.recap.figures import platform
from pipelines.recap.model import Kpi, PostRow, Recap, Topic

Kind = Literal["text", "words", "count", "decimal", "share", "change", "points", "moment", "day", "link", "flag"]


@dataclass(frozen=True, slots=True)
class Field:
    """A column: its header, what its cells are, its width in characters. Headers of moments get the zone."""

    header: str
    kind: Kind
    width: float


@dataclass(frozen=True, slots=True)
class Drawn:
    """A native chart beside the rows: columns by index, the first of them named on the axis."""

    kind: Literal["line", "column", "bar"]
    title: str
    alt: str
    names: int
    series: tuple[int, ...]
    top: int = 0  # only the first rows, 0 for all
    stacked: bool = False


@dataclass(frozen=True, slots=True)
class Sheet:
    """A filterable table on a sheet of its own."""

    name: str
    about: str
    fields: tuple[Field, ...]
    rows: Iterable[tuple[Any, ...]]
    charts: tuple[Drawn, ...] = field(default=())


def sheets(recap: Recap) -> list[Sheet]:
    """All sheets but that of the posts, in order."""
    return [make(recap) for make in _SHEETS]


def share(part: int | None, whole: int | None) -> float | None:
    """A share as a fraction; nothing of nothing."""
    return part / whole if part is not None and whole else None


def _kpis(recap: Recap) -> Sheet:
    fields = (
        Field("Measure", "text", 26), Field("Count", "count", 12), Field("of", "count", 12), Field("Share", "share", 10),
        Field("Count before", "count", 13), Field("of before", "count", 12), Field("Share before", "share", 13),
        Field("Change", "change", 10), Field("Change in points", "points", 17), Field("Definition", "words", 70),
    )  # fmt: skip
    return Sheet("KPIs", f"Key figures; “before” is {_before(recap)}.", fields, [_kpi(each) for each in recap.kpis])


def _kpi(each: Kpi) -> tuple[Any, ...]:
    now, before = share(each.value, each.whole), share(each.before, each.before_whole)
    grown = (each.value - each.before) / each.before if each.before and each.whole is None else None
    points = 100 * (now - before) if now is not None and before is not None else None
    return (
        each.label,
        each.value,
        each.whole,
        now,
        each.before,
        each.before_whole,
        before,
        grown,
        points,
        each.definition,
    )


def _findings(recap: Recap) -> Sheet:
    fields = (
        Field("Finding", "words", 90),
        Field("Count", "count", 12),
        Field("of", "count", 12),
        Field("Caveat", "words", 50),
    )
    rows = [(each.text, each.numerator, each.denominator, each.caveat) for each in recap.findings]
    return Sheet("Findings", "Sentences filled from the figures of this workbook by fixed rules.", fields, rows)


def _hourly(recap: Recap) -> Sheet:
    other = recap.comparison
    earlier = other.hours if other else ()
    fields = [Field("Hour", "moment", 22), Field("Posts", "count", 11), Field("Posts by HCPs", "count", 14), Field("Collected throughout", "flag", 20)]  # fmt: skip
    rows: list[tuple[Any, ...]] = [
        (each.at, each.post_count, each.hcp_post_count, each.collected) for each in recap.hours
    ]
    series: tuple[int, ...] = (1, 2)
    if other:
        fields.append(Field(f"Posts at {other.congress_name}", "count", 22))
        rows = [(*row, earlier[index] if index < len(earlier) else None) for index, row in enumerate(rows)]
        series = (4, 1, 2)
    alt = f"Line chart of posts an hour, {recap.provenance.window_words}."
    about = "Posts an hour. Where not collected throughout, a source had a gap: there was at least this much."
    return Sheet("Hourly", about, tuple(fields), rows, (Drawn("line", "Posts an hour", alt, 0, series),))


def _peaks(recap: Recap) -> Sheet:
    fields = (
        Field("Peak", "count", 8),
        Field("Hour", "moment", 22),
        Field("Posts", "count", 11),
        Field("Coincides with", "words", 80),
    )
    rows = [(each.number, each.at, each.post_count, each.coincides_with) for each in recap.peaks]
    return Sheet(
        "Peaks", "The highest hours and what took place and was named in them. Nothing is said of causes.", fields, rows
    )


def _days(recap: Recap) -> Sheet:
    fields = (
        Field("Day", "day", 18), Field("Congress day", "count", 14), Field("Posts", "count", 10), Field("Posts by HCPs", "count", 14),
        Field("Other posts", "count", 12), Field("Authors", "count", 10), Field("Leading abstract", "text", 17), Field("Title", "text", 70),
        Field("Posts naming it", "count", 16), Field("Leading hashtag", "text", 20),
    )  # fmt: skip
    rows = [
        (
            each.day, each.number, each.post_count, each.hcp_post_count, each.post_count - each.hcp_post_count, each.author_count,
            each.leading_abstract, each.leading_title, each.leading_post_count, each.leading_hashtag,
        )
        for each in recap.days
    ]  # fmt: skip
    alt = "Column chart of posts a day, posts by HCPs apart."
    return Sheet(
        "Days",
        "Local days of the congress.",
        fields,
        rows,
        (Drawn("column", "Posts a day", alt, 0, (3, 4), stacked=True),),
    )


def _groups(recap: Recap) -> Sheet:
    authors, posts = (sum(getattr(each, name) for each in recap.roles) for name in ("author_count", "post_count"))
    fields = (Field("Group", "text", 28), Field("Authors", "count", 11), Field("Share of authors", "share", 17), Field("Posts", "count", 11), Field("Share of posts", "share", 15))  # fmt: skip
    rows = [
        (each.label, each.author_count, share(each.author_count, authors), each.post_count, share(each.post_count, posts))
        for each in recap.roles
    ]  # fmt: skip
    alt = "Bar chart of the share of authors and the share of posts of each group."
    return Sheet("Groups", "Author share and post share are two figures and never mixed.", fields, rows, (Drawn("bar", "Share of authors and of posts", alt, 0, (2, 4)),))  # fmt: skip


def _voices(recap: Recap) -> Sheet:
    fields = (
        Field("Rank", "count", 8), Field("Name", "text", 28), Field("Handle", "text", 26), Field("Platform", "text", 11),
        Field("HCPs who engaged", "count", 18), Field("Posts", "count", 9), Field("Engagements", "count", 14), Field("Score", "decimal", 11),
        Field("Specialty", "text", 20), Field("Confidence", "text", 12), Field("Evidence", "text", 50), Field("Also as", "text", 26), Field("Best post", "link", 46),
    )  # fmt: skip
    rows = [
        (
            each.rank, each.name, each.handle, platform(each.platform), each.hcp_engager_count, each.post_count, each.engagement_count, each.score,
            each.specialty, each.confidence, "; ".join(each.evidence), "; ".join(each.also), each.url,
        )
        for each in recap.voices
    ]  # fmt: skip
    alt = "Bar chart of the HCPs who engaged with each of the first ten voices, in order of rank."
    chart = Drawn("bar", "HCPs who engaged, first ten voices by rank", alt, 1, (4,), 10)
    return Sheet(
        "Voices",
        "HCP voices by rank, with the parts of the rank and the words that show the role.",
        fields,
        rows,
        (chart,),
    )


def _abstracts(recap: Recap) -> Sheet:
    fields = (
        Field("Number", "text", 14), Field("Title", "text", 70), Field("Posts by HCPs", "count", 14), Field("Other posts", "count", 12),
        Field("Posts", "count", 9), Field("Authors", "count", 10), Field("HCP authors", "count", 12), Field("By number", "count", 12),
        Field("By trial", "count", 10), Field("By wording", "count", 12), Field("Shared", "count", 10),
        Field("Trial", "text", 16), Field("Drugs", "text", 20), Field("Companies", "text", 20), Field("Presenter", "text", 24),
        Field("Session", "text", 30), Field("First post", "moment", 22), Field("First author", "text", 22),
    )  # fmt: skip
    rows = [
        (
            each.number, each.title, each.hcp_post_count, each.post_count - each.hcp_post_count, each.post_count, each.author_count,
            each.hcp_author_count, each.tier_1, each.tier_2, each.tier_3, each.inherited, each.trial, "; ".join(each.drugs),
            "; ".join(each.companies), each.presenter, each.session, each.first_post_at, each.first_author,
        )
        for each in recap.abstracts
    ]  # fmt: skip
    alt = "Bar chart of the posts that name each of the ten most discussed abstracts, posts by HCPs apart."
    chart = Drawn("bar", "Posts naming the first ten abstracts", alt, 0, (2, 3), 10, stacked=True)
    return Sheet(
        "Abstracts", "Abstracts that posts speak of, by the strongest evidence of each post.", fields, rows, (chart,)
    )


def _share_of_voice(recap: Recap) -> Sheet:
    items = [*of_kind(recap, "product"), *of_kind(recap, "company")]
    fields = (
        Field("Name", "text", 26), Field("Kind", "text", 11), Field("Company", "text", 22), Field("Share of voice", "share", 15),
        Field("Posts", "count", 10), Field("of", "count", 10), Field("Share before", "share", 14), Field("Posts before", "count", 13),
        Field("of before", "count", 11), *_AUDIENCE,
    )  # fmt: skip
    rows = [
        (
            each.name, each.kind, each.company, share(each.post_count, each.whole), each.post_count, each.whole,
            share(each.before_count, each.before_whole), each.before_count, each.before_whole, *_audience(each),
        )
        for each in items
    ]  # fmt: skip
    products = len(of_kind(recap, "product"))
    chart = Drawn(
        "bar",
        "Share of voice by product",
        "Bar chart of the share of voice of each product.",
        0,
        (3,),
        min(products, 15),
    )
    about = "Posts naming an item, of all posts naming any tracked item of the same kind; a post that names two counts for both."
    return Sheet("Share of voice", about, fields, rows, (chart,) if products else ())


def _topics(recap: Recap) -> Sheet:
    fields = (Field("Name", "text", 28), Field("Kind", "text", 11), Field("Company", "text", 22), Field("Posts", "count", 10), Field("Posts before", "count", 13), *_AUDIENCE)  # fmt: skip
    items = [*of_kind(recap, "drug"), *of_kind(recap, "trial")]
    rows = [
        (each.name, each.kind, each.company, each.post_count, each.before_count, *_audience(each)) for each in items
    ]
    return Sheet("Drugs and trials", f"“Before” is {_before(recap)}.", fields, rows)


def _hashtags(recap: Recap) -> Sheet:
    fields = (Field("Hashtag", "text", 28), Field("Posts", "count", 10), Field("Posts before", "count", 13), *_AUDIENCE)
    rows = [(each.name, each.post_count, each.before_count, *_audience(each)) for each in of_kind(recap, "hashtag")]
    return Sheet("Hashtags", f"“Before” is {_before(recap)}.", fields, rows)


_AUDIENCE = (Field("Posts by HCPs", "count", 14), Field("Authors", "count", 10), Field("HCP authors", "count", 12))


def _audience(each: Topic) -> tuple[int, int, int]:
    return each.hcp_post_count, each.author_count, each.hcp_author_count


def _links(recap: Recap) -> Sheet:
    fields = (Field("Page", "link", 100), Field("Posts", "count", 10))
    return Sheet(
        "Links", "Pages outside that posts point to.", fields, [(each.url, each.post_count) for each in recap.links]
    )


def _quoted(recap: Recap) -> Sheet:
    rows = [("notable", *post_row(each)) for each in recap.notable]
    rows += [("question", *post_row(each)) for each in recap.questions]
    about = "Posts in full, as they were written. An empty text is to be read where it was posted."
    return Sheet("Quoted posts", about, (Field("Chosen as", "text", 11), *POST_FIELDS), rows)


def _sources(recap: Recap) -> Sheet:
    fields = (
        Field("Source", "text", 16),
        Field("Posts", "count", 11),
        Field("Gaps", "count", 9),
        Field("Minutes in gaps", "decimal", 17),
    )
    rows = [(platform(each.source), each.post_count, each.gap_count, each.gap_minutes) for each in recap.sources]
    return Sheet("Coverage", recap.provenance.coverage_line, fields, rows)


def _gaps(recap: Recap) -> Sheet:
    fields = (Field("Source", "text", 16), Field("From", "moment", 22), Field("To", "moment", 22), Field("Cause", "words", 60), Field("State", "text", 12))  # fmt: skip
    rows = [(platform(each.source), each.from_at, each.to_at, each.cause, each.status) for each in recap.gaps]
    return Sheet("Gaps", "Holes in collection. “filled”: collected afterwards; without an end: it lasts.", fields, rows)


def _definitions(recap: Recap) -> Sheet:
    rows = [(each.term, each.meaning) for each in recap.definitions]
    rows += [("What this cannot tell", each) for each in recap.limits]
    return Sheet(
        "Definitions", "Words used, and limits.", (Field("Word", "text", 26), Field("Meaning", "words", 110)), rows
    )


POST_FIELDS = (
    Field("Post id", "text", 24), Field("Platform", "text", 11), Field("Posted", "moment", 22), Field("Author", "text", 24),
    Field("Handle", "text", 24), Field("Role", "text", 13), Field("Kind", "text", 11), Field("Text", "text", 90),
    Field("Engagements", "count", 14), Field("Abstracts", "text", 18), Field("Link", "link", 50),
)  # fmt: skip
ID_FIELDS = (
    Field("Post id", "text", 34), Field("Platform", "text", 11), Field("Posted", "moment", 22), Field("Role", "text", 16),
    Field("Kind", "text", 11), Field("Link", "link", 70),
)  # fmt: skip


def post_row(each: PostRow) -> tuple[Any, ...]:
    """A post as a row of ``POST_FIELDS``."""
    return (
        each.post_id, platform(each.platform), each.created_at, each.author_name, each.handle, each.role, each.kind, each.text,
        each.engagement_count, "; ".join(each.abstracts), each.url,
    )  # fmt: skip


def posts_sheet(recap: Recap, posts: Iterable[PostRow]) -> Sheet:
    """The sheet of posts: those given, read once as they are written; else every listable post of the recap as id and link."""
    given = iter(posts)
    first = next(given, None)
    about = "Post ids and links. Deleted posts are gone from later exports: export again before this is shared."
    if first is None:
        return Sheet("Post ids", about, ID_FIELDS, _ids(recap))
    return Sheet("Posts", about, POST_FIELDS, (post_row(each) for group in ((first,), given) for each in group))


def _ids(recap: Recap) -> Iterable[tuple[Any, ...]]:
    for batch in recap.post_links.to_batches(max_chunksize=10_000):
        for row in batch.to_pylist():
            yield row["post_id"], platform(row["platform"]), row["created_at"], row["role"], row["kind"], row["url"]


def _before(recap: Recap) -> str:
    return recap.comparison.congress_name if recap.comparison else "the congress compared with; here there is none"


METHOD = 3  # of the sheets, the last: coverage, gaps, definitions; the posts stand before them
_SHEETS: tuple[Callable[[Recap], Sheet], ...] = (
    _kpis, _findings, _hourly, _peaks, _days, _groups, _voices, _abstracts, _share_of_voice, _topics, _hashtags, _links,
    _quoted, _sources, _gaps, _definitions,
)  # fmt: skip
