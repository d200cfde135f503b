"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.cdc_lakehouse.criteria import ANYWHERE
from lab.experiments.cdc_lakehouse.present.findings import Findings, findings


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, shape of the finding, decisions; every figure from the run."""
    found = findings(treatment, controls)
    snapshots = found.table("snapshots")
    equal = int((snapshots["wrong"] == 0).sum())
    first = found.shortest
    kills = len(found.table("faults"))
    return Summary(
        answer=(
            f"{found.treatment.metric('changes').value:,.0f} row changes went from PostgreSQL through Debezium, Kafka and "
            f"Spark into Iceberg. {equal} of {len(snapshots)} snapshots equal the source row by row, through {kills} SIGKILLs. "
            f"Median lag is {first.p50:.1f} s at a commit interval of {first.interval:g} s, of which "
            f"{first.interval / 2:g} s is the floor. It takes "
            f"Debezium's transaction metadata: cut anywhere, {_broken(found)} snapshots show a wrong sum of balances."
        ),
        headline=Metric(
            "lag_p50",
            float(first.p50),
            "s",
            f"median lag, commit interval {first.interval:g} s",
            better="lower",
        ),
        decisions=[
            Decision(
                "How often should a sink commit to Iceberg?",
                f"At {first.interval:g} s the median lag is {first.p50:.1f} s, at {found.longest.interval:g} s "
                f"{found.longest.p50:.1f} s. A batch takes {first.took:.1f} s anyway, and an interval that is shorter than "
                f"that can't be kept.",
            ),
            Decision(
                "May a batch of change events end anywhere?",
                f"Not if readers add up rows: {_broken(found)} snapshots were wrong. End it where a transaction ends, by "
                f"`provide.transaction.metadata`, and write the offsets into the snapshot's own summary.",
            ),
        ],
    )


def _broken(found: Findings) -> str:
    arm = found.controls[ANYWHERE]
    return f"{arm.observed['sum_at_every_snapshot'].value} of {len(arm.tables['snapshots'])}"
