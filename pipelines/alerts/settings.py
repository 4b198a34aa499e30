"""Who is told, when not, and how often at most: the ``ALERT_*`` lines of ``.env``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time

from pipelines.errors import ConfigError

DAILY_CAP = 20
_PREFIX = "ALERT_URLS"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where alerts go. The address is a secret: it is never shown, and left out of ``repr``."""

    name: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlertSettings:
    """``quiet`` holds the local times between which nobody is told; the first may be later than the second (overnight)."""

    channels: tuple[Channel, ...] = ()
    quiet: tuple[time, time] | None = None
    daily_cap: int = DAILY_CAP
    embargo: bool = False  # whether posts before a listed embargo time are told too
    dashboard_url: str = ""  # where people reach the dashboard, to be named in alerts of the safety desk

    def is_quiet(self, local: time) -> bool:
        """Whether a local wall time lies in the quiet hours: from the first, up to but not at the second."""
        if self.quiet is None:
            return False
        start, end = self.quiet
        return start <= local < end if start <= end else local >= start or local < end


def read_settings(environ: Mapping[str, str]) -> AlertSettings:
    """Settings from ``ALERT_URLS``, ``ALERT_URLS_<NAME>``, ``ALERT_QUIET``, ``ALERT_DAILY_CAP``, ``EMBARGO_ALERTS`` and
    ``DASHBOARD_URL``; all may be missing.

    A channel is named after its variable, or after the kind of its address when that is plain ``ALERT_URLS``.

    Raises:
        ConfigError: one line per mistake; no line shows an address.
    """
    mistakes: list[str] = []
    channels = _channels(environ, mistakes)
    quiet = _quiet(environ.get("ALERT_QUIET", "").strip(), mistakes)
    cap = _cap(environ.get("ALERT_DAILY_CAP", "").strip(), mistakes)
    if mistakes:
        raise ConfigError(*mistakes)
    embargo = environ.get("EMBARGO_ALERTS", "").strip().lower() in ("1", "true", "yes", "on")
    return AlertSettings(channels, quiet, cap, embargo, environ.get("DASHBOARD_URL", "").strip().rstrip("/"))


def _channels(environ: Mapping[str, str], mistakes: list[str]) -> tuple[Channel, ...]:
    found: dict[str, Channel] = {}
    for key in sorted(key for key in environ if key == _PREFIX or key.startswith(f"{_PREFIX}_")):
        for place, url in enumerate(environ[key].split(), start=1):
            scheme = re.match(r"([A-Za-z][\w+.-]*)://.", url)
            if not scheme:
                mistakes.append(f".env: {key}: address {place} is none; write it as slack://... or mailtos://...")
                continue
            name = _free(key.removeprefix(_PREFIX).strip("_").lower() or scheme[1].lower(), found)
            found[name] = Channel(name, url)
    return tuple(found.values())


def _free(name: str, taken: Mapping[str, Channel]) -> str:
    count = 1
    while (free := name if count == 1 else f"{name} {count}") in taken:
        count += 1
    return free


def _quiet(text: str, mistakes: list[str]) -> tuple[time, time] | None:
    if not text:
        return None
    parts = re.fullmatch(r"(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})", text)
    try:
        start, end = (time.fromisoformat(part.zfill(5)) for part in parts.groups()) if parts else (None, None)
    except ValueError:
        start, end = None, None
    if start is None or end is None or start == end:
        mistakes.append(
            f'.env: ALERT_QUIET is "{text}"; write two different times like 22:00-07:00 (the congress\'s zone)'
        )
        return None
    return start, end


def _cap(text: str, mistakes: list[str]) -> int:
    if not text:
        return DAILY_CAP
    if not re.fullmatch(r"\d{1,4}", text):
        mistakes.append(f'.env: ALERT_DAILY_CAP is "{text}"; write how many alerts a day may be sent, like 20')
        return DAILY_CAP
    return int(text)
