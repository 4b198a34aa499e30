"""Posts read for abstracts: numbers, trials, titles, links in hostile words."""

from __future__ import annotations

from functools import cache

from pipelines.abstracts.linker import Linker
from pipelines.hashtags import hashtags_in
from pipelines.model import Post
from tests.abstracts import rooms
from tests.fuzz.holding import AT, ROOT, encodable

TRACED = ("pipelines.abstracts", "pipelines.hashtags")
_SLUGS = ("asco-2026", "sabcs-2026", "esmo-2026", "ada-2026")


def seeds() -> list[bytes]:
    own = [
        "Abstracts 5500, 5501 and LBA5502 #ASCO26 ➡️ 5503-5505",
        "#SABCS26 GS1-01/-02, PS3-05-14 to 15; SERENA-4 updated",
        "\x00https://doi.org/10.1200/JCO.2026.44.16_suppl.5503\n#ASCO26",
        "\x00https://meetings.asco.org/abstracts-presentations/5503/suppl/supplement/1/9012",
        "KN522, nine years; NCT09000002 #ASCO26 since KEYNOTE-522 in 2019 HR 0.65",
        "ＬＢＡ１０ 演題1021。 #ESMO26 1253O 567 TiP",
        "my poster 729-P @ann_lee now on stage #ADA26: Continuous glucose sensors for truck drivers",
    ]
    found = [
        line
        for path in sorted((ROOT / "tests/abstracts/blind").glob("*.txt"))
        for line in path.read_text("utf-8").splitlines()[:25]
        if line
    ]
    return [each.encode() for each in (*own, *found)]


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    links = tuple(text[1:].splitlines()) if text[:1] == "\0" else ()
    for slug in _SLUGS:
        post = Post(
            "x", "1", "1", "a", text, AT, AT, hashtags=hashtags_in(text) or (slug.replace("-20", ""),), links=links
        )
        found = _linker(slug).mentions(post, rooms.author("ann_lee"))
        assert len(found) <= 5_000
        for each in found:
            assert (-1, -1) == each.span or 0 <= each.span[0] < each.span[1] <= len(text)
            assert len(each.evidence) <= max(200, len(text))
            encodable(each.evidence, each.number)


@cache
def _linker(slug: str) -> Linker:
    return rooms.linker(slug)
