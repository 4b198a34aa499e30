"""What comes from files: imports, tapes, catalogues, and all stored posts read anew."""

from __future__ import annotations

from pathlib import Path

import click

from pipelines.cli.settings import Settings, congress
from pipelines.congresses import Congress
from pipelines.console import counting, pair, readable, say
from pipelines.sources import Source


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
    from pipelines.sources.parsers import PARSERS
    from pipelines.sources.tape import TapeSource
    from pipelines.status import where_things_stand

    chosen = settings.one(congress_id)
    take_in(TapeSource(readable(tape), speed, PARSERS), chosen, settings, f"replaying {tape.name}", tape)
    settings.show({"tape": str(tape), **where_things_stand(settings.data)})


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


@catalog.command(name="check")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def catalog_check(settings: Settings, file: Path) -> None:
    """Read a catalogue and name each bad line."""
    from pipelines.abstracts import read_catalogue

    abstracts = read_catalogue(file, "check")
    settings.show({"file": str(file), "abstracts": len(abstracts)})


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


def take_in(source: Source, chosen: Congress, settings: Settings, what: str, tape: Path | None = None) -> None:
    """Fold a source to its end, with a counter on a terminal."""
    from pipelines import run

    with counting(what) as count:
        run.until_stopped(run.take_in(source, chosen, settings.data, after_fold=count, tape=tape))
