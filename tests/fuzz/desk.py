"""Posts read for possible adverse events, with the names of products right, misspelt or taken over."""

from __future__ import annotations

import json

from pipelines.congresses import Product
from pipelines.desk.cases import case_of, elements_of
from pipelines.desk.misspelt import Misspelt
from pipelines.model import Post
from pipelines.products import ProductReader
from tests.fuzz.holding import AT, ROOT, encodable
from tests.records import congress

TRACED = ("pipelines.desk", "pipelines.products", "pipelines.abstracts.text")
_CONGRESS = congress(
    products=(Product(name="Ozempic", aliases=("semaglutide",)), Product(name="T-DXd", aliases=("Enhertu",)))
)
_READER, _NEAR = ProductReader(_CONGRESS), Misspelt(_CONGRESS)
_LANGS = (None, "en", "de", "ja", "xx", "")


def seeds() -> list[bytes]:
    path = ROOT / "tests/desk/cases/development.jsonl"
    found = [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines()[:600:10]]
    own = [
        "My mom started Ozempic, 3 days later vomiting",
        "Ozempci: 12 of 300 pts (4%) grade 3 nausea",
        "#Enhertu 妈妈 恶心",
    ]
    return [each.encode() for each in (*own, *found)]


def run(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    lang = _LANGS[len(data) % len(_LANGS)]
    role = (None, "hcp", "media", "other")[len(data) % 4]
    for words in (text, f"{text} Ozempic"):
        post = Post("x", "1", "1", "a", words, AT, AT, lang=lang)
        case = case_of(post, "ash-2026", _READER.mentions(post), _NEAR, role)
        if case:
            encodable(case.elements, case.product)
            spans = [span for each in elements_of(case.elements).values() for span in each["spans"]]
            assert all(start == end == -1 or 0 <= start < end <= len(words) for start, end in spans)
