"""A private person stays a pseudonym until a reviewer shows the name, with a reason: in a browser, over a real store."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.store.database import Store
from tests.browser.conftest import CHROMIUM, ROOT, free_port, wait_until_well
from tests.browser.serve_store import PRIVATE, WORDS

pytestmark = pytest.mark.browser


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A dashboard over a real store: its address and its process."""
    if not CHROMIUM.exists() and not os.environ.get("CONGRESS_NEED_BROWSER"):
        pytest.skip(f"no {CHROMIUM} on this machine")
    port = free_port()
    command = [sys.executable, "-m", "tests.browser.serve_store", str(port), str(tmp_path)]
    process = subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(ROOT)})
    try:
        wait_until_well(f"http://127.0.0.1:{port}", process)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(10)


def test_a_reviewer_shows_who_wrote_a_post_and_the_reason_is_kept(visit, stored, tmp_path):
    address, process = stored
    page = visit(f"{address}/posts?window=all", cut=True)
    cards = page.locator(".st-key-posts_cards")
    cards.get_by_text("Individual ").first.wait_for()
    cards.get_by_text("Dora Doctor").first.wait_for()
    assert 0 == cards.get_by_text(PRIVATE).count() == cards.get_by_text(WORDS).count()
    page.get_by_role("button", name="Show who wrote it").first.click()
    keep = page.get_by_role("button", name="Keep the correction")
    keep.wait_for()
    assert keep.is_disabled(), "without a reason nobody is shown"
    why = page.get_by_label("Why this has to be seen")
    why.fill("asked by the safety officer")
    why.press("Enter")
    page.locator("[data-testid=stBaseButton-primary]:not([disabled])", has_text="Keep the correction").click()
    page.get_by_text("Shown to reviewers from now on.").wait_for()
    cards.get_by_text(PRIVATE).first.wait_for()
    cards.get_by_text(WORDS).wait_for()
    process.terminate()
    process.wait(10)
    with Store(tmp_path / "congress.duckdb") as store:
        told = store.reader.ask("SELECT action, role, params FROM audit").to_pylist()
    assert ["reveal_writer"] == [each["action"] for each in told]
    assert "asked by the safety officer" in str(told[0]["params"])
