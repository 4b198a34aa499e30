"""How often pages look: by how many watch, and those who left do not count."""

from __future__ import annotations

import pytest

from dashboard import pace


@pytest.mark.parametrize(
    ("expected", "watching"), [(0.25, 1), (0.25, 2), (0.4, 3), (0.4, 5), (1.0, 6), (1.5, 25), (2.0, 50), (2.0, 400)]
)
def test_the_more_watch_the_rarer_each_looks(expected, watching):
    assert expected == pace.seconds(watching)


def test_the_looks_of_all_viewers_together_stay_within_what_two_cores_draw():
    assert max(watching / pace.seconds(watching) for watching in range(1, 51)) <= 25


def test_a_viewer_who_left_is_forgotten(monkeypatch):
    monkeypatch.setattr(pace, "_seen", {"gone": 100.0, "here": 109.0})
    assert 1 == pace.watching(110.0)
    assert ["here"] == list(pace._seen)
