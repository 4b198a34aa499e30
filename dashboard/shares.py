"""Shares of voice as rows of markup and as a picture: bars with the part by HCPs, every number leading to its posts. Pure.

Names are cleaned and escaped; nothing else of them enters the markup.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import pyarrow as pa

from dashboard import parts, wording
from dashboard.chart_box import Words, framed
from dashboard.palette import palette
from dashboard.selection import Selection
from pipelines.pictures import WIDTH

Row = Mapping[str, Any]
# kind -> the panel's title without figures, one of them, what the share is of
KINDS: Mapping[str, tuple[str, str, str]] = {
    "product": ("Products", "a tracked product", "posts that name a tracked product"),
    "company": ("Companies", "a tracked company", "posts that name a tracked company or its product"),
    "hashtag": ("Hashtags", "a hashtag", "posts with a hashtag beside the congress's own"),
    "drug": ("Drugs", "a drug", "posts on an abstract with a drug in the catalogue"),
    "trial": ("Trials", "a trial", "posts on an abstract with a trial in the catalogue"),
}
COLUMNS = ("Posts", "Share", "By HCPs", "Among HCPs", "Change")
BAR, LABEL = 24, 210  # pixels of a bar with its space, and of the names beside the bars, in the picture


def label(kind: str, name: str, width: int = 60) -> str:
    """A name on screen: a hashtag with its sign, one line, no tricks."""
    return wording.shorten(f"#{name}" if kind == "hashtag" else name, width)


def title(kind: str, rows: Sequence[Row]) -> str:
    """What is true: who leads, with which share; with a tie or nothing, the kind alone."""
    plain = KINDS[kind][0]
    if not rows or not rows[0]["post_count"]:
        return plain
    first = rows[0]
    if len(rows) > 1 and rows[1]["post_count"] == first["post_count"]:
        return f"{plain}: {label(kind, first['name'], 30)} and {label(kind, rows[1]['name'], 30)} level"
    return f"{plain}: {label(kind, first['name'], 40)} leads with {wording.share(first['post_count'], first['whole_count'])}"


def note(kind: str, rows: Sequence[Row]) -> str:
    """The denominator in words: ``share of the 982 posts that name a tracked product, not of all posts``."""
    whole = rows[0]["whole_count"] if rows else 0
    return f"share of the {wording.count(whole)} {KINDS[kind][2]}; not of all posts"


def table(kind: str, rows: Sequence[Row], compared: bool, chosen: Selection) -> str:
    """Rows of the read ``share_of_voice`` as bars and figures; ``compared``: the window before was followed too."""
    columns = COLUMNS if compared else COLUMNS[:-1]
    head = "".join(f"<span>{escape(word)}</span>" for word in columns)
    top = max((row["post_count"] for row in rows), default=0) or 1
    lines = "".join(_line(kind, row, top, compared, chosen) for row in rows)
    mark = "" if compared else " once"
    return f'<div class="shares{mark}"><div class="labels"><span></span><span></span>{head}</div>{lines}</div>'


def _line(kind: str, row: Row, top: int, compared: bool, chosen: Selection) -> str:
    name, posts, hcp = label(kind, row["name"]), row["post_count"], row["hcp_post_count"]
    told = f"Open the posts on {name}"
    company = f"<small>{escape(wording.shorten(row['company'], 40))}</small>" if row.get("company") else ""
    cells = [
        parts.lead("posts", wording.count(posts), told, chosen, **{kind: row["name"]}) if posts else "0",
        wording.share(posts, row["whole_count"]),
        parts.lead("posts", wording.count(hcp), f"{told} by HCPs", chosen, role="hcp", **{kind: row["name"]})
        if hcp
        else "0",
        wording.share(hcp, row["hcp_whole_count"]),
    ]
    if compared:
        moved = wording.change(posts, row["before_count"]) or ("new" if posts else "")
        cells.append(f'<span class="quiet">{escape(moved)}</span>')
    bar = "".join(
        f'<i class="{part}" style="width:{100 * count / top:.1f}%"></i>'
        for part, count in (("hcp", hcp), ("rest", posts - hcp)) if count
    )  # fmt: skip
    said = escape(f"{wording.count(hcp)} of {wording.count(posts)} posts by HCPs")
    figures = "".join(f"<span>{cell}</span>" for cell in cells)
    return f'<div><span class="name" title="{escape(name)}">{escape(name)}{company}</span><span class="bar" role="img" aria-label="{said}">{bar}</span>{figures}</div>'


def figures(kind: str, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows for the CSV, each with its denominators."""
    return [
        {
            "Kind": kind, "Name": row["name"], "Company": row.get("company") or "", "Posts": row["post_count"], "Of posts that name any": row["whole_count"],
            "Authors": row["author_count"], "HCP posts": row["hcp_post_count"], "Of HCP posts that name any": row["hcp_whole_count"],
            "HCP authors": row["hcp_author_count"], "Only taken over": row["inherited_count"], "Posts in the window before": row["before_count"],
            "Of posts that name any, before": row["before_whole_count"],
        }
        for row in rows
    ]  # fmt: skip


def picture(kind: str, rows: Sequence[Row], chosen: Selection, now: Any) -> dict[str, Any]:
    """The bars as a Vega-Lite picture under its title, denominator and moment."""
    p = palette(chosen.dark)
    held = [
        {
            "name": label(kind, row["name"], 34),
            "part": part,
            "n": count,
            "place": place,
            "said": f"{row['post_count']:,}",
        }
        for place, row in enumerate(rows)
        for part, count in (("a", row["hcp_post_count"]), ("b", row["post_count"] - row["hcp_post_count"]))
    ]
    y = {
        "field": "name",
        "type": "nominal",
        "sort": {"field": "place"},
        "axis": {"title": None, "labelLimit": LABEL, "ticks": False, "domain": False, "labelColor": p.ink},
    }
    colour = {
        "field": "part",
        "type": "nominal",
        "legend": None,
        "scale": {"domain": ["a", "b"], "range": [p.hcp, p.volume]},
    }
    x = {
        "field": "n",
        "type": "quantitative",
        "aggregate": "sum",
        "axis": {
            "title": "Posts",
            "grid": True,
            "gridColor": p.line,
            "labelColor": p.quiet,
            "titleColor": p.quiet,
            "tickMinStep": 1,
        },
    }
    bars = {"mark": {"type": "bar", "height": {"band": 0.7}}, "encoding": {"y": y, "x": x, "color": colour}}
    said = {
        "mark": {"type": "text", "align": "left", "dx": 4, "color": p.ink},
        "encoding": {"y": y, "x": x, "text": {"field": "said", "type": "nominal"}},
    }
    spec = {
        "width": WIDTH - LABEL, "height": max(1, len(rows)) * BAR, "data": {"name": "shares"}, "layer": [bars, said], "view": {"stroke": None},
        "config": {"font": "Inter, sans-serif"},
    }  # fmt: skip
    words = Words(title(kind, rows), note(kind, rows), legend=(("s0", "By HCPs"), ("s1", "By everyone else")))
    return framed(spec, {"shares": pa.Table.from_pylist(held)}, words, chosen, now)


def split(rows: Sequence[Row], number: str, chosen: Selection) -> str:
    """Rows of the read ``abstract_topics`` as one line: each name with its posts, which it leads to."""
    told = []
    for row in rows:
        name = label(row["kind"], row["name"], 50)
        hcp = f" ({wording.count(row['hcp_post_count'])} by HCPs)" if row["hcp_post_count"] else ""
        count = parts.lead(
            "posts", wording.plural(row["post_count"], "post"), f"Open the posts on {number} that name {name}", chosen,
            abstract=number, **{row["kind"]: row["name"]},
        )  # fmt: skip
        told.append(f"<div><dt>{escape(name)}</dt><dd><small>{count}{escape(hcp)}</small></dd></div>")
    lead = (
        f'<p class="quiet">Tracked products and companies that posts on {escape(wording.shorten(number, 40))} name:</p>'
    )
    return f'{lead}<dl class="facts split">{"".join(told)}</dl>' if told else ""
