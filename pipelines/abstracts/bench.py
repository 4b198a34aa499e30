"""Measures linkage: F1 by tier on labelled posts, and posts a second; writes nothing."""

from __future__ import annotations

import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from pipelines.abstracts.catalogue import read_catalogue
from pipelines.abstracts.linker import Linker
from pipelines.abstracts.posts_file import link_posts, read_post
from pipelines.congresses import Congress
from pipelines.model import Abstract, Post

_CATALOGUE_SIZE, _POSTS = 8_000, 6_000
_TAGS = {"ada": ("ADA26", "ADASciSessions"), "esc": ("ESCCongress", "ESC26")}


def measure(shared: Path) -> dict[str, Any]:
    """F1, precision and recall by tier, and posts a second on one core.

    ``shared`` holds ``eval/posts_dev.jsonl`` and ``eval/catalogs/*.csv``. "explicit" is tier 1. A tier's F1
    counts the pairs of posts of that tier, and false hits of that predicted tier elsewhere.
    """
    lines = (shared / "eval" / "posts_dev.jsonl").read_bytes().splitlines()
    linkers = dict(_linkers(shared / "eval" / "catalogs"))
    predicted: dict[str, dict[str, int]] = {}
    for linker in linkers.values():
        for found in link_posts(lines, linker, linker.congress):
            tiers = predicted.setdefault(found["id"], {})
            for each in found["abstracts"]:
                tiers[each["number"]] = min(each["tier"], tiers.get(each["number"], 9))
    tiers = _by_tier([orjson.loads(line) for line in lines], predicted)
    return {"tiers": tiers, "posts_per_second": _throughput(lines, linkers["asco-2026"])}


def congress_of(slug: str) -> Congress:
    """A congress for a labelled set's slug: only its tag and year matter here."""
    society, year = slug.rsplit("-", 1)
    tags = _TAGS.get(society, (f"{society.upper()}{year[2:]}",))
    return Congress(
        id=slug, name=f"{society.upper()} {year}", society=society.upper(), city="-", timezone="UTC",
        starts_on=date(int(year), 1, 1), ends_on=date(int(year), 12, 31), hashtags=tags,
    )  # fmt: skip


def _linkers(folder: Path) -> Iterator[tuple[str, Linker]]:
    for path in sorted(folder.glob("*.csv")):
        yield path.stem, Linker(congress_of(path.stem), read_catalogue(path, path.stem))


def _by_tier(gold: Sequence[dict[str, Any]], predicted: dict[str, dict[str, int]]) -> dict[str, dict[str, float]]:
    counts = {tier: Counter[str]() for tier in (1, 2, 3)}
    for post in gold:
        labels, found = post["gold"], predicted.get(post["id"], {})
        wanted = {_plain(number) for number in labels["abstracts"]}
        ignored = {_plain(number) for number in labels.get("also_ok", ())} - wanted
        hits = {_plain(number): tier for number, tier in found.items() if _plain(number) not in ignored}
        for number in wanted:
            counts[labels["tier"]]["right" if number in hits else "missed"] += 1
        for number, tier in hits.items():
            counts[tier]["wrong"] += number not in wanted
    names = {1: "explicit", 2: "trial", 3: "title_or_presenter"}
    return {names[tier]: _rates(count) for tier, count in counts.items()}


def _rates(count: Counter[str]) -> dict[str, float]:
    right, wrong, missed = count["right"], count["wrong"], count["missed"]
    return {
        "f1": round(2 * right / max(1, 2 * right + wrong + missed), 4),
        "precision": round(right / max(1, right + wrong), 4),
        "recall": round(right / max(1, right + missed), 4),
    }


def _throughput(lines: Sequence[bytes], linker: Linker) -> dict[str, int]:
    """Posts a second of processor time against 8,000 abstracts.

    "field": three of four original posts name nothing, and 62 % of posts are reposts with the same words (medians of
    21 conference archives). "all_new": the labelled posts, two thirds of which name an abstract, no text twice.
    """
    linker = Linker(linker.congress, _widened(linker.catalogue))
    gold = [bool(orjson.loads(line)["gold"]["abstracts"]) for line in lines]
    posts = [read_post(number, line, linker.congress)[0] for number, line in enumerate(lines, 1)]
    naming = [post for post, names in zip(posts, gold, strict=True) if names]
    silent = [post for post, names in zip(posts, gold, strict=True) if not names]
    chance = random.Random(7)  # a reproducible mixture
    field = [_varied(chance.choice(silent if chance.random() < 0.75 else naming), index) for index in range(_POSTS)]
    for index in range(1, _POSTS):
        if chance.random() < 0.62:
            field[index] = field[max(0, index - chance.randrange(1, 300))]
    new = [_varied(posts[index % len(posts)], _POSTS + index) for index in range(_POSTS)]
    return {"field": _rate(linker, field), "all_new": _rate(linker, new)}


def _rate(linker: Linker, posts: Sequence[Post]) -> int:
    start = time.process_time()
    for post in posts:
        linker.mentions(post)
    return int(len(posts) / (time.process_time() - start))


def _widened(catalogue: Sequence[Abstract]) -> list[Abstract]:
    """8,000 abstracts: the catalogue's own, then their titles mixed in halves under new numbers."""
    half = [(each.title[: len(each.title) // 2], each.title[len(each.title) // 2 :]) for each in catalogue]
    found = list(catalogue)
    for index in range(_CATALOGUE_SIZE - len(catalogue)):
        first, second = half[index % len(half)][0], half[(index * 7 + index // len(half)) % len(half)][1]
        found.append(Abstract(catalogue[0].congress_id, f"{20_000 + index}", first + second))
    return found


def _varied(post: Post, index: int) -> Post:
    """The post with its tag replaced by the measured congress's, and a word of its own."""
    text = re.sub(r"#(?:ASCO|ASH|ESMO|EHA|SABCS|AACR|ADA)\w*\d\d|#ADASciSessions|#ESCCongress", "#ASCO26", post.text)
    word = "".join(chr(ord("a") + int(digit)) for digit in str(index))
    return replace(post, text=f"{text} {word}", hashtags=("asco26",) if "#ASCO26" in text else ())


def _plain(number: str) -> str:
    folded = unicodedata.normalize("NFKC", number).upper()
    return re.sub(r"[\s#\u00ad\u2010-\u2015\u2212\ufe58\ufe63-]", "", folded)
