"""Links, trials, titles and presenters; what is handed on; and what holds for any text."""

from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.abstracts import Linker, inherited
from pipelines.abstracts.bench import congress_of
from pipelines.model import AbstractMention, Post
from tests.abstracts.rooms import NOON, author, linker, numbers, post, read


@pytest.mark.parametrize(
    ("slug", "link", "expected"),
    [
        ("asco-2026", "https://doi.org/10.1200/JCO.2026.44.16_suppl.5503", {"5503"}),
        ("asco-2026", "https://ascopubs.org/doi/abs/10.1200/JCO.2026.44.16_suppl.e12345?role=tab", {"e12345"}),
        ("asco-2026", "https://doi.org/10.1200/JCO.2025.43.16_suppl.5503", set()),
        ("sabcs-2026", "https://doi.org/10.1158/1557-3265.SABCS26-GS3-12", {"GS3-12"}),
        (
            "aacr-2026",
            "https://aacrjournals.org/cancerres/article/86/7_Supplement/3872/7/Abstract-3872-Senolytic",
            {"3872"},
        ),
        ("ada-2026", "https://diabetesjournals.org/diabetes/article/75/Supplement_1/729-P/1/Continuous", {"729-P"}),
        ("aacr-2026", "https://doi.org/10.1158%2F1538-7445.AM2026-CT204", {"CT204"}),
        ("asco-2026", "https://clinicaltrials.gov/study/NCT09000001", {"9012"}),
        ("asco-2026", "https://meetings.asco.org/abstracts-presentations/5503", set()),
        ("asco-2026", "https://jamanetwork.com/article-abstract/5503", set()),
        ("asco-2026", "http://[broken", set()),
    ],
)
def test_a_link_names_its_abstract(slug, link, expected):
    assert expected == numbers("worth a read", slug, links=(link,))


def test_a_doi_in_the_text_counts_and_other_congresses_tags_do_not_hide_it():
    text = "see 10.1200/jco.2026.44.16_suppl.9012, #ESMO26"
    (found,) = linker("asco-2026").mentions(Post("x", "1", "1", "a", text, NOON, NOON, hashtags=("esmo26",)))
    assert ("9012", 1, "doi") == (found.number, found.tier, found.rule)
    assert "10.1200/jco.2026.44.16_suppl.9012" == text[slice(*found.span)]


def test_an_nct_of_several_abstracts_names_all_that_the_text_does_not_rule_out():
    assert {"522", "523"} == numbers("results of NCT09000002")
    assert {"523"} == numbers("NCT09000002: toxicity by body mass index, obese patients did fine")


def test_without_a_catalogue_a_doi_that_carries_a_number_counts():
    assert {"GS1-07"} == numbers("out now", "sabcs-2025", links=("https://doi.org/10.1158/1557-3265.sabcs25-gs1-07",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("KEYNOTE-522 at nine years: pembro in early TNBC, survival holds", {"522"}),
        ("KN522, nine years, triple negative. Pembro stays.", {"522"}),
        ("kn-522 toxicity by BMI: heavier patients did not fare worse on pembrolizumab", {"523"}),
        ("ORCHID 3: relacorilant prolongs OS in platinum-resistant ovarian cancer", {"LBA5502"}),
        ("REVIVED: atorvastatin rescues hearts after anthracyclines", {"1040"}),
    ],
)
def test_a_trial_with_its_drug_or_tumour_names_its_abstract(text, expected):
    assert expected == numbers(text)
    assert {2} == {mention.tier for mention in read(text)}


@pytest.mark.parametrize(
    "text",
    [
        "Coffee revived me, my heart too",
        "KEYNOTE-522 changed breast cancer years ago and we still cannot get pembro",
        "ever since KEYNOTE-522 every tumour board says pembro",
        "KEYNOTE-189 changed lung cancer",
        "the orchid in the lobby needs water",
        "LETTER-22 is not our trial",
    ],
)
def test_a_trial_as_history_or_as_a_word_names_none(text):
    assert set() == numbers(text)


@pytest.mark.parametrize(
    ("slug", "text", "expected"),
    [
        (
            "asco-2026",
            "Couriers on bikes bring chemo pills home in Utrecht: cheaper, and people keep taking them",
            {"e12345"},
        ),
        ("sabcs-2026", "Vans with mammography machines crossing Bolivia. Beautiful.", {"PS3-05-14"}),
        ("ada-2026", "Truck drivers with glucose sensors, who knew", {"729-P"}),
        ("ash-2026", "Playing chess against brain fog after a transplant", {"1257"}),
        ("ash-2026", "Where is the chess club? I am bored", set()),
        ("ada-2026", "insulin, insulin, insulin", set()),
    ],
)
def test_a_paraphrased_title_names_its_abstract_only_when_it_is_clear(slug, text, expected):
    assert expected == numbers(text, slug)


ON_STAGE, LATER = datetime(2026, 12, 13, 16, 10), datetime(2026, 12, 14, 9)


def test_a_presenter_counts_while_on_stage():
    assert {"642"} == numbers("Okonkwo-Lindgren on stage now, brilliant", "ash-2026", at=ON_STAGE)
    assert set() == numbers("Coffee with Okonkwo-Lindgren", "ash-2026", at=LATER)


def test_the_presenter_who_writes_of_her_own_talk_counts():
    mine = post("My talk is done, thank you all", "ash-2026", at=ON_STAGE)
    assert ["642"] == [found.number for found in linker("ash-2026").mentions(mine, author("Ruth_OL"))]
    assert () == linker("ash-2026").mentions(mine, author("somebody"))


def test_tiers_stand_side_by_side():
    found = read("KEYNOTE-522, abstract 522")
    assert [(1, "number_cue"), (2, "trial")] == [(each.tier, each.rule) for each in found if each.number == "522"]


def _mention(number: str, tier: int) -> AbstractMention:
    return AbstractMention("x", "parent", "asco-2026", number, tier, "structured", "w", (0, 1), 0.8)


def _answer(**ids: str) -> Post:
    return Post("x", "child", "1", "a", "this!", NOON, NOON, **ids)  # ty: ignore


def test_a_reply_takes_over_what_it_answers_and_says_from_where():
    (found,) = inherited(_answer(reply_to_id="parent"), {"parent": [_mention("5500", 1)]})
    assert ("child", "5500", 1, "inherited", "parent") == (
        found.post_id, found.number, found.tier, found.rule, found.inherited_from,
    )  # fmt: skip
    assert found.score < 0.8


def test_a_guess_is_handed_on_by_a_repost_only():
    parents = {"parent": [_mention("5500", 3)]}
    assert () == inherited(_answer(quoted_id="parent"), parents)
    assert 1 == len(inherited(_answer(repost_of_id="parent"), parents))


def test_a_post_that_answers_nothing_inherits_nothing():
    assert () == inherited(_answer(), {"parent": [_mention("5500", 1)]})


_HOSTILE = st.text() | st.lists(
    st.sampled_from(
        ["Abstract", "LBA5502", "5500", "-", "–", "→", "GS1-01", ",", "/", "#", "…", "\u202e", "\u200b", "ＬＢＡ", "👩‍⚕️", "KN522", "\n",
         "10.1200/jco.2026.44.16_suppl.", "NCT09000001", "https://[", "(", "not", "and", "to", "\x00", "é", "̈"]
    )
).map(" ".join)  # fmt: skip


@given(_HOSTILE, st.sampled_from(["asco-2026", "sabcs-2026", "eha-2026", "demo-2026", "esmo-2025"]))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_without_error_and_evidence_is_what_stands_at_its_span(text, slug):
    for found in read(text, slug):
        if found.span != (-1, -1):
            assert found.evidence == text[slice(*found.span)][:200]
        assert 0 < found.score <= 1


def test_a_hundred_kilobytes_are_read_in_time():
    for text in ("abstract 5500, " * 7_000, "5500 " * 20_000, "https://" * 12_000, "@" * 100_000, "a.b" * 33_000):
        assert isinstance(read(text), tuple)


def test_reading_twice_gives_the_same():
    text = "5500, 5501 & LBA5502 and KEYNOTE-522"
    assert read(text) == Linker(congress_of("asco-2026"), linker("asco-2026").catalogue).mentions(post(text))
