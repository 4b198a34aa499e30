"""The command line: the only place that prints or exits. 0 done, 1 failed, 2 used wrongly.

Each command imports what it needs itself: ``congress demo`` and ``run`` only start two processes, and would otherwise
spend two seconds on loading what those load again.
"""

from __future__ import annotations

import errno
import os
import sys

import click

from pipelines.cli import backup, bench, desk, files, follow, forget, keep, lake, send, signals
from pipelines.cli.settings import congress
from pipelines.console import complain
from pipelines.errors import CongressError, UsageError

__all__ = [
    "backup",
    "bench",
    "congress",
    "desk",
    "files",
    "follow",
    "forget",
    "keep",
    "lake",
    "main",
    "send",
    "signals",
]


def main() -> None:
    """The entry point: every expected error is its message and an exit code, never a traceback."""
    try:
        congress(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except UsageError as error:
        complain(error)
        sys.exit(2)
    except CongressError as error:
        complain(error)
        sys.exit(1)
    except BrokenPipeError:  # the reader of our output has gone: nothing to say, and nobody to say it to
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:  # whichever small file it was that found the disk full
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        click.echo(
            f"{error.filename or 'a file'}: the disk is full ({error.strerror}); make room and start again", err=True
        )
        sys.exit(1)
