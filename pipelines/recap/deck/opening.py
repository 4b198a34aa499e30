"""Title, executive summary and headline figures."""

from __future__ import annotations

import re

from pipelines.recap import titles
from pipelines.recap.deck.binder import SIMULATED, Binder, link
from pipelines.recap.deck.geometry import Box
from pipelines.recap.deck.page import ALL, HEAD, PANEL, QUIET, Page, Run
from pipelines.recap.model import Finding, Kpi
from pipelines.recap.words import change, clock, count, days, headline, listed, platform, points, share

FACTS = 5
TILES = 8
UP, DOWN = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}"


def title_slide(binder: Binder) -> None:
    """What, when, where, from which platforms, and as of when."""
    about = binder.recap.provenance
    where = ", ".join(each for each in (about.society, about.city) if each)
    lines = [
        f"Recap of the conversation on {listed([platform(each) for each in about.platforms])}"
        if about.platforms
        else "Recap",
        f"{where} · {days(about.starts_on, about.ends_on)}" if where else days(about.starts_on, about.ends_on),
        f"Window: {about.window_words} · data as of {clock(about.local(about.as_of))}",
        *([SIMULATED] if about.simulated else []),
    ]
    notes = [
        "Figures are counts of collected public posts, not of people at the congress; every slide says its source, window and n.",
        f"Congress Pulse {about.version}, configuration {about.config_hash}. The same database, configuration and version give the same file.",
        about.coverage_line,
    ]
    binder.opening(f"{about.congress_name or about.congress_id}: what was said online", lines, notes)


def summary_slide(binder: Binder) -> list[tuple[Page, Box, Finding]]:
    """Up to five facts; where each link goes is known when all slides stand, so their places are given back."""
    findings = binder.recap.findings[:FACTS]
    if not findings:
        return []
    notes = [
        "Every sentence is filled in by a fixed rule from the figures it names; no text is made by a language model.",
        "A fact is left out where its denominator is under the minimum n. A caveat stands where a hole in collection touches it.",
        *(f"{each.text} Numerator {count(each.numerator)}{_denominator(each)}." for each in findings),
    ]
    page = binder.page("summary", "Executive summary", titles.summary(binder.recap), notes)
    places = []
    body = page.body._replace(height=min(page.body.height, page.inches(1.3) * len(findings)))
    for place, (row, finding) in enumerate(zip(body.rows(len(findings)), findings, strict=True)):
        if place:
            page.rule(row.left, row.top, row.width)
        places.append((page, _fact(page, row, finding), finding))
    return places


def _fact(page: Page, row: Box, finding: Finding) -> Box:
    left, rest = row.split_across(row.width * 0.16)
    words, right = rest.split_across(rest.width - page.inches(1.15))
    page.text(left, [[Run(_figure(finding), bold=True, ink=ALL)]], 30, anchor="middle", name="Figure")
    under = f"Numerator {count(finding.numerator)}{_denominator(finding)}"
    under = " · ".join(each for each in (under, finding.caveat) if each)
    page.text(
        words.within(0, page.inches(0.06)), [[Run(finding.text, ink=HEAD)], [Run(under, size=12, ink=QUIET)]], 17, anchor="middle", name="Fact"
    )  # fmt: skip
    return right


def _denominator(finding: Finding) -> str:
    return "" if finding.denominator is None else f" · denominator {count(finding.denominator)}"


def _figure(finding: Finding) -> str:
    """The share where the sentence says one part of a whole, the change where it says one, else the count."""
    part = f"{finding.numerator:,} of (?:the )?{finding.denominator or 0:,}"
    if finding.denominator and (said := re.search(part + r"(?:[^(]*\(([\d.]+%)\))?", finding.text)):
        return said.group(1) or share(finding.numerator, finding.denominator)
    changed = re.search(r"\(([+\N{MINUS SIGN}][\d,]+%)\)", finding.text)
    return changed.group(1) if changed else headline(finding.numerator)


def link_facts(binder: Binder, places: list[tuple[Page, Box, Finding]]) -> None:
    """ "slide N" beside each fact, leading there; to the method where the slide was left out."""
    for page, box, finding in places:
        number = binder.slide_of(finding.section, "kpis", "method")
        if number is not None:
            link(page, box, binder, number)


def kpi_slide(binder: Binder) -> None:
    """Headline figures with their definitions, beside those of the congress compared with."""
    recap = binder.recap
    kpis = recap.kpis[:TILES]
    if not kpis:
        return
    against = binder.against
    notes = [f"{each.label}: {each.definition}" for each in kpis]
    notes.append(
        f"Changes are against {against}, the same days counted from its first."
        if against
        else "There was no congress to compare with."
    )
    page = binder.page(
        "kpis", "Headline figures", titles.kpis(recap), notes, f"compared with {against}" if against else ""
    )
    across = 4 if len(kpis) > 6 else 3 if len(kpis) > 2 else max(len(kpis), 1)
    gap = page.inches(0.22)
    down = -(-len(kpis) // across)
    body = page.body._replace(height=min(page.body.height, page.inches(2.8) * down))
    for place, row in enumerate(body.rows(down, gap)):
        for tile, kpi in zip(row.columns(across, gap), kpis[place * across : (place + 1) * across], strict=False):
            _tile(page, tile, kpi, against)


def _tile(page: Page, box: Box, kpi: Kpi, against: str) -> None:
    page.panel(box, PANEL)
    page.panel(Box(box.left, box.top, page.inches(0.06), box.height), ALL, name="Edge")
    inner = box.within(page.inches(0.24), page.inches(0.16))
    label, rest = inner.split_down(page.inches(0.32))
    figure, rest = rest.split_down(min(page.inches(0.85), rest.height * 0.42))
    page.text(label, [[Run(kpi.label, bold=True, ink=HEAD)]], 14, name="Label")
    is_share = kpi.whole is not None
    page.text(
        figure,
        [[Run(share(kpi.value, kpi.whole) if is_share else headline(kpi.value), bold=True, ink=HEAD)]],
        40,
        anchor="middle",
        name="Figure",
    )
    lines = [[Run(f"{count(kpi.value)} of {count(kpi.whole)}", ink=QUIET)]] if kpi.whole else []
    lines += _versus(kpi, against)
    page.text(rest, [*lines, [Run(kpi.definition, size=12, ink=QUIET)]], 13, name="Definition", space=4)


def _versus(kpi: Kpi, against: str) -> list[list[Run]]:
    if not against:
        return []
    if kpi.whole is None:
        step, was = change(kpi.value, kpi.before), headline(kpi.before) if kpi.before is not None else ""
    else:
        step, was = (
            points((kpi.value, kpi.whole), (kpi.before, kpi.before_whole)),
            share(kpi.before or 0, kpi.before_whole),
        )
    if not step:
        return [[Run(f"not known for {against}", ink=QUIET)]]
    arrow = {"+": f"{UP} ", "\N{MINUS SIGN}": f"{DOWN} "}.get(step[0], "")
    return [[Run(f"{arrow}{step} ", bold=True, ink=ALL), Run(f"from {was}", ink=QUIET)]]
