"""Who is named: professionals and organisations. Everybody else stands under a pseudonym, and without words.

A pseudonym is a keyed hash of platform and author id: the same person has the same one as long as the key stays
(``PSEUDONYM_KEY`` in ``.env``; without it, as long as the process runs). Words are either shown whole under their
author's name or not at all: a text under a pseudonym would be found again within a minute. A reviewer may reveal an
author for reviewers, with a reason that is kept.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipelines.access import Person
from pipelines.errors import ConfigError, UsageError
from pipelines.store.database import Store
from pipelines.store.keep import note_reveal
from pipelines.store.reader import Reader

NAMED_ROLES = frozenset({"hcp", "society", "pharma", "media", "institution"})
SETTING = "PSEUDONYM_KEY"
SHORTEST = 16  # letters of a key
EXEMPT = frozenset({"case", "cases"})  # the safety desk has to know who reported a possible adverse event
Key = tuple[str, str]  # platform, author id


@dataclass(frozen=True, slots=True)
class Mask:
    """Puts pseudonyms in the place of private people."""

    key: bytes

    def pseudonym(self, platform: str, author_id: str) -> str:
        """``Individual 7KQ2-MX4D``: forty bits of a keyed hash, in letters that are not mistaken for each other."""
        digest = hmac.new(self.key, f"{platform}\x00{author_id}".encode(), hashlib.sha256).digest()
        letters = base64.b32encode(digest[:5]).decode()
        return f"Individual {letters[:4]}-{letters[4:]}"

    def over(self, table: pa.Table, revealed: Collection[Key] = ()) -> pa.Table:
        """A table of authors or posts with private people under their pseudonym; others, and tables of neither, as they are.

        A row speaks of a person where it has ``platform`` and ``role``. ``words_role`` is the role of
        who wrote a repost's words. ``masked`` says which rows are shown without words.
        """
        if not {"platform", "role"} <= set(table.column_names):
            return table
        rows = [self._row(row, revealed) for row in table.to_pylist()]
        schema = table.schema.append(pa.field("masked", pa.bool_()))
        return pa.Table.from_pylist(rows, schema=schema)

    def _row(self, row: dict[str, Any], revealed: Collection[Key]) -> dict[str, Any]:
        known = (row["platform"], row.get("author_id", "")) in revealed
        named = known or row["role"] in NAMED_ROLES
        words = named and (known or _writer(row) in NAMED_ROLES)
        row = {**row, "masked": not words}
        if not words:
            row |= {name: "" for name in ("text", "bio", "evidence") if isinstance(row.get(name), str)}
            row |= {"url": _impersonal(row)} if row.get("url") else {}
        if not named and "author_id" in row:
            row |= {"display_name": self.pseudonym(row["platform"], row["author_id"]), "handle": None, "author_id": ""}
            row |= {"location": None} if "location" in row else {}
        return row


def _writer(row: Mapping[str, Any]) -> str | None:
    """The role of who wrote the words: of a repost only where the row tells it."""
    return row.get("words_role") if row.get("kind") == "repost" else row["role"]


def _impersonal(row: Mapping[str, Any]) -> str:
    """A post's address without a handle where the platform has one: X finds a post by its id alone."""
    if row["platform"] == "x" and row.get("post_id"):
        return f"https://x.com/i/status/{row['post_id']}"
    return row["url"]


def mask_from(settings: Mapping[str, str]) -> Mask:
    """The mask with the key of ``.env``; without one, with a key that lives as long as the process.

    Raises:
        ConfigError: for a key that is too short to be one.
    """
    key = settings.get(SETTING, "").strip()
    if key and len(key) < SHORTEST:
        raise ConfigError(f"{SETTING} in .env is too short: {SHORTEST} letters at least, like {secrets.token_hex(16)}")
    return Mask(key.encode() or secrets.token_bytes(32))


def reveal_author(store: Store, *, person: Person, now: datetime, platform: str, author_id: str, reason: str) -> None:
    """Show an author by name to reviewers from now on.

    Raises:
        UsageError: for an author who is not here, or without a reason.
    """
    if not reason.strip():
        raise UsageError("revealing an author needs a reason")
    known = store.reader.ask(
        "SELECT 1 FROM authors WHERE platform = $platform AND author_id = $author_id",
        platform=platform,
        author_id=author_id,
    )
    if not known.num_rows:
        raise UsageError(f'no author "{author_id}" on {platform}')
    store.keep_house(lambda db: note_reveal(db, platform, author_id, person.name, reason, now))


def reveal_writer(store: Store, *, person: Person, now: datetime, platform: str, post_id: str, reason: str) -> None:
    """Show the author of a post by name to reviewers from now on: a masked row carries no author id.

    Raises:
        UsageError: for a post that is not here, or without a reason.
    """
    rows = store.reader.ask(
        "SELECT author_id FROM posts WHERE platform = $platform AND post_id = $post_id",
        platform=platform,
        post_id=post_id,
    )
    if not rows.num_rows:
        raise UsageError(f'no post "{post_id}" on {platform}')
    author_id = rows["author_id"][0].as_py()
    reveal_author(store, person=person, now=now, platform=platform, author_id=author_id, reason=reason)


def revealed_authors(reader: Reader) -> frozenset[Key]:
    """Whom reviewers may see by name although they are private people."""
    rows = reader.ask("SELECT DISTINCT platform, author_id FROM reveals")
    return frozenset(zip(rows["platform"].to_pylist(), rows["author_id"].to_pylist(), strict=True))
