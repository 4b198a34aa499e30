"""Figures and moments as they are printed in reports: the same words in PDF, HTML and mail. Pure."""

from __future__ import annotations

from datetime import date, datetime

from pipelines.recap.model import Kpi, Provenance, Recap

NONE = "–"  # where there is no figure
MINUS = "\N{MINUS SIGN}"


def count(number: int | None) -> str:
    """``12,384``; a dash for none."""
    return NONE if number is None else f"{number:,}".replace("-", MINUS)


def share(part: int | None, whole: int | None) -> str:
    """``41.3%``; a dash where the whole is nothing."""
    return f"{100 * part / whole:.1f}%" if part is not None and whole else NONE


def signed(value: float, digits: int = 0) -> str:
    """``+8``, ``−6``, ``0``: a real minus, and no sign on what rounds to nothing."""
    rounded = round(value, digits) or 0.0
    return f"{rounded:+.{digits}f}".replace("-", MINUS) if rounded else f"{0:.{digits}f}"


def figure(kpi: Kpi) -> str:
    """A key figure: a count, or a share in percent."""
    return count(kpi.value) if kpi.whole is None else share(kpi.value, kpi.whole)


def figure_before(kpi: Kpi) -> str:
    """The same figure of the congress compared with; empty without one."""
    if kpi.before is None:
        return ""
    return count(kpi.before) if kpi.whole is None else share(kpi.before, kpi.before_whole)


def change(kpi: Kpi) -> str:
    """A count's change in percent, a share's in points; empty without the congress before."""
    if kpi.before is None:
        return ""
    if kpi.whole is None:
        return f"{signed(100 * (kpi.value - kpi.before) / kpi.before)}%" if kpi.before else ""
    if not kpi.whole or not kpi.before_whole:
        return ""
    return f"{signed(100 * (kpi.value / kpi.whole - kpi.before / kpi.before_whole), 1)} points"


def moment(provenance: Provenance, at: datetime) -> str:
    """``Sat 13 Jun 2026, 14:12 CEST``, in the congress's zone."""
    return f"{provenance.local(at):%a %-d %b %Y, %H:%M %Z}"


def hour(provenance: Provenance, at: datetime) -> str:
    """``Sat 13 Jun, 14:00``, in the congress's zone."""
    return f"{provenance.local(at):%a %-d %b, %H:%M}"


def day_name(day: date) -> str:
    """``Sat 13 Jun``."""
    return f"{day:%a %-d %b}"


def source_line(recap: Recap) -> str:
    """What stands under every page: congress, window, platforms, as-of, and whether it was simulated."""
    told = recap.provenance
    parts = [
        told.congress_name,
        told.window_words,
        ", ".join(map(platform, told.platforms)),
        f"as of {moment(told, told.as_of)}",
    ]
    simulated = ["simulated congress: no figure is real"] if told.simulated else []
    return " · ".join([*simulated, *filter(None, parts)])


def origin_line(recap: Recap) -> str:
    """How to make the same file again: version, configuration, and what was not collected."""
    told = recap.provenance
    return f"Congress Pulse {told.version} · configuration {told.config_hash[:12]} · {told.coverage_line}"


def platform(name: str) -> str:
    """A platform's name as people write it."""
    return {"x": "X", "bluesky": "Bluesky", "linkedin": "LinkedIn"}.get(name, name)
