"""Who works for a drug, device, diagnostics or contract company: the job, or the firm behind "at"."""

from __future__ import annotations

import re

from pipelines.roles.lexicon import Cue
from pipelines.roles.reading import Reading

_EMPLOYED = re.compile(
    r"(?:@|[,|/•·] ?|\b(?:at|with|for|from|in|chez|bei|beim|en|na|no|em|in|hos|i|bij|presso|w|pour|para|per|employee of|of))\s*(?:the |a |an |una |un |ein[em]* )?(?:[\w-]+ ){0,2}$"
)
_EMPLOYEE = re.compile(
    r"\s*(?:employee|team|colleague|medical|oncology|emea|germany|deutschland|france|espana|italia|japan|brasil|uk|us|global|\()"
)
# Invented and real firms are built alike: "Zephrane Pharmaceuticals", "Ostravane Bio"; capitals count
_FIRM = re.compile(
    r"(?:[A-Z][\w&'-]* ){1,2}(?:Bio|Pharma|Pharmaceuticals?|Therapeutics|Biosciences|Biologics|Biotherapeutics|Biopharma|Biotech"
    r"|Medicines|Bioscience|Biotechnologies|Diagnostics|Dx|Rx|Tx|Devices|Medtech|MedTech|Vaccines|Radiopharma)\b"
)
_ONCOLOGY_FIRM = re.compile(
    r"(?:[A-Z][\w'-]+ )(?:Oncology|Haematology|Hematology|Health|Sciences|Medical|Genomics|Labs)\b"
)
_WEAK_SPOT = re.compile(
    r"(?:^|[,|•·(@/]|\b(?:in|at|@|a|to|for|from|en|la|dans|der|die|na|da|do|de|nella|i|inom|bei|chez|global|mid-size|midsize|big|small|clinical-stage|european|now|currently)) ?$"
)


def industry_cues(reading: Reading) -> list[Cue]:
    """The words that prove employment in industry today; disclosures, critics and former posts prove none."""
    found = [cue for cue in reading.said("industry_job") if not _distant(reading, cue)]
    for cue in reading.said("industry_firm"):
        if cue.start > reading.name_end and not _distant(reading, cue) and _employed(reading, cue):
            found.append(cue)
    for cue in reading.said("industry_weak"):
        if not _distant(reading, cue) and _weak_spot(reading, cue):
            found.append(cue)
    for cue in reading.said("industry_exec"):
        start, end = reading.clause(cue)
        around = [other.kind for other in reading.cues if start <= other.start < end]
        if "institution" not in around and ("industry_org" in around or "industry_firm" in around):
            found.append(cue)
    return sorted([*found, *_functions(reading), *_built_firms(reading), *_some_firm(reading)])


# "at a Basel company", "for an infusion-pump manufacturer", "bei einem Hersteller"
_SOME_FIRM = re.compile(
    r"\b(?:at|for|with|in|by|en|para|chez|dans|bei|in|presso|per|na|numa|em|bij|voor|hos|pa|i) "
    r"(?:an?|the|my|some|una?|une|einem|einer|uma?|een|et|en|ett) (?:[\w-]+ ){0,4}?"
    r"(?:company|manufacturer|firm|maker|vendor|start-?up|scale-?up|biotech|pharma|cro|cdmo|empresa|compania|fabricante|entreprise"
    r"|fabricant|societe|firma|hersteller|azienda|startup|bedrijf|fabrikant|virksomhed|selskap|foretag|bolag)\b"
)
_MAKER = re.compile(
    r"(?:[,|@/] ?|\n)(?:(?!policy|coffee|trouble|home|change|film|dress|cake|money|music|watch|decision|peace|quilt)[\w-]+ ){1,3}"
    r"(?:maker|manufacturer|vendor)\b"
)
_OTHER_FIRM = re.compile(
    r"\b(?:law|insurance|consulting|consultancy|media|software|theatre|theater|dance|accounting|audit|marketing|pr|recruitment|search"
    r"|production|events?|it|tech|construction|roofing|family|energy|shipping|games?|record|seguros|versicherung\w*)\b"
)
_TRAINED = ("hcp", "doctor", "grade", "researcher", "industry_weak", "industry_org")


def _some_firm(reading: Reading) -> list[Cue]:
    """A firm without a name, where the person has a clinical or scientific training that the firm may want."""
    if not (reading.credentials or reading.has(*_TRAINED)):
        return []
    found = []
    folded, at = reading.text.folded, reading.name_end
    for match in (*_SOME_FIRM.finditer(folded, at), *_MAKER.finditer(folded, at)):
        cue = Cue(match.start(), match.end(), "industry_job", None, 1)
        if not _OTHER_FIRM.search(match[0]) and not _distant(reading, cue) and _not_past(reading, cue):
            found.append(cue)
    return found


def _built_firms(reading: Reading) -> list[Cue]:
    """A name built like a firm's behind "at", "@" or a comma of the bio."""
    found = []
    for match in _FIRM.finditer(reading.text.plain, reading.name_end):
        cue = Cue(match.start(), match.end(), "industry_firm", None, 1)
        if not _distant(reading, cue) and _not_past(reading, cue) and _employed(reading, cue):
            found.append(cue)
    return found


def _not_past(reading: Reading, cue: Cue) -> bool:
    start, _ = reading.clause(cue)
    return not any(
        other.kind in ("former", "not", "kin") and start <= other.start < cue.start for other in reading.cues
    )


def _functions(reading: Reading) -> list[Cue]:
    """A company's department with somebody who runs it, or with a firm behind it: "publications lead", "portfolio at Zephrane Oncology"."""
    found = []
    heads = [cue for cue in reading.by_kind.get("function_head", []) if cue.start > reading.name_end]
    bodies = ("institution", "society", "patient_org", "media_org", "charity")
    for cue in reading.by_kind.get("function", []):
        start, end = reading.clause(cue)
        if cue.start < reading.name_end or _distant(reading, cue) or not _not_past(reading, cue):
            continue
        if any(start <= other.start < end and other.kind in bodies for other in reading.cues):
            continue
        firm = _ONCOLOGY_FIRM.search(reading.text.plain, cue.end, end) or _FIRM.search(reading.text.plain, cue.end, end)
        medical = (
            cue.weight > 1 or reading.credentials or reading.has("area", "disease", "industry_weak", "industry_firm")
        )
        beside = medical and any(_beside(reading, head, cue) for head in heads)
        if beside or firm:
            found.append(cue)
    return found


def _beside(reading: Reading, head: Cue, function: Cue) -> bool:
    """ "Publications lead", "head of brand", "director oncology marketing"."""
    between = reading.text.folded[head.end : function.start]
    ahead = head.end <= function.start and len(between.split()) <= 2 and not _STOP.search(between)
    return ahead or function.end <= head.start <= function.end + 1 or (head.start <= function.start < head.end)


_STOP = re.compile(r"[.,;|!?\n]|\b(?:and|&)\b")


def _distant(reading: Reading, cue: Cue) -> bool:
    start, end = reading.clause(cue)
    return any(other.kind == "distance" and start <= other.start < end for other in reading.cues)


def _employed(reading: Reading, cue: Cue) -> bool:
    start, _ = reading.clause(cue)
    folded = reading.text.folded
    before = folded[start : cue.start]
    return bool(not before.strip() or _EMPLOYED.search(before) or _EMPLOYEE.match(folded, cue.end))


def _weak_spot(reading: Reading, cue: Cue) -> bool:
    start, end = reading.clause(cue)
    folded = reading.text.folded
    alone = not folded[cue.end : end].strip() or folded[cue.end : end].lstrip()[:1] in ",(/&+"
    return alone and bool(_WEAK_SPOT.search(folded[start : cue.start].lstrip()))
