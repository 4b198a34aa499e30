"""Accounts that speak for a body: society, company, hospital, journal, patients' organisation."""

from __future__ import annotations

import re
from typing import NamedTuple

from pipelines.model import RoleName
from pipelines.roles.lexicon import Cue
from pipelines.roles.reading import Reading

_ROLE_OF: dict[str, RoleName] = {
    "society": "society",
    "institution": "institution",
    "industry_org": "pharma",
    "media_org": "media",
    "media_name": "media",
    "patient_org": "patient_advocate",
    "charity": "patient_advocate",
    "many": "society",  # in a name: "Young Cancer Nurses"
}
_KINDS = tuple(_ROLE_OF)
# "Director, Lung Cancer Program", "member of the society", "at a teaching hospital": where somebody works, not who speaks
_BELONGING = re.compile(
    r"@|\b(?:at|of|in|for|from|with|by|to|my|member|chair|director|head|professor|prof|president|fellow|lead|leader|pi|faculty"
    r"|editor|founder|staff|works?|working|board|en|del|de|du|des|da|do|della|dell|di|bei|am|an|im|van|bij|ved|pa|vid|miembro|membre"
    r"|membro|mitglied|medlem|lid|chef|jefe|jefa|direttore|direttrice|diretor|diretora|socio|socia|host|co-host)\b"
)
_AFFILIATED = re.compile(
    r"[\s-]*(?:member|board|chair|fellow|advisor|adviser|alum|alumn|rep|representative|trustee|mentor|speaker|trainee|president|cfo|ceo|coo|administrator|manager|director|executive|chief|staff|employee|worker|teacher)"
)
# In a name, what stands behind "of" is not its head: "Association of Hospital Pharmacists", "Mia from ClotCast"
_WITHIN = re.compile(
    r"\b(?:of|for|from|de|del|der|fur|des|di|do|da|van|voor|for|at|@) (?:the |la |el |los |las )?(?:[\w-]+ )?$"
)


_PLACES = ("society", "institution")
# "Congress shuttle driver", "Program leader": a place that is only the adjective of what follows
_GOES_ON = re.compile(
    r" (?!\w+ing\b|(?:for|of|in|on|at|and|with|to|by|from|since|serving|dedicated|account|sin|sans|senza|e|y|et|und|de|del|fur|der|di|da|do|para"
    r"|pour|per|voor|van|og|och|i|pa|publico|publica|universitario|y|joint)\b)[a-z]{2,}"
)


_OPEN_ENDED = re.compile(r" (?:of|for|de|del|du|des|d'|di|do|da|fur|van|voor|for)$")


class Body(NamedTuple):
    """The kind of body an account speaks for, how surely (4 and more is sure), and the words."""

    role: RoleName
    score: int
    evidence: tuple[str, ...]
    in_name: bool
    official: bool


def read_body(reading: Reading) -> Body | None:
    """The most likely body, or None where no word of one stands where an account names itself."""
    scores: dict[RoleName, int] = {}
    words: dict[RoleName, list[Cue]] = {}
    named = False
    for cue in reading.cues:
        if cue.kind not in _ROLE_OF:
            continue
        weight = _weight(reading, cue)
        if weight:
            role = _ROLE_OF[cue.kind]
            scores[role] = scores.get(role, 0) + weight
            words.setdefault(role, []).append(cue)
            named = named or cue.start < reading.name_end
    if not scores:
        return None
    if "society" in scores and _about_patients(reading):
        scores["patient_advocate"] = scores.get("patient_advocate", 0) + scores.pop("society")
        words.setdefault("patient_advocate", []).extend(words.pop("society"))
    if "society" in scores and any(
        not reading.text.folded[reading.name_end : cue.start].strip() for cue in reading.said("patient_org")
    ):
        scores["patient_advocate"] = scores.get("patient_advocate", 0) + scores.pop("society")  # it says so first
        words.setdefault("patient_advocate", []).extend(words.pop("society"))
    if 0 < scores.get("society", 0) <= 4 and _called_group(reading) and reading.said("lab"):
        scores["institution"] = scores.get("institution", 0) + scores.pop(
            "society"
        )  # "Okafor Group. Structural biology"
        words.setdefault("institution", []).extend(words.pop("society"))
    role = max(scores, key=lambda each: scores[each])
    official = reading.said("official")
    evidence = reading.written(*words[role], *official[:1])
    return Body(role, scores[role] + (2 if official else 0), evidence, named, bool(official))


def _called_group(reading: Reading) -> bool:
    return reading.text.folded[: reading.name_end].rstrip().endswith((" group", " gruppe", " grupo", " groupe"))


def _about_patients(reading: Reading) -> bool:
    """ "Lymphoma Patients Network", "Somos pacientes y familiares", "Association de patientes"."""
    bodies = reading.said("official", "society")
    return any(
        cue.kind == "patient_many"
        and (cue.start < reading.name_end or any(body.end <= cue.start <= body.end + 12 for body in bodies))
        for cue in reading.cues
    )


def _opens_bio(reading: Reading, clause_start: int) -> bool:
    return not reading.text.folded[reading.name_end : max(clause_start - 1, reading.name_end)].strip()


def _weight(reading: Reading, cue: Cue) -> int:
    if cue.start < reading.name_end:
        before = reading.text.folded[: cue.start]
        return 0 if _WITHIN.search(before) else 2 * cue.weight
    if cue.kind in ("media_name", "many", "charity"):
        return 0
    if cue.start in reading.unsaid or _AFFILIATED.match(reading.text.folded, cue.end):
        return 0
    start, _ = reading.clause(cue)
    before = reading.text.folded[max(start, reading.name_end) : cue.start]
    if any(start <= self.start and self.end <= cue.start for self in reading.said("official")):
        return cue.weight  # "official account of the fellowship program"
    if _BELONGING.search(before) or len(before.split()) > 4 or "," in before:
        return 0
    words = reading.text.folded[cue.start : cue.end]
    _, end = reading.clause(cue)
    alone = words == reading.text.folded[start:end].strip(" .")
    closes = cue.weight > 3 and not reading.text.folded[cue.end : end].strip(" .")  # "Charts daily" is no newspaper
    first = (not before.strip() or closes) and _opens_bio(reading, start)
    if " " not in words and not alone and not first and not reading.said("official"):
        return min(cue.weight, 1)  # "Lifelong learner. News, science": a body names itself first
    adjective = cue.kind in _PLACES and not _OPEN_ENDED.search(words) and _GOES_ON.match(reading.text.folded, cue.end)
    return 0 if adjective else cue.weight
