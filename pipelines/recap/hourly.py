"""The charts over time: posts an hour with sessions, gaps and numbered peaks, and beside another congress. Pure.

Times are true moments: ticks and their labels in the congress's zone are data, so that a change of the clock is drawn right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from pipelines.recap.figures import count, day, hour
from pipelines.recap.lanes import Laid, in_lanes
from pipelines.recap.model import Recap
from pipelines.recap.strokes import COLOURS, FONT, SCALE, Spec, axis, layer, legend, spec

LETTER = 6.4  # pixels of a session's title
AREAS = {"All posts": COLOURS["tint"], "Posts by HCPs": COLOURS["middle"]}
GAP = {"Not collected": COLOURS["gap"]}


def volume(recap: Recap, width: int) -> Spec:
    """Posts an hour, of all and of HCPs, under the sessions, with gaps shaded and peaks numbered."""
    told = recap.provenance
    lanes = in_lanes(recap.sessions, told.start, told.end, (told.end - told.start) * LETTER / (width - SCALE))
    top = 16 * (1 + max((each.lane for each in lanes), default=-1)) + 20
    height = top + 190
    scale = {
        "range": [height, top],
        "domainMin": 0,
        "domainMax": _ceiling(max(each.post_count for each in recap.hours)),
    }
    y = {"field": "posts", "type": "quantitative", "scale": scale, "axis": axis(tickCount=4, format=",d")}
    layers = _ticks(recap, width, top, height)
    areas = AREAS | (GAP if holes(recap) else {})
    rows = [{"t": _epoch(each.at), "posts": each.post_count, "hcp": each.hcp_post_count} for each in recap.hours]
    layers += [
        layer(rows, {"type": "area"}, x=_time(recap), y=y, color=_one_of(areas, "All posts")),
        layer(rows, {"type": "area"}, x=_time(recap), y={**y, "field": "hcp"}, color=_one_of(areas, "Posts by HCPs")),
        *_gap_layers(recap, areas, width, top, height),
        layer(rows, {"type": "line", "color": COLOURS["accent"], "strokeWidth": 1.6}, x=_time(recap), y=y),
        *_session_layers(recap, lanes, width),
        *_peak_layers(recap, y),
    ]
    highest = max(recap.hours, key=lambda each: each.post_count)
    words = f"Posts an hour, {recap.provenance.window_words}: highest {count(highest.post_count)} at {hour(recap.provenance, highest.at)}."
    words += "".join(
        f" Peak {each.number}: {count(each.post_count)} at {hour(recap.provenance, each.at)}." for each in recap.peaks
    )
    words += f" {len(holes(recap))} gaps in collection are shaded." if holes(recap) else ""
    return spec(words, width, height, layer=layers)


def comparison(recap: Recap, width: int) -> Spec:
    """Posts an hour of this congress over the one compared with, aligned by local hour of the first day."""
    other = recap.comparison
    earlier = other.hours if other else ()
    names = [recap.provenance.congress_name, other.congress_name if other else ""]
    rows = [{"t": _epoch(each.at), "posts": each.post_count, "who": names[0]} for each in recap.hours]
    rows += [
        {"t": _epoch(each.at), "posts": posts, "who": names[1]}
        for each, posts in zip(recap.hours, earlier, strict=False)
    ]
    top, height = 12, 190
    highest = _ceiling(max(*(each.post_count for each in recap.hours), *earlier))
    y = {
        "field": "posts", "type": "quantitative", "axis": axis(tickCount=4, format=",d"),
        "scale": {"range": [height, top], "domain": [0, highest]},
    }  # fmt: skip
    colour = {
        "field": "who", "type": "nominal", "scale": {"domain": names[::-1], "range": [COLOURS["grey"], COLOURS["accent"]]},
        "legend": legend(symbolType="stroke", symbolStrokeWidth=3),
    }  # fmt: skip
    line = layer(rows, {"type": "line", "strokeWidth": 1.8}, x=_time(recap), y=y, color=colour)
    words = f"Posts an hour of {names[0]} over {names[1]}, both from the same local hour of the first day: "
    words += f"{count(sum(each.post_count for each in recap.hours))} against {count(sum(earlier))} posts."
    return spec(words, width, height, layer=[*_ticks(recap, width, top, height), line])


def _one_of(colours: Mapping[str, str], name: str) -> Spec:
    """The colour of a layer that stands for one entry of the legend."""
    scale = {"domain": list(colours), "range": list(colours.values())}
    return {"datum": name, "type": "nominal", "scale": scale, "legend": legend()}


def _time(recap: Recap, field: str = "t") -> Spec:
    start, end = _epoch(recap.provenance.start), _epoch(recap.provenance.end)
    return {
        "field": field,
        "type": "temporal",
        "scale": {"type": "utc", "domain": [start, end], "nice": False},
        "axis": None,
    }


def _ticks(recap: Recap, width: int, top: int, height: int) -> list[Spec]:
    """A rule at each local midnight with its day beside it; in a window of a few days, hours as well."""
    step = next(
        (each for each in (2, 3, 6, 12, 24, 48, 96, 168) if each * width / (24 * max(_days(recap), 0.1)) > 80), 336
    )
    rows = [{"t": _epoch(at), "label": f"{_local(recap, at):%H:%M}" if step < 24 and _local(recap, at).hour else day(_local(recap, at).date())} for at in _marks(recap, min(step, 24))]  # fmt: skip
    rule = {"type": "rule", "color": COLOURS["rule"], "strokeWidth": 1}
    text = {"type": "text", "align": "left", "dx": 4, "baseline": "top", "dy": 6, "color": COLOURS["quiet"]}
    return [
        layer(rows, rule, x=_time(recap), y={"value": top}, y2={"value": height}),
        layer(rows[:: max(1, step // 24)], text, x=_time(recap), y={"value": height}, text={"field": "label"}),
    ]


def _local(recap: Recap, at: datetime) -> datetime:
    return recap.provenance.local(at)


def _marks(recap: Recap, step: int) -> list[datetime]:
    """The local midnights of the window and every ``step`` hours between them, naive UTC; right where the clock changes."""
    told = recap.provenance
    first = told.local(told.start).replace(hour=0, minute=0, second=0, microsecond=0)
    wall = [first + timedelta(hours=each) for each in range(0, 24 * (int(_days(recap)) + 2), step)]
    naive = [each.astimezone(UTC).replace(tzinfo=None) for each in wall]
    return [each for each in naive if told.start <= each < told.end]


def _days(recap: Recap) -> float:
    return (recap.provenance.end - recap.provenance.start) / timedelta(days=1)


def holes(recap: Recap) -> list[tuple[datetime, datetime]]:
    """The spans of the window, naive UTC, in which a source was not collected, then or afterwards."""
    told = recap.provenance
    lasting = (each for each in recap.gaps if each.status != "filled")
    spans = [(max(each.from_at, told.start), min(each.to_at or told.end, told.end)) for each in lasting]
    return [(start, end) for start, end in spans if start < end]


def _gap_layers(recap: Recap, areas: Mapping[str, str], width: int, top: int, height: int) -> list[Spec]:
    seen = (recap.provenance.end - recap.provenance.start) * 3 / width  # the shortest gap is three pixels wide
    rows = [{"t": _epoch(start), "t2": _epoch(max(end, start + seen))} for start, end in holes(recap)]
    if not rows:
        return []
    span = {"x": _time(recap), "x2": {"field": "t2"}, "y": {"value": top}, "y2": {"value": height}}
    return [layer(rows, {"type": "rect", "opacity": 0.75}, **span, color=_one_of(areas, "Not collected"))]


def _session_layers(recap: Recap, lanes: Sequence[Laid], width: int) -> list[Spec]:
    """A tinted block each, with as much of its title as fits."""
    told = recap.provenance
    scale = (width - SCALE) / ((told.end - told.start) / timedelta(hours=1))
    layers = []
    for each in lanes:
        top = each.lane * 16 + 2
        row = [{"t": _epoch(each.starts_at), "t2": _epoch(each.ends_at), "title": each.title}]
        block = {"type": "rect", "color": COLOURS["session"], "opacity": 0.75, "cornerRadius": 1.5}
        layers.append(layer(row, block, x=_time(recap), x2={"field": "t2"}, y={"value": top}, y2={"value": top + 12}))
        room = (each.free_until - each.ends_at) / timedelta(hours=1) * scale - 8
        if room > 44:
            text = {
                "type": "text",
                "align": "left",
                "dx": 4,
                "limit": int(room),
                "color": COLOURS["session"],
                "fontSize": FONT - 1,
                "baseline": "middle",
            }
            layers.append(layer(row, text, x=_time(recap, "t2"), y={"value": top + 6.5}, text={"field": "title"}))
    return layers


def _peak_layers(recap: Recap, y: Spec) -> list[Spec]:
    rows = [{"t": _epoch(each.at), "posts": each.post_count, "label": str(each.number)} for each in recap.peaks]
    if not rows:
        return []
    dot = {"type": "point", "filled": True, "size": 210, "color": COLOURS["highlight"], "opacity": 1, "yOffset": -11}
    text = {
        "type": "text",
        "color": COLOURS["paper"],
        "fontWeight": 600,
        "fontSize": FONT,
        "yOffset": -11,
        "baseline": "middle",
    }
    return [layer(rows, dot, x=_time(recap), y=y), layer(rows, text, x=_time(recap), y=y, text={"field": "label"})]


def _ceiling(highest: int) -> float:
    """Room above the highest hour for the number of its peak."""
    return max(4.0, highest * 1.14)


def _epoch(at: datetime) -> int:
    """Milliseconds, of a naive UTC moment."""
    return int(at.replace(tzinfo=UTC).timestamp() * 1000)
