from __future__ import annotations

import asyncio
import gzip
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from pipelines.errors import InputError
from pipelines.model import AccountState, Arrival, Author, Cursor, Deletion, Post, Record
from pipelines.sources.files.source import FileSource, Rejected
from tests.fakes.x_objects import post_object, user_object
from tests.shared import shared_data

AT = datetime(2026, 12, 5, 14, 3)


def arrivals(source: FileSource, cursor: Cursor | None = None) -> list[Arrival]:
    async def collect() -> list[Arrival]:
        return [arrival async for arrival in source.events(cursor)]

    return asyncio.run(collect())


def records(source: FileSource, cursor: Cursor | None = None) -> list[Record]:
    return [record for arrival in arrivals(source, cursor) for record in arrival.records]


def write_lines(path: Path, *lines: Any) -> Path:
    path.write_text("".join(line if isinstance(line, str) else json.dumps(line) + "\n" for line in lines))
    return path


def walked(path: Path) -> tuple[set[str], set[str], int]:
    """Ids of posts and users, found without knowing the format, and how many lines are no JSON."""
    posts: set[str] = set()
    users: set[str] = set()
    bad = 0

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "text" in value and "id" in value:
                posts.add(value["id"])
            if "username" in value and "name" in value and "id" in value:
                users.add(value["id"])
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            walk(inner)

    for line in path.read_text().split("\n"):
        try:
            walk(json.loads(line) if line.strip() else None)
        except ValueError:
            bad += 1
    return posts, users, bad


def recorded() -> list[str]:
    names = "2sets brexit cashtags cotweet edited edited_after edited_before entities_test flat geo_tweets kpop"
    names += " many_urls media_policy_violation_off media_policy_violation_on media_tweet mentions_tweet noflat"
    names += " quoted_edit streaming_output_with_error two_tweets users verified_type withheld"
    return names.split()


@pytest.mark.parametrize("name", recorded())
def test_a_recording_is_imported_without_loss(name: str):
    path = shared_data("payloads", "x", "twarc-csv", f"{name}.jsonl")
    source = FileSource(path)
    found = records(source)
    posts, users, bad = walked(path)
    assert posts == {record.revision.lstrip("0") for record in found if isinstance(record, Post)}
    assert users == {record.author_id for record in found if isinstance(record, Author)}
    assert bad == len(source.report.rejected)
    assert (sum(isinstance(record, Post) for record in found), "x") == (source.report.posts, source.report.format)


def test_the_recordings_hold_what_their_origin_says():
    """Distinct posts over all files, counted once by walking and once by importing."""
    folder = shared_data("payloads", "x", "twarc-csv")
    paths = [folder / f"{name}.jsonl" for name in recorded()]
    walked_ids = set().union(*(walked(path)[0] for path in paths))
    read_ids = {
        record.revision.lstrip("0")
        for path in paths
        for record in records(FileSource(path))
        if isinstance(record, Post)
    }
    assert walked_ids == read_ids
    assert len(read_ids) > 1_500


def test_a_torn_last_line_is_named_with_its_number():
    source = FileSource(shared_data("payloads", "x", "twarc-csv", "streaming_output_with_error.jsonl"))
    records(source)
    (rejected,) = source.report.rejected
    assert 8 == rejected.line
    assert "not JSON" in rejected.reason


def test_compliance_results_delete_posts_and_hide_accounts():
    folder = shared_data("payloads", "x", "twarc-csv")
    posts = records(FileSource(folder / "tweets_compliance.jsonl"))
    assert [("1170025343920402432", "protected"), ("1170147183095664640", "deactivated")] == [
        (record.target_id, record.reason) for record in posts if isinstance(record, Deletion)
    ]
    authors = records(FileSource(folder / "users_compliance.jsonl"))
    assert [("1482680858", False, "protected")] * 2 == [
        (record.author_id, record.active, record.status) for record in authors if isinstance(record, AccountState)
    ]


def test_compliance_results_that_do_not_tell_their_kind_ask_for_it(tmp_path: Path):
    line = {"id": "1482680858000000000", "action": "delete", "created_at": "2020-01-01T00:00:00+00:00"}
    path = write_lines(tmp_path / "a.jsonl", {**line, "reason": "deleted"})
    with pytest.raises(InputError, match="--format x-compliance-posts or"):
        FileSource(path)
    (record,) = records(FileSource(path, format="x-compliance-authors"))
    assert isinstance(record, Deletion)
    assert ("author", "account_deleted") == (record.target, record.reason)


def test_counts_lists_and_unknown_files_are_refused_by_name(tmp_path: Path):
    folder = shared_data("payloads", "x", "twarc-csv")
    with pytest.raises(InputError, match=r"counts\.jsonl: holds counts of posts"):
        FileSource(folder / "counts.jsonl")
    with pytest.raises(InputError, match=r"lists\.jsonl: holds X lists"):
        FileSource(folder / "lists.jsonl")
    with pytest.raises(InputError, match=r"starts with '<html>.*Choose --format from: x, jetstream, csv"):
        FileSource(write_lines(tmp_path / "a.html", "<html>, no\n"))
    with pytest.raises(InputError, match=r"No such file"):
        FileSource(tmp_path / "missing.jsonl")
    with pytest.raises(InputError, match=r"--format excel: unknown; choose from: x,"):
        FileSource(folder / "counts.jsonl", format="excel")


def test_an_empty_file_ends_at_once():
    source = FileSource(shared_data("payloads", "x", "twarc-csv", "empty.json"))
    assert [] == records(source)
    assert (None, 0, []) == (source.report.format, source.report.lines, source.report.rejected)


def test_what_twarc_noted_as_retrieval_time_is_kept(tmp_path: Path):
    line = {"data": [post_object(AT)], "__twarc": {"retrieved_at": "2026-12-05T16:00:00+01:00"}}
    (post, *_) = records(FileSource(write_lines(tmp_path / "a.jsonl", line)))
    assert isinstance(post, Post)
    assert datetime(2026, 12, 5, 15) == post.retrieved_at


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("packed", [False, True])
def test_encodings_and_gzip_give_the_same_posts(tmp_path: Path, encoding: str, packed: bool):
    lines = [post_object(AT, "Grüße aus Zürich\u2028#ASH26 日本", number) for number in range(3)]
    content = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines).encode(encoding)
    path = tmp_path / "posts"
    path.write_bytes(gzip.compress(content) if packed else content)
    found = [record for record in records(FileSource(path)) if isinstance(record, Post)]
    assert ["Grüße aus Zürich\u2028#ASH26 日本"] * 3 == [post.text for post in found]


def test_a_gzip_file_that_breaks_off_gives_what_is_whole_and_says_so(tmp_path: Path):
    lines = "".join(json.dumps(post_object(AT, f"{number} {number**9}", number)) + "\n" for number in range(4000))
    path = tmp_path / "posts.gz"
    path.write_bytes(gzip.compress(lines.encode())[:-5000])
    source = FileSource(path)
    found = records(source)
    assert 1000 < source.report.posts < 4000
    assert source.report.posts == sum(isinstance(record, Post) for record in found)
    assert "the gzip file breaks off here" in source.report.rejected[-1].reason


def test_a_killed_import_goes_on_after_the_last_line_that_was_committed(tmp_path: Path):
    path = write_lines(tmp_path / "posts.jsonl", *(post_object(AT, f"{n}", n) for n in range(1200)))
    first, *rest = arrivals(FileSource(path))
    again = records(FileSource(path), first.cursor)
    assert [record for arrival in rest for record in arrival.records] == again
    assert 0 < len(again) < 2400


def test_a_file_that_changed_is_read_from_its_start(tmp_path: Path):
    path = write_lines(tmp_path / "posts.jsonl", post_object(AT))
    (only,) = arrivals(FileSource(path))
    assert [] == records(FileSource(path), only.cursor)
    write_lines(path, post_object(AT, "other"))
    assert 2 == len(records(FileSource(path), only.cursor))


def test_a_line_that_is_no_post_is_rejected_and_the_rest_imported(tmp_path: Path):
    path = write_lines(tmp_path / "a.jsonl", post_object(AT), {"foo": []}, "[1]\n", user_object())
    source = FileSource(path)
    found = records(source)
    assert 1 == sum(isinstance(record, Author) for record in found)
    expected = [
        Rejected(2, "neither post nor user: foo"),
        Rejected(3, "a list where an object was expected"),
    ]
    assert expected == source.report.rejected


def test_a_jetstream_recording_is_imported_without_loss():
    path = shared_data("payloads", "bluesky", "jetstream-corpus", "expected_v1.jsonl")
    expected = {
        f"at://{event['did']}/app.bsky.feed.post/{event['commit']['rkey']}"
        for event in map(json.loads, path.read_text().splitlines())
        if event["kind"] == "commit"
        and event["commit"]["collection"] == "app.bsky.feed.post"
        and event["commit"]["operation"] != "delete"
    }
    source = FileSource(path)
    found = records(source)
    assert expected
    assert expected == {record.post_id for record in found if isinstance(record, Post) and not record.repost_of_id}
    assert (152, "jetstream", []) == (source.report.lines, source.report.format, source.report.rejected)
