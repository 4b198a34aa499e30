"""Text, links and cells made safe to lay out, once, before any writer sees them. Pure.

What posts hold is hostile as a matter of course: control characters break XML, lone surrogates break UTF-8, direction
overrides make a line read as another, a cell that begins with ``=`` runs in a spreadsheet.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

NAME, TITLE, EVIDENCE, CELL = 80, 300, 160, 32_000  # longest, in characters; CELL in UTF-16 units (Excel takes 32,767)
LONGEST_LINK = 2_000  # Excel takes 2,079
RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")  # what a spreadsheet takes for the beginning of a formula

_BREAKS = re.compile("\r\n?|[\u0085\u2028\u2029\v\f]")
# controls but tab and line feed, direction embeddings, overrides and isolates, lone surrogates, the byte-order mark, interlinear
# marks, and every code point that is no character
_UNSAFE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff\ufdd0-\ufdef"
    + "".join(f"{chr(plane << 16 | 0xFFFE)}{chr(plane << 16 | 0xFFFF)}" for plane in range(17))
    + "]"
)


def clean(text: str | None) -> str:
    """The text as it was written, without what breaks a file or turns the reading direction; lines end in ``\\n``."""
    return _UNSAFE.sub("", _BREAKS.sub("\n", text or ""))


def line(text: str | None, limit: int = TITLE) -> str:
    """Cleaned text on one line with single spaces, of at most ``limit`` characters: cut between words, with an ellipsis."""
    words = " ".join(clean(text).split())
    if len(words) <= limit:
        return words
    cut = words[:limit].rpartition(" ")[0].rstrip(" ,;:·-–(")
    return f"{cut}…" if len(cut) > limit // 2 else f"{words[: limit - 1]}…"


def whole(text: str | None) -> str:
    """A post's text, cleaned and whole; nothing where no spreadsheet cell holds it: a quoted post is never cut."""
    kept = clean(text).strip()
    return kept if len(kept.encode("utf-16-le")) <= 2 * CELL else ""


def link(url: str | None) -> str:
    """The address if it is a plain http or https one, else nothing: no script, no file, no password, no overlong one."""
    text = (url or "").strip()
    if not re.fullmatch(r"(?i)https?://[^\s\"'<>\\^`{|}\x00-\x20\x7f-\x9f]+", text) or len(text) > LONGEST_LINK:
        return ""
    try:
        parts = urlsplit(text)
        usable = bool(parts.hostname) and "@" not in parts.netloc and clean(text) == text
        _ = parts.port  # raises where it is no number
    except ValueError:
        return ""
    return text if usable else ""


def safe_cell(value: Any) -> Any:
    """A cell of a CSV: text that begins like a formula gets a leading apostrophe; numbers stay numbers, lists become text."""
    if isinstance(value, list | tuple):
        value = "; ".join(map(str, value))
    return f"'{value}" if isinstance(value, str) and value.startswith(RISKY) else value
