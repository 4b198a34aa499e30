"""Whether a post may tell of an adverse event: the four elements, each with the words that say it. Pure; no judgement.

An individual case has an identifiable patient, an identifiable reporter, a suspect product and a suspected reaction, or a
special situation (pregnancy, overdose, misuse, error, lack of effect, off-label use). Forwarding early asks for little, so a
product, somebody and something unwelcome are enough, and where somebody is certain the words for it may be weak. What speaks
of a study, of news, in general or in jest takes away. In doubt it goes to the queue: "possible adverse event, for human review".

Word lists and counting only (``signs``, ``weigh``); nothing is learned from anybody's posts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.desk.lexicon import LONGEST
from pipelines.desk.signs import Signs, Span, signs_of
from pipelines.desk.weigh import STUDY, WAITS, of_study, points_of, rules_told, tells_by_itself
from pipelines.model import ProductMention

Kind = Literal["individual", "trial"]
ELEMENTS = ("patient", "reporter", "product", "reaction")
KEPT = 6  # words kept of an element: enough to point at
TREATS = 0.5  # how much an "I" says of a patient where the author may treat some

_LAY = frozenset({None, "", "patient_advocate", "other", "unknown"})  # whose "I" is likely to be the patient
_NAMELESS = frozenset({"media", "pharma", "society", "institution"})  # who vouches for no case of their own
_RUMOUR = re.compile(
    r"\b(?:apparently|allegedly|rumou?r|saw a tiktok|no idea if|angeblich|supuestamente|parait que|dicen que|pare che|dizem que|schijnt)\b|据说|听说|らしい"
)


@dataclass(frozen=True, slots=True)
class Element:
    """One of the four elements: whether it is there, and the words with their places in the text."""

    name: str
    present: bool
    words: tuple[str, ...] = ()
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Assessment:
    """What a post may tell of. ``kind`` keeps trial data apart; ``special`` names a special situation's words.

    ``score`` counts the elements that are there, 0 to 4; it orders, and says nothing of likelihood. ``rules`` are those that
    counted, with their points.
    """

    kind: Kind
    products: tuple[str, ...]
    elements: tuple[Element, ...]
    special: Element
    score: int
    rules: tuple[str, ...] = ()


def assess(
    text: str,
    mentions: Sequence[ProductMention],
    author_role: str | None = None,
    lang: str | None = None,
    *,
    is_copy: bool = False,
) -> Assessment | None:
    """What a post may tell of, or None where it names no product, or nothing unwanted of anybody.

    Args:
        mentions: what the post names; only its products count. Where all are taken over from a post it answers, its own words
            must tell of somebody and something unwanted.
        author_role: what the author is known to be (``model.RoleName``), None where nothing is known.
        lang: the language the platform says it is in.
        is_copy: whether the text is a repost's copy, whose products are taken over with the words that name them.
    """
    named = [each for each in mentions if each.kind == "product"]
    if not named:
        return None
    text, lay = text[:LONGEST], author_role in _LAY
    signs = signs_of(text, [each.span for each in named if each.span[0] >= 0], lang, 1.0 if lay else TREATS)
    points = points_of(signs, lay, author_role in _NAMELESS)
    by_itself = is_copy or any(each.rule != "inherited" for each in named) or tells_by_itself(signs, lay)
    kind = _kind(signs, sum(points.values())) if by_itself else None
    if kind is None:
        return None
    elements = _elements(text, signs, named, author_role)
    return Assessment(
        kind,
        tuple(dict.fromkeys(each.name for each in named)),
        elements,
        _element("special", text, signs.spans("special")),
        sum(each.present for each in elements),
        tuple(rules_told(points)),
    )


def _kind(signs: Signs, points: float) -> Kind | None:
    if points >= WAITS:
        return "individual"
    return "trial" if signs.found.get("reaction") and of_study(signs) >= STUDY else None


def _elements(text: str, signs: Signs, named: Sequence[ProductMention], author_role: str | None) -> tuple[Element, ...]:
    lay = author_role in _LAY
    patient = signs.spans("kin", "patient", "someone") + (signs.spans("self") if lay or signs.taking else [])
    vouched = author_role not in _NAMELESS and bool(patient) and not _RUMOUR.search(signs.read)
    reporter = signs.spans("self")[:2] if vouched else []
    reaction = signs.spans("reaction", "felt", "lab") or signs.spans("harm")
    product = Element(
        "product", True, tuple(dict.fromkeys(each.evidence for each in named)), tuple(each.span for each in named)
    )
    return (
        _element("patient", text, patient + signs.spans("person")),
        Element("reporter", vouched, *_words(text, reporter)),
        product,
        _element("reaction", text, reaction),
    )


def _element(name: str, text: str, spans: Sequence[Span]) -> Element:
    return Element(name, bool(spans), *_words(text, spans))


def _words(text: str, spans: Sequence[Span]) -> tuple[tuple[str, ...], tuple[Span, ...]]:
    kept = tuple(_merged(spans))[:KEPT]
    return tuple(text[start:end] for start, end in kept), kept


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Spans in order, those that overlap as one: "my mom", not "my" and "my mom"."""
    kept: list[Span] = []
    for start, end in sorted(set(spans)):
        if kept and start < kept[-1][1]:
            kept[-1] = (kept[-1][0], max(end, kept[-1][1]))
        else:
            kept.append((start, end))
    return kept
