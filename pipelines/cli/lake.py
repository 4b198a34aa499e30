"""The lake that several hosts share: made, sent to, followed, kept."""

from __future__ import annotations

import os
from pathlib import Path

import click

from pipelines.cli.settings import Settings, congress
from pipelines.clock import RealClock
from pipelines.console import counting, say
from pipelines.errors import LakeAway, UsageError
from pipelines.supervise import end_with_parent


@congress.group()
def lake() -> None:
    """Past one machine: PostgreSQL and Parquet that several hosts share."""


@lake.command(name="make")
@click.argument("path")
@click.pass_obj
def lake_make(settings: Settings, path: str) -> None:
    """Make the lake in the PostgreSQL of LAKE, with its Parquet files at PATH: a folder that all hosts see, or s3://..."""
    from pipelines.lake.connect import shown
    from pipelines.lake.log import Lake

    address = _address()
    files = path if "://" in path else str(Path(path).resolve())
    Lake.make(address, files)
    settings.show({"lake": shown(address), "files": files})


@lake.command(name="publish")
@click.pass_obj
def lake_publish(settings: Settings) -> None:
    """Send the database of --data to the lake and check it: the lake is folded into a fresh file and compared with it."""
    from pipelines.lake.compare import folded_anew
    from pipelines.lake.log import Lake
    from pipelines.lake.publish import Publisher
    from pipelines.store.database import Store

    address = _address()
    if not settings.database.exists():
        raise UsageError(f"nothing was collected in {settings.data} yet: there is nothing to send")
    with Store(settings.database) as store:
        with counting("sending") as count:
            publisher = Publisher(store, address, after_page=count)
            publisher.send_all()
            publisher.close()
        own, log = store.outbox.writer, Lake(address)
        hosts = log.hosts()
        host = hosts[own.writer if own else ""]
        say("comparing with what the lake folds to")
        found = folded_anew(log, store, {writer for writer, each in hosts.items() if each == host})
        log.close()
    rows = [{"table": each.table, "here": each.here, "from the lake": each.there, "same": each.same} for each in found]
    settings.show({"sent as": host.name, "compared": rows})
    if other := [each.table for each in found if not each.same]:
        raise LakeAway(f"the lake does not hold the same: {', '.join(other)}")
    say("the lake holds the same, table by table")


@lake.command(name="mirror")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.pass_obj
def lake_mirror(settings: Settings, ids: tuple[str, ...]) -> None:
    """Follow the lake, or only these congresses of it, into --data and serve its reads there: congress dashboard shows them."""
    from pipelines import run
    from pipelines.lake.connect import check_installed
    from pipelines.lake.mirror import mirror

    end_with_parent()
    address = _address()
    check_installed()
    run.until_stopped(mirror(settings.data, address, ids))


@lake.command(name="requests")
@click.pass_obj
def lake_requests(settings: Settings) -> None:
    """What was asked for on this mirror, newest first: waiting, sent, done, or refused and why."""
    from pipelines.asking import asking

    with asking(settings.data) as reads:
        for row in reads.read("requests", sight="admin").to_pylist():
            settings.show(row)


@lake.command(name="upkeep")
@click.option("--purge", is_flag=True, help="Take deleted words out of files and catalogue now.")
@click.pass_obj
def lake_upkeep(settings: Settings, purge: bool) -> None:
    """Join small files and let go of old snapshots; collectors do it every five minutes by themselves."""
    from pipelines.lake import upkeep
    from pipelines.lake.log import Lake

    log, now = Lake(_address()), RealClock().now()
    if purge:
        settings.show({"deleted posts looked for": upkeep.purge(log, "hand", now)})
    else:
        upkeep.tidy(log, now)
    settings.show(log.figures())
    log.close()


@lake.command(name="status")
@click.pass_obj
def lake_status(settings: Settings) -> None:
    """Who writes to the lake, up to when, which requests of mirrors wait, and how large it is."""
    from pipelines.lake.log import Lake
    from pipelines.lake.requests import waiting

    log, now = Lake(_address()), RealClock().now()
    for row in log.written():
        settings.show({**row, "seconds ago": round((now - row["last_at"]).total_seconds(), 1)})
    for row in waiting(log.line):
        settings.show(row)
    settings.show(log.figures())
    log.close()


def _address() -> str:
    from pipelines.lake.connect import address_in

    address = address_in(os.environ)
    if address is None:
        raise UsageError("no lake: name its PostgreSQL in .env as LAKE=postgresql://USER:PASSWORD@HOST:5432/DATABASE")
    return address
