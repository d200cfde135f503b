"""Ports on the loopback interface."""

from __future__ import annotations

import secrets
import socket
from contextlib import ExitStack
from pathlib import Path

_LOWEST = 10_000
# From here on the system takes ports for outgoing connections: one that is free now may be a client's before its server starts.
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_TRIES = 1_000
# Given out by this process: a server's folder is named by its port, and stays until the session's end.
_given: set[int] = set()


def free_ports(count: int) -> list[int]:
    """`count` different ports that nobody has at this moment and no outgoing connection will be given; never the same again."""
    end = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    with ExitStack() as stack:
        found = [stack.enter_context(_bound(end)) for _ in range(count)]
        return [item.getsockname()[1] for item in found]


def _bound(end: int) -> socket.socket:
    """A socket on a random port below `end`; on any if there is little room below it."""
    for _ in range(_TRIES if end > 2 * _LOWEST else 0):
        port, item = _LOWEST + secrets.randbelow(end - _LOWEST), socket.socket()
        try:
            item.bind(("127.0.0.1", port))
        except OSError:
            item.close()
            continue
        if port not in _given:
            _given.add(port)
            return item
        item.close()
    item = socket.socket()
    item.bind(("127.0.0.1", 0))
    return item


def occupied(port: int) -> bool:
    """True if something accepts connections on `port`."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
