"""What a report is made of: tiles, facts, tables, figures, cards, in words that are ready to be laid out. Pure."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from pipelines.recap.figures import account, count, moment
from pipelines.recap.model import PostRow, Recap
from pipelines.recap.strokes import Spec

LONGEST_POST = 1_400  # characters; a longer one is not cut but linked to

TOPICS = {
    "kpis": "Key figures", "volume": "Volume over time", "days": "Day by day", "roles": "Who took part", "voices": "HCP voices",
    "abstracts": "Abstracts", "share": "Share of voice", "topics": "Topics", "posts": "Notable posts", "questions": "Questions",
    "method": "Method and coverage",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure with its definition and its change."""

    label: str
    figure: str
    change: str
    before: str
    definition: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A finding, with its parts and the section that shows it."""

    text: str
    parts: str
    caveat: str
    section: str
    shown_in: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A table cell: a strong first line or link, and a quiet second one."""

    text: str
    quiet: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A table column; ``weight`` is its part of the width, 0 for as narrow as its figures."""

    title: str
    right: bool = False
    weight: float = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table; ``note`` says what is left out of it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    kind: str = "table"


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart by name, its words for those who do not see it, a caption, and its figures where no table beside it has them."""

    name: str
    alt: str
    caption: str
    data: Table | None = None
    kind: str = "figure"


@dataclass(frozen=True, slots=True)
class Card:
    """A post in full, or where to read it."""

    name: str
    handle: str
    when: str
    text: str
    instead: str  # why the text does not stand here
    url: str
    foot: str
    rtl: bool


@dataclass(frozen=True, slots=True)
class Cards:
    """Posts beside one another."""

    title: str
    cards: tuple[Card, ...]
    kind: str = "cards"


@dataclass(frozen=True, slots=True)
class Words:
    """A titled list of sentences."""

    title: str
    lines: tuple[str, ...]
    kind: str = "words"


Block = Table | Figure | Cards | Words


@dataclass(frozen=True, slots=True)
class Part:
    """A section: its topic, a sentence as its title, and what stands under it."""

    key: str
    topic: str
    title: str
    caveat: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All that is laid out, in order of reading."""

    title: str
    subtitle: str
    as_of: str
    source: str
    origin: str
    coverage: str
    simulated: bool
    tiles: tuple[Tile, ...]
    before: str  # the congress compared with
    facts: tuple[Fact, ...]
    parts: tuple[Part, ...]
    charts: dict[str, Spec]


def card(recap: Recap, post: PostRow) -> Card:
    """A post as its platform wants it shown: name, handle, time, link, and the text whole or not at all."""
    instead = ""
    if not post.text:
        instead = "The text does not stand in this report: read it where it was posted."
    elif len(post.text) > LONGEST_POST:
        instead = f"A post of {count(len(post.text))} characters: read it whole where it was posted."
    marked = [f"names {', '.join(post.abstracts)}"] if post.abstracts else []
    return Card(
        name=post.author_name or post.handle,
        handle=account(post.handle, post.platform),
        when=moment(recap.provenance, post.created_at),
        text="" if instead else post.text,
        instead=instead,
        url=post.url,
        foot=" · ".join([f"{count(post.engagement_count)} engagements", *marked]),
        rtl=reads_leftward(post.text),
    )


def reads_leftward(text: str) -> bool:
    """Whether the first letter with a direction belongs to a script written from right to left."""
    directions = (unicodedata.bidirectional(each) for each in text)
    return next((each for each in directions if each in ("L", "R", "AL")), "L") != "L"
