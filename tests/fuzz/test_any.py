"""Any bytes, any text and any mutilation of a seed, under hypothesis: no family breaks a promise, in the ordinary suite."""

from __future__ import annotations

import importlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz import FAMILIES
from tests.fuzz.mutation import change

OPENINGS = st.sampled_from(
    [b"", b"\x00", b"\x01", b"\x02", b"?browse?", b"#", b"{", b"[", b"number,title\n", b"congresses:\n"]
)


@pytest.mark.parametrize("name", FAMILIES)
def test_no_bytes_and_no_text_break_a_promise(name):
    family = importlib.import_module(f"tests.fuzz.{name}")
    words = st.text(st.characters(), max_size=120).map(lambda text: text.encode("utf-8", "surrogatepass"))

    @settings(max_examples=40)
    @given(OPENINGS, st.one_of(st.binary(max_size=120), words))
    def holds(opening: bytes, rest: bytes) -> None:
        family.run(opening + rest)

    holds()


@pytest.mark.parametrize("name", FAMILIES)
def test_no_mutilation_of_a_seed_breaks_a_promise(name):
    family = importlib.import_module(f"tests.fuzz.{name}")

    @settings(max_examples=40)
    @given(st.sampled_from(family.seeds()), st.integers(0, 1 << 20), st.binary(max_size=8))
    def holds(seed: bytes, chance: int, junk: bytes) -> None:
        at = chance % (len(seed) + 1)
        family.run(change(seed, 20_000, chance) or seed[:at] + junk + seed[at + chance % 5 :])

    holds()
