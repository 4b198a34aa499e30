"""Posts before an abstract's listed embargo time: reviewers see them, viewers and exports only when it has come."""

from __future__ import annotations

import asyncio
from datetime import datetime

import pytest

from pipelines.access import SENSITIVE, Person
from pipelines.browse import browse
from pipelines.clock import RealClock
from pipelines.desk.read import early_posts, held_count
from pipelines.errors import NotAllowed, UsageError
from pipelines.model import Abstract, AbstractMention, Batch
from pipelines.one_abstract import one_abstract
from pipelines.overview import overview
from pipelines.posts import newest_posts
from pipelines.shareable import held_posts
from pipelines.store.database import Store
from pipelines.store.serve import ReadService
from tests.records import at, author, congress, match, post, role

LIFT = at(60)


@pytest.fixture
def store():
    with Store(None) as made:
        made.fold_congresses([congress()])
        made.fold_catalogue("ash-2026", [Abstract("ash-2026", "LBA-1", "A late one", embargo_lift_at=LIFT)])
        said = [
            post("early", author_id="h1", url="https://x.com/h1/status/1"),
            post("again", author_id="h2", repost_of_id="early", created_at=at(5)),
            post("later", author_id="h1", created_at=at(61)),
            post("other", author_id="h2", created_at=at(2)),
        ]
        named = [AbstractMention("x", each, "ash-2026", "LBA-1", 1, "structured", "LBA-1") for each in ("early", "later")]  # fmt: skip
        named.append(AbstractMention("x", "again", "ash-2026", "LBA-1", 1, "inherited", "LBA-1", inherited_from="early"))  # fmt: skip
        people = [author("h1"), author("h2")]
        made.fold(Batch([*people, *said], [match(each) for each in said], named, [role("h1"), role("h2")]))
        yield made


def listed(store: Store, now: datetime, sight: str) -> tuple[set[str], set[str]]:
    shown = {"congress_id": "ash-2026", "limit": 50, "as_of": now, "sight": sight}
    return (
        set(browse(store.reader, **shown)["post_id"].to_pylist()),
        set(newest_posts(store.reader, **shown)["post_id"].to_pylist()),
    )


def test_viewers_do_not_see_early_posts_until_the_embargo_lifts(store):
    assert ({"other"}, {"other"}) == listed(store, at(59), "viewer")
    everything = {"early", "again", "other", "later"}
    assert (everything, everything) == listed(store, at(61), "viewer")


def test_reviewers_see_them_at_once(store):
    assert ({"early", "again", "other"},) * 2 == listed(store, at(59), "reviewer")


def test_the_list_says_how_many_are_held(store):
    rows = browse(store.reader, "ash-2026", 50, at(59)).to_pylist()
    assert [2] == [each["held_count"] for each in rows]
    (row,) = held_count(store.reader, "ash-2026", at(59)).to_pylist()
    assert (2, LIFT) == (row["held_count"], row["next_lift_at"])


def test_figures_count_what_is_held(store):
    (row,) = overview(store.reader, "ash-2026", as_of=at(59), minutes=0).to_pylist()
    assert 3 == row["post_count"]


def test_the_abstracts_page_leads_viewers_to_no_held_post(store):
    urls = [
        one_abstract(store.reader, "ash-2026", "LBA-1", now, sight)["first_url"][0].as_py()
        for now, sight in ((at(59), "viewer"), (at(59), "reviewer"), (at(61), "viewer"))
    ]
    assert [None, "https://x.com/h1/status/1", "https://x.com/h1/status/1"] == urls


def test_early_posts_stand_with_the_listed_time_and_whether_they_are_held(store):
    rows = early_posts(store.reader, "ash-2026", at(59)).to_pylist()
    assert [("again", LIFT, True), ("early", LIFT, True)] == [
        (each["post_id"], each["embargo_lift_at"], each["held"]) for each in rows
    ]
    assert [False, False] == early_posts(store.reader, "ash-2026", at(61))["held"].to_pylist()


def test_recap_and_page_follow_one_rule(store):
    held = {row["post_id"] for row in held_posts(store.reader, "ash-2026", at(59)).to_pylist() if row["why"] == "embargo"}  # fmt: skip
    assert {each["post_id"] for each in early_posts(store.reader, "ash-2026", at(59)).to_pylist()} == held


def test_the_owner_refuses_viewers_the_desk_and_any_sight_of_their_own(store):
    service, asked = ReadService(store, RealClock()), {"congress_id": "ash-2026"}
    for name in SENSITIVE:
        params = {} if name == "requests" else asked  # what is on its way to other hosts is of no one congress
        with pytest.raises(NotAllowed, match="only for reviewers"):
            asyncio.run(service.read(name, params, "viewer"))
        assert asyncio.run(service.read(name, params, "reviewer"))
    with pytest.raises(UsageError, match="sight is no parameter"):
        asyncio.run(service.read("browse", {**asked, "limit": "5", "sight": "reviewer"}, "viewer"))
    with pytest.raises(NotAllowed):
        asyncio.run(service.do("decide_case", {"case_id": "x", "decision": "forwarded"}, Person("vic", "viewer")))
