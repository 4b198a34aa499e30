"""What stands in a text, sorted by what it says, each with its place. Pure; ``weigh`` says what comes of it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipelines.desk.elsewhere import feared, only_asked, other_causes, rose, taken_for
from pipelines.desk.figures import courses, labs, of_many, of_one
from pipelines.desk.lexicon import Cue, cues, readable
from pipelines.desk.turns import blamed_not, early_places, is_denied, is_nobody, is_over, tallies

Span = tuple[int, int]
FELT_WITHIN = 28  # characters between a part of the body and what is wrong with it
LOOKED_AT = 60  # places of a kind that are set against another kind's: the longest post must not take seconds
RATE_WITHIN = 22  # characters between a reaction and the share of people who had it

_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|[\n。！？;；]+")
_TAKING = re.compile(
    r"\b(?:i'?m on|i am on|i was on|i'?ve been on|i have been on|been on|i take|i took|i use|i used|i started|i start|i stopped|i quit|put me on|they put|gave me|made me|my (?:first|second|third|last|[0-9]+(?:st|nd|rd|th)) (?:dose|infusion|shot|injection|pen|cycle)|my .{0,20}story|ich nehme|ich nahm|tomo|tome|je prends|j'ai pris|j'ai arrete|prendo|ho preso|tomei|comecei|empece|ik gebruik|ik slik|ik kreeg)\b"
)  # fmt: skip
_UNWANTED = ("reaction", "felt", "special")
_SOMEBODY = ("patient", "kin", "someone", "self", "person")
_TOLD = (
    *_SOMEBODY, "reaction", "felt", "lab", "care", "special", "harm", "trial", "study", "many", "news", "general", "figure",
)  # fmt: skip
_SHARES = re.compile(r"\$[a-z]{2,5}\b")  # of a company, on the stock market
_ASKED = re.compile(r"[?？]")


@dataclass(frozen=True, slots=True)
class Signs:
    """The places of each kind of sign. ``many`` is how much is said of many at once; ``story`` how much one sentence says of
    one person and of something unwanted, less what it says of a study.

    ``asked_about`` says that all that is unwanted stands in questions without a person; ``in_jest``, that it stands in sentences
    with a figure of speech.

    ``found`` holds the kinds of the word lists and: ``denied`` (a reaction said not to be there), ``felt`` (a part of the body
    and what is wrong with it), ``lab`` (a measured value), ``rate`` (a reaction and a share), ``tally`` (a reaction and how many
    had it), ``earlier`` (what a sentence puts before the medicine; it counts as nothing else), ``feared`` (a reaction that may
    come), ``elsewhere`` (another cause), ``rose`` (a value that got better).
    """

    read: str
    found: dict[str, list[Span]]
    many: float
    many_spans: list[Span]
    taking: bool
    asked: bool
    story: float
    in_study: bool
    in_jest: bool
    asked_about: bool

    def spans(self, *kinds: str) -> list[Span]:
        """The places of these kinds."""
        return [span for kind in kinds for span in self.found.get(kind, ())]

    def count(self, *kinds: str) -> int:
        """How many different places hold these kinds."""
        return sum(len(self.found.get(kind, ())) for kind in kinds)


def signs_of(text: str, products: Sequence[Span], lang: str | None, first_person: float) -> Signs:
    """The signs in ``text``.

    Args:
        products: where products are named; a product's name is no sign of anything else.
        first_person: how much an "I" says of a patient: 1 where the author may be one, less where they treat some.
    """
    read = readable(text)
    found: dict[str, list[Span]] = {}
    for cue in _longest(cues(text, read, lang)):
        if (cue.kind == "reaction" and is_denied(read, cue.start, cue.end)) or (
            cue.kind == "complaint" and is_over(read, cue.start)
        ):
            found.setdefault("denied", []).append((cue.start, cue.end))
        elif cue.kind == "someone" and is_nobody(read, cue.start):
            continue
        elif not products or not any(start < cue.end and cue.start < end for start, end in products):
            found.setdefault(cue.kind, []).append((cue.start, cue.end))
    if "$" in read:
        found.setdefault("figure", []).extend(each.span() for each in _SHARES.finditer(read))
    many, many_spans, shares = of_many(read)
    cuts = [each.end() for each in _SENTENCE.finditer(read)]
    found.setdefault("cleared", []).extend(blamed_not(read, products))
    _take_back(found)
    _belongs_elsewhere(read, found, products)
    _set_apart(found, early_places(read, products, found.get("early", ())), cuts)
    found["patient"] = list({*found.get("patient", ()), *of_one(read)})
    found["time"] = list({*found.get("time", ()), *courses(read)})
    better = found["rose"] = list(rose(read))
    found["lab"] = [(a, b) for a, b in labs(read) if not any(start < b and a < end for start, end in better)]
    felt = _felt(found.get("body", [])[:LOOKED_AT], found.get("complaint", [])[:LOOKED_AT], cuts)
    found["felt"] = [each for each in felt if each not in found.get("denied", ())]
    found["tally"] = tallies(read, found.get("reaction", [])[:LOOKED_AT], found["lab"])
    found["rate"] = _rates(found.get("reaction", [])[:LOOKED_AT], shares[:LOOKED_AT])
    unwanted = [span for kind in ("reaction", "felt", "lab", "special") for span in found.get(kind, ())]
    persons = (span for kind in ("kin", "patient", "someone") for span in found.get(kind, ()))
    asked = bool(_ASKED.search(read))
    return Signs(
        read, found, many, many_spans, bool(_TAKING.search(read)), asked, *_story(found, many_spans, cuts, first_person),
        asked and only_asked(read, unwanted, persons, cuts),
    )  # fmt: skip


def _belongs_elsewhere(read: str, found: dict[str, list[Span]], products: Sequence[Span]) -> None:
    """Sets apart the reactions that are feared or what the medicine is for, and finds other causes."""
    reactions = found.get("reaction", [])[:LOOKED_AT]
    found["elsewhere"] = list(
        other_causes(read, found.get("other", ())[:LOOKED_AT], found.get("proved", ()), reactions)
    )
    found["feared"] = feared(read, found.get("fear", ())[:LOOKED_AT], reactions)
    apart = {*found["feared"], *taken_for(read, products[:LOOKED_AT], reactions)}
    if apart:
        found["reaction"] = [span for span in found["reaction"] if span not in apart]


def _take_back(found: dict[str, list[Span]]) -> None:
    """What stands inside a denial or a harmless word says nothing else: "sick" in "never been sick", "dermat" in a dermatologist."""
    inside = found["cleared"] + found.get("denied", []) + found.get("harmless", [])
    for kind in ("reaction", "special", "complaint", "harm", "body") if inside else ():
        found[kind] = _outside(found.get(kind, ()), inside)
    for kind in ("complaint", "harm", "care") if found.get("benefit") else ():  # the scan of a clear scan
        found[kind] = _outside(found.get(kind, ()), found["benefit"])
    if found.get("figure"):  # "my wallet" is nobody
        found["self"] = _outside(found.get("self", ()), found["figure"])


def _outside(spans: Iterable[Span], inside: Sequence[Span]) -> list[Span]:
    return [(a, b) for a, b in spans if not any(start <= a and b <= end for start, end in inside)]


def _set_apart(found: dict[str, list[Span]], early: Sequence[int], cuts: Sequence[int]) -> None:
    """What is unwanted in a sentence that speaks of the time before the medicine becomes ``earlier``."""
    told = {bisect_right(cuts, each) for each in early}
    for kind in ("reaction", "body", "complaint", "harm", "care") if told else ():
        before = [span for span in found.get(kind, ()) if bisect_right(cuts, span[0]) in told]
        if before:
            found[kind] = [span for span in found[kind] if span not in before]
            found.setdefault("earlier", []).extend(before)


def _felt(body: Iterable[Span], complaints: Iterable[Span], cuts: Sequence[int]) -> list[Span]:
    """ "my feet feel like glass": a part of the body and a complaint close by in one sentence."""
    found = []
    for start, end in body:
        for first, last in complaints:
            apart = max(first - end, start - last)
            if 0 <= apart <= FELT_WITHIN and bisect_right(cuts, start) == bisect_right(cuts, first):
                found.append((min(start, first), max(end, last)))
                break
    return found


def _rates(reactions: Iterable[Span], shares: Sequence[Span]) -> list[Span]:
    """ "vomiting 24 %": a reaction and a share of people close by."""
    found = []
    for start, end in reactions:
        for first, last in shares:
            if max(first - end, start - last) <= RATE_WITHIN:
                found.append((min(start, first), max(end, last)))
                break
    return found


def _story(
    found: dict[str, list[Span]], many: Iterable[Span], cuts: Sequence[int], first_person: float
) -> tuple[float, bool, bool]:
    """The best of the sentences, -3 at least, 8 at most; whether one tells of somebody within a study, and one in jest."""
    told: list[dict[str, int]] = [{} for _ in range(len(cuts) + 1)]
    for kind in _TOLD:
        for start, _ in many if kind == "many" else found.get(kind, ()):
            sentence = told[bisect_right(cuts, start)]
            sentence[kind] = sentence.get(kind, 0) + 1
    in_study = any(
        "study" in each and ("someone" in each or "patient" in each) and "self" not in each and "kin" not in each
        for each in told
    )
    unwanted = [each for each in told if not each.keys().isdisjoint(_UNWANTED)]
    in_jest = bool(unwanted) and all("figure" in each for each in unwanted)
    return max(-3.0, *(_sentence(each, first_person) for each in told)), in_study, in_jest


def _sentence(has: dict[str, int], first_person: float) -> float:
    get = has.get
    study = get("trial", 0) + get("study", 0) + 1.5 * get("many", 0) + get("news", 0) + 0.5 * get("general", 0)
    if has.keys().isdisjoint(_SOMEBODY):
        return -study
    person = (
        2 * min(get("patient", 0) + get("kin", 0), 2)
        + min(get("someone", 0), 1)
        + min(get("self", 0), 2) * first_person
    )
    person += min(get("person", 0), 2) * 0.5
    bad = 2 * min(get("reaction", 0), 2) + 2 * min(get("felt", 0) + get("lab", 0), 1) + min(get("care", 0), 2)
    bad += 2 * min(get("special", 0), 1) + min(get("harm", 0), 2) * 0.5
    return (min(person, 4) + min(bad, 4) if person and bad else 0) - study


def _longest(found: Iterable[Cue]) -> list[Cue]:
    """Of each kind, the terms that stand inside no other."""
    reached: dict[str, int] = {}
    chosen = []
    for cue in sorted(set(found), key=_by_place):
        if cue.end > reached.get(cue.kind, -1):
            reached[cue.kind] = cue.end
            chosen.append(cue)
    return chosen


def _by_place(cue: Cue) -> tuple[int, int]:
    return cue.start, -cue.end
