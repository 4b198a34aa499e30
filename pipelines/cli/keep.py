"""What is kept of what people did: the audit, verified and shown."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pipelines.cli.settings import Settings, congress
from pipelines.console import say

PAGE = 5000  # rows asked for at once


@congress.group()
def audit() -> None:
    """What people did: an append-only record with a chain of hashes."""


@audit.command(name="verify")
@click.option("--expect", metavar="HASH", help="A hash that an earlier verify printed; it must be in the chain.")
@click.pass_obj
def audit_verify(settings: Settings, expect: str | None) -> None:
    """Check the whole chain; names the first row that was edited, removed, inserted, moved or cut, and exits with 1."""
    from pipelines.audit import read_head, verify

    rows = list(_rows(settings.data))
    head = read_head(settings.database)
    found = verify(rows, head, expect)
    if found is not None:
        say(f"audit: row {found.seq} {found.what}")
        sys.exit(1)
    settings.show({"rows": len(rows), "whole": "yes", "head": rows[-1].hash if rows else "none yet"})


@audit.command(name="show")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="How many, newest first.")
@click.pass_obj
def audit_show(settings: Settings, limit: int) -> None:
    """Who did what, when, newest first; with --json one object a line."""
    from pipelines.asking import asking

    with asking(settings.data) as reads:
        rows = reads.read("audit", sight="admin", limit=limit).drop_columns(["total_count"]).to_pylist()
    for row in rows:
        settings.show(row)


def _rows(data: Path) -> Iterator:
    """Every row from the first on, page by page; rows written meanwhile come too."""
    from pipelines.asking import asking
    from pipelines.audit import rows_of

    with asking(data) as reads:
        offset = 0
        while page := rows_of(reads.read("audit", sight="admin", limit=PAGE, offset=offset, order="oldest")):
            yield from page
            offset += len(page)
