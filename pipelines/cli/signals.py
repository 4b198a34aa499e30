"""What posts and profiles say, what reviewers say of that, who is told, and what is measured."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from pipelines.access import Person
from pipelines.cli.settings import Settings, congress
from pipelines.clock import RealClock
from pipelines.console import lines_of, say
from pipelines.errors import ReadsUnavailable, UsageError


@congress.command()
@click.argument("posts", type=click.Path(path_type=Path))
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose abstracts.")
@click.option("--catalog", type=click.Path(path_type=Path), help="A catalogue file; else the congress's own.")
@click.pass_obj
def link(settings: Settings, posts: Path, congress_id: str, catalog: Path | None) -> None:
    """Which abstracts do posts speak of? JSON lines in, JSON lines with evidence out."""
    from pipelines.abstracts import Linker, link_posts, read_catalogue

    chosen = settings.one(congress_id)
    file = catalog or chosen.catalog
    linker = Linker(chosen, read_catalogue(file, chosen.id) if file else ())
    for found in link_posts(lines_of(posts), linker, chosen):
        click.echo(json.dumps(found, ensure_ascii=False))


@congress.command()
@click.argument("bios", type=click.Path(path_type=Path))
def roles(bios: Path) -> None:
    """What are these authors? JSON lines of profiles in, JSON lines of roles with evidence out."""
    from pipelines.roles import read_bios

    for found in read_bios(lines_of(bios)):
        click.echo(json.dumps(found, ensure_ascii=False))


@congress.group()
def correct() -> None:
    """Corrections by reviewers; they win and are kept with who, when and why."""


@correct.command(name="mention")
@click.argument("post_id")
@click.argument("number")
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose abstract.")
@click.option("--verdict", type=click.Choice(["accept", "reject", "re-point"]), required=True)
@click.option("--to", metavar="NUMBER", help="The abstract the post really speaks of, for re-point.")
@click.option("--reviewer", required=True, help="Who says so.")
@click.option("--reason", default="", help="Why.")
@click.pass_obj
def correct_mention(settings: Settings, post_id: str, number: str, **said: str | None) -> None:
    """Accept, reject or re-point that a post speaks of an abstract."""
    correct_stored(settings, "correct_mention", post_id=post_id, number=number, **said)


@correct.command(name="role")
@click.argument("author_id")
@click.argument("role")
@click.option("--platform", required=True, help="x, bluesky, linkedin or other.")
@click.option("--reviewer", required=True, help="Who says so.")
@click.option("--reason", default="", help="Why.")
@click.pass_obj
def correct_role(settings: Settings, author_id: str, role: str, **said: str | None) -> None:
    """Say what an author is."""
    correct_stored(settings, "correct_role", author_id=author_id, role=role, **said)


def correct_stored(settings: Settings, name: str, **said: str | None) -> None:
    """As ``do_stored``, and say what was kept."""
    underway = do_stored(settings, name, **said)
    word = f"asked for, request {underway}" if underway else "kept"
    settings.show({word: name, "reviewer": said["reviewer"] or "", **_given(said)})


def _given(said: Mapping[str, str | None]) -> dict[str, str]:
    return {key: value for key, value in said.items() if value is not None and key != "reviewer"}


def do_stored(settings: Settings, name: str, **said: str | None) -> str:
    """A named command by the collector that owns the database, or on the file itself when none runs.

    On a mirror another host carries it out: when no answer came in time, that is said, and the request's id given back; else "".
    """
    from pipelines import run
    from pipelines.store.client import OwnerClient

    given = _given(said)
    person = Person(said["reviewer"] or "", "admin")  # whoever types here owns the database
    with OwnerClient(settings.data) as owner:
        try:
            underway = owner.do(name, person, **given)
        except ReadsUnavailable:
            run.correct_stored(settings.data, name, given, person)
            return ""
    if underway is None:
        return ""
    say(underway.said)
    return underway.request


@congress.group()
def alerts() -> None:
    """Alerts to the channels named in .env."""


@alerts.command(name="test")
@click.pass_obj
def alerts_test(settings: Settings) -> None:
    """Send a test message to every channel; says which took it."""
    from pipelines.alerts.settings import read_settings
    from pipelines.alerts.watch import try_channels

    tried = try_channels(read_settings(os.environ), RealClock().now())
    if not tried:
        raise UsageError("no channel: name one in .env as ALERT_URLS=... (see .env.example)")
    settings.show({channel: error or "delivered" for channel, error in tried})
    if any(error for _, error in tried):
        sys.exit(1)
