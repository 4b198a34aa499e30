"""Which tracked products and companies a post names, and by which words. Pure: values in, values out.

Words are compared without case, accents and look-alikes; a name counts only as a whole word, or as a hashtag. A hyphen
and a blank are the same (``T-DXd``, ``T DXd``), and a name with either is also found written in one (``TDXd``). Links
and @handles name nothing. A product also names its company, once a post.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal, NamedTuple

from ahocorasick_rs import AhoCorasick

from pipelines.abstracts.text import fold, mask, plain
from pipelines.congresses import Congress
from pipelines.model import Post, ProductMention

LONGEST = 25_000  # characters; the longest post X takes, and what is beyond is not read
_SEPARATORS = str.maketrans(dict.fromkeys("-\t\n\r\v\f\x85\u2028\u2029", " "))
_WRITTEN_IN_ONE = 4  # letters and digits a name needs to be looked for without its hyphens and blanks
_UNSPACED = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")


@dataclass(frozen=True, slots=True)
class Tracked:
    """A product or company that congresses.yaml lists; ``company`` of a product is the name it is tracked under."""

    congress_id: str
    kind: Literal["product", "company"]
    name: str
    aliases: tuple[str, ...] = ()
    company: str | None = None


class _Found(NamedTuple):
    item: Tracked
    rule: Literal["name", "hashtag", "product"]
    evidence: str
    span: tuple[int, int]


def tracked_of(congress: Congress) -> tuple[Tracked, ...]:
    """What a congress tracks: its products, then its companies with those that only a product names, each once."""
    known = {_letters(name): each.name for each in congress.companies for name in (each.name, *each.aliases)}
    companies = {each.name: each.aliases for each in congress.companies}
    products: dict[str, Tracked] = {}
    for each in congress.products:
        company = known.setdefault(_letters(each.company), each.company) if each.company else None
        if company:
            companies.setdefault(company, ())
        products[each.name] = Tracked(congress.id, "product", each.name, each.aliases, company)
    return (*products.values(), *(Tracked(congress.id, "company", *each) for each in companies.items()))


class ProductReader:
    """Reads posts for the products and companies of one congress; thread-safe once built."""

    def __init__(self, congress: Congress):
        self.congress_id = congress.id
        self.tracked = tracked_of(congress)
        self._companies = {each.name: each for each in self.tracked if each.kind == "company"}
        self._by_words: dict[str, list[Tracked]] = {}
        self._by_tag: dict[str, list[Tracked]] = {}
        for item in self.tracked:
            for name in (item.name, *item.aliases):
                for spelling in _spellings(name):
                    _add(self._by_words, spelling, item)
                _add(self._by_tag, _letters(name), item)
        self._words = list(self._by_words)
        self._search = AhoCorasick(self._words) if self._words else None
        self._read = lru_cache(maxsize=2048)(self._found)  # most posts are reposts: the same words again

    def mentions(self, post: Post) -> tuple[ProductMention, ...]:
        """What the post itself names, products first; each name once, under the first words that say it."""
        if self._search is None:
            return ()
        key = (post.platform, post.post_id, self.congress_id)
        return tuple(
            ProductMention(*key, each.item.kind, each.item.name, each.rule, each.evidence, each.span)
            for each in self._read(post.text, post.hashtags)
        )

    def _found(self, text: str, hashtags: Sequence[str]) -> tuple[_Found, ...]:
        best: dict[tuple[str, str], _Found] = {}
        for each in (*self._named(text[:LONGEST]), *self._tagged(hashtags)):
            best.setdefault((each.item.kind, each.item.name), each)
        for each in list(best.values()):
            if each.item.company:
                company = self._companies[each.item.company]
                best.setdefault(("company", company.name), each._replace(item=company, rule="product"))
        return tuple(sorted(best.values(), key=lambda each: (each.item.kind != "product", each.span, each.item.name)))

    def _named(self, text: str) -> Iterator[_Found]:
        """Whole words of the text, the longest where one holds another: "Merck KGaA" is not Merck."""
        if self._search is None:
            return
        read = plain(mask(fold(text))).translate(_SEPARATORS)
        found = self._search.find_matches_as_indexes(read, overlapping=True)
        whole = [(start, end, which) for which, start, end in found if _is_whole(read, start, end)]
        reached, kept = -1, (0, 0)
        for start, end, which in sorted(whole, key=lambda each: (each[0], -each[1])):
            if end <= reached and (start, end) != kept:
                continue
            reached, kept = max(reached, end), (start, end)
            tagged = start > 0 and read[start - 1] in "#＃"
            evidence = text[start - tagged : end]
            for item in self._by_words[self._words[which]]:
                yield _Found(item, "hashtag" if tagged else "name", evidence, (start - tagged, end))

    def _tagged(self, hashtags: Iterable[str]) -> Iterator[_Found]:
        """Hashtags that are a name in one word, wherever they stand."""
        for tag in hashtags:
            for item in self._by_tag.get(_letters(tag), ()):
                yield _Found(item, "hashtag", f"#{tag}"[:200], (-1, -1))


def products_of(
    post: Post, reader: ProductReader, parents: Mapping[str, Sequence[ProductMention]]
) -> tuple[ProductMention, ...]:
    """What a post names: in its own words, and taken over from the posts it reposts, quotes or answers (``parents``).

    As with abstracts, only what a post says itself is handed on, and a repost has no words of its own: all it names is
    taken over, also where only its copy of the text is at hand.
    """
    taken_over = _inherited(post, parents)
    if post.repost_of_id and taken_over:
        return taken_over
    own = reader.mentions(post)
    if post.repost_of_id:
        return tuple(replace(each, rule="inherited", inherited_from=post.repost_of_id) for each in own)
    named = {(each.kind, each.name) for each in own}
    return (*own, *(each for each in taken_over if (each.kind, each.name) not in named))


def _inherited(post: Post, parents: Mapping[str, Sequence[ProductMention]]) -> tuple[ProductMention, ...]:
    found: dict[tuple[str, str], ProductMention] = {}
    for parent_id in (post.repost_of_id, post.quoted_id, post.reply_to_id):
        for each in parents.get(parent_id or "", ()):
            if each.inherited_from is None:
                taken = replace(
                    each, platform=post.platform, post_id=post.post_id, rule="inherited", span=(-1, -1), inherited_from=parent_id,
                )  # fmt: skip
                found.setdefault((each.kind, each.name), taken)
    return tuple(found.values())


def _spellings(name: str) -> tuple[str, ...]:
    """How a name may stand in folded text: with its separators as blanks, and written in one."""
    spaced = " ".join(plain(fold(name)).translate(_SEPARATORS).split())
    in_one = spaced.replace(" ", "")
    return (spaced, in_one) if in_one != spaced and len(in_one) >= _WRITTEN_IN_ONE else (spaced,)


def _letters(name: str) -> str:
    """A name as a hashtag could hold it: folded letters and digits alone."""
    folded = plain(unicodedata.normalize("NFKC", name).casefold())
    return "".join(each for each in folded if each.isalnum())


def _add(index: dict[str, list[Tracked]], words: str, item: Tracked) -> None:
    held = index.setdefault(words, []) if words else []
    if item not in held:
        held.append(item)


def _is_whole(text: str, start: int, end: int) -> bool:
    before, after = text[start - 1 : start], text[end : end + 1]
    return not (_joined(before, text[start]) or _joined(text[end - 1], after))


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours belong to one word; scripts without blanks put no word together."""
    if not left or not right:
        return False
    return all(each.isalnum() or each == "_" for each in (left, right)) and not (_unspaced(left) or _unspaced(right))


def _unspaced(char: str) -> bool:
    return char > "\u0e00" and unicodedata.name(char, "").startswith(_UNSPACED)
