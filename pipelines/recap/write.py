"""A recap as a folder: every format, the ids of what it shows, a manifest; all of it in place, or nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.asking import Reads
from pipelines.errors import InputError
from pipelines.recap.model import Recap
from pipelines.recap.pack import about_of, write_pack
from pipelines.recap.rows import full_posts
from pipelines.recap.tables import write_as

FORMATS = ("pptx", "xlsx", "pdf", "html", "data")
MANIFEST, SHOWN = "manifest.json", "shown-posts.parquet"
_WITH_LINKS = {"xlsx", "data"}  # formats that hold every post as id and link


def write_recap(
    recap: Recap,
    reads: Reads,
    out: Path,
    formats: Sequence[str] = FORMATS,
    template: Path | None = None,
    after_each: Callable[[str], None] | None = None,
) -> dict[str, Any]:
    """Write a recap into the folder ``out``, replacing an earlier one there and nothing else; the manifest.

    Args:
        reads: where the data pack streams its posts from; the recap itself is asked nothing more.
        template: a company's .pptx or .potx for the deck.
        after_each: told each format when it is done, for whoever shows progress.

    Raises:
        InputError: when the template cannot be used, or ``out`` is a file.
    """
    if out.exists() and not out.is_dir():
        raise InputError(f"{out}: is a file; name a folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{out.name}-", dir=out.parent) as fresh:
        folder = Path(fresh)
        for each in formats:
            _write_one(each, recap, reads, folder, template)
            if after_each:
                after_each(each)
        with (folder / SHOWN).open("wb") as file:
            write_as(file, shown_posts(recap, formats), "parquet")
        manifest = _manifest(recap, formats, folder)
        (folder / MANIFEST).write_text(json.dumps(manifest, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        _put_in_place(folder, out)
    return manifest


def file_name(recap: Recap, form: str) -> str:
    """``ash-2026-recap.pptx``; the data pack is a folder."""
    return "data" if form == "data" else f"{recap.provenance.congress_id}-recap.{form}"


def _write_one(form: str, recap: Recap, reads: Reads, folder: Path, template: Path | None) -> None:
    """One format; each writer is loaded when it is wanted."""
    path = folder / file_name(recap, form)
    if form == "pptx":
        from pipelines.recap.deck import write_deck

        write_deck(recap, path, template)
    elif form == "xlsx":
        from pipelines.recap.workbook import write_workbook

        write_workbook(recap, path)
    elif form == "pdf":
        from pipelines.recap.pdf import write_pdf

        write_pdf(recap, path)
    elif form == "html":
        from pipelines.recap.html import write_html

        write_html(recap, path)
    else:
        write_pack(recap, reads, path)


def shown_posts(recap: Recap, formats: Sequence[str]) -> pa.Table:
    """The posts that files of these formats show: platform, post_id, quoted (with words); what ``verify`` looks for."""
    quoted = sorted({(each.platform, each.post_id) for each in (*recap.notable, *recap.questions)})
    links = recap.post_links.select(["platform", "post_id", "url"])
    if not _WITH_LINKS & {*formats}:
        voices = pa.array(sorted({each.url for each in recap.voices if each.url}), pa.string())
        links = links.filter(pc.call_function("is_in", [links["url"]], pc.SetLookupOptions(voices)))
    known = set(quoted)
    rest = [
        pair
        for pair in zip(links["platform"].to_pylist(), links["post_id"].to_pylist(), strict=True)
        if pair not in known
    ]
    pairs = [*quoted, *rest]
    return pa.table(
        {
            "platform": pa.array([platform for platform, _ in pairs], pa.string()),
            "post_id": pa.array([post_id for _, post_id in pairs], pa.string()),
            "quoted": pa.array([index < len(quoted) for index in range(len(pairs))], pa.bool_()),
        }
    )


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def files_in(folder: Path) -> list[str]:
    """The files of a recap by name, in order, the manifest left out."""
    found = (str(each.relative_to(folder)) for each in folder.rglob("*") if each.is_file())
    return sorted(each for each in found if each != MANIFEST)


def _manifest(recap: Recap, formats: Sequence[str], folder: Path) -> dict[str, Any]:
    """What the files were made of; holds no moment of making, so that it too is the same twice."""
    told = recap.provenance
    return {
        "congress_id": told.congress_id,
        "about": about_of(told),
        "compared_with": recap.comparison.congress_id if recap.comparison else None,
        "formats": list(formats),
        "figures": {each.key: {"value": each.value, "whole": each.whole} for each in recap.kpis},
        "posts": {
            "listed": recap.post_links.num_rows,
            "counted and not listed": recap.unlisted_count,
            "of X quoted in full": full_posts(recap.notable, recap.questions),
        },
        "files": {
            name: {"bytes": (folder / name).stat().st_size, "sha256": sha256_of(folder / name)}
            for name in files_in(folder)
        },
    }


def _put_in_place(fresh: Path, out: Path) -> None:
    """Move the finished files over an earlier recap: its manifest goes first and the new one comes last."""
    out.mkdir(exist_ok=True)
    earlier = _earlier(out)
    (out / MANIFEST).unlink(missing_ok=True)
    for name in earlier:
        (out / name).unlink(missing_ok=True)
    for name in [*files_in(fresh), MANIFEST]:
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.move(fresh / name, out / name)


def _earlier(out: Path) -> list[str]:
    """The files an earlier recap left in the folder; never one outside it."""
    try:
        names = json.loads((out / MANIFEST).read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []
    named = (
        [name for name in names if isinstance(name, str) and "\0" not in name] if isinstance(names, list | dict) else []
    )
    return [name for name in named if (out / name).resolve().is_relative_to(out.resolve())]
