"""What reviewers correct: which abstract a post speaks of, and what an author is. Kept with who, when and why.

A correction is data beside the machine's reading, never a change of it: it wins wherever figures are made, and
outlives every re-run (``congress relink``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from pipelines.errors import UsageError
from pipelines.model import Batch, Role, RoleName
from pipelines.roles import reviewed_role
from pipelines.store.database import Store
from pipelines.store.reader import Reader

Verdict = Literal["accept", "reject", "re-point"]


@dataclass(frozen=True, slots=True)
class Review:
    """One word on one pair of post and abstract; ``accept`` also adds a pair that no rule found."""

    congress_id: str
    platform: str
    post_id: str
    number: str
    verdict: Literal["accept", "reject"]
    reviewer: str
    reason: str
    decided_at: datetime


def correct_mention(
    store: Store,
    *,
    congress_id: str,
    post_id: str,
    number: str,
    verdict: Verdict,
    reviewer: str,
    now: datetime,
    reason: str = "",
    to: str | None = None,
) -> None:
    """Accept or reject that a post speaks of an abstract, or re-point it to the abstract ``to``.

    Raises:
        UsageError: for a post that is not there, or re-pointing without a new number.
    """
    if verdict not in get_args(Verdict):
        raise UsageError(f'verdict "{verdict}": choose one of {", ".join(get_args(Verdict))}')
    if (verdict == "re-point") != (to is not None):
        raise UsageError("re-point, and only re-point, takes the number the post really speaks of")
    _require_reviewer(reviewer)
    platform = _platform_of(store.reader, congress_id, post_id)

    def said(about: str, word: Literal["accept", "reject"]) -> Review:
        return Review(congress_id, platform, post_id, about, word, reviewer, reason, now)

    if to is not None:
        store.fold_reviews([said(number, "reject"), said(to, "accept")])
    else:
        store.fold_reviews([said(number, "accept" if verdict == "accept" else "reject")])


def correct_role(
    store: Store, *, platform: str, author_id: str, role: RoleName, reviewer: str, now: datetime, reason: str = ""
) -> None:
    """Say what an author is; holds from ``now`` on over the curated list and the rules.

    Raises:
        UsageError: for an unknown role or author.
    """
    if role not in get_args(RoleName):
        raise UsageError(f'role "{role}": choose one of {", ".join(get_args(RoleName))}')
    _require_reviewer(reviewer)
    known = store.reader.ask(
        "SELECT 1 FROM authors WHERE platform = $platform AND author_id = $author_id",
        platform=platform,
        author_id=author_id,
    )
    if not known.num_rows:
        raise UsageError(f'no author "{author_id}" on {platform}')
    decided: Sequence[Role] = [reviewed_role(platform, author_id, role, reviewer, reason, now)]
    store.fold(Batch(roles=decided))


def carry_out(store: Store, name: str, params: Mapping[str, str], now: datetime) -> None:
    """A reviewer's command by name, with its parameters as text.

    Raises:
        UsageError: for an unknown command or parameter, or one that is missing.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f'unknown command "{name}"; there are: {", ".join(COMMANDS)}')
    wanted = inspect.signature(command).parameters
    missing = [
        key for key, each in wanted.items() if each.default is each.empty and key not in (*params, "store", "now")
    ]
    if unknown := params.keys() - wanted.keys() | params.keys() & {"store", "now"}:
        raise UsageError(f"{name}: unknown parameter {', '.join(sorted(unknown))}")
    if missing:
        raise UsageError(f"{name}: parameter {', '.join(missing)} is missing")
    command(store, now=now, **params)


def _require_reviewer(reviewer: str) -> None:
    if not reviewer.strip() or reviewer in ("rules", "voices.csv"):
        raise UsageError("a correction needs the name of its reviewer")


def _platform_of(reader: Reader, congress_id: str, post_id: str) -> str:
    rows = reader.ask(
        "SELECT platform FROM matches WHERE congress_id = $congress_id AND post_id = $post_id",
        congress_id=congress_id,
        post_id=post_id,
    )
    if not rows.num_rows:
        raise UsageError(f'no post "{post_id}" in {congress_id}')
    return rows["platform"][0].as_py()


COMMANDS: Mapping[str, Callable[..., None]] = {each.__name__: each for each in (correct_mention, correct_role)}
