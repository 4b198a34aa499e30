"""Telling a channel through Apprise. This file alone imports it, on first use: it takes a fifth of a second."""

from __future__ import annotations

import logging
import re
import threading
import warnings
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from pipelines.alerts.records import Alert, Delivery
from pipelines.alerts.settings import AlertSettings, Channel
from pipelines.errors import ConfigError

SECONDS = 20.0  # a channel that has not taken an alert by then has not taken it
RETRIES = tuple(timedelta(seconds=each) for each in (30, 120, 300, 900, 1800))  # after the first, second ... failure
EXPIRES = timedelta(hours=2)  # an alert that could not be told by then is no news any more
_TALKATIVE = ("apprise", "urllib3.connectionpool", "requests")  # loggers whose lines hold addresses and tokens
_REASONS = (
    (r"error=(\d{3})|status(?: code)?[ =:]+(\d{3})", "the channel answered {}"),
    (r"timed? ?out", "no answer in time"),
    (r"refused", "connection refused"),
    (r"resol|getaddrinfo|Name or service", "the address does not resolve"),
    (r"certificate|SSL", "the certificate is not accepted"),
    (r"auth", "the channel refused the credentials"),
    (r"Socket Exception|Connection error", "no connection"),
)


def check_channels(settings: AlertSettings) -> None:
    """Raise a ``ConfigError`` that names every channel whose address Apprise does not understand."""
    wrong = [each for each in settings.channels if _service(each) is None]
    if wrong:
        raise ConfigError(
            *(
                f'.env: the address of alert channel "{each.name}" ({each.url.split(":")[0]}://...) is not complete; '
                "its form stands at https://appriseit.com/services/"
                for each in wrong
            )
        )


def send(channel: Channel, subject: str, body: str) -> str | None:
    """Tell a channel. Returns None when it took it, else what went wrong in words that show no address."""
    outcome: list[str | None] = [f"no answer in {SECONDS:.0f} s"]
    # a server that dribbles outlasts any socket time-out, so the wait is bounded here
    thread = threading.Thread(target=lambda: outcome.insert(0, _notify(channel, subject, body)), daemon=True)
    thread.start()
    thread.join(SECONDS)
    return outcome[0]


def queue(alerts: Sequence[Alert], settings: AlertSettings, now: datetime) -> list[Delivery]:
    """A delivery to every channel for each queued alert; ``now`` by the machine's clock."""
    return [
        Delivery(alert.alert_id, channel.name, "queued", 0, now, now, now)
        for alert in alerts
        if alert.state == "queued"
        for channel in settings.channels
    ]


def after(delivery: Delivery, error: str | None, now: datetime) -> Delivery:
    """The delivery after an attempt: sent, to be tried again later, or given up."""
    if error is None:
        return replace(delivery, state="sent", changed_at=now, last_error="")
    retry_at = now + RETRIES[min(delivery.attempts, len(RETRIES)) - 1]
    if delivery.attempts > len(RETRIES) or retry_at - delivery.queued_at > EXPIRES:
        return replace(delivery, state="failed", changed_at=now, last_error=error)
    return replace(delivery, state="queued", next_at=retry_at, changed_at=now, last_error=error)


def begun(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery as written down before an attempt, so that a crash in it is seen."""
    return replace(delivery, state="sending", attempts=delivery.attempts + 1, changed_at=now)


def _notify(channel: Channel, subject: str, body: str) -> str | None:
    import apprise

    service = _service(channel)
    if service is None:
        return "the address is not complete"
    with apprise.LogCapture(level=logging.DEBUG) as captured:
        # "@everyone" is a handle like any other, and wakes a whole team on some channels
        taken = service.notify(title=_calm(subject), body=_calm(body), body_format=apprise.NotifyFormat.TEXT)
        said = captured.getvalue()
    return None if taken else _reason(said)


def _service(channel: Channel):
    import apprise

    for name in _TALKATIVE:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())  # without any, logging writes warnings to stderr itself
    with warnings.catch_warnings():  # its plugins load here, and one imports imghdr (deprecated until Python 3.13)
        warnings.simplefilter("ignore", DeprecationWarning)
        return apprise.Apprise.instantiate(channel.url, suppress_exceptions=True)


def _calm(text: str) -> str:
    return text.replace("@", "@\u200b")


def _reason(said: str) -> str:
    """What Apprise logged in our own words: theirs may hold a token."""
    for pattern, words in _REASONS:
        found = re.search(pattern, said, re.IGNORECASE)
        if found:
            return words.format(next((group for group in found.groups() if group), ""))
    return "the channel did not take it"
