"""What a reviewer decides on a possible adverse event: kept with who, when and the text as it was, and never changed."""

from __future__ import annotations

import re
from datetime import datetime
from functools import partial
from typing import Literal, get_args

from pipelines.access import Person
from pipelines.errors import UsageError
from pipelines.store.database import Store
from pipelines.store.fold_cases import add_decision

Decision = Literal["forwarded", "not_an_event", "duplicate", "reopened"]
LONGEST = 2000  # letters of a comment


def decide_case(
    store: Store,
    *,
    person: Person,
    now: datetime,
    case_id: str,
    decision: str,
    comment: str = "",
    reference: str = "",
    duplicate_of: str = "",
) -> None:
    """Decide on a case; the newest decision holds, older ones stay in the log.

    Args:
        comment: the reviewer's words; they may quote the post, so they go with it, and the audit does not hold them.
        reference: the case's number in the safety database; it stays when the post goes.
        duplicate_of: the number of the case that this one repeats.

    Raises:
        UsageError: for an unknown case or decision, a duplicate of nothing, or a reference that is none.
    """
    if decision not in get_args(Decision):
        raise UsageError(f'decision "{decision}"; there are: {", ".join(get_args(Decision))}')
    if len(comment) > LONGEST:
        raise UsageError(f"the comment is too long: at most {LONGEST} letters")
    if reference and not re.fullmatch(r"[\w./:#-]{1,60}", reference):
        raise UsageError(
            f'reference "{reference[:60]}": letters, digits and . / : # - only, at most 60, without blanks'
        )
    found = store.reader.ask(
        """
        SELECT c.number, coalesce(p.text, '') AS text FROM cases c
        LEFT JOIN posts p ON p.platform = c.platform AND p.post_id = c.read_from WHERE c.case_id = $case_id
        """,
        case_id=case_id,
    ).to_pylist()
    if not found:
        raise UsageError(f'no case "{case_id}"')
    twin = _numbered(store, duplicate_of, found[0]["number"]) if decision == "duplicate" else None
    store.keep_house(
        partial(
            add_decision, case_id=case_id, now=now, person=person.name, decision=decision, duplicate_of=twin,
            reference=reference, comment=comment.strip(), text=found[0]["text"],
        )
    )  # fmt: skip


def _numbered(store: Store, number: str, own: int | None) -> int:
    """The number of another case.

    Raises:
        UsageError: when it is none.
    """
    known = store.reader.ask("SELECT number FROM cases WHERE number::VARCHAR = $number", number=number.strip("# "))
    if not known.num_rows or known["number"][0].as_py() == own:
        raise UsageError(f'duplicate of "{number}": give the number of another case')
    return known["number"][0].as_py()
