"""The controls' queries: two of the ten with one mistake each, as they are made in practice."""

from __future__ import annotations

from lab.experiments.sql_windows.mechanism.queries import Query, queries


def broken_queries() -> dict[str, dict[str, Query]]:
    """By name of the control: what to give to `run` as `queries`."""
    kit = queries()
    untied = kit["running_total"].changed("ORDER BY epoch_s, transaction_id", "ORDER BY epoch_s")
    rows = kit["moving_average_range"].changed("RANGE BETWEEN", "ROWS BETWEEN")
    return {
        "no tie-breaker": {"running_total": untied},
        "ROWS for RANGE": {"moving_average_range": rows},
    }
