"""Prometheus: attached by PROMETHEUS_URL, or started with a configuration of ours; and `promtool`, which checks it.

Whoever attaches one sees to it that it scrapes what the experiment names, and loads its rules.
"""

from __future__ import annotations

import os
import shutil
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from lab.errors import ServiceError
from lab.services import commands, compose, http
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

VARIABLE = "PROMETHEUS_URL"
_INSTALL = "On Debian: apt-get install prometheus"
_QUERY_S = 60
# Where Alertmanager is, a server learns some five seconds after its start; an alert of before then is sent again only
# after this time (default: a minute).
_RESEND = "--rules.alert.resend-delay=5s"


@dataclass(frozen=True)
class Prometheus:
    """A server that answers. url: without a slash at its end."""

    url: str
    version: str
    node: Node

    def query(self, expression: str, at: float | None = None) -> list[dict[str, Any]]:
        """Series of an instant query, each {"metric": labels, "value": [s since 1970, text]}. at: s since 1970."""
        return self._ask("query", {"query": expression} | ({} if at is None else {"time": repr(at)}))

    def query_range(self, expression: str, start: float, end: float, step_s: float) -> list[dict[str, Any]]:
        """Series of a range query, each {"metric": labels, "values": [[s since 1970, text], ...]}."""
        times = {"start": repr(start), "end": repr(end), "step": f"{step_s:g}"}
        return self._ask("query_range", {"query": expression} | times)

    def alerts(self) -> list[dict[str, Any]]:
        """Alerts that are pending or firing, with `labels`, `state` and `activeAt`."""
        return http.call("GET", f"{self.url}/api/v1/alerts")["data"]["alerts"]

    def await_alertmanager(self, scraped: Callable[[], bool], within_s: float = 30) -> None:
        """Until it knows its Alertmanager, some five seconds after its start, and `scraped`. ServiceError after `within_s`."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            known = http.call("GET", f"{self.url}/api/v1/alertmanagers")["data"]["activeAlertmanagers"]
            if known and scraped():
                return
            time.sleep(0.1)
        raise ServiceError(
            f"Prometheus did not know its Alertmanager, or lacked a metric, after {within_s:g} s"
        )

    def _ask(self, what: str, parameters: Mapping[str, str]) -> list[dict[str, Any]]:
        asked = f"{self.url}/api/v1/{what}?{urllib.parse.urlencode(parameters)}"
        return http.call("GET", asked, timeout_s=_QUERY_S)["data"]["result"]


@contextmanager
def prometheus(
    configuration: Mapping[str, Any],
    rules: Sequence[Path] = (),
    storage: Path | None = None,
    options: Sequence[str] = (),
) -> Iterator[Prometheus]:
    """A server for the block. ServiceError with promtool's words if the configuration or a rule is wrong.

    configuration: as prometheus.yml has it; `rule_files` is filled in from `rules`. storage: a folder with blocks that
    are there already, such as `backfill` makes. options: of its command line. None of these applies when attached.
    """
    if url := os.environ.get(VARIABLE):
        url = url.rstrip("/")
        version = attached("Prometheus", VARIABLE, partial(_version, url))
        yield Prometheus(url, version, Attached("Prometheus", VARIABLE))
        return
    (port,) = free_ports(1)
    url = f"http://127.0.0.1:{port}"
    folder = session().folder / f"prometheus-{port}"
    folder.mkdir()
    file = folder / "prometheus.yml"
    # Copies: of a container's host only the run's folder is there inside, and a rule file that is not is passed over in silence.
    copies = [shutil.copy(path, folder / f"{number}-{path.name}") for number, path in enumerate(rules)]
    file.write_text(yaml.safe_dump({**configuration, "rule_files": [str(path) for path in copies]}))
    data = storage or folder / "data"
    arguments = [
        f"--config.file={file}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--web.enable-lifecycle",
        _RESEND,
        *options,
    ]
    with _own(port, url, arguments) as node:
        yield Prometheus(url, _version(url), node)


def _own(port: int, url: str, arguments: list[str]) -> AbstractContextManager[Node]:
    ready = partial(_ready, url)
    if compose.chosen():
        variables = {"PROMETHEUS_PORT": port, "PROMETHEUS_ARGUMENTS": " ".join(arguments)}
        return compose.one("prometheus", ready, variables)
    return running(
        Process(
            name="Prometheus",
            command=[_program("prometheus"), *arguments],
            ready=ready,
            log=session().folder / f"prometheus-{port}.log",
            ports=[port],
            hint=_INSTALL,
        )
    )


def promtool(*arguments: str, timeout_s: float = 120) -> str:
    """What `promtool ARGUMENTS` says; ServiceError with its last lines if it finds a fault."""
    command = [_program("promtool"), *arguments]
    return commands.run(command, f"promtool {' '.join(arguments[:2])}", timeout_s, hint=_INSTALL).stdout


def backfill(openmetrics: Path, storage: Path, block: str = "2h") -> None:
    """Write the samples of an OpenMetrics file (with times, ending in `# EOF`) to `storage`, as blocks.

    block: longest time that a block covers, a power of two times two hours; longer ones are made faster.
    """
    storage.mkdir(parents=True, exist_ok=True)
    promtool(
        *("tsdb", "create-blocks-from", "openmetrics", f"--max-block-duration={block}", "--quiet"),
        *(str(openmetrics), str(storage)),
    )


def _program(name: str) -> str:
    if found := shutil.which(name):
        return found
    raise ServiceError(f"{name} is not installed. {_INSTALL}")


def _ready(url: str) -> None:
    """A query that is answered, once it has read its log of samples."""
    http.call("GET", f"{url}/api/v1/query?query=1", timeout_s=2)


def _version(url: str) -> str:
    said = http.call("GET", f"{url}/api/v1/status/buildinfo", timeout_s=2)
    return str(said["data"]["version"])
