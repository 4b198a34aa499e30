"""How each congress numbers its abstracts, as data.

A template shows the shape of a number: letters stand for themselves, a run of zeros for a run of digits,
``00`` for digits padded to two, anything else for an optional separator. ``0`` alone is the bare integer.
Facts: the societies' own abstract books, 2016 to 2026; new shapes are learnt from the catalogue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

SCHEMES: dict[str, tuple[str, ...]] = {
    "asco": ("TPS0", "LBA0", "e00000", "0"),  # GI and GU restart low: 265, LBA16
    "ash": ("LBA-0", "0"),
    "esmo": ("LBA0", "0O", "0MO", "0PD", "0P", "0TiP", "0eP", "0RO", "0EP"),
    "eha": ("LB0000", "S000", "PB0000", "PF000", "PS0000", "P0000", "EP000"),
    "sabcs": ("GS0-00", "RF0-00", "PD0-00", "PS0-00-00", "PO0-00-00", "P0-00-00", "LBO0-00", "OT0-00-00"),
    "aacr": ("CT000", "LB000", "NG00", "ND00", "SY00-00", "DDT00-00", "PO-000", "0"),
    "ada": ("0-OR", "0-P", "0-LB", "0-PUB"),
    "esc": ("HL0-00", "00000"),
    "wclc": ("PL00.00", "OA00.00", "MA00.00", "WS00.00", "MT00.00", "EP00.00", "P0.00.00", "PT0.00.00"),
    "aha": ("LBS.00", "LBP0", "Su0", "Mo0", "Sa0"),
    "acc": ("0000-00", "000-00"),
    "ers": ("PA0", "OA0", "RCT0"),
    "ats": ("A0000", "B0000", "C0000", "P0"),
    "aan": ("S00.000", "PL0.000", "LS00.000", "P0.000", "P0-0.000"),
    "demo": (),  # the simulated congress brings its catalogue along
}
_SOCIETIES = (
    ("american society of clinical oncology", "asco"),
    ("american society of hematology", "ash"),
    ("european society for medical oncology", "esmo"),
    ("european hematology association", "eha"),
    ("san antonio breast", "sabcs"),
    ("american association for cancer research", "aacr"),
    ("american diabetes association", "ada"),
    ("european society of cardiology", "esc"),
    ("lung cancer", "wclc"),
    ("american heart association", "aha"),
    ("american college of cardiology", "acc"),
    ("european respiratory society", "ers"),
    ("american thoracic society", "ats"),
    ("american academy of neurology", "aan"),
)
_RUN = re.compile(r"([A-Za-z]+)|(\d+)|([^A-Za-z\d]+)")


@dataclass(frozen=True, slots=True)
class Shape:
    """One template, taken apart. ``weak``: a letter and digits could be a room, a drug or a gene as well."""

    template: str
    runs: tuple[tuple[str, str], ...]  # (kind, text) with kind in "L" letters, "D" digits, "S" separator
    weak: bool

    @property
    def bare(self) -> bool:
        """Digits and nothing else."""
        return len(self.runs) == 1 and self.runs[0][0] == "D"

    @property
    def suffixed(self) -> bool:
        """Digits, then letters: "1253O", "45MO"; in other capitals it reads as months, arms or chromosomes."""
        return self.runs[0][0] == "D" and self.runs[-1][0] == "L"

    @property
    def pattern(self) -> str:
        """A regular expression for the shape as people write it, without groups."""
        parts = []
        for at, (kind, run) in enumerate(self.runs):
            if kind == "L":
                blank = r"\s?" if at and len(run) > 1 and self.runs[at - 1][0] == "D" else ""  # "567 TiP"
                parts.append(blank + re.escape(run) + self._joint(at))
            elif kind == "D":
                parts.append(r"\d{1,5}" if len(self.runs) < 4 else r"\d{1,3}")
            else:
                parts.append(r"[-. ]?" if at and self.runs[at - 1][0] == "D" else r"-?")
        return "".join(parts)

    def _next(self, at: int) -> str:
        return self.runs[at + 1][0] if at + 1 < len(self.runs) else ""

    def _joint(self, at: int) -> str:
        """What may stand between letters and the digits after them: "LBA 4", "LBA-4", "LBA#4"; but "S205"."""
        if self._next(at) not in ("D", "S"):
            return ""
        return r"-?" if len(self.runs[at][1]) == 1 or at else r"(?:\s?[-#.]\s?|\s)?"

    def spell(self, written: str) -> str:
        """``written`` as the society spells it: ``"gs1-1"`` becomes ``"GS1-01"`` (used without a catalogue)."""
        digits = iter(re.findall(r"\d+", written))
        return "".join(
            (next(digits, "").lstrip("0") or "0").rjust(len(run) if run.startswith("00") else 1, "0")
            if kind == "D"
            else run
            for kind, run in self.runs
        )


def shape(template: str) -> Shape:
    """The shape of a template, or of a number of a catalogue (each digit run is read by its width)."""
    runs = tuple(
        ("L", letters) if letters else ("D", digits) if digits else ("S", other)
        for letters, digits, other in _RUN.findall(template.strip())
    )
    letters = "".join(run for kind, run in runs if kind == "L")
    groups = [run for kind, run in runs if kind == "D"]
    weak = len(letters) == 1 and len(groups) == 1 and len(groups[0]) < 5 and not template.startswith("0-")
    return Shape(template, runs, weak)


def scheme_of(numbering: str | None, congress_id: str, society: str) -> str | None:
    """The name of the scheme: the configured one, or that of the society or the id; None when unknown."""
    if numbering:
        return numbering
    first = congress_id.split("-")[0]
    if first in SCHEMES:
        return first
    folded = society.casefold()
    return next((scheme for words, scheme in _SOCIETIES if words in folded), None)


def shapes(scheme: str | None, numbers: Iterable[str]) -> tuple[Shape, ...]:
    """The shapes to look for: those of the catalogue's own numbers, and those of the society's scheme.

    The society's shapes stay even when the catalogue lacks them: "LBA4500 and 4507" is a list although
    only 4507 is catalogued.
    """
    learnt = {_generalised(number) for number in numbers}
    known = {*SCHEMES.get(scheme or "", ()), *learnt}
    found = {_skeleton(each): shape(each) for each in sorted(known, key=lambda each: (each in learnt, each))}
    return tuple(sorted(found.values(), key=lambda each: -len(each.template)))


def _generalised(number: str) -> str:
    """``"GS1-01"`` gives ``"GS0-00"``: a catalogue teaches letters, separators and padding."""
    runs = _RUN.findall(number.strip())
    padded = len([digits for _, digits, _ in runs if digits]) > 1
    return "".join(
        ("0" * len(digits) if padded or digits.startswith("0") or len(digits) == 5 else "0")
        if digits
        else letters or other
        for letters, digits, other in runs
    )


def _skeleton(template: str) -> str:
    return re.sub(r"0+", "0", template).casefold()
