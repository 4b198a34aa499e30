"""Handles and ids that look right and can belong to nobody.

A handle on X has at most 15 characters: these have 16 to 20. A handle on Bluesky is a domain name: these
end in ``.example``, which is reserved and is never given out.
"""

from __future__ import annotations

import re
import unicodedata
from random import Random

from pipelines.sources.demo.chance import between, letters, pick
from pipelines.sources.demo.words import book

X_LENGTHS = (16, 20)
BLUESKY_ZONE = "bsky.example"
_LATIN = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "đ": "d", "ß": "ss", "æ": "ae"})
_TITLES = re.compile(r"^Dr\.? |,? (?:MD|PhD|DO|RN|NP|MBBS|MBChB|PharmD|MSN|DNP|MPH|FACP|OCN|BCOP)\b")
_TAILS = {
    "hcp": (
        "MD",
        "_MD",
        "_doc",
        "_onc",
        "_heme",
        "_oncMD",
        "_clinic",
        "_rounds",
        "_on_call",
        "_oncology",
        "_oncologist",
    ),
    "researcher": ("PhD", "_PhD", "_lab", "_data", "_stats", "_science", "_research", "_postdoc", "_bench_notes"),
    "patient_advocate": ("_26", "_story", "_hope", "_voice", "_writes", "_advocate", "_survivor", "_livingwell"),
    "society": ("_26", "_org", "_group", "_members", "_society", "_simulated"),
    "pharma": ("_26", "_bio", "_sim", "_pharma", "_biotech", "_in_pharma", "_simulated"),
    "media": ("_26", "_ink", "_news", "_writes", "_reports", "_pressbadge", "_simulated"),
    "institution": ("_26", "_sim", "_news", "_trials", "_hospital", "_simulated"),
    "other": ("_26", "_77", "_here", "_posts", "_daily", "_online", "_wanders", "_somewhere", "_reads_a_lot"),
}


class Handles:
    """Draws handles and ids, each only once."""

    def __init__(self, rng: Random):
        self._rng = rng
        self._taken: set[str] = set()

    def on_x(self, name: str, role: str, organisation: bool) -> str:
        """Letters, digits and underscores, 16 to 20 of them."""
        stem = self._stem(name, organisation)
        low, high = X_LENGTHS[0] - len(stem), X_LENGTHS[1] - len(stem)
        tails = [tail for tail in _TAILS[role] if low <= len(tail) <= high]
        if low > 0 or (tails and self._rng.random() < 0.3):
            stem += pick(self._rng, tails) if tails else f"_{role[:6]}{between(self._rng, 1000, 9999)}"
        return self._once(stem.ljust(X_LENGTHS[0], "0"))

    def on_bluesky(self, name: str, role: str, organisation: bool) -> str:
        words = _plain_words(name) or [pick(self._rng, _romaji()).replace("_", "-")]
        stem = "-".join(words).lower()[:24].strip("-")
        if not organisation and self._rng.random() < 0.3:
            stem += pick(self._rng, _TAILS[role]).replace("_", "-").lower()
        while f"{stem}.{BLUESKY_ZONE}" in self._taken:
            stem += str(between(self._rng, 2, 99))
        self._taken.add(f"{stem}.{BLUESKY_ZONE}")
        return f"{stem}.{BLUESKY_ZONE}"

    def x_id(self) -> str:
        """A user id of the kind given out since 2016, or an older, shorter one."""
        if self._rng.random() < 0.3:
            return str(between(self._rng, 20_000_000, 3_300_000_000))
        return str(between(self._rng, 720_000_000_000_000_000, 1_990_000_000_000_000_000))

    def did(self) -> str:
        return f"did:plc:{letters(self._rng, 24)}"

    def _stem(self, name: str, organisation: bool) -> str:
        """The name as a handle of at most 20 characters; whole words where they fit."""
        words = _plain_words(name) or [pick(self._rng, _romaji())]
        style = self._rng.random()
        if organisation:
            shapes = ["".join(words[:count]) for count in range(len(words), 0, -1)]
        elif style < 0.4:
            shapes = ["".join(words), words[0][0] + words[-1]]
        elif style < 0.75:
            shapes = ["_".join(words).lower(), f"{words[0][0]}_{words[-1]}".lower()]
        else:
            shapes = [f"{words[-1]}_{words[0]}".lower(), f"{words[-1]}_{words[0][0]}".lower()]
        return next((shape for shape in shapes if len(shape) <= X_LENGTHS[1]), words[-1][: X_LENGTHS[1]])

    def _once(self, handle: str) -> str:
        while handle.lower() in self._taken:
            handle = f"{handle[: X_LENGTHS[1] - 2].rstrip('_')}{between(self._rng, 10, 99)}"
        self._taken.add(handle.lower())
        return handle


def _plain_words(name: str) -> list[str]:
    """The words of a name in plain letters, without titles; none for a name in another script."""
    bare = unicodedata.normalize("NFKD", _TITLES.sub("", name).translate(_LATIN))
    plain = bare.encode("ascii", "ignore").decode()
    return re.findall(r"[A-Za-z0-9]+", plain.replace("-", "").replace("'", ""))


def _romaji() -> list[str]:
    return book("names")["japanese"]["romaji"].split()
