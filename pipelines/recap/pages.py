"""Long answers in pages: each begins behind the key of the row before, so that memory holds one page at a time."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

import pyarrow as pa

from pipelines.asking import Reads

PAGE = 40_000


def pages(
    reads: Reads, name: str, congress_id: str, start: datetime, end: datetime, as_of: datetime, page: int = PAGE
) -> Generator[pa.Table]:
    """The pages of ``post_links``, ``shareable_posts`` or ``shareable_mentions`` over [start, end), none of them empty."""
    after: dict[str, Any] = {}
    while True:
        found = reads.read(name, congress_id=congress_id, start=start, end=end, as_of=as_of, limit=page, **after)
        if found.num_rows:
            yield found
        if found.num_rows < page and (name != "shareable_mentions" or not found.num_rows):
            return
        last = found.slice(found.num_rows - 1).to_pylist()[0]
        after = {"after_at": last["created_at"], "after_platform": last["platform"], "after_id": last["post_id"]}
