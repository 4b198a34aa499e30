"""The labelled posts for the triage are sound: whatever is measured on them rests on that."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.congresses import Product
from pipelines.products import ProductReader
from tests.records import congress, post

CASES = Path(__file__).with_name("cases")
LABELS = {
    "platform": {"x", "bluesky", "linkedin"},
    "lang": {"en", "de", "es", "fr", "it", "ja", "nl", "pt", "zh"},
    "author_role": {"hcp", "patient_advocate", "media", "industry", "other", "unknown"},
    "kind": {
        "individual_case",
        "trial_result",
        "news_or_label",
        "general_question",
        "joke_or_figurative",
        "other_product",
        "no_reaction",
    },
}
REQUIRED = {"id", "text", "tracked", "elements", "reaction_words", "product_words", *LABELS}
ELEMENTS = {"patient", "reporter", "product", "reaction"}


def read_half(name: str) -> list[dict[str, Any]]:
    path = CASES / f"{name}.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


DEVELOPMENT, HELDOUT = read_half("development"), read_half("heldout")
EVERY = DEVELOPMENT + HELDOUT


def products() -> list[Product]:
    listed = yaml.safe_load((CASES / "products.yaml").read_text("utf-8"))["products"]
    return [Product.model_validate(one) for one in listed]


def strange_labels(case: dict[str, Any]) -> list[str]:
    """The keys of a case that are missing, unknown or hold a value that is no label."""
    strange = set(case.keys() - {"special", "note"}) ^ REQUIRED
    strange |= {key for key, allowed in LABELS.items() if case.get(key) not in allowed}
    elements = case.get("elements", {})
    if elements.keys() != ELEMENTS or {bool} != {type(value) for value in elements.values()}:
        strange.add("elements")
    if case.get("special", True) is not True:
        strange.add("special")
    return sorted(strange)


def test_there_are_enough_cases_to_measure_on():
    kinds = Counter(case["kind"] for case in EVERY)
    assert sum(kinds.values()) >= 700
    assert kinds["individual_case"] >= 250
    assert kinds["trial_result"] >= 170


def test_no_id_and_no_text_stands_twice():
    for key in ("id", "text"):
        seen = Counter(case[key].casefold() for case in EVERY)
        assert [] == [one for one, times in seen.items() if times > 1]


@pytest.mark.parametrize("key", ["kind", "lang"])
def test_what_is_measured_on_holds_every_kind_and_language_that_was_built_on(key):
    assert HELDOUT == [] or {case[key] for case in DEVELOPMENT} == {case[key] for case in HELDOUT}


def test_no_product_name_leads_to_two_products():
    names = [name.casefold() for product in products() for name in (product.name, *product.aliases)]
    assert sorted(set(names)) == sorted(names)


def test_a_case_has_all_its_labels_and_only_known_ones():
    assert {} == {case["id"]: strange for case in EVERY if (strange := strange_labels(case))}


def test_the_words_pointed_at_stand_in_the_text():
    for case in EVERY:
        words = case["reaction_words"] + case["product_words"]
        assert [] == [word for word in words if not word or word not in case["text"]], case["id"]


def test_tracked_products_are_listed_ones_and_pointed_at():
    listed = {product.name for product in products()}
    for case in EVERY:
        assert set() == set(case["tracked"]) - listed, case["id"]
        assert bool(case["tracked"]) == case["elements"]["product"], case["id"]
        assert len(case["product_words"]) >= len(case["tracked"]), case["id"]


def test_every_tracked_product_that_a_text_names_is_labelled():
    reader = ProductReader(congress(products=tuple(products())))
    for case in EVERY:
        named = {each.name for each in reader.mentions(post(case["id"], text=case["text"])) if each.kind == "product"}
        assert set() == named - set(case["tracked"]), case["id"]


def test_an_individual_case_has_a_product_and_a_reaction_or_is_special():
    for case in EVERY:
        elements, special = case["elements"], case.get("special", False)
        if case["kind"] == "individual_case":
            assert elements["product"], case["id"]
            assert elements["reaction"] or special, case["id"]
            assert case["reaction_words"], case["id"]
        else:
            assert not special, case["id"]


def test_only_a_case_of_another_product_or_a_joke_may_lack_a_tracked_product():
    for case in EVERY:
        if case["kind"] == "other_product":
            assert not case["tracked"], case["id"]
        elif case["kind"] != "joke_or_figurative":
            assert case["tracked"], case["id"]


def test_a_reaction_is_pointed_at_and_agrees_with_the_kind():
    for case in EVERY:
        if case["elements"]["reaction"]:
            assert case["reaction_words"], case["id"]
            assert case["kind"] not in {"joke_or_figurative", "no_reaction"}, case["id"]
        else:
            assert case["kind"] != "other_product", case["id"]


def test_studies_and_news_have_no_reporter_and_questions_no_patient():
    for case in EVERY:
        if case["kind"] in {"trial_result", "news_or_label"}:
            assert not case["elements"]["reporter"], case["id"]
        if case["kind"] == "general_question":
            assert not case["elements"]["patient"], case["id"]


def test_a_text_is_as_long_as_its_platform_allows():
    longest = {"x": 280, "bluesky": 300, "linkedin": 3000}
    assert [] == [case["id"] for case in EVERY if len(case["text"]) > longest[case["platform"]]]
