"""The dashboard over a fake owner, for AppTest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas  # noqa: F401  loaded before a page waits for its first answer, as the server does
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard import reads
from tests.dashboard.fake_owner import FakeOwner

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture(scope="session")
def full_owner() -> FakeOwner:
    """A congress in full swing; shared, so leave it as it is."""
    return FakeOwner(posts=3000)


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., AppTest]]:
    """Run the dashboard over an owner, with page and query parameters: ``show(owner, "abstracts", window="6h")``."""

    monkeypatch.setattr(reads, "PERIOD", 0.2)

    def run(owner: FakeOwner, page: str = "", /, **query: str) -> AppTest:
        reads.close()
        monkeypatch.setattr(reads, "connect", lambda: owner)
        app = AppTest.from_file(str(APP), default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        return open_page(app, page, query) if page else app

    yield run
    reads.close()


def open_page(app: AppTest, page: str, query: dict[str, str]) -> AppTest:
    """Turn to another page, as a link with that query does."""
    app._page_hash = calc_hash(page)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()
