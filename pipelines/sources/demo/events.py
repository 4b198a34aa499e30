"""What the sources hear of the world, in order of time, each thing as a payload of its platform."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from pipelines.sources.demo.aftermath import Aftermath, Removal
from pipelines.sources.demo.people import Account
from pipelines.sources.demo.plan import Absence
from pipelines.sources.demo.posts import WorldPost
from pipelines.sources.demo.wire_bluesky import BlueskyWire
from pipelines.sources.demo.wire_x import XWire

Payload = tuple[datetime, str, bytes]


@dataclass(frozen=True, slots=True)
class Event:
    """Something a source hears at ``at``; its payloads are written when they are asked for."""

    at: datetime
    source: str
    write: Callable[[], Sequence[bytes]]

    def payloads(self) -> Iterator[Payload]:
        return ((self.at, self.source, raw) for raw in self.write())


def events_of(
    accounts: Sequence[Account], posts: Sequence[WorldPost], aftermath: Aftermath, absences: Sequence[Absence]
) -> list[Event]:
    """Everything that is heard; posts before what happens to them at the same instant."""
    bluesky, on_x = BlueskyWire(accounts, posts), XWire(accounts, posts)
    found = [
        *_posts(posts, bluesky, on_x),
        *_likes(aftermath, bluesky),
        *(_removal(each, posts, bluesky, on_x) for each in aftermath.removals),
        *(Event(e.at, "x", lambda e=e: (on_x.edit(posts[e.place], e),)) for e in aftermath.edits),
        *(Event(e.at, "x", lambda e=e: (on_x.page([posts[i] for i in e.places], e.at),)) for e in aftermath.look_ups),
        *_absences(absences, bluesky),
    ]
    return sorted(found, key=lambda event: event.at)  # a stable sort: equal instants stay as listed


def _posts(posts: Sequence[WorldPost], bluesky: BlueskyWire, on_x: XWire) -> Iterator[Event]:
    """Every collected post; on Bluesky an account's first comes after its handle and profile."""
    known: set[int] = set()
    for post in posts:
        if not post.collected:
            continue
        if post.platform == "x":
            yield Event(post.at, "x", lambda post=post: (on_x.post(post),))
        elif post.author in known:
            yield Event(post.at, "bluesky", lambda post=post: (bluesky.post(post),))
        else:
            known.add(post.author)
            yield Event(
                post.at,
                "bluesky",
                lambda post=post: (*bluesky.introduction(post.author, post.at), bluesky.post(post)),
            )


def _likes(aftermath: Aftermath, bluesky: BlueskyWire) -> Iterator[Event]:
    for like in aftermath.likes:
        yield Event(like.at, "bluesky", lambda like=like: (bluesky.like(like),))
        if undone_at := like.undone_at:
            yield Event(undone_at, "bluesky", lambda like=like, at=undone_at: (bluesky.unlike(like, at),))


def _removal(removal: Removal, posts: Sequence[WorldPost], bluesky: BlueskyWire, on_x: XWire) -> Event:
    post = posts[removal.place]
    if post.platform == "bluesky":
        return Event(removal.at, "bluesky", lambda: (bluesky.deletion(post, removal.at),))
    if removal.reason == "withheld":
        return Event(removal.at, "x", lambda: (on_x.page([post], removal.at, withheld=True),))
    return Event(removal.at, "x", lambda: (on_x.gone([post]),))


def _absences(absences: Sequence[Absence], bluesky: BlueskyWire) -> Iterator[Event]:
    for each in absences:
        status = "deleted" if each.to_at is None else "deactivated"
        yield Event(
            each.from_at, "bluesky", lambda each=each, s=status: (bluesky.account(each.author, each.from_at, s),)
        )
        if to_at := each.to_at:
            yield Event(to_at, "bluesky", lambda each=each, at=to_at: (bluesky.account(each.author, at, None),))
