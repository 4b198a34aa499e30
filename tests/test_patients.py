"""Patients and advocates are counted, never listed by name, in whatever is asked."""

from __future__ import annotations

import pytest

from pipelines.model import AbstractMention, Batch
from pipelines.reads import answer
from pipelines.store.database import Store
from tests.records import at, author, match, post, role


@pytest.fixture
def store():
    """A patient names an abstract first, an HCP after."""
    posts = [post("1", author_id="pat"), post("2", author_id="doc", created_at=at(5))]
    mentions = [
        AbstractMention("x", each.post_id, "ash-2026", "112", 1, "number_cue", "Abstract 112") for each in posts
    ]
    with Store(None) as opened:
        authors = [author("pat", handle="pat_the_patient"), author("doc", handle="doc")]
        roles = [role("pat", "patient_advocate", decided_at=at(-9)), role("doc", decided_at=at(-9))]
        opened.fold(
            Batch(records=[*posts, *authors], matches=[match(p) for p in posts], mentions=mentions, roles=roles)
        )
        yield opened


def ask(store, read, **params):
    return answer(store.reader, read, {"congress_id": "ash-2026", **params}, at(60)).to_pylist()


def test_their_posts_are_counted(store):
    assert 2 == ask(store, "overview", minutes="0")[0]["post_count"]
    assert 2 == ask(store, "abstracts", minutes="0", limit="5")[0]["post_count"]


def test_they_are_not_listed_among_the_newest(store):
    assert ["doc"] == [row["handle"] for row in ask(store, "newest_posts", limit="10")]


def test_they_are_not_named_as_the_first_to_speak_of_an_abstract(store):
    assert "an individual" == ask(store, "abstracts", minutes="0", limit="5")[0]["first_author_handle"]


def test_they_are_no_voice(store):
    assert ["doc"] == [row["handle"] for row in ask(store, "voices", minutes="0", limit="10")]
