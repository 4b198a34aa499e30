"""A real browser on the real dashboard over a fake owner. Skipped, with the reason, where Chromium is missing.

Every page fails its test on a request that leaves loopback and on any error in the console.
"""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = Path("/usr/bin/chromium")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip


@dataclass
class Served:
    """A dashboard process: its address, and switches that hold while inside ``with served.switched("away")``."""

    address: str
    folder: Path

    @contextlib.contextmanager
    def switched(self, name: str) -> Iterator[None]:
        switch = self.folder / name
        switch.touch()
        try:
            yield
        finally:
            switch.unlink()


@pytest.fixture(scope="package")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The dashboard over a congress in full swing, started from a directory that is not the project's."""
    if not CHROMIUM.exists():
        if os.environ.get("CONGRESS_NEED_BROWSER"):
            pytest.fail(f"no {CHROMIUM} on this machine, and this run may not do without")
        pytest.skip(f"no {CHROMIUM} on this machine")
    folder = tmp_path_factory.mktemp("live")
    port = free_port()
    process = start(port, folder)
    try:
        wait_until_well(f"http://127.0.0.1:{port}", process)
        yield Served(f"http://127.0.0.1:{port}", folder)
    finally:
        process.terminate()
        process.wait(10)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start(port: int, folder: Path) -> subprocess.Popen[bytes]:
    """A dashboard process over a fake owner."""
    command = [sys.executable, "-m", "tests.browser.serve_fake", str(port), str(folder)]
    return subprocess.Popen(command, cwd=folder, env={**os.environ, "PYTHONPATH": str(ROOT)})


def wait_until_well(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 40
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError("the dashboard did not start")


@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    """One Chromium for all tests, in Tokyo."""
    if not CHROMIUM.exists():
        if os.environ.get("CONGRESS_NEED_BROWSER"):
            pytest.fail(f"no {CHROMIUM} on this machine, and this run may not do without")
        pytest.skip(f"no {CHROMIUM} on this machine")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    with playwright.sync_playwright() as p:
        launched = p.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS, env={**os.environ, "TZ": "Asia/Tokyo"})
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open an address at a size, and wait until the page stands: ``visit(url, 1366, 768, dark=True)``.

    ``zone`` is the viewer's; ``cut`` says that the server will be killed, which the console may then complain of.
    """
    contexts, left, errors = [], [], []

    def open_page(
        url: str, width: int = 1920, height: int = 1080, dark: bool = False, zone: str | None = None, cut: bool = False
    ) -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light", timezone_id=zone
        )
        contexts.append(context)
        page = context.new_page()
        page.on("request", lambda r: left.append(r.url) if not local(r.url) else None)
        page.on(
            "console", lambda m: errors.append(m.text) if m.type == "error" and not probing(m) and not cut else None
        )
        page.on("pageerror", lambda e: errors.append(str(e)))
        page.goto(url)
        page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]")
        page.locator(".pulse, .st-key-first").first.wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert left == [], "a request left loopback"
    assert errors == [], "an error in the console"


def local(url: str) -> bool:
    return url.startswith(("http://127.0.0.1:", "ws://127.0.0.1:", "data:", "blob:"))


def probing(message: Any) -> bool:
    """Opened below the root, Streamlit's page first asks for its server below that path too, and gets a 404."""
    return "404" in message.text and "/_stcore/" in message.location.get("url", "")
