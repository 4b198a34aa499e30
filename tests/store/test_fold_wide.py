"""Folding, searched widely: every kind of record, in any order, any number of times, in any batches, ends in one state.

``CONGRESS_EXAMPLES=5000 pytest tests/store/test_fold_wide.py`` searches longer than the ordinary run does.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.desk.cases import Case, case_id_of, text_hash_of
from pipelines.model import (
    AbstractMention,
    AccountState,
    Batch,
    Deletion,
    Engagement,
    Gap,
    Health,
    LedgerEntry,
    Like,
    Match,
    Post,
    ProductMention,
    Role,
)
from pipelines.store.database import Store
from tests.records import at, author, post, role

EXAMPLES = int(os.environ.get("CONGRESS_EXAMPLES", "30"))
TABLES = (
    "posts", "authors", "engagement", "counts", "likes", "deletions", "removed_posts", "refused_posts", "account_states",
    "matches", "abstract_mentions", "product_mentions", "roles", "gaps", "health", "ledger", "cases", "case_decisions",
)  # fmt: skip
# a case once found stays, with its number and its moment: what it says is one, and only while its words are there
CASES = """
    SELECT case_id, read_from, c.author_id, c.revision, c.created_at, product, elements, text_hash FROM cases c
    JOIN posts p ON p.platform = c.platform AND p.post_id = c.read_from WHERE removed_at IS NULL
"""
# post id -> author, what it reposts
POSTS = {"1": ("a1", None), "2": ("a2", None), "3": ("a1", "1"), "4": ("a2", "2"), "5": ("a3", "3")}
TEXTS = ("112 here", "113 there, at length", "")
Item = object  # a record, or a role


def _post(draw) -> Post:
    post_id = draw(st.sampled_from(sorted(POSTS)))
    author_id, repost_of = POSTS[post_id]
    revision = draw(st.sampled_from("12"))
    return post(
        post_id,
        author_id=author_id,
        revision=revision.zfill(20),
        text=draw(st.sampled_from(TEXTS)),
        retrieved_at=at(draw(st.integers(0, 2))),
        repost_of_id=repost_of,
        quoted_id="9" if revision == "2" and post_id == "2" else None,  # an edit adds the quote
        created_at=at(int(post_id)),
        lang=draw(st.sampled_from([None, "en"])),
        url=draw(st.sampled_from([None, "u"])),
        links=draw(st.sampled_from([(), ("https://a.org",)])),
        hashtags=draw(st.sampled_from([("ash26",), ("ash26", "mm")])),
    )


@st.composite
def items(draw) -> Item:
    kind = draw(st.sampled_from(["post"] * 6 + ["delete"] * 3 + ["state", "state", "author", "author", "engagement", "like", "gap", "health", "role", "ledger"]))  # fmt: skip
    minute = at(draw(st.integers(0, 3)))
    some = st.sampled_from
    who = some(["a1", "a2", "a3"])
    made = {
        "post": lambda: _post(draw),
        "delete": lambda: draw(some([
            Deletion("x", "post", draw(some(sorted(POSTS))), minute, draw(some(["deleted", "withheld"]))),
            Deletion("x", "author", draw(who), at(draw(some([-1, 2, 9])), ), draw(some(["account_deleted", "forget"]))),
            Deletion("x", "like", draw(some(["l1", "l2"])), minute)])),
        "state": lambda: AccountState("x", draw(who), draw(st.booleans()), minute, draw(some([None, "deactivated", "protected"]))),
        "author": lambda: author(
            draw(who), seen_at=minute, handle=draw(some([None, "h", "g"])), display_name=draw(some([None, "", "Ann", "Bo"])),
            bio=draw(some([None, "", "MD", "RN"])), location=draw(some([None, "here", "there"])),
            followers_count=draw(some([None, 1, 2])), verified=draw(some([None, True, False]))),
        "engagement": lambda: Engagement("x", draw(some(sorted(POSTS))), minute, draw(some([None, 0, 1])), draw(some([None, 0])), 0, 0),
        "like": lambda: Like("x", *draw(some([("l1", "1"), ("l2", "3")])), at(0)),
        "gap": lambda: Gap("x", at(0), draw(some([None, at(5), at(9)])), draw(some(["stall", "drop"])), draw(some(["open", "filled"])), minute),
        "health": lambda: Health("x", minute, draw(some(["live", "reconnecting"])), draw(some(["", "d"])), received_count=draw(some([0, 1])), dropped_count=draw(some([0, 1]))),
        "role": lambda: role(draw(who), draw(some(["hcp", "other"])), decided_at=minute, credentials=draw(some([(), ("MD",)])), specialty=draw(some([None, "oncology"])), rule=draw(some(["r1", "r2"]))),
        "ledger": lambda: LedgerEntry("x", date(2026, 12, 12), "post", "1", draw(some([0.1, 0.2])), minute),
    }  # fmt: skip
    return made[kind]()


def digested(given: Sequence[Item]) -> Batch:
    """A batch with what is read from its posts: of each post from the version that the store keeps, as the collector does."""
    best: dict[str, Post] = {}
    for each in given:
        if isinstance(each, Post) and (each.post_id not in best or _version(each) > _version(best[each.post_id])):
            best[each.post_id] = each
    posts = list(best.values())
    return Batch(
        records=[each for each in given if not isinstance(each, Role)],
        matches=[Match("x", of.post_id, congress, "hashtag", "ash26", ("hashtag:ash26",)) for of in posts for congress in ("ash-2026", "esmo-2026")],
        mentions=[AbstractMention("x", of.post_id, "ash-2026", of.text[:3], 1, "number_cue", of.text[:3], (0, 3)) for of in posts if of.text],
        products=[ProductMention("x", of.post_id, "ash-2026", "product", of.text[4:], "name", of.text[4:], (4, len(of.text))) for of in posts if of.text],
        cases=[_case(of) for of in posts if of.text],
        roles=[each for each in given if isinstance(each, Role)],
        seen_at=at(100),
    )  # fmt: skip


def _version(of: Post) -> tuple:
    return of.revision, len(of.text), -of.retrieved_at.timestamp(), of.text


def _case(of: Post) -> Case:
    post_id = of.repost_of_id or of.post_id
    return Case(
        case_id_of("ash-2026", "x", post_id), "ash-2026", "x", post_id, of.post_id, None if of.repost_of_id else of.author_id,
        of.revision, of.created_at, "individual", of.text[4:], of.text, False, 4, text_hash_of(of.text),
    )  # fmt: skip


def state(store: Store) -> dict[str, list]:
    """Every row of every table as text; one question, since planning costs more than so few rows."""
    told = [f"SELECT '{table}' AS name, t::VARCHAR AS said FROM {table} t" for table in TABLES if table != "cases"]
    rows = store.reader.ask(
        f"{' UNION ALL '.join(told)} UNION ALL SELECT 'cases', c::VARCHAR FROM ({CASES}) c"
    ).to_pylist()
    return {table: sorted(row["said"] for row in rows if row["name"] == table) for table in TABLES}


@pytest.fixture(scope="module")
def two_stores():
    with Store(None) as one, Store(None) as other:
        yield one, other


def empty(store: Store) -> None:
    with store._transaction() as db:
        for table in TABLES:
            db.execute(f"DELETE FROM {table}")


def batched(given: Sequence[Item], random) -> list[Batch]:
    """The items in their order, cut into batches anywhere."""
    cuts = sorted({0, len(given), *(random.randrange(len(given)) for _ in range(random.choice((0, 1, 1, 2, 5))))})
    return [digested(given[start:end]) for start, end in pairwise(cuts)]


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.lists(items(), min_size=2, max_size=8), st.randoms(use_true_random=False))
def test_any_order_any_repetition_and_any_batches_fold_to_the_same_state(two_stores, given, random):
    again = [*given, *random.choices(given, k=2)]
    random.shuffle(again)
    for store, batches in zip(two_stores, (batched(given, random), batched(again, random)), strict=True):
        empty(store)
        for batch in batches:
            store.fold(batch)
    assert state(two_stores[0]) == state(two_stores[1])


@settings(max_examples=max(20, EXAMPLES // 10), deadline=None)
@given(st.lists(items(), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_no_word_of_a_deleted_post_stands_anywhere_whatever_came_when(two_stores, given, random):
    store = two_stores[0]
    secret = post("1", text="quicksilver 112", created_at=at(1))
    copy = post("3", text="quicksilver 112", repost_of_id="1", created_at=at(3))
    gone = random.choice([Deletion("x", "post", "1", at(5)), Deletion("x", "author", "a1", at(5), "forget")])
    order = [*given, secret, copy, gone]
    random.shuffle(order)
    empty(store)
    for batch in batched(order, random):
        store.fold(batch)
    assert {} == {table: rows for table, rows in state(store).items() if "quicksilver" in str(rows)}
