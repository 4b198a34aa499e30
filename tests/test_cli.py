"""The commands as a person types them: what they say, and the exit code."""

from __future__ import annotations

import json
import sys

import pytest

from pipelines.cli import main
from pipelines.sources.demo import World
from pipelines.sources.tape import TapeWriter
from tests.records import YAML
from tests.shared import shared_data

CONFIG = f"""\
{YAML}    numbering: ash
  demo-2026:
    name: DEMO 2026
    society: Nobody
    city: Nowhere
    timezone: America/Chicago
    starts_on: 2026-09-14
    ends_on: 2026-09-17
    hashtags: [demo26]
    simulated: true
"""


@pytest.fixture
def congress(tmp_path, monkeypatch, capsys):
    """Runs ``congress ARGS`` in a folder of its own; gives exit code, output and what was said beside it."""
    (tmp_path / "congresses.yaml").write_text(CONFIG, encoding="utf-8")
    for name in ("X_BEARER_TOKEN", "ALERT_URLS"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        options = ["--config", str(tmp_path / "congresses.yaml"), "--data", str(tmp_path / "data")]
        monkeypatch.setattr(sys, "argv", ["congress", *options, *arguments])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_check_shows_what_would_be_followed_in_the_congresss_zone(congress):
    code, out, _ = congress("check", "ash-2026")
    assert 0 == code
    assert "2026-12-05 00:00 CST to 2026-12-23 00:00 CST" in out
    assert "#ash26, #ash2026" in out
    assert "(#ash26 OR #ash2026) -is:retweet -is:nullcast" in out


def test_check_answers_a_machine_in_json(congress):
    code, out, _ = congress("--json", "check", "ash-2026")
    assert (0, ["#ash26", "#ash2026"]) == (code, json.loads(out)["hashtags"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["check", "ash-2062"], 'unknown congress "ash-2062" (did you mean "ash-2026"?)'),
        (["nonsense"], "No such command 'nonsense'"),
        (["import", "nowhere.jsonl", "--congress", "ash-2026"], "nowhere.jsonl: not found"),
        (["import", "x.csv", "--congress", "ash-2026", "--map", "text"], "write it as OURS=THEIRS"),
        (["replay", "nowhere.tape", "--congress", "ash-2026"], "nowhere.tape: not found"),
        (["demo", "--speed", "0"], "0.0 is not in the range x>0"),
        (["alerts", "test"], "no channel: name one in .env as ALERT_URLS"),
        (["bench", "signals"], "bench signals wants --labelled DIR"),
        (["correct", "role", "1", "hcp", "--platform", "x", "--reviewer", "jane"], "nothing was collected"),
    ],
)
def test_used_wrongly_it_says_so_in_one_line_and_exits_with_2(congress, arguments, said):
    code, out, err = congress(*arguments)
    assert 2 == code
    assert said in err
    assert "Traceback" not in out + err


def test_status_before_anything_was_collected_says_how_to_start(congress):
    code, _, err = congress("status")
    assert (1, True) == (code, "start with: congress run" in err)


def test_an_import_prints_its_counts_and_names_the_rejected_line(congress):
    path = shared_data("payloads", "x", "twarc-csv", "streaming_output_with_error.jsonl")
    code, out, err = congress("--json", "import", str(path), "--congress", "ash-2026")
    assert 0 == code
    assert 1 == json.loads(out)["rejected"]
    assert f"{path}:8: " in err
    code, out, _ = congress("--json", "status")
    assert 7 <= json.loads(out)["congresses"][0]["post_count"]


def test_a_tape_replayed_twice_gives_the_same_counts(congress, tmp_path):
    world = World(5)
    with TapeWriter(tmp_path / "demo.tape") as tape:
        tape.write(payload for payload, _ in zip(world.payloads(), range(600), strict=False))
    answers = [congress("--json", "replay", str(tmp_path / "demo.tape"), "--congress", "demo-2026") for _ in range(2)]
    counts = [json.loads(out)["congresses"] for _, out, _ in answers]
    assert [0, 0] == [code for code, _, _ in answers]
    assert counts[0] == counts[1]
    assert 100 < counts[0][0]["post_count"]


def test_link_says_which_abstract_and_by_which_words(congress, tmp_path):
    (tmp_path / "posts.jsonl").write_text('{"id": "1", "text": "See abstract 112 #ASH26", "congress": "ash-2026"}\n')
    (tmp_path / "catalogue.csv").write_text("number,title\n112,Venetoclax in older patients\n")
    code, out, _ = congress(
        "link", str(tmp_path / "posts.jsonl"), "--congress", "ash-2026", "--catalog", str(tmp_path / "catalogue.csv")
    )
    found = json.loads(out)
    assert (0, "1", ["112"]) == (code, found["id"], [each["number"] for each in found["abstracts"]])
    assert {"number", "tier", "rule", "evidence"} <= found["abstracts"][0].keys()


def test_roles_says_what_an_author_is_and_by_which_words(congress, tmp_path):
    (tmp_path / "bios.jsonl").write_text('{"handle": "@a", "display_name": "Ann Lee, MD", "bio": "Hematologist"}\n')
    code, out, _ = congress("roles", str(tmp_path / "bios.jsonl"))
    found = json.loads(out)
    assert (0, "@a", "hcp") == (code, found["handle"], found["role"])
    assert found["evidence"]


def test_catalog_check_names_each_bad_line(congress, tmp_path):
    (tmp_path / "bad.csv").write_text("number,title,starts_at\n1,A title,yesterday\n,No number,\n")
    code, _, err = congress("catalog", "check", str(tmp_path / "bad.csv"))
    assert 2 == code
    assert ["bad.csv:2", "bad.csv:3"] == [line.split(": ")[0].rpartition("/")[2] for line in err.splitlines()]


def test_a_correction_is_kept_and_a_relink_leaves_it_standing(congress, tmp_path):
    (tmp_path / "posts.csv").write_text("text,created_at,id\nAbstract 112 #ASH26,2026-12-12T18:00:00Z,p1\n")
    assert 0 == congress("import", str(tmp_path / "posts.csv"), "--congress", "ash-2026")[0]
    said = ["--congress", "ash-2026", "--verdict", "accept", "--reviewer", "jane"]
    with_post = next(iter(post_ids(tmp_path)))
    assert 0 == congress("correct", "mention", with_post, "112", *said)[0]
    code, out, _ = congress("--json", "relink", "ash-2026")
    assert (0, 1) == (code, json.loads(out)["posts read"])


def post_ids(folder) -> list[str]:
    from pipelines.store.database import Store

    with Store(folder / "data" / "pulse.duckdb") as store:
        return store.reader.ask("SELECT post_id FROM matches")["post_id"].to_pylist()
