"""The page Privacy: for the company's lawyer and data-protection officer. What is kept, why, how long, and who sees it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import streamlit as st

from dashboard import download, parts, states, wording
from dashboard.asks import Ask, ask
from dashboard.selection import Selection
from dashboard.snapshot import Snapshot

# for each question a lawyer asks, what this software does; the company's own answers stand in the record below
WORDS = {
    "What is collected": (
        ("Posts", "Public posts that carry a followed hashtag, account or word, and what they answer: text, time, links, counts of likes, reposts, replies and quotes."),
        ("Profiles", "Of who wrote them: handle, name, biography, place as stated, number of followers. Nothing that is not public on the platform."),
        ("Never", "No direct messages, no protected accounts, no e-mail addresses, no pictures, no lists of followers, no inferred health data about a person."),
    ),
    "On which terms": (
        ("X", "Through the company's own API key and under its developer agreement. Deleted, protected and withheld content goes as soon as the platform says so; at most 500 posts leave in full, the rest as id and link; no model is trained on posts."),
        ("Bluesky", "From the public event stream. Deletions and account events are obeyed; accounts that ask not to be shown to strangers are not shown."),
        ("Files", "What the company imports, on the terms it got them."),
    ),
    "Where it is kept": (
        ("Place", "In one database file on the machine where the collector runs, and in tapes of raw payloads if somebody asked for them. Nothing is sent anywhere else, but alerts to channels set up in .env and files that somebody downloads."),
        ("Access", "The database is read by its owner alone. Pages are served on this machine only, unless sign-in is set up. Roles: viewer, reviewer, admin."),
        ("Trail", "Every correction, decision, reveal, export and refused try is kept in a record whose rows are chained by hashes; congress audit verify names a row that was changed."),
    ),
    "Who is named": (
        ("By name", "Health-care professionals, societies, companies, media and institutions, by what their own profile says."),
        ("Under a pseudonym", "Everybody else: a keyed hash, and no words. A reviewer may reveal one for reviewers, with a reason that is kept."),
        ("Not at all", "Patients and advocates: counted, never listed, ranked or named."),
    ),
    "What goes, and when": (
        ("Deletions", "Text, profile and all that was read from them leave every table in the transaction in which the deletion arrives; tapes within the hour; the blocks of the file within twelve hours, by writing it anew. A number without words stays, so that counts hold."),
        ("Requests", "congress forget removes a post or an author on request, at once and everywhere, and writes a certificate."),
        ("Retention", "Posts go by themselves when the time set for their congress is over."),
    ),
    "Safety": (
        ("Adverse events", "Posts that name a tracked product and a reaction are shown to reviewers as possible adverse events, for human review. Nothing is decided by the software, and none of it enters a recap."),
        ("After a deletion", "The words go from the case and from all decisions on it. What stays shows that the duty was done: case number, product, times, decisions, the safety database's reference and a hash of the text."),
        ("Embargoes", "Posts from before an abstract's listed embargo time stay out of shared pages and exports until it lifts."),
    ),
    "What is never done": (
        ("Never", "No profiling of patients, no scoring of persons beyond how their public posts were taken up, no contact with authors, no sale or sharing of data, no automated decision about anybody."),
    ),
}  # fmt: skip
# a filled example of a record of processing (GDPR Art. 30 (1)); what the company must decide stands in brackets
RECORD = (
    ("Name of the processing", "Monitoring of the public conversation around medical congresses (Congress Pulse)"),
    ("Controller", "[company, address]; data protection officer: [name, address]"),
    ("Purposes", "Understanding scientific exchange; finding possible adverse events; reporting to management"),
    ("Legal basis", "Art. 6 (1) (f) legitimate interest for professionals and organisations [balancing test of (date)]; Art. 6 (1) (c) with Art. 9 (2) (i) for drug safety"),
    ("Data subjects", "Authors of public posts: health-care professionals, organisations, media, private people"),
    ("Categories of data", "Public posts and profile data as listed above; possible adverse events contain health data"),
    ("Recipients", "Medical affairs, communications, drug safety of the company [list]; no processor unless the machine is hosted [host, contract]"),
    ("Third countries", "None by this software; sources are in the USA and deliver public data"),
    ("Erasure", "Deletions at once; retention per congress as set in congresses.yaml; certificates are kept"),
    ("Security", "Bound to loopback or sign-in with roles; secrets in .env; chained audit; content-security policy; no outside requests"),
    ("Information of data subjects", "Art. 14 (5) (b): public notice on the company's site [address]"),
)  # fmt: skip


def page(chosen: Selection) -> None:
    """Draw the page."""
    wanted = {"kept": ask("kept", congress_id=chosen.congress.id)}
    states.live(chosen, wanted, _draw, heights=(120, 500), empty=True)


def _draw(chosen: Selection, snapshot: Snapshot, wanted: Mapping[str, Ask]) -> None:
    rows = snapshot.rows(wanted["kept"])
    with st.container(border=True, key="panel_kept", gap=None):
        st.html(parts.heading("This installation", "as it stands now"))
        st.html(parts.meanings(facts(rows[0], chosen)) if rows else '<p class="empty">Could not be read.</p>')
    with st.container(key="method", gap=None):
        for number, (title, meanings) in enumerate(WORDS.items()):
            with st.container(border=True, key=f"panel_privacy{number}", gap=None):
                st.html(parts.heading(title) + parts.meanings(meanings))
    with st.container(border=True, key="panel_record", gap="small"):
        st.html(parts.heading("Record of processing, a filled example", "GDPR Art. 30; words in brackets are yours"))
        st.html(parts.meanings(RECORD))
        address = download.offer(
            "record", download.safe_name("record of processing", chosen.congress.id) + ".csv", _record
        )
        st.html(download.link(address, "CSV", "Save the record of processing as CSV"))


def _record() -> bytes:
    return download.csv_of([{"Field": field, "Entry": entry} for field, entry in RECORD], ("Field", "Entry"))


def facts(row: Mapping[str, Any], chosen: Selection) -> tuple[tuple[str, str], ...]:
    """A row of the read ``kept`` as lines of name and words."""
    posts, named = wording.count(row["post_count"]), wording.count(row["named_count"])
    tapes = wording.plural(row["tape_count"], "tape") if row["tape_count"] else "No tape is written."
    return (
        ("Kept", f"{posts} posts of {chosen.congress.name}."),
        ("People", f"{named} authors by name, {wording.count(row['private_count'])} under a pseudonym."),
        ("Until", f"{_day(row['kept_until'], chosen)}; then everything of this congress goes by itself."),
        ("Gone already", f"{wording.plural(row['removed_count'], 'post')} deleted by their authors or platforms; {wording.plural(row['forgotten_count'], 'request')} carried out."),
        ("Tapes", tapes if not row["tape_count"] else f"{tapes}; last cleaned {_day(row['scrubbed_at'], chosen)}."),
        ("File written anew", _day(row["rewritten_at"], chosen)),
    )  # fmt: skip


def _day(at: datetime | None, chosen: Selection) -> str:
    if at is None:
        return "not needed yet"
    return f"{wording.local(at, chosen.zone):%-d %B %Y}"
