"""Every text colour is readable on the surfaces it stands on (WCAG AA), in light and dark."""

from __future__ import annotations

import pytest

from dashboard.palette import DARK, LIGHT, Palette


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("name", ["ink", "quiet", "accent", "session", "gap", "bad", "hcp_ink"])
def test_text_colours_reach_aa_on_page_and_panel(palette: Palette, name: str):
    assert min(contrast(getattr(palette, name), palette.page), contrast(getattr(palette, name), palette.panel)) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_simulated_badge_is_readable(palette: Palette):
    assert contrast(palette.panel, palette.simulated) >= 4.5


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_bars_stand_out_from_the_panel(palette: Palette):
    assert min(contrast(colour, palette.panel) for colour in palette.series[:4]) >= 3
