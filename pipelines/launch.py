"""Starting the two processes a person sees as one: the collector and the dashboard, and the browser on it."""

from __future__ import annotations

import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from pathlib import Path

from pipelines.errors import UsageError
from pipelines.supervise import Child, supervise

DATABASE = "pulse.duckdb"  # in the data directory
HOST = "127.0.0.1"
FIRST_PORT = 8501
PORTS_TRIED = 50
BROWSER_SECONDS = 60.0


def collector_command(config: Path, data: Path, *arguments: str) -> list[str]:
    """The command line of a collector process."""
    return [sys.executable, "-m", "pipelines.cli", "--config", str(config), "--data", str(data), "collect", *arguments]


def dashboard_command(data: Path, port: int) -> list[str]:
    """The command line of a dashboard process; dashboard imports pipelines, never the other way round."""
    return [sys.executable, "-m", "dashboard", "--data", str(data), "--port", str(port)]


def show_live(
    collector: Sequence[str] | None, data: Path, port: int | None, browser: bool, say: Callable[[str], None]
) -> int:
    """Run a dashboard, with a collector beside it unless one runs already, until Ctrl-C; the exit code."""
    port = choose_port(port)
    children = [Child("dashboard", dashboard_command(data, port))]
    if collector is not None:
        children.insert(0, Child("collector", collector))
    address = f"http://{HOST}:{port}"
    say(f"Congress Pulse is at {address} (Ctrl-C ends it)")
    if browser:
        threading.Thread(target=_open_when_ready, args=(address,), daemon=True).start()
    return supervise(children, say)


def choose_port(wanted: int | None) -> int:
    """The port asked for, or the first free one from 8501.

    Raises:
        UsageError: when the port asked for is taken, or none is free.
    """
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise UsageError(f"port {wanted or FIRST_PORT} is taken; choose another with --port")


def _open_when_ready(address: str) -> None:
    until = time.monotonic() + BROWSER_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/_stcore/health", timeout=1):
                webbrowser.open(address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)


def clear_demo(data: Path) -> None:
    """Each demo starts afresh: its own folder is emptied, and nothing else is."""
    if (data / DATABASE).exists():
        shutil.rmtree(data)
    data.mkdir(parents=True, exist_ok=True)
