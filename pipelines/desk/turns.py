"""Turns that take a reaction's words back: denied, before the medicine, everybody's, counted in many. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

Span = tuple[int, int]
BEFORE_WITHIN = 24  # characters between "before" and the product

_DENIED = re.compile(
    r"(?:\b(?:no|not|not a|not a single|without|zero|never|nope|none|denies|nor|kein|keine|keinen|keinerlei|ohne|nie|nicht"
    r"|sin|ningun|ninguna|nunca|sans|aucun|aucune|pas de|pas d'|ni|senza|nessun|nessuna|mai|sem|nenhum|nenhuma|geen|zonder|nul)"
    r"(?: (?:single|any|more|even|la|el|los|las|le|les|il|lo|gli|i|die|das|der|den|het|os|as|o|new|other|signs of|case of|severe|serious|major|real|of|the|a|an|un|una|uno|une|um|uma|ein|eine|einen|einzige\w*|sola?|seule?|solo|unica?|een|enkele|ooit))*(?:[ ]+| un')|\bnon-|没有|没有任何|没什么|没|无|未见|未出现|没出现|不|零)$"
)
# "knees don't hurt", not "won't stop bleeding"
_NO_MORE = re.compile(
    r"(?:\b(?:do(?:es)?n't|didn't|is(?:n't| not)|are(?:n't| not)|no longer)|(?<!n't )(?<!never )(?<!not )\bstopped)(?: even| really| ever)? $"
)
_BEFORE_NO_MORE = ("n't ", "not ", "longer ", "stopped ", "even ", "really ", "ever ")
# "can't look at food without crying"
_NEVER_WITHOUT = re.compile(
    r"(?:n't|\b(?:cannot|cant|couldnt|never|kann nicht|nie|no pued\w+|ne peu\w+|non riesc\w+|nao consig\w+|kan niet))\b[^.!?\n]{0,40}\b(?:without|ohne|sin|sans|senza|sem|zonder) "
)
_DENIED_LATER = re.compile(
    r"^ ?[?？:][ ,]*(?:no|none|nope|zero|nada|nothing|keine?|nichts|aucun\w*|rien|nessun\w*|niente|nenhum\w*|ningun\w*|geen|niks|nul|没有|なし)(?= ?(?:[.!,]|$))"
    r"|^ ?(?:zero|none|nil|nul|angeblich keine)(?= ?(?:[.!,;)]|$))|^[^.!?\n]{0,12}?(?:\b(?:is|are|was|were) (?:now )?(?:gone|better than)\b|: nope|もなく|もない|なし\b|も出す|セロ)"
)
_BEFORE = re.compile(
    r"(?:^|[^a-z])(?:before|prior to|until|pre-?|antes d[eo]l?|antes da|avant|prima d[ei]l?l?[ao']?|bevor|vor|voor|voordat|ahead of)"
    r"(?: (?:the|my|her|his|our|i|she|he|we|ich|ik|starting|started|taking|getting|meinem|meiner|dem|der|il|la|le|l'|el|mijn|de|a|o))* ?$"
)
# "was fine before the first dose": what came then is unwanted
_WELL = re.compile(
    r"\b(?:never|fine|ok|okay|healthy|normal|fit|well|perfect|great|no|not|zero|none|without|always|could(?!n't)|used to|nie|kein\w*|gesund|normal\w*|nunca|jamais"
    r"|mai|nooit|geen|sans|sin|senza|sem|aucun\w*|ningun\w*|nessun\w*|nenhum\w*|bien|bene|bem|gut|goed|sano|sana)\b|(?<!could)(?<!ca)n't\b"
)
_BLAMED_NOT = re.compile(
    r"(?:\b(?:not|nicht|niet|nao|non|no|pas)|n't) (?:(?:the|from|due to|because of|caused by|down to|my|his|her|vom|von|wegen|am|aan|door|van|de|het|du|d'|a cause de|la faute de|por|es|el|la|culpa de|do|da|dal|dalla|colpa di|il) ?)+$"
)
_NOBODY = re.compile(
    r"\b(?:every|each|any|per|if the|if a|if your|if my|when the|when a|when your|chaque|tout|jede[rnms]?|cada|ogni|elke|iedere|als|wenn"
    r"|si (?:un|une|el|la|le|il)|se (?:o|a|il|la)|quando (?:o|a|il|la))(?: (?:single|other|de|der|die|ein|eine|een))? $|\b(?:\d{2,}|[2-9]|two|three|four|five|six|seven|eight|nine|ten|deux|trois|quatre|cinq|huit|neuf|dix|dos|tres|cuatro|cinco|due|tre|quattro|cinque|dois|duas|quatro|twee|drie|vier|vijf|zwei|funf|sechs|sei|sept) $"
)
_COUNT_AFTER = re.compile(
    r"^[^\w.!?;]{0,2}(?:[a-z-]{4,} (?=in |bei |chez |en |em |bij |na |su ))?(?:(?:in|bei|chez|en|em|bij|na|su|x|was|were|:|=|↑) ?){0,2}(?P<of>\d{1,3}(?:[.,]\d{1,2})?)(?![\w.,/]*[\w/])"
    r"(?! ?(?:h|hrs?|hours?|days?|d|weeks?|wks?|months?|mo|times|min|mg|kg|x|tage?n?|wochen?|jours?|dias?|giorni|dagen|weken|semanas?|mois|meses|mesi|°|天|日|次)\b)"
)
_COUNT_BEFORE = re.compile(
    r"(?:^|[^\w.,/#+-])\d{1,3}(?: (?:cas(?: de?)?|casos(?: de)?|casi di|falle?(?: von)?|gevallen(?: van)?|cases(?: of)?|keer|mal|con|mit|with|met|avec|com|pts with|had))? (?:d'|d’)?$"
)


def is_denied(read: str, start: int, end: int) -> bool:
    """Whether a reaction is said not to be there: "no rash", also further down a list; "the cough is gone"; "rash? none"."""
    before = read[max(0, start - 34) : start]
    if _DENIED.search(before):
        return not _NEVER_WITHOUT.search(read, max(0, start - 60), start)
    return is_over(read, start) or bool(_DENIED_LATER.search(read[end : end + 30]))


def is_over(read: str, start: int) -> bool:
    """Whether a complaint is said to be over or not there: "knees don't hurt"."""
    before = read[max(0, start - 24) : start]
    return before.endswith(_BEFORE_NO_MORE) and bool(_NO_MORE.search(before))


def is_nobody(read: str, start: int) -> bool:
    """Whether the patient named at ``start`` is nobody in particular: "every patient who", "if a patient has", "412 referred"."""
    return bool(_NOBODY.search(read[max(0, start - 24) : start]))


def early_places(read: str, products: Sequence[Span], terms: Iterable[Span]) -> list[int]:
    """Places that put their sentence before the medicine: "before Ozempic", ``terms`` ("long before"); none where the
    sentence says that all was well then."""
    found = [start for start, _ in terms]
    if products and any(
        map(read.__contains__, ("before", "prior", "until", "pre", "antes", "avant", "prima", "vor", "voor", "ahead"))
    ):
        found += [
            start - 1 for start, _ in products if start and _BEFORE.search(read[max(0, start - BEFORE_WITHIN) : start])
        ]
    return [each for each in found if not _WELL.search(_sentence(read, each))]


def blamed_not(read: str, products: Sequence[Span]) -> list[Span]:
    """Where a product is said not to be to blame: "the cough was covid, not from Ozempic"."""
    return [
        span for span in products if span[0] and _BLAMED_NOT.search(read[max(0, span[0] - BEFORE_WITHIN) : span[0]])
    ]


def _sentence(read: str, place: int) -> str:
    start = max(read.rfind(mark, 0, place) for mark in (". ", "! ", "? ", "\n"))
    ends = [end for end in (read.find(mark, place) for mark in (". ", "! ", "? ", "\n")) if end >= 0]
    return read[start + 1 : min(ends, default=len(read))]


def tallies(read: str, reactions: Sequence[Span], values: Sequence[Span]) -> list[Span]:
    """ "CRS in 33, ICANS in 6": reactions with a bare number, where there are at least two; a measured value is none."""
    found = list(_counted(read, reactions, values))
    return found if len({start for start, _ in found}) >= 2 else []


def _counted(read: str, reactions: Iterable[Span], values: Sequence[Span]) -> Iterator[Span]:
    reached = -1
    for start, end in reactions:
        if start < reached or any(first < end and start < last for first, last in values):
            continue
        after = _COUNT_AFTER.match(read[end : end + 24])
        before = _COUNT_BEFORE.search(read[max(0, start - 22) : start])
        if after or before:
            reached = end + (after.end() if after else 0)
            yield start, reached
