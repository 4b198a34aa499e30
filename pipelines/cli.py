"""The command line: the only place that prints or exits. 0 done, 1 failed, 2 used wrongly.

Each command imports what it needs itself: ``congress demo`` and ``run`` only start two processes, and would otherwise
spend two seconds on loading what those load again.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from dotenv import load_dotenv

from pipelines import console, launch
from pipelines.bench.parts import PARTS
from pipelines.clock import RealClock
from pipelines.congresses import Congress, choose, load
from pipelines.console import counting, lines_of, pair, readable, say
from pipelines.errors import CongressError, ReadsUnavailable, UsageError
from pipelines.sources import Source
from pipelines.supervise import end_with_parent

DEMO = "demo-2026"
X_BUDGET = click.option(
    "--x-budget",
    type=click.FloatRange(min=0),
    default=0.0,
    envvar="X_BUDGET_USD",
    show_default=True,
    help="US dollars a calendar month that reading X may cost; 0 reads nothing.",
)


@dataclass
class Settings:
    """What the global options say."""

    config: Path
    data: Path
    as_json: bool

    @property
    def database(self) -> Path:
        return self.data / launch.DATABASE

    def show(self, values: dict[str, Any]) -> None:
        console.show(values, self.as_json)

    @property
    def voices(self) -> Path | None:
        """The curated list of roles beside congresses.yaml, where there is one."""
        path = self.config.parent / "voices.csv"
        return path if path.exists() else None

    def congresses(self) -> dict[str, Congress]:
        return load(self.config)

    def one(self, congress_id: str) -> Congress:
        return choose(self.congresses(), [congress_id], RealClock().now())[0]


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config", type=click.Path(path_type=Path), default="congresses.yaml", show_default=True, help="What to follow."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default="data",
    show_default=True,
    help="Where the database lives; made on first use.",
)
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON where a machine may read.")
@click.option("--verbose", is_flag=True, help="Say more of what is going on.")
@click.version_option(package_name="congress-pulse")
@click.pass_context
def congress(context: click.Context, config: Path, data: Path, as_json: bool, verbose: bool) -> None:
    """The live dashboard of the conversation around a medical congress.

    Try it without any key:  congress demo
    """
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    load_dotenv(config.parent / ".env")
    context.obj = Settings(config, data, as_json)


@congress.command()
@click.argument("congress_id", required=False)
@click.pass_obj
def check(settings: Settings, congress_id: str | None) -> None:
    """Check congresses.yaml, catalogues and keys; show what would be followed."""
    from pipelines.alerts.delivery import check_channels
    from pipelines.alerts.settings import read_settings
    from pipelines.live_x import forecast_of
    from pipelines.status import what_is_followed

    congresses = settings.congresses()
    chosen = choose(congresses, [congress_id] if congress_id else [], RealClock().now())
    alerts = read_settings(os.environ)
    check_channels(alerts)
    for each, said in zip(chosen, what_is_followed(chosen), strict=True):
        forecast = forecast_of(each, RealClock().now()) if congress_id else {}
        settings.show({**said, **forecast, "alerts to": [channel.name for channel in alerts.channels]})
    if not settings.as_json:
        say(f"{settings.config}: {len(congresses)} congresses, no mistakes")


@congress.command()
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    default=144.0,
    show_default=True,
    help="Simulated seconds a second; 144 is a congress day in ten minutes.",
)
@click.option("--seed", type=int, default=2026, show_default=True, help="Another seed is another congress.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the dashboard listens. [default: the first free one from 8501]"
)
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def demo(settings: Settings, speed: float, seed: int, port: int | None, no_browser: bool) -> None:
    """Watch a simulated congress: collector and dashboard, no key, no network."""
    data = settings.data / "demo"
    launch.clear_demo(data)
    collector = launch.collector_command(settings.config, data, DEMO, "--speed", str(speed), "--seed", str(seed))
    sys.exit(launch.show_live(collector, data, port, not no_browser, say))


@congress.command(name="run")
@click.argument("congress_ids", nargs=-1)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the dashboard listens. [default: the first free one from 8501]"
)
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@X_BUDGET
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def run_command(
    settings: Settings,
    congress_ids: tuple[str, ...],
    port: int | None,
    tape: Path | None,
    x_budget: float,
    no_browser: bool,
) -> None:
    """Follow congresses live: collector and dashboard.

    Without an ID: those in their window now, else the next one.
    """
    chosen = choose(settings.congresses(), congress_ids, RealClock().now())
    say(f"following {', '.join(each.name for each in chosen)}")
    extra = ["--x-budget", str(x_budget), *(["--tape", str(tape)] if tape else [])]
    collector = launch.collector_command(settings.config, settings.data, *(each.id for each in chosen), *extra)
    sys.exit(launch.show_live(collector, settings.data, port, not no_browser, say))


@congress.command()
@click.argument("congress_ids", nargs=-1)
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@X_BUDGET
@click.option("--jetstream", multiple=True, metavar="URL", help="Another Jetstream end point. Repeatable.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=144.0, hidden=True)
@click.option("--seed", type=int, default=2026, hidden=True)
@click.pass_obj
def collect(
    settings: Settings,
    congress_ids: tuple[str, ...],
    tape: Path | None,
    x_budget: float,
    jetstream: tuple[str, ...],
    speed: float,
    seed: int,
) -> None:
    """Collect without a dashboard; owns the database and serves its reads to dashboards on this machine."""
    from pipelines import run

    end_with_parent()
    if congress_ids == (DEMO,):
        run.until_stopped(run.collect_demo(settings.data, seed, speed))
        return
    chosen = choose(settings.congresses(), congress_ids, RealClock().now())
    run.until_stopped(run.collect_live(chosen, settings.data, tape, jetstream, x_budget, settings.voices))


@congress.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens. [default: the first free one from 8501]")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def dashboard(settings: Settings, port: int | None, no_browser: bool) -> None:
    """Show the dashboard of a collector that runs on this data directory."""
    sys.exit(launch.show_live(None, settings.data, port, not no_browser, say))


@congress.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose posts these are.")
@click.option("--format", "file_format", metavar="F", help="What the file is, when its content does not tell.")
@click.option("--timezone", metavar="ZONE", help="The zone of times that carry none, like Europe/Berlin.")
@click.option(
    "--map", "columns", multiple=True, metavar="OURS=THEIRS", help="A column of a CSV, like text=Message. Repeatable."
)
@click.pass_obj
def import_command(
    settings: Settings,
    file: Path,
    congress_id: str,
    file_format: str | None,
    timezone: str | None,
    columns: tuple[str, ...],
) -> None:
    """Import a file: twarc2 or Jetstream JSONL, or CSV."""
    from pipelines.sources.files.source import FileSource

    chosen = settings.one(congress_id)
    mapping = dict(pair(each) for each in columns)
    source = FileSource(readable(file), file_format, timezone, mapping)
    take_in(source, chosen, settings, f"importing {file.name}")
    report = source.report
    for each in report.rejected:
        say(f"{file}:{each.line}: {each.reason}")
    counts = {"lines": report.lines, "posts": report.posts, "authors": report.authors, "others": report.others}
    settings.show({"file": str(file), "format": report.format, **counts, "rejected": len(report.rejected)})


@congress.command()
@click.argument("tape", type=click.Path(path_type=Path))
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose posts these are.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Times real time. [default: as fast as possible]"
)
@click.pass_obj
def replay(settings: Settings, tape: Path, congress_id: str, speed: float | None) -> None:
    """Replay a tape through the same parsers into the same database state."""
    from pipelines.run import PARSERS
    from pipelines.sources.tape import TapeSource
    from pipelines.status import where_things_stand

    chosen = settings.one(congress_id)
    take_in(TapeSource(readable(tape), speed, PARSERS), chosen, settings, f"replaying {tape.name}")
    settings.show({"tape": str(tape), **where_things_stand(settings.data, settings.database)})


@congress.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Sources, lag and gaps of the collector that runs on this data directory, or of its database."""
    from pipelines.status import where_things_stand

    settings.show(where_things_stand(settings.data, settings.database))


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
def catalog() -> None:
    """Catalogues of abstracts."""


@catalog.command(name="fetch")
@click.argument("congress_id")
@click.option(
    "--out", type=click.Path(path_type=Path), help="Where to. [default: catalogs/ID.csv beside congresses.yaml]"
)
@click.option("--mailto", help="Your address, for Crossref's faster pool.")
@click.pass_obj
def catalog_fetch(settings: Settings, congress_id: str, out: Path | None, mailto: str | None) -> None:
    """Build a catalogue from what the society's journal registered with Crossref."""
    from pipelines.abstracts.crossref import catalogue_csv, fetch_catalogue

    chosen = settings.one(congress_id)
    abstracts = fetch_catalogue(chosen, mailto)
    path = out or settings.config.parent / "catalogs" / f"{chosen.id}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(catalogue_csv(abstracts), encoding="utf-8")
    settings.show({"file": str(path), "abstracts": len(abstracts), "next": f"catalog: {path} under {chosen.id}"})


@congress.command()
@click.argument("congress_id")
@click.pass_obj
def relink(settings: Settings, congress_id: str) -> None:
    """Read all stored posts anew, after a catalogue or rule change; corrections stay."""
    from pipelines import run

    chosen = settings.one(congress_id)
    with counting(f"reading {chosen.name} anew") as count:
        posts = run.relink_stored(chosen, settings.data, count)
    settings.show({"congress": chosen.id, "posts read": posts})


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


@congress.command()
@click.argument("part", type=click.Choice(sorted(PARTS)), required=False)
@click.option("--labelled", type=click.Path(path_type=Path), help="Labelled sets, for signals.")
@click.pass_obj
def bench(settings: Settings, part: str | None, labelled: Path | None) -> None:
    """Measure: figures beside a peer's or a limit, all parts or one."""
    for name in [part] if part else sorted(PARTS):
        if part or name != "signals" or labelled:
            settings.show({"part": name, "date": f"{RealClock().now():%Y-%m-%d}", **PARTS[name](labelled)})


@catalog.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def catalog_check(settings: Settings, file: Path) -> None:
    """Read a catalogue and name each bad line."""
    from pipelines.abstracts import read_catalogue

    abstracts = read_catalogue(file, "check")
    settings.show({"file": str(file), "abstracts": len(abstracts)})


def correct_stored(settings: Settings, name: str, **said: str | None) -> None:
    """By the collector that owns the database, or on the file itself when none runs."""
    from pipelines import run
    from pipelines.store.client import OwnerClient

    given = {key: value for key, value in said.items() if value is not None}
    with OwnerClient(settings.data) as owner:
        try:
            owner.do(name, **given)
        except ReadsUnavailable:
            run.correct_stored(settings.data, name, given)
    settings.show({"kept": name, **given})


def take_in(source: Source, chosen: Congress, settings: Settings, what: str) -> None:
    """Fold a source to its end, with a counter on a terminal."""
    from pipelines import run

    with counting(what) as count:
        run.until_stopped(run.take_in(source, chosen, settings.data, after_fold=count))


def main() -> None:
    """The entry point: every expected error is its message and an exit code, never a traceback."""
    try:
        congress(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        click.echo(str(error), err=True)
        sys.exit(2)
    except CongressError as error:
        click.echo(str(error), err=True)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone: nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)


if __name__ == "__main__":
    main()
