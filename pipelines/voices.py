"""Which HCPs carry the conversation, in which order and why.

Order: voice rank (``rank.py``), a personalised PageRank over repost, quote, reply and mention edges that restarts
from HCPs only. Its parts stand beside it; followers alone never rank.

Authors go by number on the way, a 63-bit hash of platform and id: a million posts hold a quarter of a million of them,
and words are needed for the few that are shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa

from pipelines.model import Author
from pipelines.overview import EPOCH
from pipelines.roles.same_person import declared_accounts
from pipelines.standing import Edges, Standing, numbers_of, standing_of
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
    moments = [as_of, end - timedelta(minutes=minutes)] if minutes else [as_of]
    hcps = [_hcps(reader, moment) for moment in moments]
    persons = _one_person(reader, hcps[0])
    edges = _edges(reader, congress_id, minutes, end)
    own = _own(reader, congress_id, minutes, as_of, end, hcps[0])
    now = standing_of(own, edges[0], numbers_of(hcps[0]), persons)
    before = None
    if minutes:
        posted = _own_before(reader, congress_id, minutes, moments[1], hcps[1])
        before = standing_of(posted, edges[1], numbers_of(hcps[1]), persons)
    return _told(reader, now, before, limit, as_of, end, end - timedelta(minutes=minutes) if minutes else EPOCH)


def _hcps(reader: Reader, moment: datetime) -> pa.Table:
    """Who was an HCP: platform, author_id, author (the number)."""
    return reader.ask(
        "SELECT platform, author_id, number_of(platform, author_id) AS author FROM holders_at('hcp', $moment)",
        moment=moment,
    )


def _one_person(reader: Reader, hcps: pa.Table) -> dict[int, int]:
    """Account to the account that stands for the person, for those of ``hcps`` whose profiles name each other; others are left out.

    The database finds the few whose words hold each other's handles; whether they declare them is read from these alone.
    """
    rows = reader.ask(
        r"""
        WITH own AS MATERIALIZED (
            SELECT platform, author_id, seen_at, handle, bio, location, lower(concat(bio, ' ', location)) AS words
            FROM authors SEMI JOIN hcps USING (platform, author_id)
        ),
        telling AS (FROM own WHERE regexp_matches(words, 'bsky|bluesky|twitter|x\.com|(^|\W)x\W')),
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


def _edges(reader: Reader, congress_id: str, minutes: int, until: datetime) -> tuple[Edges, Edges]:
    """Who took up whom in the window and in the one before, self-edges left out."""
    length = timedelta(minutes=minutes)
    rows = reader.ask(
        """
        WITH spoke AS (
            SELECT number_of(platform, post_id) AS post, number_of(platform, author_id) AS head, created_at <= $starts AS before FROM matches
            WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $earlier
        ),
        said AS (
            SELECT number_of(platform, post_id) AS post, mentioned_ids, platform, repost_of_id IS NULL AS own_words,
                CASE WHEN repost_of_id IS NOT NULL THEN number_of(platform, repost_of_id) END AS reposted,
                CASE WHEN quoted_id IS NOT NULL THEN number_of(platform, quoted_id) END AS quoted,
                CASE WHEN reply_to_id IS NOT NULL THEN number_of(platform, reply_to_id) END AS answered
            FROM posts
            WHERE created_at > $earlier - INTERVAL 1 DAY  -- the post of a match may since carry another moment: an edit's
                AND (repost_of_id IS NOT NULL OR quoted_id IS NOT NULL OR reply_to_id IS NOT NULL OR len(mentioned_ids) > 0)
        ),
        seen AS (FROM spoke JOIN said USING (post)),
        answering AS (
            SELECT head, before, reposted AS post FROM seen WHERE reposted IS NOT NULL
            UNION ALL SELECT head, before, quoted FROM seen WHERE quoted IS NOT NULL
            UNION ALL SELECT head, before, answered FROM seen WHERE answered IS NOT NULL
        ),
        edges AS (
            SELECT s.head, t.tail, s.before FROM answering s
            JOIN (SELECT number_of(platform, post_id) AS post, number_of(platform, author_id) AS tail FROM posts) t USING (post)
            UNION ALL
            SELECT head, number_of(platform, unnest(mentioned_ids)), before FROM seen WHERE own_words
        )
        SELECT head, tail, before, count(*) AS edge_count FROM edges WHERE head <> tail GROUP BY ALL ORDER BY ALL
        """,
        congress_id=congress_id,
        until=until,
        starts=until - length if minutes else EPOCH,
        earlier=until - 2 * length if minutes else EPOCH,
    )
    before = rows["before"].to_numpy()
    heads, tails, counts = (numbers_of(rows, name) for name in ("head", "tail", "edge_count"))
    now, then = (Edges(heads[each], tails[each], counts[each]) for each in (~before, before))
    return now, then


def _own_before(reader: Reader, congress_id: str, minutes: int, as_of: datetime, hcps: pa.Table) -> pa.Table:
    """Of the window before, which ends at ``as_of``, only what decides the order there; in the order of ids."""
    return reader.ask(
        """
        SELECT any_value(number_of(platform, author_id)) AS author, count(*) AS post_count
        FROM matches SEMI JOIN hcps USING (platform, author_id)
        WHERE congress_id = $congress_id AND visible AND created_at <= $as_of AND created_at > $starts
        GROUP BY platform, author_id ORDER BY author_id, platform
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        as_of=as_of,
        starts=as_of - timedelta(minutes=minutes),
    )


def _own(reader: Reader, congress_id: str, minutes: int, as_of: datetime, until: datetime, hcps: pa.Table) -> pa.Table:
    """What each HCP account wrote in the window and what that met with, in the order of ids."""
    return reader.ask(
        """
        WITH own AS (
            SELECT platform, author_id, post_id, kind FROM matches
            SEMI JOIN hcps USING (platform, author_id)
            ANTI JOIN holders_at('patient_advocate', TIMESTAMP '9999-01-01') l USING (platform, author_id)
            WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $starts
        ),
        words AS (SELECT platform, post_id FROM own WHERE kind <> 'repost'),
        observed AS (
            SELECT platform, post_id, count(*) AS seen_count FROM (
                SELECT platform, post_id FROM likes WHERE created_at <= $as_of
                UNION ALL SELECT platform, repost_of_id FROM posts WHERE repost_of_id IS NOT NULL AND created_at <= $as_of
                UNION ALL SELECT platform, reply_to_id FROM posts WHERE reply_to_id IS NOT NULL AND created_at <= $as_of
                UNION ALL SELECT platform, quoted_id FROM posts WHERE quoted_id IS NOT NULL AND created_at <= $as_of
            ) SEMI JOIN words USING (platform, post_id) GROUP BY ALL
        ),
        counted AS (
            SELECT platform, post_id, coalesce(like_count, 0) + coalesce(repost_count, 0) + coalesce(reply_count, 0)
                + coalesce(quote_count, 0) AS counted_count
            FROM counts_at($as_of) SEMI JOIN words USING (platform, post_id)
        ),
        met AS (
            SELECT o.*, greatest(coalesce(c.counted_count, 0), coalesce(s.seen_count, 0)) AS engagement_count
            FROM own o LEFT JOIN counted c USING (platform, post_id) LEFT JOIN observed s USING (platform, post_id)
        )
        SELECT platform, author_id, any_value(number_of(platform, author_id)) AS author, count(*) AS post_count,
            coalesce(sum(engagement_count) FILTER (kind <> 'repost'), 0)::BIGINT AS engagement_count,
            arg_max(post_id, (engagement_count, post_id)) FILTER (kind <> 'repost') AS best_post_id
        FROM met GROUP BY platform, author_id ORDER BY author_id, platform
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        as_of=as_of,
        until=until,
        starts=until - timedelta(minutes=minutes) if minutes else EPOCH,
    )


def _told(
    reader: Reader,
    now: Standing,
    before: Standing | None,
    limit: int,
    as_of: datetime,
    until: datetime,
    starts: datetime,
) -> pa.Table:
    """The first voices of the window from ``starts`` to ``until`` with all that is shown of them."""
    shown = now.persons[:limit]
    ranks = {} if before is None else {int(each): place for place, each in enumerate(before.persons.tolist(), 1)}
    wanted = pa.table(
        {
            "person": shown, "rank": np.arange(1, len(shown) + 1), "rank_before": pa.array([ranks.get(each) for each in shown.tolist()], pa.int64()),
            "score": now.scores[:limit], "hcp_engager_count": now.engagers[:limit],
        }
    )  # fmt: skip
    accounts = now.accounts.filter(pa.array(np.isin(numbers_of(now.accounts, "person"), shown)))
    rows = reader.ask(
        """
        WITH hcps AS (
            SELECT platform, author_id, role, confidence, evidence, credentials, specialty
            FROM roles SEMI JOIN accounts USING (platform, author_id) WHERE decided_at <= $as_of
            QUALIFY row_number() OVER (PARTITION BY platform, author_id ORDER BY word_of(decided_by, decided_at) DESC) = 1
        ),
        named AS (
            SELECT n.*, a.handle, a.display_name, row_number() OVER by_posts AS account,
                sum(n.post_count) OVER (PARTITION BY person) AS all_posts, sum(n.engagement_count) OVER (PARTITION BY person) AS all_engagement
            FROM accounts n LEFT JOIN authors a USING (platform, author_id)
            WINDOW by_posts AS (PARTITION BY person ORDER BY n.post_count DESC, n.author_id)
        ),
        others AS (
            SELECT person, list(platform || ':' || coalesce(handle, 'None') ORDER BY account) AS also
            FROM named WHERE account > 1 GROUP BY person
        ),
        best AS (
            SELECT platform, post_id, url FROM posts
            SEMI JOIN accounts ON accounts.platform = posts.platform AND accounts.best_post_id = posts.post_id
            WHERE created_at > $starts - INTERVAL 1 DAY
        )
        SELECT w.rank, w.rank_before, n.platform, n.author_id, n.handle, n.display_name, coalesce(o.also, []) AS also, h.role,
            h.confidence, h.evidence, h.credentials, h.specialty, n.all_posts::BIGINT AS post_count, w.hcp_engager_count,
            n.all_engagement::BIGINT AS engagement_count, w.score, n.best_post_id,
            CASE WHEN n.best_post_id NOT IN (SELECT post_id FROM embargoed_at($until)) THEN p.url END AS url
        FROM wanted w JOIN named n ON n.person = w.person AND n.account = 1
        LEFT JOIN others o ON o.person = w.person
        LEFT JOIN hcps h ON h.platform = n.platform AND h.author_id = n.author_id
        LEFT JOIN best p ON p.platform = n.platform AND p.post_id = n.best_post_id
        ORDER BY w.rank
        """,
        tables={"wanted": wanted, "accounts": accounts},
        as_of=as_of,
        until=until,
        starts=starts,
    )
    return rows.cast(_SCHEMA)
