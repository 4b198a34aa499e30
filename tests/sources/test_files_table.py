from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import pytest

from pipelines.errors import InputError
from pipelines.model import Author, Engagement, Post, Record
from pipelines.sources.files.source import FileSource, Rejected
from pipelines.sources.files.table import read_mapping

MAP = read_mapping(["text=Full Text", "created_at=Date"])


def write(tmp_path: Path, content: str, encoding: str = "utf-8") -> Path:
    path = tmp_path / "export.csv"
    path.write_bytes(content.encode(encoding))
    return path


def read(source: FileSource) -> list[Record]:
    async def collect() -> list[Record]:
        return [record async for arrival in source.events(None) for record in arrival.records]

    return asyncio.run(collect())


def posts(source: FileSource) -> list[Post]:
    return [record for record in read(source) if isinstance(record, Post)]


def test_mapped_columns_become_a_post_its_author_and_its_counts(tmp_path: Path):
    mapping = read_mapping(["text=Full Text", "created_at=Date", "author=Who", "likes=Hearts", "followers=Fans"])
    path = write(tmp_path, 'Date,Full Text,Who,Hearts,Fans\n2026-12-05T14:03:00Z,"#ASH26, now",@Ana,"1,200",50\n')
    author, post, counts = read(FileSource(path, mapping=mapping))
    assert isinstance(author, Author)
    assert ("@ana", "Ana", 50) == (author.author_id, author.handle, author.followers_count)
    assert isinstance(post, Post)
    assert (datetime(2026, 12, 5, 14, 3), "#ASH26, now", ("ash26",)) == (post.created_at, post.text, post.hashtags)
    assert isinstance(counts, Engagement)
    assert 1200 == counts.like_count


def test_importing_twice_gives_the_same_ids_and_two_posts_two(tmp_path: Path):
    path = write(tmp_path, "Date,Full Text\n2026-12-05T14:03Z,one\n2026-12-05T14:03Z,two\n")
    first = [post.post_id for post in posts(FileSource(path, mapping=MAP))]
    assert first == [post.post_id for post in posts(FileSource(path, mapping=MAP))]
    assert 2 == len(set(first))


def test_a_link_to_x_names_platform_post_and_author(tmp_path: Path):
    path = write(tmp_path, "created_at,text,url\n2026-12-05T14:03Z,hi,https://twitter.com/DrAna/status/1850000\n")
    (post,) = posts(FileSource(path))
    assert ("x", "1850000", "@drana") == (post.platform, post.post_id, post.author_id)


@pytest.mark.parametrize("mark", [";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_separators_and_encodings_are_read(tmp_path: Path, mark: str, encoding: str):
    content = mark.join(["Date", "Full Text"]) + "\r\n" + mark.join(["2026-12-05T14:03Z", '"a, ü\nb"']) + "\r\n"
    assert ["a, ü\nb"] == [post.text for post in posts(FileSource(write(tmp_path, content, encoding), mapping=MAP))]


def test_a_time_without_a_zone_asks_for_one_and_is_never_guessed(tmp_path: Path):
    path = write(tmp_path, "Date,Full Text\n2026-12-05 14:03,hi\n")
    with pytest.raises(InputError, match=r"'2026-12-05 14:03' has no zone; say which it is in with --timezone"):
        FileSource(path, mapping=MAP)
    (post,) = posts(FileSource(path, timezone="Europe/Madrid", mapping=MAP))
    assert datetime(2026, 12, 5, 13, 3) == post.created_at


@pytest.mark.parametrize(
    "written",
    ["Sat Dec 05 14:03:00 +0000 2026", "2026-12-05 14:03:00 UTC", "2026-12-05T15:03:00+01:00", "1796479380",
     "Sat, 05 Dec 2026 14:03:00 GMT", "1796479380000"],
)  # fmt: skip
def test_times_with_a_zone_are_read_as_exports_write_them(tmp_path: Path, written: str):
    (post,) = posts(FileSource(write(tmp_path, f'Date,Full Text\n"{written}",hi\n'), mapping=MAP))
    assert datetime(2026, 12, 5, 14, 3) == post.created_at


def test_day_and_month_are_asked_for_where_they_cannot_be_told_apart(tmp_path: Path):
    path = write(tmp_path, "Date,Full Text\n05/12/2026 14:03,hi\n")
    with pytest.raises(InputError, match="which is the day and which the month"):
        FileSource(path, timezone="UTC", mapping=MAP)
    mapping = {**MAP, **read_mapping(["time_format=%d/%m/%Y %H:%M"])}
    assert datetime(2026, 12, 5, 14, 3) == posts(FileSource(path, timezone="UTC", mapping=mapping))[0].created_at


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        (["text"], "write OURS=THEIRS"),
        (["textt=A"], "unknown name 'textt' .did you mean 'text'"),
        (["zzz=A"], "ours are: text, created_at"),
    ],
)
def test_a_wrong_mapping_says_what_is_right(pairs: list[str], message: str):
    with pytest.raises(InputError, match=message):
        read_mapping(pairs)


def test_a_missing_column_names_those_there_are(tmp_path: Path):
    path = write(tmp_path, "When,What\n2026-12-05T14:03Z,hi\n")
    with pytest.raises(InputError, match=r"which column is text and created_at.*its columns are: When, What"):
        FileSource(path)
    with pytest.raises(InputError, match=r"no column 'Who' for 'handle'"):
        FileSource(path, mapping=read_mapping(["text=What", "created_at=When", "author=Who"]))


def test_rows_that_cannot_be_read_are_named_and_the_rest_imported(tmp_path: Path):
    rows = [
        "2026-12-05T14:03Z,good",
        "tomorrow,bad",
        "2026-12-05T14:03Z,",
        "2026-12-05T14:03Z,a,b",
        "2026-12-06T01:00Z,fine",
    ]
    source = FileSource(write(tmp_path, "Date,Full Text\n" + "\n".join(rows)), mapping=MAP)
    assert ["good", "fine"] == [post.text for post in posts(source)]
    expected = [
        Rejected(3, "time 'tomorrow' is not understood; say --map 'time_format=...' in strptime's letters"),
        Rejected(4, "no text"),
        Rejected(5, "3 cells under 2 headings; is a quote missing?"),
    ]
    assert expected == source.report.rejected


def test_an_old_code_page_is_refused_with_what_to_do(tmp_path: Path):
    path = write(tmp_path, "Date,Full Text\n2026-12-05T14:03Z,Zürich\n", "cp1252")
    with pytest.raises(InputError, match="save it as 'CSV UTF-8'"):
        FileSource(path, mapping=MAP)


def test_unknown_zones_are_named(tmp_path: Path):
    with pytest.raises(InputError, match="--timezone Mars: no such zone"):
        FileSource(write(tmp_path, "Date,Full Text\n"), timezone="Mars", mapping=MAP)
