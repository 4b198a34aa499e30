"""What the viewer chose - congress, window, split, zone, a past moment - and its place in the URL.

The URL always carries the whole choice as slugs, so that a link shows the same picture to whoever opens
it. Where URL and controls differ, the side that changed last wins. ``at`` is a past moment in UTC
(``2026-10-25T1650Z``); without it the page is live.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard import wording
from dashboard.asks import Span

# window slug -> (length, bucket) in minutes; "all" begins when following does
WINDOWS: dict[str, tuple[int, int]] = {
    "1h": (60, 1), "6h": (360, 5), "24h": (1440, 10), "72h": (4320, 30), "all": (0, 60),
}  # fmt: skip
WINDOW_WORDS = {"1h": "1 h", "6h": "6 h", "24h": "24 h", "72h": "72 h", "all": "All"}
SPLITS = {"role": "By role", "platform": "By platform"}
ZONES = ("congress", "utc", "mine")
KEYS = ("congress", "window", "by", "zone")
LONGEST_FILTER = 200  # letters taken over from a link
MOMENT = "%Y-%m-%dT%H%M"  # of ``at`` in the URL, in UTC
STEPS = (1, 5, 10, 30, 60, 120, 240, 480, 1440)  # minutes between two moments of the slider
MOST_STEPS = 1000  # on the slider: a finer one cannot be hit with a mouse


@dataclass(frozen=True, slots=True)
class Congress:
    """A followed congress as the read ``congresses`` gives it; dates are local days."""

    id: str
    name: str
    society: str
    city: str
    timezone: str
    starts_on: date
    ends_on: date
    follow_from: datetime  # naive UTC
    follow_until: datetime  # naive UTC
    simulated: bool
    hashtags: tuple[str, ...]
    post_count: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Congress:
        """A row of the read; a missing list is empty."""
        known: dict[str, Any] = {name: row[name] for name in cls.__slots__}
        known["hashtags"] = tuple(row["hashtags"] or ())
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Window:
    """The stretch of time looked at, up to now, and the bucket it is counted in."""

    slug: str
    span: Span

    @property
    def minutes(self) -> int:
        """The length as the reads want it; 0 for everything."""
        return self.span.minutes

    @property
    def words(self) -> str:
        """``last 24 hours``; ``since the first post`` for all of it."""
        return f"last {wording.minutes(self.minutes)}" if self.minutes else "since the first post"


@dataclass(frozen=True, slots=True)
class Selection:
    """One viewer's choice, ready for asks and drawings."""

    congress: Congress
    window: Window
    by: str
    zone: ZoneInfo
    zone_word: str
    dark: bool
    wall: bool
    at: datetime | None = None  # the past moment shown, naive UTC; None: live

    def comparable(self, now: datetime) -> bool:
        """Whether the whole window before was followed too; ``now`` is naive UTC."""
        length = timedelta(minutes=self.window.minutes)
        return bool(length) and now - 2 * length >= self.congress.follow_from

    @property
    def key(self) -> tuple[str, Window, str, str, bool, bool]:
        """What a drawing depends on besides the data."""
        return (self.congress.id, self.window, self.by, self.zone.key, self.dark, self.wall)


def window(slug: str, congress: Congress) -> Window:
    """The window of that name; ``all`` runs since following began."""
    minutes, bucket = WINDOWS[slug]
    return Window(slug, Span(minutes, bucket, None if minutes else congress.follow_from))


def default_window(congress: Congress, now: datetime) -> str:
    """A day; once the congress is over, all of it."""
    return "24h" if now.date() <= congress.ends_on + timedelta(days=1) else "all"


def zone_named(name: str | None) -> ZoneInfo:
    """The zone of that IANA name; UTC where this machine does not know it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a browser may name a folder, or what is no file name
        return ZoneInfo("UTC")


def zone_word(slug: str, congress: Congress) -> str:
    """A zone as the picker names it: the congress's city, UTC, or the viewer's own city."""
    if slug == "utc":
        return "UTC"
    name = congress.timezone if slug == "congress" else (st.context.timezone or "UTC")
    return f"{name.rsplit('/', 1)[-1].replace('_', ' ')} time"


def zone_of(slug: str, congress: Congress) -> ZoneInfo:
    """The zone behind a picker's slug."""
    names = {"utc": "UTC", "mine": st.context.timezone}
    return zone_named(names.get(slug, congress.timezone))


def options(congresses: Sequence[Congress]) -> dict[str, Sequence[str]]:
    """The allowed slugs of every key."""
    return {
        "congress": [c.id for c in congresses], "window": list(WINDOWS), "by": list(SPLITS), "zone": list(ZONES),
    }  # fmt: skip


def settle(allowed: Mapping[str, Sequence[str]], defaults: Mapping[str, str]) -> None:
    """Before the controls are drawn: take over what a link or the back button put into the URL."""
    url = {key: st.query_params.get(key) for key in KEYS}
    followed = url != st.session_state.get("url")
    for key in KEYS:
        asked = url[key]
        if followed and asked in allowed[key]:
            st.session_state[key] = asked
        elif st.session_state.get(key) not in allowed[key]:
            st.session_state[key] = defaults[key]


def publish() -> None:
    """After the controls are drawn: write the choice into the URL, if it is not there yet."""
    chosen = {key: st.session_state[key] for key in KEYS}
    if chosen != {key: st.query_params.get(key) for key in KEYS}:
        st.query_params.update(chosen)
    st.session_state["url"] = chosen


def settle_filters(allowed: Mapping[str, Sequence[str] | None]) -> None:
    """Before a page's own filters are drawn: take over what a link put into the URL; ``None`` allows any words."""
    url = {name: st.query_params.get(name) for name in allowed}
    followed = url != st.session_state.get("filters")
    for name, options in allowed.items():
        asked = url[name] or ""
        if followed:
            st.session_state[name] = asked[:LONGEST_FILTER] if options is None or asked in options else ""
        elif options is not None and st.session_state.get(name) not in options:
            st.session_state[name] = ""


def publish_filters(names: Iterable[str]) -> dict[str, str]:
    """After they are drawn: write them into the URL, the empty ones left out; what is chosen, by name."""
    chosen = {name: (st.session_state.get(name) or "").strip() for name in names}
    for name, value in chosen.items():
        if (st.query_params.get(name) or "") == value:
            continue
        if value:
            st.query_params[name] = value
        else:
            del st.query_params[name]
    st.session_state["filters"] = {name: value or None for name, value in chosen.items()}
    return chosen


def slug_of(moment: datetime) -> str:
    """A naive UTC moment as the URL carries it."""
    return f"{moment:{MOMENT}}Z"


def moment_of(slug: str | None) -> datetime | None:
    """The moment of a slug as naive UTC; ``None`` for none and for nonsense."""
    try:
        found = datetime.strptime((slug or "").removesuffix("Z"), MOMENT)
    except ValueError:
        return None
    return found if slug_of(found).removesuffix("Z") == (slug or "").removesuffix("Z") else None  # "T10" is no hour


def settle_moment(congress: Congress, now: datetime) -> datetime | None:
    """The past moment chosen, if there is one while the congress was followed and before ``now`` (naive UTC)."""
    url, state = st.query_params.get("at"), st.session_state
    navigated = all(st.query_params.get(key) is None for key in KEYS)  # the navigation drops the whole query
    if url != state.get("url_at") and not (navigated and url is None):
        state["at"] = url
    chosen = moment_of(state.get("at"))
    return chosen if chosen and congress.follow_from <= chosen < now else None


def publish_moment(moment: datetime | None) -> None:
    """Write the past moment into the URL, or take it out."""
    slug = slug_of(moment) if moment else None
    st.session_state["at"] = st.session_state["url_at"] = slug
    if st.query_params.get("at") == slug:
        return
    if slug:
        st.query_params["at"] = slug
    else:
        del st.query_params["at"]


def moments(congress: Congress, now: datetime, bucket_minutes: int) -> list[datetime]:
    """The moments of the slider (naive UTC): whole buckets from when following began to before now, or to its end.

    Where that would be more than a thousand, the steps are longer than a bucket.
    """
    end = min(now, congress.follow_until)
    whole = (end - congress.follow_from) / timedelta(minutes=1)
    minutes = next((step for step in STEPS if step >= bucket_minutes and whole / step <= MOST_STEPS), STEPS[-1])
    step = timedelta(minutes=minutes)
    count = int((end - congress.follow_from) / step)
    found = (congress.follow_from + i * step for i in range(1, count + 1))
    return [each for each in found if each < now]


def is_wall() -> bool:
    """Whether the page hangs on a wall: ``?wall=1``."""
    return st.query_params.get("wall") == "1"
