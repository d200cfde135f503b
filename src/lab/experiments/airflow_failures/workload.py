"""Which run meets which fault, with guards or without, on which warehouse: all that happens in a run of the experiment."""

from __future__ import annotations

from dataclasses import dataclass

from lab.experiments.airflow_failures.kit.harness.faults import FAULTS
from lab.experiments.airflow_failures.kit.harness.source import rows
from lab.experiments.airflow_failures.params import Params

GUARDED, UNGUARDED = "orders", "orders_unguarded"  # the DAGs
QUIET, STORM, TRUNCATED = "none", "source unavailable", "truncated batch"
OUTAGES = ("database frozen", "database killed")
HOLE = "black hole"
KILLS = {"task killed": False, "task and supervisor killed": True}  # whether the supervisor dies too
STEPS = {STORM: "extract", TRUNCATED: "extract"}  # that a fault is meant for; the others strike within a load
STORMING = 3  # guarded runs that ask the same unavailable source
CALM = "warehouse"


@dataclass(frozen=True)
class Shot:
    """One DAG run and the fault that meets it. layers: that retry in its extract, without guards."""

    fault: str
    dag: str
    round: int
    batch: int
    layers: int = 1

    @property
    def guarded(self) -> bool:
        return self.dag == GUARDED

    @property
    def run(self) -> str:
        return f"{self.dag}-{self.batch}"

    @property
    def warehouse(self) -> str:
        """Connection: a database, or a link, of its own where it is that which is hurt."""
        return place(self.fault, self.dag)

    @property
    def source(self) -> str:
        """Connection: the storm's has a circuit breaker of its own."""
        return "source_storm" if self.fault == STORM else "source"

    @property
    def logical_date(self) -> str:
        """A different one for each run: Airflow's jitter is made of it."""
        return f"2026-01-01T{self.batch // 60:02}:{self.batch % 60:02}:00Z"

    @property
    def conf(self) -> dict[str, object]:
        return {
            "batch": self.batch,
            "source": self.source,
            "warehouse": self.warehouse,
            "layers": self.layers,
        }


def place(fault: str, dag: str) -> str:
    return f"{fault} {dag}".replace(" ", "_") if fault in (*OUTAGES, HOLE) else CALM


def shots(params: Params) -> list[list[Shot]]:
    """By round. Without guards there is one of each, in the first round, so that both meet the faults side by side."""
    rounds: list[list[Shot]] = []
    for number in range(1, params.rounds + 1):
        asked = [(fault.name, GUARDED, 1) for fault in FAULTS for _ in range(_runs(fault.name))]
        if number == 1:
            others = [fault.name for fault in FAULTS if fault.name != STORM]
            asked += [(name, UNGUARDED, 1) for name in others] + [(QUIET, GUARDED, 1), (QUIET, UNGUARDED, 1)]
            asked += [(STORM, UNGUARDED, layers) for layers in params.layers]
        first = 1 + sum(map(len, rounds))
        # Those that take longest first: each task waits for a processor.
        asked.sort(key=lambda each: (each[0] not in KILLS, each[0] == QUIET))
        rounds.append(
            [
                Shot(fault, dag, number, first + index, layers)
                for index, (fault, dag, layers) in enumerate(asked)
            ]
        )
    return rounds


def _runs(fault: str) -> int:
    return STORMING if fault == STORM else 1


def made(params: Params, shot: Shot) -> list[tuple[str, str, str]]:
    """The orders of a run's batch as the source made them."""
    return [
        (order, customer, f"{amount:.2f}")
        for order, customer, amount in rows(shot.batch, params.rows, params.seed)
    ]
