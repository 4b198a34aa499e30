"""Turns that say something unwanted belongs elsewhere: feared or prevented, what the medicine is taken for, another cause,
a value that rose to the better, only asked about. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]
FEARED_WITHIN = 24  # characters between "scared of" and what is feared
TAKEN_FOR_WITHIN = 26  # characters between a product and the disease it is taken for
CAUSE_WITHIN = 40  # characters after "turned out to be" that name the cause
STOPPED_WITHIN = 60  # characters before the product where "off" or "stopped" may stand

_END = re.compile(r"[.!?\n。！？;；]")
_STOPPED = re.compile(
    r"\b(?:stop\w*|held|hold\w*|off|paus\w*|pull\w*|discontinu\w*|quit|admit\w*|hospital\w*|abgesetzt|pausiert|gestopt|arret\w*|suspend\w*|sospes\w*|parar|parou|dej\w+)\b"
)
_TAKEN_FOR = re.compile(
    r"^ ?(?:for|fur|gegen|bei|para|contra|pour|contre|per|contro|voor|tegen) (?:my |her |his |the |a |meine |la |el |le |mon |ma |mijn |minha |sua )?(?:[\w-]+ )?$"
)
# "it was just the", before what is no medicine
_PUT_DOWN = re.compile(
    r"(?:\b(?:it|that|this|which|the \w+|(?:her|his|my) \w+|nausea|fever|rash|headache|cough|dyspnea)(?: was| were|'s| is) "
    r"(?:just |only |actually |all |probably |in fact |from |due to |caused by |the |a |an |her |his |my )*"
    r"|\b(?:positive for|confirmed|positiv auf|positiv[oa] (?:a|para|en)|positif (?:au?|pour)|positief (?:op|voor)) (?:as |the )?"
    r"|\b(?:culprit|cause|to blame)(?: was|:| is)? (?:the |a |her |his |my |an )?"
    r"|\b(?:war(?:'s|en)?|lag) (?:es |das |dann |doch |nur |aber |einfach |am |an der |an den |die |der |das |ein |eine )*"
    r"|\b(?:era|fue|eran) (?:solo |so |apenas |por |a |o |la |el |il |l'|un |una |uma |um |culpa de |da |do |del |della )*"
    r"|\b(?:c'etait|etait|c'est) (?:en fait |juste |simplement |seulement |la |le |une |un |du |au |a la )*"
    r"|\b(?:was|kwam) (?:gewoon |toch |door |de |het |een |van )*"
    r"|(?:結局|実は|ただの|原因は).{0,6}|(?:原来|结果|其实|最后|查出来|就)(?:是|只是).{0,4})$"
)
_ROSE = re.compile(
    r"\b(?:ef|lvef|fevi?|hb|hgb|plts?|platelets?|fev1|sdmt|egfr|vision|bcva) (?:from |of |von |de |was |van |di |da )*(?P<before>\d{1,3}(?:[.,]\d+)?) ?%? ?(?:->|→|➡|to|auf|a|naar|>|up to|then|now|ad|para) ?(?P<after>\d{1,3}(?:[.,]\d+)?)"
)


def feared(read: str, terms: Iterable[Span], reactions: Sequence[Span]) -> list[Span]:
    """Reactions that are feared, prevented or looked out for, not told of: "scared of the runs", "to avoid sepsis"."""
    return [
        (start, end)
        for _, last in terms
        for start, end in reactions
        if 0 <= start - last <= FEARED_WITHIN and not _END.search(read, last, start)
    ]


def taken_for(read: str, products: Iterable[Span], reactions: Sequence[Span]) -> list[Span]:
    """Diseases a product is taken for: "Rinvoq for colitis"; not "off Keytruda for colitis"."""
    return [
        (start, end)
        for _, last in products
        for start, end in reactions
        if 0 < start - last <= TAKEN_FOR_WITHIN
        and _TAKEN_FOR.match(read[last:start])
        and not _STOPPED.search(read[max(0, last - STOPPED_WITHIN) : last])
    ]


def other_causes(
    read: str, others: Iterable[Span], proved: Iterable[Span], reactions: Sequence[Span]
) -> Iterator[Span]:
    """Where something unwanted is put down to what is no medicine: "it was flu", "turned out to be a frayed carpet".

    Args:
        others: terms of what is no medicine: flu, covid.
        proved: "turned out to be"; it counts only where no reaction follows.
    """
    others = list(others)
    for start, end in others:
        if _PUT_DOWN.search(read[max(0, start - CAUSE_WITHIN) : start]):
            yield start, end
    for start, end in proved:
        after = [each for each in reactions if end <= each[0] <= end + CAUSE_WITHIN]
        if all(any(a < last and first < b for first, last in others) for a, b in after):
            yield start, end


def rose(read: str) -> Iterator[Span]:
    """Values that are the better the higher, and rose: "EF 22 → 48"."""
    for each in _ROSE.finditer(read):
        if float(each["before"].replace(",", ".")) < float(each["after"].replace(",", ".")):
            yield each.span()


def only_asked(read: str, unwanted: Iterable[Span], persons: Iterable[Span], cuts: Sequence[int]) -> bool:
    """Whether all that is unwanted stands in questions, and in none of these a person."""
    places = {bisect_right(cuts, start) for start, _ in unwanted}
    if not places or any(
        each >= len(cuts) or not {"?", "？"} & set(read[max(0, cuts[each] - 3) : cuts[each]]) for each in places
    ):
        return False
    return not any(bisect_right(cuts, start) in places for start, _ in persons)
