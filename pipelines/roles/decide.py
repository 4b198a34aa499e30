"""Which role the reading of a profile proves: a ladder, from the words that outrank all others down to hints."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.model import Confidence, RoleName
from pipelines.roles.bodies import Body, read_body
from pipelines.roles.clinician import Clinician
from pipelines.roles.employment import industry_cues
from pipelines.roles.reading import Reading


@dataclass(frozen=True, slots=True)
class Verdict:
    """A role with its rule and the proving words."""

    role: RoleName
    confidence: Confidence
    rule: str
    evidence: tuple[str, ...]


def decide(reading: Reading, clinician: Clinician) -> Verdict:
    """Climb down the ladder; the first rung that holds decides."""
    body = read_body(reading)
    for rung in (_machine, _animals, _body, _trader, _industry, _student, _by_letters_only, _clinician, _researcher):
        if verdict := rung(reading, clinician, body):
            return verdict
    for rung in (
        _patient,
        _scholar,
        _media,
        _impostor,
        _weak_industry,
        _weak_body,
        _hint,
        _weak_patient,
        _weak_research,
    ):
        if verdict := rung(reading, clinician, body):
            return verdict
    rest = reading.said("trade", "joke", "student_weak")
    return Verdict("other", "probable", "nothing", reading.written(*rest[:2]))


def _machine(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    bots = reading.said("bot")
    if not bots or clinician.strong or reading.said("researcher"):
        return None
    return Verdict("other", "strict", "bot", reading.written(*bots[:2]))


def _animals(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    proof = [*reading.said("vet"), *reading.letters("vet")]
    return Verdict("other", "strict", "vet", reading.written(*proof)) if proof else None


def _body(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    """A body named in the display name, or telling of itself, and no person behind it."""
    if (
        not body
        or not (body.in_name or body.official)
        or (clinician.personal and not (body.official and clinician.named_only))
    ):
        return None
    if not body.official and _person_speaks(reading):
        return None
    if body.score >= 4:
        return Verdict(body.role, "strict", "body", body.evidence)
    return None


def _person_speaks(reading: Reading) -> bool:
    """A job or an illness at the head of a clause of the bio: "Human geneticist (PhD)" under the name Genomics Goose."""
    people = reading.said("researcher", "scholar", "patient", "media_person", "industry_job")
    return any(
        cue.start > reading.name_end and len(reading.text.folded[reading.clause(cue)[0] : cue.start].split()) <= 2
        for cue in people
    )


def _trader(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    investors = reading.said("investor")
    if not investors or clinician.nouns:
        return None
    if reading.said("media_person") or (body and body.role == "media" and body.score >= 4):
        return None
    return Verdict("other", "strict", "investor", reading.written(*investors[:2]))


def _industry(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    jobs = industry_cues(reading)
    if not jobs or (reading.said("media_person") and not any(cue.kind == "industry_job" for cue in jobs)):
        return None
    return Verdict("pharma", "strict", "employer", reading.written(*jobs[:3]))


def _student(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    students = reading.said("student")
    if not students or clinician.nouns or clinician.sure_letters:
        return None
    return Verdict("other", "strict", "student", reading.written(*students[:2]))


def _by_letters_only(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    """A licence, but the job said is another: reporter, lawyer, coach."""
    media = reading.said("media_person")
    if media and (reading.has("full_time") or (not clinician.nouns and clinician.evidence)):
        return Verdict("media", "strict", "job", reading.written(*media[:2]))
    if clinician.nouns or not clinician.evidence:
        return None
    if clinician.left and (research := reading.said("researcher")):
        return Verdict("researcher", "strict", "role_noun", reading.written(*research[:2]))
    return None


def _clinician(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    if not clinician.strong or (clinician.retired and reading.said("media_person")):
        return None
    return Verdict("hcp", "strict", clinician.rule, clinician.evidence)


def _researcher(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    people = reading.said("researcher")
    if not people:
        return None
    proof = reading.written(*people[:2], *reading.letters("research")[:1])
    return Verdict("researcher", "strict", "role_noun", proof)


def _patient(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    patients = reading.said("patient", "patient_org")
    if not patients:
        return None
    return Verdict("patient_advocate", "strict", "patient", reading.written(*patients[:3]))


def _scholar(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    people = reading.said("scholar")
    proof = reading.written(*people[:1], *reading.letters("research")[:1])
    return Verdict("researcher", "strict", "role_noun", proof) if people else None


def _media(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    media = reading.said("media_person")
    return Verdict("media", "strict", "job", reading.written(*media[:2])) if media else None


def _impostor(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    proof = [*reading.said("impostor"), *reading.letters("alternative"), *reading.letters("law")]
    return Verdict("other", "strict", "look_alike", reading.written(*proof[:2])) if proof else None


def _weak_industry(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    weak = reading.said("industry_weak")
    if not weak or clinician.probable or (body and body.role != "pharma"):
        return None
    return Verdict("pharma", "probable", "employer", reading.written(*weak[:2]))


def _weak_body(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    channel = body and body.role == "media" and body.score >= 4 and clinician.rule == "title_and_field"
    if not body or (clinician.probable and not channel) or (body.score < 3 and not body.in_name):
        return None
    if not body.in_name and reading.said("trade", "academic", "student_weak"):
        return None
    return Verdict(body.role, "probable", "body", body.evidence)


def _weak_patient(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    """Half a word of illness and the illness; or an illness alone, where no trade at all is said."""
    weak = reading.said("patient_weak")
    illness = reading.by_kind.get("disease", [])
    if clinician.probable or not (weak or illness) or (body and body.in_name):
        return None
    if len(weak) > 1 or (weak and (illness or reading.has("area"))):
        return Verdict("patient_advocate", "probable", "patient", reading.written(*weak[:2], *illness[:1]))
    if (
        illness
        and not reading.said("lab", "academic", "trade", "student_weak", "industry_weak")
        and not reading.letters("research")
    ):
        return Verdict("patient_advocate", "probable", "illness", reading.written(*illness[:2]))
    return None


_CHAIR = re.compile(r"(?:ass\w+ |adjunct |full |clinical )?prof|(?:senior )?lecturer|catedr|docent")


def _weak_research(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    if clinician.probable and not clinician.denied:
        return None
    doctorate = reading.letters("research")
    field = reading.said("lab")
    chair = reading.said("academic") or [
        cue for cue in reading.said("post") if _CHAIR.match(reading.text.folded, cue.start)
    ]
    if doctorate or ((field or chair) and not reading.said("trade")) or (chair and reading.has("area", "lab")):
        return Verdict("researcher", "probable", "field", reading.written(*doctorate[:1], *field[:2], *chair[:1]))
    return None


def _hint(reading: Reading, clinician: Clinician, body: Body | None) -> Verdict | None:
    if not clinician.probable or clinician.denied:
        return None
    return Verdict("hcp", "probable", clinician.rule, clinician.evidence)
