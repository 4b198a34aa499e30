"""Following a congress: check, demo, run, and either half alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from pipelines import launch
from pipelines.cli.settings import Settings, congress
from pipelines.clock import RealClock
from pipelines.congresses import choose
from pipelines.console import say
from pipelines.supervise import end_with_parent

DEMO = "demo-2026"
REACHED = (
    click.option("--host", default=launch.HOST, show_default=True, help="The address the dashboard listens on."),
    click.option("--allow-network", is_flag=True, help="Without sign-in, let others in: everybody is a viewer."),
)
X_BUDGET = click.option(
    "--x-budget",
    type=click.FloatRange(min=0),
    default=0.0,
    envvar="X_BUDGET_USD",
    show_default=True,
    help="US dollars a calendar month that reading X may cost; 0 reads nothing.",
)


@congress.command()
@click.argument("congress_id", required=False)
@click.pass_obj
def check(settings: Settings, congress_id: str | None) -> None:
    """Check congresses.yaml, catalogues and keys; show what would be followed."""
    from pipelines.alerts.delivery import check_channels
    from pipelines.alerts.settings import read_settings
    from pipelines.live_x import forecast_of
    from pipelines.sign_in import read_sign_in
    from pipelines.status import what_is_followed

    congresses = settings.congresses()
    chosen = choose(congresses, [congress_id] if congress_id else [], RealClock().now())
    alerts = read_settings(os.environ)
    check_channels(alerts)
    sign_in = read_sign_in(os.environ)
    for each, said in zip(chosen, what_is_followed(chosen), strict=True):
        forecast = forecast_of(each, RealClock().now()) if congress_id else {}
        told = {"alerts to": [channel.name for channel in alerts.channels]}
        settings.show({**said, **forecast, **told, "sign-in": sign_in.url if sign_in else "none: this machine only"})
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
@REACHED[0]
@REACHED[1]
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@X_BUDGET
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def run_command(
    settings: Settings,
    congress_ids: tuple[str, ...],
    port: int | None,
    host: str,
    allow_network: bool,
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
    reach = launch.Reach(host, allow_network, settings.config)
    sys.exit(launch.show_live(collector, settings.data, port, not no_browser, say, reach))


@congress.command()
@click.argument("congress_ids", nargs=-1)
@click.option("--tape", type=click.Path(path_type=Path), help="Also keep every raw payload in this file.")
@X_BUDGET
@click.option("--jetstream", multiple=True, metavar="URL", help="Another Jetstream end point. Repeatable.")
@click.option("--rehearsal", type=click.Path(path_type=Path), hidden=True)  # written by congress bench
@click.option("--speed", type=click.FloatRange(min=0, min_open=True), default=144.0, hidden=True)
@click.option("--seed", type=int, default=2026, hidden=True)
@click.pass_obj
def collect(
    settings: Settings,
    congress_ids: tuple[str, ...],
    tape: Path | None,
    x_budget: float,
    jetstream: tuple[str, ...],
    rehearsal: Path | None,
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
    run.until_stopped(run.collect_live(chosen, settings.data, tape, jetstream, x_budget, settings.voices, rehearsal))


@congress.command()
@click.option("--port", type=click.IntRange(1, 65535), help="Where it listens. [default: the first free one from 8501]")
@REACHED[0]
@REACHED[1]
@click.option("--no-browser", is_flag=True, help="Do not open the browser.")
@click.pass_obj
def dashboard(settings: Settings, port: int | None, host: str, allow_network: bool, no_browser: bool) -> None:
    """Show the dashboard of a collector that runs on this data directory."""
    reach = launch.Reach(host, allow_network, settings.config)
    sys.exit(launch.show_live(None, settings.data, port, not no_browser, say, reach))


@congress.command()
@click.pass_obj
def status(settings: Settings) -> None:
    """Sources, lag and gaps of the collector that runs on this data directory, or of its database."""
    from pipelines.status import where_things_stand

    settings.show(where_things_stand(settings.data))
