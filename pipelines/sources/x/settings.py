"""How X is followed: key, budget, pace; and what a refusal means for the person at the keyboard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from pipelines.errors import ConfigError, SourceStopped
from pipelines.sources.x import KEY
from pipelines.sources.x.api import HOST, Denied
from pipelines.sources.x.budget import Budget
from pipelines.sources.x.gaps import Margins
from pipelines.sources.x.stream import Timing

WHERE = "console.x.com: your app, Keys and tokens, Bearer Token"


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds between the rounds of each task."""

    refill: float = 2.0
    poll: float = 60.0
    coverage: float = 900.0
    bios: float = 30.0
    rounds: float = 60.0
    usage: float = 3_600.0
    compliance: float = 86_400.0
    compliance_poll: float = 30.0
    health: float = 10.0
    retry: float = 30.0
    no_money: float = 60.0


@dataclass(frozen=True, slots=True)
class XSettings:
    """How X is followed.

    Reposts are left out by default: two thirds of a congress's posts are reposts, each costs as much as
    an original, and the original carries their number.
    """

    budget: Budget
    reposts: bool = False
    top_posts: int = 200  # looked at again on day 1, 3 and 7
    coverage_settle: timedelta = timedelta(minutes=2)
    pace: Pace = field(default_factory=Pace)
    timing: Timing = field(default_factory=Timing)
    margins: Margins = field(default_factory=Margins)
    host: str = HOST


def bearer_token(environment: Mapping[str, str]) -> str:
    """The key to X from the environment (``.env``).

    Raises:
        ConfigError: it is not there; says which variable and where to get it.
    """
    token = environment.get(KEY, "").strip()
    if not token:
        raise ConfigError(f"{KEY} is not set: put {KEY}=... into .env; you find it at {WHERE}")
    return token


def stopped(denied: Denied) -> SourceStopped:
    """A refusal in plain words."""
    if denied.status == 401:
        return SourceStopped(f"X does not accept the key in {KEY}: put a valid one into .env, from {WHERE}")
    return SourceStopped(f"the key in {KEY} may not read X ({denied}): check its access at console.x.com")
