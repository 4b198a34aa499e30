"""``congress recap`` and ``congress export`` as a person types them."""

from __future__ import annotations

import csv
import io
import json
import sys

import orjson
import pyarrow.parquet as pq
import pytest

from pipelines.cli import main, send
from pipelines.export import EXPORTS
from pipelines.model import Batch, Deletion
from pipelines.reads import READS
from pipelines.recap.write import FORMATS
from pipelines.store.database import Store
from tests.recap.conftest import LAST_YEAR, at, fill
from tests.records import YAML, congress

MORE = """\
  ash-2025:
    name: ASH 2025
    society: American Society of Hematology
    city: Orlando
    timezone: America/Chicago
    starts_on: 2025-12-06
    ends_on: 2025-12-09
    hashtags: [ASH25]
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("command")
    (made / "congresses.yaml").write_text(f"{YAML}{MORE}", encoding="utf-8")
    society = {"society": "American Society of Hematology"}
    with Store(made / "data" / "pulse.duckdb") as store:
        store.fold_congresses([congress(**society), congress(**LAST_YEAR | society)])
        fill(store)
    return made


@pytest.fixture
def run(folder, monkeypatch, capfdbinary):
    for name in ("ALERT_URLS", "DIGEST_AT"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        options = ["--config", str(folder / "congresses.yaml"), "--data", str(folder / "data")]
        monkeypatch.setattr(sys, "argv", ["congress", *options, *arguments])
        try:
            main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        out, err = capfdbinary.readouterr()
        return code, out.decode(errors="replace"), err.decode()

    return call


AS_OF = ("--as-of", "2026-12-20T06:00")


def test_a_recap_is_made_checked_and_found_wanting_after_a_deletion(run, folder, tmp_path):
    out = tmp_path / "recap"
    code, said, err = run("--json", "recap", "ash-2026", "--out", str(out), "--formats", "html,data", *AS_OF)
    told = json.loads(said)
    assert (0, "ash-2025", "2026-12-20T12:00:00Z") == (code, told["compared with"], told["as_of"])
    assert ["html: written", "data: written"] == err.splitlines()
    code, said, _ = run("--json", "recap", "verify", str(out))
    assert (0, "yes") == (code, json.loads(said)["may be sent"])
    with Store(folder / "data" / "pulse.duckdb") as store:
        store.fold(Batch([Deletion("x", "post", "1198", at(600))]))
    code, said, err = run("--json", "recap", "verify", str(out))
    assert (1, 1) == (code, json.loads(said)["gone since"])
    assert err.startswith("x 1198: deleted at 2027-01-06 06:00 UTC; it stands here")


def test_who_took_a_recap_or_a_table_stands_in_the_audit(run):
    run("export", "gaps", "--congress", "ash-2026")
    code, said, _ = run("--json", "audit", "show", "--limit", "1")
    assert (0, True) == (code, "note_export" in said)


def test_a_day_in_brief_is_a_page_and_words(run, tmp_path):
    code, _, _ = run("recap", "digest", "ash-2026", "--day", "2026-12-13", "--out", str(tmp_path / "daily"), *AS_OF)
    assert (0, ["ash-2026-2026-12-13.pdf", "ash-2026-2026-12-13.txt"]) == (
        code,
        sorted(each.name for each in (tmp_path / "daily").iterdir()),
    )


def test_help_says_how_a_recap_is_made_and_checked(run):
    code, said, _ = run("recap", "--help")
    assert 0 == code
    assert all(
        word in said for word in ("--formats", "--as-of", "--compare", "--template", "--window", "verify", "digest")
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["recap", "ash-2026"], "Missing option '--out'"),
        (["recap", "ash-2062", "--out", "x"], 'unknown congress "ash-2062"; there are: ash-2025, ash-2026'),
        (["recap", "ash-2026", "--out", "x", "--formats", "docx"], '--formats "docx": choose of pptx, xlsx, pdf, html, data'),
        (["recap", "ash-2026", "--out", "x", "--window", "2026-12-18..2026-12-19"], "nothing was collected in 18 to 19 December 2026"),
        (["recap", "ash-2026", "--out", "x", "--as-of", "tomorrow"], '"tomorrow" is no moment'),
        (["recap", "ash-2026", "--out", "x", "--as-of", "2026-01-01"], "after --as-of"),
        (["recap", "ash-2026", "--out", "x", "--compare", "ash-2026"], "not compared with itself"),
        (["recap", "verify", "nowhere"], "nowhere: holds no recap"),
        (["recap", "digest", "ash-2026"], "say where to: --out DIR, --send, or both"),
        (["recap", "digest", "ash-2026", "--send"], "no channel: name one in .env"),
        (["export", "--congress", "ash-2026"], "name a read, or a chart with --chart"),
        (["export", "audit", "--congress", "ash-2026"], 'no read "audit" to export; there are: '),
        (["export", "gaps", "--congress", "ash-2026", "--format", "png"], '--format "png": of a table choose csv, parquet, json'),
        (["export", "gaps", "--congress", "ash-2026", "--param", "x"], "write it as NAME=VALUE"),
        (["export", "gaps", "--congress", "ash-2026", "--param", "x=1"], "gaps: unknown parameter x"),
        (["export", "--chart", "voices", "--format", "csv", "--congress", "ash-2026"], "of a chart choose png, svg"),
    ],
)  # fmt: skip
def test_used_wrongly_it_says_so_and_writes_nothing(run, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = (
        arguments
        if "--as-of" in arguments or arguments[1] == "verify" or arguments[0] == "export"
        else [*arguments, *AS_OF]
    )
    code, out, err = run(*given)
    assert (2, "") == (code, out)
    assert said in err
    assert [] == list(tmp_path.iterdir())


def test_a_table_leaves_as_csv_json_or_parquet_with_the_same_rows(run, tmp_path):
    asked = ("export", "volume", "--congress", "ash-2026", *AS_OF)
    _, text, _ = run(*asked)
    _, objects, _ = run(*asked, "--format", "json")
    run(*asked, "--format", "parquet", "--out", str(tmp_path / "sub" / "volume.parquet"))
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    counts = [int(row["post_count"]) for row in rows]
    assert 206 <= sum(counts) <= 207
    assert counts == [orjson.loads(line)["post_count"] for line in objects.splitlines()]
    assert counts == pq.read_table(tmp_path / "sub" / "volume.parquet")["post_count"].to_pylist()


def test_exported_posts_keep_the_rules(run):
    _, said, _ = run(
        "export", "browse", "--congress", "ash-2026", "--format", "json", "--param", "order=engaged", *AS_OF
    )
    rows = [orjson.loads(line) for line in said.splitlines()]
    assert not {"1", "2", "4", "7"} & {row["post_id"] for row in rows}
    for row in rows:
        if row["role"] not in ("hcp", "society"):
            assert not row["handle"]
            assert not row["text"]
            assert "h_someone" not in row["url"]


@pytest.mark.parametrize(("form", "begins"), [("png", "\ufffdPNG"), ("svg", "<svg")])
def test_a_single_chart_leaves_as_a_picture(run, form, begins):
    code, said, _ = run("export", "--chart", "volume", "--congress", "ash-2026", "--format", form, *AS_OF)
    assert (0, True) == (code, said.startswith(begins))


def test_what_may_be_exported_are_reads_and_no_queue_of_the_desk_or_audit_is_among_them():
    assert READS.keys() >= EXPORTS
    assert not [name for name in EXPORTS if "case" in name or "audit" in name or "certificate" in name]


def test_formats_of_the_command_are_those_that_are_written():
    assert FORMATS == send.FORMATS
