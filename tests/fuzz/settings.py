"""What people write to set the program up: congresses.yaml, the lines of .env, voices.csv."""

from __future__ import annotations

import io
import tempfile
from datetime import datetime
from pathlib import Path

from dotenv import dotenv_values

from pipelines.alerts.settings import read_settings
from pipelines.congresses import choose, load, load_access
from pipelines.errors import ConfigError
from pipelines.matching import Matcher
from pipelines.privacy import mask_from
from pipelines.products import ProductReader
from pipelines.roles.voices import read_voices
from pipelines.sign_in import read_sign_in
from tests.fuzz.holding import ROOT, said

TRACED = (
    "pipelines.congresses", "pipelines.access", "pipelines.alerts.settings", "pipelines.sign_in", "pipelines.roles.voices",
    "pipelines.hashtags", "pipelines.products", "pipelines.matching",
)  # fmt: skip

_ENTRY = """congresses:
  ash-2026:
    name: ASH 2026
    society: American Society of Hematology
    city: New Orleans
    timezone: America/Chicago
    starts_on: 2026-12-12
    ends_on: 2026-12-15
    hashtags: [ASH26]
    keywords: [late breaking]
    accounts: {x: ["@ASH_hematology"], bluesky: ash.bsky.social}
    products: [{name: Ozempic, aliases: [semaglutide], company: Novo}]
    companies: [{name: Novo}]
    safety: {hours: 24, alert_at: 0.5}
    days_before: 7
    numbering: ash
access:
  viewers: ["@company.com", "group:ops"]
"""
_ENV = (
    b"\x01ALERT_URLS=slack://a/b/c mailtos://u:p@h\nALERT_URLS_OPS=https://h\nALERT_QUIET=22:00-07:00\nALERT_DAILY_CAP=5\n"
    b"OIDC_DISCOVERY_URL=https://h/x\nOIDC_CLIENT_ID=a\nOIDC_CLIENT_SECRET=b\nDASHBOARD_URL=https://d\n"
    b"DASHBOARD_COOKIE_SECRET=0123456789abcdef0123456789abcdef\nOIDC_SESSION_HOURS=12\nPSEUDONYM_KEY=0123456789abcdef\n"
)


def seeds() -> list[bytes]:
    own = [
        _ENTRY.encode(),
        b"congresses:\n  a: &a {name: b, <<: *a}\n",
        b"congresses: !!map {a: !!int x, b: !!timestamp y, ? [c] : d}\naccess: {viewers: .nan}\n",
        _ENV,
        b'\x02handle,role,note,platform\n@a,hcp,"said, so",x\n# remark\nb,pharma,,\n',
    ]
    return [*own, (ROOT / "congresses.yaml").read_bytes()[:4_000]]


def run(data: bytes) -> None:
    if data[:1] == b"\x01":
        _environment(data[1:])
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "given"
        path.write_bytes(data[1:] if data[:1] == b"\x02" else data)
        (_voices if data[:1] == b"\x02" else _congresses)(path)


def _congresses(path: Path) -> None:
    for read in (_followed, load_access):
        try:
            read(path)
        except ConfigError as error:
            said(error)


def _followed(path: Path) -> None:
    """What is loaded can be followed: windows, matching, products."""
    found = load(path)
    if found:
        choose(found, list(found), datetime(2026, 1, 1))
    for each in found.values():
        assert each.follow_from < each.follow_until < each.kept_until
        ProductReader(each)
    Matcher(list(found.values()))


def _environment(data: bytes) -> None:
    given = dotenv_values(stream=io.StringIO(data.decode("utf-8", "replace")))
    values = {key: value or "" for key, value in given.items()}
    for read in (read_settings, read_sign_in, mask_from):
        try:
            read(values)
        except ConfigError as error:
            said(error)


def _voices(path: Path) -> None:
    try:
        assert all(key[1] for key in read_voices(path))
    except ConfigError as error:
        said(error)
