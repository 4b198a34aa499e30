"""The page Safety desk over a real store: what reviewers see and do there, and what viewers never see."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest
from pypdf import PdfReader
from streamlit.testing.v1 import AppTest

from dashboard import access, download
from dashboard.marks import passage
from pipelines.access import Person, role_for
from pipelines.commands import carry_out
from pipelines.desk.paper import LOG_COLUMNS, case_paper
from pipelines.desk.read import case_log, cases
from pipelines.digest import Digest
from pipelines.matching import Matcher
from pipelines.model import Abstract, AbstractMention, Batch, Deletion
from pipelines.store.database import Store
from tests.dashboard.conftest import show  # noqa: F401
from tests.dashboard.store_owner import StoreOwner
from tests.records import at, author, congress, match, post, role

TRACKED = congress(products=[{"name": "Ozempic"}])
HOSTILE = "my mom on Ozempic is vomiting <img src=x onerror=alert(1)> \u202egnp.exe [x](javascript:alert(1)) #ASH26"
REVIEWER = Person("rita@company.com", "reviewer")


class Owner(StoreOwner):
    """A store that also carries out commands, as the real owner does."""

    def do(self, name: str, person: Person, /, **params: Any) -> None:
        said = {key: str(value) for key, value in params.items() if value is not None}
        carry_out(self.store, name, said, person, self.now)

    def read(self, name: str, **params: Any) -> pa.Table:
        Person("whoever", params.pop("sight", "viewer")).require(role_for(name), name)
        return super().read(name, **params)


FOURTEEN_HOURS = at(60 * 14)


def filled(now: datetime = FOURTEEN_HOURS) -> Owner:
    store = Store(None)
    store.fold_congresses([TRACKED])
    lift = at(60 * 20)
    store.fold_catalogue("ash-2026", [Abstract("ash-2026", "LBA-1", "A late one", embargo_lift_at=lift)], [])
    told = [
        post("1", author_id="a1", text="Day 3 on Ozempic and I cannot stop vomiting #ASH26"),
        post("2", author_id="a2", text=HOSTILE, created_at=at(600)),
        post("3", author_id="a3", text="Ozempic vs placebo, n=1,204: vomiting 24% vs 6%, HR 0.80 #ASH26"),
    ]
    digest = Digest(Matcher([TRACKED]), {})
    store.fold(replace(digest.batch([author("a1"), told[0], told[2]], store.reader), seen_at=at(1)))
    store.fold(replace(digest.batch([told[1]], store.reader), seen_at=at(600)))
    early = post("9", author_id="h1", text="LBA-1 looks practice changing #ASH26", url="https://x.com/h/status/9")
    named = AbstractMention("x", "9", "ash-2026", "LBA-1", 1, "structured", "LBA-1")
    store.fold(Batch([author("h1"), early], [match(early)], [named], [role("h1")]))
    return Owner(store, now)


VIEWER = Person("vic@company.com", "viewer")


@pytest.fixture(autouse=True)
def as_reviewer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "person", lambda: REVIEWER)


@pytest.fixture
def as_viewer(as_reviewer: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "person", lambda: VIEWER)


Show = Callable[..., AppTest]


def words(app: AppTest) -> str:
    return "\n".join(str(each.value) for kind in ("html", "text", "markdown") for each in app.get(kind) if hasattr(each, "value")) + "\n".join(
        str(each.proto.body) for each in app.get("html")
    )  # fmt: skip


def test_the_queue_shows_clock_elements_and_the_marked_passage(show: Show):  # noqa: F811
    app = show(filled(), "desk")
    seen = words(app)
    assert not app.exception
    assert "Possible adverse events" in seen
    assert "for human review" in seen
    assert '<mark class="reaction">vomiting</mark>' in seen
    assert '<mark class="product">Ozempic</mark>' in seen
    assert "left</span>" in seen
    assert "placebo" not in seen


def test_a_case_says_which_rules_counted_the_weightiest_first(show: Show):  # noqa: F811
    app = show(filled(), "desk")
    seen = words(app)
    assert "Why it was found: " in seen
    first = seen.split("Why it was found: ")[1].split("</p>")[0].split(" · ")
    points = [float(each.rpartition("+")[2]) for each in first if "+" in each]
    assert points == sorted(points, reverse=True)
    assert "somebody is told of +4" in first
    app.session_state["desk_state"] = "apart"
    assert "figures of many −" in words(app.run()).split("Why it is kept apart: ")[1]


def test_hostile_words_are_never_markup(show: Show):  # noqa: F811
    seen = words(show(filled(), "desk"))
    assert "<img" not in seen
    assert "&lt;img" in seen
    assert "\u202e" not in seen


def test_overdue_cases_say_so_in_word_shape_and_colour(show: Show):  # noqa: F811
    seen = words(show(filled(at(60 * 27)), "desk"))
    assert '<span class="due over"><i class="shape square"></i>Overdue by 3 h' in seen


def test_study_data_stand_apart(show: Show):  # noqa: F811
    app = show(filled(), "desk")
    app.session_state["desk_state"] = "apart"
    assert "placebo" in words(app.run())


def test_a_decision_is_kept_with_the_reviewers_name(show: Show):  # noqa: F811
    owner = filled()
    app = show(owner, "desk")
    next(each for each in app.button if (each.key or "").startswith("decide_")).click().run()
    app.radio(key="decision").set_value("not_an_event").run()
    app.button(key="keep_decision").click().run()
    (row,) = [each for each in log_of(owner) if each["decision"]]
    assert ("not_an_event", REVIEWER.name) == (row["decision"], row["person"])


def test_posts_before_their_embargo_are_flagged_as_held(show: Show):  # noqa: F811
    seen = words(show(filled(), "desk"))
    assert "LBA-1" in seen
    assert "</i>Held" in seen
    assert "</i>Lifted" in words(show(filled(at(60 * 21)), "desk"))


def test_a_viewer_finds_a_calm_word_and_no_case(show: Show, as_viewer: None):  # noqa: F811
    app = show(filled(), "desk")
    seen = words(app)
    assert "This page is for reviewers" in seen
    assert "vomiting" not in seen
    assert not [each for each in app.button if (each.key or "").startswith("decide_")]


def test_a_post_that_went_leaves_a_line_without_words(show: Show):  # noqa: F811
    owner = filled()
    owner.store.fold(Batch(records=[Deletion("x", "post", "1", at(700))]))
    seen = words(show(owner, "desk"))
    assert "Text removed at its author&#x27;s wish" in seen or "Text removed at its author's wish" in seen
    assert "cannot stop" not in seen


def test_the_log_is_saved_as_a_table_with_every_number(show: Show):  # noqa: F811
    owner = filled()
    made = download.csv_of(log_of(owner), LOG_COLUMNS).decode("utf-8-sig").splitlines()
    assert ",".join(LOG_COLUMNS) == made[0]
    assert ["1", "2"] == [line.split(",")[0] for line in made[1:]]


def test_a_case_is_a_pdf_of_one_page_and_the_same_each_time():
    owner = filled()
    (case, *_) = cases(owner.store.reader, "ash-2026", at(900)).to_pylist()
    carry_out(owner.store, "decide_case", {"case_id": case["case_id"], "decision": "forwarded", "reference": "S-1"}, REVIEWER, at(900))  # fmt: skip
    log = [each for each in log_of(owner) if each["case_id"] == case["case_id"]]
    made = case_paper(case, log, "ASH 2026")
    text = PdfReader(io.BytesIO(made)).pages[0].extract_text()
    assert made == case_paper(case, log, "ASH 2026")
    assert "possible adverse event, for human review" in text
    assert "cannot stop vomiting" in " ".join(text.split())
    assert "S-1" in text


@pytest.mark.parametrize("text", ["<b>x</b>", "a & b", "\u202eabc", "x" * 5000, ""])
def test_a_marked_passage_holds_no_markup_but_its_marks(text: str):
    made = passage(text, {"product": {"spans": [(0, min(2, len(text)))]}, "patient": {"spans": [(1, 3), (-4, 99999)]}})
    bare = made.replace('<mark class="product">', "").replace('<mark class="patient">', "").replace("</mark>", "")
    assert "<" not in bare
    assert len(bare) < 2000


def log_of(owner: StoreOwner) -> list[dict[str, Any]]:
    return case_log(owner.store.reader, "ash-2026", at(100_000)).to_pylist()
