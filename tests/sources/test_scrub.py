"""Deleted words leave a tape, in place: everything else on it, and every cursor into it, stays as it was."""

from __future__ import annotations

import json

import pytest

from pipelines.model import Author, Post
from pipelines.sources.demo import World
from pipelines.sources.parsers import PARSERS
from pipelines.sources.scrub import Doomed, scrub
from pipelines.sources.tape import TapeWriter
from tests.records import at
from tests.sources.test_tape import replay


@pytest.fixture(scope="module")
def payloads():
    return [each for each, _ in zip(World(7).payloads(), range(1500), strict=False)]


@pytest.fixture
def tape(tmp_path, payloads):
    with TapeWriter(tmp_path / "a.tape") as writer:
        writer.write(payloads)
    return tmp_path / "a.tape"


def records(tape):
    return replay(tape)[1][:-1]  # the last says that the tape ended


@pytest.mark.parametrize("platform", ["x", "bluesky"])
def test_a_doomed_post_goes_and_everything_else_stays(tape, platform):
    before = records(tape)
    gone = next(each for each in before if isinstance(each, Post) and each.platform == platform and len(each.text) > 40)
    doomed = Doomed(frozenset({(platform, gone.post_id)}), {})
    words, size = json.dumps(gone.text).encode()[1:40], tape.stat().st_size
    assert words in tape.read_bytes() or gone.text.encode()[:39] in tape.read_bytes()
    assert 1 <= scrub(tape, doomed, PARSERS)
    assert size == tape.stat().st_size
    assert not [each for each in records(tape) if doomed.reaches(each)]
    posts = [each for each in before if isinstance(each, Post) and not doomed.reaches(each)]
    assert posts == [each for each in records(tape) if isinstance(each, Post)]


def test_a_second_scrub_finds_nothing_left(tape):
    gone = next(each for each in records(tape) if isinstance(each, Post))
    doomed = Doomed(frozenset({(gone.platform, gone.post_id)}), {})
    assert 0 < scrub(tape, doomed, PARSERS)
    assert 0 == scrub(tape, doomed, PARSERS)


def test_a_doomed_author_goes_with_posts_and_profile(tape):
    before = records(tape)
    gone = next(each for each in before if isinstance(each, Author) and each.display_name)
    last = max(each.created_at for each in before if isinstance(each, Post))
    doomed = Doomed(frozenset(), {(gone.platform, gone.author_id): last.replace(year=last.year + 1)})
    assert 0 < scrub(tape, doomed, PARSERS)
    left = {each.author_id for each in records(tape) if isinstance(each, Post | Author)}
    assert gone.author_id not in left
    others = {each.author_id for each in before if isinstance(each, Post | Author)} - {gone.author_id}
    assert others == left


def test_of_a_page_only_the_deleted_part_goes(tmp_path):
    user = {"id": "9", "username": "nine", "name": "Nine"}
    posts = [
        {"id": each, "author_id": "9", "text": f"words of {each} #ASH26", "created_at": "2026-12-12T18:00:00.000Z"}
        for each in ("101", "102")
    ]
    repost = {
        **posts[0],
        "id": "103",
        "text": "RT @nine: words of 101",
        "referenced_tweets": [{"type": "retweeted", "id": "101"}],
    }
    page = {"data": [*posts, repost], "includes": {"users": [user], "tweets": [posts[0]]}, "meta": {"result_count": 3}}
    with TapeWriter(tmp_path / "page.tape") as writer:
        writer.write([(at(0), "x", json.dumps(page).encode())])
    assert 1 == scrub(tmp_path / "page.tape", Doomed(frozenset({("x", "101")}), {}), PARSERS)
    assert b"words of 101" not in (tmp_path / "page.tape").read_bytes()
    assert ["102"] == [each.post_id for each in records(tmp_path / "page.tape") if isinstance(each, Post)]


def test_lines_that_cannot_be_read_are_left_alone(tape):
    gone = next(each for each in records(tape) if isinstance(each, Post))
    torn = b'{"at": "torn ' + gone.post_id.rsplit("/", 1)[-1].encode()
    with tape.open("ab") as file:
        file.write(torn)
    scrub(tape, Doomed(frozenset({(gone.platform, gone.post_id)}), {}), PARSERS)
    assert tape.read_bytes().endswith(torn)
