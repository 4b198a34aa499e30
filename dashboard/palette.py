"""Colours, after Okabe and Ito, for light and dark; each is checked for contrast in tests/dashboard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Hex colours. ``page`` and ``panel`` are surfaces, ``ink`` and ``quiet`` text on them, the rest marks."""

    page: str
    panel: str
    line: str
    ink: str
    quiet: str
    accent: str
    volume: str
    hcp: str
    hcp_ink: str
    session: str
    gap: str
    gap_fill: str
    simulated: str
    bad: str
    series: tuple[str, ...]  # for stacked bars, bottom to top


LIGHT = Palette(
    page="#F6F7F9", panel="#FFFFFF", line="#DDE2E8", ink="#17202B", quiet="#55616E", accent="#0B5FA5",
    volume="#0072B2", hcp="#B86E00", hcp_ink="#8A5200", session="#007A5A", gap="#A84300", gap_fill="#D55E00", simulated="#7B3F98", bad="#B3261E",
    series=("#B86E00", "#0072B2", "#9C4F7C", "#2F9E7E", "#9AA6B2"),
)  # fmt: skip
DARK = Palette(
    page="#0B0F14", panel="#131A22", line="#25303C", ink="#E8EDF2", quiet="#9FB0C0", accent="#56B4E9",
    volume="#56B4E9", hcp="#E69F00", hcp_ink="#E69F00", session="#2FC79A", gap="#FF8A47", gap_fill="#FF8A47", simulated="#CDA6E8", bad="#FF6B5E",
    series=("#E69F00", "#56B4E9", "#E39BC4", "#2FC79A", "#6B7B8C"),
)  # fmt: skip


def palette(dark: bool) -> Palette:
    """The colours of a theme."""
    return DARK if dark else LIGHT


def variables(dark: bool) -> str:
    """The palette as CSS custom properties on ``:root``, for ``look.css``."""
    p = palette(dark)
    named = {n: getattr(p, n) for n in Palette.__slots__ if n != "series"}
    named |= {f"series-{i}": colour for i, colour in enumerate(p.series)}
    return ":root{" + "".join(f"--{name.replace(chr(95), chr(45))}:{colour};" for name, colour in named.items()) + "}"
