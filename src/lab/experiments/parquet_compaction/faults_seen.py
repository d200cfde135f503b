"""What readers during compaction and killed compactions tell: pure."""

from __future__ import annotations

from collections.abc import Sequence

from lab.evidence.criteria import Observation
from lab.evidence.statistics import rule_of_three
from lab.experiments.parquet_compaction.checks import check_readings, check_survey
from lab.experiments.parquet_compaction.crash import Kill
from lab.experiments.parquet_compaction.params import Params
from lab.experiments.parquet_compaction.readers import Watch


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
    surveys = [(kill, survey) for kill in kills for survey in (kill.halted, kill.left)]
    wrong = {kill.stage.name: fault for kill, survey in surveys for fault in check_survey(survey, rows)}
    unhealed = [
        kill.stage.name
        for kill in kills
        if check_survey(kill.mended, rows) or kill.stray or kill.mended.files != kill.partitions
    ]
    early = sum(not kill.committed for kill in kills)
    detail = (
        f"of {len(kills)}, each at a stage of its own, {early} before the log was switched; "
        f"{sum(kill.unnamed for kill in kills)} files were left that the log did not name"
    )
    hit = all(kill.reached and kill.committed == kill.stage.switched for kill in kills)
    return {
        "crash_loses_nothing": Observation(
            len(wrong), detail + (f"; {wrong}" if wrong else ""), conclusive=hit or bool(wrong)
        ),
        "second_run_heals": Observation(
            len(unhealed),
            f"of {len(kills)}" + (f"; {unhealed}" if unhealed else ""),
            conclusive=hit or bool(unhealed),
        ),
    }
