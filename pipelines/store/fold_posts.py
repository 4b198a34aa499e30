"""Posts into the store.

Most posts of a batch are new, and a new row costs a tenth of one that has to be compared with what is there: DuckDB joins an
``ON CONFLICT`` with the whole table. So what is there already is looked up by number first, and only that is compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

import duckdb
import pyarrow as pa

from pipelines.model import Post
from pipelines.store.columns import table_of, table_of_tuples
from pipelines.store.fold_deletions import doom_reposts, purge_doomed
from pipelines.store.named import Key, Named

Db = duckdb.DuckDBPyConnection

_WITH_NUMBERS = (
    ("kind", str), ("post_number", int), ("author_number", int), ("repost_of_number", int), ("quoted_number", int),
    ("reply_to_number", int), ("mentioned_numbers", tuple[int, ...]),
)  # fmt: skip
_VERSION = pa.schema([(name, pa.string()) for name in ("platform", "post_id", "revision")])
_KEY = pa.schema([(name, pa.string()) for name in ("platform", "post_id")])
_PLACES = pa.schema([("post_number", pa.int64()), ("place", pa.int64())])


class Standing(NamedTuple):
    """What a match repeats of its post."""

    author_id: str
    created_at: datetime
    kind: str
    author_number: int
    repost_of_number: int | None
    quoted_number: int | None
    reply_to_number: int | None


class Numbers(NamedTuple):
    """The kind of a post, and the numbers of all it names."""

    kind: str
    post: int
    author: int
    repost_of: int | None
    quoted: int | None
    reply_to: int | None
    mentioned: list[int] | None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the posts of a batch.

    ``posts`` holds of each the version that counts, ``refused`` those that a tombstone names. Of ``posts`` nothing was known
    (``new``), an older version was there (``newer``), or this very version (``same``); what else was there is newer still.
    ``older`` says of those that stay as they were what they are.
    """

    posts: Mapping[Key, Post]
    numbers: Mapping[Key, Numbers]
    refused: Mapping[Key, Post] = field(default_factory=dict)
    new: Collection[Key] = ()
    newer: Collection[Key] = ()
    same: Collection[Key] = ()
    older: Mapping[Key, Standing] = field(default_factory=dict)

    @property
    def accepted(self) -> list[Key]:
        return [*self.new, *self.newer]

    @property
    def current(self) -> list[Key]:
        """The posts that stand in the store in the batch's version."""
        return [*self.new, *self.newer, *self.same]

    @property
    def stood(self) -> list[Key]:
        """Those that were there in any version."""
        return [*self.newer, *self.older]

    def versions(self, keys: Iterable[Key]) -> pa.Table:
        """The table of platform, post_id, revision of some of the posts."""
        return table_of_tuples(_VERSION, [(*key, self.posts[key].revision) for key in keys])


def newest_versions(db: Db, rows: Sequence[Post]) -> dict[Key, Post]:
    """Of each post the one version that counts: of one revision the fullest text (a page carries more than the stream), then
    the first sighting."""
    best: dict[Key, Post] = {}
    tied: dict[Key, list[Post]] = {}
    for post in rows:
        key = (post.platform, post.post_id)
        held = best.get(key)
        if held is None or post.version > held.version:
            best[key] = post
            tied.pop(key, None)
        elif post != held and post.version == held.version:
            tied.setdefault(key, [held]).append(post)
    for key, posts in tied.items():
        best[key] = _first_by_words(db, posts)
    return best


def _first_by_words(db: Db, posts: Sequence[Post]) -> Post:
    """Of versions that differ in other things than revision, text and sighting, the one that ``_compared`` holds for the newest."""
    db.register("tied", table_of(Post, posts, ("place", int), values=[(place,) for place in range(len(posts))]))
    first = db.execute("""
        SELECT place FROM tied ORDER BY (author_id, created_at, lang, url, reply_to_id, quoted_id, repost_of_id,
            conversation_id, hashtags, links, mentioned_ids)::VARCHAR DESC
    """).fetchall()[0][0]
    db.unregister("tied")
    return posts[first]


def fold_posts(db: Db, rows: Sequence[Post], named: Named) -> Taken:
    """Put posts in, and none that a tombstone names; of a post that is there already the better version stays.

    Those that were taken stay registered as ``batch_posts``, with their numbers, until they are unregistered.
    """
    given = newest_versions(db, rows)
    doomed = _refuse(db, rows, named)
    refused = {key: given.pop(key) for key in doomed & given.keys()}
    numbers = {key: _numbers_of(post, named) for key, post in given.items()}
    db.register("batch_posts", table_of(Post, given.values(), *_WITH_NUMBERS, values=[*numbers.values()]))
    places = db.execute("SELECT post_number, rowid FROM posts SEMI JOIN batch_posts USING (post_number)").fetchall()
    if not places:
        db.execute("INSERT INTO posts BY NAME FROM batch_posts")
        return Taken(given, numbers, refused, new=given.keys())
    return _settle(db, Taken(given, numbers, refused), places)


def _numbers_of(post: Post, named: Named) -> Numbers:
    numbers, platform = named.numbers, post.platform
    repost, quoted, reply = post.repost_of_id, post.quoted_id, post.reply_to_id
    others = post.mentioned_ids if repost is None else ()  # a repost only repeats another's words
    return Numbers(
        post.kind,
        numbers[platform, post.post_id],
        numbers[platform, post.author_id],
        None if repost is None else numbers[platform, repost],
        None if quoted is None else numbers[platform, quoted],
        None if reply is None else numbers[platform, reply],
        [numbers[platform, each] for each in others] if others else None,
    )


def _refuse(db: Db, rows: Sequence[Post], named: Named) -> set[Key]:
    """The posts of the batch that a tombstone names, also through an author or through what they repost; all that is there
    of them is purged."""
    doomed = {(post.platform, post.post_id) for post in rows if _is_doomed(post, named)}
    if not doomed:
        return doomed
    db.register("incoming", table_of(Post, rows))
    db.register("refused", table_of_tuples(_KEY, list(doomed)))
    db.execute("CREATE OR REPLACE TEMP TABLE doomed AS FROM refused")
    doom_reposts(db, "incoming", "posts")
    db.execute("INSERT INTO refused_posts SELECT DISTINCT * FROM doomed ON CONFLICT DO NOTHING")
    purge_doomed(db)
    doomed = set(db.execute("SELECT platform, post_id FROM doomed").fetchall())
    db.unregister("refused")
    db.unregister("incoming")
    named.refused.update(doomed)  # so is what else the batch says of them
    return doomed


def _is_doomed(post: Post, named: Named) -> bool:
    if not (named.gone or named.refused):
        return False
    if named.is_gone((post.platform, post.author_id), post.created_at):
        return True
    if ("post", (post.platform, post.post_id)) in named.gone:
        return True
    return post.repost_of_id is not None and named.is_refused((post.platform, post.repost_of_id))


def _settle(db: Db, given: Taken, places: Sequence[tuple[int, int]]) -> Taken:
    """Of a batch of which some may be there: put in what is new or newer."""
    db.register("places", table_of_tuples(_PLACES, places))
    # read where they stand before anything is joined with them: else every text there is would be read
    db.register(
        "standing", db.sql("SELECT posts.* FROM posts JOIN places ON posts.rowid = places.place").to_arrow_table()
    )
    compared = {(row[0], row[1]): row[2:] for row in db.execute(_COMPARED).fetchall()}
    db.unregister("standing")
    new = [key for key in given.posts if key not in compared]
    newer = [key for key, row in compared.items() if row[0]]
    if new:
        db.register("known", table_of_tuples(_KEY, list(compared)))
        db.execute("INSERT INTO posts BY NAME FROM batch_posts ANTI JOIN known USING (platform, post_id)")
        db.unregister("known")
    if newer:
        db.register("newer", table_of_tuples(_KEY, newer))
        _replace_posts(db)
        db.unregister("newer")
    db.unregister("places")
    return replace(
        given,
        new=new,
        newer=newer,
        same=[key for key, row in compared.items() if row[1]],
        older={key: Standing(*row[2:]) for key, row in compared.items() if not row[0]},
    )


# those of the batch that are there already: whether they are newer than what is there, or the same, and what is there
_COMPARED = """
    SELECT b.platform, b.post_id,
        (b.revision, length(b.text), -epoch_us(b.retrieved_at), b.text, (b.author_id, b.created_at, b.lang, b.url,
            b.reply_to_id, b.quoted_id, b.repost_of_id, b.conversation_id, b.hashtags, b.links, b.mentioned_ids)::VARCHAR)
        > (p.revision, length(p.text), -epoch_us(p.retrieved_at), p.text, (p.author_id, p.created_at, p.lang, p.url,
            p.reply_to_id, p.quoted_id, p.repost_of_id, p.conversation_id, p.hashtags, p.links, p.mentioned_ids)::VARCHAR)
        AS is_newer,
        NOT is_newer AND p.revision = b.revision AND p.text = b.text AS is_same,
        p.author_id, p.created_at, p.kind, p.author_number, p.repost_of_number, p.quoted_number, p.reply_to_number
    FROM batch_posts b JOIN standing p USING (platform, post_id)
"""


def _replace_posts(db: Db) -> None:
    db.execute("""
        UPDATE posts SET
            revision = b.revision, author_id = b.author_id, kind = b.kind, text = b.text, created_at = b.created_at,
            retrieved_at = b.retrieved_at, lang = b.lang, url = b.url, reply_to_id = b.reply_to_id,
            quoted_id = b.quoted_id, repost_of_id = b.repost_of_id, conversation_id = b.conversation_id,
            hashtags = b.hashtags, links = b.links, mentioned_ids = b.mentioned_ids, author_number = b.author_number,
            repost_of_number = b.repost_of_number, quoted_number = b.quoted_number,
            reply_to_number = b.reply_to_number, mentioned_numbers = b.mentioned_numbers
        FROM batch_posts b JOIN places USING (post_number) SEMI JOIN newer USING (platform, post_id)
        WHERE posts.rowid = places.place
    """)
