"""What to ask X for: filter rules and search queries from the congresses that are followed. Pure.

Each rule carries the tag ``congress:ID``, so that a rule tells whose it is; rules with other tags belong
to somebody else who uses the same key and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.congresses import Congress
from pipelines.model import Post

RULE_LENGTH = 1_024
RULE_COUNT = 1_000
QUERY_LENGTH = 512
TAG_PREFIX = "congress:"
NO_REPOSTS = "-is:retweet"
NO_ADS = "-is:nullcast"
_HASHTAG = re.compile(r"^\w*[^\W\d]\w*$")  # what the # operator takes: letters, digits, _, not digits alone
_HANDLE = re.compile(r"^\w{1,15}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the filtered stream. ``rule_id`` is set once X has it."""

    value: str
    tag: str
    rule_id: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """A search query, and the terms in it."""

    value: str
    terms: tuple[str, ...]

    def finds(self, post: Post, handle: str | None) -> bool:
        """Whether the query asks for the post, as far as its words and its author's handle tell."""
        words = post.text.casefold()
        return any(
            term[1:].casefold() in post.hashtags
            if term.startswith("#")
            else handle is not None and term.casefold() == f"from:{handle.casefold()}"
            if term.startswith("from:")
            else term.strip('"').casefold() in words
            for term in self.terms
        )


@dataclass(frozen=True, slots=True)
class Changes:
    """What has to be told to X so that it holds the wanted rules."""

    add: tuple[Rule, ...]
    delete: tuple[Rule, ...]
    keep: tuple[Rule, ...]
    others: int  # rules with other tags


def terms_of(congress: Congress) -> tuple[str, ...]:
    """The operators that find a congress: its hashtags, its accounts, its keywords, each once."""
    hashtags = [f"#{tag}" for tag in congress.hashtags if _HASHTAG.match(tag)]
    accounts = [f"from:{handle}" for handle in congress.accounts.x if _HANDLE.match(handle)]
    keywords = [quoted for word in congress.keywords if (quoted := _quoted(word))]
    return tuple(dict.fromkeys([*hashtags, *accounts, *keywords]))


def rules_for(congresses: Iterable[Congress], reposts: bool) -> tuple[Rule, ...]:
    """As few rules as hold all terms of each congress within ``RULE_LENGTH`` characters."""
    return tuple(
        Rule(value, f"{TAG_PREFIX}{congress.id}")
        for congress in congresses
        for value, _ in _packed(terms_of(congress), _ending(reposts), RULE_LENGTH)
    )


def search_queries(congresses: Iterable[Congress]) -> tuple[Query, ...]:
    """As few queries as hold the terms of all congresses within ``QUERY_LENGTH`` characters; without
    reposts, which recent search does not give since May 2026."""
    terms = dict.fromkeys(term for congress in congresses for term in terms_of(congress))
    return tuple(Query(value, held) for value, held in _packed(tuple(terms), _ending(False), QUERY_LENGTH))


def changes(existing: Sequence[Rule], wanted: Sequence[Rule]) -> Changes:
    """Which rules to add and delete. Of two equal ones of ours the second goes; others' stay."""
    ours = [rule for rule in existing if rule.tag.startswith(TAG_PREFIX)]
    keep: dict[tuple[str, str], Rule] = {}
    delete: list[Rule] = []
    sought = {(rule.value, rule.tag) for rule in wanted}
    for rule in ours:
        key = (rule.value, rule.tag)
        if key in sought and key not in keep:
            keep[key] = rule
        else:
            delete.append(rule)
    add = [rule for rule in dict.fromkeys(wanted) if (rule.value, rule.tag) not in keep]
    return Changes(tuple(add), tuple(delete), tuple(keep.values()), len(existing) - len(ours))


def read_rules(payload: Mapping[str, Any]) -> tuple[Rule, ...]:
    """The rules in an answer of the rules endpoint; one without a tag (a stranger's) gets an empty one."""
    found = payload.get("data")
    return tuple(
        Rule(str(item["value"]), str(item.get("tag") or ""), str(item["id"]))
        for item in (found if isinstance(found, list) else [])
        if isinstance(item, dict) and "value" in item and "id" in item
    )


def _ending(reposts: bool) -> str:
    return f" {NO_ADS}" if reposts else f" {NO_REPOSTS} {NO_ADS}"


def _quoted(word: str) -> str:
    """A keyword as a phrase; quotes and backslashes would end it and are taken out."""
    bare = " ".join(re.sub(r'["\\]', " ", word).split())
    return f'"{bare}"' if bare else ""


def _packed(terms: Sequence[str], ending: str, length: int) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Terms joined by OR in brackets, in order, each group within ``length``; a term too long alone is left out."""
    room = length - len(ending) - len("()")
    groups: list[list[str]] = []
    for term in terms:
        if len(term) > room:
            continue
        if not groups or sum(len(each) + len(" OR ") for each in groups[-1]) + len(term) > room:
            groups.append([])
        groups[-1].append(term)
    return tuple((f"({' OR '.join(group)}){ending}", tuple(group)) for group in groups)
