"""Whether a post may tell of an adverse event: the four elements, each with the words that say it. Pure; no judgement.

An individual case has an identifiable patient, an identifiable reporter, a suspect product and a suspected reaction, or a
special situation (pregnancy, overdose, misuse, error, lack of effect, off-label use). Forwarding early asks for product and
reaction alone, so a post with both goes to the queue unless something else explains it: study figures, an authority's or a
company's news, a question before any treatment, a joke. In doubt it goes to the queue: "possible adverse event, for human review".

Word lists and counting only; nothing is learned from posts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from pipelines.desk.figures import courses, of_many, of_one
from pipelines.desk.lexicon import LONGEST, Cue, cues, readable
from pipelines.model import ProductMention

Kind = Literal["individual", "trial"]
Span = tuple[int, int]
ELEMENTS = ("patient", "reporter", "product", "reaction")
KEPT = 6  # words kept of an element: enough to point at

_LAY = frozenset({None, "", "patient_advocate", "other", "unknown"})  # whose "I" is likely to be the patient
_NAMELESS = frozenset({"media", "pharma", "society", "institution"})  # who vouches for no case of their own
_DENIED = re.compile(
    r"(?:\b(?:no|not|not a|not a single|without|zero|never|nope|none|denies|nor|kein|keine|keinen|keinerlei|ohne|nie|nicht|sin|ningun|ninguna|nunca|sans|aucun|aucune|pas de|pas d'|ni|senza|nessun|nessuna|mai|sem|nenhum|nenhuma)"
    r"(?: (?:single|any|more|new|other|signs of|case of|severe|serious|major|real|of|the|a))*[ ]+|没有|没|无|未见|不)$"
)
_DENIED_LATER = re.compile(
    r"^[^.!?\n]{0,12}?(?:\b(?:is|are|was|were) (?:now )?(?:gone|better than)\b|: nope|もなく|もない|なし\b|ゼロ)"
)
_LISTED = re.compile(r"[, ]+(?:or|and|nor|oder|und|ni|ou|et|o|e|y)? ?$")
_RUMOUR = re.compile(
    r"\b(?:apparently|allegedly|rumou?r|saw a tiktok|no idea if|angeblich|supuestamente|parait que|dicen que|pare che|dizem que)\b|据说|听说|らしい"
)
_TAKING = re.compile(
    r"\b(?:i'?m on|i am on|i was on|i'?ve been on|i have been on|been on|i take|i took|i use|i used|i started|i start|i stopped|i quit|put me on|they put|gave me|made me|my (?:first|second|third|last|[0-9]+(?:st|nd|rd|th)) (?:dose|infusion|shot|injection|pen|cycle)|my .{0,20}story|ich nehme|ich nahm|tomo|tome|je prends|j'ai pris|j'ai arrete|prendo|ho preso|tomei|comecei|empece)\b"
)  # fmt: skip


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

    ``score`` counts the elements that are there, 0 to 4; it orders, and says nothing of likelihood.
    """

    kind: Kind
    products: tuple[str, ...]
    elements: tuple[Element, ...]
    special: Element
    score: int


@dataclass(frozen=True, slots=True)
class _Signs:
    """What stands in a text, sorted by what it says."""

    found: dict[str, list[Span]]
    many: float
    many_spans: list[Span]
    lay: bool
    taking: bool

    def spans(self, *kinds: str) -> list[Span]:
        return [span for kind in kinds for span in self.found.get(kind, ())]

    @property
    def is_well(self) -> bool:
        """Whether somebody is said to be well, and nothing speaks against it."""
        return self.has("benefit") and not self.has("harm")

    def has(self, kind: str) -> bool:
        return bool(self.found.get(kind))

    @property
    def one(self) -> int:
        """How much is said of one person."""
        strong = len(set(self.found.get("patient", ())))
        told = 3 + min(strong, 3) if strong else 0
        told += (3 if self.lay else 1) if self.has("self") else 0
        told += 2 if self.taking else 0
        told += min(len(self.found.get("person", ())), 2)
        return told + min(len(self.found.get("time", ())), 2)

    @property
    def personal(self) -> int:
        """The same without the course of time, of which studies tell too."""
        return self.one - min(len(self.found.get("time", ())), 2)

    @property
    def of_study(self) -> float:
        """How much is said of a study."""
        return self.many + bool(self.many) + min(len(set(self.found.get("trial", ()))), 5)


def assess(
    text: str, mentions: Sequence[ProductMention], author_role: str | None = None, lang: str | None = None
) -> Assessment | None:
    """What a post may tell of, or None where it names no product, or nothing unwanted of anybody.

    Args:
        mentions: what the post names; only its products count.
        author_role: what the author is known to be (``model.RoleName``), None where nothing is known.
        lang: the language the platform says it is in.
    """
    named = [each for each in mentions if each.kind == "product"]
    if not named:
        return None
    text = text[:LONGEST]
    signs = _signs(text, [each.span for each in named if each.span[0] >= 0], author_role, lang)
    kind = _kind(signs)
    if kind is None:
        return None
    elements = _elements(text, signs, named, author_role)
    score = sum(each.present for each in elements)
    return Assessment(
        kind,
        tuple(dict.fromkeys(each.name for each in named)),
        elements,
        _element("special", text, signs.spans("special")),
        score,
    )


def _signs(text: str, products: Sequence[Span], author_role: str | None, lang: str | None) -> _Signs:
    read = readable(text)
    found: dict[str, list[Span]] = {}
    for cue in _longest(cues(text, read, lang)):
        if cue.kind == "reaction" and _is_denied(read, cue):
            found.setdefault("denied", []).append((cue.start, cue.end))
        elif not any(start < cue.end and cue.start < end for start, end in products):
            found.setdefault(cue.kind, []).append((cue.start, cue.end))
    found.setdefault("patient", []).extend(of_one(read))
    found.setdefault("time", []).extend(courses(read))
    many, spans = of_many(read)
    return _Signs(found, many, spans, author_role in _LAY, bool(_TAKING.search(read)))


def _longest(found: Iterable[Cue]) -> list[Cue]:
    """Of each kind, the terms that stand inside no other."""
    kept: dict[str, Cue] = {}
    chosen = []
    for cue in sorted(set(found), key=lambda each: (each.start, -each.end)):
        last = kept.get(cue.kind)
        if last is None or cue.end > last.end:
            kept[cue.kind] = cue
            chosen.append(cue)
    return chosen


def _is_denied(read: str, cue: Cue) -> bool:
    """Whether a reaction is said not to be there: "no rash", also further down a list; "the cough is gone"."""
    before = read[max(0, cue.start - 60) : cue.start]
    if _DENIED.search(before[-34:]):
        return True
    return bool(_DENIED_LATER.search(read[cue.end : cue.end + 30]))


def _kind(signs: _Signs) -> Kind | None:
    """In doubt ``individual``; each rule takes away what something else explains."""
    told, study = signs.one, signs.of_study
    reaction = signs.has("reaction") or signs.has("special")
    apart: Kind | None = "trial" if signs.has("reaction") else None
    if study >= 3 and study > told:
        return apart
    if signs.has("news") and signs.personal < (4 if len(signs.spans("news")) > 1 else 1):
        return None
    if reaction:
        return _with_reaction(signs, told, study, apart)
    if (signs.has("logistics") and told < 4) or signs.has("denied") or signs.is_well:
        return None
    if study and study >= told - 3:  # talk of a congress: only who says much of one person waits without a reaction
        return None
    if signs.has("harm"):
        waits = (told > 0 and told + len(signs.spans("harm")) >= 3) or signs.lay
        return "individual" if waits and not _explained(signs, told) else None
    # somebody on the product, in words that no list holds
    return "individual" if told >= (3 if signs.lay else 4) and not _explained(signs, told) else None


def _with_reaction(signs: _Signs, told: int, study: float, apart: Kind | None) -> Kind | None:
    in_general = signs.has("general") and not signs.has("special")
    if (told == 0 and (study or in_general)) or (study >= 2 and study > told):
        return apart
    return None if _explained(signs, told) else "individual"


def _explained(signs: _Signs, told: int) -> bool:
    """Whether it is about what is to come, or a figure of speech, and nobody stands out."""
    return (signs.has("future") and told < (4 if signs.lay else 2)) or (
        signs.has("figure") and told < (3 if signs.lay else 2)
    )


def _elements(
    text: str, signs: _Signs, named: Sequence[ProductMention], author_role: str | None
) -> tuple[Element, ...]:
    patient = (
        signs.spans("patient") + (signs.spans("self") if signs.lay or signs.taking else []) + signs.spans("person")
    )
    rumour = bool(_RUMOUR.search(readable(text)))
    vouched = author_role not in _NAMELESS and not rumour and signs.one > 0
    reporter = signs.spans("self")[:2] if vouched else []
    reaction = signs.spans("reaction") or signs.spans("harm")
    product = Element(
        "product", True, tuple(dict.fromkeys(each.evidence for each in named)), tuple(each.span for each in named)
    )
    return (
        _element("patient", text, patient),
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
