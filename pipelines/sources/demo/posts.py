"""A post of the simulated world, before it becomes anybody's payload, with what is true of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from pipelines.model import MatchRule, PostKind
from pipelines.sources.demo.writing import Named


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a text: where it stands (characters, half-open), and where it leads."""

    start: int
    end: int
    url: str


@dataclass(frozen=True, slots=True)
class WorldPost:
    """One post.

    ``place`` is its index in the world, ``parent`` and ``root`` are the places of what it reposts, quotes or
    answers and of the post its conversation began with. ``rule`` says why it belongs to the congress (None: it
    does not). ``named`` are the abstracts its own words name. ``collected`` is False for what fell into the
    outage: it was posted, and no payload tells of it. ``note``: "adverse", "hostile", "before_embargo", "noise".
    """

    place: int
    at: datetime
    author: int
    platform: str
    kind: PostKind
    post_id: str
    text: str
    lang: str
    root: int
    parent: int | None = None
    links: tuple[Link, ...] = ()
    mentions: tuple[int, ...] = ()
    rule: MatchRule | None = None
    named: tuple[Named, ...] = ()
    burst: int | None = None
    note: str = ""
    likes: int = 0  # how many it will have had in the end
    collected: bool = True
