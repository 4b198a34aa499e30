"""A copy of the database, and the way back."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from pipelines.access import Person
from pipelines.cli.settings import Settings, congress
from pipelines.cli.signals import do_stored
from pipelines.clock import RealClock

UNREADABLE = (
    "none: the database before is damaged; what was deleted on Bluesky and X since the backup is told again by them, "
    "what was forgotten on request must be forgotten again: congress forget"
)


@congress.command(name="backup")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def backup_command(settings: Settings, file: Path) -> None:
    """Copy the whole database into a new file, also while a collector runs."""
    do_stored(settings, "backup", reviewer=getpass.getuser(), file=str(file.resolve()))
    settings.show({"file": str(file), "bytes": file.stat().st_size})


@congress.command(name="restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def restore_command(settings: Settings, file: Path) -> None:
    """Put a backup in the place of the database; what was deleted since stays deleted."""
    from pipelines.backup import restore

    done = restore(settings.data, file, Person(getpass.getuser(), "admin"), RealClock().now())
    kept = str(done.replaced) if done.replaced else "there was none"
    carried = done.deletions_carried if done.was_readable else UNREADABLE
    settings.show({"posts": done.posts, "deletions carried over": carried, "database before": kept})
