"""The loopback API is itself held against recorded responses of the real one."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import httpx
import orjson
import pytest

from pipelines.sources.x.loopback import Loopback, Step
from pipelines.sources.x.payload import parse
from tests.fakes.x_api import TOKEN, api, world_now
from tests.shared import shared_data

KEY = {"Authorization": f"Bearer {TOKEN}"}
LIMITS = ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset")


def recorded(name: str, path: str) -> dict[str, Any]:
    """The first recorded response whose address holds ``path``."""
    cassette = shared_data("payloads", "x", "tweepy-cassettes", "decoded", f"{name}.json")
    return next(each for each in json.loads(cassette.read_bytes()) if path in each["uri"])


def get(server: Loopback, path: str, **query: str) -> httpx.Response:
    return httpx.get(server.host + path, params=query, headers=KEY)


def same_shape(real: Any, fake: Any, at: str = "") -> None:
    """Every field the real answer has, with the same type, is in the made-up one."""
    assert type(real) is type(fake), at
    if isinstance(real, dict):
        assert set(real) <= set(fake), at
        for name, value in real.items():
            same_shape(value, fake[name], f"{at}.{name}")
    elif isinstance(real, list) and real:
        same_shape(real[0], fake[0], f"{at}[]")


@pytest.mark.parametrize(
    ("cassette", "route", "query"),
    [
        ("test_client_search_recent_tweets", "/2/tweets/search/recent", {"query": "(#ASH26)", "max_results": "10"}),
        ("test_client_get_recent_tweets_count", "/2/tweets/counts/recent", {"query": "(#ASH26)"}),
        ("test_client_get_tweets", "/2/tweets", {"ids": "FIRST"}),
        ("test_client_get_users", "/2/users/by", {"usernames": "dr0,dr1"}),
    ],
)
def test_answers_have_the_recorded_shape_and_rate_limit_headers(cassette: str, route: str, query: dict[str, str]):
    real = recorded(cassette, route)
    world = world_now(seconds=2.0, start=-60.0, reposts=0.0)  # older than the 30 s that a search leaves out
    query = {name: value.replace("FIRST", world.posts[0].post_id) for name, value in query.items()}
    with api(world) as server:
        answer = get(server, route, **query)
    same_shape(real["json"], answer.json())
    assert {name for name in LIMITS if name in real["headers"]} <= set(answer.headers)


def test_a_compliance_job_has_the_recorded_shape():
    real = recorded("test_client_create_and_get_compliance_job_and_jobs", "/2/compliance/jobs")
    with api() as server:
        answer = httpx.post(f"{server.host}/2/compliance/jobs", json={"type": "tweets"}, headers=KEY)
    same_shape(real["json"], answer.json())


def test_stream_lines_have_the_recorded_shape_and_end_with_crlf():
    lines = shared_data("payloads", "x", "twarc-csv", "streaming_output_with_error.jsonl").read_bytes().splitlines()
    real = orjson.loads(lines[1])
    with api(world_now(0.5, 60, 0.0), Step("close", 0.8)) as server:
        server.add_rule("(#ASH26)", "congress:ash-2026")
        raw = httpx.get(f"{server.host}/2/tweets/search/stream", headers=KEY).content
    assert raw.endswith(b"\r\n")
    fake = orjson.loads(raw.split(b"\r\n")[2])
    assert set(real) - {"__twarc", "includes"} <= set(fake)
    needed = {"id", "text", "author_id", "created_at", "conversation_id", "lang", "public_metrics", "entities"}
    assert needed <= set(real["data"]) & set(fake["data"])
    assert {"id", "tag"} == set(real["matching_rules"][0]) == set(fake["matching_rules"][0])


def test_partial_errors_have_the_recorded_fields():
    users = orjson.loads(shared_data("payloads", "x", "twarc-csv", "users.jsonl").read_bytes().splitlines()[0])
    real = next(error for error in users["errors"] if error["parameter"] == "ids")
    with api() as server:
        (fake,) = get(server, "/2/users", ids="93071130").json()["errors"]
    assert {**real, "value": "93071130", "resource_id": "93071130"} == fake


def test_a_wrong_key_a_closed_route_and_a_used_up_window_are_refused_as_x_refuses_them():
    with api(forbidden=["/2/users"], limits={"/2/usage/tweets": 1}) as server:
        assert 401 == httpx.get(f"{server.host}/2/tweets", params={"ids": "1"}).status_code
        assert 403 == get(server, "/2/users", ids="1").status_code
        assert 200 == get(server, "/2/usage/tweets").status_code
        over = get(server, "/2/usage/tweets")
    assert (429, "0") == (over.status_code, over.headers["x-rate-limit-remaining"])
    assert int(over.headers["x-rate-limit-reset"]) > time.time()


def test_search_pages_give_every_original_once_and_refuse_what_x_refuses():
    world = world_now(5.0, 50, 0.5, start=-30.0)
    with api(world) as server:
        found, token = [], ""
        while token is not None:
            query = {"query": "(#ASH26)", "max_results": "50", **({"next_token": token} if token else {})}
            end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() - 2))
            page = parse(get(server, "/2/tweets/search/recent", end_time=end, **query).content, datetime(2026, 12, 5))
            found += [post_id for kind, post_id in page.main_reads]
            token = page.next_token
        late = get(server, "/2/tweets/search/recent", query="(#ASH26)", end_time="2099-01-01T00:00:00Z")
    assert sorted(made.post_id for made in world.posts if not made.is_repost) == sorted(found)
    assert 400 == late.status_code
