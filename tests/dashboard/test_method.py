"""The page Method: every figure explained, measured error rates or the plain word that there are none."""

from __future__ import annotations

import json

import pytest

from dashboard.views import method
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.fake_pages import HOSTILE
from tests.dashboard.test_abstracts import texts
from tests.dashboard.test_app import markup


def test_the_shares_the_rank_and_the_limits_are_explained_also_before_the_first_post(show, tmp_path, monkeypatch):
    monkeypatch.setattr(method, "FIGURES", tmp_path / "absent.json")
    app = show(FakeOwner(posts=0), "method")
    assert not app.exception
    shown = markup(app)
    assert all(
        words in shown
        for words in ("HCP post share", "Followers do not count", "lower bound", "never ranked, listed or named")
    )
    assert "Not measured on this installation" in shown


def test_measured_figures_stand_with_their_date(show, tmp_path, monkeypatch, full_owner):
    file = tmp_path / "figures.json"
    file.write_text(
        json.dumps(
            {
                "date": "2026-11-22",
                "abstracts": {"precision": 0.973, "tier_1": {"posts": 1200}},
                "roles": {HOSTILE[0]: HOSTILE[1]},
            }
        )
    )
    monkeypatch.setattr(method, "FIGURES", file)
    app = show(full_owner, "method")
    assert not app.exception
    assert "2026-11-22" in markup(app)
    assert "Abstracts\nPrecision: 0.973\nTier 1, posts: 1,200" in texts(app)
    assert "Taking off\nNot measured" in texts(app)
    assert "<img" not in markup(app)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "\udcff"])
def test_a_file_that_cannot_be_read_is_no_measurement(tmp_path, content):
    file = tmp_path / "figures.json"
    file.write_bytes(content.encode("utf-8", "surrogatepass"))
    assert method.figures(file) is None


def test_without_a_collector_the_page_says_so(show):
    assert "No collector is answering yet" in markup(show(FakeOwner(posts=0, away=True), "method"))
