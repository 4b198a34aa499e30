"""The lists of a page: our figures in one column, and in the other what people wrote, as text and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import corrections, parts, wording
from dashboard.selection import Selection

Row = Mapping[str, Any]
Rows = list[dict[str, Any]] | None  # None: could not be read
WITHHELD = "Words not shown: a private person wrote them. The time above opens the post where it stands."
UNLISTED = ("patient_advocate",)  # roles whose bearers are counted and never named


def voices(rows: Rows, chosen: Selection) -> None:
    """Rows of the read ``voices``: who, by what evidence, with how many posts and HCP engagers."""
    note = "" if chosen.wall else "ranked by who takes them up"
    why = "No post by a recognised HCP in this window."
    panel("voices", ("Top HCP voices", note), rows, why, lambda found: parts.voice_figures(found, chosen), voice_text)


def rising(rows: Rows) -> dict[str, dict[str, Any]]:
    """Rows of the read ``trending`` by abstract number; none where it could not be read."""
    return {row["item"]: row for row in rows or []}


def rising_first(rows: Rows, rises: Mapping[str, Row], count: int) -> Rows:
    """The first ``count`` rows of the read ``abstracts``, those that are taking off before all others."""
    return None if rows is None else sorted(rows, key=lambda row: row["number"] not in rises)[:count]


def abstracts(rows: Rows, rises: Mapping[str, Row], chosen: Selection, now: datetime, width: int) -> None:
    """Rows of the read ``abstracts``, with titles of at most ``width`` letters; ``now`` is their moment (naive UTC)."""
    note = "" if chosen.wall else chosen.window.words
    why = "No abstract named in this window. They are found by number, trial and wording once a catalogue is loaded."
    compared = chosen.comparable(now)
    panel(
        "abstracts", ("Abstracts most talked about", note), rows, why,
        lambda found: parts.abstract_figures(found, compared, rises.keys(), chosen),
        lambda row: abstract_text(row, width, rises.get(row["number"])),
    )  # fmt: skip


def listed(rows: Rows, count: int) -> Rows:
    """The first ``count`` posts that may stand under a name: those of professionals and organisations."""
    return (
        None if rows is None else [row for row in rows if row["role"] not in UNLISTED and not row.get("masked")][:count]
    )


def posts(rows: Rows, chosen: Selection, now: datetime) -> None:
    """Rows of the read ``newest_posts``; ``now`` is their moment (naive UTC)."""
    panel(
        "newest",
        ("Newest posts", ""),
        rows,
        "No post yet.",
        lambda found: parts.post_marks(found, now, chosen),
        post_text,
    )


def hashtags(rows: Rows, chosen: Selection) -> None:
    """Rows of the read ``hashtags``, each beside the window before."""
    note = f"line: the {wording.minutes(chosen.window.minutes)} before" if chosen.window.minutes else ""
    why = "No hashtag in this window."
    panel(
        "hashtags",
        ("Hashtags", note),
        rows,
        why,
        lambda found: parts.hashtag_figures(found, chosen),
        lambda row: f"#{wording.shorten(row['hashtag'], 24)}",
    )


def panel(
    key: str,
    title: tuple[str, str],
    rows: Rows,
    why: str,
    figures: Callable[[list[dict[str, Any]]], str],
    text: Callable[[Row], str],
) -> None:
    """A list with its heading; without rows, ``why``."""
    with st.container(border=True, key=key, gap=None):
        st.html(parts.heading(*title))
        if not rows:
            st.html(f'<p class="empty">{"Could not be read." if rows is None else why}</p>')
            return
        with st.container(key=f"{key}_rows", gap=None):
            st.html(figures(rows))
            for row in rows:
                st.text(text(row), width="stretch")


def voice_text(row: Row) -> str:
    """Name; then field, confidence and the words that prove it."""
    name = wording.shorten(row["display_name"], 44) or wording.shorten(row["handle"], 44) or "Name not known yet"
    proof = ", ".join(f"“{wording.shorten(word, 40)}”" for word in (row["evidence"] or [])[:3])
    sure = "probable HCP" if row["confidence"] == "probable" else ""
    specialty = wording.sentence(wording.shorten(row["specialty"], 40))
    return f"{name}\n" + " · ".join(filter(None, (specialty, sure, proof)))


def abstract_text(row: Row, width: int, rise: Row | None = None) -> str:
    """Number and trial; while it is taking off, why that is said; then the title, whole words only."""
    trial = row["trial"] if isinstance(row["trial"], str) else ", ".join(row["trial"] or [])
    first = " · ".join(filter(None, (wording.shorten(row["number"], 20), wording.shorten(trial, 30))))
    if rise is None:
        return f"{first}\n{wording.shorten(row['title'], width)}"
    return f"{first}\n{wording.shorten(rise['why'], 160)}\n{wording.shorten(row['title'], width)}"


def post_text(row: Row) -> str:
    """Name and handle; then the text, whole words only."""
    name, handle = wording.shorten(row["display_name"], 34), wording.shorten(row["handle"], 34)
    who = " ".join(filter(None, (name, f"@{handle}" if handle else ""))) or "Name not known yet"
    return f"{who}\n{wording.shorten(row['text'], 210)}"


def cards(
    key: str, rows: list[dict[str, Any]], chosen: Selection, told: corrections.Said = corrections.NOTHING
) -> None:
    """Rows of the read ``browse``: marks, the post as written, and why it is here with what reviewers ``told``."""
    with st.container(key=f"{key}_cards", gap=None):
        for row in rows:
            st.html(parts.post_card(row, chosen))
            st.text(card_text(row), width="stretch")
            with st.container(gap=None):
                st.text("\n".join([card_why(row), *corrections.words(row, told, chosen)]), width="stretch")
                corrections.buttons(key, row, chosen)


def card_text(row: Row) -> str:
    """Name and handle; then the whole text, or why it is not shown."""
    name, handle = wording.shorten(row["display_name"], 50), wording.shorten(row["handle"], 50)
    who = " ".join(filter(None, (name, f"@{handle}" if handle else ""))) or "Name not known yet"
    return f"{who}\n{WITHHELD if row.get('masked') else wording.shorten(row['text'], 1500)}"


RULES = {
    "hashtag": "its hashtag {}", "account": "the account {}", "keyword": "the words “{}”", "import": "an import", "thread": "its thread",
}  # fmt: skip
TIERS = {1: "its number", 2: "its trial", 3: "its wording", 4: "the post it takes up"}


def card_why(row: Row) -> str:
    """Which rule brought the post here, which abstracts it speaks of, and the words that say so."""
    term = wording.shorten(row["term"], 40)
    said = [
        f"Followed for {RULES.get(row['rule'], row['rule']).format(f'#{term}' if row['rule'] == 'hashtag' else term)}"
    ]
    if row["abstracts"]:
        numbers = ", ".join(wording.shorten(number, 20) for number in row["abstracts"][:5])
        said.append(f"Speaks of {numbers}{' and more' if len(row['abstracts']) > 5 else ''}")
    if row["tier"] is not None:
        by = "a reviewer" if row["read_by"] == "reviewer" else TIERS.get(row["tier"], "its wording")
        said.append(f"Read by {by}: “{wording.shorten(row['evidence'], 60)}”" if row["evidence"] else f"Read by {by}")
    return "\n".join([*said, *_naming(row.get("products") or [])])


def _naming(products: list[dict[str, Any]]) -> list[str]:
    """The tracked products and companies a post names, each with its words where they are others."""
    told = []
    for each in products[:6]:
        if each["kind"] == "company" and any(
            one["evidence"] == each["evidence"] for one in products if one["kind"] == "product"
        ):
            continue  # named by its product, which stands here already
        name, words = wording.shorten(each["name"], 40), wording.shorten(each["evidence"], 40)
        told.append(name if name.casefold() == words.casefold() else f"{name} (“{words}”)")
    return [f"Names {', '.join(told)}"] if told else []


def unlisted_note(rows: list[dict[str, Any]]) -> str:
    """How many posts count and are not listed."""
    hidden, held = (rows[0]["unlisted_count"], rows[0].get("held_count", 0)) if rows else (0, 0)
    until = (
        f" {wording.plural(held, 'post')} {'is' if held == 1 else 'are'} held until the embargo lifts." if held else ""
    )
    if not hidden:
        return f"Posts by patients and advocates are counted, never listed.{until}"
    verb = "is" if hidden == 1 else "are"
    return f"{wording.plural(hidden, 'post')} by patients or advocates {verb} counted and not listed.{until}"
