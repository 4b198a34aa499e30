"""Numbers of a text that could be abstract numbers, and the catalogue rows they may stand for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice

from pipelines.abstracts.schemes import Shape

# cue words that stand right before a number, in the languages met, plain (text.plain)
STRONG_CUES = frozenset(
    [
        "abstract", "abstracts", "abstrakt", "abstrakte", "abstr", "abst", "absts", "resume", "resumes", "resumen", "resumenes",
        "resumo", "resumos", "streszczenie", "absztrakt", "samenvatting", "sammanfattning", "riassunto", "ozet", "тезис", "тезисы",
        "ملخص", "late breaker", "late breakers", "latebreaker", "lbas",
    ]
)  # fmt: skip
SOFT_CUES = frozenset(
    [
        "poster", "posters", "eposter", "eposters", "affiche", "affiches", "plakat", "plakate", "oral", "orals", "plenary", "talk",
        "talks", "paper", "papers", "communication", "communications", "comunicacion", "comunicaciones", "comunicacao",
        "comunicacoes", "comunicazione", "comunicazioni", "vortrag", "kurzvortrag", "beitrag", "presentation", "presentations",
        "prasentation", "rapid fire", "proffered paper", "hot line", "hot lines", "hotline", "late breaking", "mini oral", "minioral", "постер",
        "orale", "orales", "orali", "affichee", "affichees", "bildiri", "доклад", "posteres", "poszter",
    ]
)  # fmt: skip
_CUES_OF_OTHER_SCRIPTS = (
    "演題番号",
    "演題",
    "抄録番号",
    "抄録",
    "摘要",
    "摘要号",
    "摘要號",
    "초록",
    "초록번호",
    "ポスター",
    "口演",
    "海报",
    "壁报",
    "포스터",
)
_NUMERO = frozenset(
    ["number", "numbers", "no", "nos", "nr", "nrs", "num", "nummer", "numero", "numeros", "n", "s", "id", "code", "№"]
)
_DIGITS_AT_END = re.compile(r"\d+$")
_WORD_AT_END = re.compile(r"[^\W\d_]+$")
_JOINTS = " \t\n:#.,-([=°º–—№\"'*_→>➡️|“”„«»"
ANY_CUE = "(?:abs|" + "|".join(sorted(map(re.escape, STRONG_CUES | SOFT_CUES), key=len, reverse=True)) + ")"
_GLUED = "".join(f"|(?<={word})" for word in ("abs", "abstract", "abstracts", "poster", "posters", "abst", "no", "nr"))


_MOST = 100  # a post with more numbers is a list of everything


@dataclass(slots=True)
class Candidate:
    """One number as it stands in the text, with what speaks for it being an abstract number."""

    start: int
    end: int
    written: str
    shape: Shape
    rows: tuple[str, ...]  # catalogue numbers it may stand for; empty when none
    exact: bool = True  # spelled as catalogued, but for case, blanks, dashes and zeros
    cue: str = ""  # "strong", "abs", "soft", "hash" or ""
    cue_word: str = ""
    rule: str = ""
    points: float = 0.0
    overlap: float = 0.0  # how much the text is about the row that is meant
    rejected: str | None = None  # why it cannot be one; "" nothing speaks against it; None not looked at yet
    chosen: tuple[str, ...] = field(default=())

    @property
    def bare(self) -> bool:
        return self.shape.bare


class Numbers:
    """All numbers of one catalogue, and how to find them in a text."""

    def __init__(self, shapes: Iterable[Shape], numbers: Iterable[str], kinds: Mapping[str, str] | None = None):
        """``kinds`` says for a number how it is shown: "poster" or "talk"; for numbers not in it nothing is known."""
        self.shapes, self.kinds = tuple(shapes), kinds or {}
        self.bare = next((each for each in self.shapes if each.bare), None)
        self.numbers = tuple(numbers)
        self._exact = {_collapsed(number): number for number in self.numbers}
        self._loose: dict[tuple[str, ...], list[str]] = {}
        self._digits: dict[str, list[str]] = {}
        for number in self.numbers:
            self._loose.setdefault(_parts(number), []).append(number)
            digits = re.findall(r"\d+", number)
            if len(digits) == 1 and not number.isdecimal():
                self._digits.setdefault(digits[0].lstrip("0"), []).append(number)
        self._pieces = frozenset(piece for number in self.numbers for piece in _pieces(number))
        structured = [each for each in self.shapes if not each.bare]
        self._by_group = {f"s{index}": each for index, each in enumerate(structured)}
        options = [f"(?P<s{index}>{each.pattern}(?:[_ ]PR\\b)?)" for index, each in enumerate(structured)]
        first = "".join({each.runs[0][1][0] for each in structured if each.runs[0][0] == "L"})
        # letters and digits of other scripts may touch a number ("演題1021。"), Latin ones not ("CD123", "e13a2")
        self._pattern = re.compile(
            rf"(?=[{first}0-9])(?:(?<![A-Za-z0-9_À-ɏ]){_GLUED})(?:{'|'.join([*options, '(?P<bare>[0-9]{1,5})'])})(?![A-Za-z0-9_])",
            re.IGNORECASE,
        )

    def may_hold(self, word: str) -> bool:
        """Whether a plain word can be, or be a part of, a catalogued number; without a catalogue, any digits."""
        digits = _DIGITS_AT_END.search(word)
        if digits is None and not any(char.isdigit() for char in word):
            return False
        if not self.numbers:
            return True
        return word in self._pieces or (digits is not None and digits.group().lstrip("0") in self._pieces)

    def find(self, text: str) -> list[Candidate]:
        """Candidates of a folded, masked text in order, the first hundred, without context judged."""
        return [self._candidate(found) for found in islice(self._pattern.finditer(text), _MOST)]

    def _candidate(self, found: re.Match[str]) -> Candidate:
        group, written, end = found.lastgroup or "bare", found.group(), found.end()
        shape = self._by_group.get(group) or self.bare or _ANY_DIGITS
        if shape.suffixed and " " in written and not _in_capitals_of(written, shape, found.string[end : end + 2]):
            shape, end = self.bare or _ANY_DIGITS, found.start() + written.index(" ")  # "12 or 13", "729 P<0.01"
            written = found.string[found.start() : end]
        rows, exact = self.resolve(written)
        return Candidate(found.start(), end, written, shape, rows, exact)

    def resolve(self, written: str) -> tuple[tuple[str, ...], bool]:
        """Catalogue numbers for a spelling, and whether it names all of the number.

        "gs1-1" is GS1-01; "232" is 0232; "733" may be PF733, when no letters were written.
        """
        written = re.sub(r"[_ ]PR$", "", written, flags=re.IGNORECASE)  # ESMO's press programme: LBA10_PR
        if found := self._exact.get(_collapsed(written)):
            return (found,), True
        if found := self._loose.get(_parts(written)):
            return tuple(found), True
        if written.isdecimal():
            return tuple(self._digits.get(written.lstrip("0"), ())), False
        return (), True

    def late(self, written: str) -> str | None:
        """The late-breaking abstract of a number: "late-breaking abstract 3" is LBA-3, not abstract 3."""
        for each in self.shapes:
            letters = each.runs[0][1]
            if each.runs[0][0] == "L" and letters.startswith("LB"):
                rows, exact = self.resolve(letters + written)
                if exact and len(rows) == 1:
                    return rows[0]
        return None

    def compose(self, written: str, like: str) -> str | None:
        """The catalogue number that a short form means in a list after ``like``: ("-02", "GS2-01") is GS2-02."""
        digits = [*re.finditer(r"\d+", like)]
        for run in reversed(digits):
            long = like[: run.start()] + written.lstrip("-#. ") + like[run.end() :]
            rows, exact = self.resolve(long)
            if exact and len(rows) == 1:
                return rows[0]
        return None

    def between(self, first: str, last: str) -> tuple[str, ...]:
        """Catalogue numbers from ``first`` to ``last``, when both have one shape and only their last digits differ."""
        a, b = _parts(first), _parts(last)
        at = next((i for i in range(len(a) - 1, -1, -1) if a[i].isdecimal()), -1)
        if at < 0 or len(a) != len(b) or a[:at] != b[:at] or a[at + 1 :] != b[at + 1 :]:
            return ()
        low, high = int(a[at]), int(b[at])
        if not low < high <= low + 60:
            return ()
        wanted = ((*a[:at], str(value), *a[at + 1 :]) for value in range(low, high + 1))
        return tuple(number for parts in wanted for number in self._loose.get(parts, ()))


_ANY_DIGITS = Shape("0", (("D", "0"),), False)


def is_cue(word: str) -> bool:
    """Whether a plain word of a text may be, or end, a cue."""
    return word == "abs" or word in STRONG_CUES or word in SOFT_CUES or word.endswith(_CUES_OF_OTHER_SCRIPTS)


def cue_before(lowered: str, start: int) -> tuple[str, str]:
    """The cue right before ``start`` and its word: "strong", "abs" (may be antibodies or muscles), "soft", "hash" or "".

    ``lowered`` is the plain text. Between cue and number may stand "no.", "#", ":" and the like.
    """
    before = lowered[max(0, start - 40) : start]
    rest = before.rstrip(_JOINTS)
    if len(before) - len(rest) > 5:
        return "", ""
    for _ in range(2):
        word = _WORD_AT_END.search(rest)
        if word is None:
            break
        if kind := _kind_of_cue(rest, word.group()):
            return kind, word.group()
        if word.group() not in _NUMERO:
            break
        rest = rest[: word.start()].rstrip(_JOINTS)
    return ("hash" if before.rstrip().endswith("#") else ""), ""


def _kind_of_cue(rest: str, word: str) -> str:
    if word == "abs":
        return "abs"
    two = " ".join(rest.replace("-", " ").split()[-2:])
    if word in STRONG_CUES or two in STRONG_CUES:
        return "strong"
    if rest.endswith(_CUES_OF_OTHER_SCRIPTS):
        return "strong"
    return "soft" if word in SOFT_CUES or two in SOFT_CUES else ""


def _in_capitals_of(written: str, shape: Shape, after: str) -> bool:
    letters = shape.runs[-1][1]
    return written.endswith(letters) and not after.lstrip().startswith(("<", "=", ">", "≤", "≥"))


def _pieces(number: str) -> Iterator[str]:
    yield _collapsed(number).lower()
    for word in re.findall(r"[a-z0-9]+", number.lower()):
        yield word
        yield from (digits.lstrip("0") for digits in re.findall(r"\d+", word))


def _collapsed(number: str) -> str:
    return re.sub(r"[^A-Z0-9]", "", number.upper())


def _parts(number: str) -> tuple[str, ...]:
    """Letters and digit runs without leading zeros: "GS1-01" gives ("GS", "1", "1")."""
    runs = re.findall(r"[A-Z]+|\d+", number.upper())
    return tuple(run.lstrip("0") or "0" if run.isdecimal() else run for run in runs)
