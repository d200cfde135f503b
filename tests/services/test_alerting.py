"""Prometheus, Alertmanager and the receiver: an alert goes the whole way; backfilled samples are found; faults are told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from lab.errors import ServiceError
from lab.services.alertmanager import Alertmanager, alertmanager, amtool
from lab.services.prometheus import Prometheus, backfill, prometheus, promtool
from lab.services.receiver import Receiver, receiver

pytestmark = pytest.mark.service

ALWAYS = {
    "groups": [{"name": "always", "interval": "1s", "rules": [{"alert": "Always", "expr": "vector(1) > 0"}]}]
}


def _routed_to(hooks: Receiver) -> dict:
    return {
        "route": {"receiver": "hook", "group_wait": "0s", "group_interval": "1s"},
        "receivers": [{"name": "hook", "webhook_configs": [{"url": f"{hooks.url}/alerts"}]}],
    }


def _scraping(manager: Alertmanager) -> dict:
    return {
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "alerting": {"alertmanagers": [{"static_configs": [{"targets": [manager.address]}]}]},
        "scrape_configs": [],
    }


@pytest.mark.parametrize("backend", ["local", pytest.param("compose", marks=pytest.mark.engine)])
def test_an_alert_reaches_the_receiver_with_the_time_of_its_arrival(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("LAB_SERVICES", backend)
    rules = tmp_path / "rules.yml"
    rules.write_text(yaml.safe_dump(ALWAYS))
    begin = time.time()
    with (
        receiver() as hooks,
        alertmanager(_routed_to(hooks)) as manager,
        prometheus(_scraping(manager), [rules]) as server,
    ):
        deadline = time.monotonic() + 90
        while not hooks.deliveries() and time.monotonic() < deadline:
            time.sleep(0.1)
        (first, *_) = hooks.deliveries()
        assert begin <= first.at <= time.time()
        assert first.path == "/alerts"
        assert [alert["labels"]["alertname"] for alert in first.body["alerts"]] == ["Always"]
        assert server.alerts()[0]["state"] == "firing"
        assert manager.alerts()


def test_backfilled_samples_are_answered_at_their_own_times(tmp_path: Path) -> None:
    file, storage = tmp_path / "samples.txt", tmp_path / "data"
    start = 1_700_000_000
    lines = [f"asked_total {second} {start + second}" for second in range(0, 600, 60)]
    file.write_text("\n".join(["# TYPE asked counter", *lines, "# EOF", ""]))
    backfill(file, storage)
    options = ["--storage.tsdb.retention.time=100y"]
    with prometheus({"scrape_configs": []}, storage=storage, options=options) as server:
        (series,) = _rates(server, start)
        assert float(series["values"][-1][1]) == pytest.approx(1)


def _rates(server: Prometheus, start: float) -> list[dict]:
    return server.query_range("rate(asked_total[5m])", start + 300, start + 540, 60)


def test_a_wrong_rule_or_route_is_told_by_the_tools(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.yml"
    wrong.write_text(yaml.safe_dump({"groups": [{"name": "a", "rules": [{"alert": "A", "expr": "rate("}]}]}))
    with pytest.raises(ServiceError, match="could not parse expression"):
        promtool("check", "rules", str(wrong))
    wrong.write_text("route: {receiver: nobody}\n")
    with pytest.raises(ServiceError, match="nobody"):
        amtool("check-config", str(wrong))
