"""A cold scan over a reader's own link, and how large files should be there."""

from __future__ import annotations

from lab.evidence.calculator import Answers, Calculator, Constants, Input, Inputs, Output, script_beside
from lab.experiments.parquet_compaction.measure.file_sizes import TIMES
from lab.experiments.parquet_compaction.mechanism.cost_model import ROUND_TRIPS_PER_QUERY, Model
from lab.experiments.parquet_compaction.present.findings import Findings


def compute(inputs: Inputs, constants: Constants) -> Answers:
    """s of the scan, % of it that goes into opening files, MB of files of which opening takes `tolerance` %.

    Opening is round trips; what a query does once has some too.
    """
    longer = (inputs["rtt"] - constants["rtt"]) / 1e3
    model = Model(
        fixed_s=max(0.0, constants["fixed"] + constants["trips_per_query"] * longer),
        open_s=constants["open"] * (inputs["rtt"] / constants["rtt"]),
        s_per_byte=1 / (inputs["bandwidth"] * 1e6),
        r2=float("nan"),
    )
    scan = float(model.predict(inputs["files"], inputs["size"] * 1e6))
    return {
        "scan": scan,
        "share": 100 * model.open_s * inputs["files"] / scan,
        "file": model.file_bytes(inputs["tolerance"] / 100) / 1e6,
    }


def calculator(found: Findings, files: int, read_mb: float) -> Calculator:
    """files, read_mb: of the run's own log, never compacted."""
    rtt, bandwidth = found.round_trip_ms, found.model.bandwidth / 1e6
    opened = found.scans["files"]
    return Calculator(
        [
            Input("size", "Bytes read", "MB", read_mb, 0.001, 1e9, (read_mb, read_mb * TIMES)),
            Input("files", "Files", "", files, 1, 1e8, (float(opened.min()), float(opened.max())), whole=True),
            Input("rtt", "Round trip", "ms", rtt, 0.1, 2_000, (rtt, rtt)),
            Input("bandwidth", "Bandwidth, decoding included", "MB/s", bandwidth, 0.1, 1e5, (bandwidth, bandwidth)),
            Input("tolerance", "Opening may take", "%", 100 * found.params.tolerance, 0.1, 99),
        ],
        [
            Output("scan", "A full scan takes", "s", "measured", "full scan of them, s"),
            Output("share", "Opening files takes of it", "%", "simulated"),
            Output("file", "Make files of at least", "MB", "simulated", rests_on=("rtt", "bandwidth")),
        ],
        {"fixed": found.model.fixed_s, "open": found.model.open_s, "rtt": rtt, "trips_per_query": ROUND_TRIPS_PER_QUERY},
        compute,
        script_beside(__file__),
    )  # fmt: skip
