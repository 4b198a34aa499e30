"""The page Compare: this congress over another one, aligned by congress day and local hour, with what makes them hard to compare."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from html import escape
from typing import Any

import streamlit as st

from dashboard import chart_box, frame, parts, selection, states, wording, years
from dashboard.asks import ALWAYS, Ask, ask
from dashboard.palette import palette
from dashboard.reads import hub
from dashboard.selection import Congress, Selection
from dashboard.snapshot import Snapshot
from dashboard.timeline import PLATFORM_WORDS
from dashboard.years import Hours

CHART = 300
NAME = 26  # letters of a congress's name in titles
SHARES = (("hcp_author_count", "author_count"), ("hcp_post_count", "post_count"))
HEADS = ("Day", "Posts", "Authors", "HCP author share", "HCP post share")  # each but the day with its change


@dataclass(frozen=True, slots=True)
class Pair:
    """This congress and the one it is compared with: their hours and days, and the stretch that is drawn."""

    names: tuple[str, str]
    this: Hours
    other: Hours
    days: Sequence[Mapping[str, Any]]
    span: tuple[float, float]


def page(chosen: Selection) -> None:
    """The choice of the other congress, which the URL carries as ``vs``, and the two over one another."""
    snapshot = hub().look(ALWAYS).snapshot
    others = [each for each in (frame.congresses(snapshot) if snapshot else []) if each.id != chosen.congress.id]
    if not others:
        states.live(chosen, {}, _alone, heights=(200,), empty=True)
        return
    other = _picked(chosen.congress, others)
    wanted = {
        f"{which}_{of}": ask(f"aligned_{of}", congress_id=congress.id)
        for which, congress in (("this", chosen.congress), ("other", other))
        for of in ("volume", "days")
    }
    states.live(chosen, wanted, partial(_draw, other), heights=(60, CHART, 300), empty=True)


def _alone(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    with st.container(border=True, key="nothing"):
        st.html(
            "<h2>There is no other congress to compare with</h2>"
            '<p class="quiet">Posts of last year come in with one command; the congress must stand in <code>congresses.yaml</code>.</p>'
        )
        st.code("congress import posts.csv --congress ID", language=None)


def likely(congress: Congress, others: Sequence[Congress]) -> Congress:
    """The one a person most likely means: of the same society, before this one, the nearest."""
    return min(
        others,
        key=lambda each: (
            each.society != congress.society,
            each.starts_on > congress.starts_on,
            abs((each.starts_on - congress.starts_on).days),
            each.id,
        ),
    )


def _picked(congress: Congress, others: Sequence[Congress]) -> Congress:
    """Draw the choice; what it says."""
    by_id = {each.id: each for each in others}
    selection.settle_filters({"vs": list(by_id)})
    if st.session_state.get("vs") not in by_id:
        st.session_state["vs"] = likely(congress, others).id
    with st.container(horizontal=True, key="filters", gap="small", vertical_alignment="center"):
        st.html('<span class="quiet">Compared with</span>', width="content")
        st.selectbox(
            "Compared with", list(by_id), key="vs", width=330, label_visibility="collapsed",
            format_func=lambda i: wording.shorten(by_id[i].name, 48),
        )  # fmt: skip
    selection.publish_filters(["vs"])
    return by_id[st.session_state["vs"]]


def _draw(other: Congress, chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows = {name: snapshot.rows(one) for name, one in wanted.items()}
    if any(each is None for each in rows.values()):
        st.html('<p class="empty">The two could not be read.</p>')
        return
    answer = snapshot.answers[wanted["this_volume"]]
    key = ("pair", chosen.key, other.id, *(snapshot.answers[one].asked for one in wanted.values()))
    pair = answer.once(key, lambda: _pair(chosen, other, rows, answer.now))
    told = years.caveats(rows["this_days"] or [], rows["other_days"] or [], pair.names, PLATFORM_WORDS)
    if told:
        st.html("".join(f'<p class="caveat"><i class="shape triangle"></i>{escape(each)}</p>' for each in told))
    whole = replace(chosen, window=selection.window("all", chosen.congress))
    with st.container(key="years", gap=None):
        for shape, title in (("total", so_far(pair)), ("hourly", busiest(pair))):
            with st.container(border=True, key=f"panel_{shape}", gap=None):
                _chart(shape, title, pair, whole, snapshot)
    with st.container(border=True, key="panel_days", gap=None):
        saves = chart_box.links("days", None, partial(day_rows, pair), "days-compared", whole)
        st.html(parts.heading("Day by day", f"{pair.names[0]} over {pair.names[1]}", saves=saves) + day_table(pair))


def _pair(chosen: Selection, other: Congress, rows: Mapping[str, Any], now: datetime) -> Pair:
    congress = chosen.congress
    this = Hours.of(rows["this_volume"], now, congress.follow_until)
    that = Hours.of(rows["other_volume"], now, other.follow_until)
    length = max((each.ends_on - each.starts_on).days + 1 for each in (congress, other))
    span = years.shown(this, that, length)
    drawn = {years.place(at)[0] for hours in (this, that) for at in hours.rows if span[0] <= at < span[1]}
    days = [day for day in years.by_day(rows["this_days"], rows["other_days"]) if day["day_number"] in drawn]
    names = (wording.shorten(congress.name, NAME), wording.shorten(other.name, NAME))
    return Pair(names, this, that, days, span)


def _chart(shape: years.Shape, title: str, pair: Pair, chosen: Selection, snapshot: Snapshot) -> None:
    p = palette(chosen.dark)
    legend = [(p.accent, pair.names[0]), (p.quiet, pair.names[1])]
    legend += [("gap", "Not collected")] if pair.this.missed or pair.other.missed else []
    note = f"Posts since {years.since(pair.span[0])}" if shape == "total" else "Posts per hour"
    words = chart_box.Words(title, f"{note} · local hours", legend, alt="Two congresses by day and hour")
    chart_box.drawn(
        shape, years.specification(chosen.dark, CHART), years.datasets(pair.this, pair.other, pair.span, shape),
        partial(hour_rows, pair), "hours-compared", words=words, chosen=chosen, now=snapshot.now,
    )  # fmt: skip


def so_far(pair: Pair) -> str:
    """What is true of the total: both by the last hour that is over in this congress, and the change."""
    start, end = pair.span[0], min(pair.span[1], pair.this.end)
    ours, theirs = (hours.between(start, end) for hours in (pair.this, pair.other))
    moved = wording.change(ours, theirs)
    return f"{wording.count(ours)} posts by {years.clock(end)}; {pair.names[1]}: {wording.count(theirs)}" + (
        f" ({moved})" if moved else ""
    )


def busiest(pair: Pair) -> str:
    """What is true of the hours: the busiest of each."""
    found = [hours.busiest(*pair.span) for hours in (pair.this, pair.other)]
    told = [f"{years.clock(at[0])} with {wording.count(at[1])}" if at else "none yet" for at in found]
    return f"Busiest hour: {told[0]}; {pair.names[1]}: {told[1]}"


def day_table(pair: Pair) -> str:
    """The days as a table: this congress in each cell and the other below, and beside them the change between days that are over."""
    lines = "".join(_day(day, pair.names) for day in pair.days)
    heads = "".join(f"<th scope='col'>{head}</th>{'<td></td>' if i else ''}" for i, head in enumerate(HEADS))
    heads += "<th scope='col'>Most talked about</th>"
    return f'<div class="years"><table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>'


def _day(day: Mapping[str, Any], names: tuple[str, str]) -> str:
    this, other = day["this"], day["other"]
    over = bool(this and other and this["complete"] and other["complete"])
    dates = years.dates(this and this["local_date"], other and other["local_date"])
    running = " · running" if this and not this["complete"] else ""
    cells = [f"<th scope='row'>{years.day_word(day['day_number'])}<small>{escape(dates)}{running}</small></th>"]
    for name in ("post_count", "author_count"):
        moved = wording.change(this[name], other[name]) if over else None
        ours, theirs = (wording.count(row[name]) if row else "–" for row in (this, other))
        cells.append(_cell(ours, theirs, moved))
    for part, of in SHARES:
        ours, theirs = (wording.share(row[part], row[of]) if row else "–" for row in (this, other))
        moved = wording.points((this[part], this[of]), (other[part], other[of])) if over else None
        cells.append(_cell(ours, theirs, moved))
    ours, theirs = (", ".join(wording.shorten(n, 14) for n in row["abstracts"]) if row else "" for row in (this, other))
    return f"<tr>{''.join(cells)}<td><b>{escape(ours or '–')}</b><small>{escape(theirs or '–')}</small></td></tr>"


def _cell(ours: str, theirs: str, moved: str | None) -> str:
    return f"<td><b>{escape(ours)}</b><small>{escape(theirs)}</small></td><td class='moved'>{escape(moved or '')}</td>"


def hour_rows(pair: Pair) -> list[dict[str, Any]]:
    """The hours of both for the CSV; empty where one has no such hour."""
    found = []
    for at in sorted({*pair.this.rows, *pair.other.rows}):
        number, hour = years.place(at)
        row: dict[str, Any] = {"Day": number, "Local hour": hour}
        for name, hours in zip(pair.names, (pair.this, pair.other), strict=True):
            one = hours.rows.get(at)
            row |= {
                f"{name}: date": one and one["local_date"].isoformat(), f"{name}: posts": one and one["post_count"],
                f"{name}: posts by HCPs": one and one["hcp_post_count"],
                f"{name}: collected in full": one and ("yes" if one["collected"] else "no"),
            }  # fmt: skip
        found.append(row)
    return found


def day_rows(pair: Pair) -> list[dict[str, Any]]:
    """The days of both for the CSV."""
    found = []
    for day in pair.days:
        row: dict[str, Any] = {"Day": day["day_number"]}
        for name, which in zip(pair.names, years.WHICH, strict=True):
            one = day[which]
            row |= {
                f"{name}: date": one and one["local_date"].isoformat(), f"{name}: posts": one and one["post_count"],
                f"{name}: authors": one and one["author_count"], f"{name}: HCP authors": one and one["hcp_author_count"],
                f"{name}: posts by HCPs": one and one["hcp_post_count"], f"{name}: day is over": one and ("yes" if one["complete"] else "no"),
                f"{name}: collected in full": one and ("yes" if one["collected"] else "no"),
                f"{name}: most talked about": one and one["abstracts"],
            }  # fmt: skip
        found.append(row)
    return found
