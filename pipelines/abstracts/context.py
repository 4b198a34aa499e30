"""Why a number is none of this congress's abstracts: rooms, doses, counts, other meetings, other years.

Each check looks at the words around a candidate in the folded, masked text and gives a reason or "".
"""

from __future__ import annotations

import re
from bisect import bisect_right
from functools import lru_cache

from pipelines.abstracts.numbers import Candidate
from pipelines.congresses import Congress

# posts behind each group: booths and rooms (domain.md), doses, hazard ratios, sizes of posters, thread counters
_PLACE = re.compile(
    r"(?:^|[^a-z])(?:booths?|stands?|rooms?|rm\.?|halls?|halle|salle|sala|saal|gates?|doors?|levels?|floors?|rows?|seats?|tables?"
    r"|boards?|poster bd|bd\.?|slides?|fig(?:ure)?s?\.?|pages?|pp?\.|tracks?|lines?|bus|flight|suite|ste|apt|platform|track|channel"
    r"|exits?|lobby|pavilion|terminal|aisle|kiosk|locker|lot|zone|wing|block|stop|tram|metro|highway|route|section|corridor"
    r"|hotel|ballroom|stage|hub|pod|station|tel\.?|phone|fax\.?|ext\.?|dial|call|zip|code|version|v|ch\.?|chapter|episode|ep\.?|vol\.?|issue"
    r"|tag|badge|row|colou?rs?|sessions?|sess|sess\.|thread|part|question|q|day|week|wk|month|mo|year|cycle|grade|gr|arm|cohort"
    r"|step|top|every|each|within|ages?|aged|under|over|least|about|around|nearly|almost|approx|roughly|only|another|rank(?:ed)?|score|no\. of"
    r"|number of|total of|first|last|next|all|some|than|up to|stage|phase|type|line|figure|bed|unit|clinic|ward|studio)"
    r"(?:\s+(?:is|are|was|nr|no|number|at))?[\s:#\-(]{0,3}$",
    re.IGNORECASE,
)
_SIGN_BEFORE = re.compile(
    r"(?:[$€£¥~≈<>≤≥±*×^]|(?<!\d)(?<!\d )\+|(?:^|[^a-z])(?:hr|or|rr|ci|auc|icer|p|n|r|ph|usd|eur|rs|chf|k|nct|doi|pmid|isbn)\s*[=:<>≈≤≥]"
    r"|[=<>≤≥~]\s*\.?|\d\s?[x×]\s?)\s*$|(?:\d[.:]|(?<![0-9])\d{1,3},(?=\Z)|[A-Za-z]-|[A-Za-z]\.)$",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"\s*(?:%|°|[x×]\s*\d|:\d\d|\.\d|,\d{3}(?!\d)|\s?(?:am|pm)\b|st\b|nd\b|rd\b|th\b|[-\s]?(?:mg|mcg|µg|ug|kg|g|ml|dl|l|iu|mm|cm|m|km|ft|feet"
    r"|foot|inch(?:es)?|lbs?|mmhg|bpm|gy|mutations?|genes?|cells?|copies|nm|nmol|mmol|pts?|px|gb|mb|k|bn|mln|million|billion"
    r"|usd|eur|euros?|dollars?|bucks|francs?|pounds|yen|percent|points?|pct|degrees)\b"
    r"|\s+(?:hz|kcal|calories|reps|sets|crunches|raises|twists|sec|secs|seconds|reasons|steps|miles|blocks|words?|characters?|pages"
    r"|posts|tweets|retweets|mentions|likes|views|impressions|reads|downloads|followers|accounts|users|handles|labs|new\b"
    r"|attendees|delegates|registrants|members|people|persons|folks|women|men|children|kids|adults|babies|subjects|patients?"
    r"|participants?|pac?ientes|patient(?:en|innen)|pazienti|individuals|respondents|volunteers|nurses|doctors|oncologists"
    r"|physicians|centers|centres|sites|countries|hospitals|clinics|trials|studies"
    r"|submissions|cases|events|deaths|samples|tumou?rs|biopsies|specimens|infusions|doses|vials|cycles"
    r"|days?|weeks?|wks?|months?|mos?|years?|yrs?|yo|hours?|hrs?|h|min(?:s|utes)?|ans|mois|semaines|jahre|monate|wochen|tage"
    r"|anni|mesi|giorni|años|meses|días|anos|dias|horas|screened|enrolled|randomi[sz]ed|accrued|recruited|treated|included"
    r"|analy[sz]ed|tokens|coins|units|beds|seats|chairs|rooms|floors|out of|of the|in total|free"
    r"|registered|years?-old|year|total|daily|bid|tid|qd|nightly|per day)\b"
    r"|\s*(?:人|例|名|年|月|日|時|週|歳|明|명|人中))",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"\s+(?:slides|talks|sessions|questions|presentations|authors|times|different|more|free|other|lucky|posters?|abstracts|of)\b",
    re.IGNORECASE,
)  # what is counted, unless a cue stands before: "abstract 4613 slides are here"
_BLOOD_COUNT = re.compile(
    r"(?<![\w.])\d+ abs,?\W*$|\babs,\s*$|\b(?:poly|neut|lymph|mono|eos|baso|gran|retic|plt|wbc|anc|alc)\w*\W{1,2}abs\W*$",
    re.IGNORECASE,
)  # "lymph abs 4" in a joke about engraftment: an absolute count; "36 Abs, 4 worked": antibodies
_RATIO = re.compile(r":\d")  # "Abs 1:4": antibodies diluted
_COUNTER = re.compile(r"\s*(?:/\s*\d{1,3}(?!\d)|of\s+\d)", re.IGNORECASE)
_LEADER = re.compile(r"(?:^|\n)\s*$")
_NOT = re.compile(
    r"(?:\bnot|\bn't|n't \w+ to|\bnever|\binstead of|\brather than|\bnor|\bnicht|\bstatt|\bpas(?: le| la| l')?|\bau lieu de"
    r"|\ben vez de|\bno (?:el|la|es)|\bnão|\bnon|\binvece di|\bformerly|\bpreviously|\bused to be|\bwrongly|\bmistyped|\btypo:?"
    r"|\bmisprint(?:ed)?(?: as)?|\blisted as|\bprinted as|\bconfuse[ds]? with|\bmix(?:ed)? up with|\bwrote|\bsaid|\bposted as"
    r"|\btyped|\bではなく)\s*(?:(?:the|an?|as|with|to|by|earlier|it was|[eéè]|es|ist|il|la|el|le|lo|o|der|die|das|den) ){0,3}(?:abstracts?|abs\.?|poster|number|no\.?)?\s*[:#\"'(]*\s*$",
    re.IGNORECASE,
)
_WRONG = re.compile(
    r"[\"')]*\s*(?:\(?(?:sic|typo|wrong)\b|(?:is|was) (?:wrong|a typo|a misprint|incorrect|withdrawn)|should (?:be|read|have been)"
    r"|,? (?:which|that) (?:is|was) wrong|->\s*(?:correct|should))",
    re.IGNORECASE,
)
_CUT = re.compile(r"(?:…|\.\.\.)\s*(?:#\w+\s*|https?\S*\s*)*$")
_ANOTHER_YEAR = (
    r"last (?:year|summer|spring|autumn|fall|winter|time|december|june|may|october)(?:'s)?|previous (?:year|meeting|edition)"
    r"|(?:a|one|two|three|\d) years? (?:ago|back)|letztes jahr|im vorjahr|l'an dernier|l'ann[eé]e derni[eè]re|el a[ñn]o pasado"
    r"|(?:no )?ano passado|l'anno scorso|lo scorso anno|昨年|去年|back then"
)
_THIS_YEAR = re.compile(
    r"(?:this|dieses|cette|este|quest'?|今)\W?(?:year|jahr|ann[eé]e|a[ñn]o|ano|anno|年)(?:'s)?|\bnow\b", re.IGNORECASE
)
_PAST = re.compile(r"\b(?:was|were|had been|as|war|waren|[eé]tait|era|fue|foi)\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<!\babs)(?<!\bnr)(?<!\bno)(?<!abst)[.!?](?=\s+[A-Z#@\"'¿¡]|\s*$)|[。！？\n]", re.IGNORECASE)
_MEETINGS = (
    "ASCO GU", "ASCO GI", "ASCO Breakthrough", "ASCO Plenary Series", "ASCO QCS", "ASCO", "ASH", "EHA", "ESMO Breast", "ESMO Asia",
    "ESMO-Asia", "ESMO GI", "ESMO TAT", "ESMO IO", "ESMO", "SABCS", "AACR-NCI-EORTC", "AACR", "ADA", "EASD", "ESC", "AHA", "ACC",
    "ESHG", "ASHG", "IGCS", "ESGO", "SGO", "SUO", "AUA", "EAU", "ASTRO", "ESTRO", "WCLC", "IASLC", "ELCC", "ERS", "ATS", "CHEST",
    "AAN", "EAN", "ECTRIMS", "ACTRIMS", "AAIC", "CTAD", "EULAR", "ACR", "EASL", "AASLD", "DDW", "UEGW", "UEG", "ACG", "IMS", "IMW",
    "IWCLL", "ICML", "SOHO", "EBMT", "ASTCT", "Tandem", "ISTH", "SITC", "ENA", "EORTC", "SNO", "EANO", "CTOS", "SIOP", "ASPHO",
    "ASN", "ERA", "KDIGO", "ATTD", "ISPAD", "ENDO", "ECE", "ObesityWeek", "ECO", "TCT", "EuroPCR", "HRS", "EHRA", "HFSA",
    "THT", "ESOC", "WSC", "NLA", "EAS", "JSMO", "CSCO", "JSH", "DGHO", "SFH", "ISPOR", "ONS", "MASCC", "NCCN",
    "ENETS", "NANETS", "BTOG", "St. Gallen", "St Gallen", "ECCO", "IDWeek", "ECCMID", "CROI", "AAD", "EADV", "AAO", "ARVO", "ASRM",
    "ESHRE", "APA", "RSNA", "ECR", "ASGCT", "Keystone", "GRC", "ICKSH", "HemaSphere", "APSR", "COSA", "BSH",
)  # fmt: skip


class Surroundings:
    """The context checks for one congress."""

    def __init__(self, congress: Congress):
        self.year = f"{congress.starts_on.year}"
        own = _own_names(congress)
        others = sorted((name for name in _MEETINGS if name.upper() not in own), key=len, reverse=True)
        mine = "|".join(re.escape(name) for name in sorted(own, key=len, reverse=True)) or r"(?!)"
        others += [f"G{each}{self.year[2:]}" for each in "IU" if f"ASCO G{each}" not in own]  # "GU26" is no ASCO
        theirs = "|".join(re.escape(name) for name in others)
        year = r"(?:['’ ]{0,2}(?:20)?(?P<year>\d\d)(?!\d))?"
        self._meeting = re.compile(rf"(?<![A-Za-z])#?(?:(?P<other>{theirs})|(?P<own>{mine})){year}(?![A-Za-z0-9])")
        self._years = re.compile(
            rf"\b(?:{_ANOTHER_YEAR})|\b(?:in |of |de |von |del |en |im |from )?(?!{self.year})20[12]\d\b", re.IGNORECASE
        )

    def reject(self, text: str, candidate: Candidate, others: list[Candidate]) -> str:
        """Why the candidate is no abstract of this congress: a word for the reason, or "" when nothing speaks against it."""
        before = text[max(0, candidate.start - 48) : candidate.start]
        after = text[candidate.end : candidate.end + 48]
        if _CUT.match(after) and (after.startswith("…") or text.startswith("RT ")):
            return "cut"
        if _NOT.search(before) or _WRONG.match(after):
            return "corrected"
        if reason := self._quantity(candidate, before, after):
            return reason
        if self._elsewhere(text, candidate, others):
            return "other meeting"
        return "other year" if self._earlier(text, candidate, others) else ""

    @staticmethod
    def _quantity(candidate: Candidate, before: str, after: str) -> str:
        if candidate.cue == "abs" and (_BLOOD_COUNT.search(before) or _RATIO.match(after)):
            return "quantity"
        doubtful = candidate.bare or candidate.shape.weak  # nobody books room LBA2 or booth e24052
        if doubtful and candidate.cue in ("", "hash") and _PLACE.search(before.rstrip().rstrip("#")):
            return "place"
        if candidate.bare and _SIGN_BEFORE.search(before) and not candidate.cue:
            return "figure"
        if candidate.bare and (_UNIT.match(after) or (not candidate.cue and _COUNTED.match(after))):
            return "quantity"
        if candidate.bare and (
            _COUNTER.match(after) and not before.endswith("/")
            if int(candidate.written) < 100
            else re.match(r"\s*/\s*\d{4,}", after)
        ):
            return "counter"
        if candidate.bare and not candidate.cue and re.match(r"\s*[)/.]\s", after) and int(candidate.written) < 100:
            return "counter" if _LEADER.search(before) else ""
        return ""

    def _elsewhere(self, text: str, candidate: Candidate, others: list[Candidate]) -> bool:
        """Another meeting's name governs the number: "ESMO Breast abstract 1021", "412 at ASHG", "#ESMO25 LBA4"."""
        start, end = sentence(text, candidate)
        low, high = max(start, candidate.start - 60), min(end, candidate.end + 40)
        found = list(self._meeting.finditer(text, low, high))
        last = next((each for each in reversed(found) if each.end() <= candidate.start), None)
        if last and self._foreign(last) and not _between(others, last.end(), candidate.start):
            return candidate.start - last.end() <= (36 if "#" not in last.group() else 22)
        following = next((each for each in found if each.start() >= candidate.end), None)
        if following is None or not self._foreign(following) or _between(others, candidate.end, following.start()):
            return False
        gap = text[candidate.end : following.start()]
        return bool(
            re.search(
                r"^\W*(?:\w+\W+){0,3}(?:at|from|in|@|bei|beim|au|à|en|del|al|de)\s+(?:the\s+)?$", gap, re.IGNORECASE
            )
        )

    def _foreign(self, found: re.Match[str]) -> bool:
        other_year = found["year"] is not None and found["year"] != self.year[2:]
        return found["other"] is not None or other_year

    def _earlier(self, text: str, candidate: Candidate, others: list[Candidate]) -> bool:
        """Another year's number: "last year's abstract 4568", "what was 4619 in 2025"; not "this year's 4560"."""
        start, end = sentence(text, candidate)
        now = [each.end() for each in _THIS_YEAR.finditer(text, start, candidate.start)]
        start, end = max(start, candidate.start - 90), min(end, candidate.end + 90)
        for year in self._years.finditer(text, start, end):
            if year.start() < candidate.end and year.end() > candidate.start:
                continue  # the candidate is the year
            ahead = year.end() <= candidate.start
            low, high = (year.end(), candidate.start) if ahead else (candidate.end, year.start())
            gap = text[low:high]
            if len(gap) > 44 or _between(others, low, high) or (ahead and now and now[-1] > year.end()):
                continue
            was = _PAST.search(gap) if ahead else _PAST.search(text, max(start, candidate.start - 24), candidate.start)
            near = len(re.sub(r"abstra\w+|abs\b|poster|oral", "", gap, flags=re.IGNORECASE)) <= (8 if ahead else 6)
            if (was or near) and not (now and now[-1] > candidate.start - 30 and not ahead):
                return True
        return False


def sentence(text: str, candidate: Candidate) -> tuple[int, int]:
    """The half-open range of the sentence the candidate stands in."""
    starts, ends = _stops(text)
    at = bisect_right(ends, candidate.start)
    return ends[at - 1] if at else 0, starts[at] if at < len(starts) else len(text)


@lru_cache(maxsize=4)
def _stops(text: str) -> tuple[list[int], list[int]]:
    """Where the signs that end sentences start, and where they end."""
    spans = [stop.span() for stop in _SENTENCE.finditer(text)]
    return [start for start, _ in spans], [end for _, end in spans]


def _between(others: list[Candidate], low: int, high: int) -> bool:
    """Whether another number that could be meant stands in the range."""
    return any(low <= each.start < high and (each.rows or not each.bare) for each in others)


def _own_names(congress: Congress) -> set[str]:
    words = congress.id.upper().split("-")
    stem = [word for word in words if not word.isdecimal()]
    initials = "".join(word[0] for word in re.findall(r"[A-Z][A-Za-z]+", congress.society))
    name = re.sub(r"\s*\d{2,4}\s*$", "", congress.name).upper()
    return {" ".join(stem), stem[0] if len(stem) == 1 else " ".join(stem), name, initials} - {""}
