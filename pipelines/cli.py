"""The command line: the only place that prints or exits. 0 done, 1 failed, 2 used wrongly."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from dotenv import load_dotenv

from pipelines import launch, run
from pipelines.abstracts import Linker, link_posts, read_catalogue
from pipelines.clock import RealClock
from pipelines.congresses import Congress, choose, load
from pipelines.errors import CongressError, InputError, UsageError
from pipelines.roles import read_bios
from pipelines.sources import Source
from pipelines.sources.files.source import FileSource
from pipelines.sources.tape import TapeSource
from pipelines.status import what_is_followed, where_things_stand
from pipelines.supervise import end_with_parent

DEMO = "demo-2026"


@dataclass
class Settings:
    """What the global options say."""

    config: Path
    data: Path
    as_json: bool

    @property
    def database(self) -> Path:
        return self.data / run.DATABASE

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
    congresses = settings.congresses()
    chosen = choose(congresses, [congress_id] if congress_id else [], RealClock().now())
    for each in what_is_followed(chosen):
        show(settings, each)
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
    run.clear_demo(data)
    collector = launch.collector_command(settings.config, data, DEMO, "--speed", str(speed), "--seed", str(seed))
    sys.exit(launch.show_live(collector, data, port, not no_browser, say))


@congress.command(name="run")
@click.argument("congress_ids", nargs=-1)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Where the dashboard listens. [default: the first free one from 8501]"
)
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def run_command(
    settings: Settings, congress_ids: tuple[str, ...], port: int | None, tape: Path | None, no_browser: bool
) -> None:
    """Follow congresses live: collector and dashboard.

    Without an ID: those in their window now, else the next one.
    """
    chosen = choose(settings.congresses(), congress_ids, RealClock().now())
    say(f"following {', '.join(each.name for each in chosen)}")
    extra = ["--tape", str(tape)] if tape else []
    collector = launch.collector_command(settings.config, settings.data, *(each.id for each in chosen), *extra)
    sys.exit(launch.show_live(collector, settings.data, port, not no_browser, say))


@congress.command()
@click.argument("congress_ids", nargs=-1)
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@click.option("--jetstream", multiple=True, metavar="URL", help="Another Jetstream end point. Repeatable.")
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=144.0, hidden=True)
@click.option("--seed", type=int, default=2026, hidden=True)
@click.pass_obj
def collect(
    settings: Settings,
    congress_ids: tuple[str, ...],
    tape: Path | None,
    jetstream: tuple[str, ...],
    speed: float,
    seed: int,
) -> None:
    """Collect without a dashboard; owns the database and serves its reads to dashboards on this machine."""
    end_with_parent()
    if congress_ids == (DEMO,):
        run.until_stopped(run.collect_demo(settings.data, seed, speed))
        return
    chosen = choose(settings.congresses(), congress_ids, RealClock().now())
    run.until_stopped(run.collect_live(chosen, settings.data, tape, jetstream))


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
    chosen = settings.one(congress_id)
    mapping = dict(pair(each) for each in columns)
    source = FileSource(readable(file), file_format, timezone, mapping)
    take_in(source, chosen, settings, f"importing {file.name}")
    report = source.report
    for each in report.rejected:
        say(f"{file}:{each.line}: {each.reason}")
    counts = {"lines": report.lines, "posts": report.posts, "authors": report.authors, "others": report.others}
    show(settings, {"file": str(file), "format": report.format, **counts, "rejected": len(report.rejected)})


@congress.command()
@click.argument("tape", type=click.Path(path_type=Path))
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose posts these are.")
@click.option(
    "--speed", type=click.FloatRange(min=0, min_open=True), help="Times real time. [default: as fast as possible]"
)
@click.pass_obj
def replay(settings: Settings, tape: Path, congress_id: str, speed: float | None) -> None:
    """Replay a tape through the same parsers into the same database state."""
    chosen = settings.one(congress_id)
    take_in(TapeSource(readable(tape), speed, run.PARSERS), chosen, settings, f"replaying {tape.name}")
    show(settings, {"tape": str(tape), **where_things_stand(settings.data, settings.database)})


@congress.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Sources, lag and gaps of the collector that runs on this data directory, or of its database."""
    show(settings, where_things_stand(settings.data, settings.database))


@congress.command()
@click.argument("posts", type=click.Path(path_type=Path))
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose abstracts.")
@click.option("--catalog", type=click.Path(path_type=Path), help="A catalogue file; else the congress's own.")
@click.pass_obj
def link(settings: Settings, posts: Path, congress_id: str, catalog: Path | None) -> None:
    """Which abstracts do posts speak of? JSON lines in, JSON lines with evidence out."""
    chosen = settings.one(congress_id)
    file = catalog or chosen.catalog
    linker = Linker(chosen, read_catalogue(file, chosen.id) if file else ())
    for found in link_posts(lines_of(posts), linker, chosen):
        click.echo(json.dumps(found, ensure_ascii=False))


@congress.command()
@click.argument("bios", type=click.Path(path_type=Path))
def roles(bios: Path) -> None:
    """What are these authors? JSON lines of profiles in, JSON lines of roles with evidence out."""
    for found in read_bios(lines_of(bios)):
        click.echo(json.dumps(found, ensure_ascii=False))


@congress.group()
def catalog() -> None:
    """Catalogues of abstracts."""


@catalog.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def catalog_check(settings: Settings, file: Path) -> None:
    """Read a catalogue and name each bad line."""
    abstracts = read_catalogue(file, "check")
    show(settings, {"file": str(file), "abstracts": len(abstracts)})


def take_in(source: Source, chosen: Congress, settings: Settings, what: str) -> None:
    """Fold a source to its end, with a counter on a terminal."""
    with counting(what) as count:
        run.until_stopped(run.take_in(source, chosen, settings.data, after_fold=count))


@contextlib.contextmanager
def counting(what: str) -> Generator[Callable[[int], None] | None]:
    """A counter that moves while work goes on; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=None, label=what, file=sys.stderr, show_pos=True, show_eta=False) as bar:
        yield bar.update


def show(settings: Settings, values: dict[str, Any]) -> None:
    """Key and value a line, or one JSON object a line."""
    if settings.as_json:
        click.echo(json.dumps(values, ensure_ascii=False, default=as_text))
        return
    width = max(map(len, values))
    for key, value in values.items():
        for index, line in enumerate(lines_for(value)):
            click.echo(f"{'' if index else key:<{width}}  {line}")
    click.echo()


def lines_for(value: Any) -> list[str]:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return ["  ".join(f"{k} {as_text(v)}" for k, v in row.items() if v not in (None, "")) for row in value]
    if isinstance(value, list):
        return [", ".join(map(str, value)) or "none"]
    return [as_text(value)]


def as_text(value: Any) -> str:
    return f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else str(value)


def pair(text: str) -> tuple[str, str]:
    """``ours=theirs`` of --map."""
    ours, equals, theirs = text.partition("=")
    if not (ours and equals and theirs):
        raise UsageError(f'--map "{text}": write it as OURS=THEIRS, like text=Message')
    return ours, theirs


def readable(file: Path) -> Path:
    if not file.is_file():
        raise InputError(f"{file}: not found")
    return file


def lines_of(file: Path) -> Iterator[bytes]:
    with readable(file).open("rb") as lines:
        yield from lines


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


def say(line: str) -> None:
    click.echo(line, err=True)


if __name__ == "__main__":
    main()
