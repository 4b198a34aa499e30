"""How the raw payloads of each source become records: one table for tapes, replays and scrubbing."""

from __future__ import annotations

from collections.abc import Mapping

from pipelines.sources.bluesky.payload import records_of as bluesky_records
from pipelines.sources.tape import Parse
from pipelines.sources.x.payload import records_of as x_records

PARSERS: Mapping[str, Parse] = {"bluesky": bluesky_records, "x": x_records}
