"""Ports for servers: free, different, and none that the system might give to a client before the server starts."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from lab.services import ports


def test_a_servers_port_is_never_one_for_outgoing_connections() -> None:
    lowest = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    found = ports.free_ports(200)
    assert len(set(found)) == 200
    assert max(found) < lowest


def test_a_port_that_somebody_has_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        port, free = ports.free_ports(2)
        taken.bind(("127.0.0.1", port))
        _draw(monkeypatch, port, port, free)
        monkeypatch.setattr(ports, "_given", set())
        assert ports.free_ports(1) == [free]


def test_a_port_is_not_given_twice_though_its_server_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    (again,) = ports.free_ports(1)
    monkeypatch.setattr(ports, "_given", {again})
    (other,) = ports.free_ports(1)
    monkeypatch.setattr(ports, "_given", {again})
    _draw(monkeypatch, again, again, other)
    assert ports.free_ports(1) == [other]


def test_where_the_system_takes_all_ports_for_clients_one_is_still_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    everything = tmp_path / "range"
    everything.write_text("1024\t65535\n")
    monkeypatch.setattr(ports, "_RANGE", everything)
    assert len(set(ports.free_ports(3))) == 3


def _draw(monkeypatch: pytest.MonkeyPatch, *drawn: int) -> None:
    rest = iter(drawn)
    monkeypatch.setattr(ports.secrets, "randbelow", lambda _: next(rest) - 10_000)
