"""The dashboard as a server: settings that apply from anywhere, headers, /healthz, loopback only."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from dashboard import reads, server
from pipelines.access import is_loopback
from pipelines.errors import UsageError
from tests.dashboard.fake_owner import FakeOwner

ROOT = Path(__file__).parents[2]


def test_every_setting_applies_whatever_the_current_directory(tmp_path):
    code = (
        "from dashboard import server; from streamlit import config; server.build();"
        "import tomllib; tree = tomllib.loads(server.settings_file().read_text());"
        "print([n for n, v in server.options(tree) if config.get_option(n) != v], config.get_option('runner.postScriptGC'))"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[] False"


def test_the_settings_keep_the_measured_decisions():
    settings = dict(server.options(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))))
    assert settings["runner.postScriptGC"] is False
    assert settings["browser.gatherUsageStats"] is False
    assert settings["client.showErrorDetails"] == "none"
    assert settings["server.address"] == "127.0.0.1"


def test_every_font_of_the_settings_is_in_the_package_with_its_licence():
    settings = dict(server.options(tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))))
    static = ROOT / "dashboard" / "static"
    assert all((static / face["url"].removeprefix("app/static/")).is_file() for face in settings["theme.fontFaces"])
    assert "SIL OPEN FONT LICENSE" in (static / "OFL.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.20", "dashboard.example"])
def test_a_host_that_others_reach_is_refused_without_the_flag(host, tmp_path):
    with pytest.raises(UsageError, match="allow-network"):
        server.serve(tmp_path, host=host)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.8.8.8"])
def test_loopback_is_allowed(host):
    assert is_loopback(host)


def test_a_mistake_in_the_flags_is_one_line_and_exit_code_two():
    done = subprocess.run(
        [sys.executable, "-m", "dashboard", "--host", "0.0.0.0"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 2
    assert "no sign-in is set up" in done.stderr
    assert "Traceback" not in done.stderr


def test_answers_carry_the_policy_and_its_companions():
    app = Starlette(
        routes=[Route("/", lambda _: PlainTextResponse("x"))], middleware=[Middleware(server.SecurityHeaders)]
    )
    headers = TestClient(app).get("/").headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe-eval" not in headers["content-security-policy"]
    assert (headers["x-content-type-options"], headers["referrer-policy"]) == ("nosniff", "no-referrer")


def test_the_policy_admits_the_inline_script_of_this_streamlit_and_no_other():
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() for s in scripts]
    assert hashes == re.findall(r"'sha256-([^']+)'", server.policy())


def test_healthz_is_well_while_snapshots_come_and_tells_why_when_not(monkeypatch):
    owner = FakeOwner(posts=10)
    monkeypatch.setattr(reads, "connect", lambda: owner)
    monkeypatch.setattr(reads, "PERIOD", 0.2)
    reads.close()
    client = TestClient(Starlette(routes=[Route("/healthz", server.healthz)]))
    hub = reads.hub()
    hub.look([])
    with hub._changed:
        hub._changed.wait_for(lambda: hub.snapshot is not None, 3)
    assert (client.get("/healthz").status_code, client.get("/healthz").json()["ok"]) == (200, True)
    owner.away = True
    with hub._changed:
        hub._changed.wait_for(lambda: hub.error is not None, 3)
    assert (client.get("/healthz").status_code, client.get("/healthz").json()["error"]) == (
        503,
        "the collector does not answer",
    )
    reads.close()


def test_healthz_tells_how_old_the_newest_event_is_and_no_word_of_anything(monkeypatch):
    owner = FakeOwner(posts=10, hostile=True)
    monkeypatch.setattr(reads, "connect", lambda: owner)
    reads.close()
    client = TestClient(Starlette(routes=[Route("/healthz", server.healthz)]))
    hub = reads.hub()
    hub.look([])
    with hub._changed:
        hub._changed.wait_for(lambda: hub.snapshot is not None, 3)
    said = client.get("/healthz").json()
    assert {
        "ok": bool,
        "collector": str,
        "snapshot_age_s": float,
        "newest_event_age_s": float,
        "error": type(None),
    } == {key: type(value) for key, value in said.items()}
    assert 0 <= said["newest_event_age_s"] < 60
    assert 200 == client.get("/healthz?max_event_age=60").status_code
    assert 503 == client.get("/healthz?max_event_age=0").status_code
    assert 200 == client.get("/healthz?max_event_age=soon").status_code
    reads.close()
