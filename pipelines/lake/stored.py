"""What stands in a file as pages of records: those that fold to the same state, for a lake that has never seen the file.

It is read while collecting goes on: what changes meanwhile waits in the outbox and is folded behind it.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa

from pipelines.store.reader import Reader

POSTS = 5_000  # a page of posts with all that was read from them
ROWS = 50_000  # a page of anything else


def pages(reader: Reader) -> Iterator[dict[str, pa.Table]]:
    """Pages of rows by kind; a post stands in one page with its matches and mentions."""
    yield {kind: table for kind, sql in _ONCE.items() if (table := reader.ask(sql)).num_rows}
    for kind, (table, sql) in _PAGED.items():
        for rows in _ranges(reader, table, sql, ROWS):
            yield {kind: rows}
    for posts in _ranges(reader, "posts", _POSTS, POSTS):
        keys = posts.select(["platform", "post_id"])
        read = {kind: reader.ask(sql, tables={"page": keys}) for kind, sql in _READ.items()}
        yield {"post": posts, **{kind: table for kind, table in read.items() if table.num_rows}}


def _ranges(reader: Reader, table: str, sql: str, size: int) -> Iterator[pa.Table]:
    """Non-empty pages of a table in the order of its rows; one that is rewritten meanwhile comes again at the end."""
    start = 0
    while start <= (reader.ask(f"SELECT coalesce(max(rowid), -1) AS last FROM {table}")["last"][0].as_py()):
        rows = reader.ask(sql, first=start, behind=start + size)
        if rows.num_rows:
            yield rows
        start += size


# what follows from a record is left out: the kind of a post, and all that goes by number
_POSTS = """
    SELECT * EXCLUDE (kind, post_number, author_number, repost_of_number, quoted_number, reply_to_number,
        mentioned_numbers)
    FROM posts WHERE rowid >= $first AND rowid < $behind
"""
_READ = {
    "match": """
        SELECT platform, post_id, congress_id, rule, term, terms FROM matches SEMI JOIN page USING (platform, post_id)
    """,
    "abstract_mention": """
        SELECT platform, post_id, congress_id, number, tier, rule, evidence, [span_start, span_end] AS span, score, inherited_from
        FROM abstract_mentions SEMI JOIN page USING (platform, post_id)
    """,
    "product_mention": """
        SELECT platform, post_id, congress_id, kind, name, rule, evidence, [span_start, span_end] AS span, inherited_from
        FROM product_mentions SEMI JOIN page USING (platform, post_id)
    """,
}
_PAGED = {
    "engagement": ("engagement", "SELECT * FROM engagement WHERE rowid >= $first AND rowid < $behind"),
    "like": ("likes", "SELECT * EXCLUDE (post_number) FROM likes WHERE rowid >= $first AND rowid < $behind"),
    "ledger_entry": ("ledger", "SELECT * FROM ledger WHERE rowid >= $first AND rowid < $behind"),
    "role": ("roles", "SELECT * EXCLUDE (author_number) FROM roles WHERE rowid >= $first AND rowid < $behind"),
    # an author is known in up to three parts, each from its own moment
    "author": (
        "authors",
        """
        WITH page AS (FROM authors WHERE rowid >= $first AND rowid < $behind)
        SELECT platform, author_id, seen_at FROM page
        UNION ALL BY NAME SELECT platform, author_id, handle_at AS seen_at, handle FROM page WHERE handle_at IS NOT NULL
        UNION ALL BY NAME
        SELECT platform, author_id, profile_at AS seen_at, display_name, bio, location FROM page WHERE profile_at IS NOT NULL
        UNION ALL BY NAME
        SELECT platform, author_id, followers_at AS seen_at, followers_count, verified FROM page WHERE followers_at IS NOT NULL
        """,
    ),
}
_ONCE = {
    "deletion": "FROM deletions",
    "account_state": "FROM account_states",
    "removed": "FROM removed_posts",
    "refused": "FROM refused_posts",
    "gap": "FROM gaps",
    "health": "FROM health WHERE source <> 'lake'",
    "cursor": "FROM cursors WHERE NOT starts_with(source, 'lake:')",
}
