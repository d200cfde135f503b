"""Toxiproxy in front of a real TCP server: a link that is cut, slow, broken."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import threading
import time
from collections.abc import Iterator

import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.services.toxiproxy import VARIABLE, Link, Toxiproxy, toxiproxy, version

pytestmark = pytest.mark.service


class _Echo(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with contextlib.suppress(ConnectionResetError):  # by the link, which is what it is for
            while data := self.request.recv(1024):
                self.request.sendall(data)


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    """Port of a server that sends back what it is sent."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Echo) as echo:
        echo.daemon_threads = True
        threading.Thread(target=echo.serve_forever, daemon=True).start()
        yield echo.server_address[1]
        echo.shutdown()


@pytest.fixture(scope="module")
def proxy() -> Iterator[Toxiproxy]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with toxiproxy() as found:
            yield found


@pytest.fixture
def link(proxy: Toxiproxy, server: int) -> Iterator[Link]:
    with proxy.link("127.0.0.1", server) as found:
        yield found


def _open(link: Link) -> socket.socket:
    return socket.create_connection((link.host, link.port), timeout=30)


def _round_trip(client: socket.socket) -> float:
    begin = time.monotonic()
    client.sendall(b"hello")
    if client.recv(1024) != b"hello":
        raise ConnectionError("closed by the other side")
    return time.monotonic() - begin


def test_a_link_carries_what_is_sent_and_ends_with_its_block(proxy: Toxiproxy, server: int) -> None:
    with proxy.link("127.0.0.1", server) as link, _open(link) as client:
        _round_trip(client)
    with pytest.raises(ConnectionRefusedError):
        _open(link)


def test_a_cut_closes_what_is_open_refuses_what_is_new_and_heals(link: Link) -> None:
    with _open(link) as client:
        _round_trip(client)
        with link.cut():
            with pytest.raises(ConnectionError):
                _round_trip(client)
            with pytest.raises(ConnectionRefusedError):
                _open(link)
    with _open(link) as client:
        _round_trip(client)


def test_a_delay_is_added_once_to_each_answer_and_ends_with_its_block(link: Link) -> None:
    with _open(link) as client:
        with link.delay(0.3):
            late = [_round_trip(client) for _ in range(3)]
        assert 0.3 <= min(late) < 0.6  # the quickest: a busy machine only makes them longer
        assert min(_round_trip(client) for _ in range(3)) < 0.3


def test_a_reset_breaks_each_connection_and_ends_with_its_block(link: Link) -> None:
    with link.reset(), _open(link) as client, pytest.raises(ConnectionResetError):
        _round_trip(client)
    with _open(link) as client:
        _round_trip(client)


def test_links_are_hurt_one_by_one(proxy: Toxiproxy, server: int, link: Link) -> None:
    with proxy.link("127.0.0.1", server) as other, link.cut(), _open(other) as client:
        _round_trip(client)


def test_a_server_that_is_not_there_closes_the_connection(proxy: Toxiproxy) -> None:
    with proxy.link("127.0.0.1", 1) as link, _open(link) as client, pytest.raises(ConnectionError):
        _round_trip(client)


def test_an_attached_proxy_is_used_but_not_hurt(
    proxy: Toxiproxy, server: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"{proxy.url}/")
    with toxiproxy() as attached:
        with attached.link("127.0.0.1", server) as link, _open(link) as client:
            _round_trip(client)
        with pytest.raises(NotAvailableError, match=VARIABLE):
            attached.node.kill()


def test_an_attached_proxy_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(ServiceError, match=VARIABLE), toxiproxy():
        pass


def test_the_version_is_that_of_the_pin() -> None:
    assert version() == "2.5.0"
