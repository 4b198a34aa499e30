"""What of the whole Bluesky network may matter, asked of each raw frame before a record is made of it.

Of 400 events a second a handful concern a congress. ``Interest`` never says no to a payload that would match: it
says yes too often rather than once too seldom. Posts are searched for the followed words; everything else (likes,
reposts, deletions, accounts) is looked up among the records and authors already followed.

Decoding the JSON with orjson costs 1 µs, less than looking for keys in the bytes did, and knows no order of keys and no
escapes to be mistaken about.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import orjson
from ahocorasick_rs import BytesAhoCorasick, Implementation

from pipelines.hashtags import year_twins
from pipelines.id_set import IdSet
from pipelines.sources.bluesky.fields import LIKE, POST, PROFILE, REPOST, Json

_ABOUT_POSTS = (LIKE, REPOST)
_UNFOLDING = re.compile("[ßİǰẖẗẘẙẞ]")  # every NFKC character that is folded to ASCII, in part or in whole
_BESIDE_WORDS = re.compile(r"[^\w·\x00-\x7f]")
_WORD_BYTES = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789_")


class Interest:
    """What is followed: words, accounts, and the records and authors seen so far.

    Args:
        terms: hashtags (with or without ``#``, either spelling of their year) and keywords; any case or width.
        accounts: DIDs whose posts, and mentions in posts, are followed.
    """

    def __init__(self, terms: Iterable[str], accounts: Iterable[str] = ()):
        words = sorted({each.encode() for term in terms for each in year_twins(term) if each})
        self._is_ascii = all(map(bytes.isascii, words))
        self._words = BytesAhoCorasick(words, implementation=Implementation.DFA) if words else None
        self._accounts = set(accounts)
        self._authors, self._records = IdSet(), IdSet()
        for account in self._accounts:
            self._authors.add(account)

    def maybe(self, raw: bytes) -> bool:
        """Whether the payload (one Jetstream frame, v1 or v2) may concern what is followed.

        A frame that is no event, or cannot be read, is left to the parser to count: yes.
        """
        try:
            frame = orjson.loads(raw)
            event = frame.get("payload", frame)
            commit = event.get("commit", event)  # v2 writes a commit's fields flat into the event
            collection = commit.get("collection")
            if collection in _ABOUT_POSTS:
                if commit["operation"] != "delete":
                    return commit["record"]["subject"]["uri"] in self._records
            elif collection == POST:
                return self._is_wanted(event["did"], commit)
            elif collection is None or collection == PROFILE:
                return event["did"] in self._authors
            return f"at://{event['did']}/{collection}/{commit['rkey']}" in self._records
        except (ValueError, AttributeError, KeyError, TypeError):
            return True

    def follow_post(self, post_id: str) -> None:
        """Follow what happens to a post, or to a like or repost whose removal must be noticed, by its ``at://`` URI."""
        self._records.add(post_id)

    def follow_author(self, author_id: str) -> None:
        """Follow an author's profile, handle and account events (not the author's other posts)."""
        self._authors.add(author_id)

    def _is_wanted(self, did: str, commit: Json) -> bool:
        """Whether a post, or the deletion of one, is followed, names what is followed or speaks of it.

        Written for speed: a record that is not as the lexicon says makes it raise, which counts as yes.
        """
        if did in self._accounts or f"at://{did}/{POST}/{commit['rkey']}" in self._records:
            return True
        record = commit.get("record")
        if record is None:
            return False
        written = [record.get("text", "")]
        for facet in record.get("facets") or ():
            for feature in facet.get("features") or ():
                if "tag" in feature:
                    written.append(feature["tag"])
                elif feature.get("did") in self._accounts:
                    return True
        written += record.get("tags") or ()
        return self._names_followed(record) or self._speaks_of_it("\n".join(written))

    def _names_followed(self, record: Json) -> bool:
        """Whether a post answers or quotes a followed one."""
        reply, embed = record.get("reply"), record.get("embed")
        if reply and (reply["parent"]["uri"] in self._records or reply["root"]["uri"] in self._records):
            return True
        quoted = embed.get("record") if embed else None
        return bool(quoted) and (quoted.get("uri") or quoted["record"]["uri"]) in self._records

    def _speaks_of_it(self, written: str) -> bool:
        if self._holds_word(written.encode().lower()):
            return True
        if written.isascii():
            return False
        if unicodedata.is_normalized("NFKC", written):
            # then only ß and its like still unfold to ASCII: folding the whole text would cost more than all the rest
            unfolds = not self._is_ascii or _UNFOLDING.search(written)
            return bool(unfolds) and self._holds_word(written.casefold().encode())
        # as keywords and facet tags are folded, and as tags in a text are: "#ＡＳＨ２６™" ends before the sign
        return any(self._holds_word(_folded(each)) for each in (written, _BESIDE_WORDS.sub(" ", written)))

    def _holds_word(self, lowered: bytes) -> bool:
        if self._words is None:
            return False
        hits = self._words.find_matches_as_indexes(lowered, overlapping=True)
        return bool(hits) and any(_stands_alone(lowered, start, end) for _, start, end in hits)


def _folded(written: str) -> bytes:
    return unicodedata.normalize("NFKC", written).casefold().encode()


def _stands_alone(lowered: bytes, start: int, end: int) -> bool:
    """Whether no ASCII letter or digit touches the hit."""
    if end < len(lowered) and lowered[end] in _WORD_BYTES:
        return False
    return start == 0 or lowered[start - 1] not in _WORD_BYTES
