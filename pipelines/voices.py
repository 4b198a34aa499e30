"""Which HCPs carry the conversation, in which order and why.

Order: voice rank (``rank.py``), a personalised PageRank over repost, quote, reply and mention edges that restarts
from HCPs only. Its parts stand beside it; followers alone never rank.

Authors go by number on the way, a 63-bit hash of platform and id: a million posts hold a quarter of a million of them,
and words are needed for the few that are shown.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from pipelines.model import Author
from pipelines.overview import EPOCH
from pipelines.roles.same_person import declared_accounts
from pipelines.standing import (
    Edges,
    Standing,
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
    earlier = starts - timedelta(minutes=minutes) if minutes else EPOCH
    with ThreadPoolExecutor(1) as aside:  # one core asks what the other does not wait for yet
        edges = aside.submit(_edges, reader, congress_id, earlier, starts, end)
        hcps = _hcps(reader, as_of, starts)
        counting = aside.submit(_post_counts, reader, congress_id, earlier, starts, end, hcps)
        embargoed = aside.submit(_embargoed, reader, starts, end)
        hcps_now, hcps_before = (hcps.filter(hcps[when]).select(["author"]) for when in ("now", "before"))
        persons = _one_person(reader, hcps_now)
        graphs = graphs_of(edges.result(), (numbers_of(hcps_now), numbers_of(hcps_before)), persons)
        counts = counting.result()
        now = standing_of(_counted(counts, "post_count"), graphs[0], persons)
        accounts = now.accounts.filter(pa.array(is_in(now.accounts["person"], now.persons[:limit])))
        written = aside.submit(_written, reader, congress_id, as_of, end, starts, accounts)
        before = standing_of(_counted(counts, "before_count"), graphs[1], persons)
        known = _known(reader, accounts, as_of)
        return _told(now, before, limit, known, written.result(), embargoed.result())


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


def _edges(reader: Reader, congress_id: str, earlier: datetime, starts: datetime, until: datetime) -> Edges:
    """Who took up whom in the window from ``starts`` and in the one before it, self-edges left out."""
    rows = reader.ask(
        """
        SELECT author_number AS head, taken_number AS tail, created_at <= $starts AS before FROM taken_up
        WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $earlier AND taken_number <> author_number
        """,
        congress_id=congress_id,
        until=until,
        starts=starts,
        earlier=earlier,
    )
    return Edges.of(numbers_of(rows, "head"), numbers_of(rows, "tail"), rows["before"].to_numpy())


def _post_counts(
    reader: Reader, congress_id: str, earlier: datetime, starts: datetime, until: datetime, hcps: pa.Table
) -> pa.Table:
    """How much each of ``hcps`` wrote in the window, if it may be shown there, and in the one before: author, post_count, before_count."""
    return reader.ask(
        """
        SELECT author, count(*) FILTER (created_at > $starts) AS post_count, count(*) FILTER (created_at <= $starts) AS before_count
        FROM matches JOIN hcps h ON h.author = author_number
        WHERE congress_id = $congress_id AND visible AND created_at <= $until AND created_at > $earlier
            AND CASE WHEN created_at > $starts THEN now AND NOT unnamed ELSE before END
        GROUP BY author
        """,
        tables={"hcps": hcps},
        congress_id=congress_id,
        until=until,
        starts=starts,
        earlier=earlier,
    )


def _counted(counts: pa.Table, name: str) -> pa.Table:
    """Of each author with posts how many: author, post_count."""
    found = counts.filter(pa.array(numbers_of(counts, name) > 0))
    return pa.table({"author": found["author"], "post_count": found[name]})


def _written(
    reader: Reader, congress_id: str, as_of: datetime, until: datetime, starts: datetime, accounts: pa.Table
) -> pa.Table:
    """What the posts (no reposts) of each account in the window met with, and the best of them: author, engagement_count, post, post_id, url.

    Ties go by number.
    """
    return reader.ask(
        """
        WITH own AS MATERIALIZED (
            SELECT author_number AS author, post_number FROM matches SEMI JOIN accounts a ON a.author = author_number
            WHERE congress_id = $congress_id AND visible AND kind <> 'repost' AND created_at <= $until AND created_at > $starts
        ),
        observed AS (
            SELECT post_number, count(*) AS seen_count FROM (
                SELECT post_number FROM likes WHERE created_at <= $as_of
                UNION ALL SELECT repost_of_number FROM posts WHERE created_at > $earliest AND created_at <= $as_of
                UNION ALL SELECT reply_to_number FROM posts WHERE created_at > $earliest AND created_at <= $as_of
                UNION ALL SELECT quoted_number FROM posts WHERE created_at > $earliest AND created_at <= $as_of
            ) SEMI JOIN own USING (post_number) GROUP BY ALL
        ),
        counted AS (
            SELECT post_number, coalesce(like_count, 0) + coalesce(repost_count, 0) + coalesce(reply_count, 0)
                + coalesce(quote_count, 0) AS counted_count
            FROM numbered_counts_at($as_of) SEMI JOIN own USING (post_number)
        ),
        met AS (
            SELECT author, post_number, greatest(coalesce(counted_count, 0), coalesce(seen_count, 0)) AS engagement_count
            FROM own LEFT JOIN counted USING (post_number) LEFT JOIN observed USING (post_number)
        ),
        best AS (
            SELECT author, sum(engagement_count)::BIGINT AS engagement_count, arg_max(post_number, (engagement_count, post_number)) AS post
            FROM met GROUP BY author
        )
        SELECT b.*, p.post_id, p.url FROM best b LEFT JOIN posts p ON p.post_number = b.post
        """,
        tables={"accounts": accounts},
        congress_id=congress_id,
        as_of=as_of,
        until=until,
        starts=starts,
        earliest=_a_day_before(starts),  # a post is taken up after it was said
    )


def _a_day_before(moment: datetime) -> datetime:
    """What is bounded by it is as good as bounded by ``moment``: a day for clocks that differ and for edits."""
    return moment - timedelta(days=1) if moment > EPOCH else EPOCH


def _embargoed(reader: Reader, starts: datetime, until: datetime) -> set[int]:
    """The posts since ``starts``, by number, that speak of an abstract before its embargo, which is not over at ``until``."""
    rows = reader.ask(
        """
        SELECT DISTINCT post_number FROM spoken_of s
        JOIN (FROM abstracts WHERE embargo_lift_at > $until) a ON a.congress_id = s.congress_id AND a.number = s.number
        WHERE s.created_at < a.embargo_lift_at AND s.created_at > $earliest
        """,
        until=until,
        earliest=_a_day_before(starts),
    )
    return set(rows["post_number"].to_pylist())


def _known(reader: Reader, accounts: pa.Table, as_of: datetime) -> pa.Table:
    """What is known of each account: person, author, post_count, and what is shown of its profile and role."""
    return reader.ask(
        """
        SELECT n.person, n.author, n.post_count, r.* EXCLUDE (author_number), a.handle, a.display_name
        FROM accounts n JOIN (
            SELECT platform, author_id, author_number, role, confidence, evidence, credentials, specialty FROM roles
            SEMI JOIN accounts s ON s.author = author_number WHERE decided_at <= $as_of
            QUALIFY row_number() OVER (PARTITION BY author_number ORDER BY word_of(decided_by, decided_at) DESC) = 1
        ) r ON r.author_number = n.author LEFT JOIN authors a ON a.author_number = n.author
        """,
        tables={"accounts": accounts},
        as_of=as_of,
    )


def _told(
    now: Standing, before: Standing, limit: int, known: pa.Table, written: pa.Table, embargoed: set[int]
) -> pa.Table:
    """The first voices of the window with all that is shown of them, each under the account with most posts."""
    shown = now.persons[:limit]
    places = places_of(before.persons, shown).tolist()
    met = {row["author"]: row for row in written.to_pylist()}
    accounts: dict[int, list[dict[str, Any]]] = {}
    for row in sorted(known.to_pylist(), key=lambda row: (-row["post_count"], row["author_id"])):
        accounts.setdefault(row["person"], []).append(row)
    rows = []
    for place, person in enumerate(shown.tolist()):
        face, *others = accounts[person]
        best = met.get(face["author"], {})
        rows.append(
            {
                **face,
                "rank": place + 1,
                "rank_before": places[place] + 1 if places[place] >= 0 else None,
                "also": [f"{each['platform']}:{each['handle']}" for each in others],
                "post_count": sum(each["post_count"] for each in accounts[person]),
                "hcp_engager_count": now.engagers[place],
                "engagement_count": sum(met[each["author"]]["engagement_count"] for each in accounts[person] if each["author"] in met),
                "score": now.scores[place],
                "best_post_id": best.get("post_id"),
                "url": best.get("url") if best.get("post") not in embargoed else None,
            }
        )  # fmt: skip
    return pa.Table.from_pylist(rows, schema=_SCHEMA)
