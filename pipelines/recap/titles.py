"""Slide titles: full sentences that say what is true, filled in from the figures of the slide. Pure."""

from __future__ import annotations

from pipelines.recap.model import Kpi, Recap, Topic
from pipelines.recap.words import at, change, clock, count, day, plural, share


def _kpi(recap: Recap, key: str) -> Kpi | None:
    return next((each for each in recap.kpis if each.key == key), None)


def _moved(step: str) -> str:
    """``are up 22%``, ``are down 6%``, ``are unchanged``; empty for a manifold, which is said in figures."""
    if step[:1] == "\N{PLUS-MINUS SIGN}":
        return "are unchanged"
    if step[:1] not in ("+", "\N{MINUS SIGN}"):
        return ""
    return f"are {'up' if step[0] == '+' else 'down'} {step[1:]}"


def _named(topic: Topic) -> str:
    return f"#{topic.name.lstrip('#')}" if topic.kind == "hashtag" else topic.name


def summary(recap: Recap) -> str:
    """Posts, authors and how many of them are HCPs."""
    name = recap.provenance.congress_name or recap.provenance.congress_id
    posts, authors, hcps = (_kpi(recap, key) for key in ("post_count", "author_count", "hcp_author_share"))
    if posts is None or authors is None or not posts.value:
        return f"What is known of the conversation around {name}"
    told = f"{name} drew {plural(posts.value, 'post')} from {plural(authors.value, 'author')}"
    return f"{told}, {share(hcps.value, hcps.whole)} of them HCPs" if hcps and hcps.whole else told


def kpis(recap: Recap) -> str:
    """How posts and authors compare, or what they were."""
    keys = ("post_count", "author_count", "abstract_count", "abstract_post_share")
    posts, authors, abstracts, naming = (_kpi(recap, key) for key in keys)
    if posts is None or not posts.value:
        return "No post was collected in this window"
    name = recap.comparison.congress_name if recap.comparison else ""
    steps = [
        f"{word} {moved}"
        for word, each in (("posts", posts), ("authors", authors))
        if each and (moved := _moved(change(each.value, each.before)))
    ]
    if name and steps:
        told = " and ".join(steps)
        return f"{told[0].upper()}{told[1:]} against {name}"
    if name and posts.before:
        return f"{plural(posts.value, 'post')} stand against {count(posts.before)} at {name}"
    if abstracts and naming and abstracts.value and naming.value:
        spoke = f"{share(naming.value, naming.whole)} of posts" if naming.whole else plural(naming.value, "post")
        return f"{spoke} spoke of {plural(abstracts.value, 'abstract')}"
    return f"{plural(posts.value, 'post')} were collected"


def volume(recap: Recap) -> str:
    """The highest peak, and what it coincides with where that is short."""
    if not recap.peaks:
        return f"{plural(sum(each.post_count for each in recap.hours), 'post')} were collected, hour by hour, without a peak that stands out"
    top = max(recap.peaks, key=lambda each: (each.post_count, -each.number))
    return f"Posts peaked at {count(top.post_count)} in the hour from {clock(recap.provenance.local(top.at))}"


def days(recap: Recap) -> str:
    """The busiest day's share of all days."""
    top = max(recap.days, key=lambda each: (each.post_count, -each.number))
    whole = sum(each.post_count for each in recap.days)
    if not whole:
        return "No day had a post"
    return f"{day(top.day)} was the busiest day, with {share(top.post_count, whole)} of all posts"


def roles(recap: Recap) -> str:
    """Author share and post share of HCPs, apart."""
    authors, posts = sum(each.author_count for each in recap.roles), sum(each.post_count for each in recap.roles)
    hcps = next((each for each in recap.roles if each.role == "hcp"), None)
    if hcps is None or not authors or not posts:
        return f"{plural(authors, 'author')} wrote {plural(posts, 'post')}"
    return f"HCPs are {share(hcps.author_count, authors)} of authors and wrote {share(hcps.post_count, posts)} of posts"


def voices(recap: Recap) -> str:
    """Who ranks first, with the first part of the rank."""
    first = recap.voices[0]
    engagers = plural(first.hcp_engager_count, "HCP")
    return f"{first.name or at(first.handle) or 'One account'} ranks first of the HCP voices; {engagers} engaged"


def abstracts(recap: Recap) -> str:
    """The abstract named most, beside the next."""
    first = recap.abstracts[0]
    told = f"{first.number} was named in {plural(first.post_count, 'post')}"
    if len(recap.abstracts) > 1 and (more := change(first.post_count, recap.abstracts[1].post_count)).startswith("+"):
        return f"{told}, {more[1:]} more than the next abstract"
    return f"{told}, {count(first.hcp_post_count)} of them by HCPs"


def topics(rows: list[Topic]) -> str:
    """The topic named most."""
    first = max(rows, key=lambda each: each.post_count)
    return f"{_named(first)} was the most used {first.kind}, in {plural(first.post_count, 'post')}"


def share_of_voice(rows: list[Topic]) -> str:
    """The leader's share of voice, or its posts where no denominator is known."""
    first = rows[0]
    if first.whole:
        return f"{first.name} was named in {share(first.post_count, first.whole)} of posts that name a tracked {first.kind}"
    return f"{first.name} was the tracked {first.kind} named most, in {plural(first.post_count, 'post')}"


def posts(recap: Recap) -> str:
    """What the most engaged post drew."""
    top = max(each.engagement_count for each in recap.notable)
    return f"The most engaged post by an HCP drew {plural(top, 'engagement')}"


def questions(recap: Recap) -> str:
    """How many questions stand here."""
    number = len(recap.questions)
    return (
        f"HCPs asked {plural(number, 'question')} that may want an answer"
        if number != 1
        else "An HCP asked a question that may want an answer"
    )


def method(recap: Recap) -> str:
    """How whole the collection was."""
    posts = sum(each.post_count for each in recap.sources)
    if not recap.sources:
        return "No source delivered a post in this window"
    told = f"{plural(posts, 'post')} were collected from {plural(len(recap.sources), 'source')}"
    open_ = sum(each.status != "filled" for each in recap.gaps)
    if not recap.gaps:
        return f"{told}, without a known gap"
    if len(recap.gaps) == 1:
        return f"{told}; one gap is known and was {'not filled' if open_ else 'filled afterwards'}"
    return f"{told}; {open_} of {len(recap.gaps)} known gaps were not filled"
