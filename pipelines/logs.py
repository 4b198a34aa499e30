"""How the program speaks in logs: lines for people, or one JSON object a line where ``LOG_FORMAT=json``.

Secrets of ``.env`` are blotted out of both. A JSON line holds nothing that could be the words of a post: ``event`` is the
sentence as it stands in the code, with its gaps unfilled; beside it stand numbers, names of one word, and of an error its
kind and place, never its message.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from pipelines.errors import ReadsUnavailable, SourceStopped, StoreLocked

OURS = ("pipelines", "dashboard")  # loggers whose sentences are literals in this project
TELLABLE = (SourceStopped, ReadsUnavailable, StoreLocked)  # errors whose message is our own words
FIELDS = ("congress", "source", "state", "read", "status")  # words that may stand beside an event, each a name
BLOT = "[secret]"
SHORTEST = 6  # letters of a secret: shorter ones would blot out words
FRAMES = 6  # innermost places of an error that are told
PLAIN = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|_KEY$|^ALERT_URLS|^LAKE$")
_NAME = re.compile(r"[A-Za-z0-9_.:/+-]{1,64}")
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`")
_KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def wants_json(environ: Mapping[str, str]) -> bool:
    """Whether the environment asks for JSON."""
    return environ.get("LOG_FORMAT", "").strip().lower() == "json"


def set_up(environ: Mapping[str, str], verbose: bool = False, to: TextIO | None = None) -> None:
    """Let every logger of this process write to ``to`` (default: stderr) in the form that ``LOG_FORMAT`` asks for."""
    blots = secrets_in(environ)
    as_json = wants_json(environ)
    handler = logging.StreamHandler(to)
    handler.setFormatter(JsonLines(blots) if as_json else PlainLines(blots))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO if verbose else logging.WARNING)
    logging.captureWarnings(as_json)
    if as_json:
        for name in OURS:
            logging.getLogger(name).setLevel(logging.INFO)
        sys.excepthook = lambda kind, error, trace: _last_words((kind, error, trace))
        threading.excepthook = lambda given: _last_words((given.exc_type, given.exc_value, given.exc_traceback))


def _last_words(error: Any) -> None:
    logging.getLogger("pipelines").critical("ended by an error", exc_info=error)


def in_json() -> bool:
    """Whether this process writes JSON."""
    return any(isinstance(each.formatter, JsonLines) for each in logging.getLogger().handlers)


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Every value that must never be written, and the telling parts of addresses among them; longest first."""
    found: set[str] = set()
    for name, value in environ.items():
        if _SECRET.search(name):
            for word in value.split():
                found |= {word, *re.split(r"[/:@?&=,]+", word.partition("://")[2])}
    return tuple(sorted((each for each in found if len(each) >= SHORTEST), key=len, reverse=True))


def blotted(text: str, secrets: Iterable[str]) -> str:
    """The text without secrets."""
    for each in secrets:
        text = text.replace(each, BLOT)
    return text


class PlainLines(logging.Formatter):
    """A line for people: one record is one line, whatever it holds; an error's trace follows."""

    def __init__(self, secrets: Iterable[str]):
        super().__init__(PLAIN)
        self._secrets = tuple(secrets)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return _printable(super().formatMessage(record), keep="")

    def format(self, record: logging.LogRecord) -> str:
        return _printable(blotted(super().format(record), self._secrets), keep="\n")


def _printable(text: str, keep: str) -> str:
    """Without line ends and characters that steer a terminal."""
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


class JsonLines(logging.Formatter):
    """One JSON object a line: time (UTC), level, logger, event, then what belongs to it."""

    def __init__(self, secrets: Iterable[str]):
        super().__init__()
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.partition(".")[0] in OURS
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        said: dict[str, Any] = {"time": time, "level": record.levelname.lower(), "logger": record.name}
        said["event"] = record.msg if ours and isinstance(record.msg, str) else _outline(record.msg)
        said |= {name: value for name, value in vars(record).items() if name not in _KNOWN and _is_field(name, value)}
        given = record.args.values() if isinstance(record.args, Mapping) else record.args or ()
        values = [told for each in given if (told := _told(each, ours)) is not None]
        if values:
            said["values"] = values
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else None
        if error is not None:
            said["error"], said["at"] = type(error).__name__, _places(error)
        return blotted(json.dumps(said, ensure_ascii=True, default=str), self._secrets)


def _is_field(name: str, value: Any) -> bool:
    if isinstance(value, bool | int | float) or value is None:
        return True
    return name in FIELDS and isinstance(value, str) and _NAME.fullmatch(value) is not None


def _told(value: Any, ours: bool) -> Any:
    """What may be told of a value in a sentence's gap; None: nothing."""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, TELLABLE):
        return " ".join(str(value).split())[:300]
    if isinstance(value, BaseException):
        return type(value).__name__
    if isinstance(value, Path):
        return value.name if _NAME.fullmatch(value.name) else None
    return value if ours and isinstance(value, str) and _NAME.fullmatch(value) else None


def _outline(message: Any) -> str:
    """The first line of what a library says, without anything it quotes."""
    first = next(iter(str(message).splitlines()), "")
    return _QUOTED.sub("...", first)[:160] if isinstance(message, str) else type(message).__name__


def _places(error: BaseException) -> list[str]:
    """Where an error came from, innermost last: file, line and function; none of its words."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return [f"{'/'.join(Path(each.filename).parts[-2:])}:{each.lineno} {each.name}" for each in frames]
