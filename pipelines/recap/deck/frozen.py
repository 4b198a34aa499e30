"""The same bytes twice: a deck's zip, and the workbooks inside it, with fixed times. Pure."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can name


def frozen(raw: bytes, at: datetime) -> bytes:
    """An Office file with every member's time fixed and its document dates set to ``at`` (naive UTC)."""
    written = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as target:
        for member in source.infolist():
            entry = zipfile.ZipInfo(member.filename, _EPOCH)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o600 << 16
            target.writestr(entry, _fixed(member.filename, source.read(member), at))
    return written.getvalue()


def _fixed(name: str, content: bytes, at: datetime) -> bytes:
    if name.endswith(".xlsx"):
        return frozen(content, at)
    if name == "docProps/core.xml":
        moment = f"{at:%Y-%m-%dT%H:%M:%SZ}".encode()
        return re.sub(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment, content)
    return content
