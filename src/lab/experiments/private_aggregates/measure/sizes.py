"""How the error depends on the size of a group and of the table."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.experiments.private_aggregates.measure.seen import Sizes
from lab.experiments.private_aggregates.mechanism.queries import Count, Grouped
from lab.experiments.private_aggregates.oracle import theory
from lab.experiments.private_aggregates.workload import plan
from lab.experiments.private_aggregates.workload.arms import Arm

DAYS = tuple(range(61))  # groups that are known beforehand; most of them hold few people
_RELEASES = 2_000
SUBSAMPLE = 10  # one person in ten


def sizes(arm: Arm) -> Sizes:
    """Relative error of each group's count, and of the sum of visits on a random tenth of the people.

    No constant of the law is taken from the tenth.
    """
    question = plan.questions(arm.params)[1]
    people = arm.table["person"].unique()
    few = np.random.default_rng(arm.params.seed).choice(people, len(people) // SUBSAMPLE, replace=False)
    table = arm.table[arm.table["person"].isin(few)]
    ready = arm.ready(question.query, question.bounds, table)
    errors = np.abs(ready.draw(question.epsilon(arm.params), arm.params.draws) - ready.answer)
    return Sizes(
        _by_days(arm),
        len(people),
        len(few),
        float(errors.mean() / ready.answer),
        float(arm.ready(question.query, question.bounds).answer),
    )


def _by_days(arm: Arm) -> pd.DataFrame:
    query = Grouped(Count(), "hospital_days", DAYS)
    epsilon = plan.questions(arm.params)[-1].epsilon(arm.params)
    ready = arm.ready(query)
    errors = np.abs(ready.draw(epsilon, _RELEASES) - ready.answer).mean(axis=0)
    table = pd.DataFrame({"days": DAYS, "rows": ready.answer, "mae": errors})
    table = table[table["rows"] > 0].reset_index(drop=True)
    expected = theory.laplace_error(arm.params.rows, epsilon).mean
    return table.assign(
        relative=table["mae"] / table["rows"], theory=expected / table["rows"], epsilon=epsilon
    )
