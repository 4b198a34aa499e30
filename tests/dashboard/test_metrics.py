"""What monitoring is told: figures in Prometheus' format, of a real collector's store, to whoever may have them."""

from __future__ import annotations

import threading

import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import access, metrics, reads
from pipelines.access import role_for
from pipelines.errors import ConfigError
from pipelines.model import Batch, Gap, Health, LedgerEntry
from pipelines.sign_in import Door, SignIn
from pipelines.store.client import OwnerClient
from pipelines.store.database import Store
from pipelines.store.serve import ReadService
from tests.records import at, congress, match, post
from tests.running import running

TOKEN = "a-token-of-monitoring"
HERE = "http://127.0.0.1:8501"
WORDS = "Grade 3 rash in our patient after the second dose"


class FixedClock:
    def now(self):
        return at(60)


@pytest.fixture
def owner(tmp_path, monkeypatch):
    with Store(tmp_path / "pulse.duckdb") as store:
        store.fold_congresses([congress()])
        posts = [post(post_id=str(n), text=WORDS) for n in range(1, 6)]
        store.fold(
            Batch(
                records=[
                    *posts,
                    Health("x", at(59), "live", "handle @jane", last_event_at=at(58), received_count=40, dropped_count=2, queue_depth=7, spent_usd=1.5, budget_usd=100.0),
                    Gap("x", at(10), None, "no answer", "open", at(11)),
                    Gap("x", at(1), at(2), "torn", "filled", at(3)),
                    LedgerEntry("x", at(0).date(), "post", "1", 0.25, at(0)),
                    LedgerEntry("x", at(0).date(), "post", "2", 0.25, at(0)),
                ],
                matches=[match(each) for each in posts],
            )
        )  # fmt: skip
        with running(ReadService(store, FixedClock()), tmp_path) as service:
            client = OwnerClient(tmp_path)
            monkeypatch.setattr(reads, "connect", lambda: client)
            monkeypatch.delenv("METRICS_TOKEN", raising=False)
            monkeypatch.setattr(metrics, "_kept", (-10.0, b""))
            access.use(Door())
            reads.close()
            yield service
            reads.close()
            for thread in threading.enumerate():
                if thread.name == "snapshots":
                    thread.join(10)
            client.close()


def client() -> TestClient:
    return TestClient(Starlette(routes=[metrics.ROUTE]), base_url=HERE)


def samples(text: str) -> dict[tuple[str, tuple], float]:
    """Every sample by name and labels, as Prometheus' own parser reads it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_the_figures_of_a_store_are_read_back_by_the_parser(owner):
    owner.measured.refuse("429")
    reads.hub().reader.read("congresses")
    answer = client().get("/metrics")
    found = samples(answer.text)
    by_source = {
        "congress_received_total": 40, "congress_dropped_total": 2, "congress_backlog": 7, "congress_lag_seconds": 60, "congress_silent_seconds": 60,
        "congress_gaps_open": 1, "congress_gaps_lasting": 1, "congress_spent_usd": 0.5, "congress_budget_usd": 100,
    }  # fmt: skip
    assert by_source == {name: found[name, (("source", "x"),)] for name in by_source}
    assert 5 == found["congress_posts", (("congress", "ash-2026"), ("source", "x"))]
    assert 1 == found["congress_source_state", (("source", "x"), ("state", "live"))]
    assert (1, 0) == (found["congress_collector_up", ()], found["congress_pages_open", ()])
    assert 1 == found["congress_refused_total", (("why", "429"),)]
    assert 1 <= found["congress_reads_total", (("read", "congresses"),)]
    assert 0 < found["congress_read_seconds_total", (("read", "congresses"),)] < 60
    assert 0 < found["congress_database_bytes", (("part", "file"),)]
    assert {0} == {
        found[name, (("congress", "ash-2026"),)] for name in ("congress_cases_open", "congress_cases_overdue")
    }
    assert answer.headers["content-type"].startswith("text/plain; version=")


def test_every_figure_of_the_owner_has_a_metric(owner):
    owner.measured.refuse("429")
    reads.hub().reader.read("congresses")
    told = {row["figure"] for row in reads.hub().reader.read("vitals", sight="admin").to_pylist()}
    assert set() == told - metrics.VITALS.keys()
    assert set() == metrics.VITALS.keys() - told - {"collector_bytes"}  # which only Linux tells


def test_no_word_and_no_name_is_among_the_figures(owner):
    text = client().get("/metrics").text
    values = "".join(line for line in text.splitlines() if not line.startswith("#"))
    for word in ("rash", "patient", "dose", "jane", "did:plc", "torn", "no answer"):
        assert word not in values, word


def test_a_collector_that_is_gone_is_a_figure(owner, tmp_path):
    (tmp_path / "owner.json").unlink()
    found = samples(client().get("/metrics").text)
    assert 0 == found["congress_collector_up", ()]
    assert not any(name == "congress_posts" for name, _ in found)


SIGN_IN = SignIn("https://id.example/.well-known", "id", "https://pulse.example", "s", "c" * 32)


@pytest.mark.parametrize("door", [Door(SIGN_IN), Door(open=True)])
def test_where_others_reach_the_dashboard_there_are_no_figures_without_the_token(owner, monkeypatch, door):
    access.use(door)
    assert 404 == client().get("/metrics").status_code
    monkeypatch.setenv("METRICS_TOKEN", TOKEN)
    assert 404 == client().get("/metrics").status_code
    assert 404 == client().get("/metrics", headers={"authorization": "Bearer wrong"}).status_code
    assert 200 == client().get("/metrics", headers={"authorization": f"Bearer {TOKEN}"}).status_code
    access.use(Door())


@pytest.mark.parametrize(
    "headers", [{"host": "attacker.example"}, {"x-forwarded-for": "10.0.0.1"}, {"origin": "http://a.example"}]
)
def test_a_tunnel_or_a_foreign_page_gets_no_figures(owner, headers):
    assert 404 == client().get("/metrics", headers=headers).status_code


def test_a_token_that_is_too_short_is_refused_and_not_repeated():
    with pytest.raises(ConfigError, match="METRICS_TOKEN is too short") as refused:
        metrics.read_token({"METRICS_TOKEN": "hunter2"})
    assert "hunter2" not in str(refused.value)


def test_only_admins_are_told_the_vitals():
    assert "admin" == role_for("vitals")
