"""From the socket to the screen: how long until a post that was just sent stands on an open page of the dashboard."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipelines.access import Person
from pipelines.bench.feed import CONGRESS, Feed, write_config
from pipelines.errors import CongressError, UsageError
from pipelines.launch import HOST, choose_port, collector_command, dashboard_command
from pipelines.store.client import OwnerClient

RATES = (1.0, 50.0, 500.0)  # matched posts a second
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync")  # fmt: skip

_AFTERWARDS = 5_000.0  # milliseconds for the last posts to be drawn

# every 20 ms: note when the words of a post first stand on the page
_WATCH = """
() => { window.seen = {}; setInterval(() => {
    for (const [, n] of document.body.innerText.matchAll(/Post (\\d+) of the run/g)) { window.seen[n] ??= Date.now(); }
}, 20); }
"""


def measure(rates: Sequence[float] = RATES, seconds: float = 40.0) -> dict[str, Any]:
    """By matched posts a second: milliseconds from a post's entry into the stream to the screen, p50 and p95.

    The page shows the newest few. A post that was overtaken before a drawing waits until that one stands there, so that
    every post counts, also the many of a busy second that were never shown themselves.

    Raises:
        UsageError: without Chromium and the test extra there is nothing to look with.
    """
    return {f"{rate:g}": _measured(rate, seconds) for rate in rates}


def _measured(rate: float, seconds: float) -> dict[str, float]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise UsageError("bench latency looks through a browser: pip install -e '.[test]'") from None
    if chromium is None:
        raise UsageError("bench latency looks through a browser: install chromium")
    total = int((seconds + 150) * rate)
    with (
        tempfile.TemporaryDirectory() as folder,
        Feed(rate, total, authors=1) as feed,
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
            last = len(feed.sent_at)
            page.wait_for_timeout(_AFTERWARDS)
            seen, ended = page.evaluate("[window.seen, Date.now()]")
        finally:
            for process in (dashboard, collector):
                process.terminate()
                process.wait()
    return _summary(seen, feed.sent_at[first:last], first, ended)


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


def _summary(seen: Mapping[str, float], sent_at: Sequence[datetime], first: int, ended: float) -> dict[str, float]:
    """Waits of the posts from number ``first`` on, each until it or a later one stood on the page, or the watch ended."""
    waits: list[float] = []
    shown = min((at for number, at in seen.items() if int(number) >= first + len(sent_at)), default=ended)
    for place in range(len(sent_at) - 1, -1, -1):
        shown = min(shown, seen.get(str(first + place), shown))
        waits.append(shown - _milliseconds(sent_at[place]))
    if len(waits) < 2:
        return {"posts_seen": len(seen)}
    cuts = statistics.quantiles(waits, n=20)
    return {
        "posts_seen": len(seen),
        "posts": len(waits),
        "p50_ms": round(statistics.median(waits)),
        "p95_ms": round(cuts[18]),
    }


def _milliseconds(moment: datetime) -> float:
    return moment.replace(tzinfo=UTC).timestamp() * 1000
