"""The named reads: the whole list of questions the store answers, for screen, recap, alert and command alike.

A read is a function ``(reader, **typed parameters) -> pyarrow.Table``. Its parameters arrive as text over
loopback and are turned into what its signature says; ``as_of`` defaults to the owner's clock. No SQL crosses
the wire.
"""

from __future__ import annotations

import inspect
import secrets
import typing
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pyarrow as pa

from pipelines.alerts.read import alerts
from pipelines.aligned import aligned_days, aligned_volume
from pipelines.audit import audit
from pipelines.browse import browse
from pipelines.corrections import corrections
from pipelines.coverage import bill, collection, gaps, health
from pipelines.desk.read import case_log, cases, early_posts, held_count, waiting
from pipelines.errors import UsageError
from pipelines.first_posts import first_posts
from pipelines.keeping import certificates, kept
from pipelines.leaderboard import abstracts, hashtags
from pipelines.links import links
from pipelines.one_abstract import abstract_volume, one_abstract
from pipelines.one_voice import one_voice, voice_engages, voice_topics
from pipelines.overview import overview
from pipelines.posts import newest_posts
from pipelines.privacy import EXEMPT, Mask, revealed_authors
from pipelines.programme import catalogue, congresses, sessions
from pipelines.shareable import departed, hcp_posts, listing, post_links, shareable_mentions, shareable_posts
from pipelines.stakeholders import engagements, named_authors, role_shares
from pipelines.store.reader import Reader
from pipelines.store.requests import requests
from pipelines.topics import abstract_topics, share_of_voice, topic_volume
from pipelines.trending import trending
from pipelines.vitals import vitals
from pipelines.voices import voices
from pipelines.volume import volume

READS: Mapping[str, Callable[..., pa.Table]] = {
    each.__name__: each
    for each in (
        abstract_topics,
        abstract_volume,
        abstracts,
        alerts,
        aligned_days,
        aligned_volume,
        audit,
        bill,
        browse,
        case_log,
        cases,
        catalogue,
        certificates,
        collection,
        congresses,
        corrections,
        departed,
        early_posts,
        engagements,
        first_posts,
        gaps,
        hashtags,
        hcp_posts,
        health,
        held_count,
        kept,
        links,
        listing,
        named_authors,
        newest_posts,
        one_abstract,
        one_voice,
        overview,
        post_links,
        requests,
        role_shares,
        sessions,
        shareable_mentions,
        shareable_posts,
        share_of_voice,
        topic_volume,
        trending,
        vitals,
        voice_engages,
        voice_topics,
        voices,
        volume,
        waiting,
    )
}


FIRST_YEAR, LAST_YEAR, MOST = 1900, 9998, 10_000_000
STRANGERS = Mask(secrets.token_bytes(32))  # for whoever brings no key: pseudonyms that mean nothing tomorrow


def answer(reader: Reader, name: str, params: Mapping[str, str], now: datetime, mask: Mask = STRANGERS) -> pa.Table:
    """The answer to read ``name`` with its parameters as text; ``now`` (naive UTC) stands in for a missing ``as_of``.

    Private people stand in it under the pseudonyms of ``mask``, but for those revealed where ``sight`` is a reviewer's.

    Raises:
        UsageError: for an unknown read, a missing or unknown parameter, or a value of the wrong form.
    """
    read = READS.get(name)
    if read is None:
        raise UsageError(f'unknown read "{name}"; there are: {", ".join(sorted(READS))}')
    arguments = _arguments(name, read, params, now)
    table = read(reader, **arguments)
    if name in EXEMPT:
        return table
    return mask.over(table, revealed_authors(reader) if arguments.get("sight") == "reviewer" else ())


def _arguments(name: str, read: Callable[..., pa.Table], params: Mapping[str, str], now: datetime) -> dict[str, Any]:
    wanted = _signature(read)
    if unknown := params.keys() - wanted.keys():
        raise UsageError(f"{name}: unknown parameter {', '.join(sorted(unknown))}; it takes {', '.join(wanted)}")
    arguments = {}
    for key, (kind, default) in wanted.items():
        if params.get(key) is not None:
            arguments[key] = _value(name, key, kind, params[key])
        elif key == "as_of":
            arguments[key] = now
        elif default is inspect.Parameter.empty:
            raise UsageError(f"{name}: parameter {key} is missing")
    return arguments


@cache
def _signature(read: Callable[..., pa.Table]) -> dict[str, tuple[Any, Any]]:
    hints = typing.get_type_hints(read)
    parameters = list(inspect.signature(read).parameters.values())[1:]  # the reader comes first
    return {each.name: (_when_given(hints[each.name]), each.default) for each in parameters}


def _when_given(hint: Any) -> Any:
    """What a parameter is when it is given: of ``datetime | None``, datetime."""
    kinds = typing.get_args(hint)
    return next(each for each in kinds if each is not type(None)) if type(None) in kinds else hint


def _value(name: str, key: str, kind: Any, text: str) -> Any:
    try:
        if kind is datetime:
            return _moment(text)
        if kind is int:
            return _count(text)
        if typing.get_origin(kind) is typing.Literal:
            return typing.get_args(kind)[typing.get_args(kind).index(text)]
        return kind(text)
    except (ValueError, OverflowError):
        wanted = " or ".join(typing.get_args(kind)) or kind.__name__
        raise UsageError(f'{name}: {key} is "{text[:100]}", but {wanted} is wanted') from None


def _moment(text: str) -> datetime:
    """Naive UTC; years so far from ours that nothing can be added to them are none."""
    found = datetime.fromisoformat(text)
    found = found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        raise ValueError
    return found


def _count(text: str) -> int:
    """Minutes, rows: nobody asks for more than twenty years of the first."""
    found = int(text) if len(text) < 12 else MOST + 1
    if not 0 <= found <= MOST:
        raise ValueError
    return found
