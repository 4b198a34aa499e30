"""Files that people import: told apart by their content, tables by their columns, times as exports write them."""

from __future__ import annotations

import asyncio
import gzip
import tempfile
from pathlib import Path
from zoneinfo import ZoneInfo

from pipelines.errors import InputError
from pipelines.sources.files.source import FileSource
from pipelines.sources.files.table import NAMES, read_mapping
from pipelines.sources.files.times import BadTime, read_time
from tests.fuzz.holding import lines_of, recorded, said, storable

TRACED = ("pipelines.sources.files", "pipelines.sources.x.compliance")
_FOLDER = Path(tempfile.gettempdir())

_TABLE = (
    "text,created_at,url,handle,likes,followers,platform\n"
    '"see #ASH26, https://a.org",2026-12-12T18:00:00Z,https://x.com/b/status/5,@b,"1,234",7,twitter\n'
    "second;part,Sat Dec 12 18:00:00 +0000 2026,,c,2.0,,LinkedIn\n"
)


def seeds() -> list[bytes]:
    own = [
        _TABLE.encode(),
        b"\xef\xbb\xbf" + _TABLE.replace(",", ";").encode(),
        _TABLE.encode("utf-16"),
        gzip.compress(_TABLE.encode()),
        b'text\tcreated_at\n"a\nb"\t12/11/2026 10:00\n',
        b'{"id":"5","action":"delete","reason":"deleted","created_at":"2026-01-01T00:00:00.123Z"}\n',
        b'{"did":"did:plc:a","time_us":1,"kind":"identity","identity":{"handle":"a.b"}}\n',
        b'{"data":[{"id":"1999900000000000001","text":"t","author_id":"7"}]}\n',
        b"\x00Fri, 11 Dec 2026 10:00:00 +0100",
        b"\x01%d %b %Y %H:%M\x0011 Dec 2026 10:00",
        b"\x02text=Full Text\ntime=Date\nlikes=Likes",
    ]
    return own + lines_of(recorded("payloads", "x", "twarc-csv"), 1, 4_000)


def run(data: bytes) -> None:
    words = data[1:].decode("utf-8", "replace")
    if data[:1] == b"\x00":
        _time(words, None)
    elif data[:1] == b"\x01":
        layout, _, written = words.partition("\0")
        _time(written, layout or None)
    elif data[:1] == b"\x02":
        _mapping(words)
    else:
        _import(data)


def _time(written: str, layout: str | None) -> None:
    for zone in (None, ZoneInfo("America/Chicago")):
        try:
            assert read_time(written, zone, layout).tzinfo is None
        except BadTime as error:
            said(error)


def _mapping(words: str) -> None:
    try:
        assert set(read_mapping(words.splitlines())) <= set(NAMES)
    except InputError as error:
        said(error)


def _import(data: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=_FOLDER) as file:
        file.write(data)
        file.flush()
        try:
            source = FileSource(Path(file.name), timezone="UTC")
            records = asyncio.run(_records(source))
        except InputError as error:
            said(error)
            return
        packed = 1_000 if data.startswith(b"\x1f\x8b") else 1  # how far deflate can stretch
        storable(records, packed * len(data))


async def _records(source: FileSource) -> list:
    return [record async for arrival in source.events(None) for record in arrival.records]
