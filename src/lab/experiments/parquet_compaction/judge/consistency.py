"""What readers during a compaction saw, and what a killed compaction left: nothing torn, lost or repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import rule_of_three
from lab.experiments.parquet_compaction.measure.concurrent_readers import Reading, Watch
from lab.experiments.parquet_compaction.measure.killed_compaction import Kill, Survey
from lab.experiments.parquet_compaction.params import Params


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


def check_survey(survey: Survey, rows: int) -> list[str]:
    """What is wrong with a dataset of the events 0..rows-1: "lost", "repeated", or nothing."""
    wrong = []
    if survey.distinct < rows or survey.total < rows * (rows - 1) // 2:
        wrong.append("lost")
    if survey.rows > survey.distinct:
        wrong.append("repeated")
    return wrong


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
    """Readings that never were a state of the dataset; if there are none, with the rule of three.

    What is torn counts whenever it was read; what is whole counts only if it was read during a compaction.
    """
    during = watch.overlapping
    kinds = check_readings(during, watch.batch_rows)
    torn = len(watch.readings) - check_readings(watch.readings, watch.batch_rows)["whole"]
    said = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    detail = (
        f"of {len(during)} readings during one of {len(watch.compactions)} compactions: {said or 'none'}; "
        f"{len(watch.readings) - len(during)} others met none and are not counted"
    )
    interval = None
    if not torn and during:
        interval = (0.0, rule_of_three(len(during)) * len(during))
        detail += f"; so at most {rule_of_three(len(during)):.1%} of readings at 95 %"
    return Observation(torn, detail, interval, conclusive=bool(during))


def killed(params: Params, kills: Sequence[Kill]) -> dict[str, Observation]:
    """What is left after each kill, and after the next compaction. Inconclusive if a kill missed its stage."""
    rows = params.batch_rows * kills[0].batches
    wrong = {
        kill.stage.name: fault
        for kill in kills
        for survey in (kill.halted, kill.left)
        for fault in check_survey(survey, rows)
    }
    unhealed = [
        kill.stage.name
        for kill in kills
        if check_survey(kill.mended, rows) or kill.mended.unnamed or kill.mended.files != kill.partitions
    ]
    hit = all(kill.reached and kill.switched == kill.stage.switched for kill in kills)
    detail = (
        f"of {len(kills)}, each at a stage of its own, {sum(not kill.switched for kill in kills)} before the log was switched; "
        f"{sum(kill.left.unnamed for kill in kills)} files were left that the log did not name"
    )
    return {
        "crash_loses_nothing": Observation(
            len(wrong), detail + (f"; {wrong}" if wrong else ""), conclusive=hit or bool(wrong)
        ),
        "second_run_heals": Observation(
            len(unhealed), f"of {len(kills)}; {unhealed or 'all healed'}", conclusive=hit or bool(unhealed)
        ),
    }


def kills_table(kills: Sequence[Kill]) -> pd.DataFrame:
    """One row per killed compaction."""
    rows = [
        {
            "stage": kill.stage.name,
            "switched": kill.switched,
            "files named": kill.left.files,
            "files not named": kill.left.unnamed,
            "events read": kill.left.distinct,
            "files after mending": kill.mended.files,
            "orphan files after mending": kill.mended.unnamed,
        }
        for kill in kills
    ]
    return pd.DataFrame(rows)


def readings_table(watch: Watch) -> pd.DataFrame:
    """How many readings during compaction were of which kind."""
    kinds = check_readings(watch.overlapping, watch.batch_rows)
    return pd.DataFrame([{"kind": kind, "readings": count} for kind, count in kinds.items()])
