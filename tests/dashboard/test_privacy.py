"""The page for the company's lawyer: what this installation keeps, in figures, and the terms in plain words."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from pipelines.keeping import kept
from pipelines.model import Batch, Deletion
from pipelines.store.database import Store
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.test_app import markup
from tests.records import at, author, congress, match, post, role


class Keeper(FakeOwner):
    """Also tells what is kept, as the real read does of a small database."""

    def _read_kept(self, congress_id: str, as_of: Any = None) -> pa.Table:
        posts = [post("1", author_id="doc"), post("2", author_id="private"), post("3", author_id="gone")]
        with Store(None) as store:
            store.fold_congresses([congress()])
            store.fold(
                Batch(
                    records=[
                        *(author(each.author_id) for each in posts),
                        *posts,
                        Deletion("x", "post", "3", at(3), "deleted"),
                    ],
                    matches=[match(each) for each in posts],
                    roles=[role("doc")],
                )
            )
            return kept(store.reader, "ash-2026", at(9))


def test_the_page_tells_what_is_kept_how_long_and_what_is_gone(show):
    app = show(Keeper(), "privacy")
    assert not app.exception
    shown = markup(app)
    for words in (
        "2 posts of",
        "1 authors by name, 1 under a pseudonym",
        "22 December 2028",
        "1 post deleted",
        "No tape is written",
    ):
        assert words in shown


def test_the_terms_and_the_record_stand_there_without_a_collector_that_answers(show):
    shown = markup(show(FakeOwner(posts=0), "privacy"))
    for words in ("keyed hash, and no words", "What is never done", "Art. 6 (1) (f)", "congress forget"):
        assert words in shown


@pytest.mark.parametrize("congress_id", ["none"])
def test_a_congress_that_is_not_kept_has_no_row(congress_id):
    with Store(None) as store:
        assert 0 == kept(store.reader, congress_id, at(0)).num_rows
