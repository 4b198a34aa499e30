"""From the socket to the screen: how long until a post that was just sent stands on an open page of the dashboard."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipelines.access import Person
from pipelines.bench.feed import CONGRESS, Feed, write_config
from pipelines.errors import CongressError, UsageError
from pipelines.launch import HOST, choose_port, collector_command, dashboard_command
from pipelines.store.client import OwnerClient

POSTS_A_SECOND = 1.0
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip

# every 20 ms: note when the words of a post first stand on the page
_WATCH = """
() => { window.seen = {}; setInterval(() => {
    for (const [, n] of document.body.innerText.matchAll(/Post (\\d+) of the run/g)) { window.seen[n] ??= Date.now(); }
}, 20); }
"""


def measure(seconds: float = 60.0) -> dict[str, float]:
    """Milliseconds from a post's entry into the stream to its words on the page, p50 and p95, at one post a second.

    Raises:
        UsageError: without Chromium and the test extra there is nothing to look with.
    """
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UsageError("bench latency looks through a browser: pip install -e '.[test]'") from None
    if chromium is None:
        raise UsageError("bench latency looks through a browser: install chromium")
    total = int(seconds * POSTS_A_SECOND) + 30
    with (
        tempfile.TemporaryDirectory() as folder,
        Feed(POSTS_A_SECOND, total, authors=1) as feed,
        sync_playwright() as playwright,
    ):
        data, port = Path(folder) / "data", choose_port(None)
        config = write_config(Path(folder), datetime.now(UTC).date())
        collector = subprocess.Popen(collector_command(config, data, CONGRESS, "--jetstream", feed.url))
        dashboard = subprocess.Popen(dashboard_command(data, port))
        try:
            wait_for_server(port)
            _name_author(data, feed)
            page = playwright.chromium.launch(executable_path=chromium, args=[*FLAGS]).new_page()
            page.goto(f"http://{HOST}:{port}/")
            page.get_by_text("of the run").first.wait_for(timeout=60_000)
            page.evaluate(_WATCH)
            first = len(feed.sent_at)
            page.wait_for_timeout(seconds * 1000)
            seen = page.evaluate("window.seen")
        finally:
            for process in (dashboard, collector):
                process.terminate()
                process.wait()
    return _summary(seen, feed.sent_at, first)


def _name_author(data: Path, feed: Feed) -> None:
    """Say that the feed's one author is an HCP, once it is stored: the words of private people stand on no page."""
    author_id = feed.uris[0].split("/")[2]
    until = time.monotonic() + 60
    with OwnerClient(data) as owner:
        while time.monotonic() < until:
            try:
                owner.do(
                    "correct_role",
                    Person("bench", "admin"),
                    platform="bluesky",
                    author_id=author_id,
                    role="hcp",
                    reason="bench",
                )
                return
            except CongressError:
                time.sleep(0.2)
    raise UsageError("bench latency: the collector took in no post within a minute")


def wait_for_server(port: int) -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/_stcore/health", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)


def _summary(seen: Mapping[str, float], sent_at: list[datetime], first: int) -> dict[str, float]:
    waits = [at - _milliseconds(sent_at[int(n)]) for n, at in seen.items() if int(n) >= first]
    if len(waits) < 2:
        return {"posts_seen": len(waits)}
    cuts = statistics.quantiles(waits, n=20)
    return {"posts_seen": len(waits), "p50_ms": round(statistics.median(waits)), "p95_ms": round(cuts[18])}


def _milliseconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp() * 1000
