"""Factual sentences, filled in from the figures by fixed rules. Pure.

No rule says anything the figures do not: no adjective, no cause, no judgement. A sentence whose share rests on fewer than
``FEWEST`` is not said; which ones were not said, and for how few, is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pipelines.recap.model import Finding, Kpi, Recap, Topic

FEWEST = 30  # the denominator of a share
FEWEST_COMPARED = 100  # posts of either congress, before one is set against the other
FEWEST_NAMED = 5  # posts that name the item a sentence is about


@dataclass(frozen=True, slots=True)
class _Unsaid:
    """A sentence that the figures are too few for."""

    what: str
    found: int
    wanted: int


_Said = Finding | _Unsaid | None


def findings_of(recap: Recap, caveat: str) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """The sentences that the figures carry, the most general first, and one line on each that they are too few for.

    Args:
        caveat: what was not collected in the window, in words; it stands with every sentence that counts posts.
    """
    said = [rule(recap, caveat) for rule in _RULES]
    unsaid = [
        f"Not stated: {each.what} (n = {each.found:,}; at least {each.wanted} are needed)."
        for each in said
        if isinstance(each, _Unsaid)
    ]
    return tuple(each for each in said if isinstance(each, Finding)), tuple(unsaid)


def _volume(recap: Recap, caveat: str) -> _Said:
    posts, authors = _kpi(recap, "post_count"), _kpi(recap, "author_count")
    if not posts.value:
        return None
    said = f"{posts.value:,} posts by {authors.value:,} authors were collected"
    before = posts.before
    if recap.comparison is None or before is None:
        return Finding(f"{said}.", posts.value, None, "kpis", caveat)
    if min(posts.value, before) < FEWEST_COMPARED:
        return _Unsaid("the change in posts", min(posts.value, before), FEWEST_COMPARED)
    name = recap.comparison.congress_name
    text = f"{said}; {name} had {before:,} posts on the same days ({_change(posts.value, before)})."
    return Finding(text, posts.value, before, "kpis", caveat)


def _author_share(recap: Recap, caveat: str) -> _Said:
    share = _kpi(recap, "hcp_author_share")
    return _share(
        share, "HCPs are {part} of {whole} authors ({percent}){before}.", "the HCP author share", recap, caveat
    )


def _post_share(recap: Recap, caveat: str) -> _Said:
    share = _kpi(recap, "hcp_post_share")
    return _share(share, "HCPs wrote {part} of {whole} posts ({percent}){before}.", "the HCP post share", recap, caveat)


def _leading_abstract(recap: Recap, caveat: str) -> _Said:
    whole = _kpi(recap, "abstract_post_share").value
    if not recap.abstracts:
        return None
    top = recap.abstracts[0]
    if whole < FEWEST or top.post_count < FEWEST_NAMED:
        return _Unsaid("the abstract with most posts", whole, FEWEST)
    trial = f" ({top.trial})" if top.trial else ""
    text = (
        f"Abstract {top.number}{trial} has the most posts: {top.post_count:,} of the {whole:,} that speak of any "
        f"({_percent(top.post_count, whole)}); {top.hcp_post_count:,} of the {top.post_count:,} are by HCPs."
    )
    return Finding(text, top.post_count, whole, "abstracts", caveat)


def _share_of_voice(recap: Recap, caveat: str) -> _Said:
    return _item(recap, "product", caveat) or _item(recap, "company", caveat)


def _item(recap: Recap, kind: str, caveat: str) -> _Said:
    items = [each for each in recap.topics if each.kind == kind and each.whole]
    if not items:
        return None
    top: Topic = max(items, key=lambda each: each.post_count)
    whole = top.whole or 0
    if whole < FEWEST or top.post_count < FEWEST_NAMED:
        return _Unsaid(f"the share of voice by {kind}", whole, FEWEST)
    text = (
        f"{top.name} is named in {top.post_count:,} of the {whole:,} posts that name a tracked {kind} "
        f"({_percent(top.post_count, whole)})."
    )
    return Finding(text, top.post_count, whole, "share", caveat)


def _peak(recap: Recap, caveat: str) -> _Said:
    posts = _kpi(recap, "post_count").value
    if not recap.peaks or posts < FEWEST:
        return None
    top = max(recap.peaks, key=lambda each: each.post_count)
    at = f"{recap.provenance.local(top.at):%-d %B, %H:%M}"
    with_ = f"; it coincides with {top.coincides_with}" if top.coincides_with else ""
    text = f"The hour with most posts began on {at}: {top.post_count:,} of {posts:,} ({_percent(top.post_count, posts)}){with_}."
    return Finding(text, top.post_count, posts, "volume", caveat)


def _day(recap: Recap, caveat: str) -> _Said:
    posts = _kpi(recap, "post_count").value
    if len(recap.days) < 2 or posts < FEWEST:
        return None
    top = max(recap.days, key=lambda each: each.post_count)
    text = f"{top.day:%A, %-d %B} is the day with most posts: {top.post_count:,} of {posts:,} ({_percent(top.post_count, posts)})."
    return Finding(text, top.post_count, posts, "days", caveat)


def _voices(recap: Recap, caveat: str) -> _Said:
    whole = _kpi(recap, "hcp_post_share").value
    first = recap.voices[:10]
    if len(first) < 10:
        return None
    if whole < FEWEST:
        return _Unsaid("what the first ten HCP voices wrote", whole, FEWEST)
    part = sum(each.post_count for each in first)
    text = f"The ten HCP voices ranked first wrote {part:,} of the {whole:,} posts by HCPs ({_percent(part, whole)})."
    return Finding(text, part, whole, "voices", caveat)


def _hashtag(recap: Recap, caveat: str) -> _Said:
    posts = _kpi(recap, "post_count").value
    tags = [each for each in recap.topics if each.kind == "hashtag"]
    if not tags or posts < FEWEST or tags[0].post_count < FEWEST_NAMED:
        return None
    top = tags[0]
    text = f"#{top.name} stands in {top.post_count:,} of {posts:,} posts ({_percent(top.post_count, posts)}), more than any other hashtag but the congress's own."
    return Finding(text, top.post_count, posts, "topics", caveat)


_RULES: tuple[Callable[[Recap, str], _Said], ...] = (
    _volume, _author_share, _post_share, _leading_abstract, _share_of_voice, _peak, _day, _voices, _hashtag,
)  # fmt: skip


def _share(kpi: Kpi, words: str, what: str, recap: Recap, caveat: str) -> _Said:
    whole = kpi.whole or 0
    if not whole:
        return None
    if whole < FEWEST:
        return _Unsaid(what, whole, FEWEST)
    before = ""
    if recap.comparison and kpi.before is not None and (kpi.before_whole or 0) >= FEWEST_COMPARED <= whole:
        before = f"; {recap.comparison.congress_name}: {kpi.before:,} of {kpi.before_whole:,} ({_percent(kpi.before, kpi.before_whole or 0)})"
    text = words.format(part=f"{kpi.value:,}", whole=f"{whole:,}", percent=_percent(kpi.value, whole), before=before)
    return Finding(text, kpi.value, whole, "roles", caveat)


def _kpi(recap: Recap, key: str) -> Kpi:
    return next((each for each in recap.kpis if each.key == key), Kpi(key, key, "", 0))


def _percent(part: int, whole: int) -> str:
    """Whole per cent; below one, with one digit."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.0f}%" if share >= 1 or not part else f"{share:.1f}%"


def _change(now: int, before: int) -> str:
    change = round(100 * (now - before) / before)
    return f"{change:+}%".replace("-", "\N{MINUS SIGN}") if change else "no change in whole per cent"
