"""Every family of the fuzzing runs on its seeds, cut and changed, in the ordinary suite; the search itself needs atheris."""

from __future__ import annotations

import importlib

import pytest

from tests.fuzz import FAMILIES
from tests.fuzz.mutation import change


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_holds_on_its_seeds_and_on_their_mutilations(name):
    family = importlib.import_module(f"tests.fuzz.{name}")
    seeds = family.seeds()[:40]
    assert len(seeds) >= 4
    for index, seed in enumerate(seeds):
        family.run(seed)
        family.run(seed[: len(seed) * (index % 7) // 7])
        changed = change(seed, 20_000, index)
        if changed is not None:
            family.run(changed)
