"""A case as one PDF page for the safety department, and the columns of the log for reconciliation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from pipelines.desk.cases import elements_of
from pipelines.recap.pdf import typeset

TEMPLATE = Path(__file__).with_name("case.typ")
LOG_COLUMNS = (
    "number", "case_id", "congress_id", "platform", "post_id", "product", "special", "score", "created_at", "first_seen_at",
    "entry", "decided_at", "person", "decision", "duplicate_of", "reference", "comment", "removed_at", "removed_why",
    "text_hash", "decided_text_hash",
)  # fmt: skip
ELEMENTS = {"patient": "Identifiable patient", "reporter": "Identifiable reporter", "product": "Suspect product", "reaction": "Suspected reaction", "special": "Special situation"}  # fmt: skip


def case_paper(case: Mapping[str, Any], log: Sequence[Mapping[str, Any]], congress: str) -> bytes:
    """The case (a row of the read ``cases``) with its decisions (its rows of ``case_log``) as PDF; times are in UTC.

    The same case gives the same bytes.
    """
    decisions = [each for each in log if each["entry"] is not None]
    at = max((each["decided_at"] for each in decisions), default=case["first_seen_at"])
    elements = elements_of(case["elements"])
    content = {
        "title": f"Case {case['number']}: possible adverse event, for human review",
        "congress": congress,
        "text": case["text"],
        "gone": f"Text removed on {case['removed_at']:%d %b %Y} ({case['removed_why']})." if case["removed_at"] else "",
        "facts": [
            ["Case", f"{case['number']} ({case['case_id']})"],
            ["Product", case["product"]],
            ["Written", _utc(case["created_at"])],
            ["First seen", _utc(case["first_seen_at"])],
            ["To be decided by", _utc(case["due_at"])],
            ["Platform", case["platform"]],
            ["Post", case["url"] or case["post_id"]],
            ["Author", f"@{case['handle']}" if case["handle"] else "not shown"],
            ["Author by profile", case["role"]],
            ["SHA-256 of the text", case["text_hash"]],
        ],
        "elements": [
            [word, "found" if elements.get(name, {}).get("present") else "not found", ", ".join(elements.get(name, {}).get("words", ()))]
            for name, word in ELEMENTS.items()
        ],
        "decisions": [
            [_utc(each["decided_at"]), each["decision"].replace("_", " ") + (f" of {each['duplicate_of']}" if each["duplicate_of"] else ""), each["person"], each["reference"], each["comment"]]
            for each in decisions
        ],
    }  # fmt: skip
    return typeset(TEMPLATE, content, at)


def _utc(at: datetime) -> str:
    return f"{at:%d %b %Y %H:%M} UTC"


def safe_row(row: Mapping[str, Any]) -> list[Any]:
    """A row of the log in the order of ``LOG_COLUMNS``; text that a spreadsheet would run gets a leading apostrophe."""
    values = [row.get(name) for name in LOG_COLUMNS]
    return [f"'{each}" if isinstance(each, str) and each.startswith(("=", "+", "-", "@", "\t", "\r")) else each for each in values]  # fmt: skip
