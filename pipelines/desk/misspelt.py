"""Product names with one letter wrong, missing, too many or swapped: "Imbruvika", "Ozempci". Pure.

People who tell of themselves misspell brands; figures count exact names only, the safety desk also looks for these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.abstracts.text import fold, mask, plain
from pipelines.congresses import Congress
from pipelines.desk.lexicon import LONGEST
from pipelines.model import Post, ProductMention

SHORTEST = 7  # letters of a name that is looked for; shorter ones are one letter away from ordinary words
_WORD = re.compile(r"[a-z]{6,}")


class Misspelt:
    """Finds the misspelt names of one congress's products; thread-safe once built."""

    def __init__(self, congress: Congress):
        self._congress_id = congress.id
        self._names: dict[str, str] = {}
        self._near: dict[str, set[str]] = {}
        self._longest = 0  # letters that a misspelt name has at most: taking each out of a longer word would never end
        for product in congress.products:
            for name in (product.name, *product.aliases):
                word = plain(fold(name))
                if len(word) >= SHORTEST and word.isascii() and word.isalpha():
                    self._names[word] = product.name
                    self._longest = max(self._longest, len(word) + 1)
                    for each in (word, *_shorter(word)):
                        self._near.setdefault(each, set()).add(word)

    @property
    def looks(self) -> bool:
        """Whether there is any name that could be misspelt."""
        return bool(self._near)

    def mentions(self, post: Post) -> tuple[ProductMention, ...]:
        """The products that a post names with a slip of the pen, each once."""
        found: dict[str, ProductMention] = {}
        if not self._near:
            return ()
        for word in _WORD.finditer(plain(mask(fold(post.text[:LONGEST])))):
            name = self._name_like(word.group()) if word.end() - word.start() <= self._longest else None
            if name and name not in found:
                found[name] = ProductMention(
                    post.platform, post.post_id, self._congress_id, "product", name, "name",
                    post.text[slice(*word.span())], word.span(),
                )  # fmt: skip
        return tuple(found.values())

    def _name_like(self, word: str) -> str | None:
        if word in self._names:  # spelt right, and read as something else: part of a longer name
            return None
        for each in (word, *_shorter(word)):
            for name in self._near.get(each, ()):
                if _one_slip(word, name):
                    return self._names[name]
        return None


def _shorter(word: str) -> Iterator[str]:
    return (word[:place] + word[place + 1 :] for place in range(len(word)))


def _one_slip(word: str, name: str) -> bool:
    """Whether one letter was changed, left out or added, or two neighbours swapped; the first letter must be right."""
    if word[0] != name[0] or abs(len(word) - len(name)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(word, name, strict=False)) if a != b), min(len(word), len(name)))
    rest, wanted = word[same:], name[same:]
    swapped = len(rest) >= 2 and rest[:2] == wanted[:2][::-1] and rest[2:] == wanted[2:]
    return rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:] or swapped
