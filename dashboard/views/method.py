"""The page Method: what each figure means, how it comes about, how wrong it may be. Plain words for a sceptic."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard import parts, states, wording
from dashboard.asks import Ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot

FIGURES = Path(__file__).parents[1] / "figures.json"  # what `congress bench signals --json` wrote
SECTIONS = {"abstracts": "Abstracts", "roles": "HCP roles", "trending": "Taking off"}
ABSENT = "Not measured on this installation. The command congress bench signals measures it."
LONGEST = 40  # lines of a section
WORDS = {
    "The counts": (
        ("Posts", "Unique posts. Originals, reposts, quotes and replies are told apart; a quote inside a reply counts as a reply."),
        ("Authors", "Unique accounts. The same person on two platforms counts twice here; among the voices accounts whose profiles name each other are one."),
        ("HCP author share", "Authors recognised as health-care professionals, of all authors."),
        ("HCP post share", "Posts by health-care professionals, of all posts. It is not the author share, and the two are never mixed."),
        ("Engagements", "Likes, reposts, replies and quotes of a post as last seen. Counts that were never told are taken as none."),
        ("Change", "Against the window of the same length just before. It stands only where that window was followed too."),
        ("t-index", "The largest t such that t posts of an author have at least t reposts each."),
    ),
    "Who is an HCP": (
        ("Evidence", "Only what the account says of itself: role nouns, credentials, employers. The words that decided stand beside every voice."),
        ("Strict and probable", "Strict: the profile says so plainly. Probable: it lets one conclude so. Nobody is checked against a register."),
        ("Corrections", "A reviewer's word wins over the curated list, and that over the rules."),
        ("Order of voices", "A PageRank over reposts, quotes, replies and mentions that starts from HCPs only; what an account does to itself is left out, repeated pairs count ever less. Followers do not count. Its parts stand beside it."),
    ),
    "Which abstract a post speaks of": (
        ("Number", "A number, DOI or registry id in the post or its links. A bare number counts only beside a word such as abstract or poster, with the congress's tag, and if the catalogue has it."),
        ("Trial", "The name of a trial that the catalogue lists. Several abstracts may share one."),
        ("Wording", "Words of a title, a product or a presenter. The weakest evidence: read the posts before you quote the figure."),
        ("Shared", "Reposts, quotes and replies take over what the post they answer speaks of. They count apart."),
        ("What is missed", "Posts that name nothing of this kind, and pictures of slides. Counts of an abstract are a lower bound."),
    ),
    "What is talked about": (
        ("Share of voice", "Posts that name an item, of the posts that name any item of its kind; never of all posts. A post that names two counts for both, so shares add up to more than all."),
        ("Products and companies", "What congresses.yaml tracks: names and aliases as whole words or hashtags, without regard to case and accents. A product also names its company. Reposts, quotes and replies take over what the post they answer names."),
        ("Drugs and trials", "Those of the catalogue, through the abstracts that posts speak of, by any evidence: a post counts although it may name only the number."),
        ("Among HCPs", "The same share, of posts by HCPs alone."),
    ),
    "Taking off": (
        ("Meaning", "More distinct authors named it in half an hour than the pace of the congress, its share so far and its session let expect. At least three authors."),
        ("Chance", "How probable at least as many authors would be without anything special. Corrected for how many abstracts are looked at, so that few marks are false."),
        ("Started by", "The author from whom on others came in densest; a single early post does not take the credit. Patients and advocates are not named."),
    ),
    "The past, and other years": (
        ("As it stood", "Posts made up to that moment, also those collected later; likes and other counts as seen by then; roles as decided by then; gaps as they were. Words, names and links to abstracts are today's, so corrections reach the past."),
        ("What stays gone", "What was deleted or withdrawn since is missing from every past moment too, and who turned out to be a patient or advocate is listed at none. Of a source's past only its gaps are known."),
        ("Compare", "Day 1 is the first congress day, day −1 the one before; hours are on each congress's own clock. Totals begin where both were followed. A day that is not over is not compared; days with gaps are lower bounds."),
    ),
    "What is not here": (
        ("Coverage", "Posts without the followed hashtags, accounts or words are not collected. Gaps are shaded in every chart and listed under Coverage; nothing is drawn as zero that was not counted."),
        ("Platforms", "X within the budget set; Bluesky without limit; others as imported. What people say elsewhere is not seen."),
        ("Deleted posts", "What is deleted or withdrawn on its platform goes here too; only how many remains. Of what was deleted on Bluesky while a gap lasted that stays open nobody hears."),
        ("Patients and advocates", "Counted in every figure, never ranked, listed or named, and not reachable by any link."),
        ("Reach", "There is no reach and no impressions figure in front: sums of followers count the same people many times."),
        ("Embargoes", "Posts before the listed embargo time are counted as that. The listing may be wrong; nobody is accused."),
        ("Judgement", "No figure says whether people agree, or whether data are good. That takes reading: every figure leads to its posts."),
    ),
}  # fmt: skip


def page(chosen: Selection) -> None:
    """Draw the page; it needs no figure of the congress."""
    states.live(chosen, {}, _draw, heights=(300,), empty=True)


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    with st.container(border=True, key="panel_measured", gap=None):
        _measured(figures())
    with st.container(key="method", gap=None):
        for number, (title, meanings) in enumerate(WORDS.items()):
            with st.container(border=True, key=f"panel_words{number}", gap=None):
                st.html(parts.heading(title) + parts.meanings(meanings))
        with st.container(border=True, key="panel_time", gap=None):
            zone = f"Times stand in {chosen.zone_word}, unless another zone is chosen above; the data are kept in UTC."
            about = (
                ("Time", zone),
                ("This congress", f"Followed since {parts.moment(chosen.congress.follow_from, chosen)}."),
            )
            st.html(parts.heading("This installation") + parts.meanings(about))


def figures(file: Path | None = None) -> dict[str, Any] | None:
    """What was measured of this version; ``None`` where nothing was, or the file cannot be read."""
    try:
        found = json.loads((file or FIGURES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _measured(found: Mapping[str, Any] | None) -> None:
    """The measured error rates, section by section."""
    day = wording.shorten(str(found.get("date", "")), 20) if found else ""
    st.html(parts.heading("How wrong it may be", "measured error rates" + (f", {day}" if day else "")))
    if found is None:
        st.html(f'<p class="empty">{ABSENT}</p>')
        return
    with st.container(key="measured", gap=None):
        for name, title in SECTIONS.items():
            lines = list(leaves(found.get(name) or {}))[:LONGEST]
            st.text("\n".join([title, *lines] if lines else [title, ABSENT]), width="stretch")


def leaves(tree: Any, path: str = "") -> Iterator[str]:
    """The figures of a section as lines: ``precision: 0.97``."""
    if isinstance(tree, Mapping):
        for name, value in tree.items():
            yield from leaves(value, f"{path}, {name}" if path else str(name))
    elif isinstance(tree, bool | str) or tree is None:
        yield f"{_label(path)}: {wording.shorten(str(tree), 120)}"
    elif isinstance(tree, int | float):
        yield f"{_label(path)}: {tree:,}" if isinstance(tree, int) else f"{_label(path)}: {tree:.3g}"


def _label(path: str) -> str:
    return wording.sentence(wording.shorten(path.replace("_", " "), 100))
