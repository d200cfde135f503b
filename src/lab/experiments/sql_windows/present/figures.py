"""What the run found, drawn."""

from __future__ import annotations

from collections.abc import Mapping

from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.sql_windows.present.figures_of_rows import broken, cohorts, sort_memory
from lab.experiments.sql_windows.present.figures_of_time import sliding, slopes, time_by_rows


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """Figures by name, in the order in which they are told."""
    return {
        "time_by_rows": time_by_rows(treatment),
        "slopes": slopes(treatment),
        "sliding": sliding(treatment),
        "controls": broken(controls),
        "cohorts": cohorts(treatment),
        "sort_memory": sort_memory(treatment),
    }
