"""Whether a package in a folder of installed ones has a known vulnerability: asks PyPI's service, else OSV's, by pip-audit.

    python .ci/audit.py SITE-PACKAGES

Exit 1: something was found. Exit 0: nothing was found, or nobody could be asked - which is said, and is no clean bill.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SERVICES = ("pypi", "osv")
SECONDS = 300
OWN = "congress-pulse"


def verdict(report: dict[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """What a report says: packages looked up, those the service does not know, and a line for each vulnerability."""
    others = [each for each in report["dependencies"] if each["name"] != OWN]
    unknown = [each["name"] for each in others if "skip_reason" in each]
    known = [each["name"] for each in others if "skip_reason" not in each]
    found = [
        f"{each['name']} {each['version']}: {bug['id']}, mended in {', '.join(bug['fix_versions']) or 'no version yet'}"
        for each in others
        for bug in each.get("vulns", ())
    ]
    return known, unknown, found


def asked(service: str, packages: str, folder: Path) -> dict[str, Any] | None:
    """The report of one service on the packages there; None where it could not be asked."""
    out = folder / f"{service}.json"
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--path",
        packages,
        "-s",
        service,
        "--timeout",
        "10",
    ]
    command += ["--progress-spinner", "off", "-f", "json", "-o", str(out)]
    try:
        subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        return json.loads(out.read_text(encoding="utf-8"))
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def main(packages: str) -> int:
    """Ask until one service knows most of the packages; print what it says."""
    with tempfile.TemporaryDirectory() as folder:
        for service in SERVICES:
            report = asked(service, packages, Path(folder))
            known, unknown, found = verdict(report) if report else ([], [], [])
            if found:
                print("vulnerable packages:", *found, sep="\n  ")
                return 1
            if len(known) > len(unknown):
                print(
                    f"{service}: no known vulnerability in {len(known)} packages; not known there: {', '.join(unknown) or 'none'}"
                )
                return 0
            print(f"{service}: could not be asked, or does not know these packages")
    print("NOT CHECKED for known vulnerabilities: no service answered; this says nothing of the packages")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
