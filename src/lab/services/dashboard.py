"""What a Grafana dashboard would show: its panels' expressions, asked of Prometheus. No Grafana is needed."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from lab.services.prometheus import Prometheus

_NO_NUMBER = ("NaN", "+Inf", "-Inf")


def panels(
    server: Prometheus, dashboard: Path, start: float, end: float, step_s: float, rate_window: str, label: str
) -> tuple[pd.DataFrame, list[str]]:
    """What the first expression of each panel gives from `start` to `end` (s since 1970); titles of those without anything.

    rate_window: in place of Grafana's $__rate_interval. label: of the series, a column of its own.
    Columns: panel, seconds (from `start`), value, LABEL, alert (its name where it is one); what is no number is left out.
    """
    rows, empty = [], []
    for panel in json.loads(dashboard.read_text())["panels"]:
        expression = panel["targets"][0]["expr"].replace("$__rate_interval", rate_window)
        values = [
            {"panel": panel["title"], "seconds": at - start, "value": float(value)}
            | {label: each["metric"].get(label, ""), "alert": each["metric"].get("alertname", "")}
            for each in server.query_range(expression, start, end, step_s)
            for at, value in each["values"]
            if value not in _NO_NUMBER
        ]
        rows += values
        empty += [] if values else [panel["title"]]
    return pd.DataFrame(rows), empty
