"""The page Topics: products, companies, hashtags, drugs and trials against their like, HCPs against all; and any two over time."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from dashboard import chart_box, parts, selection, shares, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from dashboard.views import two_topics

VIEWS = {"share": "Share of voice", "compare": "Compare two"}
SHOWN, SHOWN_FIRST = 8, 10  # items of each kind, and of products and companies
RISING = 4


def page(chosen: Selection) -> None:
    """All kinds side by side, or the two topics that the URL names."""
    selection.settle_filters({"view": list(VIEWS), **two_topics.FILTERS})
    if st.session_state["view"] not in VIEWS:
        st.session_state["view"] = "share"
    with st.container(horizontal=True, key="filters", gap="small", vertical_alignment="center"):
        st.segmented_control(
            "View", list(VIEWS), key="view", format_func=VIEWS.__getitem__, required=True, label_visibility="collapsed"
        )
        comparing = st.session_state["view"] == "compare"
        if comparing:
            two_topics.controls(chosen)
    selection.publish_filters(["view", *two_topics.FILTERS] if comparing else ["view"])
    if comparing:
        two_topics.page(chosen)
        return
    wanted = {kind: two_topics.share_ask(kind, chosen) for kind in shares.KINDS}
    wanted["rising"] = ask("trending", congress_id=chosen.congress.id, kind="hashtag")
    states.live(chosen, wanted, _draw, heights=(360, 320))


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    with st.container(key="topics_first", gap=None):
        for kind in ("product", "company"):
            with st.container(border=True, key=f"panel_{kind}", gap=None):
                _panel(kind, SHOWN_FIRST, chosen, snapshot, wanted[kind])
    with st.container(key="topics_more", gap=None):
        with st.container(border=True, key="panel_hashtag", gap=None):
            _rising(chosen, snapshot, wanted["rising"])
            _panel("hashtag", SHOWN, chosen, snapshot, wanted["hashtag"])
        for kind in ("drug", "trial"):
            with st.container(border=True, key=f"panel_{kind}", gap=None):
                _panel(kind, SHOWN, chosen, snapshot, wanted[kind])
    st.html(
        '<p class="quiet">A post that names two counts for both, so shares add up to more than all. '
        "Among HCPs: the same share, of posts by HCPs alone. Every number leads to its posts.</p>"
    )


def _panel(kind: str, count: int, chosen: Selection, snapshot: Snapshot, one: Ask) -> None:
    """The shares of one kind; without any, why."""
    rows = snapshot.rows(one)
    if not rows:
        st.html(parts.heading(shares.KINDS[kind][0]))
        _nothing(kind, rows is not None, chosen)
        return
    now, shown = snapshot.answers[one].now, [row for row in rows if row["post_count"]][:count]
    saves = "" if chosen.wall else chart_box.links(
        f"shares_{kind}", partial(shares.picture, kind, shown or rows[:count], chosen, now), partial(shares.figures, kind, rows), f"share-of-voice-{kind}", chosen,
    )  # fmt: skip
    st.html(
        parts.heading(shares.title(kind, rows), "", (("s0", "HCPs"), ("s1", "Everyone else")) if shown else (), saves)
    )
    if not shown:
        st.html(f'<p class="empty">None of the {len(rows)} tracked names stands in a post of this window.</p>')
        return
    st.html(shares.table(kind, shown, chosen.comparable(snapshot.now), chosen))
    named, silent = rows[0]["item_count"], sum(not row["post_count"] for row in rows)
    rest = [f"{named - len(shown)} more named"] if named > len(shown) else []
    rest += [f"{silent} tracked and not named"] if silent else []
    st.html(f'<p class="quiet">{wording.sentence(shares.note(kind, rows))}. {wording.sentence(", ".join(rest))}</p>')


def _nothing(kind: str, known: bool, chosen: Selection) -> None:
    if not known or kind not in ("product", "company"):
        why = {"hashtag": "No further hashtag in this window."}.get(
            kind, f"No post of this window speaks of an abstract with {shares.KINDS[kind][1]} in the catalogue."
        )
        st.html(f'<p class="empty">{why if known else "Could not be read."}</p>')
        return
    st.html(
        f'<p class="empty">No {kind} is tracked for this congress. Add what to track in congresses.yaml, then start the collector '
        "anew; the posts already stored are read again by the command below.</p>"
    )
    example = {
        "product": "products: [{name: epcoritamab, aliases: [Epkinly], company: AbbVie}]",
        "company": "companies: [{name: AbbVie, aliases: []}]",
    }[kind]
    st.code(f"  {chosen.congress.id}:\n    {example}\n\ncongress relink {chosen.congress.id}", language=None)


def _rising(chosen: Selection, snapshot: Snapshot, one: Ask) -> None:
    """Hashtags that rise, each with why."""
    rows = snapshot.rows(one)
    st.html(parts.heading("Rising hashtags", "more authors in half an hour than pace and share let expect"))
    if not rows:
        why = "No hashtag rises right now." if rows is not None else "Could not be read."
        st.html(f'<p class="empty">{why}</p>')
        return
    with st.container(key="rising_tags", gap=None):
        for row in rows[:RISING]:
            name = shares.label("hashtag", row["item"], 40)
            to = parts.lead("posts", name, f"Open the posts with {name}", chosen, hashtag=row["item"])
            st.html(f'<div class="card">{to}{parts.taking_off()}</div>')
            st.text(wording.shorten(row["why"], 200), width="stretch")
