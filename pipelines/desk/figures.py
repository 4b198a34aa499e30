"""Signs that words alone do not give: ages and courses of one person, counts and effects of many."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import islice

MOST = 2  # signs of one kind that count: a third figure of a study adds nothing

_SEX = r"(?:m|f|w|h|male|female|man|woman|lady|gentleman|girl|boy|guy|hombre|mujer|homem|mulher|uomo|donna|homme|femme|mann|frau)"
_NUMBER = ("0",)  # stands for any digit
# one of these parts must stand in a text (else the search is spared), pattern
_ONE = (
    # Mrs K, Frau M., Mme D
    (("mr ", "mr. ", "mrs", "ms ", "ms. ", "frau ", "herr", "mme", "mevr", "mw", "dhr", "sr", "sig", "dona "), re.compile(r"\b(?:mr|mrs|ms|frau|herrn?|mme|mevr|mw|dhr|sra?|sig|sig\.ra|dona)\.? [a-z]\b(?![/&=]|'(?!s))")),
    ((" j.", " j,"), re.compile(r"\b[2-9]\d ?j[.,]")),
    # 62F, 61yoM, 55 yo f, 43-year-old woman; not 54F/46M
    (("yo", "y/o", "old"), re.compile(r"(?<![\d/.,$€=])(?:[1-9]?\d|1[01]\d)[ -]?(?:y/?o|yr?s?[ -]old|years?[ -]old)\b[ ,-]*(?:(?:white |black |asian )?" + _SEX + r"\b)?")),
    (_NUMBER, re.compile(r"(?<![\d/.,$€=+-])[1-9]\d ?(?:(?:yo|y|yr|yrs) ?" + _SEX + r"\b|[mf]\b(?![/&]\d|\d))")),
    (("in her", "in his"), re.compile(r"\bin (?:her|his) (?:early |mid |late |mid-|late-|early-)?(?:teens|twenties|thirties|forties|fifties|sixties|seventies|eighties|nineties|\d0s)\b")),
    # Pat. 71 J, Uomo 63 aa, Homem 69a, senhora de 55 anos
    (_NUMBER, re.compile(r"\b(?:pat(?:ient|ientin)?\.?|frau|mann|uomo|donna|paziente|signora?|homem|mulher|senhora?|paciente|hombre|mujer|varon|senora?|homme|femme|dame|monsieur|patiente?|mevrouw|mw|meneer|dhr|vrouw|man)\.?[ ,(]+(?:de |di |von |van |mit |, )?\d{1,3} ?(?:j|jahre?|aa?|anni|anos|ans|jaar)?\b")),
    (("jahrig", "jarig"), re.compile(r"\b(?:\d{2}[ -]?|sechs|sieben|acht|neun|zehn|elf|zwolf|zeven|negen|tien|[a-z]{3,}(?:zig|dreissig|zehn|tig|tien))ja(?:h)?rige?[rnms]?\b")),
    # psoriasis for the first time at 70
    ((" at ",), re.compile(r"\bat (?:age |the age of )?[4-8]\d\b(?![%.,/:-]?\d| ?(?:%|mg|mcg|ug|percent|days?|weeks?|wks?|months?|mo|mos|hours?|hrs?|min|bpm|sites?|cent\w+|km|mph|eur|usd|dollars|the))")),
    (("歳", "岁", "歲", "代"), re.compile(r"\d{1,3} ?(?:歳|岁|歲|代)(?:の)?(?:男|女|患者)")),
    (("(",), re.compile(r"\((?:[2-9]\d)\)")),
    (("she", "he "), re.compile(r"\b(?:she|he)(?: is| was|'s) [1-9]\d\b(?! ?%)")),
    # my cilta-cel lady, the JNJ-4528 man
    (("my ", "our "), re.compile(r"\b(?:my|our|one of my|one of our) (?:own )?(?:[\w/-]+ ){0,3}?(?:lady|ladies|guys?|gal|man|woman|gentleman|pts?|patient|fella|chap|folks)\b")),
    ((" lady", " guy", " gal", " man ", " woman", " gentleman", " fella", " chap"), re.compile(r"\bthe [\w/]*[\d-][\w/-]* (?:lady|guy|gal|man|woman|gentleman|fella|chap)\b")),
    (_NUMBER, re.compile(r"\b[a-z]+, [2-9]\d, ")),
    ((" ans", " an", "jahre", "jaar"), re.compile(r"\b[2-9]\d (?:ans|anos|anni|aa|jahre|jaar)\b")),
    # the 3 Enhertu pts I've got, two of my patients
    ((" of m", " of our", "s i", "s we", "s of"), re.compile(r"\b(?:[2-6]|two|three|four|a couple|a few|several) (?:of (?:my|our|mine|ours)\b|(?:[\w/-]+ ){0,2}?(?:pts|patients|ladies|people|folks) (?:i|we|of mine|of ours)\b)")),
)  # fmt: skip
_COURSE = (
    (_NUMBER, re.compile(r"\b(?:day|d|wk|week|mo|month|cycle|dose|infusion|injection|shot|tag|woche|zyklus|semaine|mois|jour|cure|semana|settimana|giorno|mes|ciclo|dia|dosis|trimester|dag|kuur|maand)[ +#]{0,2}\d{1,3}\b")),
    (_NUMBER, re.compile(r"\bc\d{1,2} ?d\d{1,2}\b")),
    (_NUMBER, re.compile(r"\b\d{1,2}(?:st|nd|rd|th|\.|°|º|er?|re|a|o|ª) ?(?:infusions?|doses?|cycles?|injections?|shots?|weeks?|months?|days?|pens?|tablets?|zyklus|woche|infusion|semaine|cure|injection|ciclo|dosis|semana|dose|infusione|settimana|mese?|prik|infuus|kuur)\b")),
    (_NUMBER, re.compile(r"\b(?:after|since|for|x|nach|seit|apres|depuis|tras|hace|dopo|da|apos|ha|na|sinds)[ ]?\d{1,3} ?(?:x|months?|mos?|weeks?|wks?|days?|years?|yrs?|hours?|hrs?|h|doses?|cycles?|infusions?|shots?|monaten?|wochen?|tagen?|mois|semaines?|jours?|meses|semanas?|dias|mesi|settimane|giorni|weken|maanden|dagen)\b")),
    (_NUMBER, re.compile(r"\b\d{1,3} ?(?:months?|mos?|weeks?|wks?|days?|hours?|hrs?) (?:in|into|on|out|later|post|past|after)\b")),
    # eight months of abemaciclib
    ((" of ", " on ", " in"), re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve) (?:months|weeks|wks|mos|days|years|cycles|doses|infusions|shots|injections) (?:of|on|in|into)\b")),
    # voiced marks and long vowels are folded: "ク-ル"
    (("日", "週", "月", "回", "ク-ル", "年", "天", "次", "针", "針", "周", "コ"), re.compile(r"[0-9一二三四五六七八九十两]{1,4} ?(?:日目|週目|週間|か月|ヶ月|カ月|回目|ク-ル|年目|天|次|针|針|周|个月|月目|コ-ス)")),
)  # fmt: skip
# words of numbers that a share may begin with
_NUMERAL = r"(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|half|none|zwei|drei|vier|funf|deux|trois|quatre|cinq|dos|tres|cuatro|due|tre|quattro|dois|quatro|twee|drie|een|ein|eine[rm]?|un[oae]?|uma?)"
# weight, parts of which one must stand in a text (else the search is spared), pattern
_MANY = (
    (3.0, ("=",), re.compile(r"\bn ?= ?(?!1\b)\d")),
    (3.0, ("pts", "pati", "pazi", "paci", "wom", "men", "people", "pers", "pess", "parti", "subj", "recip", "careg", "adult", "volwassen", "erwachs", "infan", "child", "kind", "nin", "bambin", "crianc", "enfant", "eye", "auge", "ogen", "ojos", "yeux", "occhi", "olhos", "mensen", "versichert", "user", "usuari", "carer", "birth", "pregn", "sogg", "donne", "muj", "mulh", "femm", "frauen", "behand", "prob", "teiln", "deeln", "plaint", "cent", "site", "case", "trial", "rcts", "stud"), re.compile(r"\b(?!(?:2|3|one|1)\b)\d[\d,.]* (?:[\w/-]+ ){0,3}?(?:pts|patients?|women|men|people|participants|subjects|recipients|caregivers|carers|users|usuari[oa]s|adults|adultos|adultes|adulti|erwachsenen?|volwassenen|children|kinder|kinderen|ninos|enfants|bambini|criancas|eyes|augen|ogen|ojos|yeux|occhi|olhos|mensen|versicherten?|births|pregnanc\w+|pazienti|soggetti|donne|pacientes|mujeres|personas|persone|pessoas|mulheres|patientes|femmes|personnes|patienten|patientinnen|frauen|menschen|behandelten?|behandelden|probanden|teilnehmer\w*|deelnemers|plaintiffs|centres|centers|sites|cases|trials|rcts|studies)\b")),
    (2.0, ("/",), re.compile(r"\b\d+ ?/ ?\d{2,5}\b(?! ?(?:mmhg|mm))")),
    # 3 people out of 196, 2 of the 40, 8 em cada 10, 1 op de 5
    (2.0, (" of ", " von ", " sur ", " su ", " in ", " de ", " em ", " op ", " van ", " auf "), re.compile(r"\b" + _NUMERAL + r"(?: [a-z-]+){0,3}? (?:(?:of|out of|von|sur|su|de|em|van|auf) (?:the |our |unseren |nos |nuestros |de )?(?!20[12]\d)\d{2,}\b(?! ?(?:mg|st|nd|th|am|pm|%|j))|(?:in|op de|de cada|em cada|su|sur|von) (?:\d+\b(?! ?(?:mg|%|m|w|d|h|y|j))|two\b|three\b|four\b|five\b|six\b|seven\b|eight\b|nine\b|ten\b|twenty\b|(?:drei|vier|funf|sechs|zehn|zwanzig|trois|quatre|cinq|dix|vingt|tres|cuatro|cinco|diez|veinte|tre|quattro|cinque|dieci|venti|quatro|dez|vinte|drie|vijf|tien|twintig)\b))")),
    (2.0, ("death", "event", "case", "todesf", "deces", "muertes", "morti", "mortes", "sterf", "decessi", "doden", "obitos", "tote", "falleci", " cas", "falle", "gevallen"), re.compile(r"\b(?!one\b|een\b|ein|un|um)" + _NUMERAL + r" (?:[a-z-]+ ){0,2}?(?:deaths|events|cases|todesfalle\w*|deces|muertes|morti|mortes|sterfgevallen|decessi|doden|obitos|tote|fallecid[oa]s|fallecimientos|casi|casos|cas|falle|gevallen)\b")),
    (2.0, ("third", "quarter", "jede", "un pa", "un ter", "un tiers", "the patients", "derde"), re.compile(r"\bjede[rms]? (?:zweite|dritte|vierte|funfte|sechste|siebte|achte|zehnte)[rn]?|un (?:patient|paciente|paziente) (?:sur|de cada|su) |\bun tercio|\bun terzo|\bun tiers|\b(?:one|a) (?:third|quarter)\b|\been derde\b")),
    # 412 referred, 287 started, of the 56 who stopped
    (2.0, ("referred", "started", "enrolled", "treated", "screened", "andomi", "completed", "stopped", "discontinued", "responded", "relapsed", "evaluable", "infused", "dosed", "still on", "were still", "remained", "of th", "of our", "behandel", "eingeschl", "ausgewertet", "tratad", "incluid", "traite", "inclus", "trattati", "arruolati", "includeerd"), re.compile(r"\b(?<![.,/-])\d{2,4} (?:referred|started|enrolled|treated|screened|randomi[sz]ed|completed|stopped|discontinued|responded|relapsed|evaluable|infused|dosed|got to|still on|were still|remained on|behandelt|eingeschlossen|ausgewertet|tratad[oa]s|incluid[oa]s|traites?|inclus|trattati|arruolati|behandeld|geincludeerd)\b|\bof (?:the|these|those|our) \d{2,}\b")),
    # two people died, three had; not two of mine
    (2.0, ("died", "had ", "developed", "discontinued", "stopped", "starb", "hatte", "muri", "tuvier", "mort", "mori", "ebbero", "morre", "tiver", "overled", "stierv", "kregen", "needed"), re.compile(r"\b(?:two|three|four|five|six|seven|eight|nine|ten|[2-9]|\d{2,}|zwei|drei|vier|deux|trois|quatre|dos|tres|cuatro|due|tre|quattro|dois|quatro|twee|drie) (?:(?:pts?|patients?|people|women|men|participants|children|patienten|pacientes|doentes|pazienti|mensen|personnes|personas|persone|pessoas) )?(?:died|had|developed|discontinued|stopped|needed|starben|hatten|murieron|tuvieron|sont morts|sont decedes|morirono|ebbero|morreram|tiveram|overleden|stierven|kregen)\b|\b(?:morreram|murieron|starben|morirono|overleden|stierven) (?:\d+|zwei|drei|dos|tres|due|tre|dois|duas|tres|twee|drie)\b")),
    (1.5, ("割", "成", "半数", "例"), re.compile(r"[0-9一二三四五六七八九] ?[割成](?!功|人|长)|半数|(?<![0-9第])[2-9] ?例")),
    (2.0, ("(",), re.compile(r"\((?:of|out of|von|sur|su|de|van) \d[\d.,]*\d\)")),
    (2.0, ("/",), re.compile(r"\b\d+[.,]\d+ ?%? ?/ ?\d+[.,]\d")),
    (3.0, ("hr", "rr", "ror", "or "), re.compile(r"\b(?:hr|rr|ror|irr|ahr|aor|or)\b[ =:(of]{0,6}\d*[.,]\d")),
    (3.0, ("nct", "nnt", "nnh"), re.compile(r"\bnct\d{4,}|\b(?:nnt|nnh)\b")),
    (2.0, ("<", ">", "="), re.compile(r"\b(?:p|q) ?[<=>] ?[0.,]")),
    (2.0, (" v", "vers", "gegen", "contr", "frente a", "tegen", "rispetto a", "face a", "t.o.v", "対", "比"), re.compile(r"\d ?%? ?(?:[a-z]+ )?(?:vs?\.?|versus|gegen|gegenuber|contra|contro|contre|frente a|tegen|rispetto a|face a|t\.o\.v\.|vs。|対|比) ?(?:[a-z-]+ ){0,2}\d")),
    (2.0, ("/100", "/ 100", "r 100", "je 100", "100人年"), re.compile(r"(?:/ ?|\b(?:per|je|por|pour|par) )100(?:0|\.000)? ?(?:py|pj|pa|p-a|p\.|pt|pat|pers|人年)")),
    (2.0, ("half", "most", "majority", "handful", "halfte", "meisten", "moitie", "plupart", "mitad", "mayoria", "meta", "maggior", "maior", "helft", "meeste"), re.compile(r"\b(?:half|most|a majority|the majority|a handful) (?:of )?(?:the |our |those |all |these )?(?:people|patients|pts|women|men|participants|cases|events|them|those)\b|\b(?:die halfte|die meisten) (?:der |von )?(?:patient|frauen|falle|behandelt|teilnehm)|\b(?:la moitie|la plupart) des (?:pati|femmes|cas|pers)|\b(?:la mitad|la mayoria) de (?:l[oa]s )?(?:pac|muj|casos|pers)|\b(?:la meta|la maggior parte) d(?:ei|elle) (?:paz|donne|casi|pers)|\b(?:metade|a maioria) d[oa]s (?:pac|mulh|casos|pess)|\bde (?:helft|meeste) (?:van de )?(?:pat|vrouwen|mensen|gevallen)")),
    (1.5, ("20",), re.compile(r"\b20[012]\d ?(?:-|–|to|and|bis|und|a|y|et|e|i|en|tot|t/m|au|al|から|至|到) ?20[012]\d\b")),
    (2.0, ("first ", "erste", "primer", "premier", "prim", "eerste"), re.compile(r"\b(?:first|ersten|primeros|primeras|premiers|premieres|primi|prime|primeiros|primeiras|eerste) (?!20[12]\d|24\b|48\b|72\b)\d{2,}\b(?! ?(?:days?|h\b|hrs?|hours?|weeks?|months?|min|mg|tage|stunden|dias|horas|jours|heures|giorni|ore|dagen|uur|kilos|kg|lbs))")),
    (1.5, ("0/", "1/", "2/", "0 /"), re.compile(r"\b[0-3] ?/ ?[3-9]\b(?! ?(?:day|week|wk|mg|ml|10|per|/))")),
    (1.5, ("level", "stufe", "nivel", "palier", "livello", "niveau"), re.compile(r"\b(?:dose|dosis|dosis-?|dosi|dosage)?[ -]?(?:levels?|stufe|nivel|palier|livello|niveau)(?: de dos\w+| di dose)? ?\d\b")),
    (2.0, ("%",), re.compile(r"\d[.,]\d ?(?:→|->|to|bis|auf|x|–|-) ?\d+[.,]?\d* ?%")),
    (1.5, ("≥", ">", "g3", "g4", "g5", "gr", "3/", "4/"), re.compile(r"(?:≥|>=|> ?=) ?(?:g|gr|grade|grado|grad|graad)? ?[2345]|\bg(?:r(?:ade|ado|ad|aad)?)?\.? ?(?:≥|>=|>)? ?[345](?:\+|/5|-5|-4| ?or higher| ?oder| ?o mas| ?o piu| ?ou plus)|\b[345] ?grado")),
    (2.0, ("例", "名", "人", "眼", "月"), re.compile(r"\d{2,} ?(?:例|人|只眼|眼)|\d+ ?名|[0-9.]+ ?か月 ?vs|\d+ ?病例")),
)  # fmt: skip
_LAB = re.compile(
    r"\b(?:(?:alt|ast|alp|ggt|gpt|got|tgo|tgp|bili(?:rubin[ae]?)?|creat(?:inine)?|crea|krea(?:tinine?)?|kreatinin|egfr|potassium|sodium|calcium|kalium|natrium|phos|ck|cpk|trop(?:onin[ae]?)?|lipase|lipas[ei]|amylase|ferritin|crp|ldh|tsh|cortisol|glucose|glycemie|glucemia|glicemia|blutzucker|sugars?|plts?|platelets?|plaquettes|plaquetas|piastrine|anc|neut(?:s|ros)?|hb|hgb|wbc|wcc|inr|qtc?f?|l?vef|ef|fevi?|sats?|spo2|bp|temp|fever|fieber|fievre|fiebre|febbre|febre|koorts|肌酐|血小板|体温|血糖|クレアチニン)"
    r"(?: (?:of|was|is|at|now|to|down to|up to|from|auf|von|bei|de|di|a|op|van|hit))?[ =:<>~]{0,3}(?:\d{2,}|\d[.,]\d|\d(?=[ ,.]|$))|k\+? ?[=:]? ?[1-9][.,]\d|na\+? ?1[0-4]\d)(?! ?(?:vs|mg|%))"
)
_DIGIT = re.compile(r"[0-9]")
_COUNTED = re.compile(r"[0-9一二三四五六七八九十两]|\b(?:one|two|three|ein|eine|un|una|um|uma|jede[rs]?)\b")
_PER_CENT = ("%", "％", "cent", "zent", "cient")
_SHARE = re.compile(
    r"(?<!ef )(?<!ef of )(?<!sats )(?<!spo2 )(?<!o2 )(?<!a1c )(?<!\d)\d{1,3}(?:[.,]\d+)? ?(?:%|％|percent\b|per cent\b|prozent\b|per cento\b|por ciento\b|pour cent\b|por cento\b|procent\b)(?! ?(?:o2|oxygen|fio2))"
)


def of_one(read: str) -> Iterator[tuple[int, int]]:
    """Where the age or sex of one person stands in readable text."""
    yield from _found(_ONE, read)


def courses(read: str) -> Iterator[tuple[int, int]]:
    """Where the day, week or dose of one course stands."""
    yield from _found(_COURSE, read)


def _found(patterns: Iterable[tuple[tuple[str, ...], re.Pattern[str]]], read: str) -> Iterator[tuple[int, int]]:
    has_digit = bool(_DIGIT.search(read))
    for parts, pattern in patterns:
        if has_digit if parts is _NUMBER else _holds(read, parts):
            yield from (each.span() for each in pattern.finditer(read))


def _holds(read: str, parts: Iterable[str]) -> bool:
    return any(map(read.__contains__, parts))


def of_many(read: str) -> tuple[float, list[tuple[int, int]], list[tuple[int, int]]]:
    """How much is said of many at once, and where: counts of patients, ratios, grades; and the places of shares of people."""
    weight, spans = 0.0, []
    if not _COUNTED.search(read):
        return weight, spans, []
    for each, needed, pattern in _MANY:
        if _holds(read, needed) and (found := list(islice(pattern.finditer(read), MOST))):
            weight += each * len(found)
            spans += [one.span() for one in found]
    shares = [each.span() for each in _SHARE.finditer(read)] if _holds(read, _PER_CENT) else []
    return weight + 1.5 * min(len(shares), 3), spans + shares, shares


def labs(read: str) -> Iterator[tuple[int, int]]:
    """Where a value of the blood, the heart or the lungs is given: "lipase 900", "TSH 80", "EF 38%"."""
    if _DIGIT.search(read):
        yield from (each.span() for each in _LAB.finditer(read))
