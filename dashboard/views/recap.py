"""The page Recap: choose a period, see what will be said, take the deck, the workbook, the report and the data."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

import streamlit as st

from dashboard import access, download, parts, recaps, selection, states, wording
from dashboard.asks import Ask
from dashboard.reads import hub
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot
from pipelines.congresses import Congress, load
from pipelines.errors import CongressError
from pipelines.recap.model import Kpi, Recap

WHOLE = {"congress": "The congress days", "all": "All that was followed"}
LARGEST = 20  # megabytes of a company's template
DOING = {"waiting": "Waiting for another recap", "reading": "Reading the figures", "writing": "Writing the files"}
FILTERS = ("period", "against")


def page(chosen: Selection) -> None:
    """Draw the controls and, below them, the recap they last ordered."""
    periods = {**WHOLE, **days(chosen)}
    others = against(chosen)
    selection.settle_filters({"period": list(periods), "against": list(others)})
    for name, default in (("period", "congress"), ("against", "")):
        st.session_state[name] = st.session_state.get(name) or default
    with st.container(border=True, key="recap_order", gap="small"):
        st.html(
            parts.heading(
                "What is sent to leadership", "a deck, a workbook, a report and the data: the same figures in each"
            )
        )
        order = _order(chosen, periods, others)
        selection.publish_filters(FILTERS)
        if st.button("Make the recap", type="primary", key="make_recap", disabled=not order.formats):
            _workshop().order(order)
    states.live(chosen, {}, partial(_draw, order), heights=(200, 400))


def days(chosen: Selection) -> dict[str, str]:
    """The days of the congress, as ``--window`` and in words."""
    first, last = chosen.congress.starts_on, chosen.congress.ends_on
    found = (first.fromordinal(day) for day in range(first.toordinal(), last.toordinal() + 1))
    return {f"{day}": f"Day {number}, {day:%A %-d %B}" for number, day in enumerate(found, start=1)}


def against(chosen: Selection) -> dict[str, str]:
    """What it may be compared with, as ``--compare`` and in words."""
    snapshot = hub().snapshot
    from dashboard.frame import congresses

    found = congresses(snapshot) if snapshot else []
    others = {each.id: each.name for each in found if each.id != chosen.congress.id and each.post_count}
    return {"": "The congress before, if kept", "none": "Nothing", **others}


def _order(chosen: Selection, periods: Mapping[str, str], others: Mapping[str, str]) -> recaps.Order:
    with st.container(horizontal=True, key="recap_controls", gap="medium", vertical_alignment="bottom"):
        st.selectbox("Period", list(periods), key="period", format_func=periods.__getitem__, width=260)
        st.selectbox("Compared with", list(others), key="against", format_func=others.__getitem__, width=260)
        formats = st.pills(
            "Files", list(recaps.FORMATS), key="recap_formats", selection_mode="multi", default=list(recaps.FORMATS),
            format_func=lambda form: recaps.TITLES[form][0],
        )  # fmt: skip
        with st.popover("Company template"):
            given = st.file_uploader(
                "A .pptx or .potx; its colours, fonts and logo are taken over", type=["pptx", "potx"],
                key="recap_template", max_upload_size=LARGEST,
            )  # fmt: skip
    return recaps.Order(
        chosen.congress.id, st.session_state["period"], st.session_state["against"] or None,
        tuple(form for form in recaps.FORMATS if form in (formats or ())), given.getvalue() if given else b"",
    )  # fmt: skip


def _workshop() -> recaps.Workshop:
    return recaps.workshop(hub().reader, configured(access.door().config))


def configured(file: Path | None) -> Mapping[str, Congress]:
    """The congresses of the file as the command would take it; none where it cannot be read: the database knows them too."""
    try:
        return load(file or Path("congresses.yaml"))
    except CongressError:
        return {}


def _draw(order: recaps.Order, chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    job = _workshop().job(order)
    if job is None:
        with st.container(border=True, key="panel_recap", gap=None):
            st.html(
                '<p class="empty">Nothing is made yet for this choice. It takes a few seconds. Texts of posts by private people, '
                "patients, adverse events and posts under embargo never go in.</p>"
            )
        return
    with st.container(border=True, key="panel_recap", gap="small"):
        if job.state == "failed":
            st.html(parts.notice("It was not made.", job.error))
        elif job.state == "ready":
            _files(job, chosen)
        else:
            _progress(job)
    if job.recap is not None:
        _preview(job.recap, chosen)


def _progress(job: recaps.Job) -> None:
    done, count = len(job.written), len(job.order.formats)
    share = 0.15 if job.state == "reading" else 0.0 if job.state == "waiting" else 0.4 + 0.6 * done / max(1, count)
    now = f"{DOING[job.state]}, {done} of {count}" if job.state == "writing" else DOING[job.state]
    st.progress(share, text=f"{now} …")


def _files(job: recaps.Job, chosen: Selection) -> None:
    recap = job.recap
    at = wording.local(recap.provenance.as_of, chosen.zone) if recap else None
    st.html(parts.heading("Ready", f"as of {at:%-d %B %H:%M} {at.tzname()} · kept here for an hour" if at else ""))
    with st.container(key="recap_files", gap=None):
        for path in job.files():
            name, use = recaps.title_of(path)
            packed = path.is_dir()
            file = download.safe_name(job.order.congress_id, "data") + ".zip" if packed else path.name
            address = download.offer(f"recap-{path.name}", file, partial(_bytes, path))
            st.html(f'<p class="recap_file">{download.link(address, name, f"Save the {name}")}<small>{use}</small></p>')


def _bytes(path: Path) -> bytes:
    return recaps.archive(path) if path.is_dir() else path.read_bytes()


def _preview(recap: Recap, chosen: Selection) -> None:
    """The sentences and figures that every file begins with."""
    with st.container(key="recap_preview", gap=None):
        with st.container(border=True, key="panel_findings", gap="small"):
            st.html(parts.heading("What it says", recap.provenance.window_words))
            for finding in recap.findings:
                st.text(finding.text, width="stretch")
            st.text(recap.provenance.coverage_line, width="stretch")
            if not recap.findings:
                st.html('<p class="empty">Too few posts for any finding.</p>')
        with st.container(border=True, key="panel_kpis", gap="small"):
            before = recap.comparison.congress_name if recap.comparison else ""
            st.html(parts.heading("Figures", f"beside {before}" if before else ""))
            st.dataframe([_line(kpi, before) for kpi in recap.kpis], hide_index=True, width="stretch")


def _line(kpi: Kpi, before: str) -> dict[str, str]:
    line = {"Figure": kpi.label, "Value": _value(kpi.value, kpi.whole)}
    if before:
        line[before] = "not known" if kpi.before is None else _value(kpi.before, kpi.before_whole)
    return line


def _value(value: int, whole: int | None) -> str:
    return (
        wording.count(value)
        if whole is None
        else f"{wording.share(value, whole)} ({wording.count(value)} of {wording.count(whole)})"
    )
