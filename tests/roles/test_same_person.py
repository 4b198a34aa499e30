import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.roles.same_person import declarations, declared_accounts
from tests.roles.people import author


@pytest.mark.parametrize(
    ("bio", "expected"),
    [
        ("also @jdoe.bsky.social", ("bluesky", "jdoe.bsky.social")),
        ("Oncologist. bsky: JDoe.bsky.social", ("bluesky", "jdoe.bsky.social")),
        ("find me at jdoe.com on Bluesky", ("bluesky", "jdoe.com")),
        ("Now on 🦋 @jane.eurosky.social", ("bluesky", "jane.eurosky.social")),
        ("https://bsky.app/profile/jane.example.org", ("bluesky", "jane.example.org")),
    ],
)
def test_an_x_profile_declares_its_bluesky_account(bio, expected):
    assert (expected,) == declared_accounts(author(bio, platform="x"))


@pytest.mark.parametrize(
    "bio", ["X: @JDoe_md", "Twitter/X: JDoe_md", "@JDoe_md on X", "https://x.com/JDoe_md | mine", "𝕏 @JDoe_md"]
)
def test_a_bluesky_profile_declares_its_x_account(bio):
    assert (("x", "JDoe_md"),) == declared_accounts(author(bio, platform="bluesky"))


@pytest.mark.parametrize(
    "bio",
    [
        "Oncologist @MDAndersonNews",
        "Wife of @bob.bsky.social",
        "Part of @heme.bsky.social",
        "Host of @onc_pod on X",
        "NOT @jdoe on X",
        "left Twitter",
        "X-ray: bones",
        "Twitter is dead",
        "jdoe@bsky.social",
        "twitter.com/jdoe/status/12",
        "x = 3 posts",
    ],
)
def test_other_peoples_accounts_and_loose_words_declare_nothing(bio):
    assert () == declared_accounts(author(bio, platform="linkedin"))


def test_accounts_on_the_same_platform_are_other_people():
    assert () == declared_accounts(author("@jdoe.bsky.social", platform="bluesky"))


def test_the_proving_words_come_along():
    assert ["X: @foo"] == [found.words for found in declarations(author("nurse | X: @foo", platform="bluesky"))]


@given(st.text(max_size=300))
def test_no_bio_breaks_the_search_for_accounts(bio):
    for _, handle in declared_accounts(author(bio)):
        assert handle.lower() in bio.lower()
