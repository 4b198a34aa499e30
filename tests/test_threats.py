"""The page of threats is held to its word: every test that it names is there. And the tests of threats that live nowhere else."""

from __future__ import annotations

import ast
import http.server
import os
import re
import stat
import subprocess
import sys
import threading
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from dashboard import access, download
from pipelines.access import Person
from pipelines.commands import carry_out
from pipelines.congresses import load
from pipelines.errors import ConfigError, CongressError, UsageError
from pipelines.launch import clear_demo
from pipelines.model import Batch
from pipelines.reads import READS, _signature, answer
from pipelines.sign_in import Door
from pipelines.store.database import Store
from tests.records import at, author, congress, match, post, role

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "pipelines" / "operations" / "THREATS.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)


def names_in(path: Path) -> set[str]:
    return {
        node.name for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.FunctionDef)
    }


@pytest.mark.parametrize(("path", "name"), NAMED, ids=[name for _, name in NAMED])
def test_a_test_that_the_page_names_is_there(path, name):
    assert name in names_in(ROOT / path)


def test_every_threat_names_a_test():
    rows = [line for line in PAGE.splitlines() if re.match(r"\| \d+ ", line)]
    assert 20 <= len(rows)
    assert [] == [row[:60] for row in rows if "`tests/" not in row]
    assert list(range(1, len(rows) + 1)) == [int(row.split("|")[1]) for row in rows]


# ---- addresses in posts


@pytest.fixture
def trap():
    """A server that counts who comes; gives its address and the paths that were asked."""
    asked: list[str] = []

    class Trap(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        do_HEAD = do_POST = do_GET

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Trap)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", asked
    server.shutdown()
    thread.join()
    server.server_close()


CONGRESS = """congresses:
  trap-2026:
    {name: TRAP 2026, society: Trap, city: Berlin, timezone: UTC, starts_on: 2026-10-01, ends_on: 2026-10-02, hashtags: [TRAP26]}
"""


def test_no_address_in_a_post_or_profile_is_ever_asked(tmp_path, trap):
    """From the import to deck, workbook, report and data pack: links are shown, and nobody of ours follows them."""
    address, asked = trap
    (tmp_path / "congresses.yaml").write_text(CONGRESS)
    rows = [
        f'"Read {address}/text{n} ![x]({address}/picture{n}.png) <img src={address}/img{n}> #TRAP26",2026-10-01T0{n}:00:00Z,Dr Ann,ann,'
        f'"Oncologist, MD. {address}/bio{n}",{address}/url{n}'
        for n in range(1, 7)
    ]
    (tmp_path / "posts.csv").write_text("text,created_at,name,handle,bio,url\n" + "\n".join(rows) + "\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run(*arguments: str) -> None:
        command = [sys.executable, "-m", "pipelines.cli", "--data", "data", *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=180)
        assert 0 == done.returncode, done.stderr

    run("import", "posts.csv", "--congress", "trap-2026")
    run("recap", "trap-2026", "--out", "recap")
    made = {each.suffix for each in (tmp_path / "recap").iterdir()}
    assert {".pptx", ".xlsx", ".pdf", ".html"} <= made
    assert address in (tmp_path / "recap" / "trap-2026-recap.html").read_text()
    assert [] == asked


CALLERS = {  # who opens connections, and to where: nothing else does
    "dashboard/server.py": "listens",
    "pipelines/abstracts/crossref.py": "Crossref",
    "pipelines/alerts/delivery.py": "the channels of .env",
    "pipelines/launch.py": "its own dashboard",
    "pipelines/sources/bluesky/profiles.py": "Bluesky's public AppView",
    "pipelines/sources/bluesky/route.py": "Jetstream",
    "pipelines/sources/bluesky/wire.py": "Jetstream",
    "pipelines/sources/x/api.py": "X",
    "pipelines/sources/x/stream.py": "X",
    "pipelines/store/client.py": "the owner",
    "pipelines/store/serve.py": "listens",
}
NETWORK = {
    "httpx",
    "requests",
    "urllib.request",
    "websockets",
    "tweepy",
    "atproto",
    "apprise",
    "habanero",
    "aiohttp",
    "http.client",
    "uvicorn",
}


def test_only_these_files_speak_to_the_network():
    found = set()
    for path in [*(ROOT / "pipelines").rglob("*.py"), *(ROOT / "dashboard").rglob("*.py")]:
        name = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            modules = (
                [each.name for each in node.names]
                if isinstance(node, ast.Import)
                else [node.module or ""]
                if isinstance(node, ast.ImportFrom)
                else []
            )
            if any(module == each or module.startswith(f"{each}.") for module in modules for each in NETWORK):
                found.add(name)
    outside = {
        each
        for each in found
        if "bench" not in each and "loopback" not in each and not each.startswith("pipelines/lake/")
    }
    assert set() == outside - CALLERS.keys()


# ---- words as SQL, as paths

HOSTILE = "x'; DROP TABLE posts; --"
VALUES = {str: HOSTILE, int: "5", datetime: at(0).isoformat()}


def first_choice(kind: Any) -> str | None:
    """The first word of a choice; nothing for what is left to its default."""
    return str(get_args(kind)[0]) if get_args(kind) else None


def test_no_parameter_of_a_read_is_taken_for_sql():
    with Store(None) as store:
        store.fold_congresses([congress()])
        store.fold(Batch(records=[post(), author(), role()], matches=[match(post())]))
        texts = 0
        for name, read in READS.items():
            kinds = {key: kind for key, (kind, _) in _signature(read).items()}
            given = {key: value for key, kind in kinds.items() if (value := VALUES.get(kind) or first_choice(kind))}
            texts += sum(each == HOSTILE for each in given.values())
            answer(store.reader, name, given, at(30))
        assert 30 < texts
        assert 1 == store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()


@pytest.mark.parametrize("congress_id", ["../../etc/passwd", "a/b", "a\\b", "..", "a b", "ash-2026\n"])
def test_an_id_of_a_congress_is_no_path(tmp_path, congress_id):
    path = tmp_path / "congresses.yaml"
    path.write_text(CONGRESS.replace("trap-2026", repr(congress_id) if "\n" not in congress_id else '"ash-2026\\n"'))
    with pytest.raises(ConfigError, match="is no id"):
        load(path)


@pytest.mark.parametrize(
    "token", ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "x%00", "....//etc/passwd"]
)
def test_the_address_of_a_download_is_no_path(token):
    access.use(Door())
    answer_to = TestClient(Starlette(routes=[download.ROUTE])).get(f"/save/{token}")
    assert (404, False) == (answer_to.status_code, "root:" in answer_to.text)


@pytest.mark.parametrize(
    "words", ["../../etc/passwd", "a/../b", "\x00\n\r", 'x"; filename="y.exe', "CON", "..", "ärzte"]
)
def test_the_name_of_a_download_is_no_path_and_no_header(words):
    assert re.fullmatch(r"[a-z0-9-]*", download.safe_name(words))


@pytest.mark.parametrize("person", [Person("vera", "viewer"), Person("jane", "reviewer")])
def test_a_backup_is_written_for_admins_alone_and_over_nothing(tmp_path, person):
    with Store(tmp_path / "pulse.duckdb") as store:
        with pytest.raises(CongressError, match="only for admins"):
            carry_out(store, "backup", {"file": str(tmp_path / "copy.duckdb")}, person, at(0))
        assert not (tmp_path / "copy.duckdb").exists()
        (tmp_path / "kept").write_text("kept")
        for target in (tmp_path / "kept", tmp_path / "a" / ".." / "kept", tmp_path / "pulse.duckdb"):
            with pytest.raises(UsageError):
                carry_out(store, "backup", {"file": str(target)}, Person("ann", "admin"), at(0))
        assert "kept" == (tmp_path / "kept").read_text()


def test_a_path_with_quotes_is_a_path_and_no_sql(tmp_path):
    with Store(tmp_path / "pulse.duckdb") as store:
        store.fold(Batch(records=[post()]))
        target = tmp_path / "it's'; DROP TABLE posts; --.duckdb"
        carry_out(store, "backup", {"file": str(target)}, Person("ann", "admin"), at(0))
        assert 1 == store.reader.ask("SELECT count(*) AS n FROM posts")["n"][0].as_py()
    assert target.exists()


# ---- other accounts on the machine


def test_what_was_collected_is_readable_by_its_user_alone(tmp_path):
    before = os.umask(0o022)
    try:
        with Store(tmp_path / "data" / "pulse.duckdb") as store:
            store.copy_to(tmp_path / "copy.duckdb")
        clear_demo(tmp_path / "fresh" / "demo")
    finally:
        os.umask(before)
    modes = {
        name: stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("data", "copy.duckdb", "fresh", "fresh/demo")
    }
    assert {"data": 0o700, "copy.duckdb": 0o600, "fresh": 0o700, "fresh/demo": 0o700} == modes
