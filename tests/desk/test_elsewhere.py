"""What is unwanted but belongs elsewhere: feared, taken for, another cause, better, only asked; and what still waits."""

from __future__ import annotations

import pytest

from pipelines.desk.elsewhere import rose
from pipelines.desk.triage import assess
from pipelines.model import ProductMention


def kind_of(text: str, role: str = "other") -> str | None:
    """What becomes of a post that names Ozempic."""
    start = text.index("Ozempic")
    mention = ProductMention("x", "1", "c", "product", "Ozempic", "name", "Ozempic", (start, start + 7))
    found = assess(text, (mention,), role, "en")
    return found.kind if found else None


def rules_of(text: str) -> str:
    """The rules that counted, in one string."""
    start = text.index("Ozempic")
    mention = ProductMention("x", "1", "c", "product", "Ozempic", "name", "Ozempic", (start, start + 7))
    found = assess(text, (mention,), "other", "en")
    return " ".join(found.rules) if found else ""


@pytest.mark.parametrize(
    "text",
    [
        "Does Ozempic cause pancreatitis in anyone?",
        "Any evidence that Ozempic raises the risk of blindness? What do you tell people?",
        "Starting Ozempic on Monday and scared of the vomiting",
        "the nausea on Ozempic turned out to be a gas leak in the kitchen",
        "on Ozempic for two years and my knees don't hurt",
        "my bank account has a severe allergic reaction to Ozempic",
        "mum's CT clean, Ozempic goes on, party tonight",
        "clinic on Ozempic, in numbers: 412 referred, 287 started, of the 56 who stopped 22 gave nausea as the reason",
    ],
)
def test_what_belongs_elsewhere_does_not_wait(text):
    assert "individual" != kind_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "the cough on Ozempic turned out to be pneumonitis, my mum is in hospital",
        "was scared of the vomiting. Ozempic week 2 and I cannot stop vomiting",
        "Is it normal that my feet swell on Ozempic?",
        "my EF fell on Ozempic, 55 → 30",
        "off Ozempic for pancreatitis, my wife is still in hospital",
        "Ozempic = 11 days no poop. Eleven.",
        "cannot stop bleeding, my husband, on Ozempic",
        "can't look at chicken without vomiting, Ozempic week 3",
        "Ozempic Tuesday, pancreatitis Thursday, ICU Saturday",
    ],
)
def test_what_happened_to_somebody_waits_all_the_same(text):
    assert "individual" == kind_of(text)


def test_an_account_that_no_list_knows_waits():
    text = "three weeks of Ozempic and yesterday the ceiling came to visit me"
    assert "individual" == kind_of(text)
    assert "own account, nothing explains it" in rules_of(text)


def test_only_a_value_that_rises_is_better():
    assert [(0, 9)] == list(rose("ef 22->48"))
    assert [] == list(rose("ef 55->30"))
