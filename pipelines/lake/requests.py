"""Requests and answers between hosts: two plain tables of PostgreSQL beside DuckLake's.

They are no tables of the log: words that a reviewer quotes must leave at once when the request was carried out, and what
DuckLake deletes stays in files and snapshots until a purge. A row here is deleted in the transaction that brings its answer, and upkeep
writes the tables anew, so that the dead rows go too. Answers stay: they are what keeps a request from being done twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import pyarrow as pa

from pipelines.lake.connect import Connection
from pipelines.store.columns import schema_of, table_of
from pipelines.store.requests import Answer, Request

REQUESTS, ANSWERS = "pulse_requests", "pulse_answers"
SAID_FOR = timedelta(days=1)  # a refusal's sentence may repeat what somebody typed: only that it was refused stays
_SQL = {pa.string(): "VARCHAR NOT NULL", pa.timestamp("us"): "TIMESTAMP NOT NULL"}
_UNSAMPLED = {REQUESTS: ("params", "words"), ANSWERS: ("said",)}


def prepare(line: Connection) -> None:
    """Make the two tables where they are missing; PostgreSQL samples no value of columns that hold words."""
    there = line.ask("FROM postgres_query('meta', 'SELECT tablename FROM pg_tables WHERE schemaname = ''public''')")
    for name, record, more in ((REQUESTS, Request, "for_file VARCHAR NOT NULL"), (ANSWERS, Answer, "")):
        if name in there["tablename"].to_pylist():
            continue
        columns = [f"{each.name} {_SQL[each.type]}" for each in schema_of(record)]
        said = ", ".join([*columns, *filter(None, [more]), "PRIMARY KEY (id)"])
        line.in_postgres(f"CREATE TABLE IF NOT EXISTS {name} ({said})")
        for column in _UNSAMPLED[name]:
            line.in_postgres(f"ALTER TABLE {name} ALTER COLUMN {column} SET STATISTICS 0")
        line.run("CALL pg_clear_cache()")


def ask_for(line: Connection, asked: Sequence[Request]) -> list[str]:
    """Write requests down for the hosts that collect their congresses; the ids of those for which there is no host.

    One that is there, or was answered, is not written again.
    """
    hosts = _collecting(line)
    places = {each.id: hosts.get(each.congress_id) for each in asked}
    placed = [each for each in asked if places[each.id]]
    rows = table_of(Request, placed, ("for_file", str), values=[(places[each.id],) for each in placed])
    with line.transaction():
        line.write(
            f"""
            INSERT INTO meta.{REQUESTS} BY NAME SELECT * FROM incoming
            WHERE id NOT IN (SELECT id FROM meta.{REQUESTS}) AND id NOT IN (SELECT id FROM meta.{ANSWERS})
            """,
            {"incoming": rows},
        )
    return [each.id for each in asked if not places[each.id]]


def _collecting(line: Connection) -> dict[str, str]:
    """Which host (the first name of its file) collects a congress: of several the one that wrote last; "" is any congress."""
    rows = line.ask("""
        WITH last AS (
            SELECT w.file, max(b.published_at) AS last_at FROM lake.writers w
            JOIN lake.batches b ON split_part(b.writer, '/', 1) = w.writer GROUP BY ALL
        ), told AS (
            SELECT DISTINCT c.congress_id, w.file FROM lake.congresses c
            JOIN lake.writers w ON w.writer = split_part(c.writer, '/', 1)
            UNION SELECT '', file FROM last
        )
        SELECT congress_id, arg_max(file, (last_at, file)) AS file FROM told JOIN last USING (file) GROUP BY ALL
    """).to_pylist()
    return {row["congress_id"]: row["file"] for row in rows}


def asked(line: Connection, file: str) -> list[Request]:
    """What a host, known by the first name of its file, is asked to carry out, the oldest first."""
    rows = line.ask(
        f"SELECT * EXCLUDE (for_file) FROM meta.{REQUESTS} WHERE for_file = $file ORDER BY asked_at, id", file=file
    )
    return [Request(**row) for row in rows.to_pylist()]


def answer(line: Connection, told: Answer) -> None:
    """Write an answer down in the place of its request."""
    rows = table_of(Answer, [told])
    with line.transaction():
        line.write(f"DELETE FROM meta.{REQUESTS} WHERE id IN (SELECT id FROM incoming)", {"incoming": rows})
        line.write(
            f"INSERT INTO meta.{ANSWERS} BY NAME SELECT * FROM incoming WHERE id NOT IN (SELECT id FROM meta.{ANSWERS})",
            {"incoming": rows},
        )


def answers(line: Connection, ids: Sequence[str]) -> list[Answer]:
    """The answers to these requests that are there."""
    rows = line.ask(f"SELECT a.* FROM meta.{ANSWERS} a SEMI JOIN wanted USING (id)", {"wanted": pa.table({"id": ids})})
    return [Answer(**row) for row in rows.to_pylist()]


def waiting(line: Connection) -> list[dict[str, object]]:
    """How many requests wait for which host, and since when: host, requests_waiting, since."""
    return line.ask(f"""
        SELECT name AS host, count(*) AS requests_waiting, min(asked_at) AS since FROM meta.{REQUESTS} r
        JOIN lake.writers w ON w.writer = r.for_file GROUP BY ALL ORDER BY ALL
    """).to_pylist()


def forget_words(line: Connection, now: datetime, doomed: pa.Table | None = None) -> None:
    """Take words out of PostgreSQL's files: of requests that were answered, old refusals, and posts that are gone.

    Args:
        doomed: posts (platform, post_id) of which no word may stay; with it, authors that are gone are looked for too.
    """
    if doomed is not None:
        gone = line.ask("SELECT platform, target_id, deleted_at FROM lake.deletion WHERE target = 'author'")
        line.write(
            f"""
            UPDATE meta.{REQUESTS} SET words = '{{}}' WHERE words <> '{{}}' AND ((platform, post_id) IN (FROM doomed)
                OR id IN (SELECT id FROM meta.{REQUESTS} r JOIN gone g
                    ON g.platform = r.platform AND g.target_id = r.author_id AND r.asked_at <= g.deleted_at))
            """,
            {"doomed": doomed, "gone": gone},
        )
    line.run(f"UPDATE meta.{ANSWERS} SET said = '' WHERE said <> '' AND answered_at < $1", now - SAID_FOR)
    for table in (REQUESTS, ANSWERS):
        line.in_postgres(f"VACUUM FULL {table}")
