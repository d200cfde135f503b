"""What a process and its children listen on, as the kernel sees it."""

from __future__ import annotations

import psutil


def addresses(pid: int) -> set[str]:
    """Local addresses of all listening TCP sockets of the family; IPv4 within IPv6 is shown as IPv4."""
    head = psutil.Process(pid)
    return {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in [head, *head.children(recursive=True)]
        for connection in process.net_connections("tcp")
        if connection.status == psutil.CONN_LISTEN
    }
