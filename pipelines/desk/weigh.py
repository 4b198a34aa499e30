"""What the signs of a post come to: each rule counts what it names and gives or takes points; enough points make a case.

The points are whole numbers set by hand, near those of a logistic regression on the labelled, invented posts of four writers, looked
at on the fifth, each in turn (``tests/desk/cases/README.md`` has the figures). Nothing is learned from anybody's real posts.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.desk.signs import Signs

WAITS = 5  # points that put a post before a reviewer
_FIGURES = 2.0  # figures of many that are more than one share
STUDY = 3.0  # signs of a study that keep a post with a reaction apart as trial data, where it is no case
_TOLD = 5.0  # how much one sentence says of one person, so that study figures beside it do not matter

# rule: (points for each, at most so many)
RULES: dict[str, tuple[int, float]] = {
    "one person of the author's": (2, 3),  # my mum, my pt, 62F, my dose
    "one person": (2, 2),  # a patient, case of
    "somebody is told of": (4, 1),
    "he or she": (2, 3),
    "course of one treatment": (3, 3),
    "author may be a patient": (2, 1),
    "a company or the media write": (-3, 1),
    "something unwanted": (2, 1),  # reaction, complaint of the body, value, special situation
    "complaint of the body": (2, 2),
    "value measured": (2, 2),
    "special situation": (3, 2),
    "harm or care": (1, 4),
    "told in one sentence": (1, 8),
    "told beside study figures": (4, 1),
    "nothing else explains it": (2, 1),
    "somebody, and nothing else explains it": (1, 1),
    "several unwanted of somebody": (1, 1),
    "a day is named": (2, 1),  # yesterday, on Tuesday, with something unwanted
    "somebody within a study": (-4, 1),
    "reaction denied": (-3, 2),
    "said to do no harm": (-4, 1),  # no side effects at all
    "earlier than the medicine": (-3, 1),
    "own account, nothing explains it": (2, 1),  # in doubt to the queue: somebody's words that no list knows
    "nothing unwanted, nothing hinted": (-6, 1),
    "nothing unwanted, but something welcome": (-4, 1),
    "reactions counted": (-3, 3),
    "words of a study": (-2, 6),
    "words of a talk": (-1, 4),
    "figures of many": (-1, 8),
    "share with a reaction": (-2, 2),
    "figures and nobody of the author's": (-2, 1),
    "news": (-1, 3),
    "in general": (-1, 3),
    "still to come": (-2, 2),
    "not begun": (-3, 1),
    "asked": (-1, 1),
    "figure of speech": (-2, 2),
    "in jest": (-3, 1),
    "feared or prevented": (-2, 2),
    "another cause": (-12, 1),
    "value that got better": (-3, 1),
    "only asked about": (-3, 1),
    "asked, nothing told": (-3, 1),
    "much that is welcome": (-3, 1),
}


_EXPLAINS = [rule for rule, (points, _) in RULES.items() if points < 0 and rule != "a company or the media write"]
# kinds of words that say what a post is about where it tells of nothing unwanted
_EXPLAINING = (
    "benefit", "cleared", "denied", "earlier", "elsewhere", "feared", "figure", "future", "general", "logistics", "news", "rose",
    "study", "trial", "unbegun",
)  # fmt: skip

_WELCOME = ("benefit", "cleared", "denied", "logistics", "rose")
_HINTS = ("harm", "care", "complaint", "body")
# rules that count the places of one kind
_BY_KIND = {
    "he or she": "person", "one person": "someone", "complaint of the body": "felt", "value measured": "lab",
    "special situation": "special", "harm or care": "harm", "reaction denied": "denied", "said to do no harm": "cleared",
    "earlier than the medicine": "earlier", "reactions counted": "tally", "words of a study": "study", "words of a talk": "trial",
    "share with a reaction": "rate", "news": "news", "in general": "general", "still to come": "future", "not begun": "unbegun",
    "figure of speech": "figure", "feared or prevented": "feared", "another cause": "elsewhere", "value that got better": "rose",
}  # fmt: skip


def points_of(signs: Signs, lay: bool, nameless: bool) -> dict[str, float]:
    """The points of each rule that holds.

    Args:
        lay: whether the author may be the patient.
        nameless: whether the author vouches for no case of their own (media, companies).
    """
    has = {kind: len(spans) for kind, spans in signs.found.items()}
    count = has.get
    own, someone = count("patient", 0) + count("kin", 0), count("someone", 0)
    study, talk = count("study", 0), count("trial", 0)
    felt, lab, special = count("felt", 0), count("lab", 0), count("special", 0)
    somebody = own or someone or count("person") or count("self")  # else a "week 24" may be a study's
    told_of = lay or somebody or count("day")
    unwanted = felt + lab + special + count("reaction", 0)
    told: dict[str, float] = {rule: count(kind, 0) for rule, kind in _BY_KIND.items()}
    told |= {
        "one person of the author's": own,
        "somebody is told of": bool(own or someone or (lay and count("self"))),
        "course of one treatment": count("time", 0) if somebody else min(count("time", 0), 1),
        "author may be a patient": lay,
        "a company or the media write": nameless,
        "something unwanted": bool(unwanted),
        "told in one sentence": signs.story,
        "told beside study figures": bool(own and signs.story >= _TOLD and (signs.many > 0 or study + talk > 1)),
        "several unwanted of somebody": bool(
            told_of and unwanted - special > 1 and not (signs.many or study or count("news"))
        ),
        "a day is named": bool(unwanted and count("day")),
        "somebody within a study": signs.in_study,
        "figures of many": signs.many,
        "figures and nobody of the author's": bool(signs.many >= _FIGURES and not own),
        "asked": signs.asked,
        "in jest": signs.in_jest,
        "only asked about": signs.asked_about,
        "much that is welcome": count("benefit", 0) >= 2 and unwanted <= 1,
    }
    unknown = not unwanted and not any(map(count, _EXPLAINING)) and not signs.asked and not signs.many
    told["own account, nothing explains it"] = bool(
        unknown and ((lay and (somebody or count("time"))) or (not nameless and (own or someone or count("person"))))
    )
    if not unwanted and not told["own account, nothing explains it"]:
        told["asked, nothing told"] = signs.asked and not (own or someone)
        told["nothing unwanted, nothing hinted"] = not any(map(count, _HINTS)) or bool(count("earlier"))
        told["nothing unwanted, but something welcome"] = any(map(count, _WELCOME))
    explained = count("benefit") or any(told.get(rule) for rule in _EXPLAINS)
    told["nothing else explains it"] = bool(unwanted and not explained)
    told["somebody, and nothing else explains it"] = bool(told["nothing else explains it"] and told_of)
    return {rule: RULES[rule][0] * min(float(many), RULES[rule][1]) for rule, many in told.items() if many}


def tells_by_itself(signs: Signs, lay: bool) -> bool:
    """Whether a post that only answers one with a product says enough: something unwanted, and a person or special situation."""
    if signs.found.get("special"):
        return True
    bad = signs.found.get("reaction") or signs.found.get("felt") or signs.found.get("lab")
    person = signs.found.get("patient") or signs.found.get("kin") or signs.found.get("someone")
    return bool(bad and (person or signs.taking or (lay and signs.found.get("self"))))


def of_study(signs: Signs) -> float:
    """How much is said of a study."""
    return signs.many + min(signs.count("study", "trial"), 5) + min(signs.count("tally"), 3)


def rules_told(points: dict[str, float]) -> Sequence[str]:
    """The rules with their points, the weightiest first: ``somebody is told of +4``."""
    return [f"{rule} {value:+g}" for rule, value in sorted(points.items(), key=lambda each: -abs(each[1]))]
