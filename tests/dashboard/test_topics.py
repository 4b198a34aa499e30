"""The page Topics, and what a link may filter the page Posts by."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from dashboard import download, overlay, shares
from dashboard.timeline import Frame
from tests.dashboard.fake_owner import DRUGS, NOW, FakeOwner
from tests.dashboard.fake_pages import HOSTILE
from tests.dashboard.test_abstracts import texts
from tests.dashboard.test_app import markup, url


def test_each_kind_stands_with_who_leads_its_share_and_its_denominator(show, full_owner):
    app = show(full_owner, "topics", window="all")
    assert not app.exception
    shown = markup(app)
    for words in ("Products: ", "Companies: ", "Hashtags: #", "Drugs: ", "Trials: "):
        assert words in shown
    assert re.search(r"Products: \w[^<]* leads with \d+%", shown)
    assert re.search(r"Share of the [\d,]+ posts that name a tracked product; not of all posts", shown)
    assert "1 tracked and not named" in shown


def test_every_number_leads_to_its_posts(show, full_owner):
    shown = markup(show(full_owner, "topics", window="all"))
    for kind in ("product", "company", "drug", "trial", "hashtag"):
        assert re.search(rf'href="posts\?[^"]*window=all[^"]*&amp;{kind}=', shown), kind
        assert re.search(rf'href="posts\?[^"]*role=hcp&amp;{kind}=', shown), kind


def test_a_rising_hashtag_stands_with_why(show, full_owner):
    app = show(full_owner, "topics")
    assert "Rising hashtags" in markup(app)
    assert "21 authors in 30 min, 1.9 expected" in texts(app)


def test_without_tracked_products_the_page_says_how_to_track_one(show):
    owner = FakeOwner(posts=800)
    owner.tracked = False
    app = show(owner, "topics")
    assert not app.exception
    assert "No product is tracked for this congress" in markup(app)
    told = "".join(each.value for each in app.code)
    assert "products: [{name:" in told
    assert "congress relink esmo-2026" in told


def test_the_tables_can_be_taken_away_as_picture_and_csv(show, full_owner):
    links = re.findall(r'href="save/([^"]+)"', markup(show(full_owner, "topics", window="all")))
    files = dict(found for each in links if (found := _taken(each)))
    assert {"csv", "png"} == {name.rpartition(".")[2] for name in files}
    products = next(made for name, made in files.items() if "product" in name and name.endswith("csv")).decode(
        "utf-8-sig"
    )
    assert "Of posts that name any" in products.splitlines()[0]
    assert "silentimab" in products
    assert all(made.startswith(b"\x89PNG") for name, made in files.items() if name.endswith("png"))


def _taken(token: str) -> tuple[str, bytes] | None:
    found = download.take(token)
    return (found[0].file_name, found[1]) if found else None


def test_two_topics_are_compared_and_the_link_carries_both(show, full_owner):
    app = show(full_owner, "topics", view="compare", topic="drug", one=DRUGS[0], two=DRUGS[1], window="all")
    assert not app.exception
    assert ("compare", "drug", DRUGS[0], DRUGS[1]) == tuple(url(app)[key] for key in ("view", "topic", "one", "two"))
    assert "name both" in markup(app)
    assert f"drug={DRUGS[0]}%7C{DRUGS[1]}" in markup(app)


def test_without_a_choice_the_two_most_named_are_compared(show, full_owner):
    app = show(full_owner, "topics", view="compare", window="all")
    chosen = url(app)
    assert ("product", True) == (chosen["topic"], chosen["one"] != chosen["two"])
    assert {chosen["one"], chosen["two"]} <= set(DRUGS)


def test_another_kind_begins_with_its_own_names(show, full_owner):
    app = show(full_owner, "topics", view="compare", topic="product", one=DRUGS[0], two=DRUGS[1], window="all")
    app.selectbox(key="topic").select("hashtag").run()
    assert {"bcsm", "lcsm", "crcsm", "melsm"} >= {url(app)["one"], url(app)["two"]}


@pytest.mark.parametrize(
    "query",
    [
        {"one": HOSTILE[1], "two": "none"},
        {"topic": "<b>"},
        {"view": "x"},
        {"topic": "trial", "one": "", "two": HOSTILE[5]},
    ],
)
def test_a_link_to_what_nobody_named_does_no_harm(show, full_owner, query):
    app = show(full_owner, "topics", **{"view": "compare", **query})
    assert not app.exception
    assert "<script>window" not in markup(app)


@pytest.mark.parametrize("view", ["share", "compare"])
def test_hostile_names_stay_text(show, view):
    app = show(FakeOwner(posts=800, hostile=True), "topics", view=view, topic="hashtag", window="all")
    assert not app.exception
    assert "<img src=x" not in markup(app)
    assert "&lt;img src=x" in markup(app)


@pytest.mark.parametrize("broken", ["share_of_voice", "trending"])
def test_a_broken_read_is_named(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "topics")
    assert not app.exception
    assert f"the log says why: {broken}" in markup(app)


@pytest.mark.parametrize("broken", ["topic_volume", "gaps", "share_of_voice"])
def test_a_broken_read_of_a_comparison_is_named(show, broken):
    app = show(FakeOwner(posts=300, broken=broken), "topics", view="compare", topic="drug", one=DRUGS[0], two=DRUGS[1])
    assert not app.exception
    assert f"the log says why: {broken}" in markup(app)


def test_lines_break_where_nothing_was_collected():
    gap = {
        "source": "x",
        "from_at": NOW.replace(hour=10, minute=0, second=0),
        "to_at": NOW.replace(hour=11, minute=0, second=0),
        "status": "open",
        "cause": "lost",
    }
    frame = Frame(
        NOW.replace(hour=9, minute=0, second=0),
        NOW.replace(hour=12, minute=0, second=0),
        NOW,
        30,
        "role",
        ZoneInfo("UTC"),
    )
    rows = [
        {"bucket_at": frame.start, "series": "first", "post_count": 3},
        {"bucket_at": frame.start, "series": "both", "post_count": 1},
    ]
    found = overlay.overlay(frame, rows, [gap], ("a", "b"))
    assert [3, 0, None, None, 0, 0] == [each["first"] for each in found.buckets]
    assert [0, 0, None, None, 0, 0] == [each["second"] for each in found.buckets]
    assert "not collected" == found.datasets["buckets"].to_pylist()[2]["first"]
    assert 12 == found.datasets["points"].num_rows


def test_a_tie_has_no_leader():
    rows = [{"name": name, "post_count": 4, "whole_count": 9} for name in ("a", "b")]
    assert "Trials: a and b level" == shares.title("trial", rows)
    assert "Hashtags" == shares.title("hashtag", [])


# what a link filters Posts by


def test_filters_without_a_control_stand_as_words_that_can_be_taken_away(show, full_owner):
    app = show(
        full_owner,
        "posts",
        window="all",
        product=DRUGS[0],
        role="hcp",
        start="2026-10-24T12:00:00",
        end="2026-10-24T12:10:00Z",
    )
    assert not app.exception
    assert f"Product: {DRUGS[0]}" in texts(app)
    assert "Time: Sat 24 Oct 14:00–14:10 CEST" in texts(app)
    app.button(key="chip_off_start").click().run()
    assert {"start", "end"}.isdisjoint(url(app))
    assert DRUGS[0] == url(app)["product"]
    app.button(key="chip_off_product").click().run()
    assert "product" not in url(app)


def test_a_stretch_of_time_stands_instead_of_the_window(show, full_owner):
    early = {"start": "2026-10-23T06:00:00", "end": "2026-10-23T08:00:00"}
    found = re.search(r"1–\d+ of (\d+)", markup(show(full_owner, "posts", window="1h", **early)))
    assert found
    assert found[1] == re.search(r"1–\d+ of (\d+)", markup(show(full_owner, "posts", window="all", **early)))[1]  # ty: ignore[not-subscriptable]


def test_what_names_a_product_stands_on_the_card(show, full_owner):
    app = show(full_owner, "posts", window="all", product=DRUGS[1])
    assert f"Names {DRUGS[1]} (“its code”)" in texts(app)


@pytest.mark.parametrize("moment", ["x", "9999-12-31T23:59:59", "0001-01-01", "<b>", "2026-10-24T12:00:00+99:00", ""])
def test_a_moment_that_is_none_filters_nothing(show, full_owner, moment):
    app = show(full_owner, "posts", window="all", start=moment)
    assert not app.exception
    assert "Time:" not in texts(app)


def test_hostile_filters_of_a_link_stay_text(show, full_owner):
    app = show(full_owner, "posts", hashtag=HOSTILE[0], product=HOSTILE[2], company=HOSTILE[4], author="<b>")
    assert not app.exception
    assert "Hashtag: #<img" in texts(app)
    assert "<img" not in markup(app)
    assert "Author: one account" in texts(app)


def test_one_abstract_is_split_by_product_and_company(show, full_owner):
    shown = markup(show(full_owner, "abstracts", abstract="LBA1", window="all"))
    assert re.search(r'href="posts\?[^"]*abstract=LBA1&amp;product=', shown)
    assert re.search(r'href="posts\?[^"]*abstract=LBA1&amp;company=', shown)
