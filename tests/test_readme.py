"""The README is held to what the program does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from pipelines.access import Access
from pipelines.cli import congress
from pipelines.congresses import Accounts, Congress, load
from pipelines.sign_in import NEEDED

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def commands(group: click.Group, prefix: str = "congress") -> list[str]:
    found = []
    for name, each in group.commands.items():
        if isinstance(each, click.Group):
            found += commands(each, f"{prefix} {name}")
        elif not each.hidden:
            found.append(f"{prefix} {name}")
    return found


@pytest.mark.parametrize("command", commands(congress))
def test_every_command_stands_in_the_readme(command):
    assert re.search(rf"`{re.escape(command)}\b", README), command


def test_every_option_of_a_command_stands_in_its_row():
    for name, each in congress.commands.items():
        if isinstance(each, click.Group) or each.hidden:
            continue
        row = next(line for line in README.splitlines() if line.startswith(f"| `congress {name}"))
        for parameter in each.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                assert parameter.opts[-1] in row, (name, parameter.opts)


def test_every_configuration_key_stands_in_the_example_and_the_example_loads(tmp_path):
    example = re.search(r"```yaml\n(congresses:.*?)```", README, re.DOTALL).group(1)
    for key in (*(Congress.model_fields.keys() - {"id"}), *Accounts.model_fields):
        assert re.search(rf"\b{key}:", example), key
    (tmp_path / "catalogs").mkdir()
    (tmp_path / "catalogs" / "ash-2026.csv").write_text("number,title\n1,A title\n")
    (tmp_path / "congresses.yaml").write_text(example)
    assert ["ash-2026"] == list(load(tmp_path / "congresses.yaml"))


def test_every_list_of_access_and_every_line_of_sign_in_stands_in_the_readme():
    example = (ROOT / ".env.example").read_text(encoding="utf-8")
    for key in Access.model_fields:
        assert f"{key}: [" in README, key
    for name in (*NEEDED, "OIDC_GROUPS_CLAIM", "OIDC_SCOPE", "OIDC_SESSION_HOURS"):
        assert f"`{name}`" in README, name
        assert f"# {name}=" in example, name


def test_the_two_commands_are_one_line_each():
    blocks = re.findall(r"```bash\n(python3 -m venv.*?)```", README, re.DOTALL)
    assert [1, 1] == [len(block.strip().splitlines()) for block in blocks]
    assert all("&&" in shlex.split(block) for block in blocks)


def test_every_picture_and_file_the_readme_links_is_there():
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        if not target.startswith("http"):
            assert (ROOT / target).exists(), target
