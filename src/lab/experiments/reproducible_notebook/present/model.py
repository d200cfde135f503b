"""What changes with the number of notebooks: machine time, and the chance that none fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.reproducible_notebook.judge.model import chance, clean_runs, half, needed
from lab.experiments.reproducible_notebook.present.findings import Findings, findings, listed

SHARE = 0.99  # of the projection: ours, for want of one that holds for any notebook


@dataclass(frozen=True)
class Published:
    """identical: notebooks that gave the results that they had stored, of those that were `rerun`."""

    identical: int
    rerun: int
    source: str

    @property
    def share(self) -> float:
        return self.identical / self.rerun


PUBLISHED = Published(
    879,
    10_388,
    "879 identical results of 10,388 notebooks of publications whose declared packages could be installed "
    "(Samuel and Mietchen, GigaScience 2024)",
)


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Seconds of all environments, checked in this run; chances by arithmetic."""
    found = findings(treatment, controls)
    return Model(
        statement=(
            "Each execution is a process of its own, so machine time grows with notebooks times environments, and n independent "
            "notebooks all reproduce with the n-th power of one's chance."
        ),
        formula=r"T(n) = \left\lceil \frac{n\,e}{w} \right\rceil t,\qquad P(n) = p^n",
        constants=[treatment.metric(name) for name in ("execution_s", "environments", "at_once")],
        check=Prediction(
            f"all {found.cost.executions} executions, from the first two",
            found.cost.seconds(),
            found.value("all_s"),
            "s",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        grades={
            "one environment, minutes": "extrapolated",
            "all environments, minutes": "extrapolated",
            f"all reproduce at {100 * SHARE:g} % each, %": "arithmetic",
            "failures allowed for 95 %, of 1,000": "arithmetic",
            "clean runs that show it": "arithmetic",
        },
        checked_to=1,
        changes_at=f"{half(SHARE):.0f} notebooks: at {100 * SHARE:g} % each, half of the runs fail",
        advice=_advice(found),
    )


def _row(found: Findings, factor: int) -> dict[str, object]:
    due = needed(factor)
    return {
        "factor": factor,
        "one environment, minutes": round(found.cost.seconds(factor, 1) / 60, 2),
        "all environments, minutes": round(found.cost.seconds(factor) / 60, 1),
        f"all reproduce at {100 * SHARE:g} % each, %": float(f"{100 * chance(SHARE, factor):.2g}"),
        "failures allowed for 95 %, of 1,000": float(f"{1000 * (1 - due):.2g}"),
        "clean runs that show it": clean_runs(due),
    }


def _advice(found: Findings) -> list[Advice]:
    executions = found.cost.executions
    weekly = max(
        executions - 1, 0
    )  # not the hash seed's, but the first one's again: the others are held against it
    return [
        Advice(
            f"A cached result is as good as its key: source, parameters, inputs, lock and Python; where bytes must be "
            f"equal also what changed them here ({listed(found.other_bytes)}).",
            "measured",
        ),
        Advice(
            f"Whoever pushes pays for three executions (the report's, the first environment's, another hash seed's); the others, "
            f"{weekly} with the first, belong in a weekly run, whose {found.cost.seconds(1, weekly) / 60:.1f} machine "
            "minutes for each notebook its owner pays.",
            "extrapolated",
            "from one notebook of this length; a longer one costs its own time in each environment",
        ),
        Advice(
            f"From {half(SHARE):.0f} notebooks on that reproduce with {100 * SHARE:g} % each, a run of all is as likely red as "
            "green: gate each notebook by itself, and re-run only those whose key changed.",
            "arithmetic",
            "p^n = 1/2, independent failures; the share is an example, not measured",
        ),
    ]
