"""Service files and containers start what is there, as a user of their own, with nothing secret in them; the page names what it must."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
import yaml

from dashboard.metrics import VITALS
from pipelines.cli import congress

FOLDER = Path(__file__).parents[1] / "pipelines" / "operations"
UNITS = sorted(FOLDER.glob("*.service"))
PAGE = (FOLDER / "README.md").read_text(encoding="utf-8")
CONTAINER = (FOLDER / "Containerfile").read_text(encoding="utf-8")
needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")


def unit(path: Path) -> configparser.ConfigParser:
    read = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    read.optionxform = str  # ty: ignore[invalid-assignment]
    read.read_string(path.read_text(encoding="utf-8"))
    return read


@pytest.fixture
def here(tmp_path) -> list[str]:
    """The units, with the program where it is on this machine."""
    program = Path(sys.executable).with_name("congress")
    for path in FOLDER.glob("congress-*"):
        (tmp_path / path.name).write_text(
            path.read_text().replace("/opt/congress-pulse/.venv/bin/congress", str(program))
        )
    return [str(each) for each in sorted(tmp_path.iterdir())]


@needs_systemd
def test_systemd_understands_every_line(here):
    done = subprocess.run(["systemd-analyze", "verify", *here], capture_output=True, text=True, timeout=60)
    assert (0, "") == (done.returncode, done.stderr)


@needs_systemd
def test_systemd_finds_them_well_closed(here):
    for path in here:
        if path.endswith(".service"):
            command = ["systemd-analyze", "security", "--offline=true", "--threshold=20", "--no-pager", path]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60)
            assert 0 == done.returncode, done.stdout[-300:]


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_runs_as_its_own_user_and_writes_nowhere_else(path):
    service = unit(path)["Service"]
    wanted = {"User": "congress-pulse", "NoNewPrivileges": "yes", "ProtectSystem": "strict", "ProtectHome": "yes", "CapabilityBoundingSet": "", "PrivateTmp": "yes", "UMask": "0077"}  # fmt: skip
    assert wanted == {key: service.get(key) for key in wanted}
    assert "ReadWritePaths" not in service


@pytest.mark.parametrize("path", UNITS, ids=lambda path: path.stem)
def test_a_unit_calls_a_command_that_there_is_with_options_that_it_takes(path):
    line = unit(path)["Service"]["ExecStart"]
    words = line[line.index("congress --config") :].replace('"', "").split()
    assert [
        "congress",
        "--config",
        "/etc/congress-pulse/congresses.yaml",
        "--data",
        "/var/lib/congress-pulse",
    ] == words[:5]
    rest = [each for each in words[5:] if each != "--log-json"]
    command = congress.commands[rest[0]]
    known = {option for parameter in command.params for option in parameter.opts}
    assert set() == {each for each in rest[1:] if each.startswith("--")} - known


def test_a_collector_that_dies_or_hangs_is_started_again_and_one_used_wrongly_is_not():
    service = unit(FOLDER / "congress-collector.service")["Service"]
    assert ("on-failure", "2", "notify", "5min") == tuple(
        service[each] for each in ("Restart", "RestartPreventExitStatus", "Type", "WatchdogSec")
    )


def test_the_container_runs_as_its_own_user_with_one_volume_a_probe_and_no_secret():
    last = CONTAINER.rpartition("FROM ")[2]
    assert re.search(r"^USER congress-pulse$", last, re.MULTILINE)
    assert ["/data"] == re.findall(r"^VOLUME (.+)$", CONTAINER, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\n.*/healthz", last, re.MULTILINE)
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", CONTAINER, re.MULTILINE) for word in line.split()
    }
    assert {
        "pyproject.toml",
        "uv.lock",
        "README.md",
        "LICENSE",
        ".streamlit",
        "pipelines",
        "dashboard",
        "congresses.yaml",
    } == copied
    assert all((FOLDER.parents[1] / each).exists() for each in copied)
    assert not re.search(r"(?i)^(ENV|ARG) .*(token|secret|key|password)", CONTAINER, re.MULTILINE)


COMPOSE = yaml.safe_load((FOLDER.parent / "lake" / "compose.yaml").read_text(encoding="utf-8"))
OURS = {name: each for name, each in COMPOSE["services"].items() if each.get("image") == COMPOSE["x-pulse"]["image"]}


def test_the_lakes_containers_are_built_from_files_that_there_are_and_lean_on_services_and_volumes_that_there_are():
    build = COMPOSE["x-pulse"]["build"]
    root = (FOLDER.parent / "lake" / build["context"]).resolve()
    assert CONTAINER == (root / build["dockerfile"]).read_text(encoding="utf-8")
    assert set() == {f"ARG {each}=" for each in build["args"]} - set(re.findall(r"^ARG \w+=", CONTAINER, re.MULTILINE))
    for each in COMPOSE["services"].values():
        assert set() == set(each.get("depends_on", ())) - set(COMPOSE["services"])
        assert set() == {said.partition(":")[0] for said in each.get("volumes", ())} - set(COMPOSE["volumes"])
    assert {"127.0.0.1"} == {port.partition(":")[0] for each in OURS.values() for port in each.get("ports", ())}


@pytest.mark.parametrize("name", OURS)
def test_a_container_calls_a_command_that_there_is_with_options_that_it_takes(name):
    words, command = list(OURS[name]["command"]), congress
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    with command.make_context(name, words) as parsed:  # raises where it does not take one of the words
        assert [] == parsed.args


def test_every_metric_and_every_unit_stands_on_the_page():
    names = {name for name, _, _ in VITALS.values()} | {
        "congress_collector_up",
        "congress_pages_open",
        "congress_snapshot_age_seconds",
    }
    assert [] == sorted(each for each in names if f"`{each}" not in PAGE)
    assert [] == [each.stem for each in UNITS if each.stem not in PAGE]
    for target in re.findall(r"\]\(([^)#]+)[^)]*\)", PAGE):
        assert (FOLDER / target).exists(), target


def test_every_setting_of_operations_stands_in_the_example_and_on_the_page():
    example = (FOLDER.parents[1] / ".env.example").read_text(encoding="utf-8")
    for name in ("LOG_FORMAT", "METRICS_TOKEN"):
        assert f"# {name}=" in example, name
        assert f"`{name}=" in PAGE, name
