"""Who sees what on the pages: the person at the machine, people who signed in, and whoever tries more than is theirs."""

from __future__ import annotations

import time

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import access, download, reads, sign_in
from dashboard.asks import ask
from pipelines.access import Person
from pipelines.sign_in import Door, SignIn
from pipelines.store.client import Underway
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.test_abstracts import texts
from tests.dashboard.test_app import markup, wait_for
from tests.records import YAML

LISTS = 'access: {viewers: ["@company.example"], reviewers: [rita@company.example], admins: [adam@company.example]}\n'
SIGN_IN = SignIn(
    "https://login.example/x", "pulse", "https://pulse.example", client_secret="c" * 40, cookie_secret="k" * 40
)
WHO = {
    "visitor": access.VISITOR,
    "reviewer": Person("rita@company.example", "reviewer"),
    "admin": Person("adam@company.example", "admin"),
}


@pytest.fixture(autouse=True)
def door():
    """Each test begins and ends without sign-in."""
    access.use(Door())
    yield
    access.use(Door())


@pytest.fixture
def signed_in(monkeypatch, tmp_path):
    """Sign-in is set up, and whoever looks has signed in with these claims: ``signed_in(email)``."""
    config = tmp_path / "congresses.yaml"
    config.write_text(LISTS + YAML, encoding="utf-8")
    access.use(Door(SIGN_IN, config))

    def claims(email: str, **more) -> None:
        said = {
            "is_logged_in": True,
            "email": email,
            "email_verified": True,
            "iat": time.time() - 60,
            "sub": "1",
            **more,
        }
        monkeypatch.setattr(access.st, "user", type("User", (), {"to_dict": lambda _: said})())

    return claims


@pytest.fixture
def as_role(monkeypatch):
    """Whoever looks has that role: ``as_role("reviewer")``."""
    return lambda name: monkeypatch.setattr(access, "person", lambda: WHO[name])


def buttons(app) -> set[str]:
    return {each.label for each in app.button}


def test_the_person_at_the_machine_is_admin_under_its_own_name(monkeypatch):
    monkeypatch.setattr(access, "_user", lambda: "jane")
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": {"Host": "127.0.0.1:8501"}})())
    assert Person("jane", "admin") == access.person()
    access.use(Door(open=True))
    assert access.VISITOR == access.person()


def test_behind_a_tunnel_everybody_is_a_viewer(monkeypatch):
    monkeypatch.setattr(access.st, "context", type("Context", (), {"headers": {"Host": "a.tunnel.example"}})())
    assert access.VISITOR == access.person()


@pytest.mark.parametrize(
    ("email", "more", "role"),
    [
        ("ann@company.example", {}, "viewer"),
        ("rita@company.example", {}, "reviewer"),
        ("olga@elsewhere.example", {}, "nobody"),
        ("rita@company.example", {"email_verified": False}, "nobody"),
        ("rita@company.example", {"iat": time.time() - 25 * 3600}, None),
        ("rita@company.example", {"iat": time.time() + 3600}, None),
        ("rita@company.example", {"iat": "soon"}, None),
        ("rita@company.example", {"is_logged_in": False}, None),
    ],
)
def test_a_sign_in_counts_while_it_is_young_and_listed(signed_in, email, more, role):
    signed_in(email, **more)
    here = access.person()
    assert role == (here.role if here else None)


def test_a_mistake_in_the_lists_leaves_those_before_it_in_force(signed_in, caplog):
    signed_in("rita@company.example")
    assert access.may("reviewer")
    config = access.door().config
    config.write_text("access: [", encoding="utf-8")
    assert access.may("reviewer")
    assert "could not be read" in caplog.text
    config.write_text("access: {viewers: [rita@company.example]}\n" + YAML, encoding="utf-8")
    assert (True, False) == (access.may("viewer"), access.may("reviewer"))


def test_without_sign_in_no_figure_is_drawn(show, full_owner, signed_in):
    signed_in("ann@company.example", is_logged_in=False)
    app = show(full_owner, "posts", window="all")
    assert "Sign in to Congress Pulse" in markup(app)
    assert ({"Sign in with your organisation"}, 0, 0) == (buttons(app), len(app.text), len(app.selectbox))


def test_an_unlisted_person_reads_its_own_name_and_nothing_else(show, full_owner, signed_in):
    signed_in("olga@elsewhere.example", is_logged_in=True)
    app = show(full_owner, "posts", window="all")
    assert "No access yet" in markup(app)
    assert ["olga@elsewhere.example"] == [each.value for each in app.text]
    assert {"Sign out"} == buttons(app)


def test_a_hostile_name_is_text(show, full_owner, signed_in):
    signed_in("x", email_verified=False, name="<img src=x onerror=alert(1)>", sub="s")
    app = show(full_owner)
    assert "<img" not in markup(app)
    assert ["<img src=x onerror=alert(1)> (s)"] == [each.value for each in app.text]


@pytest.mark.parametrize("page", ["posts", "abstracts", "voices"])
def test_viewers_are_shown_no_way_to_correct_whatever_the_link_says(show, full_owner, as_role, page):
    as_role("visitor")
    query = {"posts": {}, "abstracts": {"abstract": "LBA2"}, "voices": {"voice": "bluesky:did:plc:1"}}[page]
    app = show(full_owner, page, window="all", role="admin", sight="reviewer", person="admin", **query)
    assert not app.exception
    assert not {"Correct link", "Correct role"} & buttons(app)


def test_a_viewer_who_opens_the_admins_page_reads_a_calm_word_and_is_noted(show, as_role):
    as_role("visitor")
    owner = FakeOwner(posts=300)
    app = show(owner, "access", role="admin", sight="admin")
    assert "This page is for admins" in markup(app)
    assert 0 == owner.calls["audit"]
    until = time.monotonic() + 5
    while not owner.done and time.monotonic() < until:
        time.sleep(0.02)
    assert [("note_denied", access.VISITOR, {"page": "access"})] == owner.done


def test_an_admin_sees_what_was_done(show, as_role):
    as_role("admin")
    owner = FakeOwner(posts=300)
    owner.do(
        "correct_mention",
        WHO["reviewer"],
        congress_id="esmo-2026",
        post_id="at://1",
        number="LBA2",
        verdict="reject",
        reason="no",
    )
    app = show(owner, "access")
    assert not app.exception
    row = app.dataframe[0].value.iloc[0]
    assert ("rita@company.example", "Reviewer", "Corrected a link", "at://1") == (
        row["Who"],
        row["Role"],
        row["What"],
        row["On"],
    )


def first_card(app) -> str:
    return next(each.key for each in app.button if each.label == "Correct link")


def test_a_reviewer_rejects_a_link_and_sees_who_said_so(show, as_role):
    as_role("reviewer")
    owner = FakeOwner(posts=2000)
    app = show(owner, "posts", window="all", abstract="LBA2")
    app.button(key=first_card(app)).click().run()
    assert "LBA2" == app.selectbox(key="correct_number").value
    app.radio(key="correct_verdict").set_value("reject").run()
    assert app.button(key="keep_correction").disabled
    next(each for each in app.text_input if each.label == "Why").set_value("shows slide 9").run()
    app.button(key="keep_correction").click().run()
    name, person, params = owner.done[-1]
    assert ("correct_mention", WHO["reviewer"], "LBA2", "reject", "shows slide 9") == (
        name, person, params["number"], params["verdict"], params["reason"],
    )  # fmt: skip
    assert "Link corrected. The figures follow." in [each.value for each in app.toast]
    time.sleep(0.5)
    app.run()
    assert "LBA2 rejected by rita@company.example on Sun 25 Oct 17:52 CET: shows slide 9" in texts(app)


def test_a_viewer_sees_that_it_was_reviewed_and_not_by_whom(show, as_role):
    owner = FakeOwner(posts=2000)
    as_role("visitor")
    app = show(owner, "posts", window="all", abstract="LBA2")
    post_id = reads.hub().snapshot.rows(next(a for a in reads.hub().snapshot.answers if a.read == "browse"))[0][
        "post_id"
    ]
    owner.do(
        "correct_mention",
        WHO["reviewer"],
        congress_id="esmo-2026",
        post_id=post_id,
        number="LBA2",
        verdict="accept",
        reason="right",
    )
    time.sleep(0.8)
    app.run()
    assert "LBA2 accepted by a reviewer on" in texts(app)
    assert "rita@" not in texts(app)


def test_re_pointing_wants_a_number_and_a_refusal_is_read_in_the_form(show, as_role):
    as_role("reviewer")
    owner = FakeOwner(posts=2000)
    app = show(owner, "posts", window="all", abstract="LBA2")
    app.button(key=first_card(app)).click().run()
    app.radio(key="correct_verdict").set_value("re-point").run()
    next(each for each in app.text_input if each.label == "Why").set_value("x").run()
    assert app.button(key="keep_correction").disabled
    next(each for each in app.text_input if "really" in each.label).set_value("LBA99").run()
    owner.refuses = 'no abstract "LBA99" <b>in</b> the catalogue'
    app.button(key="keep_correction").click().run()
    assert "no abstract &quot;LBA99&quot; &lt;b&gt;in&lt;/b&gt; the catalogue" in markup(app)
    assert [] == owner.done


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        ({"state": "done", "said": ""}, "The correction of a link: carried out on host-a"),
        (
            {"state": "refused", "said": "no such abstract"},
            "The correction of a link: refused by host-a: no such abstract",
        ),
    ],
)
def test_on_a_mirror_a_late_answer_is_told_to_whoever_asked(show, as_role, answer, word):
    as_role("reviewer")
    owner = FakeOwner(posts=2000)
    app = show(owner, "posts", window="all", abstract="LBA2")
    app.button(key=first_card(app)).click().run()
    app.radio(key="correct_verdict").set_value("reject").run()
    next(each for each in app.text_input if each.label == "Why").set_value("shows slide 9").run()
    owner.underway = Underway("7f3a", "Sent; the collector's host carries it out as soon as it can be reached.")
    app.button(key="keep_correction").click().run()
    assert [owner.underway.said] == [each.value for each in app.toast]
    owner.answer(id="7f3a", answered_by="host-a", **answer)
    wait_for(lambda: word in [each.value for each in app.run().toast])
    assert [] == list(app.run().toast)


def test_a_reviewer_corrects_what_a_voice_is(show, as_role):
    as_role("reviewer")
    owner = FakeOwner(posts=2000)
    who = next(row for row in owner.read("voices", congress_id="esmo-2026", minutes=0, limit=1).to_pylist())
    app = show(owner, "voices", voice=f"bluesky:{who['author_id']}")
    key = next(each.key for each in app.button if each.label == "Correct role" and "voice" in each.key)
    app.button(key=key).click().run()
    app.selectbox(key="correct_role").set_value("researcher").run()
    next(each for each in app.text_input if each.label == "Why").set_value("a PhD").run()
    app.button(key="keep_correction").click().run()
    assert ("correct_role", WHO["reviewer"], {"platform": "bluesky", "author_id": who["author_id"], "role": "researcher", "reason": "a PhD"}) == owner.done[-1]  # fmt: skip


def test_reads_with_a_sight_are_asked_as_who_looks_and_never_as_a_link_says(as_role):
    seen = {}
    for name in WHO:
        as_role(name)
        seen[name] = (
            ask("corrections", congress_id="x").sight,
            ask("audit", limit=1).sight,
            ask("overview", x=1).sight,
        )
    assert {
        "visitor": ("viewer", "viewer", "viewer"),
        "reviewer": ("reviewer", "reviewer", "viewer"),
        "admin": ("reviewer", "admin", "viewer"),
    } == seen


def test_a_reviewers_and_a_viewers_answer_are_two_answers(as_role):
    as_role("reviewer")
    own = ask("corrections", congress_id="x")
    as_role("visitor")
    assert own != ask("corrections", congress_id="x")


def test_a_file_goes_only_to_whom_it_was_offered_and_only_once_it_is_noted(monkeypatch):
    client = TestClient(Starlette(routes=[download.ROUTE]))
    offered = download.Offer("x.csv", WHO["reviewer"], lambda: b"a")
    monkeypatch.setitem(download._offers, "token", offered)
    noted = []
    monkeypatch.setattr(download, "taken", [lambda offer, size: noted.append((offer.who.name, size))])
    for asks, status in ((WHO["admin"], 404), (Person(WHO["reviewer"].name, "viewer"), 404), (WHO["reviewer"], 200)):
        monkeypatch.setattr(download, "signed_in", lambda _, asks=asks: asks)
        assert status == client.get("/save/token").status_code
    assert [("rita@company.example", 1)] == noted
    monkeypatch.setattr(download, "taken", [lambda *_: 1 / 0])
    answer = client.get("/save/token")
    assert (500, False) == (answer.status_code, answer.content == b"a")


@pytest.mark.parametrize(
    ("link", "own"),
    [
        ("/", True),
        ("/posts?window=all&q=%C3%A9", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example", False),
        ("", False),
        ("/a\nSet-Cookie: x", False),
        ("/oauth2callback?code=1", False),
        ("/auth/logout", False),
        ("/" + "a" * 3000, False),
    ],
)
def test_only_a_path_of_ours_is_led_back_to(link, own):
    assert own == sign_in.is_own_link(link)


def test_the_secrets_are_told_to_streamlit_in_memory_and_no_file_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    told = sign_in.secrets_of(SIGN_IN)["auth"]
    assert ("https://pulse.example/oauth2callback", "c" * 40) == (told["redirect_uri"], told["client_secret"])
    assert [] == list(tmp_path.iterdir())
