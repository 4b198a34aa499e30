"""The wall: which page hangs, for how long, and nothing on it that nobody looked at before."""

from __future__ import annotations

import pytest

from dashboard.views import wall
from tests.dashboard.fake_owner import HOSTILE, FakeOwner
from tests.dashboard.test_app import markup


@pytest.mark.parametrize(
    ("expected", "asked"),
    [(45, ""), (60, "60"), (0, "0"), (3, "1"), (3600, "99999"), (45, "-5"), (45, "soon"), (45, "²"), (45, "123456")],
)
def test_the_address_says_how_long_a_page_stands(monkeypatch, expected, asked):
    monkeypatch.setattr(wall.st, "query_params", {"rotate": asked})
    assert expected == wall.seconds()


@pytest.mark.parametrize("page", ["abstracts", "voices"])
def test_a_page_of_the_wall_runs_clean_without_controls_or_links(show, full_owner, page):
    app = show(full_owner, page, wall="1", rotate="0")
    assert not app.exception
    assert not app.selectbox
    assert not app.text_input
    assert not app.button
    assert "<a " not in markup(app)


def test_the_wall_of_voices_says_rank_and_where_it_was(show, full_owner):
    app = show(full_owner, "voices", wall="1", rotate="0")
    assert "1" == app.text[0].value.split("\u2002")[0]
    assert 'class="moved up"' in markup(app)


def test_hostile_words_on_the_wall_stand_in_text_nodes(show):
    for page in ("abstracts", "voices"):
        app = show(FakeOwner(posts=800, hostile=True), page, wall="1", rotate="0")
        assert not app.exception
        for text in HOSTILE[:7]:
            assert text[:12] not in markup(app)
