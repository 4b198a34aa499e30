"""What reviewers correct: which abstract a post speaks of, and what an author is. Kept with who, when and why.

A correction is data beside the machine's reading, never a change of it: it wins wherever figures are made, and
outlives every re-run (``congress relink``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

import pyarrow as pa

from pipelines.access import Person, Sight
from pipelines.errors import UsageError
from pipelines.model import Batch, Role, RoleName
from pipelines.roles import reviewed_role
from pipelines.store.database import Store
from pipelines.store.reader import Reader

Verdict = Literal["accept", "reject", "re-point"]


@dataclass(frozen=True, slots=True)
class Review:
    """One word on one pair of post and abstract; ``accept`` also adds a pair that no rule found."""

    congress_id: str
    platform: str
    post_id: str
    number: str
    verdict: Literal["accept", "reject"]
    reviewer: str
    reason: str
    decided_at: datetime


def correct_mention(
    store: Store,
    *,
    congress_id: str,
    post_id: str,
    number: str,
    verdict: Verdict,
    person: Person,
    now: datetime,
    reason: str = "",
    to: str | None = None,
) -> None:
    """Accept or reject that a post speaks of an abstract, or re-point it to the abstract ``to``.

    A word on a repost, quote or reply that only took a mention over is a word on the post it took it from.

    Raises:
        UsageError: for a post or abstract that is not there, or re-pointing without a new number.
    """
    if verdict not in get_args(Verdict):
        raise UsageError(f'verdict "{verdict}": choose one of {", ".join(get_args(Verdict))}')
    if (verdict == "re-point") != (to is not None):
        raise UsageError("re-point, and only re-point, takes the number the post really speaks of")
    if to == number:
        raise UsageError(f"{number} is what the post is linked to now; re-point takes another number")
    _require_name(person)
    platform = _platform_of(store.reader, congress_id, post_id)
    if verdict != "reject":
        _require_abstract(store.reader, congress_id, to or number)

    def said(about: str, word: Literal["accept", "reject"]) -> Iterator[Review]:
        for origin in _origins(store.reader, congress_id, platform, post_id, number):
            yield Review(congress_id, platform, origin, about, word, person.name, reason, now)

    if to is not None:
        store.fold_reviews([*said(number, "reject"), *said(to, "accept")])
    else:
        store.fold_reviews([*said(number, "accept" if verdict == "accept" else "reject")])


def correct_role(
    store: Store, *, platform: str, author_id: str, role: RoleName, person: Person, now: datetime, reason: str = ""
) -> None:
    """Say what an author is; holds from ``now`` on over the curated list and the rules.

    Raises:
        UsageError: for an unknown role or author.
    """
    if role not in get_args(RoleName):
        raise UsageError(f'role "{role}": choose one of {", ".join(get_args(RoleName))}')
    _require_name(person)
    known = store.reader.ask(
        "SELECT 1 FROM authors WHERE platform = $platform AND author_id = $author_id",
        platform=platform,
        author_id=author_id,
    )
    if not known.num_rows:
        raise UsageError(f'no author "{author_id}" on {platform}')
    decided: Sequence[Role] = [reviewed_role(platform, author_id, role, person.name, reason, now)]
    store.fold(Batch(roles=decided))


def _require_name(person: Person) -> None:
    if not person.name.strip() or person.name in ("rules", "voices.csv"):
        raise UsageError("a correction needs the name of its reviewer")


def _require_abstract(reader: Reader, congress_id: str, number: str) -> None:
    """Where there is a catalogue, a number stands in it; a slip of the key makes no new abstract."""
    known = reader.ask(
        "SELECT count(*) FILTER (number = $number) AS found, count(*) AS listed FROM abstracts WHERE congress_id = $congress_id",
        congress_id=congress_id,
        number=number,
    ).to_pylist()[0]
    if not number.strip() or (known["listed"] and not known["found"]):
        raise UsageError(f'no abstract "{number}" in the catalogue of {congress_id}')


def _origins(reader: Reader, congress_id: str, platform: str, post_id: str, number: str) -> list[str]:
    """The posts whose own words link ``post_id`` to ``number``; the post itself, or what it reposts, where none does."""
    found = reader.ask(
        """
        SELECT DISTINCT coalesce(inherited_from, post_id) AS post_id FROM abstract_mentions
        WHERE congress_id = $congress_id AND platform = $platform AND post_id = $post_id AND number = $number
        UNION SELECT coalesce(inherited_from, post_id) FROM spoken_of
        WHERE congress_id = $congress_id AND platform = $platform AND post_id = $post_id AND number = $number
        ORDER BY post_id
        """,
        congress_id=congress_id,
        platform=platform,
        post_id=post_id,
        number=number,
    )["post_id"].to_pylist()
    return (
        found
        or reader.ask(
            "SELECT coalesce(repost_of_id, post_id) AS post_id FROM posts WHERE platform = $platform AND post_id = $post_id",
            platform=platform,
            post_id=post_id,
        )["post_id"].to_pylist()
    )


def _platform_of(reader: Reader, congress_id: str, post_id: str) -> str:
    rows = reader.ask(
        "SELECT platform FROM matches WHERE congress_id = $congress_id AND post_id = $post_id",
        congress_id=congress_id,
        post_id=post_id,
    )
    if not rows.num_rows:
        raise UsageError(f'no post "{post_id}" in {congress_id}')
    return rows["platform"][0].as_py()


def corrections(
    reader: Reader, congress_id: str, as_of: datetime, sight: Sight = "viewer", limit: int = 1000
) -> pa.Table:
    """What reviewers said of a congress's links and authors up to ``as_of``, newest first; the newest word on each holds.

    Columns: ``subject`` (link, role), ``platform``, ``post_id`` and ``number`` of a link, ``author_id`` of a role,
    ``word`` (accept, reject, or the role), ``reviewer``, ``reason``, ``decided_at`` (naive UTC). Viewers are told of a
    reviewer, not of its name. A word on a post or author that is gone is gone with it.
    """
    return reader.ask(
        """
        WITH words AS (
            SELECT 'link' AS subject, v.platform, v.post_id, v.number, '' AS author_id, v.verdict AS word, v.reviewer, v.reason,
                v.decided_at
            FROM reviews v SEMI JOIN posts p ON p.platform = v.platform AND p.post_id = v.post_id
            WHERE v.congress_id = $congress_id AND v.decided_at <= $as_of
            QUALIFY row_number() OVER (PARTITION BY v.platform, v.post_id, v.number ORDER BY v.decided_at DESC, v.verdict, v.reviewer) = 1
            UNION ALL
            SELECT 'role', r.platform, '', '', r.author_id, r.role, r.decided_by, coalesce(r.evidence[1], ''), r.decided_at
            FROM role_at($as_of) g JOIN roles r USING (platform, author_id, decided_by, role)
            WHERE r.rule = 'reviewer' AND r.decided_at <= $as_of AND EXISTS (
                FROM matches m WHERE m.congress_id = $congress_id AND m.platform = r.platform AND m.author_id = r.author_id)
            QUALIFY row_number() OVER (PARTITION BY r.platform, r.author_id ORDER BY r.decided_at DESC) = 1
        )
        SELECT * REPLACE (CASE WHEN $sight = 'reviewer' THEN reviewer ELSE 'a reviewer' END AS reviewer)
        FROM words ORDER BY decided_at DESC, platform, post_id, author_id, number LIMIT $limit
        """,
        congress_id=congress_id,
        as_of=as_of,
        sight=sight,
        limit=limit,
    )
