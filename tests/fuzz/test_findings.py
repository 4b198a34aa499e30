"""What the fuzzing found, each with the least input that showed it; ``README.md`` tells the stories."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pipelines.abstracts.catalogue import read_catalogue
from pipelines.abstracts.crossref import JOURNALS, _abstract
from pipelines.abstracts.posts_file import read_post
from pipelines.access import Access, person_of
from pipelines.congresses import Product, load, load_access
from pipelines.desk.misspelt import Misspelt
from pipelines.errors import ConfigError, InputError, UsageError
from pipelines.model import Author
from pipelines.reads import answer
from pipelines.recap.verify import MANIFEST, read_manifest
from pipelines.recap.write import _earlier
from pipelines.sources.bluesky.profiles import _count
from pipelines.sources.bluesky.wire import MAX_BYTES
from pipelines.sources.files.formats import detect
from pipelines.sources.files.table import open_table
from pipelines.sources.files.times import BadTime, read_time
from pipelines.sources.parsers import PARSERS
from pipelines.sources.scrub import Doomed, scrub
from pipelines.sources.x.payload import parse
from pipelines.store.database import Store
from pipelines.store.serve import _asked
from tests.abstracts.rooms import linker
from tests.fuzz import bluesky, x
from tests.fuzz.holding import AT
from tests.records import YAML, congress, post


def seconds(job: Callable[[], object]) -> float:
    """Processor time of the quickest of three runs: what else runs on the machine does not count."""
    found = []
    for _ in range(3):
        begun = time.process_time()
        job()
        found.append(time.process_time() - begun)
    return min(found)


def test_a_word_of_a_million_letters_is_no_misspelt_product():
    near = Misspelt(congress(products=(Product(name="Ozempic"),)))
    assert seconds(lambda: near.mentions(post(text="o" * 1_000_000))) < 1


def test_a_link_that_says_supplement_a_thousand_times_is_read_in_its_own_length():
    links = linker("asco-2026")._links
    assert seconds(lambda: list(links.named("", ["https://asco.org/" + "supplement" * 5_000]))) < 1


def test_the_links_of_an_x_biography_are_written_out_once():
    twice = [{"url": "https://t.co/a", "expanded_url": "https://t.co/a https://t.co/a"}] * 30
    user = {"id": "1", "username": "u", "description": "https://t.co/a", "entities": {"description": {"urls": twice}}}
    (author,) = (each for each in parse(orjson.dumps({"data": user}), AT).records if isinstance(each, Author))
    assert "https://t.co/a https://t.co/a" == author.bio


@pytest.mark.parametrize("layout", ["%d %d", "%"])
def test_a_time_format_that_is_no_pattern_is_said_to_be_none(layout):
    with pytest.raises(BadTime, match="time_format"):
        read_time("1 1", None, layout)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("number,title," + "x" * 200_000 + "\n1,a,b\n", "cannot be read as CSV"),
        ("number,title,starts_at\n1,a,0001-01-01T00:00:00+14:00\n", "out of range"),
        ('[{"number":1,"title":' + "[" * 900 + "]" * 900 + "}]", "a text or a list of texts"),
        ('[{"number":1,"title":' + '{"a":' * 1_000 + "1" + "}" * 1_000 + "}]", "a text or a list of texts"),
    ],
)
def test_a_catalogue_gone_wrong_is_named_by_its_line(tmp_path, text, said):
    (tmp_path / "c.csv").write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_catalogue(tmp_path / "c.csv", "ash-2026")


def test_what_nests_under_a_column_that_is_not_read_is_passed_over(tmp_path):
    (tmp_path / "c.json").write_text('[{"number":1,"title":"T","more":{"a":[1]}}]')
    assert ["1"] == [each.number for each in read_catalogue(tmp_path / "c.json", "ash-2026")]


@pytest.mark.parametrize(
    "given",
    [b'{"id":"1","text":"t","created_at":"0001-01-01T00:00:00+14:00"}', b'{"id":"1","text":"t","platform":[[]]}'],
)
def test_a_post_to_link_with_an_impossible_time_or_platform_is_refused(given):
    with pytest.raises(InputError, match="line 1"):
        read_post(1, given, congress())


@pytest.mark.parametrize(
    "work", [{"author": [[1]]}, {"title": [["t"]]}, {"clinical-trial-number": {"a": 1}}, {"title": 3}]
)
def test_a_record_of_crossref_of_another_shape_costs_itself_at_most(work):

    record = {"DOI": "10.1/1", "title": ["T"], **work}
    found = _abstract(record, "ash-2026", JOURNALS["ash"], re.compile(r"10\.1/(?P<n>\d)"))
    assert found is None or "T" == found.title


def test_a_table_whose_heading_is_endless_is_no_table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('text,created_at,"' + "x" * (33 << 20))
    with pytest.raises(InputError, match=r"t\.csv"):
        open_table(path, {}, None, AT)


def test_a_command_nested_without_end_or_with_half_a_character_is_refused():
    for body in (b"[" * 60_000, b'{"person":{"name":"\\ud800","role":"admin"},"params":{}}'):
        with pytest.raises(UsageError):
            _asked(body)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minutes", "99999999999999999999"),
        ("minutes", "-1"),
        ("minutes", "1" * 5_000),
        ("as_of", "0001-01-01"),
        ("as_of", "9999-12-31T23:59:59-14:00"),
    ],
)
def test_a_parameter_that_no_clock_can_count_with_is_refused(name, value):
    with Store(None) as store, pytest.raises(UsageError, match=name):
        answer(store.reader, "overview", {"congress_id": "a", "minutes": "60", name: value}, AT)


def test_a_moment_with_a_zone_is_asked_for_in_utc():
    with Store(None) as store:
        params = {"congress_id": "a", "minutes": "60"}
        here = answer(store.reader, "overview", {**params, "as_of": "2026-12-12T18:00:00"}, AT)
        there = answer(store.reader, "overview", {**params, "as_of": "2026-12-12T12:00:00-06:00"}, AT)
    assert here.to_pylist() == there.to_pylist()


@pytest.mark.parametrize("name", ["a" * 5_000, "Europe", "a\0b", "\ud800", "../../etc/passwd", "#"])
def test_a_zone_that_a_browser_makes_up_is_utc(name):
    from dashboard.selection import zone_named

    assert "UTC" == zone_named(name).key


def test_a_stream_that_says_to_come_again_in_the_next_geological_age_is_asked_again_soon():
    x.run(b"\x01" + b"9" * 400)
    told, wait = x.answered(b"\x01" + b"9" * 400)
    assert ["rate limit reached"] == [each.cause for each in told]
    assert 0 < wait <= 900


def test_a_line_of_the_stream_without_an_end_is_given_up():
    import random
    from contextlib import nullcontext

    from pipelines.sources.x.stream import LONGEST_LINE, Down, StreamLoop

    class Endless:
        status, headers = 200, {}

        def chunks(self):
            while True:
                yield [b"x" * (1 << 20)]

        def abort(self):
            pass

    told: list = []
    loop = StreamLoop(
        lambda: nullcontext(Endless()), lambda: None, told.append, jitter=random.Random(1), now=lambda: AT
    )
    loop._live_once()
    assert ["a line without an end"] == [each.cause for each in told if isinstance(each, Down)]
    assert LONGEST_LINE >= 1 << 20


def test_a_message_in_ever_more_parts_is_given_up():
    import asyncio

    part = b"\x00\x7f" + (1 << 20).to_bytes(8, "big") + b"x" * (1 << 20)

    async def sent() -> tuple[int, str]:
        line = bluesky.line()
        for _ in range((MAX_BYTES >> 20) + 2):
            line.data_received(part)
        return sum(map(len, line._parts)), line._fault

    held, fault = asyncio.run(sent())
    assert held <= MAX_BYTES
    assert "larger" in fault


def test_a_count_that_no_column_holds_is_none():
    assert (5, None, None) == tuple(_count({"n": each}, "n") for each in (5, 1 << 70, -1))


@pytest.mark.parametrize("depth", [300, 700])
def test_a_deleted_post_goes_from_a_tape_also_beside_one_that_is_nested_deeply(tmp_path, depth):
    path = tmp_path / "a.tape"
    nested = b"[" * depth + b"]" * depth
    path.write_bytes(
        b'{"at":"2026-12-12T18:00:00","source":"x","payload":{"data":[{"id":"5","text":"secret","created_at":'
        b'"2026-12-12T18:00:00Z"},{"id":"6","text":"t","created_at":"2026-12-12T18:00:00Z","z":' + nested + b"}]}}\n"
    )
    assert 1 == scrub(path, Doomed(frozenset([("x", "5")]), {}), PARSERS)
    assert b"secret" not in path.read_bytes()


def test_groups_that_are_no_list_of_names_are_none():
    for groups in (5, True, {"a": 1}, [1, None]):
        assert "nobody" == person_of({"groups": groups}, Access(viewers=("group:ops",))).role


@pytest.mark.parametrize(
    "text", ["abc", "[a, b]", "3", "- - -", "? [a]\n: b\n", "congresses: {? [a] : b}\naccess: {? {b: c} : d}\n"]
)
def test_a_file_that_is_no_list_of_keys_says_so(tmp_path, text):
    path = tmp_path / "congresses.yaml"
    path.write_text(text)
    for read in (load, load_access):
        try:
            read(path)
        except ConfigError as error:
            assert "congresses.yaml:" in str(error)  # noqa: PT017
    with pytest.raises(ConfigError):
        load(path)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("city: !!bool perhaps", None),
        ("city: !!timestamp soon", None),
        ("city: !!python/object:os.system x", None),
        ("city: !!int ''", "city"),
        ('city: "\\uD800"', "city"),
        ("days_before: 999999999", "0 to 366"),
        ("retention_days: 99999999999", "a hundred years"),
    ],
)
def test_a_value_that_yaml_or_the_calendar_cannot_build_is_a_word_or_a_mistake(tmp_path, line, said):
    path: Path = tmp_path / "congresses.yaml"
    key = line.partition(":")[0]
    kept = [each for each in YAML.splitlines() if not each.strip().startswith(f"{key}:")]
    path.write_text("\n".join([*kept, f"    {line}", ""]))
    if said is None:
        assert ["ash-2026"] == list(load(path))
    else:
        with pytest.raises(ConfigError, match=said) as found:
            load(path)
        str(found.value).encode()


def test_a_congress_of_another_age_is_a_mistake(tmp_path):
    path = tmp_path / "congresses.yaml"
    path.write_text(YAML.replace("2026-12-12", "0001-01-01"))
    with pytest.raises(ConfigError, match="2000 to 2200"):
        load(path)


NESTED = b"[" * 1_000 + b"]" * 1_000


def test_what_is_nested_too_deeply_to_be_shown_is_refused_without_being_shown(tmp_path):
    with pytest.raises(InputError, match="created_at"):
        read_post(1, b'{"id":"1","text":"t","created_at":' + NESTED + b"}", congress())
    with pytest.raises(UsageError, match="role"):
        _asked(b'{"person":{"name":"Ann","role":' + NESTED + b'},"params":{}}')
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"$type":' + NESTED + b"}\n")
    with pytest.raises(InputError, match="not recognised"):
        detect(path)
    record = {"DOI": "10.1/1", "title": ["T"], "author": [{"given": orjson.loads(NESTED), "family": "Lee"}]}
    found = _abstract(record, "ash-2026", JOURNALS["ash"], re.compile(r"10\.1/(?P<n>\d)"))
    assert found is not None
    assert "Lee" == found.presenter


@pytest.mark.parametrize("slug", ["0226-1-12T10Z", "2026-1-12T1000Z", "2026-10-12T10Z", "٢٠٢٦-10-12T1000Z"])
def test_a_moment_that_would_not_stand_so_in_a_link_is_none(slug):
    from dashboard.selection import moment_of, slug_of

    assert moment_of(slug) is None
    assert AT == moment_of(slug_of(AT))


@pytest.mark.parametrize("body", [b'{"detail":' + NESTED + b"}", NESTED, b"<html>", b'{"title":5}'])
def test_a_refusal_in_no_words_is_a_refusal(body):
    x.run(b"\x02" + body)
    told, wait = x.answered(b"\x02" + body)
    assert (1, None) == (len(told), wait)
    assert (401, "") == (told[0].status, told[0].detail)


@pytest.mark.parametrize(
    "manifest",
    [
        b"[" * 60_000,
        b'{"about":{"start":5,"end":"2026-12-12","as_of":"2026-12-12"},"congress_id":"a","files":{}}',
        b'{"about":{"start":"2026-12-12","end":"2026-12-12","as_of":"2026-12-12"},"congress_id":"a","files":[5]}',
        b'{"about":{"start":"2026-12-12","end":"2026-12-12","as_of":"2026-12-12"},"congress_id":[],"files":{"\\u0000":1}}',
        b"[]",
    ],
)
def test_the_manifest_of_something_else_is_none_and_removes_nothing(tmp_path, manifest):
    (tmp_path / MANIFEST).write_bytes(manifest)
    with pytest.raises(InputError, match="manifest"):
        read_manifest(tmp_path)
    assert [] == _earlier(tmp_path)
