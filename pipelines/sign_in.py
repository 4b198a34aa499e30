"""How people come in: the sign-in that ``.env`` sets up, and whether a dashboard may be reached without one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from pipelines.access import Access, is_loopback
from pipelines.errors import ConfigError, UsageError

NEEDED = ("OIDC_DISCOVERY_URL", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET", "DASHBOARD_URL", "DASHBOARD_COOKIE_SECRET")
SHORTEST_SECRET = 32  # letters of a cookie secret
SESSION_HOURS = 24.0


@dataclass(frozen=True, slots=True)
class SignIn:
    """Sign-in by OpenID Connect. The secrets are left out of ``repr``.

    ``url`` is where people reach the dashboard, ``session_hours`` how long a sign-in counts.
    """

    discovery_url: str
    client_id: str
    url: str
    client_secret: str = field(repr=False)
    cookie_secret: str = field(repr=False)
    groups_claim: str = "groups"
    scope: str = "openid email profile"
    session_hours: float = SESSION_HOURS

    @property
    def redirect_uri(self) -> str:
        """Where the provider sends people back to; to be registered with it."""
        return f"{self.url}/oauth2callback"


def read_sign_in(environ: Mapping[str, str]) -> SignIn | None:
    """Sign-in from the ``OIDC_*`` and ``DASHBOARD_*`` lines of ``.env``; None where there is none of them.

    Raises:
        ConfigError: one line per mistake; no line shows a secret.
    """
    given = {name: environ.get(name, "").strip() for name in NEEDED}
    if not any(given.values()):
        return None
    mistakes = [f".env: {name} is missing; sign-in needs {', '.join(NEEDED)}" for name in NEEDED if not given[name]]
    for name in ("OIDC_DISCOVERY_URL", "DASHBOARD_URL"):
        if given[name] and not _is_safe(given[name]):
            mistakes.append(f'.env: {name}: "{given[name]}": https://... is wanted (http only on this machine itself)')
    secret = given["DASHBOARD_COOKIE_SECRET"]
    if secret and len(secret) < SHORTEST_SECRET:
        mistakes.append(f".env: DASHBOARD_COOKIE_SECRET is too short: at least {SHORTEST_SECRET} random characters")
    hours = _hours(environ.get("OIDC_SESSION_HOURS", "").strip(), mistakes)
    if mistakes:
        raise ConfigError(*mistakes)
    return SignIn(
        given["OIDC_DISCOVERY_URL"],
        given["OIDC_CLIENT_ID"],
        given["DASHBOARD_URL"].rstrip("/"),
        given["OIDC_CLIENT_SECRET"],
        secret,
        environ.get("OIDC_GROUPS_CLAIM", "").strip() or "groups",
        environ.get("OIDC_SCOPE", "").strip() or "openid email profile",
        hours,
    )


def _is_safe(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    host = parts.hostname or ""
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host)))


def _hours(text: str, mistakes: list[str]) -> float:
    try:
        hours = float(text or SESSION_HOURS)
    except ValueError:
        hours = 0.0
    if not 0 < hours <= 24 * 31:
        mistakes.append(f'.env: OIDC_SESSION_HOURS: "{text}": hours from 0 to 744 are wanted, like 24')
    return hours


@dataclass(frozen=True, slots=True)
class Door:
    """How a dashboard lets people in.

    Attributes:
        sign_in: set up in ``.env``; None: whoever reaches the address comes in.
        config: the file whose ``access:`` gives roles, where there is sign-in.
        open: others than the person at this machine may reach it without sign-in: everybody is a viewer.
    """

    sign_in: SignIn | None = None
    config: Path | None = None
    open: bool = False


def door(host: str, allow_network: bool, sign_in: SignIn | None, access: Access, config: Path | None) -> Door:
    """How a dashboard that listens on ``host`` lets people in.

    Raises:
        UsageError: when others could reach it without sign-in and nobody said so, or sign-in lets nobody in.
    """
    if sign_in is not None:
        if not access:
            raise UsageError(
                f'{config or "congresses.yaml"}: sign-in is set up in .env, but nobody may come in; list people, like access: {{viewers: ["@company.com"]}}'
            )
        return Door(sign_in, config)
    if not allow_network and not is_loopback(host):
        raise UsageError(
            f"--host {host}: others could reach the dashboard, and no sign-in is set up. Set up sign-in (OIDC_* in .env), "
            "or add --allow-network if the network itself is closed: then everybody who reaches it is a viewer."
        )
    return Door(open=allow_network)
