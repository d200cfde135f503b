"""Lifecycles of the services and the order of steps."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import metadata
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.schema_evolution.judge.metrics import metrics, tables
from lab.experiments.schema_evolution.judge.observations import observe
from lab.experiments.schema_evolution.kit.evolution import Break, compatible
from lab.experiments.schema_evolution.measure import drill, files, migration, pairs, topic, walks
from lab.experiments.schema_evolution.measure.seen import Seen
from lab.experiments.schema_evolution.mechanism.consumer import by_own_schema, by_writer
from lab.experiments.schema_evolution.params import Params
from lab.progress import steps
from lab.services.kafka import Kafka, kafka
from lab.services.schemaregistry import SchemaRegistry, schema_registry
from lab.services.session import session

READERS = (8, 5)  # versions for which consumers of the topic were written
LIBRARIES = ("fastavro", "avro", "pyarrow", "duckdb")


@dataclass(frozen=True)
class Arm:
    """A checker, (reader's schema, writer's) -> what breaks, under its name; your own one: `Arm("mine", function)`."""

    name: str
    checker: Callable[[Any, Any], list[Break]]


def names_and_types(reader: Any, writer: Any) -> list[Break]:
    """Fields of the same name whose types are written differently, at the top level: the control."""
    theirs = {field["name"]: field["type"] for field in writer["fields"]}
    return [
        Break("type", f"/{field['name']}", "differs")
        for field in reader["fields"]
        if field["name"] in theirs and theirs[field["name"]] != field["type"]
    ]


OURS = Arm("compatible", compatible)


def run(params: Params, arm: Arm = OURS) -> Result:
    """Everything, with the checker of `arm`: `Arm("mine", function)` for your own one."""
    return run_with_controls(params, arm)[0]


def run_with_controls(params: Params, arm: Arm = OURS) -> tuple[Result, dict[str, Result]]:
    """The treatment; a consumer that skips the writer's schema; a checker of names and types."""
    session()  # before there is a second thread, which would begin another
    with steps(8) as work, ExitStack() as stack, ThreadPoolExecutor(1) as aside:
        work.next("time of a check")
        timed = walks.timing()
        starting = aside.submit(stack.enter_context, kafka(heap_mb=256))  # while nobody needs it yet
        work.next("registry, Kafka")
        found = stack.enter_context(schema_registry())
        work.next("Parquet files")
        files_read, moved = files.files(params), migration.migration(params)
        work.next("random histories")
        walked = walks.walks(params)
        work.next("random pairs")
        fuzzed = pairs.fuzzed(params, found.registry, arm.checker)
        work.next("versions and changes")
        grid, changed = pairs.versions(params, arm.checker), pairs.changes(params, found.registry)
        gate = pairs.gate(params, found.registry)
        cluster = starting.result()
        work.next("orders of all versions")
        reading, skipped = _read(params, cluster, found)
        work.next("drills")
        drills = _drills(params, cluster, found)
    seen = Seen(fuzzed, grid, changed, walked, timed, files_read, moved, reading, drills, gate)
    versions = {"Kafka": cluster.version, "schema registry": found.version} | {
        name: metadata.version(name) for name in LIBRARIES
    }
    shallow = fuzzed.assign(verdict=pairs.verdicts(params, names_and_types))
    return Result(params, observe(seen), metrics(seen), tables(seen), versions), {
        "the writer's schema skipped": _control(params, Seen(reading=skipped), "no_silent_corruption"),
        "names and types only": _control(params, Seen(fuzzed=shallow), "no_missed_break"),
    }


def _read(params: Params, cluster: Kafka, found: SchemaRegistry) -> tuple[pd.DataFrame, pd.DataFrame]:
    sent = topic.write(params, cluster.bootstrap, found.registry)
    consumers = [*((reader, by_writer) for reader in READERS), (READERS[0], by_own_schema)]
    *read, skipped = topic.read(cluster.bootstrap, found.registry.url, sent, consumers)
    return pd.concat(read, ignore_index=True), skipped


def _drills(params: Params, cluster: Kafka, found: SchemaRegistry) -> pd.DataFrame:
    """Both ways at the same time, so that a machine that is slow is slow for both."""
    rows: list[dict[str, Any]] = []
    with ThreadPoolExecutor(len(drill.POLICIES)) as pool:
        for number in range(params.drills):
            jobs = [
                pool.submit(drill.drill, params, cluster.bootstrap, found.registry, policy, number)
                for policy in drill.POLICIES
            ]
            rows += [job.result() for job in jobs]
    return pd.DataFrame(rows)


def _control(params: Params, seen: Seen, breaks: str) -> Result:
    observed = {name: item for name, item in observe(seen).items() if name == breaks}
    return Result(params, observed, (), tables(seen), {})
