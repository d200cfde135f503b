"""Panels of a dashboard, asked of a server that stands in for Prometheus."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from lab.services.dashboard import panels

ANSWERS: dict[str, list[dict[str, Any]]] = {
    "rate(rows[7s])": [{"metric": {"model": "a"}, "values": [[101.0, "2"], [102.0, "NaN"], [103.0, "-Inf"]]}],
    "ALERTS": [{"metric": {"model": "b", "alertname": "Low"}, "values": [[104.0, "1"]]}],
    "nothing": [{"metric": {}, "values": [[104.0, "NaN"]]}],
}


class Server:
    def query_range(self, expression: str, start: float, end: float, step_s: float) -> list[dict[str, Any]]:
        assert (start, end, step_s) == (100.0, 110.0, 1.0)
        return ANSWERS[expression]


def test_panels_have_their_numbers_and_those_without_any_are_named(tmp_path: Path) -> None:
    expressions = ["rate(rows[$__rate_interval])", "ALERTS", "nothing"]
    made = [{"title": each[:4], "targets": [{"expr": each}]} for each in expressions]
    (tmp_path / "dashboard.json").write_text(json.dumps({"panels": made}))
    shown, empty = panels(Server(), tmp_path / "dashboard.json", 100.0, 110.0, 1.0, "7s", "model")  # type: ignore[arg-type]
    assert shown.to_dict("records") == [
        {"panel": "rate", "seconds": 1.0, "value": 2.0, "model": "a", "alert": ""},
        {"panel": "ALER", "seconds": 4.0, "value": 1.0, "model": "b", "alert": "Low"},
    ]
    assert empty == ["noth"]
