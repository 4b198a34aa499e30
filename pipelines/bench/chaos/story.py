"""What is said on the loopback network: posts, answers, likes, deletions, accounts that come and go; one event after another."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from pipelines.sources.bluesky.fields import LIKE, POST, REPOST, microseconds

TAG = "chaos26"
_KEY = "234567abcdefghijklmnopqrstuvwxyz"
_KINDS = ("post", "reply", "stranger", "like", "unlike", "repost", "delete", "account")
_WEIGHTS = (60, 8, 8, 11, 2, 4, 4, 3)
_ON_THEIR_OWN = (("post", "delete", "account"), (12, 4, 1))  # what means the same in any order


@dataclass(frozen=True, slots=True)
class Event:
    """One event of the log with its frames in both dialects.

    ``about`` names what else it changes or hangs on: the post it answers, likes, reposts or deletes, the like it takes
    back, the account.
    """

    seq: int
    at: datetime  # naive UTC
    post_id: str | None
    about: tuple[str, ...]
    v1: bytes
    v2: bytes

    @property
    def deleted_id(self) -> str | None:
        """The post that goes, where it is a deletion of one."""
        is_deletion = self.post_id is None and len(self.about) == 1 and self.about[0].startswith("at://")
        return self.about[0] if is_deletion else None


@dataclass(slots=True)
class Story:
    """Makes one event after another, as people can do them: who has left posts nothing until the return.

    ``only_posts`` keeps to what can be counted by itself, ``any_order`` to what may also come before what it is about (mostly
    deletions of posts just written), ``quiet`` to what nobody follows.
    """

    dice: random.Random
    only_posts: bool = False
    any_order: bool = False
    quiet: bool = True
    authors: int = 200
    remembered: int = 20_000  # posts that may still be answered, liked or deleted
    _number: int = 0
    _posts: list[str] = field(default_factory=list)
    _likes: list[tuple[str, str, str]] = field(default_factory=list)
    _away: set[str] = field(default_factory=set)

    def next(self, at: datetime) -> Event:
        """The event that happens at ``at``."""
        self._number += 1
        kinds, weights = _ON_THEIR_OWN if self.any_order else (_KINDS, _WEIGHTS)
        kind = "post" if self.only_posts or len(self._posts) < 30 else self.dice.choices(kinds, weights)[0]
        kind = "stranger" if self.quiet else kind
        number, did = self._number, self._author()
        if kind == "account":
            return self._account(number, at)
        if kind == "delete":
            gone = self._one_of_the_present(5 if self.any_order else self.remembered)
            self._posts.remove(gone)
            did, _, rkey = gone.removeprefix("at://").split("/")
            return _commit(number, at, did, POST, rkey, None, (gone,))
        if kind == "unlike" and self._likes:
            did, rkey, about = self._likes.pop(self.dice.randrange(len(self._likes)))
            return _commit(number, at, did, LIKE, rkey, None, (about, f"at://{did}/{LIKE}/{rkey}"))
        if kind in ("like", "unlike", "repost"):
            return self._about_a_post(number, at, did, LIKE if kind != "repost" else REPOST)
        return self._post(number, at, did, kind)

    def _post(self, number: int, at: datetime, did: str, kind: str) -> Event:
        words = f"Post {number} of the run" + ("" if kind == "stranger" else f" #{TAG}")
        record: dict[str, Any] = {"$type": POST, "createdAt": _stamp(at), "text": words}
        if kind == "reply":
            parent = {"uri": self.dice.choice(self._posts), "cid": "bafy"}
            record |= {"reply": {"root": parent, "parent": parent}, "text": f"Answer {number} to that"}
        about = (record["reply"]["parent"]["uri"],) if kind == "reply" else ()
        event = _commit(number, at, did, POST, _key(number, 13), record, about)
        if kind != "stranger" and event.post_id:
            self._posts.append(event.post_id)
            del self._posts[: -self.remembered], self._likes[: -self.remembered]
        return event

    def _about_a_post(self, number: int, at: datetime, did: str, collection: str) -> Event:
        about, rkey = self.dice.choice(self._posts), _key(number, 13)
        record = {"$type": collection, "createdAt": _stamp(at), "subject": {"uri": about, "cid": "bafy"}}
        if collection == LIKE:
            self._likes.append((did, rkey, about))
        return _commit(number, at, did, collection, rkey, record, (about, f"at://{did}/{collection}/{rkey}"))

    def _author(self) -> str:
        while True:
            did = f"did:plc:{_key(self.dice.randrange(self.authors), 24)}"
            if did not in self._away:
                return did

    def _one_of_the_present(self, last: int = 1 << 30) -> str:
        """A post, one of the ``last`` where that can be, whose author has not left."""
        while True:
            found, last = self.dice.choice(self._posts[-last:]), 2 * last
            if writer_of(found) not in self._away:
                return found

    def _account(self, number: int, at: datetime) -> Event:
        """Somebody who has written leaves, or somebody who left comes back."""
        if self._away and self.dice.random() < 0.5:
            did = self.dice.choice(sorted(self._away))
            self._away.remove(did)
        else:
            did = writer_of(self._one_of_the_present())
            self._away.add(did)
        account = {"did": did, "seq": number, "time": _stamp(at), "active": did not in self._away}
        if not account["active"]:
            account["status"] = "deactivated"
        v1 = {"did": did, "time_us": microseconds(at), "kind": "account", "account": account}
        return _event(number, at, None, (did,), v1, {"account": account})


def _commit(
    number: int,
    at: datetime,
    did: str,
    collection: str,
    rkey: str,
    record: dict[str, Any] | None,
    about: tuple[str, ...] = (),
) -> Event:
    commit = {
        "rev": _key(number, 13),
        "operation": "create" if record else "delete",
        "collection": collection,
        "rkey": rkey,
        **({"record": record, "cid": f"bafyrei{_key(number, 52)}"} if record else {}),
    }
    post_id = f"at://{did}/{collection}/{rkey}" if record and collection in (POST, REPOST) else None
    v1 = {"did": did, "time_us": microseconds(at), "kind": "commit", "commit": commit}
    return _event(number, at, post_id, about, v1, commit)


def _event(number: int, at: datetime, post_id: str | None, about: tuple[str, ...], v1: dict, body: dict) -> Event:
    lexicon = f"network.bsky.jetstream.subscribeEvents#{v1['kind']}"
    payload = {"$type": lexicon, "seq": number, "did": v1["did"], "time": _stamp(at), **body}
    return Event(number, at, post_id, about, orjson.dumps(v1), orjson.dumps({"$type": "message", "payload": payload}))


def writer_of(post_id: str) -> str:
    """The DID in a record's URI."""
    return post_id.removeprefix("at://").split("/")[0]


def _stamp(at: datetime) -> str:
    return at.isoformat(timespec="microseconds") + "Z"


def _key(number: int, length: int) -> str:
    letters = []
    for _ in range(length):
        number, rest = divmod(number, 32)
        letters.append(_KEY[rest])
    return "".join(reversed(letters))
