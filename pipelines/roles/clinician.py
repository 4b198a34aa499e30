"""What a profile says of its owner's own clinical work: nouns, grades with a field, licences, titles, handles."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.roles.lexicon import Cue
from pipelines.roles.reading import Reading

_NEAR = 4  # words between a grade and its field
_TITLE = re.compile(
    r"^\W*(?:(?:univ\.?-?|a\.? ?)?(?:prof|doc|prim|pd|priv\.?-?doz|assoc|asst|op|uzm|yrd)\.? ?(?:prof\. ?|doc\. ?)?)?(?:dr|dra|dott|dott\.ssa|dottor|dottoressa|doc|doktor|doctor)\b\.?\s+\w|先生"
)
_OPENS_MEDICO = frozenset(
    {"soy", "sou", "sono", "un", "una", "uma", "uno", "como", "e", "y", "i", "&", "and", "+", "es", "ser"}
    | {"dr", "dra", "dr.", "dra.", "tambien", "tambem", "anche"}
)
_HANDLE_PARTS = re.compile(r"[A-Z]{2,}(?![a-z])|[A-Z]?[a-z]+|[A-Z]|\d+")
_HANDLE_LICENCES = frozenset({"md", "rn", "pharmd", "mbbs", "np", "dnp", "do", "dds"})
_HANDLE_NOUNS = frozenset(
    {
        "doc",
        "dr",
        "dra",
        "nurse",
        "oncologist",
        "surgeon",
        "medic",
        "doctor",
        "physician",
        "arzt",
        "medico",
        "doctora",
        "onc",
    }
)


@dataclass(frozen=True, slots=True)
class Clinician:
    """Clinical evidence. ``strong`` proves the role, ``probable`` hints at it, ``denied`` takes titles back."""

    nouns: list[Cue]  # professions and grades with their field
    fields: list[Cue]  # clinical fields anywhere
    sure_letters: bool
    strong: bool
    probable: bool
    personal: bool  # a person, not a body, whatever the name looks like
    named_only: bool  # the profession stands in the display name alone, as in a department's name
    denied: bool
    retired: bool  # or trained once: another trade said outranks it
    left: bool  # some profession was left: "former", "by training", "no longer practise"
    rule: str
    evidence: tuple[str, ...]


def read_clinician(reading: Reading, handle: str) -> Clinician:
    """Gather clinical evidence from one reading and the handle."""
    denied = bool(reading.has("not_that_kind"))
    fields = reading.by_kind.get("area", [])
    professions = _earnest(reading, reading.said("hcp"), fields)
    titled_only = denied or bool(reading.said("impostor"))
    doctors = [] if titled_only else _earnest(reading, [*reading.said("doctor"), *_medicos(reading)], fields)
    look_alike = bool(reading.said("impostor", "joke", "trade", "student"))
    licences = [found for found in reading.letters("licence") if found.sure or professions or not look_alike]
    # "Dr Ann Lee, PhD" holds a chair, not a clinic, unless a ward or a licence says so
    scholar = bool(reading.letters("research")) and not licences and not reading.said("bedside", "at_work")
    grades = [] if denied else _backed(reading, reading.said("grade"), fields, bool(licences))
    nouns = sorted([*professions, *doctors, *grades])
    sure = any(found.sure for found in licences)
    posts = [] if denied or look_alike or scholar else _backed(reading, reading.said("post"), fields, False)
    hints = _hints(reading, handle, fields) if not denied and not look_alike else ()
    once = [] if denied else reading.once("hcp", "doctor")
    rule = "role_noun" if nouns else "credential" if licences else "post" if posts else "title_and_field"
    evidence = reading.written(*nouns[:2], *licences[:2], *posts[:1]) or hints or reading.written(*once[:2])
    in_name = any(found.start < reading.name_end for found in [*licences, *reading.letters("research")])
    titled = bool(_TITLE.match(reading.text.folded))
    return Clinician(
        nouns=nouns,
        fields=fields,
        sure_letters=sure,
        strong=bool(nouns or licences),
        probable=bool(posts or hints or once),
        personal=bool(nouns) or in_name or titled,
        named_only=not in_name and not titled and all(cue.start < reading.name_end for cue in nouns),
        denied=denied,
        retired=bool(nouns) and _retired(reading, nouns),
        left=_left(reading),
        rule=rule,
        evidence=evidence,
    )


def specialty_of(reading: Reading, clinician: Clinician, practises: bool) -> str | None:
    """The specialty said by a noun, even a former one; for those who practise also by letters and nearby fields."""
    letters = [found.specialty for found in reading.letters("licence") if found.specialty]
    nouns = [cue for cue in (*clinician.nouns, *reading.by_kind.get("hcp", [])) if cue.specialty]
    if nouns:
        narrower = nouns[0].specialty == "oncology" and "radiation oncology" in letters
        return "radiation oncology" if narrower else nouns[0].specialty
    if not practises:
        return None
    if letters and not clinician.nouns:
        return letters[0]
    if clinician.fields:
        at = clinician.nouns[0].start if clinician.nouns else 0
        return min(clinician.fields, key=lambda cue: abs(cue.start - at)).specialty
    return letters[0] if letters else None


_PLAIN_NOUNS = frozenset({"doctor", "doc", "surgeon", "nurse", "physician", "medic", "pharmacist", "dentist", "doktor"})
_CLINICAL = ("area", "disease", "bedside", "at_work", "many", "neutral", "grade", "hcp", "doctor", "patient_many")


def _earnest(reading: Reading, nouns: list[Cue], fields: list[Cue]) -> list[Cue]:
    """Without "The Vinyl Surgeon": a plain noun in the display name above a bio that knows nothing clinical."""
    starts = {field.start for field in fields}
    others = [cue for cue in nouns if not _stage_name(reading, cue, starts)]
    if not others and not reading.letters("licence") and not reading.said("bedside", "at_work"):
        return []
    bio = reading.text.folded[reading.name_end :].strip()
    if not bio or any(cue.start > reading.name_end and cue.kind in _CLINICAL for cue in reading.cues):
        return nouns
    if reading.letters("licence"):
        return nouns
    return [
        cue
        for cue in nouns
        if cue.start > reading.name_end or reading.text.folded[cue.start : cue.end] not in _PLAIN_NOUNS
    ]


_STAGE = re.compile(r"\bthe ([\w'-]+) (?:doctor|doc|surgeon|nurse|medic)\n")


def _stage_name(reading: Reading, noun: Cue, field_starts: set[int]) -> bool:
    """ "The Stock Doctor": a nickname made of a plain noun and a word of no field."""
    made = _STAGE.search(reading.text.folded)
    return bool(made and made.start() <= noun.start < made.end() and made.start(1) not in field_starts)


def _retired(reading: Reading, nouns: list[Cue]) -> bool:
    """Every profession said stands beside "retired", "emeritus", "a.D."."""
    spans = [reading.clause(cue) for cue in reading.cues if cue.kind == "retired"]
    return all(any(start <= noun.start < end for start, end in spans) for noun in nouns)


def _left(reading: Reading) -> bool:
    reasons = set(reading.unsaid.values())
    return any(cue.kind == "since_then" for cue in reading.cues) or "former" in reasons


def _medicos(reading: Reading) -> list[Cue]:
    """ "Médico" as a noun: at the head of its clause or behind "soy", "un", "y" ..., not in "congreso médico"."""
    found = []
    for cue in reading.said("medico"):
        start, _ = reading.clause(cue)
        soft = max((mark + 1 for mark in reading.soft if start <= mark < cue.start), default=start)
        before = reading.text.folded[soft : cue.start].split()
        if not before or before[-1] in _OPENS_MEDICO:
            found.append(cue)
    return found


def _backed(reading: Reading, grades: list[Cue], fields: list[Cue], licensed: bool) -> list[Cue]:
    """Grades with a clinical field beside them in the same clause, or a licence, or a ward anywhere."""
    at_work = licensed or bool(reading.said("at_work"))
    return [cue for cue in grades if _has_field(reading, cue, fields) or (at_work and cue.kind == "grade")]


def _has_field(reading: Reading, grade: Cue, fields: list[Cue]) -> bool:
    start, end = reading.clause(grade)
    if grade.kind == "post" and any(
        start <= cue.start < end for cue in reading.said("lab", "researcher", "industry_job")
    ):
        return False
    short = grade.end - grade.start <= 3  # "PH", "PA", "R2" mean other things too: only right beside the field
    near = 1 if short else _NEAR
    return any(
        start <= field.start < end
        and field.start != grade.start
        and _gap(reading.text.folded, grade, field) <= near
        and not (short and _comma_between(reading, grade, field))
        for field in fields
    )


def _comma_between(reading: Reading, one: Cue, other: Cue) -> bool:
    left, right = sorted((one, other))
    return any(left.end <= mark < right.start for mark in reading.soft)


def _gap(folded: str, one: Cue, other: Cue) -> int:
    left, right = sorted((one, other))
    return len(folded[left.end : right.start].split())


def _hints(reading: Reading, handle: str, fields: list[Cue]) -> tuple[str, ...]:
    """Words that only hint at a clinician: shop talk, "Dr" with a field, a grade or a ward beside a field, a handle."""
    jargon = [cue for cue in reading.said("jargon") if cue.start > reading.name_end]
    scholar = reading.letters("research") or reading.said("researcher")
    if scholar or reading.said("patient", "student_weak"):
        return ()
    if jargon:
        return reading.written(*jargon[:2])
    bedside = reading.said("bedside", "at_work")
    if reading.said("lab"):
        return ()
    if (title := _TITLE.match(reading.text.folded)) and (fields or bedside):
        word = reading.text.as_written(title.start(), title.end() - (0 if title[0].endswith("先生") else 1)).strip()
        return (word, *reading.written(*fields[:1], *bedside[:1]))
    own = reading.said("grade", "at_work") if not reading.said("patient_weak", "industry_job") else []
    if fields and own:
        return reading.written(*own[:1], *fields[:1])
    return _handle_hint(reading, handle, fields, bool(bedside))


def _handle_hint(reading: Reading, handle: str, fields: list[Cue], bedside: bool) -> tuple[str, ...]:
    stem = handle.removeprefix("@").split(".")[0]
    parts = _HANDLE_PARTS.findall(stem)
    if not parts:
        return ()
    if letters := _letters_behind_name(reading.text.folded[: reading.name_end], stem):
        return (letters, *reading.written(*fields[:1]))
    last, first = parts[-1].lower(), parts[0].lower()
    if last in _HANDLE_LICENCES and (fields or bedside or parts[-1].isupper()):
        return (parts[-1], *reading.written(*fields[:1]))
    if (last in _HANDLE_NOUNS or first in _HANDLE_NOUNS) and fields and not reading.said("patient", "patient_weak"):
        return (parts[0] if first in _HANDLE_NOUNS else parts[-1], *reading.written(*fields[:1]))
    return ()


def _letters_behind_name(name: str, stem: str) -> str:
    """ "kmartinezmd" of "K. Martinez" ends in a licence: the letters as written, or nothing."""
    for letters in ("md", "rn", "pharmd", "mbbs", "dds"):
        if stem.lower().endswith(letters):
            rest = stem[: -len(letters)].lower().rstrip("_-").removesuffix("onc").rstrip("_-")
            if rest and re.sub(r"[\W_]", "", rest) == re.sub(r"[\W_]", "", name):
                return stem[-len(letters) :]
            if any(len(word) > 3 and rest.endswith(word) for word in re.split(r"[^a-z]+", name)):
                return stem[-len(letters) :]
    return ""
