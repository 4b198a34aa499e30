"""One X post or user object into records. Pure; an object that lacks what a record needs gives ``None``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pipelines.hashtags import folded_once, hashtags_in
from pipelines.model import AccountState, Author, Engagement, Post
from pipelines.sources.x.fields import identifier, listing, mapping, minted_at, moment, number, objects, text

PLATFORM = "x"
_REFERENCES = ("referenced_tweets", "referenced_posts")
_EDITS = ("edit_history_tweet_ids", "edit_history_post_ids")
_NOTE = ("note_tweet", "note_post")
_REPOSTED, _QUOTED, _REPLIED = ("retweeted", "reposted"), ("quoted",), ("replied_to",)
_OWN_MEDIA = re.compile(r"^https?://(?:mobile\.)?(?:twitter|x)\.com/[^/]+/status/\d+/(?:photo|video)/\d+")
_SHORTENER = re.compile(r"^https?://t\.co(?:/|$)", re.IGNORECASE)
_SHORT_LINK = re.compile(r"https?://t\.co/\w+", re.ASCII | re.IGNORECASE)
_HANDLE = re.compile(r"^\w{1,20}$", re.ASCII)
_NO_LANGUAGE = re.compile(r"^(?:und|zxx|q[a-z]{2})$")  # X's own codes: only media, only tags ...
_OLD_CODES = {"in": "id", "iw": "he", "ji": "yi"}  # X still writes the ISO codes of before 1989

Object = Mapping[str, Any]


@dataclass(slots=True)
class Scene:
    """Every post and user that one payload holds, so that each can be read in the light of the others."""

    posts: dict[str, Object] = field(default_factory=dict)
    users: dict[str, Object] = field(default_factory=dict)

    def family(self, post_id: str) -> str:
        """The first id of the edit family, where the payload tells it."""
        return family_of(self.posts.get(post_id, {}), post_id)

    def handles(self) -> dict[str, str]:
        """Folded handle to user id."""
        named = ((text(user, "username"), user_id) for user_id, user in self.users.items())
        return {handle.casefold(): user_id for handle, user_id in named if handle}


def family_of(post: Object, post_id: str) -> str:
    """The id that names a post for good: the first of its edit history (twarc-csv/edited_before.jsonl)."""
    history = listing(post, *_EDITS)
    return (identifier(history[0]) if history else None) or post_id


def _referenced(references: Iterable[Object], kinds: tuple[str, ...]) -> str | None:
    """The id of the post that is reposted, quoted or replied to."""
    for reference in references:
        if reference.get("type") in kinds:
            return identifier(reference.get("id"))
    return None


def read_post(post: Object, scene: Scene, retrieved_at: datetime) -> Post | None:
    """The ``Post``, or None without an id, a text, or a time (neither given nor in the id).

    A repost's own text is cut off and its hashtags with it, so text, hashtags, links and mentions are
    those of the reposted post where the payload holds it.
    """
    post_id, words = identifier(post.get("id")), text(post, "text")
    if post_id is None or words is None:
        return None
    family = family_of(post, post_id)
    # an edit has a time of its own; the post was there from its first version on
    created_at = (minted_at(family) if family != post_id else None) or moment(post.get("created_at"))
    created_at = created_at or minted_at(post_id)
    if created_at is None:
        return None
    references, conversation = objects(post, *_REFERENCES), identifier(post.get("conversation_id"))
    repost_of = _referenced(references, _REPOSTED)
    spoken = scene.posts.get(repost_of, post) if repost_of else post
    said, entities = words_of(spoken), _entities(spoken)
    author_id = identifier(post.get("author_id")) or ""
    return Post(
        platform=PLATFORM,
        post_id=family,
        revision=post_id.zfill(20),
        author_id=author_id,
        text=said,
        created_at=created_at,
        retrieved_at=retrieved_at,
        lang=_language(text(spoken, "lang")),
        url=f"https://x.com/{_url_handle(scene.users.get(author_id))}/status/{post_id}",
        reply_to_id=_family(scene, _referenced(references, _REPLIED)),
        quoted_id=_family(scene, _referenced(references, _QUOTED)),
        repost_of_id=_family(scene, repost_of),
        conversation_id=family if conversation == post_id else _family(scene, conversation),
        hashtags=_hashtags(entities, said, cut_off=repost_of is not None and spoken is post),
        links=_links(entities),
        mentioned_ids=_mentioned(entities, scene),
    )


def words_of(post: Object) -> str:
    """The full text: over 280 characters it stands in the note. X escapes ``&``, ``<`` and ``>`` in texts."""
    words = text(mapping(post, *_NOTE), "text") or text(post, "text") or ""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in words else words


def read_engagement(post: Object, record: Post) -> Engagement | None:
    """The counts, or None: of a repost (it repeats its original's) and of an edit that has a newer one.

    Args:
        record: what ``read_post`` made of the same post.
    """
    metrics = mapping(post, "public_metrics")
    if not metrics or record.repost_of_id:
        return None
    history = listing(post, *_EDITS)
    if history and identifier(history[-1]) != identifier(post.get("id")):
        return None
    return Engagement(
        platform=PLATFORM,
        post_id=record.post_id,
        seen_at=record.retrieved_at,
        like_count=number(metrics, "like_count"),
        repost_count=number(metrics, "retweet_count", "repost_count"),
        reply_count=number(metrics, "reply_count"),
        quote_count=number(metrics, "quote_count"),
        impression_count=number(metrics, "impression_count"),
    )


def read_author(user: Object, seen_at: datetime) -> Author | None:
    """The ``Author``, or None without an id."""
    user_id = identifier(user.get("id"))
    if user_id is None:
        return None
    return Author(
        platform=PLATFORM,
        author_id=user_id,
        seen_at=seen_at,
        handle=text(user, "username"),
        display_name=text(user, "name"),
        bio=_biography(user),
        location=text(user, "location"),
        followers_count=number(mapping(user, "public_metrics"), "followers_count"),
        verified=_verified(user),
    )


def read_account_state(user: Object, seen_at: datetime, *, asked: bool) -> AccountState | None:
    """Protected and withheld accounts must not be shown. Only a look-up of the account itself (``asked``)
    may say that it is visible again."""
    user_id = identifier(user.get("id"))
    if user_id is None:
        return None
    if user.get("protected") is True:
        return AccountState(PLATFORM, user_id, False, seen_at, "protected")
    if mapping(user, "withheld"):  # twarc-csv/withheld.jsonl: {"country_codes": ["RU"]}
        return AccountState(PLATFORM, user_id, False, seen_at, "withheld")
    if asked and "protected" in user:
        return AccountState(PLATFORM, user_id, True, seen_at)
    return None


def _family(scene: Scene, post_id: str | None) -> str | None:
    return scene.family(post_id) if post_id else None


def _url_handle(user: Object | None) -> str:
    handle = text(user, "username")
    return handle if handle and _HANDLE.match(handle) else "i"


def _language(code: str | None) -> str | None:
    if not code or _NO_LANGUAGE.match(code):
        return None
    return _OLD_CODES.get(code, code)


def _entities(post: Object) -> list[Object]:
    """What X marked in the words: in those of the note, where there is one, then in the short ones."""
    return [found for holder in (mapping(post, *_NOTE), post) if (found := mapping(holder, "entities"))]


def _marked(entities: Iterable[Object], kind: str) -> list[Object]:
    return [marked for each in entities for marked in objects(each, kind)]


def _hashtags(entities: Iterable[Object], words: str, *, cut_off: bool) -> tuple[str, ...]:
    """Tagged ones and those in the words; the words of a lone repost may end in half a hashtag."""
    if cut_off and words.endswith("…"):
        words = words.rpartition(" ")[0]
    tagged = [tag for entity in _marked(entities, "hashtags") if (tag := text(entity, "tag"))]
    return folded_once((*tagged, *hashtags_in(words)))


def _links(entities: Iterable[Object]) -> tuple[str, ...]:
    """Where the links lead: as written and, behind a shortener, as X unwound it. Attached media are none."""
    found: dict[str, None] = {}
    for entity in _marked(entities, "urls"):
        if "media_key" in entity:  # twarc-csv/edited_before.jsonl
            continue
        for link in (text(entity, "expanded_url"), text(entity, "unwound_url")):
            if link and _is_link(link):
                found.setdefault(link)
    return tuple(found)


def _is_link(link: str) -> bool:
    is_web = link.lower().startswith(("http://", "https://"))
    return is_web and not _SHORTENER.match(link) and not _OWN_MEDIA.match(link)


def _mentioned(entities: Iterable[Object], scene: Scene) -> tuple[str, ...]:
    """User ids; payloads of 2021 carry only the username (twarc-csv/brexit.jsonl): looked up in the users."""
    found: dict[str, None] = {}
    mentions = _marked(entities, "mentions")
    handles = scene.handles() if any("id" not in mention for mention in mentions) else {}
    for mention in mentions:
        user_id = identifier(mention.get("id")) or handles.get((text(mention, "username") or "").casefold())
        if user_id:
            found.setdefault(user_id)
    return tuple(found)


def _biography(user: Object) -> str | None:
    """The description with its t.co links written out."""
    bio, full = text(user, "description"), dict[str, str]()
    for entity in objects(mapping(mapping(user, "entities"), "description"), "urls"):
        if (short := text(entity, "url")) and (written_out := text(entity, "expanded_url")):
            full.setdefault(short, written_out)
    if not full:
        return bio
    # in one pass: what was written out is not looked at again
    return bio and _SHORT_LINK.sub(lambda found: full.get(found.group(), found.group()), bio)


def _verified(user: Object) -> bool | None:
    kind = text(user, "verified_type")  # blue, business, government, none
    if kind is None:
        return user.get("verified") if isinstance(user.get("verified"), bool) else None
    return kind != "none" or user.get("verified") is True
