"""What a process and its children listen on, as the kernel sees it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

import psutil


def addresses(pid: int) -> set[str]:
    """Local addresses of all listening TCP sockets of the family; IPv4 within IPv6 is shown as IPv4."""
    head = psutil.Process(pid)
    return {ip.removeprefix("::ffff:") for ip in listened([head, *head.children(recursive=True)])}


def listened(processes: Iterable[psutil.Process]) -> set[str]:
    """Local addresses of all listening TCP sockets of these processes; one that has just ended has none."""
    found: set[str] = set()
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            connections = process.net_connections("tcp")
            found |= {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}
    return found
