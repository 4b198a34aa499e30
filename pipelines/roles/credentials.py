"""Letters after a name: which degrees and licences a profile states, and where letters are none.

"MD" is also Maryland, a managing director and Moldova: such letters count only behind a name, beside other
letters, or alone between two marks; never behind a place ("Silver Spring, MD").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

from pipelines.roles.fold import Folded
from pipelines.roles.lexicon import Cue

_WORDS = Path(__file__).with_name("words")
_SPACED = r"Dr\.? ?med\.?(?: ?univ\.?)?|Dr\.? ?rer\.? ?nat\.?|MB ?BS|MB,? ?B?Ch(?:B|ir)?|Pharm ?D|Ph\. ?D\.?|M\. ?D\.|D\. ?O\."
_LETTERS = re.compile(
    rf"(?<![\w@#$&])(?:{_SPACED}|[A-Z][A-Za-z.&]{{1,12}}(?:[-/][A-Za-z]{{1,6}})*(?:\((?:SA|UK|R|T)\))?)(?!\w)"
)
_SMALL = re.compile(r"(?<=[, ])(?:md|rn|do|np|phd|pharmd|msn|bsn|mbbs|dnp)(?=\s*(?:,|$))")
_BESIDE = re.compile(r"[\s,/|+•·&-]*")
_PLACE = re.compile(r"[A-Z][a-z]+,? $")
_WHERE = re.compile(r"\s*(?:$|from\b|[,.;|•·\n/)!~–—+&]|[^\w\s(])")
_EXPLAINED = re.compile(r"\s*(?:\(|=|as in )\s*(?:managing|maryland|moldova|mad\b|not |the )", re.IGNORECASE)


class Credential(NamedTuple):
    """Letters found at ``start`` to ``end`` of the folded text. ``sure`` letters mean nothing else."""

    start: int
    end: int
    group: str  # licence, research, degree, vet, alternative, law
    specialty: str | None
    sure: bool
    lone: bool  # may stand alone in a bio ("DM" does not)


def find_credentials(text: Folded, name_end: int, fields: list[Cue]) -> list[Credential]:
    """The letters in display name (up to ``name_end``) and bio that stand where letters stand, or beside a field."""
    starts = [field.start for field in fields]
    field_edges = {field.start - 1 for field in fields} | {field.end + 1 for field in fields}
    found = list(_known_letters(text.plain, name_end))
    kept: list[Credential] = []
    for i, letters in enumerate(found):
        following = found[i + 1] if i + 1 < len(found) else None
        beside = _touches(text.plain, kept[-1] if kept else None, letters) or _touches(text.plain, letters, following)
        placed = letters.start >= name_end and _place_before(text.plain, letters)
        licence = letters.group == "licence"
        by_field = licence and not field_edges.isdisjoint((letters.start, letters.end))
        if (
            letters.sure
            or (licence and _serves(text.plain, letters, starts))
            or ((beside or by_field) and not placed)
            or _stands_alone(text, letters, name_end)
        ):
            kept.append(letters)
    return kept


def _known_letters(plain: str, name_end: int) -> Iterator[Credential]:
    table = _table()
    small = list(_SMALL.finditer(plain, 0, name_end))
    for match in sorted([*_LETTERS.finditer(plain), *small], key=lambda m: m.start()):
        end = match.end()
        written = match[0]
        if written.endswith(".") and written.count(".") == 1 and " " not in written:
            written, end = written[:-1], end - 1
        key = written.replace(".", "").replace(" ", "").replace(",", "")
        known = table.get(key) or (table.get(_SMALL_SPELLING.get(key, "")) if match in small else None)
        if known and not _EXPLAINED.match(plain, end):
            yield Credential(match.start(), end, *known)


_SMALL_SPELLING = {"md": "MD", "rn": "RN", "do": "DO", "np": "NP", "phd": "PhD", "pharmd": "PharmD", "msn": "MSN"}
_SMALL_SPELLING |= {"bsn": "BSN", "mbbs": "MBBS", "dnp": "DNP"}


def _touches(plain: str, left: Credential | None, right: Credential | None) -> bool:
    """Whether two letters stand in one list: "MD, PhD", "MSN APRN"."""
    return bool(left and right and _BESIDE.fullmatch(plain, left.end, right.start))


def _place_before(plain: str, letters: Credential) -> bool:
    """ "Silver Spring, MD" and "Bethesda MD": a capitalised word right before, outside the display name."""
    return bool(_PLACE.search(plain[max(0, letters.start - 30) : letters.start]))


_FOR = re.compile(r"(?: (?:for|in|on|with|at)|,) (?:the |an? )?(?:\w+ )?")


_OPENING = re.compile(r"(?:^|[\n.|•·!;] ?)\w+ $")  # one word before: "Macmillan CNS, upper GI"


def _serves(plain: str, letters: Credential, field_starts: list[int]) -> bool:
    """ "CNS for upper GI cancer": letters that open a clause, then the field."""
    served = _FOR.match(plain, letters.end)
    before = plain[: letters.start]
    opens = before.rstrip()[-1:] in ("", ".", "|", "•", "·", "!", ";") or before[-1:] == "\n" or _OPENING.search(before)
    return bool(opens and served and any(letters.end < start <= served.end() for start in field_starts))


def _stands_alone(text: Folded, letters: Credential, name_end: int) -> bool:
    plain = text.plain
    before = plain[: letters.start].rstrip()
    after = bool(_WHERE.match(plain, letters.end))
    if letters.start < name_end:  # behind a name, or alone in it
        return after and (not before or before[-1] in ",|(/" or before[-1].isalpha() or before[-1] == ".")
    if not after or not letters.lone:
        return False
    if before and before[-1] == "," and before[-2:-1].islower():
        return not _PLACE.search(before + " ")  # "mom, marathoner, MD", but not "Frederick, MD"
    return not before or before[-1] in ".|•·\n(;!+" or not (before[-1].isalnum() or before[-1] in ",-/&@#:'")


@cache
def _table() -> dict[str, tuple[str, str | None, bool, bool]]:
    table: dict[str, tuple[str, str | None, bool, bool]] = {}
    group = ""
    for line in (_WORDS / "credentials.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            group = line.strip("[] ")
        elif "=" in line and not line.startswith("#"):
            specialty, _, terms = line.partition("=")
            for term in filter(None, (part.strip() for part in terms.split(","))):
                key = term.rstrip("?").replace(".", "").replace(" ", "")
                table.setdefault(key, (group, specialty.strip() or None, "?" not in term, "??" not in term))
    return table
