"""Small pieces of the screen, as markup of our own words and figures only. Pure.

Nothing a stranger wrote enters this markup: names, titles, evidence and post text are drawn by ``st.text``.
Links are the one exception, and only ``safe_link`` lets them in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from html import escape
from typing import Any
from urllib.parse import urlencode, urlsplit

from dashboard import wording
from dashboard.selection import Congress, Selection, slug_of
from dashboard.timeline import PLATFORM_WORDS, gap_word, source_word

HOSTS = ("bsky.app", "x.com", "twitter.com", "linkedin.com")
ROLE_WORDS = {
    "hcp": "HCP", "researcher": "Researcher", "patient_advocate": "Patient advocate", "society": "Society",
    "pharma": "Industry", "media": "Media", "institution": "Institution", "other": "",
}  # fmt: skip
KIND_WORDS = {"original": "Post", "repost": "Repost", "quote": "Quote", "reply": "Reply"}
STATES = {  # state of a source -> (shape, word)
    "live": ("dot", "Live"), "catching_up": ("half", "Catching up"), "starting": ("ring", "Starting"),
    "reconnecting": ("triangle", "Reconnecting"), "stopped": ("square", "Stopped"), "finished": ("check", "Finished"),
    "silent": ("triangle", "Silent"), "collecting": ("check", "Collecting"), "away": ("triangle", "Not collected"),
}  # fmt: skip
TROUBLES = (("reconnect_count", "reconnect"), ("dropped_count", "unreadable payload"))
TIERS = (("tier_1", "number"), ("tier_2", "trial"), ("tier_3", "wording"), ("inherited", "shared"))


def safe_link(url: str | None) -> str | None:
    """The address, if it is plain http(s) on a platform we know; else ``None``."""
    try:
        parts = urlsplit(url or "")
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:  # "http://[": not an address at all
        return None
    known = any(host == h or host.endswith(f".{h}") for h in HOSTS)
    plain = parts.scheme in ("http", "https") and not parts.username and port in (None, 80, 443)
    return url if known and plain and str(url).isprintable() and " " not in str(url) else None


def link(url: str | None, words: str, label: str) -> str:
    """Words that open ``url`` in a new tab, or just the words where the address is not one we know."""
    address = safe_link(url)
    if not address:
        return f"<span>{escape(words)}</span>"
    return f'<a href="{escape(address)}" target="_blank" rel="noopener noreferrer" aria-label="{escape(label)}">{escape(words)}</a>'


def inner(page: str, words: str, label: str, **choice: str) -> str:
    """Words that lead to another page of the dashboard, with that choice; the address can be sent."""
    address = f"{page}?{urlencode(choice)}"
    return f'<a href="{escape(address)}" target="_self" aria-label="{escape(label)}">{escape(words)}</a>'


def facts(pairs: Iterable[tuple[str, str, str]]) -> str:
    """A row of figures: label, value, and a note that may be empty."""
    told = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}<small>{escape(note)}</small></dd></div>"
        for label, value, note in pairs
    )
    return f'<dl class="facts">{told}</dl>'


def meanings(pairs: Iterable[tuple[str, str]]) -> str:
    """Terms, each with what it means."""
    told = "".join(f"<div><dt>{escape(term)}</dt><dd>{escape(meaning)}</dd></div>" for term, meaning in pairs)
    return f'<dl class="meanings">{told}</dl>'


def moment(at: datetime | None, selection: Selection) -> str:
    """``Sun 25 Oct 14:02 CET`` in the selected zone; a dash where there is none."""
    if at is None:
        return "–"
    here = wording.local(at, selection.zone)
    return f"{here:%a} {here.day} {here:%b} {here:%H:%M} {here.tzname()}"


def gap_card(source: str, status: str) -> str:
    """A gap's source and status: shape, word and colour."""
    shape = {"open": "square", "replaying": "half", "filled": "check"}.get(status, "triangle")
    word = "refilled" if status == "filled" else gap_word(status)
    name = escape(source_word(source))
    return f'<div class="card source {shape}"><b>{name}</b><i class="shape {shape}"></i><span class="word">{escape(word)}</span></div>'


def post_card(row: Mapping[str, Any], selection: Selection) -> str:
    """When, where and by what role a post was made, and how it was taken up; the time opens it."""
    time = moment(row["created_at"], selection)
    platform = PLATFORM_WORDS.get(row["platform"], "Other")
    role = ROLE_WORDS.get(row["role"] or "", "")
    marks = badge(role, "hcp" if role == "HCP" else "plain") if role else ""
    took = [
        (row["like_count"], "like"),
        (row["repost_count"], "repost"),
        (row["reply_count"] + row["quote_count"], "answer"),
    ]
    told = " · ".join(wording.plural(n, word) for n, word in took if n)
    opened = link(row["url"], time, f"Open the {platform} post of {time}")
    kind = KIND_WORDS.get(row["kind"], "").lower()
    return f'<div class="card">{opened}<small>{escape(platform)} {escape(kind)}</small>{marks}<small>{escape(told)}</small></div>'


def badge(words: str, kind: str = "plain") -> str:
    """A small label; ``kind`` chooses its colour."""
    return f'<span class="badge {kind}">{escape(words)}</span>'


def place(congress: Congress, speed: float) -> str:
    """Where and when a congress is; whether it is simulated, and how fast its clock then runs."""
    pace = "" if abs(speed - 1) < 0.01 else f" · {speed:g}× speed"
    mark = badge(f"Simulated{pace}", "simulated") if congress.simulated else ""
    city, days = wording.clean(congress.city), wording.days(congress.starts_on, congress.ends_on)
    return f'<div class="place">{mark}<span class="quiet"><span>{escape(city)}</span> <span>{escape(days)}</span></span></div>'


def notice(fact: str, rest: str) -> str:
    """A red line: what is wrong, and what that means for what is shown."""
    return f'<div class="notice bad" role="alert"><i class="shape square"></i><b>{escape(fact)}</b><span>{escape(rest)}</span></div>'


def clock(now: datetime, selection: Selection) -> str:
    """``Sun 25 Oct 17:52:14 CET`` in the selected zone."""
    here = wording.local(now, selection.zone)
    return f"{here:%a} {here.day} {here:%b} <b>{here:%H:%M:%S}</b> {escape(here.tzname() or '')}"


def pulse(now: datetime, number: int, selection: Selection, lost: bool) -> str:
    """Congress clock and freshness. The red half shows by itself 12 s after the last new snapshot.

    The animation starts anew whenever the markup changes, which each snapshot's ``number`` makes sure of; if
    nothing comes any more - server, network or thread - no script is needed to say so.
    """
    when = wording.local(now, selection.zone)
    stamp = f"{when:%H:%M:%S} {when.tzname()}"
    late = f'<span class="late"><i class="shape triangle"></i>No news since {escape(stamp)}</span>'
    fresh = "" if lost else '<span class="fresh"><i class="shape dot"></i>Live</span>'
    kind = "pulse lost" if lost else "pulse"
    return (
        f'<div class="{kind}" data-number="{number}" role="status"><span class="clock"><span class="quiet">as of</span> {clock(now, selection)}</span>'
        f'{fresh}{late}</div>'
    )  # fmt: skip


def health(rows: Iterable[Mapping[str, Any]], now: datetime, speed: float) -> str:
    """The strip of sources: state as word, shape and colour, and how far behind each is."""
    return f'<div class="health" role="list" aria-label="Sources">{"".join(_source(r, now, speed) for r in rows)}</div>'


def _source(row: Mapping[str, Any], now: datetime, speed: float) -> str:
    silence = (now - row["seen_at"]).total_seconds() / max(speed, 1)
    state = row["state"]
    if silence > 60 and state not in ("stopped", "finished"):
        state = "silent"
    shape, word = STATES.get(state, ("ring", str(state).replace("_", " ").capitalize()))
    facts = [f"for {wording.duration(silence)}"] if state == "silent" else _flow(row, now, speed)
    facts += [f"{wording.plural(row[field], word)}" for field, word in TROUBLES if row[field]]
    facts += _bill(row)
    name = escape(source_word(row["source"]))
    rest = f'<span class="quiet">{escape(" · ".join(facts))}</span>' if facts else ""
    return f'<span role="listitem" class="source {shape}"><b>{name}</b><i class="shape {shape}"></i><span class="word">{escape(word)}</span>{rest}</span>'


def _bill(row: Mapping[str, Any]) -> list[str]:
    """What a billed source has cost this month, of what it may."""
    spent, budget = row.get("spent_usd"), row.get("budget_usd")
    if spent is None or not budget:
        return []
    return [f"${spent:,.2f} of ${budget:,.0f} this month ({spent / budget:.0%})"]


def _flow(row: Mapping[str, Any], now: datetime, speed: float) -> list[str]:
    """How late the last payload was when it came, and how long ago that is, in seconds of the machine."""
    if row["last_data_at"] is None or row["state"] not in ("live", "catching_up"):
        return []
    late = (row["last_data_at"] - (row["last_event_at"] or row["last_data_at"])).total_seconds() / max(speed, 1)
    quiet = (now - row["last_data_at"]).total_seconds() / max(speed, 1)
    facts = [f"{wording.duration(late)} behind"] if late >= 0.05 else []
    return facts + ([f"quiet for {wording.duration(quiet)}"] if quiet >= 60 else [])


def heading(
    title: str, note: str = "", legend: Iterable[tuple[str, str]] = (), saves: str = "", markup: str = ""
) -> str:
    """A panel's title and a quiet note beside it; at the right the legend and the links that save the panel.

    ``markup``, made here, stands instead of the title where there is a link in it; ``legend`` holds what
    ``key`` takes, and words.
    """
    keys = "".join(f"<span>{key(kind)}{escape(word)}</span>" for kind, word in legend)
    right = f'<span class="legend">{keys}</span>' if keys else ""
    right += f'<span class="saves">{saves}</span>' if saves else ""
    return f'<div class="head"><h2>{markup or escape(title)}</h2><span class="quiet">{escape(note)}</span>{right}</div>'


def key(kind: str) -> str:
    """The square of a legend: ``s0`` to ``s4``, ``session``, ``gap``, or a hex colour."""
    if kind.startswith("#"):
        return f'<i class="key" style="background:{escape(kind)}"></i>'
    return f'<i class="key {escape(kind)}"></i>'


def address(page: str, chosen: Selection, **filters: str | None) -> str:
    """The address of a page of the dashboard with the viewer's choice and further filters; empty ones are left out."""
    choice = {"congress": chosen.congress.id, "window": chosen.window.slug}
    if chosen.zone.key != chosen.congress.timezone:
        choice["zone"] = "utc" if chosen.zone.key == "UTC" else "mine"
    if chosen.at is not None:
        choice["at"] = slug_of(chosen.at)
    kept = {name: value for name, value in filters.items() if value}
    return _address(page, tuple((choice | kept).items()))


@lru_cache(maxsize=2048)  # a page has some sixty links, drawn anew for every viewer at every tick
def _address(page: str, query: tuple[tuple[str, str], ...]) -> str:
    return f"{page}?{urlencode(query)}"


def lead(page: str, words: str, label: str, chosen: Selection, **filters: str | None) -> str:
    """Words that lead to what is behind them; on a wall the words alone."""
    if chosen.wall:
        return escape(words)
    to = escape(address(page, chosen, **filters))
    return f'<a href="{to}" target="_self" aria-label="{escape(label)}">{escape(words)}</a>'


def voice_figures(rows: Sequence[Mapping[str, Any]], chosen: Selection) -> str:
    """Posts and HCP engagers of each voice, which lead to its posts and to it, and the way to its best post."""
    head = '<div class="labels"><span>Posts</span><span>HCP engagers</span><span></span></div>'
    lines = "".join(
        f"<div><span>{_to_posts(r, chosen)}</span><span>{_to_voice(r, 'hcp_engager_count', 'HCP engagers', chosen)}</span>"
        f"{link(r['url'], 'Best post' if safe_link(r['url']) else '', 'Open the best post of voice ' + str(r['rank']))}</div>"
        for r in rows
    )
    return f'<div class="figures voices">{head}{lines}</div>'


def _to_posts(row: Mapping[str, Any], chosen: Selection) -> str:
    label = f"Open the posts of voice {row['rank']}"
    return lead(
        "posts", wording.count(row["post_count"]), label, chosen, platform=row["platform"], author=row["author_id"]
    )


def _to_voice(row: Mapping[str, Any], field: str, what: str, chosen: Selection) -> str:
    label = f"Open voice {row['rank']} with its {what}"
    return lead("voices", wording.count(row[field]), label, chosen, voice=f"{row['platform']}:{row['author_id']}")


def taking_off() -> str:
    """The mark of what rises: shape, words and colour."""
    return '<span class="badge rise"><i class="shape triangle"></i>Taking off</span>'


def abstract_figures(
    rows: Sequence[Mapping[str, Any]], comparable: bool, rising: Collection[str], chosen: Selection
) -> str:
    """Sparkline, posts and their change, HCP share and evidence of each abstract, each leading on; a mark on those that are ``rising``."""
    head = '<div class="labels"><span class="left">Trend</span><span>Posts</span><span>By HCPs</span><span>Named by</span></div>'
    return f'<div class="figures abstracts">{head}{"".join(_abstract(r, comparable, r["number"] in rising, chosen) for r in rows)}</div>'


def _abstract(row: Mapping[str, Any], comparable: bool, rises: bool, chosen: Selection) -> str:
    posts, number = row["post_count"], row["number"]
    moved = (wording.change(posts, row["before_count"]) or "new") if comparable else ""
    hcp = 100 * row["hcp_post_count"] / posts if posts else 0
    count = lead("posts", wording.count(posts), f"Open the posts on {number}", chosen, abstract=number)
    share = lead("posts", f"{hcp:.0f}%", f"Open the posts of HCPs on {number}", chosen, abstract=number, role="hcp")
    return (
        f'<div><span class="trend">{_opens(sparkline(row["sparkline"]), number, chosen)}{taking_off() if rises else ""}</span><span>{count}<small>{escape(moved)}</small></span>'
        f'<span>{share}<i class="meter"><i style="width:{hcp:.0f}%"></i></i></span>{_opens(tier_mix(row), number, chosen)}</div>'
    )  # fmt: skip


def _opens(drawing: str, number: str, chosen: Selection) -> str:
    """A small drawing, made here, that opens its abstract; on a wall the drawing alone."""
    if chosen.wall:
        return drawing
    to = escape(address("abstracts", chosen, abstract=number))
    return (
        f'<a class="drawing" href="{to}" target="_self" aria-label="{escape(f"Open abstract {number}")}">{drawing}</a>'
    )


def sparkline(counts: Sequence[int] | None) -> str:
    """24 equal steps of the window as a small area, each step to scale with the highest."""
    counts = list(counts or [])
    top = max(counts, default=0)
    if not top:
        return '<span class="spark" aria-hidden="true"></span>'
    step, edge = 100 / len(counts), []
    for i, n in enumerate(counts):
        y = f"{100 - 96 * n / top - (4 if n else 0):.0f}%"
        edge += [f"{i * step:.1f}% {y}", f"{(i + 1) * step:.1f}% {y}"]
    shape = ",".join(["0 100%", *edge, "100% 100%"])
    return f'<span class="spark" role="img" aria-label="Busiest step: {top} posts"><i style="clip-path:polygon({shape})"></i></span>'


def tier_mix(row: Mapping[str, Any]) -> str:
    """What names the abstract - number, trial, wording, or a shared post - as a bar with its largest part in words."""
    parts = [(row[field] or 0, word) for field, word in TIERS]
    whole = sum(n for n, _ in parts)
    if not whole:
        return "<span></span>"
    most, word = max(parts, key=lambda p: p[0])
    bars = "".join(f'<i class="t{i}" style="width:{100 * n / whole:.0f}%"></i>' for i, (n, _) in enumerate(parts) if n)
    told = ", ".join(f"{word} {n}" for n, word in parts if n)
    return f'<span title="{escape(told)}"><i class="mix" role="img" aria-label="{escape(told)}">{bars}</i><small>{word} {100 * most / whole:.0f}%</small></span>'


def hashtag_figures(rows: Sequence[Mapping[str, Any]], chosen: Selection) -> str:
    """A bar for the posts of each hashtag, with a tick where the window before stood; the count leads to the posts."""
    top = max((max(r["post_count"], r["before_count"]) for r in rows), default=1) or 1
    lines = "".join(
        f'<div><i class="bar"><i style="width:{100 * r["post_count"] / top:.0f}%"></i>'
        f'<b style="left:{100 * r["before_count"] / top:.0f}%"></b></i>'
        f"<span>{lead('posts', wording.count(r['post_count']), 'Open the posts with this hashtag', chosen, hashtag=r['hashtag'])}</span></div>"
        for r in rows
    )
    return f'<div class="figures hashtags">{lines}</div>'


def post_marks(rows: Sequence[Mapping[str, Any]], now: datetime, selection: Selection) -> str:
    """Time, platform and role of each post; the time opens it."""
    lines = "".join(_post(r, now, selection) for r in rows)
    return f'<div class="figures posts">{lines}</div>'


def _post(row: Mapping[str, Any], now: datetime, selection: Selection) -> str:
    here = wording.local(row["created_at"], selection.zone)
    time = f"{here:%H:%M:%S}" if now - row["created_at"] < timedelta(hours=20) else f"{here.day} {here:%b %H:%M}"
    platform = PLATFORM_WORDS.get(row["platform"], "Other")
    role = ROLE_WORDS.get(row["role"] or "", "")
    kind = KIND_WORDS.get(row["kind"], "")
    marks = badge(role, "hcp" if role == "HCP" else "plain") if role else ""
    opened = link(row["url"], time, f"Open the {platform} post of {time}")
    return f"<div>{opened}<small>{escape(platform)} {escape(kind.lower())}</small>{marks}</div>"
