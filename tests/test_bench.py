"""The bench: what a line of its table says, that a filled store is a true one, and that peers answer the same."""

from __future__ import annotations

import json
import sys
from datetime import datetime, timedelta

import pytest
from click.testing import CliRunner

from pipelines.bench import house, peer_answers, soak
from pipelines.bench.fill import EVENING, fill
from pipelines.bench.imports import MISSING
from pipelines.bench.latency import _summary
from pipelines.bench.line import Line, Machine, as_page, as_text
from pipelines.bench.parts import PARTS, PLAIN
from pipelines.bench.reads import questions
from pipelines.bench.table import lines_of
from pipelines.cli import congress
from pipelines.errors import CongressError, UsageError
from pipelines.launch import DATABASE
from pipelines.sources.demo import World
from pipelines.store.database import Store

bench_command = sys.modules["pipelines.cli.bench"]  # in the package the name stands for the module or its command
NOON = datetime(2026, 11, 22, 12)
QUIET = Machine(NOON, 2, 24.0, 0.1, "3.11", "2.0.0", "Linux")


def test_more_a_second_is_better_and_fewer_milliseconds_are():
    assert 4.0 == Line("feed", 400, "events/s", "peer", 100).ratio
    assert 4.0 == Line("read", 100, "ms", "peer", 400).ratio
    assert None is Line("read", 100, "ms").ratio


@pytest.mark.parametrize(
    ("line", "met"),
    [
        (Line("feed", 400, "events/s", "peer", 100, least=4), True),
        (Line("feed", 399, "events/s", "peer", 100, least=4), False),
        (Line("read", 149, "ms", bound=150), True),
        (Line("read", 151, "ms", bound=150), False),
        (Line("read", 149, "ms", "peer", 1_000, least=10, bound=150), False),
        (Line("read", 149, "ms"), None),
        (Line("read", None, "ms", bound=150), None),
        (Line("ticks lost", 0, "%", bound=0), True),
    ],
)
def test_a_goal_is_met_when_ratio_and_bound_hold(line, met):
    assert met is line.met


def test_the_table_and_the_page_hold_every_line_and_say_when_the_machine_is_busy():
    lines = [Line("read", 151, "ms", bound=150), Line("import", 5, "posts/s", "twarc-csv", note=MISSING)]
    busy = Machine(NOON, 2, 24.0, 3.0, "3.11", "2.0.0", "Linux")
    assert "busy" not in as_text(lines, QUIET) + as_page(lines, QUIET, "congress bench")
    for told in (as_text(lines, busy), as_page(lines, busy, "congress bench")):
        assert "the machine is busy (load 3.0 on 2 cores)" in told
        assert "2026-11-22 12:00 UTC" in told
        assert MISSING in told
    assert "| read | 151 | ms |  |  |  | at most 150 ms | no |" in as_page(lines, QUIET, "congress bench")


def test_what_the_bare_command_measures_has_lines_of_its_own():
    assert set(PLAIN) <= set(PARTS)
    found = lines_of("import", {"posts": 5, "stored": 5, "ours": 9, "missing": MISSING})
    assert [(9, None, MISSING)] == [(each.ours, each.theirs, each.note) for each in found]
    rows = {"p50": 10.0, "p95": 20.0}
    sized = {"posts": 100, "ours": {"overview": rows, "all six": rows}, "SQLite": {"overview": rows}}
    told = lines_of(
        "reads", {"100k": sized, "1m": {**sized, "posts": 1_000, "pandas from Parquet": {"overview": {"p50": 99.0}}}}
    )
    assert {("1,000 posts", 150.0, True), ("100 posts", None, None)} == {
        (each.what.split(", ")[1], each.bound, each.met)
        for each in told
        if each.what.startswith("read overview") and each.what.endswith("p95")
    }
    assert [(9.9, False)] == [(each.ratio, each.met) for each in told if each.peer == "pandas from Parquet"]
    assert [1.0, 1.0] == [each.ratio for each in told if each.what.startswith("growth")]


def test_a_post_that_never_showed_waits_until_a_later_one_or_the_end_of_the_watch():
    sent = [NOON + timedelta(seconds=each) for each in range(4)]
    began = (NOON - datetime(1970, 1, 1)).total_seconds() * 1000
    found = _summary({"11": began + 1_500}, sent, 10, began + 9_000)
    assert (4, 3_750) == (found["posts"], found["p50_ms"])  # 1,500; 500; 7,000; 6,000


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    found = fill(folder / "data", 24_000, World(2026))
    with Store(folder / "data" / DATABASE) as store:
        yield folder, found, store


def test_a_filled_store_holds_each_telling_whole_and_apart(filled):
    _, found, store = filled
    counts = store.reader.ask(
        """
        SELECT split_part(post_id, '~', 2) AS telling, count(*) AS posts, count(DISTINCT author_id) AS authors,
            count(*) FILTER (split_part(author_id, '~', 2) <> split_part(post_id, '~', 2)) AS strangers
        FROM matches GROUP BY ALL ORDER BY ALL
        """
    ).to_pylist()
    assert 2 == len(counts)
    assert 1 == len({(each["posts"], each["authors"]) for each in counts})
    assert [0, 0] == [each["strangers"] for each in counts]
    assert found.posts == store.reader.ask("SELECT count(*) AS n FROM matches WHERE visible")["n"][0].as_py()
    assert timedelta(hours=1) > abs(found.as_of - EVENING)
    lost = "SELECT count(*) AS n FROM {0} ANTI JOIN {1} USING (platform, {2})"
    for table, whole, key in (
        ("matches", "posts", "post_id"),
        ("abstract_mentions", "matches", "post_id"),
        ("roles", "authors", "author_id"),
    ):
        assert 0 == store.reader.ask(lost.format(table, whole, key))["n"][0].as_py()


def test_pandas_and_sqlite_answer_the_same(filled):
    folder, found, store = filled
    asks = questions(store.reader, found)
    expected = {name: peer_answers.comparable(name, asks[name]()) for name in peer_answers.ASKED}
    assert all(expected.values())
    peer_answers.export(store.reader, folder / "files")
    for peer in peer_answers.PEERS:
        with peer(folder, found) as ways:
            assert expected == {name: way() for name, way in ways.items()}


def test_a_part_that_cannot_be_measured_here_says_so_and_the_others_are(monkeypatch):
    def missing(_):
        raise UsageError("install chromium")

    monkeypatch.setattr("pipelines.cli.bench.PLAIN", ("latency", "memory"))
    monkeypatch.setitem(bench_command.PARTS, "latency", missing)
    monkeypatch.setitem(bench_command.PARTS, "memory", lambda _: {"posts": 5, "peak_mb": 400.0, "last_mb": 300.0})
    done = CliRunner().invoke(congress, ["--json", "bench"])
    told = json.loads(done.stdout)["lines"]
    assert 0 == done.exit_code
    assert [("latency", None, "install chromium"), ("memory of the collector, 5 posts, most", True, "")] == [
        (each["what"], each["met"], each["note"]) for each in told[:2]
    ]


def test_what_is_forgotten_leaves_file_and_tape_and_retention_leaves_no_post(filled, tmp_path):
    _, told, store = filled
    store.copy_to(tmp_path / DATABASE)
    found = house.clean(tmp_path, World(2026), told.as_of, 4_000)
    assert (2, 0) == (found["files_with_its_words_before"], found["files_with_its_words_after"])
    assert 0 == found["retention_posts_left"]
    assert 0 < found["retention_posts"] < told.posts  # reposts go with what they repost
    assert (tmp_path / "bench.tape").stat().st_size >> 20 == found["tape_mb"]


@pytest.mark.parametrize(("growth", "most", "passed"), [(9, 480.0, True), (11, 480.0, False), (9, 501.0, False)])
def test_a_soak_passes_when_memory_neither_grows_nor_is_large(growth, most, passed):
    samples = [soak.Sample(300_000 + 10_000 * n, 300 + growth * n / 10, 100, n) for n in range(40)]
    found = soak.figures(samples, most, 290.0)
    assert (float(growth), passed) == (found["MB_per_100000_posts_in_the_last_half"], found["passed"])
    page = "\n".join(soak.as_page(found, str(QUIET), 900.0))
    assert found["verdict"][1:] in page
    assert "2026-11-22 12:00 UTC" in page


def test_a_soak_into_which_nothing_came_is_none():
    with pytest.raises(CongressError, match="no post came in"):
        soak.figures([soak.Sample(5, 300.0, 100, n) for n in range(40)], 400.0, 290.0)
