"""Key figures and moments of a recap as they are printed, in the words of the deck. Pure."""

from __future__ import annotations

from datetime import datetime

from pipelines.recap import words as said
from pipelines.recap.model import Kpi, Provenance, Recap
from pipelines.recap.words import NONE, account, at, clock, count, day, listed, minutes, platform, share

__all__ = ["NONE", "account", "at", "change", "clock", "count", "counted", "day", "figure", "figure_before", "hour", "minutes", "moment", "origin_line", "platform", "share", "source_line"]  # fmt: skip


def counted(number: int | None) -> str:
    """All digits, or a dash for none."""
    return NONE if number is None else count(number)


def figure(kpi: Kpi) -> str:
    """A key figure: a count, or a share in per cent."""
    return count(kpi.value) if kpi.whole is None else share(kpi.value, kpi.whole)


def figure_before(kpi: Kpi) -> str:
    """The same figure of the congress compared with; empty without one."""
    if kpi.before is None:
        return ""
    return count(kpi.before) if kpi.whole is None else share(kpi.before, kpi.before_whole)


def change(kpi: Kpi) -> str:
    """A count's change in per cent, a share's in points; empty without enough of the congress before."""
    if kpi.whole is None:
        return said.change(kpi.value, kpi.before)
    return said.points((kpi.value, kpi.whole), (kpi.before, kpi.before_whole))


def moment(provenance: Provenance, at: datetime) -> str:
    """``Sat 13 Jun 2026, 14:12 CEST``, in the congress's zone."""
    local = provenance.local(at)
    return f"{day(local)} {local:%Y, %H:%M %Z}"


def hour(provenance: Provenance, at: datetime) -> str:
    """``Sat 13 Jun, 14:00``, in the congress's zone."""
    return clock(provenance.local(at))


def source_line(recap: Recap) -> str:
    """What stands under every page: congress, window, platforms, as-of, and whether it was simulated."""
    told = recap.provenance
    simulated = "Simulated congress: no figure is real" if told.simulated else ""
    platforms = listed([platform(each) for each in told.platforms])
    parts = (simulated, told.congress_name, told.window_words, platforms, f"as of {moment(told, told.as_of)}")
    return " · ".join(filter(None, parts))


def origin_line(recap: Recap) -> str:
    """How to make the same file again: version, configuration, and what was not collected."""
    told = recap.provenance
    return f"Congress Pulse {told.version} · configuration {told.config_hash[:12]} · {told.coverage_line}"
