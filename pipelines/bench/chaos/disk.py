"""A disk that can be full: a small file system of its own where one can be mounted, else a limit on what is written."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

SIZE = 768 << 20


@dataclass(slots=True)
class Disk:
    """Where the data directory lies. ``is_mounted``: a tmpfs of its own, filled by a file (ENOSPC); else no file of the
    collector's may grow any more (EFBIG)."""

    folder: Path
    is_mounted: bool

    @property
    def words(self) -> str:
        return (
            f"a tmpfs of {SIZE >> 20} MB, filled to the last byte (ENOSPC)"
            if self.is_mounted
            else "RLIMIT_FSIZE (EFBIG)"
        )

    @contextlib.contextmanager
    def full(self, pid: int, log: Path) -> Generator[None]:
        """Nothing more can be written while the context lasts; ``log`` is the file the process ``pid`` grows."""
        with self._filled() if self.is_mounted else _limited(pid, log):
            yield

    @contextlib.contextmanager
    def _filled(self) -> Generator[None]:
        ballast = self.folder / "ballast"
        try:
            with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
                block = bytes(1 << 20)
                while file.write(block):
                    pass
            yield
        finally:
            ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def disk(folder: Path) -> Generator[Disk]:
    """A tmpfs mounted at ``folder`` where this user may mount one."""
    folder.mkdir(parents=True)
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(folder)] if mount else ["false"]
    is_mounted = os.name == "posix" and subprocess.run(command, capture_output=True).returncode == 0
    try:
        yield Disk(folder, is_mounted)
    finally:
        if is_mounted:
            subprocess.run([shutil.which("umount") or "umount", "-l", str(folder)], check=False)


@contextlib.contextmanager
def _limited(pid: int, log: Path) -> Generator[None]:
    """The process may write no file past the present size of the file it grows."""
    size = (log.stat().st_size if log.exists() else 0) + 2_000
    before = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it has ended, as it should
            resource.prlimit(pid, resource.RLIMIT_FSIZE, before)
