"""What else could tell on a person: the key of a group, the low-order bits of a number."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric
from lab.evidence.statistics import rule_of_three, wilson
from lab.experiments.private_aggregates import attack, noise, plan
from lab.experiments.private_aggregates.arm import Arm, Seen
from lab.experiments.private_aggregates.data import without_person
from lab.experiments.private_aggregates.queries import Count, Grouped

ATTACKED = 2_000  # outputs from each neighbour
GRID = -30  # OpenDP is told to answer in multiples of 2^-30
_GROUPED_SHARE = "0.15"


def keys(arm: Arm) -> Seen:
    """Groups of one person in releases with unknown keys, and the key set of a release with known ones."""
    params, query = arm.params, plan.unknown_groups()
    people = arm.table.groupby(query.by)["person"].nunique()
    alone = {int(key) for key in people[people == 1].index}
    epsilon = plan.questions(params)[-1].epsilon(params)
    published = arm.ready(query, delta=params.delta).draw(epsilon, params.leak_runs)
    leaked = sum(not alone.isdisjoint(release) for release in published)
    differing = 0 if _same_known_keys(arm, epsilon) else 1
    groups = [len(release) for release in published]
    detail = (
        f"{leaked:,} of {params.leak_runs:,} releases publish one of the {len(alone)} groups of one person"
        + (f" (rate ≤ {rule_of_three(params.leak_runs):.2g} at 95 %)" if not leaked else "")
        + f"; on average {np.mean(groups):.1f} of {len(people)} groups are published"
    )
    metric = Metric("groups_published", float(np.mean(groups)), "groups", f"of {len(people)} in the data")
    return Seen({"no_key_leaks": Observation(leaked + differing, detail)}, [metric])


def _same_known_keys(arm: Arm, epsilon: float) -> bool:
    """Keys 0-60 days given beforehand: published alike with and without the person who was in longest."""
    query = Grouped(Count(), "hospital_days", tuple(range(61)))
    longest = int(arm.table["person"].to_numpy()[arm.table["hospital_days"].argmax()])
    tables = arm.table, without_person(arm.table, longest)
    return len({tuple(arm.ready(query, table=table).release(epsilon)[0]) for table in tables}) == 1


def low_order_bits(arm: Arm) -> Seen:
    """Mironov's attack on a count that is 0 or 1, at each claimed epsilon, on numpy's noise and on OpenDP's."""
    table = pd.DataFrame([_attacked(arm, epsilon) for epsilon in arm.params.audited])
    table["score"] = table["naive_right"] - table["naive_wrong"]
    worst = table.loc[table["score"].idxmin()]
    total = 2 * ATTACKED
    seen = {
        "naive_noise_identifies": Observation(
            float(worst["score"]),
            f"at epsilon {worst['epsilon']:g}: certain and right {100 * worst['naive_right']:.0f} %, certain and "
            f"wrong {100 * worst['naive_wrong']:.0f} % of {total:,} outputs",
            wilson(round(float(worst["naive_right"]) * total), total),
        ),
        "opendp_bits_are_clean": _grid(arm),
    }
    metrics = [
        Metric(
            f"identified_at_{row['epsilon']:g}",
            float(row["naive_right"]),
            "",
            f"share of numpy's outputs that the true neighbour alone can have produced, epsilon "
            f"{row['epsilon']:g}",
            interval=wilson(round(row["naive_right"] * total), total),
            method="wilson 95 %",
        )
        for _, row in table.iterrows()
    ]
    return Seen(seen, metrics, {"attack": table})


def _attacked(arm: Arm, epsilon: float) -> dict[str, float]:
    scale, values = 1 / epsilon, (0.0, 1.0)
    naive = [
        attack.naive_laplace(value, scale, ATTACKED, arm.params.seed + place)
        for place, value in enumerate(values)
    ]
    exact = [noise.float_laplace(value, scale, ATTACKED) for value in values]
    found = {"epsilon": epsilon}
    for name, outputs in (("naive", naive), ("opendp", exact)):
        said = attack.verdicts(*(attack.identify(part, *values, scale) for part in outputs))
        found[f"{name}_right"] = said.right / said.total
        found[f"{name}_wrong"] = said.wrong / said.total
    return found


def _grid(arm: Arm) -> Observation:
    # Two incomes of the table that are no multiples of 2^GRID: their low bits must not come through.
    low, high = (float(value) for value in arm.table["income"].quantile([0.25, 0.75], "nearest") + 0.1)
    outputs = [noise.float_laplace(value, 1.0, arm.params.draws, GRID) for value in (low, high)]
    off = sum(attack.off_grid(part, GRID) for part in outputs)
    total = 2 * arm.params.draws
    return Observation(off, f"of {total:,} outputs (rate ≤ {rule_of_three(total):.2g} at 95 %)")
