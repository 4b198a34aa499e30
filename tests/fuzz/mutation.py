"""Changing JSON where it is JSON: bytes alone would break it long before they reach a field."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Iterator
from typing import Any

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 1 << 62, 1 << 70, 1.5, 1e308, "", "0", "1" * 20, "\0", "\ud800", "did:", "at://a/app.bsky.feed.post/1",
    "2026-12-12T18:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "#ASH26", "https://t.co/a", [], {}, [[]],
    [{}], {"id": "1"}, "a" * 300,
)  # fmt: skip
_NEST, _LEVELS = "nest:", (300, 700, 1_000)  # a list in a list, so deep


def change(data: bytes, most: int, seed: int) -> bytes | None:
    """JSON with one to four values put elsewhere, doubled, nested, dropped or made nonsense; None for what is no JSON."""
    before, brace, _ = data.partition(b"{")
    try:
        value = json.loads(data[len(before) :] if brace else data)
    except (ValueError, RecursionError):
        return None
    chance = random.Random(seed)
    root = [value]
    try:
        for _ in range(chance.randint(1, 4)):
            _step(root, chance)
        text = json.dumps(root[0], ensure_ascii=chance.random() < 0.5)
    except RecursionError:
        return None
    for level in _LEVELS:
        text = text.replace(f'"{_NEST}{level}"', "[" * level + "]" * level)
    written = text.encode("utf-8", "surrogatepass")
    return (before + written)[:most] if brace else written[:most]


def _step(root: list[Any], chance: random.Random) -> None:
    holders = list(_holders(root))
    holder, key = chance.choice(holders)
    kind = chance.randrange(6)
    if kind == 0:
        holder[key] = copy.deepcopy(chance.choice(JUNK))
    elif kind == 1:
        other, place = chance.choice(holders)
        holder[key] = copy.deepcopy(other[place])
    elif kind == 2 and isinstance(holder, dict):
        del holder[key]
    elif kind == 3 and isinstance(holder, list) and holder is not root:
        holder.extend(copy.deepcopy(holder[key]) for _ in range(chance.choice((1, 2, 20))))
    elif kind == 4:
        holder[key] = [[holder[key]], {"a": holder[key]}, f"{_NEST}{chance.choice(_LEVELS)}"][chance.randrange(3)]
    elif isinstance(holder[key], str):
        text = holder[key]
        at = chance.randint(0, len(text))
        holder[key] = text[:at] + chance.choice(("\u202e", "\0", "9", "#", "/", text, text * 20, " ")) + text[at:]


def _holders(value: Any, most: int = 400) -> Iterator[tuple[Any, Any]]:
    """Every place of a value in its list or object, the outer ones first."""
    waiting = [value]
    while waiting and most > 0:
        holder = waiting.pop(0)
        for key in range(len(holder)) if isinstance(holder, list) else list(holder):
            most -= 1
            yield holder, key
            if isinstance(holder[key], list | dict):
                waiting.append(holder[key])
