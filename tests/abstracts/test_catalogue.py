"""Catalogue files: what is read, and how each mistake is named."""

from datetime import datetime

import pytest

from pipelines.abstracts import read_catalogue, unknown_columns
from pipelines.errors import ConfigError

HEADER = "number,title,presenter,presenter_handle,session,session_type,starts_at,embargo_lift_at,doi,nct,trial,drugs,companies\n"


def _file(tmp_path, text, name="catalogue.csv"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_full_row_becomes_an_abstract_in_utc(tmp_path):
    row = (
        '1,"Title, long",Ann Lee,@annlee,Hall,Oral,2026-12-12T09:30:00-06:00,2026-11-05T09:00:00-05:00,'
        "https://doi.org/10.1182/blood-2026-1,NCT00000001;nct00000002,A-1;B-2,x;y,P\n"
    )
    (found,) = read_catalogue(_file(tmp_path, HEADER + row), "ash-2026")
    assert ("1", "Title, long", "annlee") == (found.number, found.title, found.presenter_handle)
    assert datetime(2026, 12, 12, 15, 30) == found.starts_at
    assert datetime(2026, 11, 5, 14) == found.embargo_lift_at
    assert ("10.1182/blood-2026-1", ("NCT00000001", "NCT00000002")) == (found.doi, found.nct)
    assert (("A-1", "B-2"), ("x", "y"), ("P",)) == (found.trial, found.drugs, found.companies)


def test_number_and_title_are_enough_and_other_columns_are_tolerated(tmp_path):
    path = _file(tmp_path, "Number,Title,year,colour,presentr\nLBA1,T,2026,red,\n,,,,\n")
    (found,) = read_catalogue(path, "x")
    assert ("LBA1", None, ()) == (found.number, found.presenter, found.trial)
    assert ("colour", 'presentr (did you mean "presenter"?)') == unknown_columns(path)


def test_json_is_read_as_a_list_or_under_abstracts(tmp_path):
    rows = '[{"number": "1", "title": "A", "nct": ["NCT00000001"]},\n {"number": 2, "title": "B", "starts_at": null}]'
    found = read_catalogue(_file(tmp_path, rows, "a.json"), "x")
    assert [("1", ("NCT00000001",)), ("2", ())] == [(each.number, each.nct) for each in found]
    assert found == read_catalogue(_file(tmp_path, f'{{"abstracts": {rows}}}', "b.json"), "x")


def test_every_bad_line_is_named_at_once(tmp_path):
    rows = (
        HEADER
        + "1,A,,,,,2026-12-12T09:30:00,,,,,,\n"
        + "1,B,,,,,,,,,,,\n"
        + ",C,,,,,,,,,,,\n"
        + "4,,,,,,soon,,blood,NCT1,,,\n"
        + "5,D,,,,,,,,,,,,,\n"
    )
    with pytest.raises(ConfigError) as caught:
        read_catalogue(_file(tmp_path, rows), "x")
    expected = [
        'catalogue.csv:2: starts_at: "2026-12-12T09:30:00" has no zone; add one, like 2026-12-12T09:30:00-06:00',
        'catalogue.csv:3: number: "1" stands in line 2 already',
        "catalogue.csv:4: number is missing",
        "catalogue.csv:5: 4: title is missing",
        'catalogue.csv:5: starts_at: "soon" is no time; write it as 2026-12-12T09:30:00-06:00',
        'catalogue.csv:5: nct: "NCT1" is no NCT number; it is NCT and eight digits',
        'catalogue.csv:5: doi: "blood" is no DOI; it starts with 10. and a slash follows',
        "catalogue.csv:6: more values than columns; put values with commas in double quotes",
    ]
    assert sorted(expected) == sorted(caught.value.mistakes)


def test_lines_are_counted_as_an_editor_does_when_a_title_spans_two(tmp_path):
    with pytest.raises(ConfigError, match=r"catalogue\.csv:4: number is missing"):
        read_catalogue(_file(tmp_path, 'number,title\n1,"two\nlines"\n,x\n'), "x")


@pytest.mark.parametrize(
    ("text", "name", "message"),
    [
        ("nr,title\n1,A\n", "c.csv", "c.csv:1: the header lacks number"),
        ("{", "c.json", "c.json:1: cannot be read as JSON"),
        ('{"a": 1}', "c.json", "c.json:1: a list of abstracts is wanted"),
        ("[1]", "c.json", "c.json:1: item 1 is no object"),
    ],
)
def test_a_file_of_another_kind_is_one_clear_mistake(tmp_path, text, name, message):
    with pytest.raises(ConfigError) as caught:
        read_catalogue(_file(tmp_path, text, name), "x")
    assert str(caught.value).startswith(message)


def test_a_missing_file_and_a_wrong_encoding_are_named(tmp_path):
    with pytest.raises(ConfigError, match="not found"):
        read_catalogue(tmp_path / "none.csv", "x")
    path = tmp_path / "latin.csv"
    path.write_bytes("number,title\n1,Größe\n".encode("latin-1"))
    with pytest.raises(ConfigError, match="not UTF-8"):
        read_catalogue(path, "x")
