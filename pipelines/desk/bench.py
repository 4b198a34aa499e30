"""How good and how quick the triage is on labelled posts: recall of individual cases, what else gets into the queue.

``tests/desk/cases/README.md`` says what the kinds mean. The two files are told apart: rules were made on ``development``;
``heldout`` only measures, where it is at hand.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import yaml

from pipelines.congresses import Congress, Product
from pipelines.desk.cases import case_of
from pipelines.desk.misspelt import Misspelt
from pipelines.errors import InputError
from pipelines.model import Post
from pipelines.products import ProductReader

DEVELOPMENT, HELDOUT = "development", "heldout"
ROLES = {"industry": "pharma", "unknown": None}  # labelled words that are no roles of ours
SPEED_SECONDS = 1.0
_NO_TIME = datetime(1970, 1, 1)

Labelled = Mapping[str, Any]


class Triage:
    """What the collector does with a post, for one set of products."""

    def __init__(self, products: Sequence[Product]):
        congress = Congress(
            id="labelled", name="Labelled", society="-", city="-", timezone="UTC", starts_on=date(2026, 1, 1),
            ends_on=date(2026, 1, 2), hashtags=("labelled",), products=tuple(products),
        )  # fmt: skip
        self._reader, self._near = ProductReader(congress), Misspelt(congress)

    def queued(self, case: Labelled) -> str | None:
        """``individual`` where the post waits for a reviewer, ``trial`` where it is kept apart, else None."""
        post = Post(case["platform"], case["id"], "1", "author", case["text"], _NO_TIME, _NO_TIME, lang=case["lang"])
        role = ROLES.get(case["author_role"], case["author_role"])
        found = case_of(post, "labelled", self._reader.mentions(post), self._near, role)
        return found.kind if found else None


def measure(folder: Path) -> dict[str, Any]:
    """Figures of each file under ``folder``, and posts a second of one core.

    Raises:
        InputError: when the labelled posts are not there.
    """
    triage = Triage(read_products(folder))
    names = [DEVELOPMENT, *([HELDOUT] if (folder / f"{HELDOUT}.jsonl").exists() else [])]
    halves = {half: read_half(folder, half) for half in names}
    figures: dict[str, Any] = {half: score(rows, triage) for half, rows in halves.items()}
    rows = [row for each in halves.values() for row in each]
    return {**figures, "posts_per_second_of_one_core": _speed(rows, triage)}


def score(rows: Sequence[Labelled], triage: Triage) -> dict[str, Any]:
    """Recall on individual cases, the share of each other kind in the queue, precision, and recall by language."""
    found = [(row, triage.queued(row) == "individual") for row in rows]
    total, queued = Counter(row["kind"] for row in rows), Counter(row["kind"] for row, into in found if into)
    cases = [(row, into) for row, into in found if row["kind"] == "individual_case"]
    by_lang = Counter(row["lang"] for row, _ in cases)
    caught = Counter(row["lang"] for row, into in cases if into)
    return {
        "posts": len(rows),
        "recall": _share(queued["individual_case"], total["individual_case"]),
        "recall_special": _share(
            sum(into for row, into in cases if row.get("special")), sum(1 for row, _ in cases if row.get("special"))
        ),
        "recall_by_language": {lang: _share(caught[lang], by_lang[lang]) for lang in sorted(by_lang)},
        "precision": _share(queued["individual_case"], queued.total()),
        "queued_of_others": {kind: _share(queued[kind], total[kind]) for kind in sorted(total) if kind != "individual_case"},
    }  # fmt: skip


def read_half(folder: Path, half: str) -> list[Labelled]:
    """The labelled posts of ``development`` or ``heldout``."""
    path = folder / f"{half}.jsonl"
    if not path.exists():
        raise InputError(f"{path}: not there; give the folder that holds {DEVELOPMENT}.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]


def read_products(folder: Path) -> list[Product]:
    """The tracked products of the labelled posts."""
    listed = yaml.safe_load((folder / "products.yaml").read_text(encoding="utf-8"))["products"]
    return [Product.model_validate(each) for each in listed]


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.3f} ({part}/{whole})" if whole else "none"


def _speed(rows: Sequence[Labelled], triage: Triage) -> int:
    """Posts a second of processor time, each read afresh as when it is collected."""
    count, started = 0, time.process_time()
    while time.process_time() - started < SPEED_SECONDS:
        for row in rows:
            triage.queued(row)
        count += len(rows)
    return round(count / (time.process_time() - started))
