"""Six pictures of one run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.cdc_lakehouse.present import lag_figures, table_figures
from lab.experiments.cdc_lakehouse.present.findings import findings


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "sums": table_figures.sums(found),
        "designs": table_figures.designs(found),
        "lag_over_time": lag_figures.lag_over_time(found),
        "lag_distribution": lag_figures.lag_distribution(found),
        "batch_by_size": table_figures.batch_by_size(found),
        "log_retained": lag_figures.log_retained(found),
    }
