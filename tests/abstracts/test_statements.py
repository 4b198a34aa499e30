"""A study told in plain words, a trial told as news, and the numbers of lists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from functools import cache

import pytest

from pipelines.abstracts import Linker
from pipelines.abstracts.bench import congress_of
from pipelines.model import Abstract
from tests.abstracts import rooms
from tests.abstracts.rooms import post

_ROWS = [
    ("5", "Quexovimab versus placebo in immune thrombocytopenia: primary results of the double-blind phase 3 ZELTARIS-1 trial", "ZELTARIS-1"),
    ("6", "Quexovimab in immune thrombocytopenia: phase 2 results from ZELTARIS-2", "ZELTARIS-2"),
    ("7", "Quexovimab in haemophilia A: phase 2 results from ZELTARIS-3", "ZELTARIS-3"),
    ("8", "Quexovimab in myelofibrosis: phase 2 results from ZELTARIS-4", "ZELTARIS-4"),
    ("9", "Quexovimab in myelofibrosis: phase 2 results from ZELTARIS-5", "ZELTARIS-5"),
    ("118", "Bortuclax (BCL2 x CD3 bispecific antibody) in mantle cell lymphoma: first results", None),
]  # fmt: skip


@cache
def linker() -> Linker:
    rows = [
        Abstract("asco-2026", number, title, trial=(trial,) if trial else (), drugs=(title.split()[0].lower(),), session_type="oral")
        for number, title, trial in _ROWS
    ]  # fmt: skip
    return Linker(congress_of("asco-2026"), rows)


def found(text: str) -> dict[str, int]:
    return {each.number: each.tier for each in linker().mentions(post(text, at=datetime(2026, 6, 1)))}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Lovely work on quexovimab against placebo in ITP. 44% responded", {"5": 3}),
        ("Somebody finally looked at the phase 2 of quexovimab in ITP", {"6": 3}),
        ("Interesting data on the phase 2 of quexovimab in haemophilia", {"7": 3}),
        ("Great talk on the phase 2 of quexovimab in myelofibrosis. 44% responded", {}),  # two rows fit equally
        ("BCL2 x CD3 bispecific antibody fatigue is real", {}),
        ("quexovimab is everywhere this year", {}),
    ],
)
def test_drug_disease_and_design_name_the_one_study_that_fits_them(text, expected):
    assert expected == found(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ZELTARIS-3 update with 24.0 months of follow-up", {"7": 2}),
        ("Been waiting for ZELTARIS-3 since the design paper. ORR 31%", {"7": 2}),
        ("The ZELTARIS-3 curves are on screen now", {"7": 2}),
        ("Ever since ZELTARIS-3 nobody asks", {}),
    ],
)
def test_a_trial_told_as_news_names_its_abstract_and_as_history_none(text, expected):
    assert expected == found(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("If you only have ten minutes: Abstracts 5 + 8.", {"5", "8"}),
        ("oral 7 is the one today", {"7"}),
        ("read Abs. 9 tonight", {"9"}),
        ("oral 7 mg tablets", set()),
        ("36 Abs, 9 worked", set()),
        ("talk 7 was long", set()),
    ],
)
def test_a_short_number_counts_with_a_cue_that_fits(text, expected):
    assert expected == set(found(text))


def test_a_repost_is_not_its_reposters_own_talk():
    on_stage = datetime(2026, 12, 13, 16, 10)
    mine = post("My talk is done, thank you all", "ash-2026", at=on_stage)
    ash = rooms.linker("ash-2026")
    assert ["642"] == [each.number for each in ash.mentions(mine, rooms.author("Ruth_OL"))]
    assert () == ash.mentions(replace(mine, repost_of_id="9"), rooms.author("Ruth_OL"))
