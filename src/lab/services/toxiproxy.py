"""Toxiproxy: attached by TOXIPROXY_URL, or built by Go and started here; TCP links that can be hurt.

Its latency is counted from the moment at which a piece of a stream arrived, so it delays a stream but does
not add up over its pieces; a new connection costs nothing, because the proxy itself accepts it.
"""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from lab import paths
from lab.services import compose, http
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "TOXIPROXY_URL"
_INSTALL = "Run: lab setup --tests"


@dataclass(frozen=True)
class Link:
    """A TCP link through the proxy. host, port: what clients connect to instead of the server itself.

    proxy: its address in Toxiproxy's interface.
    """

    host: str
    port: int
    proxy: str

    @contextmanager
    def cut(self) -> Iterator[None]:
        """No link within the block: open connections are closed, new ones refused."""
        http.call("POST", self.proxy, {"enabled": False})
        try:
            yield
        finally:
            http.call("POST", self.proxy, {"enabled": True})

    @contextmanager
    def delay(self, seconds: float, jitter_s: float = 0) -> Iterator[None]:
        """What the server sends arrives `seconds` (plus or minus up to `jitter_s`) late within the block."""
        times = {"latency": round(seconds * 1000), "jitter": round(jitter_s * 1000)}
        with self._toxic("latency", times):
            yield

    @contextmanager
    def reset(self, after_s: float = 0) -> Iterator[None]:
        """Within the block each connection, old or new, is broken by a TCP reset after `after_s`."""
        with self._toxic("reset_peer", {"timeout": round(after_s * 1000)}):
            yield

    @contextmanager
    def _toxic(self, kind: str, attributes: dict[str, int]) -> Iterator[None]:
        http.call("POST", f"{self.proxy}/toxics", {"name": kind, "type": kind, "attributes": attributes})
        try:
            yield
        finally:
            http.call("DELETE", f"{self.proxy}/toxics/{kind}")


@dataclass(frozen=True)
class Toxiproxy:
    """A proxy that answers. Its links are gone when it is killed."""

    url: str
    version: str
    node: Node

    @contextmanager
    def link(self, host: str, port: int) -> Iterator[Link]:
        """A link to the server at `host` and `port` for the block, unhurt at first."""
        name = f"lab-{uuid.uuid4().hex[:8]}"
        # The proxy chooses a port, on the address by which it is itself reached.
        place = {"listen": f"{urlsplit(self.url).hostname}:0", "upstream": f"{host}:{port}"}
        made = http.call("POST", f"{self.url}/proxies", {"name": name, "enabled": True} | place)
        proxy = f"{self.url}/proxies/{name}"
        try:
            own_host, _, own_port = made["listen"].rpartition(":")
            yield Link(own_host, int(own_port), proxy)
        finally:
            http.call("DELETE", proxy)


@contextmanager
def toxiproxy() -> Iterator[Toxiproxy]:
    """A Toxiproxy for the block."""
    if url := os.environ.get(VARIABLE):
        url = url.rstrip("/")
        attached("Toxiproxy", VARIABLE, partial(_answers, url))
        yield Toxiproxy(url, "attached, version unknown", Attached("Toxiproxy", VARIABLE))
    else:
        (port,) = free_ports(1)
        with _own(port) as node:
            yield Toxiproxy(f"http://127.0.0.1:{port}", version(), node)


def version() -> str:
    """Version that set-up builds (a build by Go does not know its own)."""
    pin = (paths.PROJECT / "env" / "go" / "toxiproxy" / "go.mod").read_text()
    return re.findall(r"Shopify/toxiproxy/v2 v([\d.]+)", pin)[0]


def _own(port: int) -> AbstractContextManager[Node]:
    if compose.chosen():
        ready = partial(_answers, f"http://127.0.0.1:{port}")
        return compose.one("toxiproxy", ready, {"TOXIPROXY_PORT": port})
    return running(_local(port))


def _local(port: int) -> Process:
    return Process(
        name="Toxiproxy",
        command=[str(_program()), "-host", "127.0.0.1", "-port", str(port)],
        ready=partial(_answers, f"http://127.0.0.1:{port}"),
        log=session().folder / f"toxiproxy-{port}.log",
        ports=[port],
        environment={"LOG_LEVEL": "info"},
        hint=_INSTALL,
    )


def _program() -> Path:
    return paths.tools() / "go-toxiproxy" / "server"


def _answers(url: str) -> None:
    """Ask for the links that there are."""
    http.call("GET", f"{url}/proxies", timeout_s=2)
