"""The recap, computed once from the named reads: everything that is looked at asks the same ones."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.asking import Reads
from pipelines.congresses import Congress
from pipelines.recap import clean
from pipelines.recap.coverage import coverage_line, gap_minutes_in_words, sources_of, touches
from pipelines.recap.definitions import DEFINITIONS, KPIS, LIMITS
from pipelines.recap.findings import findings_of
from pipelines.recap.model import (
    POST_LINKS,
    Comparison,
    Day,
    Gap,
    Hour,
    Kpi,
    Peak,
    Provenance,
    Recap,
    Session,
    Topic,
    Voice,
)
from pipelines.recap.names import shown_link
from pipelines.recap.pages import pages
from pipelines.recap.peaks import coincides_with, peak_hours
from pipelines.recap.rows import (
    Kind,
    abstract_of,
    full_posts,
    gap_of,
    links_of,
    post_of,
    roles_of,
    session_of,
    topic_of,
    voice_of,
)
from pipelines.recap.window import Window, aligned, local_days, words

VOICES, ABSTRACTS, TOPICS, POSTS, LINKS = 25, 30, 15, 12, 25  # rows of each table
_KINDS: tuple[Kind, ...] = ("product", "company", "drug", "trial", "hashtag")
_HOUR = timedelta(hours=1)


def build(
    reads: Reads,
    congress: Congress,
    window: Window,
    as_of: datetime,
    version: str,
    compare: Congress | None = None,
) -> Recap:
    """The recap of a window.

    Args:
        as_of: the moment of knowledge (naive UTC): roles, engagement, deletions as known then; the window ends by itself.
        version: of Congress Pulse.
        compare: the congress before, set beside it on the same congress days and local hours.
    """
    ask = _Asking(reads, congress.id, window, as_of)
    other = _Asking(reads, compare.id, aligned(window, congress, compare), as_of) if compare else None
    hours, gaps = ask.hours(), tuple(gap_of(row) for row in ask.rows("gaps"))
    sessions = tuple(session_of(row) for row in ask.rows("sessions"))
    links, first = ask.post_links(), ask.first_posts()
    by_platform = ask.by_platform()
    notable = tuple(post_of(row) for row in ask.rows("hcp_posts", limit=POSTS, which="engaged"))
    questions = tuple(post_of(row) for row in ask.rows("hcp_posts", limit=POSTS, which="asked"))
    listing = ask.rows("listing")[0]
    recap = Recap(
        provenance=_provenance(ask, congress, version, by_platform, gaps),
        kpis=_kpis(ask, other),
        findings=(),
        hours=tuple(replace(each, collected=not touches(gaps, each.at, each.at + _HOUR)) for each in hours),
        peaks=_peaks(ask, hours, sessions),
        sessions=sessions,
        days=_days(ask, congress),
        roles=roles_of(ask.rows("role_shares")),
        voices=_voices(ask, links),
        abstracts=tuple(abstract_of(row, first.get(row["number"])) for row in ask.at_end("abstracts", limit=ABSTRACTS)),
        topics=_topics(ask, other),
        notable=notable,
        questions=questions,
        links=links_of(ask.rows("links", limit=LINKS)),
        gaps=gaps,
        sources=sources_of(by_platform, gaps, window),
        definitions=DEFINITIONS,
        limits=LIMITS,
        comparison=_comparison(other, compare) if other and compare else None,
        full_post_count=full_posts(notable, questions),
        post_links=links,
        unlisted_count=listing["patient_count"] + listing["embargo_count"],
    )  # fmt: skip
    findings, unsaid = findings_of(recap, gap_minutes_in_words(gaps, window))
    return replace(recap, findings=findings, limits=(*LIMITS, *unsaid))


class _Asking:
    """The named reads of one congress and window."""

    def __init__(self, reads: Reads, congress_id: str, window: Window, as_of: datetime):
        self.reads, self.congress_id, self.window, self.as_of = reads, congress_id, window, as_of

    def rows(self, name: str, **params: Any) -> list[dict[str, Any]]:
        """A read of [start, end)."""
        if name != "gaps":
            params["congress_id"] = self.congress_id
        if name != "sessions":
            params["as_of"] = self.as_of
        return self.reads.read(name, start=self.window.start, end=self.window.end, **params).to_pylist()

    def at_end(self, name: str, window: Window | None = None, **params: Any) -> list[dict[str, Any]]:
        """A read of so many minutes up to the window's end."""
        asked = window or self.window
        return self.reads.read(
            name, congress_id=self.congress_id, minutes=asked.minutes, until=asked.until, as_of=self.as_of, **params
        ).to_pylist()

    def hours(self) -> tuple[Hour, ...]:
        """Posts by hour from the window's start on, every hour of it; the zone may lie half an hour off UTC."""
        step = 15 if self.window.start.minute % 15 == 0 else 1
        count = -(-self.window.minutes // 60)
        posts, by_hcps = [0] * count, [0] * count
        for row in self.rows("volume", bucket_minutes=step, split="role"):
            hour = int((row["bucket_at"] - self.window.start) / _HOUR)
            posts[hour] += row["post_count"]
            by_hcps[hour] += row["post_count"] if row["series"] == "hcp" else 0
        return tuple(Hour(self.window.start + n * _HOUR, posts[n], by_hcps[n], True) for n in range(count))

    def by_platform(self) -> dict[str, int]:
        """Posts of the window by platform."""
        found: dict[str, int] = {}
        for row in self.rows("volume", bucket_minutes=1440, split="platform"):
            found[row["series"]] = found.get(row["series"], 0) + row["post_count"]
        return dict(sorted(found.items()))

    def overview(self, window: Window | None = None) -> dict[str, Any]:
        """The figures of the tiles, for the window or a part of it."""
        return self.at_end("overview", window)[0]

    def first_posts(self) -> dict[str, dict[str, Any]]:
        """Who spoke of each abstract first, by number."""
        found = self.reads.read("first_posts", congress_id=self.congress_id, as_of=self.as_of)
        return {row["number"]: row for row in found.to_pylist()}

    def post_links(self) -> pa.Table:
        """Every listable post as id and link."""
        tables = [
            _shown(page)
            for page in pages(
                self.reads, "post_links", self.congress_id, self.window.start, self.window.end, self.as_of
            )
        ]
        return pa.concat_tables(tables) if tables else POST_LINKS.empty_table()


def _shown(page: pa.Table) -> pa.Table:
    """A page of links with the addresses that may be shown."""
    urls = [
        shown_link(role, platform, post_id, url)
        for role, platform, post_id, url in zip(
            *(page[name].to_pylist() for name in ("role", "platform", "post_id", "url")), strict=True
        )
    ]
    place = page.schema.get_field_index("url")
    return page.set_column(place, "url", pa.array(urls, pa.string())).select(POST_LINKS.names).cast(POST_LINKS)


def _provenance(
    ask: _Asking, congress: Congress, version: str, by_platform: Mapping[str, int], gaps: tuple[Gap, ...]
) -> Provenance:
    window = ask.window
    return Provenance(
        congress_id=congress.id,
        congress_name=clean.line(congress.name, clean.NAME),
        society=clean.line(congress.society, clean.NAME),
        city=clean.line(congress.city, clean.NAME),
        zone=congress.timezone,
        starts_on=congress.starts_on,
        ends_on=congress.ends_on,
        start=window.start,
        end=window.end,
        as_of=ask.as_of,
        window_words=words(window, congress.zone),
        platforms=tuple(by_platform),
        version=version,
        config_hash=config_hash(congress, ask.reads.read("catalogue", congress_id=congress.id)),
        coverage_line=coverage_line(gaps, window, congress.zone, sum(by_platform.values())),
        simulated=congress.simulated,
    )


def config_hash(congress: Congress, catalogue: pa.Table) -> str:
    """The first 16 hex digits of SHA-256 over what is configured of the congress and its catalogue, wherever its file lies."""
    said = {"congress": congress.model_dump(mode="json", exclude={"catalog"}), "catalogue": catalogue.to_pylist()}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _kpis(ask: _Asking, other: _Asking | None) -> tuple[Kpi, ...]:
    now, before = _figures(ask), _figures(other) if other else {}
    return tuple(
        Kpi(key, label, definition, *now[key], *before.get(key, (None, None)))
        for key, (label, definition) in KPIS.items()
    )


def _figures(ask: _Asking) -> dict[str, tuple[int, int | None]]:
    """Value and whole of every key figure."""
    row = ask.overview()
    posts, authors = row["post_count"], row["author_count"]
    return {
        "post_count": (posts, None),
        "original_count": (row["original_count"], posts),
        "author_count": (authors, None),
        "hcp_author_share": (row["hcp_author_count"], authors),
        "hcp_post_share": (row["hcp_post_count"], posts),
        "abstract_count": (row["abstract_count"], None),
        "abstract_post_share": (row["mention_count"], posts),
        "engagement_count": (ask.rows("engagements")[0]["engagement_count"], None),
    }


def _voices(ask: _Asking, links: pa.Table) -> tuple[Voice, ...]:
    rows = ask.at_end("voices", limit=VOICES)
    best = pa.array([row["best_post_id"] for row in rows], pa.string())
    listed = links.filter(pc.call_function("is_in", [links["post_id"]], pc.SetLookupOptions(best)))
    return tuple(voice_of(row, set(listed["post_id"].to_pylist())) for row in rows)


def _peaks(ask: _Asking, hours: tuple[Hour, ...], sessions: tuple[Session, ...]) -> tuple[Peak, ...]:
    found = []
    for number, each in enumerate(peak_hours(hours), start=1):
        top = next(iter(ask.at_end("abstracts", Window(each.at, min(each.at + _HOUR, ask.window.end)), limit=1)), None)
        named = (clean.line(top["number"], clean.NAME), clean.line(top["session"], clean.EVIDENCE)) if top else ("", "")
        said = coincides_with(each.at, each.post_count, sessions, *named, top["post_count"] if top else 0)
        found.append(Peak(number, each.at, each.post_count, said))
    return tuple(found)


def _days(ask: _Asking, congress: Congress) -> tuple[Day, ...]:
    found = []
    for day, window in local_days(ask.window, congress.zone):
        figures = ask.overview(window)
        abstract = next(iter(ask.at_end("abstracts", window, limit=1)), None)
        tag = next(iter(ask.at_end("share_of_voice", window, by="hashtag", limit=1)), None)
        found.append(
            Day(
                day=day,
                number=(day - congress.starts_on).days + 1,
                post_count=figures["post_count"],
                author_count=figures["author_count"],
                hcp_post_count=figures["hcp_post_count"],
                leading_abstract=clean.line(abstract["number"], clean.NAME) if abstract else "",
                leading_title=clean.line(abstract["title"]) if abstract else "",
                leading_post_count=abstract["post_count"] if abstract else 0,
                leading_hashtag=clean.line(tag["name"], clean.NAME) if tag else "",
            )
        )
    return tuple(found)


def _topics(ask: _Asking, other: _Asking | None) -> tuple[Topic, ...]:
    found: list[Topic] = []
    for kind in _KINDS:
        before = None
        if other:
            rows = other.at_end("share_of_voice", by=kind, limit=1000)
            before = {row["name"].casefold(): row for row in rows}
        rows = ask.at_end("share_of_voice", by=kind, limit=TOPICS)
        found += [topic_of(row, kind, before) for row in rows if row["post_count"]]
    return tuple(found)


def _comparison(other: _Asking, compare: Congress) -> Comparison:
    name = clean.line(compare.name, clean.NAME)
    return Comparison(compare.id, name, tuple(each.post_count for each in other.hours()))
