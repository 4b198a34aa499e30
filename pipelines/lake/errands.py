"""Reviewers' words that travel: asked for on a mirror, carried out once by the host that collects the congress, answered.

The collector's audit and its numbers of decisions stay the only ones. A request is carried out in the transaction that writes its id into that
audit: a collector that was killed before it could answer finds it there. The role is asked for on the mirror and again on the collector; who can
write to the lake can claim any name and role, as who holds ``.env`` can.
"""

from __future__ import annotations

import json
import logging
import platform
import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from pipelines.access import ROLES, Person
from pipelines.audit import entry_of
from pipelines.clock import Clock
from pipelines.commands import COMMANDS, carry_out, permitted
from pipelines.errors import CongressError, NotAllowed, UsageError
from pipelines.lake.remote import RemoteLake
from pipelines.store.database import Store
from pipelines.store.limits import check_parameters
from pipelines.store.reader import Reader
from pipelines.store.requests import Answer, Request, State, keep_answers, keep_request, note_sent, open_requests
from pipelines.store.serve import LIMITS, LONGEST_NAME

log = logging.getLogger(__name__)


def ask_for(store: Store, name: str, params: Mapping[str, str], person: Person, now: datetime) -> Request:
    """Keep a command of ``person`` in this host's file, with a line in its audit, until it is sent.

    Raises:
        UsageError, NotAllowed: where this host can tell that it would be refused.
    """
    request_id = secrets.token_hex(8)
    command, entry = permitted(store, name, params, person, now, {"request": request_id})
    about = _about(store.reader, name, params)
    asked = Request(
        request_id, platform.node() or "host", *about, name, person.name, person.role,
        json.dumps({key: each for key, each in params.items() if key not in command.unsaid}),
        json.dumps({key: each for key, each in params.items() if key in command.unsaid}),
        now,
    )  # fmt: skip
    with store.recording(replace(entry, action=f"asked_{name}")):
        store.keep_house(lambda db: keep_request(db, asked))
    return asked


def _about(reader: Reader, name: str, params: Mapping[str, str]) -> tuple[str, str, str, str]:
    """Congress, platform, post and author that a command is about; "" for what it does not say.

    Raises:
        UsageError: for what this host does not know.
    """
    if name == "correct_mention":
        rows = reader.ask(
            "SELECT platform FROM matches WHERE congress_id = $congress_id AND post_id = $post_id",
            congress_id=params["congress_id"],
            post_id=params["post_id"],
        )
        if not rows.num_rows:
            raise UsageError(f'no post "{params["post_id"]}" in {params["congress_id"]}')
        return params["congress_id"], rows["platform"][0].as_py(), params["post_id"], ""
    if name == "decide_case":
        rows = reader.ask(
            "SELECT congress_id, platform, post_id, coalesce(author_id, '') AS author_id FROM cases WHERE case_id = $case_id",
            case_id=params["case_id"],
        ).to_pylist()
        if not rows:
            raise UsageError(f'no case "{params["case_id"]}"')
        return rows[0]["congress_id"], rows[0]["platform"], rows[0]["post_id"], rows[0]["author_id"]
    of_post = params["target_id"] if params.get("target") == "post" else ""
    of_author = "" if of_post else params.get("author_id") or params.get("target_id", "")
    congresses = reader.ask(
        """
        SELECT congress_id FROM matches WHERE platform = $platform AND (post_id = $of_post OR author_id = $of_author)
        ORDER BY created_at DESC, congress_id LIMIT 1
        """,
        platform=params["platform"],
        of_post=of_post,
        of_author=of_author,
    )["congress_id"].to_pylist()
    return next(iter(congresses), ""), params["platform"], of_post, of_author


def exchange(store: Store, lake: RemoteLake) -> list[Answer]:
    """Send what waits on a mirror, and hear what became of what was sent; the caller keeps the answers (``heard``).

    Raises:
        LakeAway: when the lake does not answer; what waits goes on waiting.
    """
    held = open_requests(store.reader)
    if not held:
        return []
    if fresh := [each for each, state in held if state == "waiting"]:
        homeless = {*lake.ask_for(fresh)}
        store.keep_house(lambda db: note_sent(db, [each.id for each in fresh if each.id not in homeless]))
        if homeless:
            said = "no host of this lake collects that congress"
            return [Answer(each.id, "refused", said, "", each.asked_at) for each in fresh if each.id in homeless]
    return lake.answers([each.id for each, _ in held])


def heard(store: Store, answers: list[Answer]) -> None:
    """Keep what became of requests."""
    if answers:
        store.keep_house(lambda db: keep_answers(db, answers))


def carry_out_asked(store: Store, lake: RemoteLake, writer: str, name: str, clock: Clock) -> list[Answer]:
    """Carry out what mirrors ask of this host; the answers, which the caller sends when the lake has what came of it.

    Args:
        name: of this host in the lake.

    Raises:
        LakeAway: when the lake does not answer.
    """
    told = []
    for asked in lake.asked(writer):
        state, said = _carried_out(store, asked, clock)
        told.append(Answer(asked.id, state, said[:300], name, clock.now()))
    return told


def _carried_out(store: Store, asked: Request, clock: Clock) -> tuple[State, str]:
    """What became of one request: done or refused, and why; the second time nothing is done."""
    if before := _answered_before(store.reader, asked):
        return before
    try:
        params = _checked(asked)
        person = Person(asked.person, asked.role)  # ty: ignore[invalid-argument-type]
        if who := _decided_since(store.reader, asked, params, person):
            return "refused", f"{who} decided on it after this was asked; look at it as it is now"
        origin = {"request": asked.id, "asked_on": asked.asked_from, "asked_at": f"{asked.asked_at:%Y-%m-%d %H:%M:%S}"}
        carry_out(store, asked.command, params, person, clock.now(), clock, origin)
    except (UsageError, NotAllowed) as error:
        return "refused", str(error).splitlines()[0]
    except Exception as error:  # whatever it is: one request must not hold up those behind it, nor what was collected
        log.exception("a request from %s failed", asked.asked_from)
        return "refused", f"it failed there ({error if isinstance(error, CongressError) else type(error).__name__})"
    return "done", ""


def _checked(asked: Request) -> dict[str, str]:
    """The parameters of a request as they may stand: what comes out of a lake is trusted no further than what comes over loopback.

    Raises:
        UsageError: when they may not.
    """
    command = COMMANDS.get(asked.command)
    if command is None or not command.travels:
        raise UsageError(f'"{asked.command[:60]}" is nothing that a mirror can ask for')
    if asked.role not in ROLES or not asked.person.strip() or len(asked.person) > LONGEST_NAME:
        raise UsageError("the request does not say who asks")
    try:
        params = {**json.loads(asked.params), **json.loads(asked.words)}
    except (ValueError, TypeError):
        raise UsageError("the request cannot be read") from None
    if not all(isinstance(each, str) for each in params.values()):
        raise UsageError("the request cannot be read")
    check_parameters(params, LIMITS)
    return params


def _answered_before(reader: Reader, asked: Request) -> tuple[State, str] | None:
    """What the audit tells of a request that was carried out, or denied, before this process could answer."""
    rows = reader.ask(
        "SELECT action, params FROM audit WHERE contains(params, $id) ORDER BY seq", id=f'"request":"{asked.id}"'
    ).to_pylist()
    for row in rows:
        if json.loads(row["params"]).get("request") == asked.id:
            denied = row["action"].startswith("denied_")
            return ("refused", f"{asked.command}: not for {asked.person}") if denied else ("done", "")
    return None


def _decided_since(reader: Reader, asked: Request, params: Mapping[str, str], person: Person) -> str | None:
    """Who else gave this command about the same thing after it was asked for: what was asked in ignorance of that is not done."""
    of = entry_of(person, asked.command, params, asked.asked_at)
    rows = reader.ask(
        """
        SELECT person, params FROM audit
        WHERE action = $action AND target = $target AND noted_at > $asked_at AND person <> $person ORDER BY seq DESC
        """,
        action=of.action,
        target=of.target,
        asked_at=asked.asked_at,
        person=of.person,
    ).to_pylist()
    about = params.get("number"), params.get("platform")
    same = (row["person"] for row in rows if about == (json.loads(row["params"]).get("number"), json.loads(row["params"]).get("platform")))  # fmt: skip
    return next(same, None)
