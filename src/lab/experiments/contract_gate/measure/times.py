"""How long the gate, datacontract-cli and dbt take on growing data, in turns; and the command's endings."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from lab.experiments.contract_gate.measure.data import FILE, changed, create
from lab.experiments.contract_gate.measure.seen import Ended, Timed
from lab.experiments.contract_gate.mechanism import CONTRACT, check, command, environment, load
from lab.experiments.contract_gate.params import Params
from lab.load.interleave import interleaved
from lab.services.datacontract import DataContractCli
from lab.services.dbt import Dbt
from lab.services.session import session

GATE, CLI, DBT, COMMAND = "gate", "datacontract-cli", "dbt run", "command"


def by_size(
    params: Params, folder: Path, project: Path, now: datetime, cli: DataContractCli, dbt: Dbt
) -> Iterator[Timed]:
    """Seconds of each step for each size; DuckDB files. The gate with reading the contract, in this process."""
    files = {orders: folder / str(orders) / FILE for orders in params.sizes}
    for orders, path in files.items():
        create(path, orders, now)
    # The gate's time is held to a line, the others' is shown beside it at both ends.
    ends = (params.sizes[0], params.sizes[-1])
    cells = [
        *((orders, GATE) for orders in params.sizes),
        *((orders, step) for orders in ends for step in (CLI, DBT)),
    ]
    for round_, (orders, step) in interleaved(cells, params.rounds, params.seed):
        path = files[orders]
        started = time.perf_counter()
        if step == GATE:
            check(load(CONTRACT), path, now)
        elif step == CLI:
            server = {"type": "duckdb", "database": str(path), "schema": "main"}
            cli.test(CONTRACT, server, parse_once=False)
        else:
            dbt.invoke(["run", "--quiet", "--no-write-json"], project, environment={"SHOP_DUCKDB": str(path)})
        yield Timed(orders, round_, step, time.perf_counter() - started)


def commands(params: Params, agreed: Path, folder: Path, now: datetime) -> Iterator[tuple[Ended, Timed]]:
    """The kit's command on good and bad data, on a broken contract, and without data; each a process of its own."""
    bad = changed(agreed, folder / "bad", ["UPDATE orders SET status = 'lost' WHERE order_id = 1"])
    broken = folder / "broken.odcs.yaml"
    broken.write_text(CONTRACT.read_text().replace("logicalType: integer", "logicalType: whole", 1))
    cases = {
        "good data": (0, CONTRACT, agreed),
        "a violation": (1, CONTRACT, bad),
        "a broken contract": (2, broken, agreed),
        "no data": (2, CONTRACT, folder / "nowhere"),
    }
    for number, (case, (due, contract, data)) in enumerate(cases.items()):
        started = time.perf_counter()
        status, said = _call(command(str(contract), str(data), "--now", now.isoformat()), environment())
        seconds = time.perf_counter() - started
        said = said.replace(str(folder), "data")  # where it is says nothing to a reader
        yield Ended(case, due, status, said), Timed(params.orders, number, COMMAND, seconds)


def _call(line: list[str], variables: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        line,
        capture_output=True,
        text=True,
        timeout=120,
        env=session().environment(variables),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    return done.returncode, (done.stdout + done.stderr).strip()
