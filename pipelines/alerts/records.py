"""An alert, and its delivery to one channel, as they stand in the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

AlertState = Literal["queued", "sent", "failed", "suppressed"]
DeliveryState = Literal["queued", "sending", "sent", "failed"]


@dataclass(frozen=True, slots=True)
class Alert:
    """One rise of one item. Times are naive UTC by the congress's clock.

    ``state`` is "suppressed" when nobody is told, with the ``reason`` in words; "queued" until every channel has it
    or has been given up, then "sent" when at least one has it, else "failed".
    """

    alert_id: str
    congress_id: str
    kind: str
    item: str
    started_at: datetime  # since when it rises
    noticed_at: datetime  # when it was planned
    last_seen_at: datetime  # when it was last seen to rise: a rise that goes on is the same rise
    observed: int
    expected: float
    p_value: float
    q_value: float
    peak: int
    started_by: str
    post_ids: tuple[str, ...]
    subject: str
    body: str
    state: AlertState
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One alert on its way to one channel. Times are naive UTC by the machine's clock; errors never show an address."""

    alert_id: str
    channel: str
    state: DeliveryState
    attempts: int
    queued_at: datetime
    next_at: datetime
    changed_at: datetime
    last_error: str = ""
