"""How good and how quick: HCP recognition on a labelled set, bios a second, voice rank on 100,000 edges."""

from __future__ import annotations

import json
import random
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from pipelines.errors import InputError
from pipelines.model import Author
from pipelines.rank import rank_voices
from pipelines.roles.rules import read_role
from pipelines.roles.voices import ROLES

EDGE_COUNT = 100_000
_NO_TIME = datetime(1970, 1, 1)


def measure(shared: Path) -> dict:
    """Figures on ``shared/eval/bios_dev.jsonl`` (or ``shared/data/eval``): precision, recall, F1, macro F1, bios a second.

    Also seconds to rank 100,000 seeded edges. Raises InputError if the labelled set is not there.
    """
    rows = _labelled(shared)
    authors = [_author(row) for row in rows]
    truth = [row["gold"]["role"] for row in rows]
    read_role(authors[0], _NO_TIME)  # builds the automaton once
    repeats = max(1, 5_000 // len(authors))
    start = time.perf_counter()
    for _ in range(repeats):
        found = [read_role(author, _NO_TIME) for author in authors]
    seconds = time.perf_counter() - start
    figures = score(truth, [role.role if role else "other" for role in found])
    return figures | {"bios_per_second": round(repeats * len(authors) / seconds), **_rank_figures()}


def score(truth: Iterable[str], found: Iterable[str]) -> dict:
    """Precision, recall and F1 for HCPs against the rest, F1 per role and its mean over all roles."""
    pairs = Counter(zip(truth, found, strict=True))
    f1 = {role: _scores(pairs, role)[2] for role in ROLES}
    precision, recall, hcp_f1 = _scores(pairs, "hcp")
    return {
        "bio_count": pairs.total(),
        "hcp_precision": round(precision, 4),
        "hcp_recall": round(recall, 4),
        "hcp_f1": round(hcp_f1, 4),
        "macro_f1": round(sum(f1.values()) / len(ROLES), 4),
        "f1_by_role": {role: round(value, 4) for role, value in f1.items()},
    }


def _scores(pairs: Counter, role: str) -> tuple[float, float, float]:
    right = pairs[role, role]
    said = sum(count for (_, found), count in pairs.items() if found == role)
    true = sum(count for (truth, _), count in pairs.items() if truth == role)
    precision, recall = right / said if said else 0.0, right / true if true else 0.0
    return precision, recall, 2 * right / (said + true) if said + true else 0.0


def _rank_figures() -> dict:
    edges, hcp = seeded_edges(EDGE_COUNT)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        rank_voices(edges, hcp)
        seconds.append(time.perf_counter() - start)
    return {"edge_count": EDGE_COUNT, "rank_seconds": round(min(seconds), 3)}


def seeded_edges(count: int) -> tuple[pa.Table, set[str]]:
    """A made-up engagement graph: few authors are taken up by many; every fifth author is an HCP."""
    dice = random.Random(1)
    authors = [f"did:plc:{number:024d}" for number in range(count // 5)]
    loud = [1 / (place + 1) for place in range(len(authors))]
    columns = {
        "from_id": dice.choices(authors, k=count),
        "to_id": dice.choices(authors, weights=loud, k=count),
        "edge_count": [1] * count,
    }
    return pa.table(columns), set(authors[::5])


def _labelled(shared: Path) -> list[dict]:
    for path in (shared / "eval" / "bios_dev.jsonl", shared / "data" / "eval" / "bios_dev.jsonl"):
        if path.exists():
            return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    raise InputError(f"{shared}: no eval/bios_dev.jsonl there; give the folder that holds the labelled sets")


def _author(row: dict) -> Author:
    handle = row["handle"]
    return Author("x", handle, _NO_TIME, handle, row["display_name"], row["bio"], row.get("location"))
