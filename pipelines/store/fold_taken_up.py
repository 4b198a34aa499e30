"""Who took up whom: kept as rows, so that a ranking of voices need not join with every post there is.

They follow from the matches, from the posts these take up, and from the names in them: ``taken_up_now`` says what there has to
be. A post that is taken up may come after what takes it up, and may be purged again: then its author is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import duckdb
import pyarrow as pa

from pipelines.store.columns import table_of_tuples

if TYPE_CHECKING:  # both purge what this module purges too
    from pipelines.store.fold_matches import Made, Matched
    from pipelines.store.fold_posts import Taken

Db = duckdb.DuckDBPyConnection


_ROW = pa.schema([
    ("congress_id", pa.string()), ("post_number", pa.int64()), ("author_number", pa.int64()), ("created_at", pa.timestamp("us")),
    ("visible", pa.bool_()), ("target_number", pa.int64()), ("taken_number", pa.int64()),
])  # fmt: skip


def settle_taken_up(db: Db, taken: Taken, matched: Matched) -> None:
    """Bring the rows of ``batch_posts``, and of what takes these up, to what ``taken_up_now`` says. Those of a post that was
    there and stays as it was, as its matches do, are right."""
    new = set(taken.new)
    if taken.newer or matched.is_changed or any(each.post not in new for each in matched.made):
        _replace(db, is_same=not taken.accepted)
        db.execute("DROP TABLE temp.own_posts")
    elif new:
        _insert(db, taken, matched.made)


def _insert(db: Db, taken: Taken, made: Sequence[Made]) -> None:
    """Of new posts: there is nothing to compare them with."""
    rows = []
    for match in made:
        numbers = taken.numbers[match.post]
        start = (match.congress_id, numbers.post, numbers.author, match.standing.created_at, match.visible)
        targets = (numbers.repost_of, numbers.quoted, numbers.reply_to)
        rows += [(*start, target, None) for target in targets if target is not None]
        rows += [(*start, None, taken_number) for taken_number in numbers.mentioned or ()]
    if rows:
        db.register("rows_made", table_of_tuples(_ROW, rows))
        db.execute("""
            INSERT INTO taken_up BY NAME
            SELECT r.* REPLACE (coalesce(r.taken_number, p.author_number) AS taken_number)
            FROM rows_made r LEFT JOIN posts p ON p.post_number = r.target_number
        """)
        db.unregister("rows_made")
    db.execute("""
        UPDATE taken_up SET taken_number = own.author_number FROM batch_posts own
        WHERE taken_up.target_number = own.post_number AND taken_up.taken_number IS NULL
    """)


def _replace(db: Db, is_same: bool) -> None:
    """Of posts of which some were there, all in this very version if so; rows that are right stay as they are."""
    db.execute("""
        CREATE OR REPLACE TEMP TABLE own_posts AS
        SELECT post_number, author_number, created_at, mentioned_numbers FROM posts SEMI JOIN batch_posts USING (post_number)
    """)
    earliest = _earliest(db)
    db.execute(f"CREATE OR REPLACE TEMP TABLE wanted AS {_WANTED}", earliest)
    # a post may name an author twice, so its rows are compared as a whole
    stale = db.execute(
        """
        CREATE OR REPLACE TEMP TABLE stale AS
        WITH wanted_of AS (SELECT post_number, list(w ORDER BY w::VARCHAR)::VARCHAR AS rows FROM wanted w GROUP BY ALL),
        there AS (FROM taken_up SEMI JOIN own_posts USING (post_number) WHERE created_at >= $earliest),
        there_of AS (SELECT post_number, list(t ORDER BY t::VARCHAR)::VARCHAR AS rows FROM there t GROUP BY ALL)
        SELECT post_number FROM wanted_of w FULL JOIN there_of t USING (post_number) WHERE w.rows IS DISTINCT FROM t.rows
        """,
        earliest if is_same else {"earliest": datetime(1, 1, 1)},  # an edit may have moved its post
    ).fetchall()[0]
    if stale != (0,):
        db.execute("DELETE FROM taken_up USING stale WHERE stale.post_number = taken_up.post_number")
        db.execute("INSERT INTO taken_up BY NAME FROM wanted SEMI JOIN stale USING (post_number)")
    if not is_same:
        db.execute("""
            UPDATE taken_up SET taken_number = own.author_number FROM own_posts own
            WHERE taken_up.target_number = own.post_number AND taken_up.taken_number IS DISTINCT FROM own.author_number
        """)
    db.execute("DROP TABLE temp.wanted")
    db.execute("DROP TABLE temp.stale")


def _earliest(db: Db) -> dict[str, datetime]:
    """Since when matches of these posts may be: a match may carry another moment than its post, an edit's."""
    (earliest,) = db.execute("SELECT min(created_at) - INTERVAL 1 DAY FROM own_posts").fetchall()[0]
    return {"earliest": earliest}


_WANTED = """
    WITH spoken AS MATERIALIZED (
        SELECT m.congress_id, post_number, m.author_number, m.created_at, m.visible, own.mentioned_numbers,
            [m.repost_of_number, m.quoted_number, m.reply_to_number] AS target_numbers
        FROM matches m JOIN own_posts own USING (post_number) WHERE m.created_at >= $earliest
    ),
    answering AS (
        SELECT * EXCLUDE (target_numbers, mentioned_numbers), unnest(target_numbers) AS target_number FROM spoken
    )
    SELECT a.*, p.author_number AS taken_number
    FROM answering a LEFT JOIN posts p ON p.post_number = a.target_number WHERE a.target_number IS NOT NULL
    UNION ALL
    SELECT * EXCLUDE (target_numbers, mentioned_numbers), NULL::BIGINT, unnest(mentioned_numbers) FROM spoken
"""


def purge_taken_up(db: Db) -> None:
    """Remove what the posts of ``doomed`` (platform, post_id) took up, and whose they were from what took them up."""
    db.execute("DELETE FROM taken_up USING doomed d WHERE taken_up.post_number = number_of(d.platform, d.post_id)")
    db.execute("""
        UPDATE taken_up SET taken_number = NULL FROM doomed d
        WHERE taken_up.target_number = number_of(d.platform, d.post_id) AND taken_up.taken_number IS NOT NULL
    """)


def show_or_hide_taken_up(db: Db) -> None:
    """Let the state of the accounts in ``batch_states`` decide whether what they took up is seen."""
    db.execute("""
        UPDATE taken_up SET visible = s.active FROM (
            SELECT number_of(platform, author_id) AS author_number, active
            FROM account_states SEMI JOIN batch_states USING (platform, author_id)
        ) s WHERE s.author_number = taken_up.author_number AND taken_up.visible <> s.active
    """)
