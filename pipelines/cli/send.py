"""What leaves the house: the recap, its check, a day in brief, and the table or chart of any view."""

from __future__ import annotations

import getpass
import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import click

from pipelines.cli.settings import Settings, congress
from pipelines.cli.signals import do_stored
from pipelines.console import say
from pipelines.errors import UsageError

AS_OF = click.option(
    "--as-of", metavar="T", help="What was known then, in the congress's zone, like 2026-12-16T08:00. [default: now]"
)
FORMATS = ("pptx", "xlsx", "pdf", "html", "data")
CHARTS = ("volume", "voices", "abstracts")


class RecapGroup(click.Group):
    """``congress recap ID ...`` makes one; ``congress recap verify DIR`` and ``digest ID`` are commands of their own."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[Any, Any, list[str]]:
        if args and args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return None, recap_command, args

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Options of congress recap ID"):
            formatter.write_dl([said for each in recap_command.get_params(ctx) if (said := each.get_help_record(ctx))])
        super().format_options(ctx, formatter)


@congress.group(cls=RecapGroup, subcommand_metavar="ID --out DIR [OPTIONS] | COMMAND ...")
def recap() -> None:
    """A recap of a congress: deck, workbook, report and data pack, sent as they are."""


@click.command()
@click.argument("congress_id")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder it is put into.")
@click.option("--formats", default=",".join(FORMATS), show_default=True, help="Which, with commas.")
@AS_OF
@click.option("--compare", metavar="ID", help="The congress before, or none. [default: the last one of its series]")
@click.option("--template", type=click.Path(path_type=Path), help="A company's .pptx or .potx for the deck.")
@click.option(
    "--window",
    default="congress",
    show_default=True,
    help="congress, all, a day, or START..END in the congress's zone.",
)
@click.pass_obj
def recap_command(
    settings: Settings,
    congress_id: str,
    out: Path,
    formats: str,
    as_of: str | None,
    compare: str | None,
    template: Path | None,
    window: str,
) -> None:
    """Make the recap of a congress: all files in place, or none."""
    from pipelines.asking import asking
    from pipelines.recap.write import write_recap

    wanted = chosen_formats(formats)
    note_export(settings, congress_id, str(out))
    with asking(settings.data) as reads:
        made = _build(settings, reads, congress_id, window, as_of, compare)
        manifest = write_recap(made, reads, out, wanted, template, lambda each: say(f"{each}: written"))
    sizes = [{"file": name, "bytes": each["bytes"]} for name, each in manifest["files"].items()]
    compared = {"compared with": manifest["compared_with"] or "nothing"}
    settings.show({"folder": str(out), **manifest["about"], **compared, **manifest["posts"], "files": sizes})


@recap.command(name="verify")
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def recap_verify(settings: Settings, folder: Path) -> None:
    """Before a recap is sent: names files that changed and posts that are gone since, and exits with 1 if there are any."""
    from pipelines.asking import asking
    from pipelines.recap.verify import verify

    with asking(settings.data) as reads:
        found = verify(folder, reads, _now(reads))
    for name in found.changed:
        say(f"{folder / name}: not as it was made")
    for name in found.missing:
        say(f"{folder / name}: missing")
    for each in found.gone:
        at = f" at {each.gone_at:%Y-%m-%d %H:%M} UTC" if each.gone_at else ""
        say(
            f"{each.platform} {each.post_id}: {each.why}{at}; it stands here {'in full' if each.quoted else 'as a link'}"
        )
    settings.show(
        {"folder": str(folder), "posts looked for": found.shown, "gone since": len(found.gone),
         "files changed": len(found.changed), "files missing": len(found.missing), "may be sent": "yes" if found.whole else "no: make it again"}
    )  # fmt: skip
    if not found.whole:
        sys.exit(1)


@recap.command(name="digest")
@click.argument("congress_id")
@click.option("--day", metavar="D", help="A local day, like 2026-12-13. [default: the last one that has begun]")
@click.option("--out", type=click.Path(path_type=Path), help="A folder for the page as PDF and the words as text.")
@click.option("--send", "sending", is_flag=True, help="To the channels of .env.")
@AS_OF
@click.pass_obj
def recap_digest(
    settings: Settings, congress_id: str, day: str | None, out: Path | None, sending: bool, as_of: str | None
) -> None:
    """A day in brief: one page, or words to the channels of .env."""
    from pipelines.alerts.settings import read_settings
    from pipelines.asking import asking
    from pipelines.recap.daily import day_of, send_digest, write_day

    channels = read_settings(os.environ).channels if sending else ()
    if sending and not channels:
        raise UsageError("no channel: name one in .env as ALERT_URLS=... (see .env.example)")
    if out is None and not sending:
        raise UsageError("say where to: --out DIR, --send, or both")
    note_export(settings, congress_id, str(out or "channels"))
    with asking(settings.data) as reads:
        chosen, at = _chosen(settings, reads, congress_id), _as_of(settings, reads, congress_id, as_of)
        made = _build(settings, reads, congress_id, day or f"{day_of(chosen, at)}", as_of, "none")
    files = write_day(made, out) if out else []
    told = send_digest(made, channels)
    settings.show({"window": made.provenance.window_words, "files": [str(each) for each in files]} | {name: error or "delivered" for name, error in told})  # fmt: skip
    if any(error for _, error in told):
        sys.exit(1)


@congress.command()
@click.argument("read", required=False)
@click.option("--congress", "congress_id", required=True, metavar="ID", help="Whose.")
@click.option("--format", "form", metavar="F", help="csv, parquet or json; of a chart png or svg. [default: csv, png]")
@click.option("--param", "params", multiple=True, metavar="NAME=VALUE", help="A parameter of the read. Repeatable.")
@click.option("--chart", type=click.Choice(CHARTS), help="A chart instead of a table.")
@click.option("--window", default="congress", show_default=True, help="Of a chart: as of congress recap.")
@AS_OF
@click.option("--out", type=click.Path(path_type=Path), help="The file. [default: standard output]")
@click.pass_obj
def export(
    settings: Settings,
    read: str | None,
    congress_id: str,
    form: str | None,
    params: tuple[str, ...],
    chart: str | None,
    window: str,
    as_of: str | None,
    out: Path | None,
) -> None:
    """The table of a view, by the name of its read, or a single chart."""
    from pipelines.asking import asking

    if (read is None) == (chart is None):
        raise UsageError("name a read, or a chart with --chart: one of the two")
    form = _export_format(form, chart)
    note_export(settings, congress_id, str(out or read or chart))
    with asking(settings.data) as reads:
        if chart:
            content = _chart(_build(settings, reads, congress_id, window, as_of, "none"), chart, form)
        else:
            content = _table(settings, reads, str(read), congress_id, _given(params), as_of, form)
    _hand_out(content, out)


def chosen_formats(text: str) -> list[str]:
    """The formats of ``--formats``, in their own order."""
    said = [each.strip() for each in text.split(",") if each.strip()]
    unknown = [each for each in said if each not in FORMATS]
    if unknown or not said:
        raise UsageError(f'--formats "{text}": choose of {", ".join(FORMATS)}')
    return [each for each in FORMATS if each in said]


def note_export(settings: Settings, congress_id: str, file: str) -> None:
    """Write into the audit that somebody takes data away, before it is handed out."""
    from pipelines import launch

    if (settings.data / launch.DATABASE).exists():
        do_stored(settings, "note_export", reviewer=getpass.getuser(), file=file, congress_id=congress_id)


def _build(
    settings: Settings, reads: Any, congress_id: str, window: str, as_of: str | None, compare: str | None
) -> Any:
    """The recap asked for; nothing collected in its window is an error."""
    from pipelines.recap.build import build
    from pipelines.recap.chosen import compared_with
    from pipelines.recap.window import window_of

    rows = reads.read("congresses").to_pylist()
    chosen, at = _chosen(settings, reads, congress_id), _as_of(settings, reads, congress_id, as_of)
    other = compared_with(compare, chosen, settings.congresses(), rows)
    made = build(reads, chosen, window_of(chosen, window, at), at, version("congress-pulse"), other)
    if not any(each.post_count for each in made.hours):
        raise UsageError(
            f"{chosen.name}: nothing was collected in {made.provenance.window_words}; see: congress status"
        )
    return made


def _chosen(settings: Settings, reads: Any, congress_id: str) -> Any:
    from pipelines.recap.chosen import congress_named

    return congress_named(congress_id, settings.congresses(), reads.read("congresses").to_pylist())


def _as_of(settings: Settings, reads: Any, congress_id: str, said: str | None) -> Any:
    from pipelines.recap.window import moment

    return moment(said, _chosen(settings, reads, congress_id).zone) if said else _now(reads)


def _now(reads: Any) -> Any:
    """The owner's clock: of the demo congress, its own."""
    return reads.read("clock")["now"][0].as_py().replace(microsecond=0)


def _given(params: tuple[str, ...]) -> dict[str, str]:
    """NAME=VALUE of --param; a value may be empty or hold another sign of equality."""
    pairs = [each.partition("=") for each in params]
    for name, equals, value in pairs:
        if not (name and equals):
            raise UsageError(f'--param "{name}{equals}{value}": write it as NAME=VALUE, like minutes=60')
    return {name: value for name, _, value in pairs}


def _export_format(form: str | None, chart: str | None) -> str:
    choices = ("png", "svg") if chart else ("csv", "parquet", "json")
    if form is not None and form not in choices:
        raise UsageError(f'--format "{form}": of a {"chart" if chart else "table"} choose {", ".join(choices)}')
    return form or choices[0]


def _chart(made: Any, chart: str, form: str) -> bytes:
    from pipelines.pictures import picture
    from pipelines.recap.charts import charts

    drawn = charts(made)
    if chart not in drawn:
        raise UsageError(f"--chart {chart}: there is nothing to draw in {made.provenance.window_words}")
    return picture(drawn[chart], format="svg" if form == "svg" else "png")


def _table(
    settings: Settings, reads: Any, read: str, congress_id: str, params: dict[str, str], as_of: str | None, form: Any
) -> bytes:
    import io

    from pipelines.export import export_table
    from pipelines.recap.tables import write_as

    chosen, at = _chosen(settings, reads, congress_id), _as_of(settings, reads, congress_id, as_of)
    file = io.BytesIO()
    write_as(file, export_table(reads, read, chosen, params, at), form)
    return file.getvalue()


def _hand_out(content: bytes, out: Path | None) -> None:
    """Into the file, whole or not at all, or to standard output."""
    if out is None:
        sys.stdout.buffer.write(content)
        return
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.new")
    fresh.write_bytes(content)
    fresh.replace(out)
    say(f"{out}: {len(content):,} bytes")
