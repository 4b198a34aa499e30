"""The conversation: the plan's slots filled with texts, one after the other, as time goes by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from random import Random

from pipelines.model import MatchRule, PostKind
from pipelines.sources.demo.agenda import Agenda
from pipelines.sources.demo.chance import letters, pick
from pipelines.sources.demo.ids import record_key, snowflake
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.plan import OUTAGE, SOCIETY, Plan, Slot
from pipelines.sources.demo.pool import Pool
from pipelines.sources.demo.posts import Link, WorldPost
from pipelines.sources.demo.programme import Paper
from pipelines.sources.demo.writing import BLUESKY_LENGTH, Draft, Voice, Writer

TAGS = ("#DEMO26", "#DEMO26", "#DEMO26", "#DEMO26", "#DEMO2026", "#demo26", "#Demo2026")
_NAMING = {"hcp": 0.56, "researcher": 0.5, "society": 0.42, "pharma": 0.5, "media": 0.45, "institution": 0.45}
_X_ROOM = 600
_MENTION = re.compile(r"@([A-Za-z0-9_]{16,20}|[a-z0-9-]+\.bsky\.example)")


class Conversation:
    """Fills slots. Its parts know the past only: nobody answers what is not there yet."""

    def __init__(self, rng: Random, accounts: Sequence[Account], papers: Sequence[Paper], plan: Plan, writer: Writer):
        self._rng, self._accounts, self._plan, self._writer = rng, accounts, plan, writer
        self._papers = {paper.number: paper for paper in papers}
        self._agenda = Agenda(papers, [burst.number for burst in plan.bursts])
        appeal = _appeal(accounts, plan)
        self._pools = {"x": Pool(appeal), "bluesky": Pool(appeal)}
        self._open = {"x": Pool(appeal), "bluesky": Pool(appeal)}  # to answer: replies as well
        self._threads: dict[int, WorldPost] = {}
        self._by_handle = {account.handle.lower(): i for i, account in enumerate(accounts)}
        self._shy = {each.author for each in plan.absences}  # taken up by nobody
        self._people = [i for i, account in enumerate(accounts) if not account.organisation and account.role == "hcp"]
        self.posts: list[WorldPost] = []

    def fill(self) -> list[WorldPost]:
        for slot in self._plan.slots:
            self.posts.append(self._post(slot))
        return self.posts

    def _post(self, slot: Slot) -> WorldPost:
        account = self._accounts[slot.author]
        parent = self._parent(slot, account)
        if slot.kind == "repost" and parent:
            post = self._place(slot, account, Draft(parent.text, parent.lang), parent, "repost")
        elif slot.kind in ("reply", "self") and parent:
            post = self._place(slot, account, self._writer.aside(_ASIDES[slot.kind], account), parent, "reply")
        elif slot.kind == "quote" and parent:
            post = self._place(slot, account, self._writer.aside("quotes", account), parent, "quote")
        else:
            post = self._place(slot, account, self._original(slot, account), None, "original")
        self._remember(slot, post)
        return post

    def _parent(self, slot: Slot, account: Account) -> WorldPost | None:
        if slot.kind == "original":
            return None
        if slot.kind == "self":
            return self._threads.get(slot.thread or 0)
        pool = self._pools[account.platform]
        if slot.burst is not None:
            return pool.draw_of_burst(self._rng, slot.author, slot.burst)
        if slot.kind == "reply":
            return self._open[account.platform].draw(self._rng, slot.author)
        return pool.draw(self._rng, slot.author, to_repost=slot.kind == "repost")

    def _original(self, slot: Slot, account: Account) -> Draft:
        if slot.draft:
            return slot.draft
        room, voice = _X_ROOM if account.platform == "x" else BLUESKY_LENGTH, _voice(account)
        if slot.burst is not None:
            paper = self._papers[self._plan.bursts[slot.burst].number]
            tier = 1 if slot.starts_burst or self._rng.random() < 0.55 else 2
            return self._writer.about(paper, "en" if slot.starts_burst else account.lang, tier, room, voice)
        naming = 0.72 if slot.author in self._plan.loud else _NAMING.get(account.role, 0.28)
        if self._rng.random() > naming:
            return self._writer.chatter(account, slot.at, self._somebody())
        paper = self._agenda.draw(self._rng, slot.at, account.topic.key)
        luck = self._rng.random()
        if luck < 0.06 and paper.kind != "late-breaking":
            other = self._agenda.neighbour(self._rng, paper)
            if other is not paper:
                return self._writer.pair(paper, other)
        return self._writer.about(paper, account.lang, 1 if luck < 0.5 else 2 if luck < 0.84 else 3, room, voice)

    def _somebody(self) -> str:
        return self._accounts[pick(self._rng, self._people)].display_name.split(",")[0]

    def _place(self, slot: Slot, account: Account, draft: Draft, parent: WorldPost | None, kind: PostKind) -> WorldPost:
        place = len(self.posts)
        text, rule = self._tagged(draft, kind, slot.author)
        if kind == "repost":
            rule = "hashtag" if account.platform == "x" and parent and parent.rule == "hashtag" else "thread"
        if rule == "thread" and account.handle in SOCIETY:
            rule = "account"
        text, links = (text, ()) if kind == "repost" else _linked(self._rng, text, draft.urls, account.platform)
        source, from_at, to_at = OUTAGE
        return WorldPost(
            place=place,
            at=slot.at,
            author=slot.author,
            platform=account.platform,
            kind=kind,
            post_id=self._id(slot, account, place, kind),
            text=text,
            lang=draft.lang,
            root=parent.root if parent and kind == "reply" else place,
            parent=parent.place if parent else None,
            links=links,
            mentions=() if kind == "repost" else self._mentioned(text, account.platform),
            rule=rule,
            named=() if kind == "repost" else draft.named,
            burst=slot.burst,
            note=slot.note,
            likes=0 if kind == "repost" else self._likes(account),
            collected=not (account.platform == source and from_at <= slot.at < to_at),
        )

    def _tagged(self, draft: Draft, kind: PostKind, author: int) -> tuple[str, MatchRule | None]:
        """The text with its hashtags. Most replies carry none; the society's own posts may do without."""
        rng, text = self._rng, draft.text
        if not draft.tagged:
            return text, None
        if kind == "repost":
            return text, None
        if kind == "reply" and rng.random() < 0.62:
            return text, "thread"
        if author == self._plan.loud[1] and kind == "original" and not draft.named and rng.random() < 0.1:
            return text, "account"
        tags = pick(rng, TAGS)
        if draft.tag and rng.random() < 0.35:
            tags += f" #{draft.tag}"
        if rng.random() < 0.07 and "\n" not in text:
            return f"{tags} {text}", "hashtag"
        gap = "\n\n" if rng.random() < 0.12 else " "
        return f"{text}{gap}{tags}", "hashtag"

    def _id(self, slot: Slot, account: Account, place: int, kind: PostKind) -> str:
        if account.platform == "x":
            return snowflake(slot.at, place)
        collection = "app.bsky.feed.repost" if kind == "repost" else "app.bsky.feed.post"
        return f"at://{account.author_id}/{collection}/{record_key(slot.at, place)}"

    def _mentioned(self, text: str, platform: str) -> tuple[int, ...]:
        found = (self._by_handle.get(match.lower()) for match in _MENTION.findall(text))
        here = (each for each in found if each is not None and self._accounts[each].platform == platform)
        return tuple(dict.fromkeys(here))

    def _likes(self, account: Account) -> int:
        luck = self._rng.random()
        return int(luck * luck * luck * (6 + account.followers_count / (160 if account.platform == "x" else 700)))

    def _remember(self, slot: Slot, post: WorldPost) -> None:
        if not post.collected or post.rule is None or post.author in self._shy or post.kind == "repost":
            return  # what fell into the outage is taken up by nobody: a later payload would give it away
        if slot.thread is not None:
            self._threads[slot.thread] = post
        self._open[post.platform].add(post)
        if post.kind in ("original", "quote") and post.rule == "hashtag":
            self._pools[post.platform].add(post)


def _voice(account: Account) -> Voice:
    return "house" if account.organisation else "clinician" if account.role == "hcp" else "any"


_ASIDES = {"reply": "replies", "self": "self"}


def _appeal(accounts: Sequence[Account], plan: Plan) -> dict[int, float]:
    """How willingly an author is taken up: the loud and the followed more than others, bots hardly."""
    found = {}
    for i, account in enumerate(accounts):
        found[i] = 0.12 + min(account.followers_count, 12_000) / 24_000 + (0.15 if account.role == "hcp" else 0)
    for i in plan.loud:
        found[i] = 0.9 if accounts[i].role != "other" else 0.05
    return found


def _linked(rng: Random, text: str, urls: Sequence[str], platform: str) -> tuple[str, tuple[Link, ...]]:
    """The text with its links at the end: shortened by X, cut by Bluesky."""
    links = []
    for url in urls:
        shown = f"https://t.co/demo{letters(rng, 6)}" if platform == "x" else url.removeprefix("https://")[:24] + "..."
        text = f"{text} {shown}"
        links.append(Link(len(text) - len(shown), len(text), url))
    return text, tuple(links)
