"""Which of a text's numbers are meant as abstract numbers: points for what speaks for each, then lists and ranges.

A structured number of the catalogue needs the congress's tag only. A bare integer must be catalogued and
have a cue, or stand in a list with one that has, or be surrounded by its abstract's own matter.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

from pipelines.abstracts.context import Surroundings, sentence
from pipelines.abstracts.numbers import ANY_CUE, Candidate, Numbers, cue_before
from pipelines.abstracts.text import plain

ENOUGH, ENOUGH_UNTAGGED = 2.0, 4.0
_BY_A_NEIGHBOUR = 2.0  # what an accepted neighbour in a list adds
_CUE_POINTS = {"strong": 3.0, "abs": 2.4, "soft": 2.2, "hash": 1.2, "": 0.0}
_CUE_AFTER = re.compile(
    rf"\s*[,(\[]?\s*(?:yes,? |that's |is )?(?:the |an? |our |my )?{ANY_CUE}(?![a-z])", re.IGNORECASE
)
_CUE_IN_SENTENCE = re.compile(rf"(?<![a-z]){ANY_CUE}(?![a-z])", re.IGNORECASE)
_SEVERAL = re.compile(
    r"(?<![a-z])(?:abstracts|posters|orals|picks|shortlist|must[- ]?sees?|abstract numbers|in \w+ numbers|highlights?"
    r"|my (?:list|schedule|saturday|sunday|monday|tuesday|friday)|double bill|back to back)(?![a-z])",
    re.IGNORECASE,
)
_LATE = re.compile(
    r"\b(?:late[- ]?break\w*\W+(?:(?:abstracts?|abs|orals?|posters?|no|number)\W*){0,3}|LBAs\b(?:[^.!?\n]{0,40}:)?\s*)$",
    re.IGNORECASE,
)
_REMARK = re.compile(r"\([^()]{0,80}\)")
_LINK = re.compile(
    rf"[\s,;/&+|•·、・と*▪️✅➡️👉\-–>→]*(?:(?:and|und|et|y|e|i|o|og|och|en|ve|then|plus|also|or|as well as)(?![a-z]))?(?:\s*then)?"
    rf"[\s,;&+]*(?:{ANY_CUE}\.?)?[\s#:.\-]*",
    re.IGNORECASE,
)
_SIGNS = re.compile(r"[,;/&+|•·、→\n]|\b(?:and|und|et|y|e|og|och|plus|then|also)\b")
_RANGE = re.compile(
    r"\s*(?:-|->|→|–|to|through|thru|until|till|bis|à|al?|hasta|até|fino a|～|~|⇒|➡️?|\.\.)\s*#?\s*", re.IGNORECASE
)
_IN_A_RUN = {2: 1.0, 3: 2.0}  # points for each of two, of three or more
_REMARKED = re.compile(r"[^\n.!?;|]{0,40}[;|]\s*#?")
_CENTURY = re.compile(r"(?:19|20)\d\d|\d00")  # years, and round numbers
_LINE_START = re.compile(r"(?:^|\n)[^\w\n]{0,6}$")

Topic = Callable[[str], float]  # overlap of the post with the abstract of a number


def read_numbers(
    text: str,
    numbers: Numbers,
    surroundings: Surroundings,
    topic: Topic,
    tagged: bool,
    cued: bool,
    taken: Sequence[tuple[int, int]],
) -> list[Candidate]:
    """Candidates that are meant as abstracts, each with ``chosen`` numbers, its rule and points.

    Args:
        text: folded and masked.
        topic: how much the post is about the abstract of a number.
        tagged: whether the post carries the congress's tag.
        cued: whether any cue word stands in the text.
        taken: ranges of the text that are something else: trial names.
    """
    found = [each for each in numbers.find(text) if not _overlaps(each, taken)]
    if not any(each.rows or not each.bare for each in found):
        return []
    reading = _Numbers(text, found, numbers, surroundings, ENOUGH if tagged else ENOUGH_UNTAGGED)
    lowered = plain(text)
    late = bool(numbers.numbers) and ("lbas" in lowered or "late" in lowered)
    for each in found:
        each.cue, each.cue_word = cue_before(lowered, each.start)
        _judge(each, text, topic, numbers, cued)
        if late and each.bare:
            _late(each, text, numbers)
    reading.support_runs()
    if all(each.points < reading.enough for each in found):
        return []
    reading.spread()
    accepted = [each for each in found if each.chosen and reading.holds(each)]
    if accepted:
        reading.fill_ranges(accepted)
    return accepted


def _judge(candidate: Candidate, text: str, topic: Topic, numbers: Numbers, cued: bool) -> None:
    """Points for one candidate on its own; ``chosen`` when one number is meant."""
    if not numbers.numbers:
        _judge_uncatalogued(candidate)
        return
    if not candidate.rows:
        if not candidate.bare and not candidate.shape.weak:
            candidate.points = 3.0  # not catalogued, so not chosen; but it makes its neighbours a list
        return
    overlaps = {row: topic(row) for row in candidate.rows}
    best = max(candidate.rows, key=lambda row: overlaps[row])
    candidate.overlap = overlaps[best]
    matter = min(2.6, 1.3 * overlaps[best])
    if not candidate.bare:
        candidate.points = _structured_points(candidate, text) + matter
        candidate.rule = "structured"
    else:
        shown = _shown_as(candidate.cue_word, numbers.kinds.get(best, ""))
        candidate.points = _bare_points(candidate, text, overlaps[best], cued, shown) + matter
        candidate.rule = "number_cue" if candidate.cue or candidate.points - matter >= 1 else "number_topic"
    unique = len(candidate.rows) == 1 or overlaps[best] > 0.5
    if unique and (candidate.exact or candidate.cue in ("strong", "soft", "hash")):
        candidate.chosen = (best,)


def _late(candidate: Candidate, text: str, numbers: Numbers) -> None:
    """ "Late-breaking abstract 3" is LBA-3, and never abstract 3."""
    if _LATE.search(text[max(0, candidate.start - 60) : candidate.start]):
        number = numbers.late(candidate.written)
        candidate.chosen = (number,) if number else ()
        candidate.rows, candidate.points = candidate.chosen, 3.0 if number else 0.0


def _judge_uncatalogued(candidate: Candidate) -> None:
    """Without a catalogue only a shape that can hardly be anything else counts, or a weak one with a cue."""
    letters = "".join(run for kind, run in candidate.shape.runs if kind == "L")
    plain_as_day = (
        candidate.shape.suffixed and len(candidate.written) > 3 and candidate.written.endswith(letters)
    )  # 1253O
    if candidate.bare or (candidate.shape.weak and not plain_as_day and candidate.cue not in ("strong", "soft", "abs")):
        return
    candidate.rule, candidate.points = "structured", 3.0
    if candidate.cue in ("strong", "abs"):
        candidate.points = ENOUGH_UNTAGGED
    candidate.chosen = (candidate.shape.spell(candidate.written),)


def _structured_points(candidate: Candidate, text: str) -> float:
    digits = sum(char.isdigit() for char in candidate.written)
    letters, ours = (re.sub(r"[^A-Za-z]", "", each) for each in (candidate.written, candidate.rows[0]))
    if candidate.shape.suffixed and "-" not in candidate.written and not ours.startswith(letters):
        return 2.2 if candidate.cue else 0.4  # "45mo" are months, "1p" is a chromosome's arm
    if not candidate.shape.weak:
        return 3.0 + (1.0 if candidate.cue else 0.0)
    base = 2.2 if digits >= 3 else 1.4
    if candidate.cue:
        return base + 1.0
    start, _ = sentence(text, candidate)
    return base + (
        0.5 if _CUE_IN_SENTENCE.search(text, max(0, start - 100, candidate.start - 200), candidate.start) else 0.0
    )


def _shown_as(cue_word: str, kind: str) -> bool:
    """Whether the cue's word fits the way the abstract is shown: "oral 18" is a talk, "poster 18" a poster.

    "Talk 2" and "paper 3" count talks and papers, and fit nothing.
    """
    return bool(kind) and (
        (kind == "talk" and cue_word.startswith("oral"))
        or (kind == "poster" and cue_word.startswith(("poster", "eposter", "affich", "plakat")))
    )


def _bare_points(candidate: Candidate, text: str, overlap: float, cued: bool, shown: bool) -> float:
    points = _CUE_POINTS[candidate.cue]
    value, short = int(candidate.written), len(candidate.written) < 3
    if cued and candidate.cue in ("", "hash"):
        start, _ = sentence(text, candidate)
        if _CUE_AFTER.match(text, candidate.end):
            points += 2.0
        elif _CUE_IN_SENTENCE.search(text, max(start, candidate.start - 160), candidate.start):
            points += 1.0
    if candidate.cue in ("", "hash") and _SEVERAL.search(text, max(0, candidate.start - 300), candidate.end + 300):
        points += 0.8
    if short and candidate.cue not in ("strong", "abs") and not shown:
        points -= 1.3
    if candidate.cue == "abs" and overlap <= 0 and not candidate.exact:
        points -= 1.0
    if 1990 <= value <= 2035 and candidate.cue not in ("hash",) and overlap < 0.5:
        points -= 1.5  # "poster 2026" is a year, yet poster 2048 is real
    return points


class _Numbers:
    """The candidates of one text, judged by their surroundings only when it matters, and by their neighbours."""

    def __init__(self, text: str, found: list[Candidate], numbers: Numbers, surroundings: Surroundings, enough: float):
        self.text, self.found, self.numbers, self.surroundings, self.enough = text, found, numbers, surroundings, enough

    def holds(self, candidate: Candidate) -> bool:
        """Whether enough speaks for a candidate and nothing against it."""
        if candidate.points < self.enough:
            return False
        if candidate.rejected is None:
            candidate.rejected = self.surroundings.reject(self.text, candidate, self.found)
        return not candidate.rejected

    def support_runs(self) -> None:
        """Long catalogued numbers in one list speak for each other: "oral block 3031-3032", "bingo: 3309, 3745, 4917".

        Not where anything speaks against one of them: "120, 340 and 560 patients".
        """
        run = list[Candidate]()
        for each in [*self.found, None]:
            if each and _long(each) and (not run or linked(self.text, run[-1], each)):
                run.append(each)
                continue
            if len(run) > 1 and not any(self.surroundings.reject(self.text, one, self.found) for one in run):
                for one in run:
                    one.points += _IN_A_RUN[min(len(run), 3)]
            run = [each] if each and _long(each) else []

    def spread(self) -> None:
        """A neighbour in a list takes the belief in the number beside it; short forms are completed."""
        meant = [each for each in self.found if each.rows or not each.bare]
        lines = [each for each in meant if _at_line_start(self.text, each)]
        pairs = [*pairwise(self.found), *pairwise(meant), *pairwise(lines)]
        for first, second in (*pairs, *((b, a) for a, b in reversed(pairs))):
            if not self.holds(first) or not linked(self.text, first, second):
                continue
            if not _complete(first, second, self.text, self.numbers) and second.chosen and second.points < first.points:
                low, high = min(first.end, second.end), max(first.start, second.start)
                gain = _BY_A_NEIGHBOUR if _SIGNS.search(self.text, low, high) else 1.0
                second.points = max(second.points, min(first.points, second.points + gain))
                second.rule = second.rule if second.rule == "structured" else "list"

    def fill_ranges(self, accepted: list[Candidate]) -> None:
        """ "GS1-01 → GS1-04", "5500-5503", "LBA1-5", "4560-62": all catalogued numbers between."""
        for first, last in pairwise(self.found):
            if first not in accepted or not _RANGE.fullmatch(self.text[first.end : last.start]) or last.rejected:
                continue
            end = last.chosen[0] if last.chosen and last.exact else end_of_range(first.chosen[0], last.written)
            between = self.numbers.between(first.chosen[0], end)
            if len(between) > 1:
                first.chosen, first.rule = tuple(dict.fromkeys((*first.chosen, *between))), "range"
                first.end = last.end


def _long(candidate: Candidate) -> bool:
    """A catalogued number of three or more digits that is no year and not round: hardly there by chance."""
    long = candidate.bare and candidate.chosen and candidate.exact and len(candidate.written) >= 3
    return bool(long) and not _CENTURY.fullmatch(candidate.written)


def _complete(first: Candidate, second: Candidate, text: str, numbers: Numbers) -> bool:
    """ "GS2-01, -02 and -04", "LBA2, 14", "1190-P and 1191": the neighbour's letters are meant."""
    if not second.bare or not first.chosen or first.chosen[0].isdecimal():
        return False
    dashed = second.start > 0 and text[second.start - 1] in "-/"  # "-02", "LBA-1/2"
    if second.rows and second.exact and not dashed and not first.bare:  # a bare first is late-breaking: "LBAs 1, 4"
        return False
    number = numbers.compose(second.written, first.chosen[0])
    if number:
        second.rows, second.chosen, second.exact = (number,), (number,), True
        second.rule, second.points = "list", first.points
    return number is not None


def linked(text: str, first: Candidate, second: Candidate) -> bool:
    """Whether two candidates stand in one list: parted by signs, "and", cue words, remarks in brackets, or by lines."""
    first, second = (first, second) if first.start < second.start else (second, first)
    gap = text[first.end : second.start]
    if len(gap) > 160:
        return False
    if _LINK.fullmatch(_REMARK.sub(" ", gap)):
        return True
    if second.overlap > 0.5 and _REMARKED.fullmatch(gap):
        return True  # "TPS3156 PTK7 ADC; 3032 EGFR/c-Met": each with its matter
    return "\n" in gap and _at_line_start(text, first) and _at_line_start(text, second)


def _at_line_start(text: str, candidate: Candidate) -> bool:
    """Whether a number begins a line, but for bullets."""
    return _LINE_START.search(text[max(0, candidate.start - 8) : candidate.start]) is not None


def end_of_range(first: str, written: str) -> str:
    """The end of a range written short: ("LBA1", "5") is LBA5, ("4560", "62") is 4562."""
    run = list(re.finditer(r"\d+", first))[-1]
    digits = run.group()
    if written.isdecimal() and len(written) < len(digits) and not digits.startswith("0"):
        digits = digits[: len(digits) - len(written)] + written
    elif written.isdecimal():
        digits = written
    else:
        return written
    return first[: run.start()] + digits + first[run.end() :]


def _overlaps(candidate: Candidate, taken: Sequence[tuple[int, int]]) -> bool:
    return any(candidate.start < end and start < candidate.end for start, end in taken)
