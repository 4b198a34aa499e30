"""The report as a page: nothing in it runs or loads, and all of it can be read without seeing the charts."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from pipelines.recap.html import drawing, page, policy
from pipelines.recap.strokes import COLOURS
from tests.recap.examples import HOSTILE_TEXTS, empty, example, hostile

VOID = {"meta", "link", "br", "img", "input", "hr"}
MADE = {"rich": page(example()), "hostile": page(hostile()), "empty": page(empty())}


class Reading(HTMLParser):
    """Every start tag with its attributes, the open tags at the end, and the text outside the style sheet."""

    def __init__(self, text: str):
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.said: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert tag == self.open.pop(), tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.said.append(data)

    def all(self, *names: str) -> list[dict[str, str | None]]:
        return [attrs for tag, attrs in self.tags if tag in names]

    def words(self) -> str:
        return " ".join(" ".join(self.said).split())


@pytest.fixture(scope="module", params=MADE)
def read(request) -> Reading:
    return Reading(MADE[request.param])


def test_nothing_runs(read):
    assert [] == read.all("script", "iframe", "object", "embed", "form", "base", "foreignobject", "animate", "set")
    assert [] == [
        name for _, attrs in read.tags for name in attrs if name.startswith("on") or name in ("style", "srcdoc")
    ]


def test_nothing_is_loaded(read):
    assert [] == read.all("link", "img", "image", "video", "audio", "source", "use")
    assert [] == [attrs for _, attrs in read.tags if "src" in attrs or "xlink:href" in attrs]


def test_links_lead_to_the_web_or_to_a_section_that_is_there(read):
    ids = {attrs["id"] for _, attrs in read.tags if attrs.get("id")}
    for attrs in read.all("a"):
        to = attrs["href"] or ""
        assert to.startswith(("https://", "http://")) or to.removeprefix("#") in ids, to


def test_links_outside_tell_nobody_where_they_were_followed(read):
    outside = [attrs for attrs in read.all("a") if str(attrs["href"]).startswith("http")]
    assert all("noreferrer" in str(attrs["rel"]) and "nofollow" in str(attrs["rel"]) for attrs in outside)


def test_every_tag_is_closed_in_order(read):
    assert [] == read.open


def test_ids_are_unique(read):
    ids = [attrs["id"] for _, attrs in read.tags if "id" in attrs]
    assert len(ids) == len(set(ids))


def test_the_policy_lets_in_the_one_style_sheet_and_nothing_else():
    found = Reading(MADE["hostile"])
    given = next(attrs["content"] for attrs in found.all("meta") if attrs.get("http-equiv"))
    css = MADE["hostile"].split("<style>")[1].split("</style>")[0]
    assert policy(css) == given
    assert str(given).startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in str(given)


def test_hostile_text_is_shown_as_text():
    said = Reading(MADE["hostile"]).words()
    assert "</text><script>alert(document.cookie)</script><img src=x onerror=alert(1)>" in said
    assert "{{ 7*7 }}" in said
    assert HOSTILE_TEXTS[3] in said


def test_the_figures_of_the_recap_stand_on_the_page():
    recap, said = example(), Reading(MADE["rich"]).words()
    wanted = [f"{each.value:,}" for each in recap.kpis if each.whole is None]
    wanted += [each.text for each in recap.findings]
    wanted += [" ".join(each.text.split()) for each in (*recap.notable, *recap.questions)]
    wanted += [each.meaning for each in recap.definitions] + list(recap.limits)
    assert [] == [each for each in wanted if each not in said]


def test_every_hour_can_be_read_without_the_chart():
    found = re.findall(
        r"<th scope=\"row\"[^>]*><bdi>(?:Sun|Mon|Tue|Wed|Thu) \d+ Sep, \d\d:00</bdi></th><td class=\"right\"><bdi>([\d,]+)( or more)?</bdi>",
        MADE["rich"],
    )
    hours = [count for count, _ in found][: len(example().hours)]
    assert [f"{each.post_count:,}" for each in example().hours] == hours
    assert 1 == sum(bool(more) for _, more in found)  # the hour with a gap that was not filled


def test_every_chart_has_words_and_a_drawing_for_wide_and_for_narrow():
    found = Reading(MADE["rich"])
    figures = [attrs for attrs in found.all("div") if attrs.get("role") == "img"]
    assert 7 == len(figures)
    assert all(len(str(attrs["aria-label"])) > 20 for attrs in figures)
    assert 14 == len(found.all("svg"))


def test_charts_take_the_colours_of_the_theme():
    drawn = re.findall(r"<svg.*?</svg>", MADE["rich"], re.S)
    assert set() == {each for svg in drawn for each in re.findall(r"#[0-9a-f]{6}\b", svg)}
    used = {each for svg in drawn for each in re.findall(r"var\(--(\w+)\)", svg)}
    css = MADE["rich"].split("<style>")[1].split("</style>")[0]
    assert used <= {*COLOURS}
    assert all(css.count(f"--{each}:") == 2 for each in COLOURS)  # light and dark


def test_every_table_has_headers_for_columns_and_rows(read):
    tables = len(read.all("table"))
    assert tables == len(read.all("thead"))
    assert all(attrs.get("scope") in ("col", "row") for attrs in read.all("th"))


def test_where_the_figures_come_from_stands_at_the_end(read):
    said = read.words()
    assert "as of Mon 21 Sep 2026, 09:30 CDT" in said
    assert "Congress Pulse 0.1.0 · configuration 5f2c0e9a1b7d" in said
    assert "Simulated congress: no person, product or figure is real." in said


def test_an_empty_page_says_that_nothing_was_collected():
    said = Reading(MADE["empty"]).words()
    assert "No post of this window was collected." in said
    assert "Nothing was collected in this window." in said


def test_the_same_recap_gives_the_same_page():
    assert MADE["hostile"] == page(hostile())


def test_two_charts_on_a_page_share_no_id():
    spec = {
        "width": 50,
        "height": 50,
        "data": {"values": [{"a": 1}]},
        "mark": {"type": "bar", "clip": True},
        "encoding": {"x": {"field": "a", "type": "quantitative"}},
    }
    first, second = (set(re.findall(r'id="([^"]+)"', drawing(spec, name))) for name in ("one", "two"))
    assert first
    assert set() == first & second
