"""A passage with words marked in it, as markup in which nothing a stranger wrote is markup. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from dashboard import wording

LONGEST = 1600  # letters of a passage that are shown
KINDS = ("product", "reaction", "special", "patient", "reporter")  # where two meet, the first marks


def passage(text: str, elements: Mapping[str, Mapping[str, Any]]) -> str:
    """The text as escaped HTML, the words of each element in ``<mark class="element">``.

    Control and direction characters are taken out of every piece before it is escaped, so that a piece cannot reach into
    the next.
    """
    marks = _apart(
        (start, end, kind)
        for kind in KINDS
        for start, end in elements.get(kind, {}).get("spans", ())
        if 0 <= start < end <= len(text)
    )
    pieces, place, shown = [], 0, text[:LONGEST]
    for start, end, kind in marks:
        if start >= len(shown):
            break
        pieces += [_plain(shown[place:start]), f'<mark class="{kind}">{_plain(shown[start:end])}</mark>']
        place = end
    more = "…" if len(text) > LONGEST else ""
    return "".join(pieces) + _plain(shown[place:]) + more


def _apart(marks: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Marks that do not overlap, in order; an earlier one wins."""
    kept: list[tuple[int, int, str]] = []
    for start, end, kind in marks:
        if all(end <= other[0] or other[1] <= start for other in kept):
            kept.append((start, end, kind))
    return sorted(kept)


def _plain(piece: str) -> str:
    """One piece, cleaned but for its blanks at the ends."""
    inner = wording.clean(piece)
    left = " " if piece[:1].isspace() else ""
    right = " " if piece[-1:].isspace() and inner else ""
    return escape(f"{left}{inner}{right}") if inner else left
