"""Small files that would become endless - aliases of aliases, nesting, packed zeros, a row without end - are refused at once."""

from __future__ import annotations

import asyncio
import gzip
import resource
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipelines.congresses import load, load_access
from pipelines.errors import ConfigError, InputError
from pipelines.sources.files.source import FileSource

ROOT = Path(__file__).parents[1]
LAUGHS = "congresses:\n  a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"  {new}: &{new} [{', '.join([f'*{old}'] * 10)}]\n" for old, new in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAUGHS, r"congresses.yaml:3: \*a: aliases are not read"),
        ("congresses: &a\n  x: *a\n", r"congresses.yaml:2: \*a: aliases are not read"),
        (f"congresses: {'[' * 5000}", "nested too deeply"),
        (f"congresses: {'{a: ' * 5000}", "nested too deeply"),
        ("congresses:\n" + "".join(f"{' ' * n}a:\n" for n in range(1, 200)), "nested too deeply"),
        (f"congresses: {{}} # {'x' * 1_000_001}", "longer than 1,000,000 characters"),
    ],
)
def test_a_configuration_that_would_grow_without_end_is_refused_with_its_line(tmp_path, text, said):
    path = tmp_path / "congresses.yaml"
    path.write_text(text)
    begun = time.monotonic()
    for read in (load, load_access):
        with pytest.raises(ConfigError, match=said):
            read(path)
    assert time.monotonic() - begun < 20


def test_a_tag_that_would_run_something_is_only_a_mistake(tmp_path):
    path, touched = tmp_path / "congresses.yaml", tmp_path / "touched"
    path.write_text(f"congresses: !!python/object/apply:os.system ['touch {touched}']\n")
    with pytest.raises(ConfigError):
        load(path)
    assert not touched.exists()


def packed(path: Path, head: bytes, megabytes: int) -> Path:
    with gzip.open(path, "wb", compresslevel=6) as file:
        file.write(head)
        for _ in range(megabytes):
            file.write(b" " * (1 << 20))
    return path


async def read_all(source: FileSource) -> int:
    return sum([len(arrival.records) async for arrival in source.events(None)])


@pytest.mark.parametrize(
    "head",
    [
        b'{"data": [{"id": "1", "text": "x", "author_id": "1", "created_at": "2026-01-01T00:00:00Z"}]}\n',
        b"text,created_at\n",
    ],
)
def test_packed_zeros_are_unpacked_no_further_than_a_recording_would_be(tmp_path, head):
    path = packed(tmp_path / "posts.gz", head, 400)
    assert path.stat().st_size < 1 << 20
    begun = time.monotonic()
    try:
        source = FileSource(path, mapping={"text": "text"} if head.startswith(b"text") else None)
        asyncio.run(read_all(source))
        said = source.report.rejected[-1].reason
    except InputError as error:
        said = str(error)
    assert "100 times its size" in said or "million characters" in said
    assert time.monotonic() - begun < 60


def test_a_recording_that_packs_well_is_read_in_full(tmp_path):
    line = b'{"data": [{"id": "%d", "text": "the same words again and again", "author_id": "1", "created_at": "2026-01-01T00:00:00Z"}]}\n'
    path = tmp_path / "posts.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(line % n for n in range(1, 3001))))
    source = FileSource(path)
    asyncio.run(read_all(source))
    assert (3000, []) == (source.report.posts, source.report.rejected)


def limit_memory() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))


@pytest.mark.parametrize("row", ["x" * 40_000_000, "," * 40_000_000, '"' + "y\n" * 20_000_000])
def test_a_row_without_end_is_a_rejected_line_and_not_all_of_the_memory(tmp_path, row):
    path = tmp_path / "posts.csv"
    path.write_text(f"text,created_at\nfine,2026-01-01T00:00:00Z\n{row}\n")
    code = (
        "import asyncio, sys; from pipelines.sources.files.source import FileSource\n"
        "async def run(source):\n"
        "    return sum([len(each.records) async for each in source.events(None)])\n"
        "source = FileSource(sys.argv[1]); asyncio.run(run(source)); print(source.report.posts, source.report.rejected[0].reason)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=limit_memory,
        timeout=60,
    )
    assert done.stdout.startswith("1 not a table from here on"), (done.stdout, done.stderr[-500:])


def test_json_that_nests_without_end_is_a_rejected_line(tmp_path):
    path = tmp_path / "posts.jsonl"
    good = '{"data": [{"id": "1", "text": "x", "author_id": "1", "created_at": "2026-01-01T00:00:00Z"}]}'
    path.write_text(f'{good}\n{{"data": {"[" * 200_000}\n{good.replace("1", "2", 1)}\n')
    source = FileSource(path)
    asyncio.run(read_all(source))
    assert (2, [2]) == (source.report.posts, [each.line for each in source.report.rejected])
