"""Reading takes time in proportion to what is read: near-misses of every pattern, a post long and eight times as long."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from pipelines.congresses import Product
from pipelines.desk.triage import assess
from pipelines.hashtags import hashtags_in
from pipelines.matching import Matcher
from pipelines.model import Author, Post, ProductMention
from pipelines.products import ProductReader
from pipelines.recap import clean
from pipelines.roles import read_role
from tests.abstracts import rooms
from tests.fuzz.holding import AT
from tests.records import congress, post

NEAR_MISSES = (
    "a", "#", "#a", "a.b/", "@a", "https://", "10.1234/.", "NCT0123456 ", "abstracts 1, ", "LBA1/", "5500 - ", "((a)", "late-break ",
    "KEYNOTE-", "in the randomized phase ", "HR 0.", "1 of 12 pts 3% ", "not a ", "I ", "dr of the ", "恶心", "演題番号", "\u2028", "e\u0301",
    "İ", "ILD (", "at a clinical-stage ", "supplement", "without any new ",
)  # fmt: skip
_PRODUCTS = ProductReader(congress(products=(Product(name="Ozempic", aliases=("semaglutide",)),)))
_MATCHER = Matcher([congress(keywords=("late breaking", "interstitial lung disease"))])
_NAMED = [ProductMention("x", "1", "c", "product", "Ozempic", "name", "Ozempic", (0, 7))]


def _linked(text: str) -> object:
    read = Post("x", "1", "1", "a", text, AT, AT, hashtags=("asco26",), links=(f"https://asco.org/{text[:2_000]}",))
    return rooms.linker("asco-2026").mentions(read)


READERS: dict[str, tuple[Callable[[str], object], int]] = {  # and the shorter length
    "hashtags": (hashtags_in, 12_000),
    "keywords": (lambda text: _MATCHER.matches(post(text=text, hashtags=())), 12_000),
    "products": (lambda text: _PRODUCTS.mentions(post(text=text)), 3_000),
    "abstracts": (_linked, 3_000),
    "triage": (lambda text: assess(f"Ozempic vomiting {text}", _NAMED, None, "en"), 3_000),
    "roles": (lambda text: read_role(Author("x", "1", AT, text[:200], text, text), AT), 3_000),
    "cells": (lambda text: (clean.line(text), clean.whole(text), clean.link(f"http://a/{text}"), clean.safe_cell(text)), 12_000),
}  # fmt: skip


def _seconds(read: Callable[[str], object], text: str) -> float:
    """Processor time of the quicker of two runs; what else runs on the machine does not count."""
    found = []
    for end in ("", " "):  # a text that was just read may be remembered
        begun = time.process_time()
        read(text + end)
        found.append(time.process_time() - begun)
    return min(found)


@pytest.mark.parametrize("name", READERS)
def test_eight_times_the_text_takes_about_eight_times_as_long(name):
    read, length = READERS[name]
    read("warm")
    for unit in NEAR_MISSES:
        short, long = ((unit * size)[:size] for size in (length, 8 * length))
        bound = 30 * _seconds(read, short) + 0.3  # a square would be 64 times
        assert any(_seconds(read, long) < bound for _ in range(3)), unit
