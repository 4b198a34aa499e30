"""The page Posts: every post behind a figure, filtered, paged, each with its rule and the way to the original.

The list stands still while it is read: it is of the moment it was opened, and says how many came since.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import streamlit as st

from dashboard import corrections, lists, parts, selection, states, wording
from dashboard.asks import ALWAYS, Ask, ask
from dashboard.reads import hub
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import PLATFORM_WORDS, span_words

SIZE = 20  # posts a page
BOUNDS = frozenset(("start", "end"))  # of a stretch of time, which then stands instead of the window
ROLES = {
    "unknown": "Role not known",
    "others": "Everyone but HCPs",
    **{slug: word for slug, word in parts.ROLE_WORDS.items() if slug not in lists.UNLISTED},
    "other": "Other",
}
NAMED = {  # filters without a control: a link brings them, a button takes them away
    "product": "Product", "company": "Company", "drug": "Drug", "trial": "Trial", "hashtag": "Hashtag", "author": "Author",
}  # fmt: skip
FILTERS = {"kind": ["", *parts.KIND_WORDS], "role": ["", *ROLES], "platform": ["", *PLATFORM_WORDS], "abstract": None, "q": None}  # fmt: skip


def page(chosen: Selection) -> None:
    """The filters, and the page of posts that the URL names."""
    filters = _filters()
    linked = _linked()
    _chips(linked, chosen)
    number = _page_number()
    at = _moment(chosen, {**filters, **{name: str(value) for name, value in linked.items()}})
    if at is None:
        states.live(chosen, {}, lambda *_: None, heights=(700,))
        return
    shown: dict[str, Any] = {
        "congress_id": chosen.congress.id, "minutes": 0 if BOUNDS & linked.keys() else chosen.window.minutes, "kind": filters["kind"], "role": filters["role"],
        "platform": filters["platform"], "abstract": filters["abstract"], "text": filters["q"], **linked,
    }  # fmt: skip
    wanted = {
        "posts": ask("browse", limit=SIZE, offset=SIZE * (number - 1), as_of=at, **shown),
        "newest": ask("browse", limit=1, **shown),
        **corrections.wanted(chosen),
    }
    states.live(chosen, wanted, _draw, heights=(700,))


def _filters() -> dict[str, str]:
    """Draw the filters; what they say, by name."""
    selection.settle_filters(FILTERS)
    with st.container(horizontal=True, key="filters", gap="small"):
        for name, words, every in (
            ("kind", parts.KIND_WORDS, "Every kind"), ("role", ROLES, "Every role"), ("platform", PLATFORM_WORDS, "Every platform"),
        ):  # fmt: skip
            st.selectbox(
                every, ["", *words], key=name, width=175, label_visibility="collapsed",
                format_func=lambda slug, words=words, every=every: words.get(slug, every),
            )  # fmt: skip
        longest = selection.LONGEST_FILTER
        st.text_input(
            "Abstract",
            key="abstract",
            width=150,
            placeholder="Abstract number",
            label_visibility="collapsed",
            max_chars=40,
        )
        st.text_input(
            "Text",
            key="q",
            placeholder="Words of the post or its author",
            label_visibility="collapsed",
            max_chars=longest,
        )
    return selection.publish_filters(FILTERS)


def _linked() -> dict[str, Any]:
    """The filters of the URL that have no control, by the name the read knows; times are naive UTC."""
    named = {name: st.query_params.get(name, "").strip()[: selection.LONGEST_FILTER] for name in NAMED}
    bounds = {name: _instant(st.query_params.get(name, "")) for name in sorted(BOUNDS)}
    return {name: value for name, value in {**named, **bounds}.items() if value}


def _instant(words: str) -> datetime | None:
    """A moment as a link tells it, naive UTC; ``None`` where it is none."""
    try:
        found = datetime.fromisoformat(words[:40])
    except ValueError:
        return None
    if not 2000 <= found.year < 2100:  # others have no place in every zone
        return None
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def _chips(linked: Mapping[str, Any], chosen: Selection) -> None:
    """What a link filters by beside the controls, each with the way to do without."""
    told = {name: f"{word}: {_words(name, linked[name])}" for name, word in NAMED.items() if name in linked}
    if BOUNDS & linked.keys():
        told["start"] = f"Time: {_stretch(linked, chosen)}"
    if not told:
        return
    with st.container(horizontal=True, key="chips", gap="small"):
        for name, words in told.items():
            with st.container(
                horizontal=True, key=f"chip_{name}", gap="small", vertical_alignment="center", width="content"
            ):
                st.text(words, width="content")
                if st.button(
                    "Remove", key=f"chip_off_{name}", type="tertiary", help="Show posts without this filter too"
                ):
                    for each in sorted(BOUNDS) if name == "start" else [name]:
                        st.query_params.pop(each, None)
                    st.rerun()


def _words(name: str, value: str) -> str:
    if name == "author":
        return "one account"
    names = [wording.shorten(each, 60) for each in value.split("|") if each.strip()]
    return " and ".join(f"#{each}" if name == "hashtag" else each for each in names)


def _stretch(linked: Mapping[str, Any], chosen: Selection) -> str:
    start, end = linked.get("start"), linked.get("end")
    if start and end and timedelta() < end - start < timedelta(hours=20):
        return span_words(start, end, chosen.zone)
    told = ((start, "from"), (end, "before"))
    return " ".join(f"{word} {parts.moment(at, chosen)}" for at, word in told if at)


def _page_number() -> int:
    asked = st.query_params.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1


def _moment(chosen: Selection, filters: Mapping[str, str]) -> datetime | None:
    """The moment of the list: that of the first look with this choice, so that pages follow each other."""
    key = (chosen.congress.id, chosen.window.slug, *filters.values())
    kept = st.session_state.get("posts_of")
    if kept is None or kept[0] != key:
        snapshot = hub().look(ALWAYS).snapshot
        if snapshot is None:
            return None
        if kept is not None:  # another choice begins at its first page
            _turn(1)
        kept = st.session_state["posts_of"] = (key, snapshot.now)
    return kept[1]


def _turn(number: int) -> None:
    if number > 1:
        st.query_params["page"] = str(number)
    elif "page" in st.query_params:
        del st.query_params["page"]


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows, newest = snapshot.rows(wanted["posts"]), snapshot.rows(wanted["newest"])
    number, total = _page_number(), rows[0]["total_count"] if rows else 0
    with st.container(border=True, key="panel_posts", gap=None):
        first = SIZE * (number - 1) + 1
        place = (
            f"{wording.count(first)}–{wording.count(first + len(rows) - 1)} of {wording.count(total)}" if rows else ""
        )
        at = dict(wanted["posts"].params)["as_of"]
        bounded = BOUNDS & dict(wanted["posts"].params).keys()
        told = (place, "" if bounded else chosen.window.words, f"as of {parts.moment(at, chosen)}")
        st.html(parts.heading("Posts", " · ".join(filter(None, told))))
        more = newest[0]["total_count"] - total if newest and rows is not None else 0
        if more > 0 and st.button(f"{wording.plural(more, 'newer post')}: show", key="newer"):
            st.session_state.pop("posts_of", None)
            _turn(1)
            st.rerun()
        if not rows:
            st.html(f'<p class="empty">{_empty(rows, number)}</p>')
        else:
            lists.cards("posts", rows, chosen, corrections.said(snapshot, wanted))
        st.html(f'<p class="quiet">{lists.unlisted_note(rows or [])}</p>')
        _pager(number, total)


def _empty(rows: lists.Rows, number: int) -> str:
    if rows is None:
        return "The posts could not be read."
    return "There is no such page." if number > 1 else "No post fits the filters."


def _pager(number: int, total: int) -> None:
    with st.container(horizontal=True, key="pager", gap="small"):
        if st.button("← Newer", key="page_back", disabled=number <= 1):
            _turn(number - 1)
            st.rerun()
        if st.button("Older →", key="page_on", disabled=number * SIZE >= total):
            _turn(number + 1)
            st.rerun()
