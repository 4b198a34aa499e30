"""A recap as a folder: all of it or nothing, the same bytes twice, and checked again before it is sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipelines.asking import StoredReads
from pipelines.errors import InputError
from pipelines.model import AccountState, Batch, Deletion
from pipelines.recap.build import build
from pipelines.recap.verify import NOT_LISTED, verify
from pipelines.recap.write import MANIFEST, files_in, shown_posts, write_recap
from pipelines.store.database import Store
from tests.recap.conftest import AS_OF, at, fill
from tests.records import role


@pytest.fixture(scope="module")
def made(recap, reads, tmp_path_factory):
    out = tmp_path_factory.mktemp("out") / "recap"
    return out, write_recap(recap, reads, out)


def test_every_format_is_there_and_named_in_the_manifest(made):
    out, manifest = made
    expected = {
        "ash-2026-recap.pptx",
        "ash-2026-recap.xlsx",
        "ash-2026-recap.pdf",
        "ash-2026-recap.html",
        "shown-posts.parquet",
        "data/posts.csv",
    }
    assert expected <= {*manifest["files"]}
    assert sorted(manifest["files"]) == files_in(out)
    assert manifest == json.loads((out / MANIFEST).read_text())
    assert 207 == manifest["figures"]["post_count"]["value"]


def test_the_same_store_and_version_give_the_same_bytes_of_every_file(made, reads, this, before, window, tmp_path):
    out, _ = made
    write_recap(build(reads, this, window, AS_OF, "1.2.3", before), reads, tmp_path / "again")
    for name in [*files_in(out), MANIFEST]:
        assert (out / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name


def test_a_later_recap_replaces_an_earlier_one_and_nothing_else(recap, reads, tmp_path):
    out = tmp_path / "recap"
    write_recap(recap, reads, out, ["html", "data"])
    (out / "my notes.txt").write_text("mine")
    write_recap(recap, reads, out, ["pdf"])
    assert ["ash-2026-recap.pdf", "my notes.txt", "shown-posts.parquet"] == files_in(out)
    assert [] == [each.name for each in tmp_path.iterdir() if each.name != "recap"]


def test_a_failing_format_leaves_the_earlier_recap_whole(recap, reads, tmp_path):
    out = tmp_path / "recap"
    write_recap(recap, reads, out, ["html"])
    before = {name: (out / name).read_bytes() for name in files_in(out)}
    (tmp_path / "broken.potx").write_bytes(b"no template")
    with pytest.raises(InputError):
        write_recap(recap, reads, out, ["pptx", "html"], tmp_path / "broken.potx")
    assert before == {name: (out / name).read_bytes() for name in files_in(out)}
    assert verify(out, reads, AS_OF).whole


def test_a_manifest_that_points_elsewhere_removes_nothing_there(recap, reads, tmp_path):
    out, other = tmp_path / "recap", tmp_path / "other.txt"
    other.write_text("not yours")
    out.mkdir()
    (out / MANIFEST).write_text(json.dumps({"files": {"../other.txt": {}, str(other): {}}}))
    write_recap(recap, reads, out, ["html"])
    assert "not yours" == other.read_text()


def test_a_deck_alone_shows_what_it_quotes_and_links_and_a_workbook_every_post(recap):
    voices = sum(bool(each.url) for each in recap.voices)
    few, every = shown_posts(recap, ["pptx"]), shown_posts(recap, ["pptx", "xlsx"])
    quoted = len({each.post_id for each in (*recap.notable, *recap.questions)})
    assert quoted <= few.num_rows <= quoted + voices
    assert recap.post_links.num_rows == every.num_rows
    assert quoted == sum(few["quoted"].to_pylist()) == sum(every["quoted"].to_pylist())


def test_an_untouched_recap_may_be_sent(made, reads):
    found = verify(made[0], reads, AS_OF)
    assert (True, 203) == (found.whole, found.shown)


def test_what_was_deleted_hidden_or_corrected_since_is_named(this, before, window, tmp_path):
    with Store(None) as store:
        store.fold_congresses([this, before])
        fill(store)
        reads = StoredReads(store, AS_OF)
        recap = build(reads, this, window, AS_OF, "1.2.3")
        write_recap(recap, reads, tmp_path / "recap", ["html", "data"])
        quoted = recap.notable[0].post_id
        store.fold(
            Batch([Deletion("x", "post", quoted, at(500)), AccountState("x", "someone1", False, at(501), "suspended")])
        )
        store.fold(Batch(roles=[role("someone2", "patient_advocate", decided_at=at(502), decided_by="ann")]))
        found = verify(tmp_path / "recap", reads, at(600))
    why = {each.post_id: (each.why, each.gone_at, each.quoted) for each in found.gone}
    assert ("deleted", at(500), True) == why[quoted]
    assert ("account suspended", at(501), False) in why.values()
    assert (NOT_LISTED, None, False) in why.values()
    assert not found.whole


def test_files_that_changed_or_are_missing_are_named(recap, reads, tmp_path):
    out = tmp_path / "recap"
    write_recap(recap, reads, out, ["html", "data"])
    (out / "data" / "gaps.csv").write_text("nothing")
    (out / "data" / "hours.csv").unlink()
    (out / "notes.txt").write_text("mine")
    found = verify(out, reads, AS_OF)
    assert (("data/gaps.csv",), ("data/hours.csv",), ("notes.txt",)) == (found.changed, found.missing, found.added)
    assert not found.whole


@pytest.mark.parametrize("content", [None, "", "[]", '{"files": {}}'])
def test_a_folder_without_a_recap_is_said_to_be_none(content, reads, tmp_path):
    if content is not None:
        (tmp_path / MANIFEST).write_text(content)
    with pytest.raises(InputError, match=r"holds no recap|cannot be read as the manifest"):
        verify(tmp_path, reads, AS_OF)


def test_a_day_is_a_page_and_words(recap, reads, this, tmp_path):
    from pipelines.recap.daily import day_of, subject_of, write_day
    from pipelines.recap.window import window_of

    day = build(reads, this, window_of(this, "2026-12-13", AS_OF), AS_OF, "1.2.3")
    page, words = write_day(day, tmp_path)
    assert ("ash-2026-2026-12-13.pdf", b"%PDF") == (page.name, page.read_bytes()[:4])
    assert "ASH 2026: Sunday 13 December 2026 in brief" == subject_of(day)
    assert f"{day.kpis[0].value}" in words.read_text()
    assert "2026-12-15" == f"{day_of(this, AS_OF)}"
    again = write_day(replace(day), tmp_path / "again")
    assert page.read_bytes() == again[0].read_bytes()
