"""A profile read once: its cues, its letters, where its clauses end, and which cues are not meant of the person.

"Former nurse", "my oncologist", "not a doctor", "wife of a surgeon", "nurse recruiter" and "news for doctors" hold
the word of a profession and say that this account is something else.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

from pipelines.roles.credentials import Credential, find_credentials
from pipelines.roles.fold import Folded, fold
from pipelines.roles.lexicon import Cue, find_cues

LONGEST_BIO = 1_500  # characters; X allows 160, Bluesky 256 graphemes, hostile profiles anything

# A full stop ends a clause only before a space, and not behind "Dr" or "Prof"
_HARD = re.compile(
    r"\.(?=\s|$)(?<!\bdr\.)(?<!\bdra\.)(?<!\bprof\.)(?<!\bst\.)(?<!\bmed\.)|[!?;|•·\n…✦►▪◆★～~。｡│┃—–]| - "
)
_SOFT = re.compile(r"[,:()、・\[\]]")
_REACH = {"not": 4, "former": 3, "future": 3, "mine": 2, "kin": 4, "audience": 2}  # words between it and the noun
_BREAKS = frozenset(
    {"and", "&", "+", "y", "et", "und", "e", "og", "och", "oraz", "ed", "as", "als", "como", "comme", "come", "jako"}
    | {"som", "now", "turned", "then"}
)
_ONLY = frozenset(
    {"only", "just", "merely", "solo", "solamente", "seulement", "nur", "soltanto", "apenas", "alleen", "bare", "bara"}
    | {"your", "ur", "tu", "my"}
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What stands in a profile. ``said`` holds the cues meant of the account itself, ``unsaid`` the reason others are not."""

    text: Folded
    name_end: int
    cues: list[Cue]
    by_kind: dict[str, list[Cue]]
    credentials: list[Credential]
    hard: list[int]
    soft: list[int]
    unsaid: dict[int, str]  # start of a cue or of letters -> why it does not count

    def said(self, *kinds: str) -> list[Cue]:
        """Cues of these kinds that are meant of the account."""
        found = [cue for kind in kinds for cue in self.by_kind.get(kind, ()) if cue.start not in self.unsaid]
        return sorted(found) if len(kinds) > 1 and len(found) > 1 else found

    def once(self, *kinds: str) -> list[Cue]:
        """Cues of these kinds that hold unless the profile says another trade: "nurse by training"."""
        return [cue for cue in self.cues if cue.kind in kinds and self.unsaid.get(cue.start) == "once"]

    def has(self, *kinds: str) -> bool:
        """Whether any cue of these kinds stands anywhere, whatever is said about it."""
        return any(kind in self.by_kind for kind in kinds)

    def letters(self, group: str) -> list[Credential]:
        """The letters of one group that count."""
        return [found for found in self.credentials if found.group == group and found.start not in self.unsaid]

    def written(self, *spans: Cue | Credential) -> tuple[str, ...]:
        """The words as they stand in the profile, each once, in order."""
        return tuple(dict.fromkeys(self.text.as_written(span.start, span.end).strip() for span in spans))

    def clause(self, cue: Cue | Credential) -> tuple[int, int]:
        """Start and end of the clause around ``cue``, commas included."""
        at = bisect_left(self.hard, cue.start)
        start = self.hard[at - 1] + 1 if at else 0
        end = next((mark for mark in self.hard[at:] if mark >= cue.end), len(self.text.folded))
        return start, end


def read_profile(name: str, bio: str) -> Reading:
    """Read display name and bio together; text beyond ``LONGEST_BIO`` characters is not read."""
    text = fold(name[:200] + "\n" + bio[:LONGEST_BIO])
    name_end = (
        text.folded.index("\n") if "\n" not in name[:200] and "\r" not in name[:200] else len(fold(name[:200]).folded)
    )
    cues = _with_studies(text.folded, [cue for cue in find_cues(text) if not _in_address(text.folded, cue)])
    hard = [match.start() for match in _HARD.finditer(text.folded)]
    soft = [match.start() for match in _SOFT.finditer(text.folded)]
    by_kind: dict[str, list[Cue]] = {}
    for cue in cues:
        by_kind.setdefault(cue.kind, []).append(cue)
    beside = [cue for kind in ("area", "researcher", "hcp") for cue in by_kind.get(kind, [])]
    letters = [found for found in find_credentials(text, name_end, beside) if not _covered(found, cues)]
    reading = Reading(text, name_end, cues, by_kind, letters, hard, soft, {})
    _mark_unsaid(reading)
    return reading


# "jane_oncologist" and "jane-oncologist.bsky.social" are accounts, whoever they are
_ADDRESS = re.compile(
    r"@\w+[_.-][\w.-]*|(?<![\w@.-])[\w-]+(?:\.[\w-]+)*\.(?:social|example|com|org|net|app|dev|health|blog|de|uk|fr)\b"
)


def _in_address(folded: str, cue: Cue) -> bool:
    if cue.kind not in _PERSONAL and cue.kind not in ("jargon", "patient_weak", "lab"):
        return False
    if not folded[cue.start - 1 : cue.start] or (
        folded[cue.start - 1] not in "_.-@" and folded[cue.end : cue.end + 1] not in ("_", ".", "-")
    ):
        return False
    return any(match.start() < cue.start + 1 and cue.end <= match.end() for match in _ADDRESS.finditer(folded))


_OBJECT = re.compile(r"[ -]|(?: | ?[:/] ?)(?:of|in|for|du|de|del|di|do|der|des) (?:the |la |le |el )?")


def _with_studies(folded: str, cues: list[Cue]) -> list[Cue]:
    """The cues, with a field beside a word of study as research: "cancer metabolism", "genomics of lymphoma"."""
    fields = {cue.start: cue for cue in cues if cue.kind == "area"}
    if not fields:
        return cues
    ends = {cue.end: cue for cue in fields.values()}
    found = []
    for cue in cues:
        if (
            cue.kind == "study_after"
            and cue.start
            and folded[cue.start - 1] in " -"
            and (area := ends.get(cue.start - 1))
        ):
            found.append(Cue(area.start, cue.end, "lab", None, 1))
        elif cue.kind == "study_before" and (joint := _OBJECT.match(folded, cue.end)) and joint.end() in fields:
            found.append(Cue(cue.start, fields[joint.end()].end, "lab", None, 1))
    return sorted([*cues, *found])


_COVERING = frozenset({"student", "joke", "neutral", "trade", "industry_firm"})


def _covered(letters: Credential, cues: list[Cue]) -> bool:
    """Letters inside a longer phrase are part of it: "MD candidate", "MD in naps", "MD Anderson"."""
    return any(
        (cue.kind in _COVERING or (cue.kind == "researcher" and cue.start == letters.start))  # "PhD student"
        and cue.start <= letters.start
        and letters.end <= cue.end
        and cue.end - cue.start > letters.end - letters.start
        for cue in cues
    )


_PERSONAL = frozenset(
    {
        "hcp",
        "doctor",
        "grade",
        "post",
        "medico",
        "researcher",
        "patient",
        "media_person",
        "industry_job",
        "impostor",
        "vet",
    }
)
_PERSONAL |= {"trade", "industry_weak", "industry_exec", "student", "investor", "industry_firm", "academic", "scholar"}
_BODIES = frozenset({"society", "institution", "industry_org", "media_org", "patient_org"})
_PATIENTS = frozenset({"patient", "patient_org"})
_ABOUT_PATIENTS = frozenset({"not", "after", "audience", "future"})  # a mother of a patient speaks for them
_MODIFIERS = frozenset(_REACH)


def _mark_unsaid(reading: Reading) -> None:
    cues = reading.cues
    modifiers = [cue for cue in cues if cue.kind in _MODIFIERS]
    after = [cue for cue in cues if cue.kind in ("after", "since_then", "turned")]
    nouns = [cue for cue in cues if cue.kind in _PERSONAL]
    if modifiers or after or nouns:
        for noun in [*nouns, *reading.credentials]:
            reason = _why_unsaid(reading, noun, modifiers, after)
            if reason and _applies(reason, noun):
                reading.unsaid[noun.start] = reason
        for body in cues:
            if body.kind in _BODIES and any(_modified(reading, no, body) for no in modifiers if no.kind == "not"):
                reading.unsaid[body.start] = "not"


_EMPLOYMENT = frozenset({"industry_job", "industry_weak", "industry_firm", "industry_exec"})


def _applies(reason: str, noun: Cue | Credential) -> bool:
    if reason == "audience" and isinstance(noun, Cue) and noun.kind in _EMPLOYMENT:
        return False  # "educator for a device company" works there
    return reason in _ABOUT_PATIENTS or not (isinstance(noun, Cue) and noun.kind in _PATIENTS)


# "Doctor of the other sort" (medicine, pharmacy and nursing are terms of their own), "patient movements"
_ADJECTIVE = re.compile(
    r"(doctor|patient)(?:(?<=doctor) of |(?<=patient) (?!(?:with|since|of|and|at|in|for|who|on|living|now|here|turned|de|depuis|seit|sinds|avec|mit|en|with|by|to|x\d|w|y|et"
    r"|und|con|from|is|was|i|as|or|dealing|fighting|surviving)\b)[a-z])"
)


_RELATIVES = frozenset({"wife", "husband", "spouse", "daughter", "son", "妻", "夫", "娘", "息子", "母"})


_TOWNSFOLK = re.compile(r"residents? of (?!the (?:ward|year))")  # of Leeds, since 1979


def _why_unsaid(reading: Reading, noun: Cue | Credential, modifiers: list[Cue], after: list[Cue]) -> str | None:
    folded = reading.text.folded
    if folded.startswith("'s ", noun.end):
        return "kin"
    if (of := _TOWNSFOLK.match(folded, noun.start)) and not any(
        of.end() <= cue.start <= of.end() + 4 for cue in reading.by_kind.get("area", [])
    ):
        return "after"
    if (adjective := _ADJECTIVE.match(folded, noun.start)) and adjective.end(1) == noun.end:
        return "after"
    for cue in reversed(modifiers):
        if reason := _modified(reading, cue, noun):
            return reason
    speaks_for = isinstance(noun, Cue) and noun.kind in _PATIENTS
    for cue in after:
        if speaks_for and folded[cue.start : cue.end].lstrip("の") in _RELATIVES:
            continue  # the wife of a patient speaks for them
        if cue.start >= noun.end and (reason := _followed(folded, cue, noun)):
            return reason
    return None


_TWO_PARENTS = re.compile(r" (?:and|&|y|et|und|e|en|og|och) (?=(?:an?|un|una|une|eine[rs]?|een|en|et|ett) )")


def _modified(reading: Reading, modifier: Cue, noun: Cue | Credential) -> str | None:
    between = reading.text.folded[modifier.end : noun.start]
    if modifier.start >= noun.start or (modifier.start < reading.name_end and isinstance(noun, Credential)):
        return None  # "Orla Ní Bhroin PhD" denies nothing
    if len(between) > 45 or _crosses(between):
        return None
    words = between.replace("-", " ").replace("/", " ").split()
    if modifier.kind == "kin":
        between = _TWO_PARENTS.sub(" ", between)
        words = between.split()
    if len(words) > _REACH[modifier.kind] or not _BREAKS.isdisjoint(words):
        return None
    if modifier.kind == "not" and not _ONLY.isdisjoint(words):
        return None
    if modifier.kind == "audience" and any(word.isdigit() for word in words):
        return None
    if modifier.kind == "mine" and _friendly(reading, modifier, noun):
        return None
    return modifier.kind


def _friendly(reading: Reading, modifier: Cue, noun: Cue | Credential) -> bool:
    """ "Your friendly neighbourhood oncologist", "tu pediatra de confianza"."""
    near = noun.end + 18
    return any(cue.kind == "friendly" and modifier.end <= cue.start <= near for cue in reading.cues)


def _crosses(between: str) -> bool:
    return bool(_HARD.search(between) or _SOFT.search(between))


def _followed(folded: str, cue: Cue, noun: Cue | Credential) -> str | None:
    between = folded[noun.end : cue.start]
    if len(between) > 30 or _crosses(between):
        return None
    words = between.split()
    if cue.kind == "after":
        return "after" if not words else None
    turning = folded[cue.start : cue.end].strip()
    if cue.kind == "turned":
        if words or (turning.isalnum() and turning not in _TURNING):
            return None
        return "former" if turning.isalnum() else "once"
    if len(words) > 3:
        return None
    return "once" if turning.startswith(_BY_TRAINING) else "former"


_TURNING = frozenset({"turned", "became", "reconverti", "reconvertie", "devenu", "devenue", "diventato", "diventata"})
_BY_TRAINING = (
    "by ",
    "de form",
    "di form",
    "von haus",
    "gelernt",
    "van huis",
    "av utd",
    "af utd",
    "af udd",
    "i botten",
)
