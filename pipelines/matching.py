"""Which congress a post belongs to, and why. Pure: values in, values out.

Five rules, strongest first: a followed hashtag, a followed account, a keyword, a person who imported it as the
congress's own, the thread (it answers, quotes or reposts a matched post). A hashtag that carries its year holds at any time; everything else only while the congress is
followed, since ``#ADASciSessions`` means another meeting each year.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence

from pipelines.congresses import Congress
from pipelines.hashtags import year_twins
from pipelines.model import Match, MatchRule, Post

STRENGTH: tuple[MatchRule, ...] = ("hashtag", "account", "keyword", "import", "thread")


class Matcher:
    """Matches posts to the congresses that are followed.

    ``accounts`` maps (platform, author_id) to the handle it is followed under; the collector fills it as handles
    become known.
    """

    def __init__(self, congresses: Sequence[Congress]):
        self.congresses = tuple(congresses)
        self._by_tag: dict[str, list[Congress]] = {}
        for congress in congresses:
            for tag in congress.hashtags:
                self._by_tag.setdefault(tag, []).append(congress)
        self._dated = {tag for tag in self._by_tag if len(year_twins(tag)) > 1}  # those that carry their year
        self._by_account = _accounts(congresses)
        self._keywords = [(each, pattern) for each in congresses if (pattern := _word_pattern(each.keywords))]

    def follows(self, platform: str, handle: str) -> bool:
        """Whether the account is followed by any congress."""
        return (platform, handle.casefold()) in self._by_account

    def matches(
        self,
        post: Post,
        handle: str | None = None,
        parents: Mapping[str, Collection[str]] | None = None,
        imported: bool = False,
    ) -> tuple[Match, ...]:
        """One match per congress the post belongs to, each with every rule that held and the strongest in front.

        Args:
            handle: the author's handle, where known.
            parents: congress ids of posts already matched, by post id.
            imported: a person brought the post as the congress's own.
        """
        held: dict[str, list[tuple[MatchRule, str]]] = {}
        for congress, rule, term in self._held(post, handle, parents or {}):
            held.setdefault(congress, []).append((rule, term))
        for congress in self.congresses if imported else ():
            held.setdefault(congress.id, []).append(("import", "import"))
        return tuple([_match(post, congress, rules) for congress, rules in held.items()])

    def _held(
        self, post: Post, handle: str | None, parents: Mapping[str, Collection[str]]
    ) -> Iterable[tuple[str, MatchRule, str]]:
        for tag in post.hashtags:
            for congress in self._by_tag.get(tag, ()):
                if tag in self._dated or _in_window(congress, post):
                    yield congress.id, "hashtag", tag
        if handle:
            for congress in self._by_account.get((post.platform, handle.casefold()), ()):
                if _in_window(congress, post):
                    yield congress.id, "account", handle
        for congress, pattern in self._keywords:
            if _in_window(congress, post) and (found := pattern.search(_folded(post.text))):
                yield congress.id, "keyword", found.group(0)
        for answered in answered_ids(post) if parents else ():
            for congress_id in parents.get(answered, ()):
                yield congress_id, "thread", answered


def answered_ids(post: Post) -> tuple[str, ...]:
    """The posts this one answers, quotes, reposts or stands under, nearest first."""
    own, repost, reply, quoted, stem = (
        post.post_id, post.repost_of_id, post.reply_to_id, post.quoted_id, post.conversation_id
    )  # fmt: skip
    if not (repost or reply or quoted) and (stem == own or not stem):
        return ()  # most often
    return tuple(dict.fromkeys([each for each in (repost, reply, quoted, stem) if each and each != own]))


def cheap_terms(congresses: Iterable[Congress]) -> tuple[str, ...]:
    """Every word whose absence from a payload proves that no hashtag or keyword rule can hold."""
    return tuple(dict.fromkeys(term for each in congresses for term in (*each.hashtags, *map(_folded, each.keywords))))


def _match(post: Post, congress_id: str, rules: list[tuple[MatchRule, str]]) -> Match:
    if len(rules) == 1:
        ((rule, term),) = rules
        return Match(post.platform, post.post_id, congress_id, rule, term, (f"{rule}:{term}",))
    # hashtags stand in front, where there are any, and nothing is stronger
    rule, term = rules[0] if rules[0][0] == STRENGTH[0] else min(rules, key=lambda each: STRENGTH.index(each[0]))
    terms = tuple([f"{name}:{word}" for name, word in dict.fromkeys(rules)])
    return Match(post.platform, post.post_id, congress_id, rule, term, terms)


def _in_window(congress: Congress, post: Post) -> bool:
    return congress.follow_from <= post.created_at < congress.follow_until


def _accounts(congresses: Iterable[Congress]) -> dict[tuple[str, str], list[Congress]]:
    found: dict[tuple[str, str], list[Congress]] = {}
    for congress in congresses:
        for platform, handles in (("x", congress.accounts.x), ("bluesky", congress.accounts.bluesky)):
            for handle in handles:
                found.setdefault((platform, handle.casefold()), []).append(congress)
    return found


def _word_pattern(words: Sequence[str]) -> re.Pattern[str] | None:
    if not words:
        return None
    longest_first = sorted((re.escape(_folded(word)) for word in words), key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(longest_first)})(?!\w)")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
