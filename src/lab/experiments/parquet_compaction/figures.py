"""Pictures of one run: files, layouts, frequency, bytes, and the model held against the clock."""

from __future__ import annotations

from collections.abc import Mapping

from lab.charts.figure import Figure
from lab.evidence.result import Result
from lab.experiments.parquet_compaction.figure_of_frequency import trade_off
from lab.experiments.parquet_compaction.figures_of_layout import bytes_scanned, layouts
from lab.experiments.parquet_compaction.figures_of_time import files_time, predicted
from lab.experiments.parquet_compaction.findings import findings


def figures(treatment: Result, controls: Mapping[str, Result]) -> dict[str, Figure]:
    """The experiment's figures by name."""
    found = findings(treatment, controls)
    return {
        "files_time": files_time(found),
        "layouts": layouts(found),
        "bytes_scanned": bytes_scanned(found),
        "predicted": predicted(found),
        "trade_off": trade_off(found),
    }
