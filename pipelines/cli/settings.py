"""The command ``congress`` itself: its global options, and what they say to every command."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from dotenv import load_dotenv

from pipelines import console, launch, logs
from pipelines.clock import RealClock
from pipelines.congresses import Congress, choose, load


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
@click.option("--log-json", is_flag=True, help="Write logs as one JSON object a line, as LOG_FORMAT=json does.")
@click.option("--verbose", is_flag=True, help="Say more of what is going on.")
@click.version_option(package_name="congress-pulse")
@click.pass_context
def congress(context: click.Context, config: Path, data: Path, as_json: bool, log_json: bool, verbose: bool) -> None:
    """The live dashboard of the conversation around a medical congress.

    Try it without any key:  congress demo
    """
    load_dotenv(config.parent / ".env")
    if log_json:
        os.environ["LOG_FORMAT"] = "json"  # the processes started from here follow
    logs.set_up(os.environ, verbose)
    context.obj = Settings(config, data, as_json)
