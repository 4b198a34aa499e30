"""The dashboard over a fake owner, for AppTest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import reads
from tests.dashboard.fake_owner import FakeOwner

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture(scope="session")
def full_owner() -> FakeOwner:
    """A congress in full swing; shared, so leave it as it is."""
    return FakeOwner(posts=3000)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Run the dashboard over an owner, with query parameters: ``show(owner, window="6h")``."""

    monkeypatch.setattr(reads, "PERIOD", 0.2)

    def run(owner: FakeOwner, **query: str) -> AppTest:
        reads.close()
        monkeypatch.setattr(reads, "connect", lambda: owner)
        app = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        return app.run()

    yield run
    reads.close()
