"""The triage: what waits for a reviewer and what does not, on the labelled posts it was built on and by itself."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.desk.bench import DEVELOPMENT, Triage, read_half, read_products
from pipelines.desk.lexicon import LONGEST
from pipelines.desk.triage import Assessment, assess
from pipelines.model import ProductMention

CASES = Path(__file__).with_name("cases")
ROWS = read_half(CASES, DEVELOPMENT)
TRIAGE = Triage(read_products(CASES))


def named(text: str, product: str = "Ozempic") -> tuple[ProductMention, ...]:
    start = text.find(product)
    return (ProductMention("x", "1", "c", "product", product, "name", product, (start, start + len(product))),)


def queued(kind: str) -> list[bool]:
    return [TRIAGE.queued(row) == "individual" for row in ROWS if row["kind"] == kind]


def test_individual_cases_are_found():
    found = queued("individual_case")
    assert 0.98 <= sum(found) / len(found)


@pytest.mark.parametrize(
    ("kind", "most"),
    [
        ("trial_result", 0.03),
        ("news_or_label", 0.1),
        ("other_product", 0.0),
        ("joke_or_figurative", 0.3),
        ("general_question", 0.15),
        ("no_reaction", 0.3),
    ],
)
def test_what_something_else_explains_waits_seldom(kind, most):
    found = queued(kind)
    assert most >= sum(found) / len(found)


@pytest.mark.parametrize("lang", ["de", "en", "es", "fr", "it", "ja", "nl", "pt", "zh"])
def test_every_language_of_the_set_is_read(lang):
    found = [
        TRIAGE.queued(row) == "individual" for row in ROWS if (row["kind"], row["lang"]) == ("individual_case", lang)
    ]
    assert 0.9 <= sum(found) / len(found)


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


def taken_over(text: str) -> Assessment | None:
    """What a post tells that names no product itself and answers one that does."""
    inherited = ProductMention("x", "2", "c", "product", "Ozempic", "inherited", "Ozempic", (-1, -1), "1")
    return assess(text, (inherited,), "other", "en")


@pytest.mark.parametrize(
    "text", ["Exactly what I wanted to ask", "Thanks for sharing! My patient asked about this", "Same here, row 12"]
)
def test_an_answer_without_a_reaction_of_its_own_does_not_wait(text):
    assert taken_over(text) is None


@pytest.mark.parametrize(
    "text", ["Same here, cannot stop vomiting", "my mum broke out in hives on it", "mine did nothing at all"]
)
def test_an_answer_that_tells_of_somebody_and_a_reaction_waits(text):
    found = taken_over(text)
    assert found is not None
    assert "individual" == found.kind


def test_a_reposted_copy_is_read_as_the_post_itself():
    inherited = ProductMention("x", "2", "c", "product", "Ozempic", "inherited", "Ozempic", (-1, -1), "1")
    text = "my mum has been in bed since her Ozempic shot"
    found = assess(text, (inherited,), None, "en", is_copy=True)
    assert assess(text, (inherited,), None, "en") is None
    assert found is not None
    assert "individual" == found.kind


def test_the_rules_that_counted_are_kept_with_their_points():
    text = "my mum on Ozempic cannot stop vomiting"
    found = assess(text, named(text), "other", "en")
    assert found is not None
    assert "somebody is told of +4" in found.rules


@settings(max_examples=60, deadline=None)
@given(
    st.text(max_size=400), st.sampled_from([None, "hcp", "other", "media"]), st.sampled_from([None, "en", "ja", "xx"])
)
def test_any_text_is_read_without_a_fault_and_spans_stay_inside(noise, role, lang):
    text = f"{noise} Ozempic vomiting {noise}"
    found = assess(text, named(text), role, lang)
    for element in found.elements if found else ():
        assert all(start == -1 or 0 <= start < end <= len(text) for start, end in element.spans)


@pytest.mark.parametrize("words", ["1 of 12 pts 3% ", "feet numb ", "vomiting 3% ", "一", "1,"])
def test_a_long_post_is_read_in_time(words):
    text = "Ozempic vomiting " + words * (LONGEST // len(words)) + "日"
    started = time.process_time()
    assess(text, named(text))
    assert 2.0 > time.process_time() - started
