"""The posts written blind (blind/README.md) stay as well read as the mechanisms made from them allow."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import orjson
import pytest

from pipelines.abstracts import Linker, link_posts, read_catalogue
from pipelines.abstracts.bench import congress_of
from tests.shared import shared_data

_WHEN = {"asco": "05-30T17:00", "ash": "12-13T20:40", "eha": "06-12T08:00", "esmo": "10-25T19:30",
         "sabcs": "12-10T21:00", "ada": "06-06T22:00", "esc": "08-30T20:00", "aacr": "04-20T17:00"}  # fmt: skip


@cache
def _linker(society: str) -> Linker:
    slug = f"{society}-2026"
    return Linker(congress_of(slug), read_catalogue(shared_data("eval", "catalogs", f"{slug}.csv"), slug))


@pytest.mark.parametrize("name", ["set_1", "set_2", "set_3"])
def test_the_blind_posts_are_read(name):
    right = wrong = missed = 0
    for line in (Path(__file__).parent / "blind" / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        society, numbers, _, options, text = line.split(";", 4)
        more = dict(option.split("=", 1) for option in options.split("~") if option)
        posted = {
            "id": "1",
            "text": text.replace("⏎", "\n"),
            "congress": f"{society}-2026",
            "urls": [more["u"]] if "u" in more else [],
        }
        posted["created_at"] = more.get("at", f"2026-{_WHEN[society]}:00Z")
        linker = _linker(society)
        (answer,) = link_posts([orjson.dumps(posted)], linker, linker.congress)
        wanted, found = set(filter(None, numbers.split(","))), {each["number"] for each in answer["abstracts"]}
        right, wrong, missed = right + len(wanted & found), wrong + len(found - wanted), missed + len(wanted - found)
    assert 0.97 <= 2 * right / (2 * right + wrong + missed)
