"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from lab.evidence.criteria import Observation
from lab.experiments.dbt_contracts.judge import census, growth
from lab.experiments.dbt_contracts.judge.layers import NAMING, NOBODY
from lab.experiments.dbt_contracts.measure.seen import Built

AGREED = ("names and types", "rules for values")
SHOWN = 3  # examples of what is wrong


def observe(
    clean: Sequence[Built], builds: pd.DataFrame, kept: pd.DataFrame | None
) -> dict[str, Observation]:
    """Of one arm: its builds of the source as agreed, and of its changes. kept: the census, where it is of this source."""
    found = {}
    if clean:
        found["clean_passes"] = clean_passes(clean)
        found["marts_right"] = marts_right(clean)
    if len(builds):
        found["violations_named"] = violations_named(builds)
    if (builds["group"] == "benign").any():
        found["benign_blocked"] = benign_blocked(builds)
    if builds["engine"].nunique() > 1:
        found["engines_agree"] = engines_agree(builds)
    if kept is not None and len(builds):
        found["census_agrees"] = census_agrees(builds, kept)
    return found


def census_agrees(builds: pd.DataFrame, kept: pd.DataFrame) -> Observation:
    """Builds that came out otherwise than in the kept sweep."""
    return _listed(census.differing(builds, kept), len(builds), "builds")


def clean_passes(clean: Sequence[Built]) -> Observation:
    """Nodes that did not pass."""
    wrong = [node.name for built in clean for node in built.failures]
    ran = ", ".join(f"{built.nodes} nodes on {built.engine}" for built in clean)
    return _listed(wrong, sum(built.nodes for built in clean), f"nodes: {ran}")


def marts_right(clean: Sequence[Built]) -> Observation:
    """Rows that the oracle has otherwise; marts that can't be read count as one."""
    wrong = sum(1 if built.differing is None else built.differing for built in clean)
    return Observation(wrong, ", ".join(built.engine for built in clean))


def violations_named(builds: pd.DataFrame) -> Observation:
    """Of violations of what was agreed, those of which no contract, constraint or test names model and column."""
    agreed = builds[builds["group"].isin(AGREED)]
    wrong = agreed[~(agreed["layer"].isin(NAMING) & agreed["named"].astype(bool))]
    return _by_change(wrong, agreed)


def benign_blocked(builds: pd.DataFrame) -> Observation:
    """Benign changes that stopped the build."""
    benign = builds[builds["group"] == "benign"]
    wrong = benign[benign["layer"] != NOBODY]
    return _by_change(wrong, benign)


def engines_agree(builds: pd.DataFrame) -> Observation:
    """Changes that another layer notices, or names, on the other engine."""
    told = builds.assign(outcome=builds["layer"] + builds["named"].map({True: ", named", False: ""}))
    wide = told.pivot(index="mutant", columns="engine", values="outcome").dropna()
    wrong = wide[wide.nunique(axis=1) > 1]
    return _listed([f"{name}: {' / '.join(row)}" for name, row in wrong.iterrows()], len(wide), "changes")


def tests_predicted(timed: pd.DataFrame) -> Observation:
    """Error of the predicted time of the tests, of the measured one."""
    predicted, measured = growth.predicted(timed)
    detail = f"{predicted:.2f} s predicted, {measured:.2f} s measured at {growth.middle(timed):,} orders"
    return Observation(abs(predicted / measured - 1), detail)


def _by_change(wrong: pd.DataFrame, builds: pd.DataFrame) -> Observation:
    """A change that is built on two engines is one; it is wrong if it is on any."""
    said = [f"{row.mutant}: {row.layer}" for row in wrong.drop_duplicates("mutant").itertuples()]
    return _listed(said, builds["mutant"].nunique(), f"changes, in {len(builds)} builds")


def _listed(wrong: Sequence[object], of: int, what: str) -> Observation:
    shown = "; ".join(map(str, wrong[:SHOWN]))
    return Observation(len(wrong), f"{shown} (of {of} {what})" if shown else f"of {of} {what}")
