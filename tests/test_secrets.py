"""Nothing secret is in any tracked file, and the check of packages tells a clean answer from none."""

from __future__ import annotations

import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BASELINE = ROOT / ".secrets.baseline"


UNREAD = (
    ".png",
    ".woff2",
    ".ttf",
    ".xz",
    "uv.lock",
    ".secrets.baseline",
)  # pictures, fonts, packed files, lists of hashes
NO_SECRETS = "^PASSWORD$|abcdefghij|23456"  # a placeholder, and alphabets
GUESSING = ("Base64HighEntropyString", "HexHighEntropyString", "KeywordDetector", "BasicAuthDetector")


def scan(folder: Path, files: list[str], *options: str) -> dict[str, list[dict]]:
    """What detect-secrets finds in files, by file; a placeholder or an alphabet is none."""
    command = [
        sys.executable,
        "-m",
        "detect_secrets",
        "scan",
        "--no-verify",
        "--exclude-secrets",
        NO_SECRETS,
        *options,
        *files,
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True, timeout=300)
    return json.loads(done.stdout)["results"]


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout: no list of tracked files")
    return [each for each in listed.stdout.split("\n")[:-1] if not each.endswith(UNREAD) and (ROOT / each).is_file()]


def test_no_tracked_file_holds_a_token_or_a_key():
    """Tests hold made-up passwords: of them only what has the form of a real service's token is looked for."""
    names = tracked()
    known = {
        (name, each["hashed_secret"])
        for name, found in json.loads(BASELINE.read_text())["results"].items()
        for each in found
    }
    found = scan(ROOT, [each for each in names if not each.startswith("tests/")])
    guesses = [option for each in GUESSING for option in ("--disable-plugin", each)]
    found |= scan(ROOT, [each for each in names if each.startswith("tests/")], *guesses)
    new = [
        f"{name}:{each['line_number']}: {each['type']}"
        for name, several in found.items()
        for each in several
        if (name, each["hashed_secret"]) not in known
    ]
    assert [] == new, "a secret? take it out, or note it: detect-secrets scan --baseline .secrets.baseline"


def test_the_scan_finds_what_is_planted(tmp_path):
    parts = {
        "aws.py": ("AKIA", "QWERTYUIOPASDF12"),
        "github.txt": ("ghp_", "kq3vz8w1xj5rb7nd2mf9th4cl6ypsgaeuiob"),
        "key.pem": ("-----BEGIN RSA ", "PRIVATE KEY-----"),
        "slack.yaml": ("xoxb-", "9081726354-kqzvwxjrbndm"),
        "x.env": ("X_BEARER_", 'TOKEN="k3Fv9sLq2Zx8Tn4Wb7Rm1Yc6"'),
    }
    for name, (first, second) in parts.items():
        (tmp_path / name).write_text(f"{first}{second}\n")
    assert set(parts) == set(scan(tmp_path, list(parts)))


def test_the_file_of_secrets_is_never_tracked():
    assert [] == [each for each in tracked() if re.search(r"(^|/)\.env$|owner\.json$|\.duckdb$", each)]
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".env", "/data/"} <= set(ignored)


def test_the_example_of_secrets_holds_none():
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    assert [] == [each for each in lines if each and not each.startswith("#")]


def audit():
    spec = importlib.util.spec_from_file_location("audit", ROOT / ".ci" / "audit.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("dependencies", "expected"),
    [
        ([{"name": "jinja2", "version": "3.1.6", "vulns": []}], (["jinja2"], [], [])),
        (
            [{"name": "jinja2", "skip_reason": "not found"}, {"name": "congress-pulse", "skip_reason": "own"}],
            ([], ["jinja2"], []),
        ),
        (
            [{"name": "jinja2", "version": "3.1.2", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1.3"]}]}],
            (["jinja2"], [], ["jinja2 3.1.2: PYSEC-1, mended in 3.1.3"]),
        ),
    ],
)
def test_a_package_that_no_service_knows_is_not_called_clean(dependencies, expected):
    assert expected == audit().verdict({"dependencies": dependencies})


@pytest.mark.parametrize(
    ("known", "bugs", "code", "said"),
    [(0, [], 0, "NOT CHECKED"), (1, [], 0, "no known vulnerability"), (1, ["PYSEC-1"], 1, "PYSEC-1")],
)
def test_the_check_fails_on_a_finding_alone_and_says_when_nobody_could_be_asked(
    monkeypatch, capsys, known, bugs, code, said
):
    module = audit()
    entry = {"name": "a", "version": "1", "vulns": [{"id": each, "fix_versions": []} for each in bugs]}
    answer = {"dependencies": [entry]} if known else None
    monkeypatch.setattr(module, "asked", lambda service, packages, folder: answer)
    assert code == module.main("site-packages")
    assert said in capsys.readouterr().out
