"""congresses.yaml: every mistake at once, each with its line and the nearest right word."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from pipelines.congresses import choose, load
from pipelines.errors import ConfigError
from tests.records import YAML as GOOD
from tests.records import congress

PROJECT = Path(__file__).parents[1] / "congresses.yaml"


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "congresses.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def mistakes(tmp_path: Path, text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(written(tmp_path, text))
    return caught.value.mistakes


def test_the_projects_own_file_has_no_mistake_and_the_next_congresses_come_first():
    assert ["sabcs-2026", "ash-2026"] == list(load(PROJECT))[:2]


def test_both_spellings_of_the_year_are_followed(tmp_path):
    assert ("ash26", "ash2026") == load(written(tmp_path, GOOD))["ash-2026"].hashtags


def test_following_starts_and_ends_at_local_midnight(tmp_path):
    ash = load(written(tmp_path, GOOD))["ash-2026"]
    assert datetime(2026, 12, 5, 6) == ash.follow_from  # 00:00 in New Orleans is 06:00 UTC
    assert datetime(2026, 12, 23, 6) == ash.follow_until


def test_a_misspelt_key_is_named_with_its_line_and_the_nearest_right_word(tmp_path):
    found = mistakes(tmp_path, GOOD.replace("hashtags", "hastags"))
    assert 'congresses.yaml:9: ash-2026: unknown key "hastags" (did you mean "hashtags"?)' in found


def test_every_mistake_is_reported_at_once(tmp_path):
    text = GOOD.replace("Chicago", "Chicgo").replace("2026-12-15", "2026-12-32") + "    numbering: asch\n"
    assert (
        'congresses.yaml:6: ash-2026: timezone: unknown time zone "America/Chicgo" (did you mean "America/Chicago"?)',
        'congresses.yaml:8: ash-2026: ends_on: "2026-12-32" is no date; write it as 2026-12-12',
        'congresses.yaml:10: ash-2026: numbering: unknown scheme "asch" (did you mean "ash"?)',
    ) == mistakes(tmp_path, text)


@pytest.mark.parametrize(
    ("line", "wrong", "said"),
    [
        ("hashtags: [ASH26]", "hashtags: #ASH26", 'nothing stands there (a "#" starts a comment in YAML)'),
        ("hashtags: [ASH26]", "hashtags: [two words]", '"two words" is no hashtag'),
        ("ends_on: 2026-12-15", "ends_on: 2026-12-01", "ends_on 2026-12-01 is before starts_on 2026-12-12"),
        ("city: New Orleans", "city: New Orleans\n    city: Paris", '"city" stands twice'),
        ("city: New Orleans", "catalog: nowhere.csv\n    city: New Orleans", "catalog nowhere.csv is not there"),
        ("city: New Orleans", "accounts: {x: ['https://x.com/ASH']}\n    city: X", "is no account"),
        ("city: New Orleans", "products: [{nam: a}]\n    city: X", 'unknown key "nam" (did you mean "name"?)'),
    ],
)
def test_a_wrong_value_is_one_clear_line(tmp_path, line, wrong, said):
    found = mistakes(tmp_path, GOOD.replace(line, wrong))
    assert any(said in each for each in found), found


def test_a_file_that_is_no_yaml_names_its_line(tmp_path):
    (found,) = mistakes(tmp_path, "congresses:\n  a: [\n")
    assert found.startswith("congresses.yaml:3: cannot be read as YAML: ")


def test_a_file_that_is_not_there_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match="not found; name your file with --config"):
        load(tmp_path / "nothing.yaml")


def test_without_an_id_the_running_congresses_are_chosen_else_the_next():
    both = {"a": congress(id="a"), "b": congress(id="b", starts_on="2026-12-14", ends_on="2026-12-16")}
    later = {"c": congress(id="c", starts_on=date(2027, 5, 1), ends_on=date(2027, 5, 3))}
    assert ["a", "b"] == [each.id for each in choose({**both, **later}, [], datetime(2026, 12, 13))]
    assert ["c"] == [each.id for each in choose({**both, **later}, [], datetime(2027, 2, 1))]


def test_an_unknown_id_names_the_nearest():
    with pytest.raises(ConfigError, match=r'unknown congress "ash-2062" \(did you mean "ash-2026"\?\)'):
        choose({"ash-2026": congress()}, ["ash-2062"], datetime(2026, 1, 1))
