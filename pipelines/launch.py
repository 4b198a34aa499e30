"""Starting the two processes a person sees as one: the collector and the dashboard, and the browser on it."""

from __future__ import annotations

import errno
import ipaddress
import os
import shutil
import socket
import sys
import threading
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipelines.access import Access
from pipelines.congresses import load_access
from pipelines.errors import UsageError
from pipelines.sign_in import door, read_sign_in
from pipelines.supervise import Child, supervise

DATABASE = "pulse.duckdb"  # in the data directory
HOST = "127.0.0.1"
FIRST_PORT = 8501
PORTS_TRIED = 50
BROWSER_SECONDS = 60.0


def collector_command(config: Path, data: Path, *arguments: str) -> list[str]:
    """The command line of a collector process."""
    return [sys.executable, "-m", "pipelines.cli", "--config", str(config), "--data", str(data), "collect", *arguments]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who reaches a dashboard: the address it listens on, the explicit word that no sign-in is wanted, and whose
    ``access:`` gives roles (None: no sign-in, as in the demo)."""

    host: str = HOST
    allow_network: bool = False
    config: Path | None = None


def dashboard_command(data: Path, port: int, reach: Reach = Reach()) -> list[str]:
    """The command line of a dashboard process; dashboard imports pipelines, never the other way round."""
    command = [sys.executable, "-m", "dashboard", "--data", str(data), "--port", str(port), "--host", reach.host]
    command += ["--config", str(reach.config)] if reach.config else []
    return [*command, "--allow-network"] if reach.allow_network else command


def show_live(
    collector: Sequence[str] | None,
    data: Path,
    port: int | None,
    browser: bool,
    say: Callable[[str], None],
    reach: Reach = Reach(),
) -> int:
    """Run a dashboard, with a collector beside it unless one runs already, until Ctrl-C; the exit code.

    Raises:
        UsageError: when others could reach it without sign-in and nobody said so, or a setting is wrong.
    """
    sign_in = read_sign_in(os.environ) if reach.config else None
    lists = load_access(reach.config) if reach.config and sign_in else Access()
    door(reach.host, reach.allow_network, sign_in, lists, reach.config)  # said here, before anything is started
    port = choose_port(port, reach.host)
    children = [Child("dashboard", dashboard_command(data, port, reach))]
    if collector is not None:
        children.insert(0, Child("collector", collector))
    ready = f"http://{_reachable(reach.host)}:{port}"
    address = sign_in.url if sign_in else ready
    say(f"Congress Pulse is at {address} (Ctrl-C ends it)")
    if browser:
        threading.Thread(target=_open_when_ready, args=(ready, address), daemon=True).start()
    return supervise(children, say)


def _reachable(host: str) -> str:
    """What to write into an address for a host that is listened on: this machine, where it is all of its addresses."""
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return HOST if found.is_unspecified else f"[{host}]" if found.version == 6 else host


def choose_port(wanted: int | None, host: str = HOST) -> int:
    """The port asked for, or the first free one from 8501.

    Raises:
        UsageError: when the port asked for is taken, none is free, or the host is no address of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for port in [wanted] if wanted else range(FIRST_PORT, FIRST_PORT + PORTS_TRIED):
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
                    raise UsageError(f"--host {host}: no address of this machine") from None
                continue
            return port
    raise UsageError(f"port {wanted or FIRST_PORT} is taken; choose another with --port")


def _open_when_ready(ready: str, address: str) -> None:
    until = time.monotonic() + BROWSER_SECONDS
    while time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{ready}/_stcore/health", timeout=1):
                webbrowser.open(address)
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)


def clear_demo(data: Path) -> None:
    """Each demo starts afresh: its own folder is emptied, and nothing else is."""
    if (data / DATABASE).exists():
        shutil.rmtree(data)
    data.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    data.mkdir(mode=0o700, exist_ok=True)
