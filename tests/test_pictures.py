"""Pictures of charts: the same bytes each time, in our own font, from nothing but what they were given."""

from __future__ import annotations

import struct

import pyarrow as pa
import pytest

from pipelines.pictures import picture, picture_apart, without_pictographs

ROWS = pa.table({"t": [0, 3_600_000], "n": [3, 5], "word": ["Prof. Dr. Łukasz 🎉", "Ωmega"]})
SPEC = {
    "width": "container",
    "height": 120,
    "datasets": {"posts": ROWS},
    "data": {"name": "posts"},
    "layer": [
        {
            "mark": "bar",
            "encoding": {"x": {"field": "t", "type": "ordinal"}, "y": {"field": "n", "type": "quantitative"}},
        },
        {"mark": "text", "encoding": {"x": {"field": "t", "type": "ordinal"}, "text": {"field": "word"}}},
    ],
}


def test_the_same_chart_gives_the_same_bytes():
    assert picture(SPEC, format="png") == picture(SPEC, format="png")


def test_a_picture_has_the_pixels_of_the_screen_times_the_scale():
    data = picture(SPEC, format="png", scale=2)
    assert b"\x89PNG\r\n\x1a\n" == data[:8]
    width, height = struct.unpack(">II", data[16:24])
    assert 2200 <= width <= 2400
    assert 240 <= height <= 400


def test_text_is_set_in_the_shipped_font_without_pictographs():
    drawn = picture(SPEC, format="svg").decode()
    assert "Inter" in drawn
    assert "Łukasz" in drawn
    assert "Ωmega" in drawn
    assert "🎉" not in drawn


def test_a_chart_that_wants_data_from_an_address_is_refused():
    with pytest.raises(ValueError, match="not allowed"):
        picture({"data": {"url": "http://127.0.0.1:9/rows.json"}, "mark": "bar"}, format="svg")


def test_a_process_of_its_own_draws_the_same_picture():
    assert picture(SPEC, format="svg") == picture_apart(SPEC, format="svg")


def test_a_chart_that_is_none_says_so_from_the_other_process_too():
    with pytest.raises(ValueError, match="could not be drawn"):
        picture_apart({"mark": 7}, format="svg")


@pytest.mark.parametrize(
    ("shown", "text"),
    [
        ("plain – text", "plain – text"),
        ("party", "🎉 party 🥳"),
        ("flag", "flag 🇪🇸"),
        ("LBA7 ±2 é", "LBA7 ±2 é"),
        ("doctor", "doctor 👩🏽‍⚕️"),
    ],
)
def test_pictographs_go_and_letters_stay(shown, text):
    assert shown == without_pictographs(text)
