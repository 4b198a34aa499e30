"""Catalogues (CSV, JSON, Crossref's records), the programme they tell, and the posts of ``congress link``."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import Any

import orjson

from pipelines.abstracts.catalogue import read_catalogue, unknown_columns
from pipelines.abstracts.crossref import JOURNALS, _abstract, _order, catalogue_csv
from pipelines.abstracts.links import Links
from pipelines.abstracts.posts_file import read_post
from pipelines.abstracts.schemes import shapes
from pipelines.errors import ConfigError, InputError
from pipelines.programme import sessions_of
from tests.fuzz.holding import recorded, said, weight
from tests.records import congress

TRACED = (
    "pipelines.abstracts.catalogue",
    "pipelines.abstracts.crossref",
    "pipelines.abstracts.posts_file",
    "pipelines.programme",
    "pipelines.abstracts.schemes",
)

_CSV = (
    b"number,title,presenter,presenter_handle,session,session_type,starts_at,embargo_lift_at,doi,nct,trial,drugs,companies\n"
    b'112,"A title, of two parts",Ann Lee,@ann,Plenary,oral,2026-12-12T09:30:00-06:00,2026-12-12T09:30:00Z,10.1182/blood-2026-1,NCT01234567,A-1;B-2,x,y\n'
)
_CONGRESS = congress()


def seeds() -> list[bytes]:
    own = [
        _CSV,
        b'[{"number":"LBA-1","title":"T","nct":["NCT01234567"],"starts_at":"2026-12-12T09:30:00-06:00"}]',
        b'{"abstracts":[{"number":3,"title":["a","b"]}]}',
        b'{"id":"1","text":"see #ASH26 112","created_at":"2026-12-12T09:30:00-06:00","urls":["https://a.org"],"author_handle":"@a"}',
        b'{"DOI":"10.1182/blood-2026-123","title":["<b>112</b> Title"],"author":[{"given":"A","family":"B","sequence":"first"}],'
        b'"clinical-trial-number":[{"clinical-trial-number":"nct01234567"}]}',
    ]
    return own + [path.read_bytes()[:3_000] for path in recorded("eval", "catalogs")]


def run(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given.csv"
        path.write_bytes(data)
        _catalogue(path, len(data))
    try:
        post, author, _ = read_post(1, data, _CONGRESS)
        assert weight((post, author)) <= 10 * len(data) + 200
    except InputError as error:
        said(error)
    _crossref(data)


def _catalogue(path: Path, given: int) -> None:
    try:
        found = read_catalogue(path, "ash-2026")
        unknown_columns(path)
    except ConfigError as error:
        said(error)
        return
    assert weight(found) <= 4 * given + 100
    sessions_of(found)
    shapes("ash", [each.number for each in found])
    again = path.with_name("again.csv")
    again.write_text(catalogue_csv(found), encoding="utf-8")
    assert [each.number for each in found] == [each.number for each in read_catalogue(again, "ash-2026")]
    list(Links(2026, found, lambda _: None, str).named(" ".join(filter(None, (each.doi for each in found))), ()))


def _crossref(data: bytes) -> None:
    try:
        work: Any = orjson.loads(data)
    except ValueError:
        return
    for journal in (JOURNALS["ash"], JOURNALS["esmo"], JOURNALS["asco"]):
        pattern = re.compile(journal.doi.replace("{yy}", "26").replace("{y}", "2026"), re.IGNORECASE)
        found = _abstract(work, "ash-2026", journal, pattern) if isinstance(work, dict) else None
        if found:
            _order(found.number)
