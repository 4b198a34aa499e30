"""What has become of a recap since: files that changed, posts that were deleted or may not be listed any more."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.asking import Reads
from pipelines.errors import InputError
from pipelines.recap.pages import pages
from pipelines.recap.tables import tables_in
from pipelines.recap.write import MANIFEST, SHOWN, files_in, sha256_of

NOT_LISTED = "may not be listed any more: a role or an embargo was corrected"


@dataclass(frozen=True, slots=True)
class Gone:
    """A post that the recap shows and that is gone since; ``quoted`` when its words stand there."""

    platform: str
    post_id: str
    why: str
    gone_at: datetime | None  # naive UTC; None where nobody said
    quoted: bool


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a recap; nothing when all lists are empty."""

    shown: int  # posts that were looked for
    changed: tuple[str, ...]  # files whose bytes are not those of the manifest
    missing: tuple[str, ...]
    added: tuple[str, ...]  # files the manifest does not know
    gone: tuple[Gone, ...]

    @property
    def whole(self) -> bool:
        """Whether it can be sent as it is; an added file is somebody's own business."""
        return not (self.changed or self.missing or self.gone)


def verify(folder: Path, reads: Reads, now: datetime) -> Verdict:
    """Compare a recap with its manifest, and what it shows with what may be shown at ``now`` (naive UTC).

    Raises:
        InputError: when the folder holds no recap.
    """
    manifest = read_manifest(folder)
    files: dict[str, Any] = manifest["files"]
    there = files_in(folder)
    changed = [name for name in there if name in files and sha256_of(folder / name) != files[name]["sha256"]]
    shown = _shown(folder, manifest)
    return Verdict(
        shown=shown.num_rows,
        changed=tuple(changed),
        missing=tuple(sorted(files.keys() - {*there})),
        added=tuple(name for name in there if name not in files),
        gone=tuple(_gone(shown, manifest, reads, now)),
    )


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a recap.

    Raises:
        InputError: when there is none, or it cannot be read.
    """
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        window = manifest["about"]
        _ = [_moment(window[key]) for key in ("start", "end", "as_of")]
        if not isinstance(manifest["congress_id"], str) or not isinstance(manifest["files"], dict):
            raise TypeError
        _ = [each["sha256"] for each in manifest["files"].values()]
    except FileNotFoundError:
        raise InputError(f"{folder}: holds no recap (no {MANIFEST}); name the folder given as --out") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise InputError(
            f"{folder / MANIFEST}: cannot be read as the manifest of a recap; make the recap again"
        ) from None
    return manifest


def _shown(folder: Path, manifest: dict[str, Any]) -> pa.Table:
    path = folder / SHOWN
    if not path.is_file():
        raise InputError(f"{path}: missing, so nobody can say which posts the recap shows; make the recap again")
    return pa.concat_tables(tables_in(path))


def _gone(shown: pa.Table, manifest: dict[str, Any], reads: Reads, now: datetime) -> Iterable[Gone]:
    start, end, known_at = (_moment(manifest["about"][key]) for key in ("start", "end", "as_of"))
    congress_id, now = manifest["congress_id"], max(now, known_at)  # the demo's clock may stand before a recap of it
    listed: set[tuple[str, str]] = set()
    for page in pages(reads, "post_links", congress_id, start, end, now):
        listed.update(zip(page["platform"].to_pylist(), page["post_id"].to_pylist(), strict=True))
    known = reads.read("departed", congress_id=congress_id, start=start, end=end).to_pylist()
    reasons = {(row["platform"], row["post_id"]): (row["reason"], row["gone_at"]) for row in known}
    for row in shown.to_pylist():
        key = (row["platform"], row["post_id"])
        if key not in listed:
            why, gone_at = reasons.get(key, (NOT_LISTED, None))
            yield Gone(*key, why, gone_at, row["quoted"])


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix("Z"))
