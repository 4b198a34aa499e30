"""The triage: what waits for a reviewer and what does not, on the development half of the labelled posts and by itself."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.desk.bench import Triage, read_half, read_products
from pipelines.desk.triage import assess
from pipelines.model import ProductMention

CASES = Path(__file__).with_name("cases")
ROWS = read_half(CASES, "development")
TRIAGE = Triage(read_products(CASES))


def named(text: str, product: str = "Ozempic") -> tuple[ProductMention, ...]:
    start = text.find(product)
    return (ProductMention("x", "1", "c", "product", product, "name", product, (start, start + len(product))),)


def queued(kind: str) -> list[bool]:
    return [TRIAGE.queued(row) == "individual" for row in ROWS if row["kind"] == kind]


def test_individual_cases_are_found():
    found = queued("individual_case")
    assert 0.95 <= sum(found) / len(found)


@pytest.mark.parametrize("kind", ["trial_result", "news_or_label", "joke_or_figurative", "other_product"])
def test_what_something_else_explains_hardly_waits(kind):
    found = queued(kind)
    assert 0.07 >= sum(found) / len(found)


def test_every_language_of_the_set_is_read():
    missed = {row["lang"] for row in ROWS if row["kind"] == "individual_case" and TRIAGE.queued(row) != "individual"}
    assert not missed - {"en"}


def test_a_post_without_a_product_is_never_assessed():
    assert assess("my mom cannot stop vomiting", ()) is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("my mom on Ozempic cannot stop vomiting", "individual"),
        ("62F, Ozempic week 3, pancreatitis, lipase 900", "individual"),
        ("found out I am pregnant, on Ozempic all along", "individual"),
        ("Ozempic did nothing for me in six months", "individual"),
        ("Ozempic vs placebo (n=1,204): vomiting 24% vs 6%", "trial"),
        ("Ozempic: no vomiting, no rash, my mom is thriving", None),
        ("FDA approves Ozempic for kidney disease", None),
    ],
)
def test_one_story_stays_apart_from_many(text, kind):
    found = assess(text, named(text), "other", "en")
    assert kind == (found.kind if found else None)


def test_each_element_points_at_its_own_words():
    text = "my mom on Ozempic cannot stop VOMITING 😭"
    found = assess(text, named(text), "other", "en")
    assert found is not None
    for element in found.elements:
        assert list(element.words) == [text[start:end] for start, end in element.spans] or element.name == "product"
    said = {each.name: each for each in found.elements}
    assert "VOMITING" in said["reaction"].words
    assert "my mom on" in said["patient"].words


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=400), st.sampled_from([None, "hcp", "other", "media"]), st.sampled_from([None, "en", "ja", "xx"])
)
def test_any_text_is_read_without_a_fault_and_spans_stay_inside(noise, role, lang):
    text = f"{noise} Ozempic vomiting {noise}"
    found = assess(text, named(text), role, lang)
    for element in found.elements if found else ():
        assert all(start == -1 or 0 <= start < end <= len(text) for start, end in element.spans)


def test_a_long_post_is_read_in_time():
    text = "Ozempic vomiting " + "1 of 12 pts 3% " * 6_000
    assert assess(text, named(text)) is not None
