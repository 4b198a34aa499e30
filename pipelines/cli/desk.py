"""The safety desk at the command line: its log, for reconciliation."""

from __future__ import annotations

import csv
import sys

import click

from pipelines.cli.settings import Settings, congress


@congress.group()
def desk() -> None:
    """Possible adverse events, for human review."""


@desk.command(name="log")
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose cases.")
@click.pass_obj
def desk_log(settings: Settings, congress_id: str) -> None:
    """Every case with every decision, as CSV; with --json one object a line."""
    from pipelines.asking import asking
    from pipelines.desk.paper import LOG_COLUMNS, safe_row

    with asking(settings.data) as reads:
        rows = reads.read("case_log", sight="reviewer", congress_id=congress_id).to_pylist()
    if settings.as_json:
        for row in rows:
            settings.show(row)
        return
    writer = csv.writer(sys.stdout)
    writer.writerow(LOG_COLUMNS)
    writer.writerows(safe_row(row) for row in rows)
