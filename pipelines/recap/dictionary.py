"""The data dictionary: every table of the data pack with its columns, their types and meaning. The files derive from it."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

TEXT, WHOLE, REAL, FLAG, LIST = pa.string(), pa.int64(), pa.float64(), pa.bool_(), pa.list_(pa.string())
MOMENT = pa.timestamp("us")


@dataclass(frozen=True, slots=True)
class Column:
    """A column; moments are UTC, ids are text."""

    name: str
    type: pa.DataType
    meaning: str


_PLATFORM = Column("platform", TEXT, "x, bluesky, linkedin or other")
_POST_ID = Column("post_id", TEXT, "id of the post on its platform; text, so that no digit is lost")
_AT = Column("created_at", MOMENT, "when it was posted, UTC")

TABLES: dict[str, tuple[Column, ...]] = {
    "posts": (
        _PLATFORM,
        _POST_ID,
        _AT,
        Column("kind", TEXT, "original, repost, quote or reply"),
        Column("role", TEXT, "what the author is: hcp, researcher, society, pharma, media, institution, other, unknown"),
        Column("author_name", TEXT, "only of HCPs, organisations and media; empty for everybody else"),
        Column("author_handle", TEXT, "as author_name"),
        Column("shown", TEXT, "full: the words stand here; link: id and address only"),
        Column("text", TEXT, "the whole post, of named authors only; of X at most 500 posts in all; never cut"),
        Column("url", TEXT, "where the post is; without the handle where the author is not named"),
        Column("engagement_count", WHOLE, "likes, reposts, replies and quotes as known at the as-of moment"),
        Column("abstracts", LIST, "numbers of the abstracts it speaks of, by any evidence"),
        Column("lang", TEXT, "language as the platform says, where it does"),
        Column("matched_by", TEXT, "strongest rule that made it belong: hashtag, account, keyword, import or thread"),
        Column("matched_term", TEXT, "the term of that rule"),
        Column("repost_of_id", TEXT, "id of the post it reposts"),
        Column("quoted_id", TEXT, "id of the post it quotes"),
        Column("reply_to_id", TEXT, "id of the post it answers"),
    ),
    "hours": (
        Column("starts_at", MOMENT, "start of the hour, UTC"),
        Column("local_hour", TEXT, "the same in the congress's zone"),
        Column("post_count", WHOLE, "posts of the hour"),
        Column("hcp_post_count", WHOLE, "those by HCPs"),
        Column("collected", FLAG, "false where a source had a gap that was not filled"),
    ),
    "stakeholders": (
        Column("role", TEXT, "what the authors are"),
        Column("label", TEXT, "the same in words"),
        Column("author_count", WHOLE, "accounts"),
        Column("post_count", WHOLE, "posts by them"),
    ),
    "authors": (
        _PLATFORM,
        Column("author_id", TEXT, "id of the account; text"),
        Column("handle", TEXT, "handle without @"),
        Column("name", TEXT, "display name"),
        Column("role", TEXT, "hcp, society, pharma, media or institution; nobody else is listed"),
        Column("confidence", TEXT, "strict: the profile says so plainly; probable: it lets one conclude so"),
        Column("evidence", LIST, "the words of the profile that led to the role"),
        Column("specialty", TEXT, "of HCPs, where stated"),
        Column("decided_by", TEXT, "rules, voices.csv, or reviewer"),
        Column("post_count", WHOLE, "posts in the window"),
    ),
    "abstracts": (
        Column("number", TEXT, "number in the catalogue"),
        Column("title", TEXT, "title"),
        Column("trial", TEXT, "trial, where the catalogue names one"),
        Column("presenter", TEXT, "presenter, where the catalogue names one"),
        Column("session", TEXT, "session of the programme"),
        Column("drugs", LIST, "drugs named by the catalogue"),
        Column("companies", LIST, "companies named by the catalogue"),
        Column("post_count", WHOLE, "posts that speak of it, by any evidence, each once"),
        Column("author_count", WHOLE, "accounts of those posts"),
        Column("hcp_post_count", WHOLE, "posts of HCPs among them"),
        Column("hcp_author_count", WHOLE, "HCP accounts among them"),
        Column("tier_1", WHOLE, "posts that name number, DOI or registry id"),
        Column("tier_2", WHOLE, "posts that name the trial"),
        Column("tier_3", WHOLE, "posts that use wording of the title, a product or a presenter"),
        Column("inherited", WHOLE, "posts that took it over from what they repost, quote or answer"),
    ),
    "mentions": (
        _PLATFORM,
        _POST_ID,
        _AT,
        Column("number", TEXT, "abstract that the post speaks of"),
        Column("tier", WHOLE, "strongest evidence: 1 number, DOI or registry id; 2 trial; 3 wording"),
        Column("rule", TEXT, "the rule that read it"),
        Column("evidence", TEXT, "the words themselves, of named authors only"),
        Column("inherited_from", TEXT, "id of the post whose mention was taken over"),
        Column("reviewed", FLAG, "a reviewer accepted it"),
    ),
    "share_of_voice": (
        Column("kind", TEXT, "product, company, drug, trial or hashtag"),
        Column("name", TEXT, "the item"),
        Column("company", TEXT, "of a product"),
        Column("post_count", WHOLE, "posts that name it, each once"),
        Column("author_count", WHOLE, "accounts of those posts"),
        Column("hcp_post_count", WHOLE, "posts of HCPs among them"),
        Column("hcp_author_count", WHOLE, "HCP accounts among them"),
        Column("whole", WHOLE, "posts that name any item of the kind: what its share is a share of"),
        Column("before_count", WHOLE, "posts in the congress compared with"),
    ),
    "gaps": (
        Column("source", TEXT, "source that did not collect"),
        Column("from_at", MOMENT, "from when, UTC"),
        Column("to_at", MOMENT, "to when, UTC; empty while it lasts"),
        Column("cause", TEXT, "why"),
        Column("status", TEXT, "filled: collected afterwards; anything else misses something"),
    ),
}  # fmt: skip


def schema_of(table: str, about: dict[str, str] | None = None) -> pa.Schema:
    """The Arrow schema of a table; ``about`` goes into its metadata."""
    return pa.schema([(each.name, each.type) for each in TABLES[table]], metadata=about)


def entries() -> list[dict[str, str]]:
    """The dictionary as rows: table, column, type, meaning."""
    return [
        {"table": table, "column": each.name, "type": str(each.type), "meaning": each.meaning}
        for table, columns in TABLES.items()
        for each in columns
    ]
