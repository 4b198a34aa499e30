"""The report's charts as Vega-Lite specifications, from a recap. Pure: no drawing, no clock.

A specification carries its data and, as ``description``, the words that stand for it where it cannot be seen.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

from pipelines.recap.figures import count, day, share
from pipelines.recap.hourly import comparison, volume
from pipelines.recap.model import Recap, Topic
from pipelines.recap.strokes import COLOURS, FONT, SCALE, Spec, axis, layer, legend, spec

TOP = 10  # rows of a ranking


def days(recap: Recap, width: int) -> Spec:
    """Posts a local day, HCP posts apart."""
    each_px = (width - SCALE) / max(1, len(recap.days))
    slots = [day(each.day) if each_px > 76 else f"{each.day:%a %-d}" for each in recap.days]
    rows = [
        {"day": slot, "who": who, "order": order, "posts": posts}
        for slot, each in zip(slots, recap.days, strict=True)
        for order, (who, posts) in enumerate(_halves(each.hcp_post_count, each.post_count))
    ]
    x = {
        "field": "day",
        "type": "ordinal",
        "sort": slots,
        "axis": axis(grid=False, labelAngle=0 if each_px > 44 else -90),
    }
    x["scale"] = {"paddingInner": 0.35}
    y = {"field": "posts", "type": "quantitative", "stack": "zero", "axis": axis(tickCount=3, format=",d")}
    bars = layer(rows, {"type": "bar"}, x=x, y=y, color=_two_colours(), order={"field": "order"})
    tops = [
        {"day": slot, "posts": each.post_count, "label": count(each.post_count)}
        for slot, each in zip(slots, recap.days, strict=True)
    ]
    size = FONT if each_px > 44 else FONT - 3
    mark = {"type": "text", "dy": -6, "fontSize": size, "fontWeight": 600, "color": COLOURS["navy"]}
    words = "Posts a day: " + "; ".join(f"{day(each.day)} {count(each.post_count)}" for each in recap.days) + "."
    return spec(words, width, 150, layer=[bars, layer(tops, mark, x=x, y=y, text={"field": "label"})])


def voices(recap: Recap, width: int) -> Spec:
    """The first HCP voices by rank, with how many HCPs engaged with each."""
    rows = [
        {"label": f"{each.rank}  {each.name or each.handle}", "value": each.hcp_engager_count, "end": count(each.hcp_engager_count)}
        for each in recap.voices[:TOP]
    ]  # fmt: skip
    return _bars(rows, width, "HCPs who engaged with each voice, in order of rank: ", labels=0.34)


def abstracts(recap: Recap, width: int) -> Spec:
    """Posts of the most discussed abstracts, HCP posts apart."""
    rows = [
        {
            "label": each.number + (f"  {each.trial}" if each.trial else ""), "who": who, "order": order, "value": posts,
            "total": each.post_count, "end": count(each.post_count),
        }
        for each in recap.abstracts[:TOP]
        for order, (who, posts) in enumerate(_halves(each.hcp_post_count, each.post_count))
    ]  # fmt: skip
    return _bars(rows, width, "Posts that name each abstract: ", stacked=True, labels=0.26)


def share_of_voice(recap: Recap, width: int, kind: Literal["product", "company"] = "product") -> Spec:
    """Share of the posts that name a tracked item of this kind, the largest first."""
    items = of_kind(recap, kind)
    rows = [
        {
            "label": each.name,
            "value": each.post_count / each.whole if each.whole else 0,
            "end": share(each.post_count, each.whole),
        }
        for each in items[:TOP]
    ]
    return _bars(rows, width, f"Share of voice by {kind}: ", labels=0.26)


def companies(recap: Recap, width: int) -> Spec:
    """Share of voice by company."""
    return share_of_voice(recap, width, "company")


def of_kind(recap: Recap, kind: str) -> tuple[Topic, ...]:
    """The recap's topics of one kind, in its order."""
    return tuple(each for each in recap.topics if each.kind == kind)


# by name: what draws it, and whether the recap holds anything to draw
CHARTS: Mapping[str, tuple[Callable[[Recap, int], Spec], Callable[[Recap], object]]] = {
    "volume": (volume, lambda recap: any(each.post_count for each in recap.hours)),
    "comparison": (comparison, lambda recap: recap.hours and recap.comparison and any(recap.comparison.hours)),
    "days": (days, lambda recap: recap.days),
    "voices": (voices, lambda recap: recap.voices),
    "abstracts": (abstracts, lambda recap: recap.abstracts),
    "products": (share_of_voice, lambda recap: any(each.whole for each in of_kind(recap, "product"))),
    "companies": (companies, lambda recap: any(each.whole for each in of_kind(recap, "company"))),
}


def charts(recap: Recap, width: int = 700) -> dict[str, Spec]:
    """Every chart the recap has data for, by name; ``width`` in pixels, labels and axes included in part."""
    return {name: draw(recap, width) for name, (draw, has) in CHARTS.items() if has(recap)}


def _two_colours() -> Spec:
    scale = {"domain": ["HCPs", "Others"], "range": [COLOURS["accent"], COLOURS["pale"]]}
    return {"field": "who", "type": "nominal", "scale": scale, "legend": legend()}


def _halves(hcp: int, total: int) -> tuple[tuple[str, int], tuple[str, int]]:
    return ("HCPs", hcp), ("Others", total - hcp)


def _bars(rows: list[dict[str, Any]], width: int, words: str, *, stacked: bool = False, labels: float) -> Spec:
    """Horizontal bars in the order given, each with its figure at the end; ``labels`` is their part of the width."""
    order = list(dict.fromkeys(each["label"] for each in rows))
    names = axis(grid=False, labelColor=COLOURS["ink"], labelLimit=int(width * labels), labelPadding=8)
    y = {"field": "label", "type": "nominal", "sort": order, "axis": names, "scale": {"paddingInner": 0.38}}
    longest = max((each.get("total", each["value"]) for each in rows), default=0)
    room = 1 + 48 / (width * (1 - labels) - 48)  # for the figure at the end of the longest bar
    scale = {"domain": [0, (longest or 1) * room]}
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": scale}
    if stacked:
        colour: Spec = {"color": _two_colours(), "order": {"field": "order"}}
    else:
        colour = {"color": {"value": COLOURS["accent"]}}
    ends = list({each["label"]: {**each, "value": each.get("total", each["value"])} for each in rows}.values())
    text = {"type": "text", "align": "left", "dx": 5, "fontWeight": 600, "color": COLOURS["navy"], "fontSize": FONT}
    layers = [
        layer(rows, {"type": "bar"}, x={**x, "stack": "zero" if stacked else None}, y=y, **colour),
        layer(ends, text, x=x, y=y, text={"field": "end"}),
    ]
    told = words + "; ".join(f"{' '.join(each['label'].split())} {each['end']}" for each in ends) + "."
    return spec(told, width, 24 * len(order), layer=layers)
