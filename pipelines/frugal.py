"""What keeps the process that collects small, for days: memory it has no use for, and memory it is done with."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import sys
from collections.abc import AsyncGenerator

import pyarrow as pa

GIVE_BACK_SECONDS = 10.0
_MMAP_THRESHOLD, _ARENA_MAX = -3, -8  # of mallopt in malloc.h
_LARGE = 1 << 20  # bytes
_ARENAS = 2  # heaps that all threads share; else most have one of their own, and each keeps what was freed in it


class _NoPandas:
    """Among the finders of modules: there is no pandas."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ImportError("not wanted here")


def spare_pandas() -> None:
    """Let pyarrow, which looks for pandas with the first array it makes, find none: it takes 46 MB and is of no use here.

    Whoever asks a table for a data frame later still gets one.
    """
    if "pandas" in sys.modules:
        return
    finder = _NoPandas()
    sys.meta_path.insert(0, finder)
    try:
        pa.array([])
    finally:
        sys.meta_path.remove(finder)


def spare_a_pool() -> None:
    """Let pyarrow take memory from the C library and give it back there, and let all threads share that one's few heaps.

    Its own allocator (mimalloc) keeps what was freed: 70 MB after a night in which no array outlived its fold, and more each hour.
    To be called before threads are started.
    """
    pa.set_memory_pool(pa.system_memory_pool())
    if library := _glibc():
        library.mallopt(_ARENA_MAX, _ARENAS)


@contextlib.asynccontextmanager
async def giving_back(seconds: float = GIVE_BACK_SECONDS) -> AsyncGenerator[None]:
    """Give what was freed back to the system every so many ``seconds``, while the context lasts.

    The C library keeps freed memory between what is still used. Nothing is done where it is another one than glibc.
    """
    library = _glibc()
    if library is None:
        yield
        return
    library.mallopt(
        _MMAP_THRESHOLD, _LARGE
    )  # or each large array that is freed raises the bound above which it goes back

    async def give_back() -> None:
        while True:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(library.malloc_trim, 0)

    task = asyncio.create_task(give_back())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None
