"""Hashtags: how they are found in text, folded to one form, and when two of them are the same tag.

One form: NFKC, case-folded, without ``#``. The year rule: ``#ASH26`` and ``#ASH2026`` are one tag,
``#ASHG`` and ``#ASH25`` are others.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

# '#' or its full-width twin, not inside a word, a URL fragment or an HTML entity; at least one letter or digit. What stands
# before the sign is looked at behind it: a pattern that begins with a letter is searched for much faster
_HASHTAG = re.compile(r"[#＃](?<![\w&/#＃][#＃])([^\W_][\w·]{0,138}|_+[^\W_][\w·]{0,130})")
_LONGEST = 140  # letters of a tag that is worth remembering: hostile ones may be long
_YEAR = re.compile(r"^(.*\D)(20)?(\d\d)$")


def fold_hashtag(tag: str) -> str:
    """One spelling for a hashtag: ``"#ASH26"``, ``"ash26"`` and ``"＃ＡＳＨ２６"`` all become ``"ash26"``."""
    return _known(tag) if len(tag) <= _LONGEST else _folded(tag)


def _folded(tag: str) -> str:
    return unicodedata.normalize("NFKC", tag).strip().lstrip("#").rstrip("·").casefold()


def _folded_or_none(tag: str) -> str:
    folded = _folded(tag)
    return "" if folded.isdecimal() else folded


_known = lru_cache(8_192)(_folded)  # a congress has few tags, in thousands of posts each
_found = lru_cache(8_192)(_folded_or_none)  # those in texts, where the pattern bounds their length


def year_twins(tag: str) -> tuple[str, ...]:
    """The folded tag and its other spelling of the year, if it ends in one: ``("ash26", "ash2026")``."""
    folded = fold_hashtag(tag)
    found = _YEAR.match(folded)
    if not found:
        return (folded,)
    stem, _, year = found.groups()
    return (f"{stem}{year}", f"{stem}20{year}")


def hashtags_in(text: str) -> tuple[str, ...]:
    """Folded hashtags in the order they stand in ``text``, each once. A number alone (``#1234``) is none."""
    if "#" not in text and "＃" not in text:
        return ()
    tags = _HASHTAG.findall(text)
    if len(tags) == 1:  # most often: the congress's own
        tag = _found(tags[0])
        return (tag,) if tag else ()
    return tuple({tag: None for each in tags if (tag := _found(each))})


def folded_once(tags: Iterable[str]) -> tuple[str, ...]:
    """Folded, in order, each once, without empty and purely numeric ones."""
    seen: dict[str, None] = {}
    for tag in tags:
        folded = fold_hashtag(tag)
        if folded and not folded.isdecimal():
            seen.setdefault(folded)
    return tuple(seen)
