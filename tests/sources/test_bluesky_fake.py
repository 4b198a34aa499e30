"""The fake Jetstream keeps to the published contract and serves what the real one served."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from pipelines.sources.bluesky.fields import microseconds
from tests.fakes.jetstream import LEXICON, FakeJetstream, info, v1_frame, v2_frame
from tests.shared import shared_data
from tests.sources.bluesky_runs import START, posts

DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
TYPES = {"integer": int, "string": str, "boolean": bool, "unknown": dict, "ref": dict}
FORMATS = {
    "did": re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]+"),
    "datetime": DATETIME,
    "tid": re.compile(r"[2-7a-z]{13}"),
    "nsid": re.compile(r"[a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+"),
    "record-key": re.compile(r"[A-Za-z0-9._~:-]{1,512}"),
    "cid": re.compile(r"[a-z0-9]+"),
}


def lexicon() -> dict[str, Any]:
    return orjson.loads(shared_data("payloads", "bluesky", "lexicons", "subscribeEvents.json").read_bytes())["defs"]


def recorded() -> list[dict[str, Any]]:
    names = (("jetstream-corpus", "expected_v1.jsonl"), ("jetstream-golden", "golden_v1.jsonl"))
    paths = (shared_data("payloads", "bluesky", *name) for name in names)
    return [orjson.loads(line) for path in paths for line in path.read_bytes().splitlines()]


def breaches(payload: dict[str, Any], defs: dict[str, Any]) -> list[str]:
    """Where a payload is not as its definition says."""
    definition = defs[payload["$type"].removeprefix(f"{LEXICON}#")]
    found = [f"{name} is missing" for name in definition["required"] if name not in payload]
    for name, value in payload.items():
        if name == "$type":
            continue
        rule = definition["properties"].get(name)
        if rule is None:
            found.append(f"{name} is unknown")
        elif not isinstance(value, TYPES[rule["type"]]):
            found.append(f"{name} is no {rule['type']}")
        elif "format" in rule and not FORMATS[rule["format"]].fullmatch(value):
            found.append(f"{name} {value!r} is no {rule['format']}")
        elif "knownValues" in rule and value not in rule["knownValues"]:
            found.append(f"{name} {value!r} is not among the known values")
    return found


def test_v2_frames_keep_to_the_lexicon():
    defs = lexicon()
    for seq, event in enumerate(recorded(), 1):
        frame = orjson.loads(v2_frame(event, seq))
        assert {"$type", "payload"} == frame.keys()
        assert [] == breaches(frame["payload"], defs)
    assert [] == breaches(orjson.loads(info(7))["payload"], defs)


def test_v1_frames_are_what_production_served():
    lines = shared_data("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl").read_bytes().splitlines()
    escapes = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e"}
    for line in lines:
        ours = v1_frame(orjson.loads(line))
        for plain, escaped in escapes.items():
            ours = ours.replace(plain, escaped)
        assert line.decode() == ours


async def first_frame(url: str) -> dict[str, Any]:
    async with connect(url, compression=None) as connection:
        return orjson.loads(await connection.recv(decode=False))


@pytest.mark.parametrize(("cursor", "seq"), [(1, 1), (7, 7), (microseconds(START), 1), (microseconds(START) + 1, 2)])
def test_a_cursor_is_inclusive_as_number_and_as_time(cursor: int, seq: int):
    async def ask():
        async with FakeJetstream(posts(10)) as server:
            return await first_frame(f"{server.url()}?cursor={cursor}")

    assert seq == asyncio.run(ask())["payload"]["seq"]


def test_below_the_floor_a_number_is_refused_and_a_time_is_clamped_with_notice():
    async def ask():
        async with FakeJetstream(posts(10), floor=5) as server:
            clamped = await first_frame(f"{server.url()}?cursor={microseconds(START)}")
            silently = await first_frame(f"{server.url('v1')}?cursor={microseconds(START)}")
            with pytest.raises(InvalidStatus) as refusal:
                await first_frame(f"{server.url()}?cursor=4")
            return clamped, silently, refusal.value.response

    clamped, silently, response = asyncio.run(ask())
    assert "OutdatedCursor" == clamped["payload"]["name"]
    assert silently["time_us"] > microseconds(START)
    assert (400, "CursorTooOld") == (response.status_code, orjson.loads(response.body)["error"])


def test_collections_filter_commits_and_nothing_else():
    async def ask():
        account = {"did": "did:plc:a", "time_us": microseconds(START), "kind": "account", "account": {"active": True}}
        async with FakeJetstream([*posts(2), account]) as server:
            return await first_frame(f"{server.url()}?cursor=1&collections=app.bsky.feed.like")

    assert asyncio.run(ask())["payload"]["$type"].endswith("#account")
