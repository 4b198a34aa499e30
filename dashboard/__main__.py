"""``python -m dashboard``: the dashboard process that ``congress demo``, ``run`` and ``dashboard`` start."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from dashboard.server import serve
from pipelines import logs
from pipelines.errors import UsageError
from pipelines.supervise import end_with_parent


def main() -> None:
    """Read the flags and serve; a mistake in them is one line and exit code 2."""
    parser = argparse.ArgumentParser(prog="dashboard", description="Serve the Congress Pulse dashboard.")
    parser.add_argument("--data", type=Path, default=Path("data"), help="the data directory whose collector is asked")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8501)
    parser.add_argument("--allow-network", action="store_true", help="without sign-in, let others in as viewers")
    parser.add_argument("--config", type=Path, help="congresses.yaml, whose access: gives roles; turns sign-in on")
    given = parser.parse_args()
    end_with_parent()
    logs.set_up(os.environ)
    try:
        serve(given.data, given.host, given.port, given.allow_network, given.config)
    except UsageError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
