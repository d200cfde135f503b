"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence

from lab.evidence.criteria import Observation
from lab.evidence.statistics import wilson
from lab.experiments.lineage.criteria import LEVEL
from lab.experiments.lineage.judge import influences, query_time
from lab.experiments.lineage.judge.reading import Share, precision, recall
from lab.experiments.lineage.measure.seen import Captured, Generated, Seen
from lab.experiments.lineage.mechanism import Coverage


def observe(seen: Seen, reader: str) -> dict[str, Observation]:
    """By criterion. reader: the one that is judged on generated SQL."""
    found: dict[str, Observation] = {}
    if seen.captured is not None:
        found |= _captured(seen.captured)
    if seen.captured is not None and seen.perturbed is not None:
        lost = influences.missed(seen.captured, seen.perturbed)
        pairs = f"of {len(seen.perturbed.pairs)} seen in {seen.perturbed.runs} runs"
        names = [f"{'.'.join(pair[:2])} -> {'.'.join(pair[2:])}" for pair in lost]
        found["no_influence_missed"] = _none(names, pairs)
    if seen.generated is not None:
        found |= _generated(seen.generated, reader)
    if seen.scaling is not None:
        fit = query_time.check(seen.scaling)
        text = f"predicted {fit.predicted * 1e3:.3g} ms, measured {fit.measured * 1e3:.3g} ms"
        found["model_predicts"] = Observation(abs(fit.error), text)
    return found


def _none(wrong: Sequence[str], told: str) -> Observation:
    """Nothing may be wrong; the first few that are, by name."""
    more = f": {'; '.join(wrong[:3])}" if wrong else ""
    return Observation(len(wrong), f"{told}{more}")


def _captured(captured: Captured) -> dict[str, Observation]:
    assets, columns = captured.assets, captured.columns
    silent = [name for name, kinds in captured.events.items() if list(kinds) != ["START", "COMPLETE"]]
    return {
        "mart_columns_shown": _none(
            influences.not_shown(captured), f"of {len(captured.rest)} columns of marts"
        ),
        "assets_covered": _covered(assets),
        "columns_covered": _covered(columns),
        "events_kept": _none(silent, f"of {len(captured.events)} tasks"),
    }


def _covered(coverage: Coverage) -> Observation:
    # What is named is what has none: "13 of 14 have it: mart.x" would say that mart.x has it.
    without = "; without" if coverage.missing else ""
    return _none(coverage.missing, f"{coverage.covered} of {coverage.total} have it{without}")


def _generated(generated: Generated, reader: str) -> dict[str, Observation]:
    read = generated.read[generated.read["reader"] == reader]
    found = {"precision": _share(precision(read), len(read)), "recall": _share(recall(read), len(read))}
    if len(generated.influences):
        exact, total = int(generated.influences["exact"].sum()), len(generated.influences)
        low, high = wilson(exact, total)
        found["statements_exact"] = Observation(
            exact / total, f"{exact} of {total}", (low, high), conclusive=not low < LEVEL <= high
        )
    if generated.verified:
        found["truth_holds"] = _none(
            generated.refuted, f"in {generated.verified} statements that were executed"
        )
        found["refusals_name_it"] = _none(
            generated.unnamed, f"of {generated.unreadable} unreadable statements"
        )
    return found


def _share(share: Share, statements: int) -> Observation:
    text = f"{share.wrong} wrong in {statements} statements"
    return Observation(
        share.value, text, (share.low, share.high), conclusive=not share.low < LEVEL <= share.high
    )
