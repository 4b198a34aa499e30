"""Turns that take a reaction's words back, one by one and in what then waits."""

from __future__ import annotations

import pytest

from pipelines.desk.signs import signs_of
from pipelines.desk.triage import assess
from pipelines.model import ProductMention

PRODUCT = "Ozempic"


def kind_of(text: str, role: str | None = "other", lang: str = "en") -> str | None:
    start = text.index(PRODUCT)
    name = ProductMention("x", "1", "c", "product", PRODUCT, "name", PRODUCT, (start, start + len(PRODUCT)))
    found = assess(text, (name,), role, lang)
    return found.kind if found else None


def places(text: str, kind: str, lang: str = "en") -> list[str]:
    start = text.index(PRODUCT)
    signs = signs_of(text, [(start, start + len(PRODUCT))], lang, 1.0)
    return [signs.read[first:last] for first, last in signs.spans(kind)]


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Before Ozempic I threw up every day in the dark. Now I hike", "en"),
        ("my back pain was there long before Ozempic. Now I hike", "en"),
        ("i dolori alle ossa li avevo già prima, con Ozempic cammino", "it"),
        ("De hoofdpijn had ik daarvóór, met Ozempic wandel ik", "nl"),
    ],
)
def test_what_was_there_before_the_medicine_does_not_wait(text, lang):
    assert places(text, "earlier", lang)
    assert "individual" != kind_of(text, lang=lang)


@pytest.mark.parametrize(
    "text",
    [
        "I never had vomiting before Ozempic, now my mum drives me to the ER",
        "my mum was fine before Ozempic, now she cannot stop vomiting",
        "Before Ozempic my mum had headaches. Since week 2 she cannot stop vomiting",
    ],
)
def test_what_came_with_the_medicine_waits_whatever_was_before(text):
    assert "individual" == kind_of(text)


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("my dad, 71, a year of Ozempic, zero side effects. He planted tomatoes", "en"),
        ("Mi padre lleva un año con Ozempic, sin efectos secundarios, ayer plantó tomates", "es"),
        ("the woman next to me is 91 and on Ozempic for eight years, knits in the queue", "en"),
    ],
)
def test_somebody_who_does_well_does_not_wait(text, lang):
    assert kind_of(text, lang=lang) is None


def test_reactions_with_how_many_had_them_are_counted():
    text = "Ozempic, our first 41: vomiting in 33, pancreatitis in 6, gallstones in 3"
    assert 3 == len(places(text, "tally"))
    assert "trial" == kind_of(text, "hcp")


@pytest.mark.parametrize(
    "text",
    [
        "Ozempic: pancreatitis, lipase 900, CRP 240",
        "Ozempic: vomiting for 3 days, then hives 2 weeks later",
        "Ozempic: vomiting in 1 of mine",
    ],
)
def test_values_courses_and_single_numbers_are_no_counts(text):
    assert [] == places(text, "tally")


def test_a_patient_who_is_everybody_is_nobody():
    assert [] == places("every patient who took Ozempic", "someone")
    assert places("a patient who took Ozempic", "someone")


@pytest.mark.parametrize("text", ["Ozempic: vomiting? None.", "Ozempic, mai un'infezione", "Ozempic, vomiting ZERO"])
def test_denials_after_and_before_the_word(text):
    lang = "it" if "mai" in text else "en"
    assert places(text, "denied", lang)
    assert [] == places(text, "reaction", lang)
