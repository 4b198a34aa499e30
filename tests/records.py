"""Records for tests, with just the fields a test is about."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pipelines.congresses import Congress
from pipelines.model import Author, Match, Post, Role

# one congress as congresses.yaml writes it; keys may be added behind it
YAML = """\
congresses:
  ash-2026:
    name: ASH 2026
    society: American Society of Hematology
    city: New Orleans
    timezone: America/Chicago
    starts_on: 2026-12-12
    ends_on: 2026-12-15
    hashtags: [ASH26]
"""
NOON = datetime(2026, 12, 12, 18)  # 12:00 in New Orleans


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def congress(**fields: Any) -> Congress:
    given = {
        "id": "ash-2026",
        "name": "ASH 2026",
        "society": "ASH",
        "city": "New Orleans",
        "timezone": "America/Chicago",
        "starts_on": "2026-12-12",
        "ends_on": "2026-12-15",
        "hashtags": ("ASH26",),
        **fields,
    }
    return Congress.model_validate(given)


def post(post_id: str = "1", **fields: Any) -> Post:
    given: dict[str, Any] = {
        "platform": "x",
        "post_id": post_id,
        "revision": post_id.zfill(20),
        "author_id": "a1",
        "text": "Plenary time #ASH26",
        "created_at": at(0),
        "retrieved_at": at(1),
        "hashtags": ("ash26",),
        **fields,
    }
    return Post(**given)


def match(of: Post, **fields: Any) -> Match:
    given: dict[str, Any] = {
        "platform": of.platform,
        "post_id": of.post_id,
        "congress_id": "ash-2026",
        "rule": "hashtag",
        "term": "ash26",
        "terms": ("hashtag:ash26",),
        **fields,
    }
    return Match(**given)


def author(author_id: str = "a1", **fields: Any) -> Author:
    return Author(**{"platform": "x", "author_id": author_id, "seen_at": at(0), "handle": f"h_{author_id}", **fields})


def role(author_id: str = "a1", name: str = "hcp", **fields: Any) -> Role:
    given: dict[str, Any] = {
        "platform": "x",
        "author_id": author_id,
        "role": name,
        "confidence": "strict",
        "evidence": ("MD",),
        "decided_at": at(0),
        **fields,
    }
    return Role(**given)
