"""The failure modes against your own Airflow, by pytest: `python -m pytest harness/test_failures.py` in the kit's folder.

AIRFLOW_URL (and AIRFLOW_TOKEN), WAREHOUSE (connection string, past any proxy), SOURCE (address of `harness.source`) say where.
TOXIPROXY (address of the proxy that the connection `warehouse` goes through) and WAREHOUSE_PID (its postmaster) add two modes;
the harness must run where the tasks do, to kill them. Takes some minutes with the DAG's own times; ORDERS_*_S shorten them.
"""

from __future__ import annotations

import json
import os
import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import psycopg
import pytest

from . import faults
from .api import Airflow
from .play import play

NEEDED = ("AIRFLOW_URL", "WAREHOUSE", "SOURCE")
pytestmark = pytest.mark.skipif(
    not all(map(os.environ.get, NEEDED)), reason=f"set {', '.join(NEEDED)}; see the README"
)
OUTAGE_S = float(os.environ.get("OUTAGE_S", 10))
_PUBLISHED = "SELECT order_id FROM orders_published WHERE batch = %s"
PATIENCE_S = float(os.environ.get("PATIENCE_S", 1800))


class Run:
    """A run of `orders` with a batch of its own."""

    def __init__(self) -> None:
        self.airflow = Airflow.of(os.environ["AIRFLOW_URL"], os.environ.get("AIRFLOW_TOKEN", ""))
        self.batch = uuid.uuid4().int % 1_000_000_000
        self.name = f"harness-{self.batch}"

    def begin(self) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.batch))
        self.airflow.trigger("orders", self.name, {"batch": self.batch}, moment)

    def state(self) -> str:
        return self.airflow.state("orders", self.name)

    def loading(self) -> float | None:
        found = self._rows(
            "SELECT 1 FROM pg_stat_activity WHERE application_name = %s AND query LIKE 'INSERT INTO orders_staging%%'",
            f"load {self.batch}",
        )
        return time.time() if found else None

    def begun(self) -> float | None:
        return time.time() if self.state() == "running" else None

    def task(self) -> str:
        return str(self.airflow.task("orders", self.name, "load")["id"])

    def published(self) -> list[str]:
        return [order for (order,) in self._rows(_PUBLISHED, self.batch)]

    def right(self) -> bool:
        """Whether as many orders are published as the source has in this batch, each once."""
        promised = json.loads(faults.call("GET", f"{os.environ['SOURCE']}/manifests/{self.batch}"))["rows"]
        return promised == len(self.published()) == len(set(self.published()))

    def _rows(self, query: str, *given: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(os.environ["WAREHOUSE"]) as connection:
            return connection.execute(query, given).fetchall()


def _play(
    run: Run, due: Callable[[], float | None], fault: Callable[[], AbstractContextManager[object]]
) -> str:
    seen = play(run.begin, due, fault, lambda: time.sleep(OUTAGE_S), run.state, PATIENCE_S)
    assert seen.injected_at == seen.injected_at, f"the fault was never due: {seen}"
    return seen.state


@pytest.mark.parametrize("supervisor", [False, True])
def test_a_task_that_is_killed_is_done_again(supervisor: bool) -> None:
    run = Run()

    def kill() -> AbstractContextManager[object]:
        assert faults.kill_task(run.task(), supervisor), "no process of the task on this machine"
        return nullcontext()

    assert _play(run, run.loading, kill) == "success"
    assert run.right()


def test_a_truncated_batch_is_not_published() -> None:
    run = Run()
    faults.spoil(os.environ["SOURCE"], run.batch, "truncated")
    assert _play(run, run.begun, nullcontext) == "failed"
    assert not run.published()


def test_a_source_that_comes_back_is_asked_again() -> None:
    run, source = Run(), os.environ["SOURCE"]
    faults.spoil(source, run.batch, "unavailable")

    class Away(nullcontext[None]):
        def __exit__(self, *_: object) -> None:
            faults.spoil(source, run.batch, "")

    assert _play(run, run.begun, Away) == "success"
    assert run.right()


@pytest.mark.skipif("TOXIPROXY" not in os.environ, reason="set TOXIPROXY")
def test_a_black_hole_is_survived() -> None:
    run = Run()
    assert _play(run, run.loading, lambda: faults.black_hole(os.environ["TOXIPROXY"])) == "success"
    assert run.right()


@pytest.mark.skipif("WAREHOUSE_PID" not in os.environ, reason="set WAREHOUSE_PID")
def test_a_frozen_database_is_survived() -> None:
    run = Run()
    assert _play(run, run.loading, lambda: faults.frozen(int(os.environ["WAREHOUSE_PID"]))) == "success"
    assert run.right()
