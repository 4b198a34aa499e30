"""The command's lines in and out, and the goals on the labelled set."""

import json

import orjson
import pytest

from pipelines.abstracts import link_posts
from pipelines.abstracts.bench import measure
from pipelines.errors import InputError
from tests.abstracts.rooms import linker
from tests.shared import shared_data


def _link(*rows):
    room = linker("asco-2026")
    return list(link_posts([row if isinstance(row, bytes) else orjson.dumps(row) for row in rows], room, room.congress))


def test_each_post_gets_its_abstracts_with_evidence():
    expected = {"id": "a", "abstracts": [{"number": "5500", "tier": 1, "rule": "number_cue", "evidence": "5500"}]}
    assert [expected, {"id": "b", "abstracts": []}] == _link(
        {"id": "a", "text": "Abstract 5500 #ASCO26"}, b"\n", {"id": "b", "text": "hello #ASCO26"}
    )


def test_the_congress_field_says_whose_tag_the_text_has():
    base = {"id": "a", "text": "Abstract 5502"}
    assert [1, 0, 0] == [
        len(_link({**base, "text": text, "congress": slug})[0]["abstracts"])
        for text, slug in [
            ("Abstract 5500", "asco-2026"),
            ("Abstract 5500 #ASCO26", "asco-2025"),
            ("Abstract 5500", None),
        ]
    ]


def test_a_reply_in_the_same_file_inherits_even_when_its_parent_comes_later():
    found = _link(
        {"id": "child", "text": "This! #ASCO26", "reply_to": "parent"},
        {"id": "parent", "text": "Abstract 5500 #ASCO26"},
        {"id": "own", "text": "abstract 5501 #ASCO26", "quote_of": "parent"},
    )
    assert [("5500", "inherited")] == [(each["number"], each["rule"]) for each in found[0]["abstracts"]]
    assert ["5501"] == [each["number"] for each in found[2]["abstracts"]]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "line 2: not JSON"),
        (b"[]", "line 2: an object"),
        (b'{"text": "a"}', 'line 2: "id" must be a text, not missing'),
        (b'{"id": "1", "text": 3}', 'line 2: "text" must be a text, not int'),
        (b'{"id": "1", "text": "a", "urls": "x"}', 'line 2: "urls" must be a list'),
        (b'{"id": "1", "text": "a", "created_at": "noon"}', 'line 2: "created_at" must be a time'),
    ],
)
def test_a_bad_line_is_one_error_that_names_it(line, message):
    with pytest.raises(InputError, match=f"^{message}"):
        _link({"id": "0", "text": ""}, line)


def test_the_goals_hold_on_the_labelled_set():
    found = measure(shared_data("eval").parent)
    tiers = found["tiers"]
    assert tiers["explicit"]["f1"] >= 0.95, json.dumps(found)
    assert tiers["trial"]["f1"] >= 0.80, json.dumps(found)
    assert tiers["title_or_presenter"]["f1"] >= 0.80, json.dumps(found)
    assert (
        found["posts_per_second"]["field"] > 2_000
    )  # the goal of 20,000 is the bench's to tell: this machine is shared
