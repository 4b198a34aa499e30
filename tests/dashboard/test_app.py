"""The page Live as Streamlit runs it: every state clean, the choice in the URL, hostile text inert."""

from __future__ import annotations

import json
import time
from datetime import datetime

import pytest

from dashboard import reads
from tests.dashboard.fake_owner import HOSTILE, FakeOwner

DEFAULTS = {"congress": "esmo-2026", "window": "24h", "by": "role", "zone": "congress"}


def markup(app) -> str:
    return "\n".join(each.proto.body for each in app.get("html"))


def url(app) -> dict[str, str]:
    return {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}


def specification(app) -> dict:
    return json.loads(app.get("vega_lite_chart")[0].proto.spec)


def test_a_full_congress_shows_six_tiles_a_chart_and_three_lists(show, full_owner):
    app = show(full_owner)
    assert not app.exception
    assert [each.label for each in app.metric] == [
        "Posts",
        "Authors",
        "HCP author share",
        "HCP post share",
        "Abstracts talked about",
        "Original posts",
    ]
    assert len(app.get("vega_lite_chart")) == 1
    assert len(app.text) == 6 + 5 + 5


def test_a_window_before_that_was_not_followed_is_not_compared_with(show):
    app = show(FakeOwner(posts=400, moment=datetime(2026, 10, 17, 18)), window="72h")
    assert app.metric[0].delta == "nothing to compare"
    assert "of" in app.metric[2].delta


def test_all_of_a_congress_is_not_compared(show, full_owner):
    app = show(full_owner, window="all")
    assert app.metric[0].delta == "since the first post"


def test_tiles_say_what_the_read_says(show, full_owner):
    figures = full_owner.read("overview", congress_id="esmo-2026", minutes=1440).to_pylist()[0]
    assert f"{figures['post_count']:,}" == show(full_owner).metric[0].value


def test_a_simulated_congress_says_so_and_a_real_one_does_not(show, full_owner):
    assert "Simulated" in markup(show(full_owner))
    assert "Simulated" in markup(show(full_owner, wall="1"))
    assert "Simulated" not in markup(show(FakeOwner(posts=50, simulated=False)))


def test_the_wall_has_no_controls(show, full_owner):
    app = show(full_owner, wall="1")
    assert not app.exception
    assert not app.selectbox
    assert not app.get("button_group")


def test_the_wall_shows_hashtags_but_no_unreviewed_posts(show, full_owner):
    shown = [each.value for each in show(full_owner, wall="1").text]
    assert "#esmo26" in shown
    assert not [text for text in shown if "@" in text.split("\n")[0]]


def test_without_a_congress_the_page_says_how_to_follow_one_and_offers_the_demo(show):
    app = show(FakeOwner(posts=0, followed=False))
    assert not app.exception
    assert "Follow your first congress" in markup(app)
    assert [each.value for each in app.code] == ["congress demo", "congress run ash-2026"]


def test_without_a_collector_the_page_says_so_and_offers_the_demo(show):
    app = show(FakeOwner(posts=0, away=True))
    assert not app.exception
    assert "No collector is answering yet" in markup(app)
    assert "congress demo" in [each.value for each in app.code]


def test_a_congress_without_posts_says_what_is_followed_and_when_it_begins(show, full_owner):
    app = show(full_owner, congress="ash-2026")
    assert not app.exception
    assert not app.metric
    assert "No posts yet" in markup(app)
    assert [each.value for each in app.text] == ["Following #ash26 #ash2026. It begins in 48 days."]


def test_a_quiet_window_says_when_the_newest_post_came(show):
    owner = FakeOwner(posts=300, moment=datetime(2026, 10, 26, 20, 0))
    app = show(owner, window="1h")
    assert not app.exception
    assert "No posts in the last hour; the newest is of Mon 26 Oct" in markup(app)


def test_when_the_collector_goes_away_the_last_picture_stays_under_a_red_notice(show):
    owner = FakeOwner(posts=500)
    app = show(owner)
    before = app.metric[0].value
    owner.away = True
    wait_for(lambda: reads.hub().error)
    app.run()
    assert not app.exception
    assert "The collector does not answer." in markup(app)
    assert "This is the picture of 17:52:14 CET" in markup(app)
    assert before == app.metric[0].value


@pytest.mark.parametrize("broken", ["overview", "volume", "voices", "abstracts", "trending", "newest_posts", "gaps"])
def test_a_broken_read_is_named_and_the_rest_stays(show, broken):
    app = show(FakeOwner(posts=300, broken=broken))
    assert not app.exception
    assert f"The rest is up to date; the log says why: {broken}." in markup(app)
    assert app.text
    assert len(app.metric) == (0 if broken == "overview" else 6)
    assert len(app.get("vega_lite_chart")) == (0 if broken in ("volume", "gaps") else 1)


def test_a_read_that_breaks_later_leaves_its_older_figures_and_says_so(show):
    owner = FakeOwner(posts=300)
    app = show(owner)
    owner.broken = "voices"
    owner.commit()
    wait_for(lambda: reads.hub().snapshot.failed)
    app.run()
    assert not app.exception
    assert "Older ones are shown; the log says why: voices." in markup(app)
    assert app.metric


def test_the_specification_is_constant_while_the_data_move(show):
    owner = FakeOwner(posts=2000, moment=datetime(2026, 10, 24, 15, 0))
    app = show(owner)
    first, posts = specification(app), app.metric[0].value
    version = reads.hub().snapshot.version
    owner.commit(1800)
    wait_for(lambda: all(each.version > version for each in reads.hub().snapshot.answers.values()))
    app.run()
    assert first == specification(app)
    assert posts != app.metric[0].value


def test_time_is_drawn_on_a_utc_scale_and_read_in_the_congress_zone(show, full_owner):
    app = show(full_owner)
    assert '"utc"' in app.get("vega_lite_chart")[0].proto.spec.replace(" ", "")
    assert "<b>17:52:14</b> CET" in markup(app)


def test_the_choice_in_a_link_is_restored(show, full_owner):
    app = show(full_owner, congress="esmo-2026", window="6h", by="platform", zone="utc")
    assert (app.selectbox(key="congress").value, app.selectbox(key="zone").value) == ("esmo-2026", "utc")
    assert "16:52:14</b> UTC" in markup(app)
    assert "Posts per 5 minutes · UTC" in markup(app)
    assert "Bluesky" in markup(app)


def test_the_choice_made_on_the_page_is_written_into_the_url(show, full_owner):
    app = show(full_owner)
    assert url(app) == DEFAULTS
    app.selectbox(key="zone").select("utc").run()
    assert url(app) == DEFAULTS | {"zone": "utc"}


def test_nonsense_in_a_link_falls_back_to_the_default(show, full_owner):
    app = show(full_owner, congress="../etc", window="<script>", by="", zone="mars")
    assert not app.exception
    assert url(app) == DEFAULTS


def test_hostile_text_stands_in_text_nodes_and_nowhere_else(show):
    app = show(FakeOwner(posts=800, hostile=True))
    assert not app.exception
    shown = "\n".join(each.value for each in app.text)
    assert "<script>window.__xss=1</script>" in shown
    elsewhere = markup(app) + "".join(each.value for each in app.markdown)
    for text in HOSTILE[:7]:
        assert text[:12] not in elsewhere
    assert "javascript:" not in elsewhere
    assert max(len(each.value) for each in app.text) < 400


@pytest.mark.parametrize("window", ["1h", "6h", "24h", "72h", "all"])
@pytest.mark.parametrize("by", ["role", "platform"])
def test_every_window_and_split_runs_clean(show, full_owner, window, by):
    app = show(full_owner, window=window, by=by)
    assert not app.exception
    assert len(app.metric) == 6


def test_a_viewer_whose_zone_is_not_told_gets_utc_as_their_own(show, full_owner):
    assert "16:52:14</b> UTC" in markup(show(full_owner, zone="mine"))


def wait_for(condition, seconds: float = 8.0) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "nothing happened"
        time.sleep(0.05)


def test_what_is_taking_off_comes_first_with_a_mark_and_its_reason(show, full_owner):
    app = show(full_owner)
    shown = [each.value for each in app.text if "authors in 30 min" in each.value]
    assert [text.split(" ")[0] for text in shown] == ["LBA2", "LBA7"]
    assert markup(app).count("Taking off") == 2


def test_patients_are_not_listed_among_the_newest_posts(show, full_owner):
    rows = full_owner.read("newest_posts", congress_id="esmo-2026", limit=20).to_pylist()
    named = [row for row in rows if row["role"] == "patient_advocate"]
    assert named, "the test needs a patient's post among the newest"
    app = show(full_owner)
    assert ">Patient advocate<" not in markup(app)
    assert len([each for each in app.text if each.value.split("\n")[0].endswith(".bsky.social")]) == 5
