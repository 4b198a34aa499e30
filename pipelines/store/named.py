"""What a batch names, and what stands against it: numbers of ids, tombstones, hidden accounts.

Mostly nothing stands against any of it. So it is asked once for the whole batch, and every step looks it up in memory: to plan
a statement costs DuckDB more than to run it over a few hundred rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from pipelines.model import Author, Engagement, Like, Post, Role
from pipelines.store.columns import table_of_tuples

Db = duckdb.DuckDBPyConnection
Key = tuple[str, str]  # platform, id

_NAMED = pa.schema([("platform", pa.string()), ("id", pa.string()), ("is_post", pa.bool_())])


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of the ids of one batch.

    ``numbers`` holds ``number_of`` each id; ``gone`` when a tombstone's target ("post", "like", "author") went; ``refused``
    the posts that any tombstone ever reached; ``hidden`` the accounts that may not be shown.
    """

    numbers: Mapping[Key, int]
    gone: Mapping[tuple[str, Key], datetime]
    refused: set[Key]
    hidden: frozenset[Key]

    def is_gone(self, author: Key, moment: datetime) -> bool:
        """Whether what an author said at ``moment`` went with the author."""
        until = self.gone.get(("author", author)) if self.gone else None
        return until is not None and moment <= until

    def is_refused(self, post: Key) -> bool:
        """Whether a tombstone reached a post, by itself or through another."""
        return post in self.refused or ("post", post) in self.gone


def look_at(
    db: Db, posts: Iterable[Post], authors: Iterable[Author | Role], counts: Iterable[Engagement], likes: Iterable[Like]
) -> Named:
    """What stands against the ids of a batch. They stay registered as ``named`` (platform, id, is_post) until they are unregistered."""
    ids: dict[Key, bool] = {}
    for post in posts:
        platform = post.platform
        referred = (post.author_id, post.repost_of_id, post.quoted_id, post.reply_to_id, *post.mentioned_ids)
        for name in referred:
            if name is not None:
                ids.setdefault((platform, name), False)
        ids[platform, post.post_id] = True
    for author in authors:
        ids.setdefault((author.platform, author.author_id), False)
    for each in counts:
        ids[each.platform, each.post_id] = True
    for like in likes:
        ids.setdefault((like.platform, like.like_id), False)
        ids[like.platform, like.post_id] = True
    db.register("named", table_of_tuples(_NAMED, [(*key, is_post) for key, is_post in ids.items()]))
    numbers = [number for (number,) in db.execute("SELECT number_of(platform, id) FROM named").fetchall()]
    gone, refused, hidden = _against(db)
    return Named(dict(zip(ids, numbers, strict=True)), gone, set(refused), frozenset(hidden))


def _against(db: Db) -> tuple[dict[tuple[str, Key], datetime], list[Key], list[Key]]:
    found = db.execute("""
        SELECT said, platform, id, deleted_at FROM (
            SELECT target AS said, platform, target_id AS id, deleted_at FROM deletions
            UNION ALL SELECT 'refused', platform, post_id, NULL FROM refused_posts
            UNION ALL SELECT 'hidden', platform, author_id, NULL FROM account_states WHERE NOT active
        ) SEMI JOIN named USING (platform, id)
    """).fetchall()
    gone: dict[tuple[str, Key], datetime] = {}
    others: dict[str, list[Key]] = {"refused": [], "hidden": []}
    for said, platform, name, at in found:
        if said in others:
            others[said].append((platform, name))
        else:
            gone[said, (platform, name)] = at
    return gone, others["refused"], others["hidden"]
