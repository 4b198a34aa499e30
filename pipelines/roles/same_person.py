"""Other accounts that a profile itself declares: the only ground on which X and Bluesky accounts are joined.

"also @jdoe.bsky.social", "bsky: jdoe.bsky.social", "X: @jdoe", "find me at @jdoe on Bluesky", "https://x.com/jdoe". A
handle of an employer or a friend ("at @MDAndersonNews") declares nothing. Whether one side's word is enough or both must
name each other is for the caller to decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pipelines.model import Author

_LONGEST = 2_000
_X_HANDLE = r"([A-Za-z0-9_]{1,15})(?![\w.@-]|/status)"
_BLUESKY_HANDLE = r"@?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,18})(?![\w@])"
_X_NAME = r"(?:twitter(?: ?/ ?x)?|x(?: ?/ ?twitter)?|𝕏|🐦|ツイッター)"
_BLUESKY_NAME = r"(?:bluesky|blue sky|bsky|🦋|ブルースカイ)"
_ON = r"(?:on|at|en|sur|auf|su|no|på|op)"
_IS = r" ?(?:(?:[:：=→➡👉-]️?|is|at|als|como|handle:?|account:?) ?){0,2}"

_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (platform, re.compile(pattern, re.IGNORECASE))
    for platform, pattern in (
        ("bluesky", r"(?:https?://)?bsky\.app/profile/" + _BLUESKY_HANDLE),
        ("bluesky", r"(?<![\w@.])@?([a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.bsky\.social)(?![\w@])"),
        ("bluesky", rf"(?<!\w){_BLUESKY_NAME}{_IS}{_BLUESKY_HANDLE}"),
        ("bluesky", rf"(?<![\w@.]){_BLUESKY_HANDLE} {_ON} (?:the )?{_BLUESKY_NAME}"),
        ("x", r"(?:https?://)?(?:www\.|mobile\.)?(?<![\w.])(?:x|twitter)\.com/@?" + _X_HANDLE),
        ("x", rf"(?<!\w){_X_NAME}{_IS}@" + _X_HANDLE),
        ("x", rf"(?:^|[\n|•·.,;(] ?){_X_NAME} ?[:：=] ?(?=\w*[a-z_])" + _X_HANDLE),
        ("x", rf"(?<![\w.])@([A-Za-z0-9_]{{1,15}}) {_ON} (?:the )?(?:twitter|x)(?!\w)"),
    )
)
# Paths of the site that are no accounts
_X_PATHS = frozenset({"home", "search", "intent", "i", "share", "hashtag", "explore", "settings"})
# What may stand before an own account; anything else ("part of", "lab:", "wife of") speaks of somebody else's
_OWN = re.compile(
    r"(?:^|[\n|•·.;,!()/&+–—:]|\b(?:also|now|here|me|am|bluesky|bsky|twitter|x|moved to|find me (?:at|on|as)|follow(?: me)?(?: at| on)?|aka|alt|too|and|same"
    r"|tambien|también|también en|aussi|auch|anche|também|ook|også|också|y|et|und|e|en|og|at|on|sur|auf|su|no|på|op)) ?(?:@ ?|👉 ?|➡️? ?|→ ?)?$"
)
_OTHERS = re.compile(
    r"\b(?:not|no longer|isn't|never|fake|impostor|impersonator|left|no soy|pas|nicht|of|with|w/|by|from|for|lab|team|work|works|member|staff"
    r"|editor|chair|president|director|husband|wife|partner|pi|host|co-host|proud|my employer|retweets|rt)\b[^|•·.;\n]{0,24}$"
)


class Declared(NamedTuple):
    """An account the author says to be theirs, and the words that say so."""

    platform: str
    handle: str  # without "@"; Bluesky handles in small letters
    words: str


def declared_accounts(author: Author) -> tuple[tuple[str, str], ...]:
    """(platform, handle) of every other account declared in bio or location, each once, in the order they stand."""
    return tuple(dict.fromkeys((found.platform, found.handle) for found in declarations(author)))


def declarations(author: Author) -> tuple[Declared, ...]:
    """As ``declared_accounts``, with the words as written. Accounts on the author's own platform are other people's."""
    found: dict[tuple[str, str], Declared] = {}
    for text in (author.bio, author.location):
        for _, declared in sorted(_declared((text or "")[:_LONGEST])):
            if declared.platform != author.platform:
                found.setdefault((declared.platform, declared.handle.casefold()), declared)
    return tuple(found.values())


def _declared(text: str) -> Iterator[tuple[int, Declared]]:
    for platform, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            handle = match[1].lower() if platform == "bluesky" else match[1]
            if handle.lower() not in _X_PATHS and _is_own(text[max(0, match.start() - 60) : match.start()]):
                yield match.start(1), Declared(platform, handle, match[0].strip(" \n|•·.,;("))


def _is_own(before: str) -> bool:
    """Whether what stands before lets the account be the author's own."""
    before = before.lower()
    return bool(_OWN.search(before)) and not _OTHERS.search(before)
