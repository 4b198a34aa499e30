"""What is saved of a chart: a picture that can be quoted, figures that no spreadsheet runs, through one door."""

from __future__ import annotations

import csv
import io
import re

from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import download
from tests.dashboard.fake_owner import FakeOwner
from tests.dashboard.test_app import markup

LINK = re.compile(r'href="(save/[^"]+)" download[^>]*>(PNG|CSV)<')


def saves(app) -> dict[str, str]:
    return {kind: address for address, kind in reversed(LINK.findall(markup(app)))}


def get(address: str):
    return TestClient(Starlette(routes=[download.ROUTE])).get(f"/{address}")


def test_the_csv_of_the_timeline_holds_every_bucket_in_local_time_and_utc(show, full_owner):
    answer = get(saves(show(full_owner))["CSV"])
    assert 200 == answer.status_code
    assert 'attachment; filename="esmo-2026-posts-over-time-24h.csv"' == answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert 144 == len(rows)
    assert ["From (Europe/Madrid)", "To (Europe/Madrid)", "From (UTC)", "Posts", "HCPs"] == list(rows[0])[:5]
    figures = full_owner.read("overview", congress_id="esmo-2026", minutes=1440).to_pylist()[0]
    told = sum(int(row["Posts"] or 0) for row in rows)
    assert abs(told - figures["post_count"]) <= 20, (
        "the window of the tiles ends now, that of the chart with its bucket"
    )
    assert told == sum(
        int(row[name] or 0)
        for row in rows
        for name in ("HCPs", "Industry", "Patient advocates", "Societies and media", "Everyone else")
    )


def test_the_picture_of_the_timeline_says_what_when_in_which_zone_and_from_where(show, full_owner, monkeypatch):
    told = {}
    monkeypatch.setattr("dashboard.chart_box.picture_apart", lambda spec, format: told.update(spec) or b"picture")
    answer = get(saves(show(full_owner))["PNG"])
    assert b"picture" == answer.content
    assert "image/png" == answer.headers["content-type"]
    assert told["title"]["text"].startswith("Busiest 10 minutes")
    said = " ".join(told["title"]["subtitle"])
    for word in (
        "ESMO Congress 2026",
        "Last 24 hours",
        "as of Sun 25 Oct 17:52 CET",
        "Madrid time",
        "Source: Congress Pulse",
    ):
        assert word in said


def test_the_links_stay_the_same_while_the_page_draws_itself_anew(show):
    app = show(FakeOwner(posts=300))
    first = saves(app)
    app.run()
    assert first == saves(app)


def test_an_address_nobody_was_offered_gives_nothing():
    assert 404 == get("save/guess").status_code


def test_every_download_is_told_to_who_keeps_the_record(show, full_owner):
    seen = []
    download.taken.append(lambda offer, size: seen.append((offer.file_name, size)))
    try:
        size = len(get(saves(show(full_owner))["CSV"]).content)
    finally:
        download.taken.pop()
    assert [("esmo-2026-posts-over-time-24h.csv", size)] == seen


def test_a_file_that_cannot_be_built_says_so_and_nothing_else_breaks(monkeypatch):
    def broken() -> bytes:
        raise RuntimeError("no")

    monkeypatch.setitem(download._offers, "token", download.Offer("x.csv", "", broken))
    assert 500 == get("save/token").status_code


def test_a_wall_offers_nothing_to_save(show, full_owner):
    assert {} == saves(show(full_owner, wall="1"))
