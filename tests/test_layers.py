"""The map holds: dashboard imports pipelines and never the other way round; each SDK has one importing file."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ONE_IMPORTER = {
    "tweepy": "pipelines/sources/x",
    "atproto": "pipelines/sources/bluesky",
    "websockets": "pipelines/sources/bluesky",
    "apprise": "pipelines/alerts/delivery",
    "habanero": "pipelines/abstracts/crossref",
    "jinja2": "pipelines/recap/html",
    "typst": "pipelines/recap/pdf",
    "vl_convert": "pipelines/pictures",
    "xlsxwriter": "pipelines/recap/workbook",
}


@cache
def files(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@cache
def nodes(path: Path) -> list[ast.AST]:
    return list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


@cache
def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in nodes(path):
        if isinstance(node, ast.Import):
            found |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


def importers(package: str, *folders: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in files(folder)
        if any(each.split(".")[0] == package for each in imports(path))
    }


def test_pipelines_never_imports_the_dashboard_or_streamlit():
    assert set() == importers("dashboard", "pipelines") | importers("streamlit", "pipelines")


def test_only_the_store_and_the_door_to_the_lake_import_duckdb():
    outside = {
        each for each in importers("duckdb", "pipelines", "dashboard") if not each.startswith("pipelines/store/")
    }
    assert {each for each in outside if "bench" not in each} == {"pipelines/lake/connect.py"}


def test_the_lake_is_a_room_of_its_own():
    """Loaded by the command line and, where there is one, by the process that collects: nothing else knows of it."""
    inside = {
        str(path.relative_to(ROOT))
        for folder in ("pipelines", "dashboard")
        for path in files(folder)
        if any(each.startswith("pipelines.lake") for each in imports(path))
    }
    known = {"pipelines/cli/lake.py", "pipelines/run.py", "pipelines/bench/lake.py"}
    assert {each for each in inside - known if not each.startswith("pipelines/lake/")} == set()


@pytest.mark.parametrize("package", sorted(ONE_IMPORTER))
def test_each_platform_sdk_has_one_importing_file(package):
    found = {each for each in importers(package, "pipelines", "dashboard") if "bench" not in each}
    assert 1 == len(found), found
    assert all(each.startswith(ONE_IMPORTER[package]) for each in found)


def test_only_the_command_line_prints_or_exits():
    guilty = []
    for path in files("pipelines"):
        if path.parent.name == "cli" or path.name == "console.py":
            continue
        for node in nodes(path):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("print", "sys.exit", "exit", "quit"):
                guilty.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert [] == guilty


def test_no_code_outside_the_tests_asserts():
    guilty = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for folder in ("pipelines", "dashboard")
        for path in files(folder)
        for node in nodes(path)
        if isinstance(node, ast.Assert)
    ]
    assert [] == guilty


def test_the_pure_rooms_ask_no_clock():
    pure = [ROOT / "pipelines/matching.py", ROOT / "pipelines/hashtags.py", ROOT / "pipelines/model.py"]
    pure += [
        path
        for folder in ("pipelines/abstracts", "pipelines/roles", "pipelines/trending")
        for path in files(folder)
        if path.name not in ("bench.py", "crossref.py")
    ]
    for path in pure:
        calls = {ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)}
        assert not calls & {"datetime.now", "datetime.utcnow", "time.time", "date.today"}, path
