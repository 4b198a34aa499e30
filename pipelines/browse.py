"""The posts behind a figure, filtered and paged, each with why it is here and what of it names an abstract or product.

Patients and advocates are counted and never listed: neither their own posts nor reposts of them. Who turned out to be
one later is left out of any past moment too.
"""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pyarrow as pa

from pipelines.access import Sight
from pipelines.store.reader import Reader

Order = Literal["newest", "engaged"]
EARLIEST, LATEST = datetime(1970, 1, 1), datetime(9999, 1, 1)


def browse(
    reader: Reader,
    congress_id: str,
    limit: int,
    as_of: datetime,
    offset: int = 0,
    minutes: int = 0,
    kind: str = "",
    role: str = "",
    platform: str = "",
    abstract: str = "",
    author: str = "",
    text: str = "",
    product: str = "",
    company: str = "",
    drug: str = "",
    trial: str = "",
    hashtag: str = "",
    start: datetime = EARLIEST,
    end: datetime = LATEST,
    order: Order = "newest",
    sight: Sight = "viewer",
) -> pa.Table:
    """Visible posts of the window of ``minutes`` before ``as_of`` (0: everything), ``limit`` of them from ``offset`` on.

    An empty filter lets everything through; ``author`` is an author id, ``text`` is looked for in post and author, as
    written but for case; ``product`` to ``hashtag`` are names as ``share_of_voice`` tells them (two with ``|`` between
    are both named); [``start``, ``end``) are naive UTC. ``role`` ``others`` is everybody but HCPs. ``tier``, ``evidence`` and ``read_by`` say what names
    ``abstract``, where one is given (tier 4: taken over from the post it answers); ``products`` lists every tracked name
    with its words: kind, name, rule, evidence. Each row carries ``total_count``, all posts that fit and may be listed,
    and ``unlisted_count``, those that fit and may not. A repost stands with the words of what it reposts. Posts from before
    a listed embargo time that is still to come are shown to reviewers only; ``held_count`` says how many are held.
    """
    topics = {"product": product, "company": company, "drug": drug, "trial": trial, "hashtag": hashtag}
    bounds = {"congress_id": congress_id, "as_of": as_of, "abstract": abstract}
    page = _page(
        reader, _naming(reader, congress_id, topics), limit=limit, offset=offset, minutes=minutes, kind=kind, role=role,
        platform=platform, author=author, text=text, start=start, end=end, order=order, sight=sight, **bounds,
    )  # fmt: skip
    return _told(reader, page, **bounds)


def _naming(reader: Reader, congress_id: str, topics: dict[str, str]) -> pa.Table | None:
    """The posts that name every topic given; ``None`` where none is."""
    named = sorted(
        {(kind, name) for kind, names in topics.items() for name in names.lower().split("|") if name.strip()}
    )
    if not named:
        return None
    wanted = pa.table({"kind": [kind for kind, _ in named], "name": [name.strip() for _, name in named]})
    return reader.ask(
        """
        SELECT t.platform, t.post_id FROM topics t JOIN wanted w ON w.kind = t.kind AND lower(w.name) = lower(trim(t.name))
        WHERE t.congress_id = $congress_id AND list_contains($kinds, t.kind)
        GROUP BY ALL HAVING count(DISTINCT (w.kind, w.name)) = $count
        """,
        tables={"wanted": wanted},
        congress_id=congress_id,
        kinds=sorted({kind for kind, _ in named}),
        count=len(named),
    )


def _page(reader: Reader, naming: pa.Table | None, **filters: object) -> pa.Table:
    """Keys of one page of posts in their order, each with the counts of all; only of ``naming``, where given."""
    keys = pa.table({"platform": pa.array([], pa.string()), "post_id": pa.array([], pa.string())})
    return reader.ask(
        """
        WITH speaking AS (SELECT DISTINCT platform, post_id FROM spoken_of
            WHERE congress_id = $congress_id AND number = $abstract AND visible),
        patients AS (SELECT platform, author_id FROM role_at(TIMESTAMP '9999-01-01') WHERE role = 'patient_advocate'),
        fitting AS (
            SELECT m.platform, m.post_id, m.created_at,
                w.author_id IS NOT NULL OR v.author_id IS NOT NULL OR coalesce(r.role, '') = 'patient_advocate' AS unlisted,
                $sight <> 'reviewer' AND h.post_id IS NOT NULL AS held,
                CASE WHEN $order = 'engaged' THEN coalesce(c.like_count, 0) + coalesce(c.repost_count, 0)
                    + coalesce(c.reply_count, 0) + coalesce(c.quote_count, 0) ELSE 0 END AS engaged
            FROM matches m JOIN posts p USING (platform, post_id)
            LEFT JOIN posts o ON o.platform = p.platform AND o.post_id = p.repost_of_id
            LEFT JOIN authors a ON a.platform = m.platform AND a.author_id = m.author_id
            LEFT JOIN role_at($as_of) r ON r.platform = m.platform AND r.author_id = m.author_id
            LEFT JOIN patients w ON w.platform = m.platform AND w.author_id = m.author_id
            LEFT JOIN patients v ON v.platform = o.platform AND v.author_id = o.author_id
            LEFT JOIN counts_at($as_of) c ON c.platform = m.platform AND c.post_id = m.post_id
            LEFT JOIN embargoed_at($as_of) h
                ON h.congress_id = m.congress_id AND h.platform = m.platform AND h.post_id = m.post_id
            WHERE m.congress_id = $congress_id AND m.visible AND m.created_at <= $as_of
                AND ($minutes = 0 OR m.created_at > $as_of - to_minutes($minutes))
                AND m.created_at >= $start AND m.created_at < $end
                AND ($kind = '' OR m.kind = $kind) AND ($platform = '' OR m.platform = $platform)
                AND ($role = '' OR coalesce(r.role, 'unknown') = $role OR ($role = 'others' AND coalesce(r.role, '') <> 'hcp'))
                AND ($author = '' OR m.author_id = $author)
                AND ($abstract = '' OR (m.platform, m.post_id) IN (FROM speaking))
                AND (NOT $narrowed OR (m.platform, m.post_id) IN (FROM naming))
                AND ($text = '' OR contains(lower(concat_ws(' ', p.text, o.text, a.handle, a.display_name)), lower($text)))
        )
        SELECT platform, post_id, row_number() OVER (ORDER BY engaged DESC, created_at DESC, platform, post_id) AS place,
            count(*) OVER () AS total_count, (SELECT count(*) FROM fitting WHERE unlisted) AS unlisted_count,
            (SELECT count(*) FROM fitting WHERE held AND NOT unlisted) AS held_count
        FROM fitting WHERE NOT unlisted AND NOT held ORDER BY place LIMIT $limit OFFSET $offset
        """,
        tables={"naming": keys if naming is None else naming},
        narrowed=naming is not None,
        **filters,
    )


def _told(reader: Reader, page: pa.Table, **bounds: object) -> pa.Table:
    """All that is shown of the posts of a page."""
    return reader.ask(
        """
        WITH named AS (
            SELECT platform, post_id, min(CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS tier,
                arg_min(evidence, CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS evidence,
                arg_min(rule, CASE WHEN inherited_from IS NULL THEN tier ELSE 4 END) AS read_by
            FROM spoken_of WHERE congress_id = $congress_id AND number = $abstract AND visible GROUP BY ALL
        ),
        speaking AS (
            SELECT platform, post_id, list(DISTINCT number ORDER BY number) AS abstracts
            FROM spoken_of SEMI JOIN page USING (platform, post_id)
            WHERE congress_id = $congress_id AND visible GROUP BY ALL
        ),
        naming AS (
            SELECT platform, post_id, list({'kind': kind, 'name': name, 'rule': rule, 'evidence': evidence}
                ORDER BY kind DESC, span_start, name) AS products
            FROM product_mentions SEMI JOIN page USING (platform, post_id)
            WHERE congress_id = $congress_id AND visible GROUP BY ALL
        )
        SELECT m.platform, m.post_id, m.author_id, m.created_at, m.kind, m.rule, m.term, a.handle, a.display_name,
            coalesce(r.role, 'unknown') AS role, CASE WHEN p.repost_of_id IS NOT NULL THEN coalesce(q.role, 'unknown') END AS words_role,
            r.confidence, p.url, n.tier, n.evidence, n.read_by,
            CASE WHEN p.text = '' THEN coalesce(o.text, '') ELSE p.text END AS text,
            coalesce(c.like_count, 0) AS like_count, coalesce(c.repost_count, 0) AS repost_count,
            coalesce(c.reply_count, 0) AS reply_count, coalesce(c.quote_count, 0) AS quote_count,
            g.total_count, coalesce(s.abstracts, []) AS abstracts, coalesce(t.products, []) AS products, g.unlisted_count, g.held_count
        FROM page g JOIN matches m ON m.congress_id = $congress_id AND m.platform = g.platform AND m.post_id = g.post_id
        JOIN posts p ON p.platform = g.platform AND p.post_id = g.post_id
        LEFT JOIN posts o ON o.platform = p.platform AND o.post_id = p.repost_of_id
        LEFT JOIN authors a ON a.platform = m.platform AND a.author_id = m.author_id
        LEFT JOIN role_at($as_of) r ON r.platform = m.platform AND r.author_id = m.author_id
        LEFT JOIN role_at($as_of) q ON q.platform = o.platform AND q.author_id = o.author_id
        LEFT JOIN counts_at($as_of) c ON c.platform = m.platform AND c.post_id = m.post_id
        LEFT JOIN named n ON n.platform = m.platform AND n.post_id = m.post_id
        LEFT JOIN speaking s ON s.platform = m.platform AND s.post_id = m.post_id
        LEFT JOIN naming t ON t.platform = m.platform AND t.post_id = m.post_id
        ORDER BY g.place
        """,
        tables={"page": page},
        **bounds,
    )
