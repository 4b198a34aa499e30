"""A possible adverse event as it is kept: which post, what of it says so, and under which name. Pure.

A case belongs to a post for good: reposts count on it and make none of their own, and a repost whose original is not at
hand makes the original's. Its id is a hash of congress, platform and post, so that a second run finds the same case.

**When the post goes** (deleted, withheld, forgotten on request, end of retention) its words go from the case and from all
decisions on it: text, marked words, comments and the author's id. What stays is what shows that the duty was done: case
number and id, post id, product, times, decisions with who and when, the safety database's reference, and a SHA-256 of the
text. A company that must keep more keeps it in its safety database, where the case was forwarded to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pipelines.desk.misspelt import Misspelt
from pipelines.desk.triage import Assessment, Kind, assess
from pipelines.model import Post, ProductMention


@dataclass(frozen=True, slots=True)
class Case:
    """What was read out of a post. ``read_from`` is the post whose words were read: the post itself, or a repost of it.

    ``elements`` is JSON: by element, ``present``, ``words`` and ``spans`` (half-open, in characters of the text).
    ``author_id`` is None while only a repost is known.
    """

    case_id: str
    congress_id: str
    platform: str
    post_id: str
    read_from: str
    author_id: str | None
    revision: str
    created_at: datetime
    kind: Kind
    product: str
    elements: str
    special: bool
    score: int
    text_hash: str


def case_of(
    post: Post, congress_id: str, named: Sequence[ProductMention], misspelt: Misspelt | None, role: str | None
) -> Case | None:
    """What a post may tell of, or None. ``named`` is what it names; without a product, ``misspelt`` looks for near names."""
    if not any(each.kind == "product" for each in named):
        named = misspelt.mentions(post) if misspelt else ()
    is_repost = bool(post.repost_of_id)
    found = assess(post.text, named, None if is_repost else role, post.lang, is_copy=is_repost)
    if found is None:
        return None
    post_id = post.repost_of_id or post.post_id
    return Case(
        case_id=case_id_of(congress_id, post.platform, post_id),
        congress_id=congress_id,
        platform=post.platform,
        post_id=post_id,
        read_from=post.post_id,
        author_id=None if post.repost_of_id else post.author_id,
        revision=post.revision,
        created_at=post.created_at,
        kind=found.kind,
        product=", ".join(found.products),
        elements=elements_text(found),
        special=found.special.present,
        score=found.score,
        text_hash=text_hash_of(post.text),
    )


def case_id_of(congress_id: str, platform: str, post_id: str) -> str:
    """The name of a case, the same in every run."""
    return hashlib.sha256("\x00".join((congress_id, platform, post_id)).encode()).hexdigest()[:16]


def text_hash_of(text: str) -> str:
    """SHA-256 of a text without regard to case and blanks, by which copies are known."""
    return hashlib.sha256(" ".join(text.casefold().split()).encode()).hexdigest()


def elements_text(found: Assessment) -> str:
    """The elements, the special situation and the rules with their points as JSON."""
    parts = (*found.elements, found.special)
    said = {each.name: {"present": each.present, "words": each.words, "spans": each.spans} for each in parts}
    said["rules"] = {"present": bool(found.rules), "words": found.rules, "spans": ()}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def elements_of(text: str) -> Mapping[str, Mapping[str, Any]]:
    """What ``elements_text`` wrote; nothing where the words are gone."""
    return json.loads(text) if text else {}
