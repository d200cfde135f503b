"""What readers during a compaction saw: nothing torn, lost or repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.parquet_compaction.measure.concurrent_readers import Reading, Watch


def check_reading(reading: Reading, batch_rows: int) -> str:
    """ "whole" if the reading is a past state that was not older than what was known when it began.

    Else what is wrong: "failed", "repeated" (a row twice), "missing" (a row lacks among those read), "half" (part
    of a micro-batch), "stale" (rows that were committed before the reading began are not in it).
    """
    if reading.error:
        return "failed"
    if reading.distinct < reading.rows:
        return "repeated"
    if reading.rows != reading.last + 1 or reading.total != reading.last * (reading.last + 1) // 2:
        return "missing"
    if reading.rows % batch_rows:
        return "half"
    return "stale" if reading.rows < reading.known else "whole"


def check_readings(readings: Sequence[Reading], batch_rows: int) -> Counter[str]:
    """How many readings were of each kind."""
    return Counter(check_reading(reading, batch_rows) for reading in readings)


def watched(watch: Watch) -> dict[str, Observation]:
    """What the readers tell, and whether enough of them met a compaction."""
    met = len(watch.overlapping)
    return {
        "reader_sees_whole": reader_sees_whole(watch),
        "readers_met_compaction": Observation(
            met / watch.wanted, f"{met} readings during a compaction, {watch.wanted} asked for"
        ),
    }


def reader_sees_whole(watch: Watch) -> Observation:
    """Readings that never were a state of the dataset.

    What is torn counts whenever it was read; what is whole counts only if it was read during a compaction. No rate is
    told: readings during one compaction are not independent of each other, and compactions are few.
    """
    during = watch.overlapping
    kinds = check_readings(during, watch.batch_rows)
    torn = len(watch.readings) - check_readings(watch.readings, watch.batch_rows)["whole"]
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    detail = (
        f"of {len(during)} readings during one of {len(watch.compactions)} compactions: {said or 'none'}; "
        f"{len(watch.readings) - len(during)} others met none and are not counted"
    )
    return Observation(torn, detail, conclusive=bool(during))


def readings_table(watch: Watch) -> pd.DataFrame:
    """How many readings during compaction were of which kind."""
    kinds = check_readings(watch.overlapping, watch.batch_rows)
    return pd.DataFrame([{"kind": kind, "readings": count} for kind, count in kinds.items()])
