"""Keeping the lake: small appends into files, small files into larger ones, and words that were deleted out of all of them.

Deleted words leave a lake in six places: the rows (and with them the Parquet files, which are written anew), the rows that
PostgreSQL holds until they are written to files, the least and greatest value of each column that DuckLake keeps for its
planning, the values that PostgreSQL samples for its own, the dead rows in PostgreSQL's files, and files that no table knows, because
whoever wrote them was killed before the commit.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.errors import LakeAway
from pipelines.lake import requests
from pipelines.lake.log import Lake
from pipelines.lake.tables import KINDS, STATES, key_of, schemas

log = logging.getLogger(__name__)

TIDY_EVERY = 300.0  # seconds
PURGE_AFTER = timedelta(hours=6)  # well within the twelve hours in which deleted words leave a collector's file
KEEP_SNAPSHOTS = timedelta(hours=1)  # a mirror that reads may be this slow
LONE = timedelta(hours=24)  # a profile may stand this long without a post, as in a collector's file
LOST = timedelta(hours=1)  # a file that no table knows after so long is in nobody's transaction any more
EVERYTHING = datetime(9999, 1, 1)
_WORDY = ("bytea", "character varying", "text")  # types of PostgreSQL that hold words
URGENT = "request"  # the reason of a deletion that somebody asked for: the words go at once


def must_not_wait(tables: Mapping[str, pa.Table]) -> bool:
    """Whether a deletion is among what is sent that somebody asked for."""
    return "deletion" in tables and URGENT in tables["deletion"]["reason"].to_pylist()


class Upkeep:
    """Does for the lake what is due, from whichever host comes first."""

    def __init__(self) -> None:
        self._tidied = time.monotonic()
        self.urgent = False

    def round(self, lake: Lake, writer: str, now: datetime) -> None:
        """Tidy every five minutes; purge at once where somebody asked for it, else within six hours."""
        due = time.monotonic() - self._tidied >= TIDY_EVERY
        if not due and not self.urgent:
            return
        try:
            if self.urgent or purge_is_due(lake, now):
                purge(lake, writer, now)
            else:
                tidy(lake, now)
            self.urgent = False
        except LakeAway as error:  # another host may have been at it: the next round tries again
            log.warning("keeping the lake: %s", error)
        self._tidied = time.monotonic()


def tidy(lake: Lake, now: datetime) -> None:
    """Write what PostgreSQL holds into files, join small files, let go of what no snapshot of the last hour shows."""
    for call in ("ducklake_flush_inlined_data('lake')", "ducklake_merge_adjacent_files('lake')"):
        lake.line.run(f"CALL {call}")
    _let_go(lake, now - KEEP_SNAPSHOTS)
    requests.forget_words(lake.line, now)


def _let_go(lake: Lake, before: datetime) -> None:
    lake.line.run(f"CALL ducklake_expire_snapshots('lake', older_than => {_moment(before)})")
    lake.line.run(f"CALL ducklake_cleanup_old_files('lake', older_than => {_moment(before)})")


def _moment(at: datetime) -> str:
    return f"TIMESTAMPTZ '{at.isoformat(sep=' ')}+00'"


def purge_is_due(lake: Lake, now: datetime) -> bool:
    """Whether anything was written since the last purge, and that is six hours ago."""
    row = lake.line.ask("""
        SELECT max(published_at) FILTER (ends_with(writer, '/purge')) AS purged_at,
            max(published_at) FILTER (NOT ends_with(writer, '/purge')) AS written_at FROM lake.batches
    """).to_pylist()[0]
    if row["written_at"] is None or (row["purged_at"] and row["written_at"] <= row["purged_at"]):
        return False
    return row["purged_at"] is None or now - row["purged_at"] >= PURGE_AFTER


def purge(lake: Lake, writer: str, now: datetime) -> int:
    """Take every row that speaks of deleted posts and authors out of the lake, files and catalogue; how many posts went.

    What stays of a matched post (that it was there and is gone) is written down in the same snapshot, so that a host that
    comes later counts as the others do.
    """
    with lake.line.transaction():
        doomed = _doomed(lake)
        gone = _consequences(lake, doomed)
        lake.append_in(f"{writer}/purge", gone, now)
        _delete(lake, doomed, now)
    requests.forget_words(lake.line, now, doomed)
    lake.line.run("CALL ducklake_flush_inlined_data('lake')")
    lake.line.run("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
    lake.line.run("CALL ducklake_merge_adjacent_files('lake')")
    _let_go(lake, EVERYTHING)
    lake.line.run(f"CALL ducklake_delete_orphaned_files('lake', older_than => {_moment(now - LOST)})")
    _forget_bounds(lake)
    return doomed.num_rows


def _doomed(lake: Lake) -> pa.Table:
    """Posts of which no word may stay: platform, post_id."""
    return lake.line.ask("""
        WITH of_authors AS (
            SELECT p.platform, p.post_id FROM lake.post p JOIN lake.deletion d
                ON d.platform = p.platform AND d.target = 'author' AND d.target_id = p.author_id AND p.created_at <= d.deleted_at
        ), gone AS (
            SELECT platform, target_id AS post_id FROM lake.deletion WHERE target = 'post'
            UNION FROM of_authors UNION SELECT platform, post_id FROM lake.refused
        )
        FROM gone
        UNION SELECT p.platform, p.post_id FROM lake.post p JOIN gone g ON g.platform = p.platform AND g.post_id = p.repost_of_id
    """)


def _consequences(lake: Lake, doomed: pa.Table) -> dict[str, pa.Table]:
    removed = lake.line.ask(
        """
        SELECT m.congress_id, m.platform, m.post_id, min(p.created_at) AS created_at
        FROM lake."match" m JOIN lake.post p USING (platform, post_id) SEMI JOIN doomed USING (platform, post_id) GROUP BY ALL
        """,
        tables={"doomed": doomed},
    )
    refused = lake.line.ask(
        "SELECT DISTINCT platform, post_id FROM lake.post SEMI JOIN doomed USING (platform, post_id)",
        tables={"doomed": doomed},
    )
    return {name: table for name, table in (("removed", removed), ("refused", refused)) if table.num_rows}


def _delete(lake: Lake, doomed: pa.Table, now: datetime) -> None:
    of_posts = [kind for kind in KINDS if {"platform", "post_id"} <= set(schemas()[kind].names) and kind not in ("removed", "refused")]  # fmt: skip
    for table in (*of_posts, "reviews", "cases"):
        extra = "OR (platform, read_from) IN (FROM doomed)" if table == "cases" else ""
        words = "AND elements <> ''" if table == "cases" else ""
        lake.line.write(
            f'DELETE FROM lake."{table}" WHERE ((platform, post_id) IN (FROM doomed) {extra}) {words}',
            {"doomed": doomed},
        )
    emptied = "SELECT case_id FROM lake.cases WHERE elements = ''"
    lake.line.run(
        f"DELETE FROM lake.case_decisions WHERE case_id IN ({emptied}) AND (text <> '' OR comment <> '' OR elements <> '')"
    )
    lake.line.write(
        "DELETE FROM lake.alerts WHERE list_has_any(post_ids, (SELECT coalesce(list(post_id), []) FROM doomed))",
        {"doomed": doomed},
    )
    for table, moment in (("author", "seen_at"), ("role", "decided_at"), ("reveals", "revealed_at")):
        lake.line.run(f"""
            DELETE FROM lake."{table}" t WHERE EXISTS (FROM lake.deletion d WHERE d.platform = t.platform
                AND d.target = 'author' AND d.target_id = t.author_id AND t.{moment} <= d.deleted_at)
        """)
    _delete_lone(lake, now - LONE)
    for table in STATES:
        keys = ", ".join(f'"{key}"' for key in key_of(table))
        lake.line.run(f"""
            DELETE FROM lake."{table}" WHERE rowid IN (
                SELECT rowid FROM lake."{table}"
                QUALIFY row_number() OVER (PARTITION BY writer, {keys} ORDER BY seq DESC, gone) > 1)
        """)


def _delete_lone(lake: Lake, before: datetime) -> None:
    """Profiles noted before a moment of whom the lake has no post, and what the rules made of them."""
    for table, own in (("author", ""), ("role", "AND decided_by IN ('rules', 'voices.csv')")):
        lake.line.run(
            f"""
            DELETE FROM lake."{table}" t WHERE folded_at < $1 {own} AND NOT EXISTS (
                FROM lake.post p WHERE p.platform = t.platform AND p.author_id = t.author_id)
            """,
            before,
        )


def _forget_bounds(lake: Lake) -> None:
    """Take least and greatest texts out of DuckLake's catalogue, samples and dead rows out of PostgreSQL."""
    lake.line.run("""
        UPDATE meta.ducklake_table_column_stats SET min_value = NULL, max_value = NULL
        WHERE (table_id, column_id) IN (SELECT table_id, column_id FROM meta.ducklake_column WHERE column_type = 'varchar')
    """)
    held = lake.line.ask("SELECT table_name FROM meta.ducklake_inlined_data_tables")["table_name"].to_pylist()
    for table in (*held, "ducklake_table_column_stats", "ducklake_file_column_stats"):
        _forget_statistics(lake, table)
        lake.line.in_postgres(f'VACUUM FULL "{table}"')
    lake.line.in_postgres("VACUUM FULL pg_catalog.pg_statistic")


def _forget_statistics(lake: Lake, table: str) -> None:
    """Make PostgreSQL drop the values it sampled for its own planning: giving a column its type again does."""
    asked = f"SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ''public'' AND table_name = ''{table}''"
    columns = lake.line.ask(f"FROM postgres_query('meta', '{asked}')").to_pylist()
    said = [
        f'ALTER COLUMN "{each["column_name"]}" TYPE {each["data_type"]}'
        for each in columns
        if each["data_type"] in _WORDY
    ]
    if said:
        lake.line.in_postgres(f'ALTER TABLE "{table}" {", ".join(said)}')
