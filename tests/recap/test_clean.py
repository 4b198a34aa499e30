"""Hostile text, links and cells are harmless once cleaned, whatever they held."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.recap import clean

ANY = st.text(st.characters(), max_size=200)  # lone surrogates too


@given(ANY)
def test_cleaned_text_is_utf8_and_xml(text):
    kept = clean.clean(text)
    kept.encode()
    assert kept == ET.fromstring(f"<a>{escape(kept)}</a>").text or not kept


@given(ANY)
def test_cleaning_twice_is_cleaning_once(text):
    for job in (clean.clean, clean.line, clean.whole, clean.link):
        assert job(job(text)) == job(text)


@given(ANY, st.integers(2, 60))
def test_a_line_is_one_line_of_at_most_so_many_characters(text, limit):
    line = clean.line(text, limit)
    assert len(line) <= limit
    assert [line] == (line.splitlines() or [""])


@given(ANY)
def test_a_post_is_shown_whole_or_not_at_all(text):
    assert clean.whole(text) in ("", clean.clean(text).strip())


@pytest.mark.parametrize(
    "kept", ["👩🏽‍⚕️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿", "د. سمير حداد", "naïve 田辺", "two\nlines\tand a tab", "Zalgo e\u0301\u0323"]
)
def test_what_people_write_stays_as_it_was(kept):
    assert kept == clean.clean(kept)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("a\u202eb\u2066c", "abc"), ("a\x00\x1b[0m", "a[0m"), ("\ufeffx\ufffe\U0010ffff", "x"), ("a\r\nb\rc\u2028d", "a\nb\nc\nd"), (None, ""), ("\ud800", "")],
)  # fmt: skip
def test_what_breaks_a_file_or_turns_the_reading_goes(text, expected):
    assert expected == clean.clean(text)


def test_a_text_that_no_cell_holds_is_left_to_its_link():
    assert 32_000 == len(clean.whole("x" * 32_000))
    assert "" == clean.whole("x" * 32_001) == clean.whole("🧬" * 16_001)  # counted in UTF-16


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "//host/x", "https://", "http://[bad", "https://u:p@evil.example/",
        "https://a.example/ b", "https://a.example/\"x", "https://a.example/\u202ex", "https://a.example:x/", "https://a.example/" + "x" * 2000, None,
    ],
)  # fmt: skip
def test_only_plain_web_addresses_stay(url):
    assert "" == clean.link(url)


@pytest.mark.parametrize("url", ["https://a.example/ü?q=é&x=1#f", "HTTP://A.example", "https://a.example:8443/x(1)"])
def test_a_plain_web_address_stays_as_it_is(url):
    assert url == clean.link(url)


@given(ANY)
def test_a_cell_never_begins_a_formula(text):
    assert not re.match(r"[=+\-@\t\r\n]", clean.safe_cell(text))


def test_numbers_stay_numbers_and_lists_become_text():
    assert (-3, 1.5, "'=a; b", None) == tuple(map(clean.safe_cell, (-3, 1.5, ["=a", "b"], None)))
