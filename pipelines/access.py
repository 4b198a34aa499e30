"""Who may do what: a person, its role, and the lists of ``congresses.yaml`` that give it. Pure.

A role here is what somebody may do with the dashboard; what an author of posts *is* stands in ``pipelines/roles``.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict

from pipelines.errors import NotAllowed

PersonRole = Literal["nobody", "viewer", "reviewer", "admin"]  # each may do what those before it may
Sight = Literal["viewer", "reviewer"]  # what a read shows: a reviewer sees embargoed posts and names behind pseudonyms
ROLES: tuple[PersonRole, ...] = get_args(PersonRole)

SENSITIVE: frozenset[str] = frozenset(  # reads that only reviewers and admins may ask
    {"case_log", "cases", "early_posts", "requests", "waiting"}
)
SIGHTED: frozenset[str] = frozenset(
    {"browse", "corrections", "newest_posts", "one_abstract"}
)  # reads with a parameter ``sight``
FOR_ADMINS: frozenset[str] = frozenset({"audit", "certificates", "vitals"})  # reads that only admins may ask


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the dashboard or the command line: the name that is written down, and the role that counts."""

    name: str
    role: PersonRole

    def may(self, wanted: PersonRole) -> bool:
        """Whether the role is ``wanted`` or above."""
        return ROLES.index(self.role) >= ROLES.index(wanted)

    def require(self, wanted: PersonRole, what: str) -> None:
        """Go on only with the role ``wanted`` or above.

        Raises:
            NotAllowed: naming what was wanted.
        """
        if not self.may(wanted):
            raise NotAllowed(f"{what}: only for {wanted}s; {self.name} is {_article(self.role)}")

    @property
    def sight(self) -> Sight:
        """What the reads may show this person."""
        return "reviewer" if self.may("reviewer") else "viewer"


def role_for(read: str) -> PersonRole:
    """The least role that may ask a read."""
    return "admin" if read in FOR_ADMINS else "reviewer" if read in SENSITIVE else "viewer"


def role_to_ask(read: str, person: Person) -> PersonRole:
    """The role in which a read is asked for a person: its own where it matters, else a viewer's, so that all share the answer."""
    if read in SIGHTED:
        return person.sight
    return person.role if role_for(read) != "viewer" else "viewer"


def _article(role: PersonRole) -> str:
    return {"nobody": "nobody", "admin": "an admin"}.get(role, f"a {role}")


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _understood(entry: str) -> str:
    if entry.startswith("group:") and entry.removeprefix("group:").strip():
        return entry
    if not re.fullmatch(r"[^\s@]*@[^\s@.]+(\.[^\s@.]+)+", entry):
        raise ValueError(f'"{entry}" is neither an e-mail address, nor "@company.com", nor "group:NAME"')
    return entry.casefold()


People = Annotated[tuple[Annotated[str, AfterValidator(_understood)], ...], BeforeValidator(_listed)]


class Access(BaseModel):
    """The lists under ``access:``: e-mail addresses, whole domains as ``@company.com``, groups as ``group:NAME``."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    viewers: People = ()
    reviewers: People = ()
    admins: People = ()

    def __bool__(self) -> bool:
        return bool(self.viewers or self.reviewers or self.admins)

    def role_of(self, email: str | None, groups: Iterable[str]) -> PersonRole:
        """The highest role that an e-mail address (proven, or None) or a group is listed for."""
        groups = {f"group:{each}" for each in groups}
        lists: tuple[tuple[PersonRole, People], ...] = (
            ("admin", self.admins), ("reviewer", self.reviewers), ("viewer", self.viewers),
        )  # fmt: skip
        for role, entries in lists:
            if any(each in groups if each.startswith("group:") else _fits(email, each) for each in entries):
                return role
        return "nobody"


def _fits(email: str | None, entry: str) -> bool:
    if email is None:
        return False
    return email == entry or (entry.startswith("@") and email.rpartition("@")[2] == entry[1:])


def person_of(claims: Mapping[str, Any], access: Access, groups_claim: str = "groups") -> Person:
    """Who stands behind the claims of an ID token, with the role it has now; ``nobody`` when it is on no list.

    An e-mail address counts only when the provider says it is verified (``email_verified``; at Microsoft Entra the
    optional claim ``xms_edov``). Without one a person is known by groups, and written down by the provider's own name
    and subject.
    """
    email = _proven_email(claims)
    said = claims.get(groups_claim)
    groups = [said] if isinstance(said, str) else said if isinstance(said, list | tuple) else []
    known_as = claims.get("preferred_username") or claims.get("name") or "somebody"
    name = email or f"{known_as} ({claims.get('sub') or 'no subject'})"
    return Person(_plain(name), access.role_of(email, (each for each in groups if isinstance(each, str))))


def _proven_email(claims: Mapping[str, Any]) -> str | None:
    proofs = (claims.get("email_verified"), claims.get("xms_edov"))
    proven = any(str(each).lower() in ("true", "1") for each in proofs)
    email = claims.get("email")
    if not proven or not isinstance(email, str) or not re.fullmatch(r"[^\s@]+@[^\s@]+", email):
        return None
    return email.casefold()


def _plain(name: str) -> str:
    """A name fit for a log: one line of printable characters, not endless."""
    return "".join(each if each.isprintable() else " " for each in name)[:200]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_at_the_machine(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this machine's own browser: asked at a loopback name, and passed on by nobody.

    A tunnel or proxy in front shows in the host that was asked, in the page's origin, or in what it adds. A page of
    somebody else's name that points here (DNS rebinding) shows in the host too.
    """
    given = {key.lower(): value for key, value in headers.items()}
    passed_on = ("forwarded", "via", "x-real-ip", "cf-connecting-ip", "true-client-ip", "tailscale-user-login")
    if any(key in passed_on or key.startswith("x-forwarded-") for key in given):
        return False
    origin = given.get("origin")
    return _is_here(given.get("host", "")) and (origin is None or _is_here(origin.partition("://")[2]))


def _is_here(place: str) -> bool:
    """Whether ``host:port`` is a loopback name."""
    bracketed = re.fullmatch(r"\[([0-9a-f:.]+)\](:\d+)?", place.lower())
    return is_loopback(bracketed[1] if bracketed else re.sub(r":\d+$", "", place.lower()))
