"""Five pipelines on the real path of an alert, from metrics to the runbook; and a receiver that keeps time."""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.measure.seen import Live
from lab.experiments.observability.mechanism import ALERTS, RULES, scaled
from lab.experiments.observability.params import Params
from lab.experiments.observability.workload.faults import CASES, Fault
from lab.services.alertmanager import Alertmanager, alertmanager
from lab.services.dashboard import panels
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.prometheus import Prometheus, prometheus
from lab.services.receiver import Receiver, receiver
from lab.services.session import session

FASTER = 150.0  # the windows of an hour and five minutes become 24 s and 2 s
SCRAPE_S, GROUP_S = 0.5, 0.5  # the kit's files have 15 s, and 30 s and 5 min
FILLED_S = 16.0  # of samples before the quiet counts: in an almost empty window one lost scrape is a seventh
LINGER_S = 2.0  # after the last alert was resolved: what comes back is seen
RATE_WINDOW = "5s"


@dataclass(frozen=True)
class Stack:
    """What runs. folder: of the pipelines' own folders. journal: of the runbook's runner."""

    folder: Path
    journal: Path
    prometheus: Prometheus
    alertmanager: Alertmanager
    receiver: Receiver


@contextmanager
def stack(params: Params, folder: Path) -> Iterator[Stack]:
    """Everything for the block; the rules with windows shortened."""
    source, runner, *workers = free_ports(2 + len(CASES))
    pairs = [f"{case.pipeline}={port}" for case, port in zip(CASES, workers, strict=True)]
    journal, rules = folder / "journal.jsonl", folder / "rules.yml"
    rules.write_text(scaled(RULES.read_text(), FASTER))
    journal.touch()
    book = FOLDER / "runbook.md"
    with ExitStack() as up:
        up.enter_context(_kit("runbook", [runner], str(book), str(folder), str(runner), str(journal)))
        rate = f"{params.rate:g}"
        up.enter_context(_kit("plant", [source, *workers], str(folder), rate, str(source), *pairs))
        hook = up.enter_context(receiver())
        alerts = up.enter_context(alertmanager(_alertmanager(hook.url, f"http://127.0.0.1:{runner}")))
        server = up.enter_context(prometheus(_prometheus([source, *workers], alerts.address), [rules]))
        filled = time.monotonic() + FILLED_S
        server.await_alertmanager(lambda: _written(server) == len(CASES))
        time.sleep(max(0.0, filled - time.monotonic()))
        yield Stack(folder, journal, server, alerts, hook)


def _kit(module: str, ports: list[int], *arguments: str) -> Any:
    """A program of the kit, in its folder, that answers on all `ports`."""

    def ready() -> None:
        for port in ports:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2).close()

    return running(
        Process(
            name=module,
            command=[sys.executable, "-m", f"pipelinewatch.{module}", *arguments],
            ready=ready,
            log=session().folder / f"{module}-{ports[0]}.log",
            ports=ports,
            cwd=FOLDER,
        )
    )


def _alertmanager(hook: str, runner: str) -> dict[str, Any]:
    """The kit's configuration with our addresses and intervals; nobody acts on pipelines that are not attended."""
    told = yaml.safe_load((FOLDER / "prometheus" / "alertmanager.yml").read_text())
    told["route"] |= {"group_wait": f"{GROUP_S * 1000:.0f}ms", "group_interval": f"{GROUP_S * 1000:.0f}ms"}
    alone = "|".join(case.pipeline for case in CASES if not case.attended)
    told["route"]["routes"].insert(0, {"matchers": [f'pipeline=~"{alone}"'], "receiver": "people"})
    places = {"http://127.0.0.1:9000/alerts": hook, "http://127.0.0.1:9001/alerts": runner}
    for each in told["receivers"]:
        for webhook in each["webhook_configs"]:
            webhook["url"] = f"{places[webhook['url']]}/alerts"
    return dict(told)


def _prometheus(ports: list[int], alerts: str) -> dict[str, Any]:
    told = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text())
    interval = f"{SCRAPE_S * 1000:.0f}ms"
    told["global"] = dict.fromkeys(("scrape_interval", "scrape_timeout", "evaluation_interval"), interval)
    told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alerts]
    told["scrape_configs"][0]["static_configs"][0]["targets"] = [f"127.0.0.1:{port}" for port in ports]
    return {name: part for name, part in told.items() if name != "rule_files"}


def _written(server: Prometheus) -> int:
    """Pipelines that Prometheus has seen write a row."""
    found = server.query('count(count by (pipeline) (pipeline_rows_total{outcome="written"} > 0))')
    return int(found[0]["value"][1]) if found else 0


def episode(params: Params, up: Stack) -> Live:
    """Quiet; then every fault; then until all alerts are resolved that the runbook is run for, or the time is over."""
    begun = time.time()
    time.sleep(params.quiet_s)
    faults = {case.pipeline: Fault(case, up.folder / case.pipeline) for case in CASES if case.kind}
    try:
        injected = {}
        for name, fault in faults.items():
            injected[name] = time.time()
            fault.inject()
        _settle(params, up)
        gone = {name: fault.gone() for name, fault in faults.items()}
    finally:
        for fault in faults.values():
            fault.end()
    end = time.time()
    series, empty = panels(
        up.prometheus, FOLDER / "dashboard.json", begun, end, SCRAPE_S, RATE_WINDOW, "pipeline"
    )
    counted = up.prometheus.query('count({pipeline="refunds"})')
    return Live(
        CASES,
        injected,
        up.receiver.deliveries(),
        [json.loads(line) for line in up.journal.read_text().splitlines()],
        gone,
        series,
        empty,
        _lateness(up.folder),
        int(counted[0]["value"][1]),
        begun,
        end,
        {"Prometheus": up.prometheus.version, "Alertmanager": up.alertmanager.version},
    )


def _settle(params: Params, up: Stack) -> None:
    deadline = time.monotonic() + params.live_s
    waiting = {case.pipeline: ALERTS[case.kind] for case in CASES if case.kind and case.attended}
    while time.monotonic() < deadline and not _resolved(up.receiver, waiting):
        time.sleep(0.2)
    time.sleep(LINGER_S)


def _resolved(hook: Receiver, waiting: Mapping[str, str]) -> bool:
    """The last that was told of each pipeline's own alert, and of any other, is that it is resolved."""
    last = {
        (alert["labels"]["pipeline"], alert["labels"]["alertname"]): alert["status"]
        for one in hook.deliveries()
        for alert in one.body["alerts"]
    }
    own = {key: status for key, status in last.items() if key[0] in waiting}
    return set(waiting.items()) <= set(own) and set(own.values()) == {"resolved"}


def _lateness(folder: Path) -> list[float]:
    """Of every row, s from due to written into its pipeline's log."""
    logs = "".join(
        (folder / case.pipeline / "log.jsonl").read_text().rpartition("\n")[0] + "\n" for case in CASES
    )
    return [row["sent"] - row["due"] for row in map(json.loads, logs.splitlines())]
