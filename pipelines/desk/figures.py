"""Signs that words alone do not give: ages and courses of one person, counts and effects of many."""

from __future__ import annotations

import re
from collections.abc import Iterator

_SEX = r"(?:m|f|w|h|male|female|man|woman|lady|gentleman|girl|boy|guy|hombre|mujer|homem|mulher|uomo|donna|homme|femme|mann|frau)"
_ONE = (
    # 62F, 61yoM, 55 yo f, 43-year-old woman; not 54F/46M
    re.compile(r"(?<![\d/.,$€=])(?:[1-9]?\d|1[01]\d)[ -]?(?:y/?o|yr?s?(?:[ -]old)?|years?[ -]old)[ ,-]*(?:white |black |asian )?" + _SEX + r"?\b"),
    re.compile(r"(?<![\d/.,$€=+-])[1-9]\d ?[MFmf]\b(?![/&]\d|\d)"),
    re.compile(r"\b(?:in (?:her|his) )(?:early |mid |late |mid-|late-|early-)?(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|\d0s)\b"),
    # Pat. 71 J, Uomo 63 aa, Homem 69a, senhora de 55 anos
    re.compile(r"\b(?:pat(?:ient|ientin)?\.?|frau|mann|uomo|donna|paziente|signora?|homem|mulher|senhora?|paciente|hombre|mujer|varon|senora?|homme|femme|dame|monsieur|patiente?)[ ,(]+(?:de |di |von |mit |, )?\d{1,3} ?(?:j|jahre?|aa?|anni|anos|ans)?\b"),
    re.compile(r"\b\d{2}[ -]?jahrige[rnms]?\b"),
    re.compile(r"\d{1,3} ?(?:歳|岁|歲|代)(?:の)?(?:男|女|患者)"),
    re.compile(r"\((?:[2-9]\d)\)"),
    re.compile(r"\b(?:she|he)(?: is| was|'s) [1-9]\d\b(?! ?%)"),
    # my cilta-cel lady, the JNJ-4528 man
    re.compile(r"\b(?:my|our|one of my|one of our|the) (?:own )?(?:[\w/-]+ ){0,3}?(?:lady|ladies|guy|gal|man|woman|gentleman|pt|patient|fella|chap)\b"),
    re.compile(r"\b[a-z]+, [2-9]\d, "),
)  # fmt: skip
_COURSE = (
    re.compile(r"\b(?:day|d|wk|week|mo|month|cycle|dose|infusion|injection|shot|tag|woche|zyklus|semaine|mois|jour|cure|semana|settimana|giorno|mes|ciclo|dia|dosis|trimester)[ +#]{0,2}\d{1,3}\b"),
    re.compile(r"\bc\d{1,2} ?d\d{1,2}\b"),
    re.compile(r"\b\d{1,2}(?:st|nd|rd|th|\.|°|º|e|er|re|a|o|ª) ?(?:infusions?|doses?|cycles?|injections?|shots?|weeks?|months?|days?|pens?|tablets?|zyklus|woche|infusion|semaine|cure|injection|ciclo|dosis|semana|dose|infusione|settimana|mes|mese)\b"),
    re.compile(r"\b(?:after|since|for|x|nach|seit|apres|depuis|tras|hace|dopo|da|apos|ha)[ ]?\d{1,3} ?(?:x|months?|mos?|weeks?|wks?|days?|years?|yrs?|hours?|hrs?|h|doses?|cycles?|infusions?|shots?|monaten?|wochen?|tagen?|mois|semaines?|jours?|meses|semanas?|dias|mesi|settimane|giorni)\b"),
    re.compile(r"\b\d{1,3} ?(?:months?|mos?|weeks?|wks?|days?|hours?|hrs?) (?:in|into|on|out|later|post|past|after)\b"),
    re.compile(r"(?:[0-9一二三四五六七八九十两]+ ?(?:日目|週目|週間|か月|ヶ月|カ月|回目|クール|年目|天|次|针|針|周|个月|月目|コース))"),
)  # fmt: skip
# weight, characters of which one must be there (else the search is spared), pattern
_MANY = (
    (3.0, "=", re.compile(r"\bn ?= ?(?!1\b)\d")),
    (3.0, "", re.compile(r"\b(?!(?:2|3|one|1)\b)\d[\d,.]* (?:[\w/-]+ ){0,3}?(?:pts|patients?|women|men|people|participants|subjects|recipients|caregivers|adults|children|births|pregnanc\w+|pazienti|soggetti|donne|pacientes|mujeres|personas|persone|pessoas|mulheres|patientes|femmes|personnes|patienten|patientinnen|frauen|menschen|behandelten?|probanden|teilnehmer\w*|plaintiffs|centres|centers|sites|cases|trials|rcts|studies)\b")),
    (2.0, "/", re.compile(r"\b\d+ ?/ ?\d{2,5}\b(?! ?(?:mmhg|mm))")),
    (2.0, "", re.compile(r"\b[\w]+ (?:of|out of|von|sur|su|in|de|em) (?:the |our |unseren |nos |nuestros )?\d{2,}\b(?! ?(?:mg|st|nd|th|am|pm|%))")),
    (2.0, "", re.compile(r"\bof (?:the |these |those )?\d+ (?:deaths|events|cases|patients|pts|women|men)\b|\b(?:1|one) in (?:\d+|two|three|four|five|six|seven|eight|nine|ten|twenty)\b|jede[rms]? (?:zweite|dritte|vierte|funfte|sechste|siebte|achte|zehnte)[rn]?|un (?:patient|paciente|paziente) (?:sur|de cada|su) |un tercio|one third|a third")),
    (3.0, "", re.compile(r"\b(?:hr|rr|ror|irr|nnt|nnh|ahr|aor|or)\b[ =:(of]{0,6}\d*[.,]\d")),
    (3.0, "n", re.compile(r"\bnct\d{4,}|\b(?:nnt|nnh)\b")),
    (2.0, "<>=", re.compile(r"\b(?:p|q) ?[<=>] ?[0.,]")),
    (2.0, "", re.compile(r"\d ?%? ?(?:vs?\.?|versus|gegen|contra|contro|contre|vs。|対|比) ?(?:[a-z-]+ ){0,2}\d")),
    (2.0, "%", re.compile(r"\d[.,]\d ?(?:→|->|to|bis|auf|x|–|-) ?\d+[.,]?\d* ?%")),
    (1.5, "345", re.compile(r"(?:≥|>=|> ?=) ?(?:g|gr|grade|grado|grad)? ?[2345]|\bg(?:r(?:ade|ado|ad)?)?\.? ?(?:≥|>=|>)? ?[345](?:\+|/5|-5|-4| ?or higher| ?oder| ?o mas| ?o piu| ?ou plus)|\b[345] ?grado")),
    (2.0, "例名月", re.compile(r"\d{2,}例|\d+ ?名|n=\d{2,}|[0-9.]+ ?か月 ?vs|\d+病例")),
)  # fmt: skip
_COUNTED = re.compile(r"[0-9一二三四五六七八九十两]|\b(?:one|two|three|ein|eine|un|una|um|uma|jede[rs]?)\b")
_SHARE = re.compile(r"\d ?(?:%|％|percent\b|per cent\b|prozent\b|per cento\b|por ciento\b|pour cent\b|por cento\b)")


def of_one(read: str) -> Iterator[tuple[int, int]]:
    """Where the age or sex of one person stands in readable text."""
    for pattern in _ONE:
        yield from (each.span() for each in pattern.finditer(read))


def courses(read: str) -> Iterator[tuple[int, int]]:
    """Where the day, week or dose of one course stands."""
    for pattern in _COURSE if _COUNTED.search(read) else ():
        yield from (each.span() for each in pattern.finditer(read))


def of_many(read: str) -> tuple[float, list[tuple[int, int]]]:
    """How much is said of many at once, and where: counts of patients, ratios, shares, grades."""
    weight, spans = 0.0, []
    if not _COUNTED.search(read):
        return weight, spans
    for each, needed, pattern in _MANY:
        if (not needed or any(char in read for char in needed)) and (found := pattern.search(read)):
            weight += each
            spans.append(found.span())
    shares = [each.span() for each in _SHARE.finditer(read)]
    return weight + 1.5 * min(len(shares), 3), spans + shares
