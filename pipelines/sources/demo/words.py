"""The word lists of the simulated congress: what is said in it, read from ``words/*.toml``."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def book(name: str) -> dict[str, Any]:
    """One word list, e.g. ``book("posts")``; lists of lines become tuples, ``⏎`` becomes a line break."""
    text = (files("pipelines.sources.demo") / "words" / f"{name}.toml").read_text(encoding="utf-8")
    return {key: _lines(value) for key, value in tomllib.loads(text).items()}


def _lines(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _lines(inner) for key, inner in value.items()}
    if isinstance(value, str) and "\n" in value:
        return tuple(line.replace("⏎", "\n") for line in value.removesuffix("\n").split("\n"))
    return value


def columns(line: str) -> tuple[str, ...]:
    """The cells of one line of a table written with ``|``."""
    return tuple(cell.strip() for cell in line.split("|"))
