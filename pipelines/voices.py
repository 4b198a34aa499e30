"""Which HCPs carry the conversation, in which order and why.

Order: voice rank (``rank.py``), a personalised PageRank over repost, quote, reply and mention edges that restarts
from HCPs only. Its parts stand beside it; followers alone never rank.

Authors go by number on the way, a 63-bit hash of platform and id: a million posts hold a quarter of a million of them,
and words are needed for the few that are shown.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from pipelines.model import Author
from pipelines.overview import EPOCH
from pipelines.roles.same_person import declared_accounts
from pipelines.standing import (
    Edges,
    Standing,
    best_posts,
    by_author,
    graphs_of,
    is_in,
    numbers_of,
    places_of,
    standing_of,
)
from pipelines.store.reader import Reader

Key = tuple[str, str]  # author id, platform

_SCHEMA = pa.schema(
    [
        ("rank", pa.int64()), ("rank_before", pa.int64()), ("platform", pa.string()), ("author_id", pa.string()),
        ("handle", pa.string()), ("display_name", pa.string()), ("also", pa.list_(pa.string())), ("role", pa.string()),
        ("confidence", pa.string()), ("evidence", pa.list_(pa.string())), ("credentials", pa.list_(pa.string())),
        ("specialty", pa.string()), ("post_count", pa.int64()), ("hcp_engager_count", pa.int64()),
        ("engagement_count", pa.int64()), ("score", pa.float64()), ("best_post_id", pa.string()), ("url", pa.string()),
    ]
)  # fmt: skip


def voices(
    reader: Reader, congress_id: str, minutes: int, limit: int, as_of: datetime, until: datetime | None = None
) -> pa.Table:
    """HCP voices of the window of ``minutes`` before ``until`` (0: everything; ``as_of`` unless given), best first, each with its parts.

    ``hcp_engager_count`` counts other HCPs who reposted, quoted, answered or named the voice; ``engagement_count``
    is likes + reposts + replies + quotes of its own posts in the window as seen by ``as_of``; ``rank_before`` is the place in
    the window before (null: none there, or no window before). Accounts of one person that name each other are one
    voice under the account with more posts; ``also`` holds the others' handles.
    """
    end = min(until or as_of, as_of)
    starts = end - timedelta(minutes=minutes) if minutes else EPOCH
    hcps = _hcps(reader, as_of, starts)
    hcps_now, hcps_before = (hcps.filter(hcps[when]).select(["author"]) for when in ("now", "before"))
    shown = hcps_now.filter(pa.array(~numbers_of(hcps.filter(hcps["now"]), "unnamed")))
    with ThreadPoolExecutor(1) as aside:  # one core asks what they wrote, the other reckons who took up whom
        written = aside.submit(_own_posts, reader, congress_id, as_of, end, starts, shown)
        written_before = (
            aside.submit(_own_before, reader, congress_id, minutes, starts, hcps_before) if minutes else None
        )
        persons = _one_person(reader, hcps_now)
        edges = _edges(reader, congress_id, minutes, end)
        graphs = graphs_of(edges, (numbers_of(hcps_now), numbers_of(hcps_before)), persons)
        posts = written.result()
        now = standing_of(by_author(posts), graphs[0], persons)
        before = standing_of(written_before.result(), graphs[1], persons) if written_before else None
    return _told(reader, now, before, posts, limit, as_of, end, starts)


def _hcps(reader: Reader, as_of: datetime, starts: datetime) -> pa.Table:
    """Who was an HCP at ``as_of`` or at ``starts``: author, now, before, and whether it turned out to be a patient or advocate.

    As ``holders_at`` says, for both moments at once.
    """
    return reader.ask(
        """
        WITH had AS (
            SELECT author_number, max(word_of(decided_by, decided_at)) AS word,
                max(word_of(decided_by, decided_at)) FILTER (decided_at <= $starts) AS word_before
            FROM roles WHERE role = 'hcp' AND decided_at <= $as_of GROUP BY ALL
        ),
        other AS (
            SELECT author_number, role, decided_at, word_of(decided_by, decided_at) AS word
            FROM roles SEMI JOIN had USING (author_number) WHERE role <> 'hcp' OR decided_at > $as_of
        ),
        said AS (
            SELECT author_number, max(word) FILTER (role <> 'hcp' AND decided_at <= $as_of) AS word,
                max(word) FILTER (role <> 'hcp' AND decided_at <= $starts) AS word_before,
                max(word) FILTER (role = 'patient_advocate') AS patient, max(word) FILTER (role <> 'patient_advocate') AS another
            FROM other GROUP BY ALL
        )
        SELECT author_number AS author, NOT coalesce(s.word > h.word, false) AS now,
            h.word_before IS NOT NULL AND NOT coalesce(s.word_before > h.word_before, false) AS before,
            s.patient IS NOT NULL AND greatest(s.another, h.word) <= s.patient AS unnamed
        FROM had h LEFT JOIN said s USING (author_number)
        """,
        as_of=as_of,
        starts=starts,
    )


def _one_person(reader: Reader, hcps: pa.Table) -> dict[int, int]:
    """Account to the account that stands for the person, for those of ``hcps`` whose profiles name each other; others are left out.

    The database finds the few whose words hold each other's handles; whether they declare them is read from these alone.
    """
    rows = reader.ask(
        r"""
        WITH telling AS MATERIALIZED (
            SELECT platform, author_id, seen_at, handle, bio, location, lower(concat(bio, ' ', location)) AS words
            FROM (FROM authors WHERE elsewhere) a SEMI JOIN hcps h ON h.author = a.author_number
        ),
        tokens AS (
            SELECT DISTINCT platform, author_id, trim(regexp_replace(token, '^(bsky|bluesky|sky)-', ''), '.-') AS token
            FROM (SELECT platform, author_id, unnest(regexp_extract_all(words, '[a-z0-9_.-]+')) AS token FROM telling)
        ),
        named AS (
            SELECT t.platform, t.author_id, o.platform AS other_platform, o.author_id AS other_id
            FROM tokens t JOIN telling o ON lower(o.handle) = t.token AND o.platform <> t.platform
        )
        SELECT platform, author_id, seen_at, handle, bio, location FROM telling
        SEMI JOIN (
            FROM named n SEMI JOIN named o ON o.platform = n.other_platform AND o.author_id = n.other_id
                AND o.other_platform = n.platform AND o.other_id = n.author_id
        ) USING (platform, author_id) ORDER BY ALL
        """,
        tables={"hcps": hcps},
    )
    accounts = [Author(**row) for row in rows.to_pylist()]
    declared = {(each.platform, (each.handle or "").casefold()): (each, set(_folded(each))) for each in accounts}
    found: dict[Key, Key] = {}
    for account, others in declared.values():
        for key in others & declared.keys():
            other, theirs = declared[key]
            if (account.platform, (account.handle or "").casefold()) in theirs:
                ends = ((account.author_id, account.platform), (other.author_id, other.platform))
                found[ends[0]] = min(ends)
    if not found:
        return {}
    numbered = _numbered(reader, {*found.keys(), *found.values()})
    return {numbered[account]: numbered[person] for account, person in found.items()}


def _numbered(reader: Reader, keys: set[Key]) -> dict[Key, int]:
    """The number of each (author id, platform)."""
    wanted = pa.table({"author_id": [each for each, _ in keys], "platform": [each for _, each in keys]})
    rows = reader.ask(
        "SELECT author_id, platform, number_of(platform, author_id) AS author FROM wanted", tables={"wanted": wanted}
    )
    return {(row["author_id"], row["platform"]): row["author"] for row in rows.to_pylist()}


def _folded(author: Author) -> list[tuple[str, str]]:
    return [(platform, handle.casefold()) for platform, handle in declared_accounts(author)]


def _edges(reader: Reader, congress_id: str, minutes: int, until: datetime) -> Edges:
    """Who took up whom in the window and in the one before, self-edges left out."""
    length = timedelta(minutes=minutes)
    rows = reader.ask(
        """
        WITH spoke AS NOT MATERIALIZED (
            SELECT post_number AS spoken, author_number AS head, created_at <= $starts AS before, repost_of_number, quoted_number, reply_to_number
            FROM matches WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $earlier
        ),
        answering AS (
            SELECT head, before, repost_of_number AS post_number FROM spoke WHERE repost_of_number IS NOT NULL
            UNION ALL SELECT head, before, quoted_number FROM spoke WHERE quoted_number IS NOT NULL
            UNION ALL SELECT head, before, reply_to_number FROM spoke WHERE reply_to_number IS NOT NULL
        ),
        naming AS (
            SELECT post_number AS spoken, mentioned_numbers FROM posts
            WHERE created_at > $earlier - INTERVAL 1 DAY  -- the post of a match may since carry another moment: an edit's
                AND mentioned_numbers IS NOT NULL
        ),
        edges AS (
            SELECT a.head, p.author_number AS tail, a.before FROM answering a JOIN posts p USING (post_number)
            UNION ALL
            SELECT s.head, unnest(n.mentioned_numbers), s.before FROM spoke s JOIN naming n USING (spoken)
        )
        SELECT head, tail, before FROM edges WHERE head <> tail
        """,
        congress_id=congress_id,
        until=until,
        starts=until - length if minutes else EPOCH,
        earlier=until - 2 * length if minutes else EPOCH,
    )
    return Edges(numbers_of(rows, "head"), numbers_of(rows, "tail"), rows["before"].to_numpy())


def _own_before(reader: Reader, congress_id: str, minutes: int, as_of: datetime, hcps: pa.Table) -> pa.Table:
    """Of the window before, which ends at ``as_of``, only what decides the order there: author, post_count."""
    return reader.ask(
        """
        SELECT author_number AS author, count(*) AS post_count
        FROM matches SEMI JOIN hcps h ON h.author = author_number
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND created_at > $starts GROUP BY ALL
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        as_of=as_of,
        starts=as_of - timedelta(minutes=minutes),
    )


def _own_posts(
    reader: Reader, congress_id: str, as_of: datetime, until: datetime, starts: datetime, hcps: pa.Table
) -> pa.Table:
    """What each of ``hcps`` wrote in the window and what that met with: author, post, original (no repost), engagement_count."""
    return reader.ask(
        """
        WITH own AS MATERIALIZED (
            SELECT author_number AS author, post_number, kind <> 'repost' AS original
            FROM matches SEMI JOIN hcps h ON h.author = author_number
            WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $starts
        ),
        words AS (SELECT post_number FROM own WHERE original),
        observed AS (
            SELECT post_number, count(*) AS seen_count FROM (
                SELECT post_number FROM likes WHERE created_at <= $as_of
                UNION ALL SELECT repost_of_number FROM posts WHERE repost_of_number IS NOT NULL AND created_at <= $as_of
                UNION ALL SELECT reply_to_number FROM posts WHERE reply_to_number IS NOT NULL AND created_at <= $as_of
                UNION ALL SELECT quoted_number FROM posts WHERE quoted_number IS NOT NULL AND created_at <= $as_of
            ) SEMI JOIN words USING (post_number) GROUP BY ALL
        ),
        counted AS (
            SELECT post_number, coalesce(like_count, 0) + coalesce(repost_count, 0) + coalesce(reply_count, 0)
                + coalesce(quote_count, 0) AS counted_count
            FROM numbered_counts_at($as_of) SEMI JOIN words USING (post_number)
        )
        SELECT o.author, o.post_number AS post, o.original,
            greatest(coalesce(c.counted_count, 0), coalesce(s.seen_count, 0)) AS engagement_count
        FROM own o LEFT JOIN counted c USING (post_number) LEFT JOIN observed s USING (post_number)
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        as_of=as_of,
        until=until,
        starts=starts,
    )


def _told(
    reader: Reader,
    now: Standing,
    before: Standing | None,
    posts: pa.Table,
    limit: int,
    as_of: datetime,
    until: datetime,
    starts: datetime,
) -> pa.Table:
    """The first voices of the window from ``starts`` to ``until`` with all that is shown of them; ``posts`` are all HCPs' own."""
    shown = now.persons[:limit]
    places = places_of(before.persons if before else shown[:0], shown)
    wanted = pa.table(
        {
            "person": shown, "rank": np.arange(1, len(shown) + 1), "rank_before": pa.array([place + 1 if place is not None else None for place in places.to_pylist()], pa.int64()),
            "score": now.scores[:limit], "hcp_engager_count": now.engagers[:limit],
        }
    )  # fmt: skip
    accounts = now.accounts.filter(pa.array(is_in(now.accounts["person"], shown)))
    said = best_posts(posts, numbers_of(accounts))
    rows = reader.ask(
        _TOLD,
        tables={"wanted": wanted, "accounts": accounts, "said": said},
        as_of=as_of,
        until=until,
    )
    return rows.cast(_SCHEMA)


_TOLD = """
    WITH hcps AS (
        SELECT platform, author_id, author_number AS author, role, confidence, evidence, credentials, specialty
        FROM roles SEMI JOIN accounts a ON a.author = author_number WHERE decided_at <= $as_of
        QUALIFY row_number() OVER (PARTITION BY author_number ORDER BY word_of(decided_by, decided_at) DESC) = 1
    ),
    best AS (
        SELECT s.author, p.post_number AS post, p.post_id, p.url FROM said s JOIN posts p ON p.post_number = s.post
    ),
    early AS (
        SELECT post_number FROM spoken_of s SEMI JOIN best b ON s.post_number = b.post
        JOIN abstracts a ON a.congress_id = s.congress_id AND a.number = s.number
        WHERE s.created_at < a.embargo_lift_at AND a.embargo_lift_at > $until
    ),
    named AS (
        SELECT n.*, h.* EXCLUDE (author), a.handle, a.display_name, row_number() OVER by_posts AS account,
            sum(n.post_count) OVER (PARTITION BY person) AS all_posts, sum(n.engagement_count) OVER (PARTITION BY person) AS all_engagement
        FROM accounts n JOIN hcps h USING (author) LEFT JOIN authors a ON a.author_number = n.author
        WINDOW by_posts AS (PARTITION BY person ORDER BY n.post_count DESC, h.author_id)
    ),
    others AS (
        SELECT person, list(platform || ':' || coalesce(handle, 'None') ORDER BY account) AS also
        FROM named WHERE account > 1 GROUP BY person
    )
    SELECT w.rank, w.rank_before, n.platform, n.author_id, n.handle, n.display_name, coalesce(o.also, []) AS also, n.role,
        n.confidence, n.evidence, n.credentials, n.specialty, n.all_posts::BIGINT AS post_count, w.hcp_engager_count,
        n.all_engagement::BIGINT AS engagement_count, w.score, b.post_id AS best_post_id,
        CASE WHEN b.post NOT IN (SELECT post_number FROM early) THEN b.url END AS url
    FROM wanted w JOIN named n ON n.person = w.person AND n.account = 1
    LEFT JOIN others o ON o.person = w.person
    LEFT JOIN best b USING (author)
    ORDER BY w.rank
"""
