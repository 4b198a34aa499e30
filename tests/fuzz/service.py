"""What the read service is asked: bodies of commands, parameters of every read, and the links of the dashboard."""

from __future__ import annotations

import atexit
from datetime import datetime
from functools import cache
from urllib.parse import parse_qsl

from dashboard.selection import moment_of, slug_of, zone_named
from pipelines.access import is_at_the_machine, person_of
from pipelines.commands import carry_out
from pipelines.congresses import Access
from pipelines.errors import CongressError, UsageError
from pipelines.model import Batch
from pipelines.reads import READS, answer
from pipelines.store.database import Store
from pipelines.store.limits import Limits, check_parameters
from pipelines.store.serve import _asked, to_stream
from tests.fuzz.holding import AT
from tests.records import author, congress, match, post, role

TRACED = (
    "pipelines.store.serve",
    "pipelines.store.limits",
    "pipelines.reads",
    "pipelines.commands",
    "pipelines.corrections",
    "pipelines.access",
    "dashboard.selection",
)
_LEFT_OUT = ("backup", "forget")  # commands on files


def seeds() -> list[bytes]:
    person = '{"person":{"name":"Ann","role":"admin"},"params":'
    asked = [
        f'correct_role {person}{{"platform":"x","author_id":"a1","role":"hcp","reason":"r"}}}}',
        f'correct_mention {person}{{"congress_id":"ash-2026","post_id":"1","number":"112","verdict":"accept","reason":"r"}}}}',
        f'decide_case {person}{{"case_id":"c","decision":"forwarded","reference":"R-1","duplicate_of":"1"}}}}',
        f'reveal_author {person}{{"platform":"x","author_id":"a1","reason":"r"}}}}',
        f'note_export {person}{{"file":"a.csv","rows":"3"}}}}',
    ]
    usual = "congress_id=ash-2026&minutes=60&bucket_minutes=10&as_of=2026-12-12T18:00:00&limit=10&start=2026-12-12&end=2026-12-13"
    reads = [f"?{name}?{usual}" for name in READS] + [
        "?browse?congress_id=ash-2026&as_of=2026-12-12T18:00:00&words=a&limit=5"
    ]
    links = ["#2026-12-12T1800Z", "#America/Chicago", "#http://localhost:8501"]
    return [each.encode() for each in (*asked, *reads, *links)]


def run(data: bytes) -> None:
    words = data.decode("utf-8", "replace")
    if words[:1] == "#":
        _link(words[1:])
    elif words[:1] == "?":
        name, _, query = words[1:].partition("?")
        _read(name, dict(parse_qsl(query, keep_blank_values=True)))
    else:
        name, _, body = data.partition(b" ")
        _do(name.decode("utf-8", "replace"), body)


def _read(name: str, params: dict[str, str]) -> None:
    try:
        check_parameters(params, Limits())
        params = {key: value for key, value in params.items() if key != "sight"}  # the service refuses it
        to_stream(answer(_store().reader, name, params, AT))
    except UsageError as error:
        str(error).encode()


def _do(name: str, body: bytes) -> None:
    try:
        person, params = _asked(body)
        check_parameters(params, Limits())
        if name not in _LEFT_OUT:
            carry_out(_store(), name, params, person, AT)
    except CongressError as error:
        str(error).encode()


def _link(words: str) -> None:
    moment = moment_of(words)
    assert moment is None or moment == moment_of(slug_of(moment))
    zone_named(words).utcoffset(datetime(2026, 1, 1))
    is_at_the_machine({"host": words, "origin": words})
    person_of({"email": words, "email_verified": True, "groups": words}, Access(viewers=("@company.com",)))


@cache
def _store() -> Store:
    store = Store(None)
    atexit.register(store.close)
    store.fold_congresses([congress()])
    store.fold(Batch([post(), author(bio="MD")], [match(post())], roles=[role()]))
    return store
