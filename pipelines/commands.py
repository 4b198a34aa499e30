"""The named commands: the whole list of what people may change or must note, each with the role it takes.

A command is a function ``(store, *, person, now, **parameters)``; its parameters arrive as text over loopback.
``carry_out`` is the one door: it asks for the role and writes who did what, with which parameters, into the audit in
the command's own transaction. So a command need not think of either; it should write in one transaction, and must take
no words of a post as a parameter (``pipelines/audit.py``).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from pipelines.access import Person, PersonRole
from pipelines.audit import Entry, entry_of
from pipelines.backup import backup
from pipelines.clock import Clock, RealClock
from pipelines.corrections import correct_mention, correct_role
from pipelines.desk.decide import decide_case
from pipelines.errors import NotAllowed, UsageError
from pipelines.keeping import forget
from pipelines.privacy import reveal_author, reveal_writer
from pipelines.store.database import Store

GIVEN = ("store", "person", "now")  # parameters that no request can set


def note_export(
    store: Store, *, person: Person, now: datetime, file: str, congress_id: str = "", rows: str = "", size: str = ""
) -> None:
    """Note that somebody takes data away; called before the bytes are handed out."""


def note_sign_in(store: Store, *, person: Person, now: datetime, signed_in_at: str) -> None:
    """Note that somebody signed in; ``signed_in_at`` is the provider's time."""


def note_sign_out(store: Store, *, person: Person, now: datetime) -> None:
    """Note that somebody signed out."""


def note_denied(store: Store, *, person: Person, now: datetime, page: str) -> None:
    """Note that somebody was refused a page."""


@dataclass(frozen=True, slots=True)
class Command:
    """What is carried out, the least role that may, and whether it changes anything beside the audit.

    ``unsaid`` names parameters that the audit does not keep, because they may quote a post; the command keeps them where
    a deletion reaches them. ``travels`` says that on a mirror it is asked of the host that collects: what it changes is
    shared; the others concern the host alone on which they are given.
    """

    run: Callable[..., None]
    role: PersonRole
    writes: bool = True
    unsaid: frozenset[str] = frozenset()
    travels: bool = False


COMMANDS: Mapping[str, Command] = {
    "correct_mention": Command(correct_mention, "reviewer", unsaid=frozenset({"reason"}), travels=True),
    "correct_role": Command(correct_role, "reviewer", unsaid=frozenset({"reason"}), travels=True),
    "decide_case": Command(decide_case, "reviewer", unsaid=frozenset({"comment"}), travels=True),
    "backup": Command(backup, "admin"),
    "forget": Command(forget, "admin", travels=True),
    "reveal_author": Command(reveal_author, "reviewer"),
    "reveal_writer": Command(reveal_writer, "reviewer"),
    "note_export": Command(note_export, "viewer", writes=False),
    "note_sign_in": Command(note_sign_in, "viewer", writes=False),
    "note_sign_out": Command(note_sign_out, "nobody", writes=False),
    "note_denied": Command(note_denied, "nobody", writes=False),
}


def carry_out(
    store: Store,
    name: str,
    params: Mapping[str, str],
    person: Person,
    now: datetime,
    clock: Clock | None = None,
    origin: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """A command by name for ``person``, with its parameters as text; ``now`` is the congress's clock (naive UTC).

    Args:
        clock: the machine's time, which the audit keeps.
        origin: what the audit says beside the parameters, as where it was asked.

    Raises:
        UsageError: for an unknown command or parameter, or one that is missing; nothing is written.
        NotAllowed: when the role does not reach that far; that is noted.
    """
    command, entry = permitted(store, name, params, person, (clock or RealClock()).now(), origin)
    if not command.writes:
        store.record(entry)
        return
    with store.recording(entry):
        command.run(store, person=person, now=now, **params)


def permitted(
    store: Store, name: str, params: Mapping[str, str], person: Person, at: datetime, origin: Mapping[str, str]
) -> tuple[Command, Entry]:
    """A command that ``person`` may give with these parameters, and what the audit is to say of it.

    Raises:
        UsageError, NotAllowed: as of ``carry_out``.
    """
    command = COMMANDS.get(name)
    if command is None:
        raise UsageError(f'unknown command "{name}"; there are: {", ".join(COMMANDS)}')
    _check(name, command.run, params)
    said = {**{key: value for key, value in params.items() if key not in command.unsaid}, **origin}
    try:
        person.require(command.role, name)
    except NotAllowed:
        store.record(entry_of(person, f"denied_{name}", said, at))
        raise
    return command, entry_of(person, name, said, at)


def _check(name: str, run: Callable[..., None], params: Mapping[str, str]) -> None:
    wanted = inspect.signature(run).parameters
    if unknown := (params.keys() - wanted.keys()) | (params.keys() & {*GIVEN}):
        raise UsageError(f"{name}: unknown parameter {', '.join(sorted(unknown))}")
    missing = [
        key for key, each in wanted.items() if each.default is each.empty and key not in params and key not in GIVEN
    ]
    if missing:
        raise UsageError(f"{name}: parameter {', '.join(missing)} is missing")
