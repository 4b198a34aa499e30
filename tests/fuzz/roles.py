"""Profiles read for roles: handle, name and bio, parted by line ends, and lines of ``congress roles``."""

from __future__ import annotations

from pipelines.errors import InputError
from pipelines.model import Author
from pipelines.roles import read_role
from pipelines.roles.listing import read_bios
from tests.fuzz.holding import AT, encodable, said
from tests.roles.people import own_bios

TRACED = ("pipelines.roles",)


def seeds() -> list[bytes]:
    own = ['{"handle":"@a","display_name":"Ann Lee, MD","bio":"Oncologist","location":null}']
    return [each.encode() for each in (*own, *("\n".join(row[1:]) for row in own_bios()[::12]))]


def run(data: bytes) -> None:
    handle, name, bio = [*data.decode("utf-8", "replace").split("\n", 2), "", ""][:3]
    role = read_role(Author("x", "1", AT, handle, name, bio), AT)
    if role:
        written = name[:200] + "\n" + bio + "\n" + handle
        assert all(len(each) <= len(written) for each in role.evidence)
        encodable(*role.evidence, *role.credentials, role.specialty)
    try:
        assert len(list(read_bios(data.splitlines()))) <= data.count(b"\n") + data.count(b"\r") + 1
    except InputError as error:
        said(error)
