"""What the command line reads from and writes to a terminal; only ``cli`` uses it."""

from __future__ import annotations

import contextlib
import json
import logging
import sys
from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from pipelines import logs
from pipelines.errors import CongressError, InputError, UsageError

log = logging.getLogger(__name__)


@contextlib.contextmanager
def counting(what: str) -> Generator[Callable[[int], None] | None]:
    """A counter that moves while work goes on; nothing where nobody watches."""
    if not sys.stderr.isatty():
        yield None
        return
    with click.progressbar(length=None, label=what, file=sys.stderr, show_pos=True, show_eta=False) as bar:
        yield bar.update


def show(values: dict[str, Any], as_json: bool) -> None:
    """Key and value a line, or one JSON object a line."""
    if as_json:
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


def say(line: str) -> None:
    """A line to whoever started the command; where logs are JSON, an event among them."""
    if logs.in_json():
        log.info(line)
    else:
        click.echo(line, err=True)


def complain(error: CongressError) -> None:
    """Why a command ends; where logs are JSON, an event among them, which quotes no file."""
    if not logs.in_json():
        click.echo(str(error), err=True)
    elif isinstance(error, InputError):
        log.error("a file cannot be read as what it should be; without LOG_FORMAT=json the command says why")
    else:
        log.error(str(error))
