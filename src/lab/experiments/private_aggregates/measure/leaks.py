"""What else could tell on a person: the key of a group, the low-order bits of a number."""

from __future__ import annotations

import pandas as pd

from lab.experiments.private_aggregates.measure.seen import Bits, Keys
from lab.experiments.private_aggregates.mechanism import noise
from lab.experiments.private_aggregates.mechanism.queries import Count, Grouped
from lab.experiments.private_aggregates.workload import attack, plan
from lab.experiments.private_aggregates.workload.survey import without_person
from lab.experiments.private_aggregates.workload.variants import Variant

ATTACKED = 2_000  # outputs from each neighbour, at each epsilon
GRID = -30  # OpenDP is told to answer in multiples of 2^-30


def keys(variant: Variant) -> Keys:
    """Groups of one person in releases with unknown keys, and the key set of a release with known ones."""
    params, query = variant.params, plan.unknown_groups()
    people = variant.table.groupby(query.by)["person"].nunique()
    alone = {int(key) for key in people[people == 1].index}
    epsilon = plan.questions(params)[-1].epsilon(params)
    published = variant.ready(query, delta=params.delta).draw(epsilon, params.leak_runs)
    leaked = sum(not alone.isdisjoint(release) for release in published)
    groups = [len(release) for release in published]
    return Keys(groups, leaked, len(people), len(alone), _same_known_keys(variant, epsilon))


def _same_known_keys(variant: Variant, epsilon: float) -> bool:
    """Keys 0-60 days given beforehand: published alike with and without the person who was in longest."""
    query = Grouped(Count(), "hospital_visits", tuple(range(61)))
    longest = int(variant.table["person"].to_numpy()[variant.table["hospital_visits"].argmax()])
    tables = variant.table, without_person(variant.table, longest)
    return len({tuple(variant.ready(query, table=table).release(epsilon)[0]) for table in tables}) == 1


def low_order_bits(variant: Variant) -> Bits:
    """Mironov's attack on a count that is 0 or 1, at each claimed epsilon, on numpy's noise and on OpenDP's."""
    table = pd.DataFrame([_attacked(variant, epsilon) for epsilon in variant.params.audited])
    table["score"] = table["naive_right"] - table["naive_wrong"]
    return Bits(table, _off_grid(variant), 2 * variant.params.draws)


def _attacked(variant: Variant, epsilon: float) -> dict[str, float]:
    scale, values = 1 / epsilon, (0.0, 1.0)
    naive = [
        attack.naive_laplace(value, scale, ATTACKED, variant.params.seed + place)
        for place, value in enumerate(values)
    ]
    exact = [noise.float_laplace(value, scale, ATTACKED) for value in values]
    found = {"epsilon": epsilon}
    for name, outputs in (("naive", naive), ("opendp", exact)):
        said = attack.verdicts(*(attack.identify(part, *values, scale) for part in outputs))
        found[f"{name}_right"] = said.right / said.total
        found[f"{name}_wrong"] = said.wrong / said.total
    return found


def _off_grid(variant: Variant) -> int:
    # Two incomes of the table that are no multiples of 2^GRID: their low bits must not come through.
    low, high = (float(value) for value in variant.table["income"].quantile([0.25, 0.75], "nearest") + 0.1)
    outputs = [noise.float_laplace(value, 1.0, variant.params.draws, GRID) for value in (low, high)]
    return sum(attack.off_grid(part, GRID) for part in outputs)
