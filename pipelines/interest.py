"""What of the whole Bluesky network may matter, asked of raw bytes before their JSON is parsed.

Of 400 events a second a handful concern a congress. ``Interest`` never says no to a payload that would match: it
says yes too often rather than once too seldom. Posts are searched for the followed words; everything else (likes,
reposts, deletions, accounts) is looked up among the records and authors already followed.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

import orjson
from ahocorasick_rs import BytesAhoCorasick, Implementation

from pipelines.hashtags import year_twins

_PROFILE = "app.bsky.actor.profile"
_IS_POST = b'app.bsky.feed.post"'  # with its closing quote a collection; in a subject's URI a "/" follows
_POST_PATH = b"app.bsky.feed.post/"
_VALUE = re.compile(rb'\s*:\s*"([^"]*)"')
# Go writes & < > and the line separators as \uXXXX, as every writer does with control characters: none of them can
# spell a word. Any other \uXXXX may hide one, and "\/" a URI.
_HIDING = re.compile(rb"\\(?:/|u(?!0026|003[cCeE]|202[89]|00[01]))")
_TWO_WAYS = re.compile(r'[\x00-\x1f"\\/&<>\u2028\u2029]')  # what JSON may write in two ways
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
        spellings = {each for term in terms for each in year_twins(term)}
        words = sorted({piece.encode() for each in spellings if (piece := _longest_piece(each))})
        self._is_ascii = all(map(bytes.isascii, words))
        self._words = BytesAhoCorasick(words, implementation=Implementation.DFA) if words else None
        self._accounts = {account.encode() for account in accounts}
        self._authors = set(self._accounts)
        self._records: set[bytes] = set()

    def maybe(self, raw: bytes) -> bool:
        """Whether the payload (one Jetstream frame, v1 or v2) may concern what is followed."""
        if b"\\" in raw and _HIDING.search(raw):
            try:
                raw = orjson.dumps(orjson.loads(raw))  # the same JSON, spelled plainly
            except ValueError:
                return True  # for the parser to count as unreadable
        if _IS_POST in raw and self._speaks_of_it(raw):
            return True
        return self._is_followed_record(raw) or self._is_author_news(raw)

    def follow_post(self, post_id: str) -> None:
        """Follow what happens to a post, or to a like or repost whose removal must be noticed, by its ``at://`` URI.

        Only the record key is kept (about 100 bytes): keys are time-stamps to the microsecond with a clock id, so
        two records seldom share one, and a false yes is harmless.
        """
        self._records.add(post_id.rpartition("/")[2].encode())

    def follow_author(self, author_id: str) -> None:
        """Follow an author's profile, handle and account events (not the author's other posts)."""
        self._authors.add(author_id.encode())

    def _speaks_of_it(self, raw: bytes) -> bool:
        if self._accounts and _holds_value(raw, b'"did"', self._accounts):
            return True
        record = raw[raw.find(b'"record"') :]  # the first one is the commit's own or stands before it
        if self._holds_word(record.lower()):
            return True
        if record.isascii():
            return False
        text = record.decode(errors="replace")
        if unicodedata.is_normalized("NFKC", text):
            # then only ß and its like still unfold to ASCII: folding the whole text would cost more than all the rest
            unfolds = not self._is_ascii or _UNFOLDING.search(text)
            return bool(unfolds) and self._holds_word(text.casefold().encode())
        # as keywords and facet tags are folded, and as tags in a text are: "#ＡＳＨ２６™" ends before the sign
        return any(self._holds_word(_folded(each)) for each in (text, _BESIDE_WORDS.sub(" ", text)))

    def _holds_word(self, lowered: bytes) -> bool:
        if self._words is None:
            return False
        hits = self._words.find_matches_as_indexes(lowered, overlapping=True)
        return bool(hits) and any(_stands_alone(lowered, start, end) for _, start, end in hits)

    def _is_followed_record(self, raw: bytes) -> bool:
        records = self._records
        at = raw.find(_POST_PATH)
        while at >= 0:  # subject, parent, root, quoted post
            at += len(_POST_PATH)
            if raw[at : raw.find(b'"', at)] in records:
                return True
            at = raw.find(_POST_PATH, at)
        # every "rkey", since a record may hold one of its own before the commit's
        return _holds_value(raw, b'"rkey"', records)

    def _is_author_news(self, raw: bytes) -> bool:
        """Whether a followed author's profile, handle or account changed, and not merely a like of theirs came in."""
        return _holds_value(raw, b'"did"', self._authors) and _collection(raw) in (None, _PROFILE)


def _holds_value(raw: bytes, key: bytes, values: set[bytes]) -> bool:
    """Whether any ``key`` in the JSON has one of ``values`` (strings)."""
    at = raw.find(key)
    while at >= 0:
        at += len(key)
        if raw[at : at + 2] == b':"':
            value = raw[at + 2 : raw.find(b'"', at + 2)]
        else:
            spaced = _VALUE.match(raw, at)
            value = spaced[1] if spaced else b""
        if value in values:
            return True
        at = raw.find(key, at)
    return False


def _longest_piece(term: str) -> str:
    """The longest part of a folded term that JSON writes in one way only."""
    return max((piece.strip() for piece in _TWO_WAYS.split(term)), key=len)


def _folded(text: str) -> bytes:
    return unicodedata.normalize("NFKC", text).casefold().encode()


def _stands_alone(lowered: bytes, start: int, end: int) -> bool:
    """Whether no ASCII letter or digit touches the hit; the ``n`` of ``\\n`` and the ``e`` of ``\\u003e`` are none."""
    if end < len(lowered) and lowered[end] in _WORD_BYTES:
        return False
    if start == 0 or lowered[start - 1] not in _WORD_BYTES:
        return True
    return lowered[start - 2 : start - 1] == b"\\" or lowered[start - 6 : start - 4] == b"\\u"


def _collection(raw: bytes) -> str | None:
    """The collection of a commit of either shape; ``None`` for anything else, unreadable payloads included."""
    try:
        frame = orjson.loads(raw)
        event = frame.get("payload", frame)
        return event.get("commit", event).get("collection")
    except (ValueError, AttributeError):
        return None
