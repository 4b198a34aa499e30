"""Those who look: a dashboard that is killed in the middle of its reads, and a read service that is flooded."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

from pipelines.bench.chaos.host import CONGRESS, Host
from pipelines.launch import HOST, choose_port, dashboard_command
from pipelines.store.client import OWNER_FILE

_QUESTIONS = 4_000
_SECONDS = 12.0  # a flood lasts so long at most
_AT_ONCE = 24
_BOUNDED = (200, 400, 401, 413, 414, 421, 429, 431, 503)


def kill_dashboard(host: Host, dice: random.Random) -> str:
    """Open pages on a dashboard and kill it with -9 while they are drawn."""
    port = choose_port(None)
    dashboard = subprocess.Popen(dashboard_command(host.data, port), stderr=subprocess.DEVNULL)
    viewers = None
    try:
        if not _answers(port):
            return "the dashboard did not answer"
        watching = [
            sys.executable,
            "-m",
            "dashboard.bench_screen",
            f"ws://{HOST}:{port}",
            "5",
            "60",
            str(dashboard.pid),
        ]
        viewers = subprocess.Popen(
            watching, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=Path(__file__).parents[3]
        )
        time.sleep(dice.uniform(4.0, 7.0))
        return "the collector went on"
    finally:
        for process in (dashboard, viewers):
            if process:
                process.kill()
                process.wait()


def _answers(port: int) -> bool:
    until = time.monotonic() + 40
    while time.monotonic() < until:
        try:
            if (
                httpx.get(f"http://{HOST}:{port}/_stcore/health", timeout=1, trust_env=False).status_code
                == httpx.codes.OK
            ):
                return True
        except httpx.HTTPError:
            time.sleep(0.2)
    return False


def flood(host: Host, dice: random.Random) -> tuple[str, list[str]]:
    """Thousands of reads at once; what was answered how often, and what should not have been."""
    owner = json.loads((host.data / OWNER_FILE).read_text(encoding="utf-8"))
    right = {"authorization": f"Bearer {owner['token']}"}

    def ask(number: int) -> int | str:
        if time.monotonic() > until:
            return "not asked"
        kind = dice.randrange(10)
        headers = right if kind else {"authorization": "Bearer guessed"}
        query = {"congress_id": CONGRESS, "minutes": str(number if kind == 2 else 60)}
        if kind == 1:
            query["q" * 50] = "w" * 6_000
        try:
            return client.get(f"{owner['url']}/read/overview", params=query, headers=headers).status_code
        except httpx.HTTPError as error:
            return type(error).__name__

    until = time.monotonic() + _SECONDS
    limits = httpx.Limits(max_connections=_AT_ONCE)
    with httpx.Client(timeout=20, trust_env=False, limits=limits) as client, ThreadPoolExecutor(_AT_ONCE) as crowd:
        answers = Counter(crowd.map(ask, range(_QUESTIONS)))
    answers.pop("not asked", None)
    wrong = [
        f"the read service answered {each} {count} times" for each, count in answers.items() if each not in _BOUNDED
    ]
    back_by = time.monotonic() + 30
    while host.stored() < 0 and time.monotonic() < back_by:
        time.sleep(0.2)
    if host.stored() < 0:
        wrong.append("the read service did not answer within 30 s of a flood")
    return ", ".join(f"{count} answered {each}" for each, count in sorted(answers.items(), key=str)), wrong
