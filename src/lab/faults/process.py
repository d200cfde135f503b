"""What can happen to a server's process. Each block takes any `Node`: a local process or a compose service."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lab.services.node import Node


@contextmanager
def outage(node: Node) -> Iterator[None]:
    """Stopped as an operator stops it (SIGTERM) within the block, up and ready again after it."""
    node.stop()
    try:
        yield
    finally:
        node.start()


@contextmanager
def crash(node: Node) -> Iterator[None]:
    """Dead by SIGKILL within the block, started again on what it had on disk and ready after it."""
    node.kill()
    try:
        yield
    finally:
        node.start()


@contextmanager
def hang(node: Node) -> Iterator[None]:
    """Frozen (SIGSTOP) within the block: alive for the kernel, dead for its clients; ready again after it."""
    node.pause()
    try:
        yield
    finally:
        node.resume()
