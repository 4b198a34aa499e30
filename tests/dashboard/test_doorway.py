"""Under which names the dashboard may be asked, whoever points theirs at this machine; how many pages are open."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from dashboard import access, doorway
from pipelines.sign_in import Door, SignIn

SIGN_IN = SignIn("https://id.example/.well-known", "id", "https://pulse.example", "s", "c" * 32)


@pytest.fixture(autouse=True)
def closed():
    access.use(Door())
    yield
    access.use(Door())


def asked_as(host: str) -> TestClient:
    async def stream(socket: WebSocket) -> None:
        await socket.accept()
        await socket.receive_text()

    routes = [Route(path, lambda _: PlainTextResponse("in")) for path in ("/", "/healthz", "/save/x")]
    app = Starlette(
        routes=[*routes, WebSocketRoute("/_stcore/stream", stream)], middleware=[Middleware(doorway.Doorway)]
    )
    return TestClient(app, base_url=f"http://{host}")


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost:8501", "[::1]:8501", "LOCALHOST"])
def test_loopback_names_come_in(host):
    assert 200 == asked_as(host).get("/").status_code


@pytest.mark.parametrize(
    "host", ["attacker.example", "attacker.example:8501", "127.0.0.1.attacker.example", "192.168.1.20:8501"]
)
def test_a_foreign_name_that_points_here_gets_no_page_and_no_socket(host):
    program = asked_as(host)
    refused = program.get("/")
    assert (421, True) == (refused.status_code, "--allow-network" in refused.text)
    assert 421 == program.get("/save/x").status_code
    with pytest.raises(WebSocketDisconnect), program.websocket_connect(f"ws://{host}/_stcore/stream"):
        pass
    assert 0 == doorway.open_pages()


def test_probes_may_ask_by_any_name():
    assert 200 == asked_as("10.0.0.7:8501").get("/healthz").status_code


def test_with_sign_in_its_own_address_comes_in_and_no_other():
    access.use(Door(SIGN_IN))
    assert [200, 200, 421] == [
        asked_as(host).get("/").status_code for host in ("pulse.example", "127.0.0.1", "evil.example")
    ]


def test_where_the_network_was_let_in_every_name_is_answered():
    access.use(Door(open=True))
    assert 200 == asked_as("dashboard.lan:8501").get("/").status_code


def test_open_pages_are_counted_while_they_are_open():
    with asked_as("127.0.0.1").websocket_connect("ws://127.0.0.1/_stcore/stream") as page:
        assert 1 == doorway.open_pages()
        page.send_text("x")
    assert 0 == doorway.open_pages()


@pytest.mark.parametrize(
    ("origin", "comes_in"),
    [
        ("http://127.0.0.1:8501", True),
        ("https://127.0.0.1", True),
        ("http://127.0.0.1:9999", False),
        ("http://attacker.example", False),
        ("http://127.0.0.1.attacker.example:8501", False),
        ("http://127.0.0.1:8501@attacker.example", False),
        ("null", False),
        ("http://[::1", False),
    ],
)
def test_a_page_of_another_origin_opens_no_socket(origin, comes_in):
    program, opened = asked_as("127.0.0.1:8501"), True
    try:
        with program.websocket_connect("ws://127.0.0.1:8501/_stcore/stream", headers={"origin": origin}) as page:
            page.send_text("x")
    except WebSocketDisconnect:
        opened = False
    assert comes_in is opened
