"""What people asked for on this host and another carries out: kept in this file from the asking to the answer.

Empty on every host but a mirror (``pipelines/lake``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import duckdb
import pyarrow as pa

from pipelines.store.columns import table_of
from pipelines.store.reader import Reader

Db = duckdb.DuckDBPyConnection
State = Literal["waiting", "sent", "done", "refused"]  # waiting: the lake has yet to hear of it
ANSWERED = ("done", "refused")


@dataclass(frozen=True, slots=True)
class Request:
    """A command that somebody gave on a mirror, and what it is about.

    ``params`` and ``words`` are JSON; ``words`` are the parameters that may quote a post. ``asked_at`` is the machine's
    time, naive UTC.
    """

    id: str
    asked_from: str
    congress_id: str
    platform: str
    post_id: str
    author_id: str
    command: str
    person: str
    role: str
    params: str
    words: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request: done or refused, with the one sentence that tells why."""

    id: str
    state: State
    said: str
    answered_by: str
    answered_at: datetime


def keep_request(db: Db, asked: Request) -> None:
    """Keep a request that has yet to be sent."""
    db.register("incoming", table_of(Request, [asked]))
    db.execute("INSERT INTO requests BY NAME SELECT *, 'waiting' AS state, '' AS said, '' AS answered_by FROM incoming")
    db.unregister("incoming")


def note_sent(db: Db, ids: Sequence[str]) -> None:
    """The lake has these requests."""
    db.execute("UPDATE requests SET state = 'sent' WHERE list_contains($1, id) AND state = 'waiting'", [list(ids)])


def keep_answers(db: Db, answers: Sequence[Answer]) -> None:
    """Keep what became of requests, and let go of what may quote a post."""
    for each in answers:
        db.execute(
            """
            UPDATE requests SET state = $2, said = $3, answered_by = $4, answered_at = $5, params = '{}', words = '{}'
            WHERE id = $1
            """,
            [each.id, each.state, each.said, each.answered_by, each.answered_at],
        )


def scrub_requests(db: Db) -> None:
    """Take words about posts and authors that are gone out of requests that wait."""
    db.execute("""
        UPDATE requests SET words = '{}' WHERE words <> '{}' AND (
            EXISTS (FROM refused_posts g WHERE g.platform = requests.platform AND g.post_id = requests.post_id)
            OR EXISTS (FROM deletions d WHERE d.platform = requests.platform
                AND ((d.target = 'post' AND d.target_id = requests.post_id)
                    OR (d.target = 'author' AND d.target_id = requests.author_id AND requests.asked_at <= d.deleted_at))))
    """)


def open_requests(reader: Reader) -> list[tuple[Request, State]]:
    """Requests without an answer, the oldest first."""
    rows = reader.ask(
        """
        SELECT * EXCLUDE (said, answered_by, answered_at) FROM requests
        WHERE state IN ('waiting', 'sent') ORDER BY asked_at, id
        """
    ).to_pylist()
    return [(Request(**{key: each for key, each in row.items() if key != "state"}), row["state"]) for row in rows]


def requests(reader: Reader, limit: int = 200) -> pa.Table:
    """What was asked for on this host and carried out elsewhere, newest first, without what may quote a post.

    Columns: id, asked_at, person, command, congress_id, state (waiting, sent, done, refused), said, answered_by,
    answered_at; moments naive UTC.
    """
    return reader.ask(
        """
        SELECT id, asked_at, person, command, congress_id, state, said, answered_by, answered_at FROM requests
        ORDER BY asked_at DESC, id LIMIT $limit
        """,
        limit=limit,
    )
