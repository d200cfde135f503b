"""How the error depends on the size of a group and of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.result import Metric
from lab.experiments.private_aggregates import oracle, plan
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.queries import Count, Grouped

DAYS = tuple(range(61))  # groups that are known beforehand; most of them hold few people
_RELEASES = 2_000
SUBSAMPLE = 10  # one person in ten


def sizes(arm: Arm) -> Seen:
    """Relative error of each group's count, and of the sum on a tenth of the people."""
    return Seen({}, [*_small_table(arm)], {"groups": _by_days(arm)})


def _by_days(arm: Arm) -> pd.DataFrame:
    query = Grouped(Count(), "hospital_days", DAYS)
    epsilon = plan.questions(arm.params)[-1].epsilon(arm.params)
    ready = arm.ready(query)
    errors = np.abs(ready.draw(epsilon, _RELEASES) - ready.answer).mean(axis=0)
    table = pd.DataFrame({"days": DAYS, "rows": ready.answer, "mae": errors})
    table = table[table["rows"] > 0].reset_index(drop=True)
    expected = oracle.laplace_error(arm.params.rows, epsilon).mean
    return table.assign(
        relative=table["mae"] / table["rows"], theory=expected / table["rows"], epsilon=epsilon
    )


def _small_table(arm: Arm) -> list[Metric]:
    """The sum of visits on a random tenth of the people: a size that no constant was taken from."""
    question = plan.questions(arm.params)[1]
    people = arm.table["person"].unique()
    few = np.random.default_rng(arm.params.seed).choice(people, len(people) // SUBSAMPLE, replace=False)
    table = arm.table[arm.table["person"].isin(few)]
    ready = arm.ready(question.query, question.bounds, table)
    errors = np.abs(ready.draw(question.epsilon(arm.params), arm.params.draws) - ready.answer)
    whole = float(arm.ready(question.query, question.bounds).answer)
    return [
        Metric("people", len(people), "people", "people in the table"),
        Metric("people_in_subsample", len(few), "people"),
        Metric("relative_mae_subsample", float(errors.mean() / ready.answer), ""),
        Metric("visits_per_person", whole / len(people), "visits", "clipped visits per person"),
    ]
