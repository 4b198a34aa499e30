"""The whole sign-in in a real browser, against a provider that speaks the real wire format."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.browser.conftest import CHROMIUM, ROOT, wait_until_well
from tests.fakes.oidc import CLIENT_ID, CLIENT_SECRET, Provider
from tests.records import YAML

pytestmark = pytest.mark.browser
pytest.importorskip("authlib", reason="the extra auth is not installed")

ACCESS = """\
access:
  viewers: ["@company.example"]
  reviewers: ["group:medical"]
  admins: [adam@company.example]
"""


@dataclass
class Guarded:
    """A dashboard with sign-in, its provider, its congresses.yaml, and what its owner was told to do."""

    address: str
    provider: Provider
    config: Path
    done: Path

    def told(self, start: str) -> str:
        """The line that begins so, once it is there."""
        until = time.monotonic() + 10
        while time.monotonic() < until:
            lines = self.done.read_text(encoding="utf-8").splitlines() if self.done.exists() else []
            if found := [line for line in lines if line.startswith(start)]:
                return found[-1]
            time.sleep(0.1)
        return ""


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    if not CHROMIUM.exists() and not os.environ.get("CONGRESS_NEED_BROWSER"):
        pytest.skip(f"no {CHROMIUM} on this machine")
    folder = tmp_path_factory.mktemp("guarded")
    config = folder / "congresses.yaml"
    config.write_text(ACCESS + YAML, encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    with Provider([f"{address}/oauth2callback"]) as provider:
        settings = {
            "OIDC_DISCOVERY_URL": provider.discovery_url, "OIDC_CLIENT_ID": CLIENT_ID, "OIDC_CLIENT_SECRET": CLIENT_SECRET,
            "DASHBOARD_URL": address, "DASHBOARD_COOKIE_SECRET": "0123456789abcdef0123456789abcdef", "NO_PROXY": "127.0.0.1",
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.browser.serve_fake", str(port), str(folder), str(config)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **settings}
        process = subprocess.Popen(command, cwd=folder, env=environment)
        try:
            wait_until_well(address, process)
            yield Guarded(address, provider, config, folder / "done")
        finally:
            process.terminate()
            process.wait(10)


@pytest.fixture
def enter(visit: Callable[..., Any], guarded: Guarded) -> Callable[..., Any]:
    """Open a link and sign in as somebody: ``enter("vera", "/posts?window=all")``."""

    def go(name: str, link: str = "/") -> Any:
        page = visit(f"{guarded.address}{link}", 1366, 768)
        page.get_by_role("button", name="Sign in with your organisation").click()
        page.get_by_role("link", name=name, exact=True).click()
        page.locator(".pulse, .st-key-first").first.wait_for(state="attached")
        return page

    return go


def test_whoever_has_not_signed_in_sees_the_sign_in_and_no_figure(visit, guarded):
    page = visit(f"{guarded.address}/posts?window=all")
    page.get_by_text("Sign in to Congress Pulse").wait_for()
    assert 0 == page.locator(".pulse, [class*='_cards'], [data-testid=stTopNavLink]").count()


def test_a_viewer_comes_in_and_back_to_the_link_that_was_opened(enter, guarded):
    page = enter("vera", "/posts?window=all&kind=quote")
    page.locator(".st-key-posts_cards").wait_for()
    assert re.search(r"/posts\?.*kind=quote", page.url)
    assert "S256" == guarded.provider.asked[-1]["code_challenge_method"]
    assert "note_sign_in viewer vera.viewer@company.example" in guarded.told("note_sign_in viewer")


def test_a_viewer_gets_no_buttons_and_no_page_of_admins(enter, guarded):
    page = enter("vera", "/posts?window=all&role=admin&sight=reviewer")
    page.locator(".st-key-posts_cards").wait_for()
    assert 0 == page.get_by_role("button", name="Correct link").count()
    page.goto(f"{guarded.address}/access?role=admin&sight=reviewer")
    page.get_by_text("This page is for admins").wait_for()
    assert 0 == page.locator("[data-testid=stDataFrame]").count()
    assert guarded.told("note_denied viewer").endswith("[('page', 'access')]")


def test_a_reviewer_by_group_corrects_a_link_and_sees_it_kept(enter, guarded):
    page = enter("rita", "/posts?window=all&abstract=LBA2")
    page.get_by_role("button", name="Correct link").first.click()
    page.get_by_text("Wrong: the post does not speak of it").click()
    why = page.get_by_label("Why")
    why.fill("it shows another slide")
    why.press("Enter")
    page.get_by_role("button", name="Keep the correction").click()
    page.get_by_text("Link corrected. The figures follow.").wait_for()
    page.get_by_text("LBA2 rejected by rita@company.example").first.wait_for()
    line = guarded.told("correct_mention")
    assert line.startswith("correct_mention reviewer rita@company.example")
    assert "('verdict', 'reject')" in line


def test_an_admin_sees_who_did_what(enter):
    page = enter("adam", "/access")
    page.get_by_text("Who did what").wait_for()
    page.locator("[data-testid=stDataFrame] canvas").first.wait_for()
    assert 0 == page.get_by_text("The audit could not be read").count()


@pytest.mark.parametrize("name", ["olga", "uma"])
def test_the_unlisted_and_the_unverified_see_a_calm_page_with_the_way_out(enter, guarded, name):
    page = enter(name)
    page.get_by_text("No access yet").wait_for()
    assert 0 == page.locator(".pulse, .st-key-board, [data-testid=stTopNavLink]").count()
    before = guarded.provider.signed_out
    with page.expect_navigation(url=f"{guarded.address}/", timeout=15_000):
        page.get_by_role("button", name="Sign out").click()
    page.get_by_text("Sign in to Congress Pulse").wait_for()
    assert before + 1 == guarded.provider.signed_out


def test_signing_out_ends_it_here_and_at_the_provider(enter, guarded):
    page = enter("vera")
    page.locator(".pulse").wait_for(state="attached")
    page.locator(".st-key-account button").first.click()
    with page.expect_navigation(url=f"{guarded.address}/", timeout=15_000):
        page.get_by_role("button", name="Sign out").click()
    page.get_by_text("Sign in to Congress Pulse").wait_for()
    page.goto(f"{guarded.address}/voices")
    page.get_by_text("Sign in to Congress Pulse").wait_for()
    assert "vera.viewer@company.example" in guarded.told("note_sign_out viewer")


def test_whoever_is_taken_off_the_list_loses_the_open_page(enter, guarded):
    page = enter("vera")
    page.locator(".pulse").wait_for(state="attached")
    before = guarded.config.read_text(encoding="utf-8")
    guarded.config.write_text(before.replace('"@company.example"', '"@other.example"'), encoding="utf-8")
    try:
        page.get_by_text("No access yet").wait_for(timeout=15_000)
        assert 0 == page.locator(".pulse").count()
    finally:
        guarded.config.write_text(before, encoding="utf-8")
    page.locator(".pulse").wait_for(state="attached", timeout=15_000)


def test_a_sign_in_that_is_too_old_counts_no_longer(enter, guarded):
    guarded.provider.aged = 25 * 3600
    try:
        page = enter("vera")
        page.get_by_text("Please sign in again").wait_for()
        assert 0 == page.locator(".pulse").count()
    finally:
        guarded.provider.aged = 0.0


def test_a_forged_cookie_is_nobody(visit, enter, guarded):
    page = enter("vera")
    page.locator(".pulse").wait_for(state="attached")
    context = page.context
    own = next(each for each in context.cookies() if each["name"] == "_streamlit_user")
    middle = len(own["value"]) // 2
    forged = own["value"][:middle] + ("A" if own["value"][middle] != "A" else "B") + own["value"][middle + 1 :]
    context.add_cookies([{**own, "value": forged}])
    page.reload()
    page.get_by_text("Sign in to Congress Pulse").wait_for()
    assert 0 == page.locator(".pulse").count()


@pytest.mark.parametrize("path", ["/save/abc", "/media/abc.csv"])
def test_files_are_refused_to_whoever_is_not_signed_in(guarded, path):
    answer = httpx.get(f"{guarded.address}{path}", trust_env=False)
    assert (403, "Sign in first.\n") == (answer.status_code, answer.text)


@pytest.mark.parametrize("link", ["//evil.example/x", "/\\evil.example", "https://evil.example/", "/oauth2callback"])
def test_the_way_back_never_leads_elsewhere(guarded, link):
    answer = httpx.get(
        f"{guarded.address}/oauth2callback?code=x&state=y", cookies={"congress_link": link.replace("/", "%2F")}, trust_env=False
    )  # fmt: skip
    assert (302, "/") == (answer.status_code, answer.headers["location"])
