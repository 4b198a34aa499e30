"""What leaves the house: cells, links and lines made safe, names hidden, keywords and products found."""

from __future__ import annotations

import csv
import io

import pyarrow as pa

from pipelines.matching import Matcher
from pipelines.model import Post
from pipelines.privacy import Mask
from pipelines.recap import clean
from pipelines.recap.glyphs import drawable, drawn
from pipelines.recap.tables import _neutral
from tests.fuzz.holding import AT, encodable
from tests.records import congress

TRACED = (
    "pipelines.recap.clean",
    "pipelines.recap.glyphs",
    "pipelines.privacy",
    "pipelines.matching",
    "pipelines.hashtags",
)
_MASK = Mask(b"0123456789abcdef")
_MATCHER = Matcher([congress(keywords=("late breaking", "Straße"))])


def seeds() -> list[bytes]:
    return [
        each.encode()
        for each in (
            "=1+1", "\t@SUM(A1)", "https://a.org/?b=c", "http://user@h:99999/", "a\u202eb\ufeff\r\nc", "x" * 400, "LATE BREAKING #ASH26 ＃ＡＳＨ２６",
            "STRASSE #ash2026·", "\ufffe\U0001fffe👩🏽‍⚕️", "http://[::1]:1/",
        )
    ]  # fmt: skip


def run(data: bytes) -> None:
    text = _text(data)
    for job in (clean.clean, clean.line, clean.whole, clean.link):
        kept = job(text)
        assert kept == job(kept)
        encodable(kept)
    assert len(clean.line(text, 40)) <= 40
    assert not str(clean.safe_cell(clean.clean(text))).startswith(clean.RISKY)
    assert [clean.safe_cell(clean.clean(text))] == _neutral(pa.table({"a": [clean.clean(text)]}))["a"].to_pylist()
    out = io.StringIO()
    csv.writer(out).writerow([clean.safe_cell(clean.clean(text)), 1])
    out.seek(0)
    assert 1 == len(list(csv.reader(out)))
    assert drawable(drawn(clean.clean(text)))
    _private(clean.clean(text))
    _MATCHER.matches(Post("x", "1", "1", "a", text, AT, AT))


def _text(data: bytes) -> str:
    """Bytes as text; lone surrogates where their bytes stand there."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "replace")


def _private(text: str) -> None:
    """Nothing of a private person's words or name stands in the masked row."""
    row = {
        "platform": "bluesky",
        "role": "patient_advocate",
        "author_id": text,
        "handle": text,
        "display_name": text,
        "text": text,
        "bio": text,
        "url": "u",
    }
    (masked,) = _MASK.over(pa.Table.from_pylist([row])).to_pylist()
    assert masked["masked"]
    if len(text) > 20:
        assert not any(text in str(value) for value in masked.values())
