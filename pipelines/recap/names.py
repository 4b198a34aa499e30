"""How an author is shown in what leaves the house: decided here and nowhere else. Pure.

HCPs, organisations and media stand with name and handle. Everybody else is counted and not named, nor given a pseudonym:
that hangs on the key of an installation, and the same database has to give the same bytes. A link to a post of
theirs leads through the platform's own address without a handle where there is one.
"""

from __future__ import annotations

from pipelines.privacy import NAMED_ROLES
from pipelines.recap import clean


def is_named(role: str | None) -> bool:
    """Whether an author of this role stands with its name."""
    return role in NAMED_ROLES


def shown_name(role: str | None, display_name: str | None, handle: str | None) -> tuple[str, str]:
    """Name and handle as they are shown; both empty for somebody who is not named."""
    if not is_named(role):
        return "", ""
    known_as = clean.line(handle, clean.NAME)
    return clean.line(display_name, clean.NAME) or known_as, known_as


def shown_link(role: str | None, platform: str, post_id: str, url: str | None) -> str:
    """The address of a post; on X without the handle of somebody who is not named."""
    if platform == "x" and not is_named(role) and post_id.isdigit():
        return f"https://x.com/i/status/{post_id}"
    return clean.link(url)
