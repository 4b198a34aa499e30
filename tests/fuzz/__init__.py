"""Coverage-guided fuzzing of everything that reads what others wrote.

Each family is a module with ``TRACED`` (the packages whose lines steer the search), ``seeds()`` and ``run(data)``. ``run``
raises nothing for any bytes, unless a promise is broken: an error that no docstring names, an answer larger than what was
put in, records that no column can hold. ``python -m tests.fuzz NAME --seconds 180`` searches; findings and figures stand in
``README.md``.
"""

from __future__ import annotations

FAMILIES = (
    "bluesky",
    "x",
    "files",
    "tapes",
    "settings",
    "catalogues",
    "service",
    "abstracts",
    "roles",
    "desk",
    "cells",
)
