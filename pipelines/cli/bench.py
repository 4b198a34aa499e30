"""``congress bench``: one table of figures, each beside its peer and its goal, as text, JSON or a page."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from pipelines.bench.parts import LONG, PARTS, PLAIN, SIZES
from pipelines.cli.settings import Settings, congress
from pipelines.clock import RealClock
from pipelines.console import say
from pipelines.errors import UsageError


@congress.command()
@click.argument("parts", type=click.Choice(sorted(PARTS)), nargs=-1, metavar="[PART]...")
@click.option("--full", is_flag=True, help="Also what takes long: reads over ten million posts, the recap of 500,000.")
@click.option("--sizes", metavar="N,N", help="For reads: of 100k, 1m and 10m. [default: 100k,1m]")
@click.option("--peer-python", type=click.Path(path_type=Path), help="For import: a Python that has twarc-csv.")
@click.option("--labelled", type=click.Path(path_type=Path), help="Labelled sets, for signals.")
@click.option(
    "--seed", "seeds", type=int, multiple=True, help="For chaos: which faults fall when. Repeatable. [default: 1]"
)
@click.option("--faults", type=click.IntRange(1), default=200, show_default=True, help="For chaos: how many.")
@click.option(
    "--page", type=click.Path(path_type=Path), help="Also write the table, or the report of chaos or soak, as Markdown."
)
@click.option(
    "--seconds",
    type=click.FloatRange(20),
    default=600.0,
    show_default=True,
    help="For soak: how long the four days take.",
)
@click.pass_obj
def bench(
    settings: Settings,
    parts: tuple[str, ...],
    full: bool,
    sizes: str | None,
    peer_python: Path | None,
    labelled: Path | None,
    seeds: tuple[int, ...],
    faults: int,
    page: Path | None,
    seconds: float,
) -> None:
    """Measure: one table, each figure beside its peer on the same input; without a part, all that end within a quarter of an hour."""
    from pipelines.bench.line import Line, as_text, machine, write_page
    from pipelines.bench.table import lines_of

    given: dict[str, dict[str, Any]] = {
        "chaos": {"seeds": seeds or (1,), "faults": faults, "page": page if parts == ("chaos",) else None, "tell": say},
        "soak": {"seconds": seconds, "page": page if parts == ("soak",) else None, "tell": say},
        "reads": {"sizes": _sizes(sizes, full)},
        "recap": {"full": full or bool(parts)},
        "import": {"peer_python": peer_python},
    }
    here, lines, passed = machine(RealClock().now()), [], True
    if here.busy:
        say(f"WARNING: {here.warning}")
    for name in parts or PLAIN:
        say(f"measuring {name} ...")
        try:
            figures = PARTS[name](labelled, **given.get(name, {}))
        except Exception as error:  # one part that fails must not take a quarter of an hour of others with it
            if parts:
                raise
            passed = passed and isinstance(error, UsageError)  # something is missing here: say what, and go on
            lines.append(Line(name, None, "", note=(str(error) or type(error).__name__).splitlines()[0][:200]))
            continue
        passed = passed and figures.get("passed") is not False
        if name in LONG or name not in PLAIN:
            settings.show({"part": name, "date": f"{here.began_at:%Y-%m-%d}", **figures})
        else:
            lines += lines_of(name, figures)
    if lines:
        command = " ".join(
            ["congress bench", *parts, *(["--full"] if full else []), *([f"--sizes {sizes}"] if sizes else [])]
        )
        if settings.as_json:
            click.echo(
                json.dumps(
                    {"machine": str(here), "busy": here.busy, "lines": [each.as_dict() for each in lines]},
                    ensure_ascii=False,
                )
            )
        else:
            click.echo(as_text(lines, here))
        if page:
            write_page(page, lines, here, command)
    if not passed:
        sys.exit(1)


def _sizes(asked: str | None, full: bool) -> tuple[str, ...]:
    """Which sizes of store the reads are measured over."""
    if asked is None:
        return SIZES if full else SIZES[:2]
    wanted = tuple(each.strip().lower() for each in asked.split(","))
    if unknown := [each for each in wanted if each not in SIZES]:
        raise click.BadParameter(f'"{unknown[0]}" is none of {", ".join(SIZES)}', param_hint="--sizes")
    return wanted
