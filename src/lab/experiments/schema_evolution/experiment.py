"""Lifecycles of the services and the order of steps."""

from __future__ import annotations

from importlib import metadata

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.schema_evolution.judge.metrics import metrics, tables
from lab.experiments.schema_evolution.judge.observations import observe
from lab.experiments.schema_evolution.measure import drill, files, migration, pairs, topic, walks
from lab.experiments.schema_evolution.measure.seen import Seen
from lab.experiments.schema_evolution.mechanism.consumer import by_own_schema
from lab.experiments.schema_evolution.params import Params
from lab.experiments.schema_evolution.workload.arms import OURS, SHALLOW, Arm
from lab.progress import steps
from lab.services.kafka import Kafka, kafka
from lab.services.schemaregistry import SchemaRegistry, schema_registry

READERS = (8, 5)  # versions for which consumers of the topic were written
LIBRARIES = ("fastavro", "avro", "pyarrow", "duckdb")


def run(params: Params, arm: Arm = OURS) -> Result:
    """Everything, with the checker of `arm`: `Arm("mine", function)` for your own one."""
    return run_with_controls(params, arm)[0]


def run_with_controls(params: Params, arm: Arm = OURS) -> tuple[Result, dict[str, Result]]:
    """The treatment; a consumer that skips the writer's schema; a checker of names and types."""
    with steps(8) as work:
        work.next("Parquet files")
        files_read, moved = files.files(params), migration.migration(params)
        work.next("random histories")
        walked, timed = walks.walks(params), walks.timing()
        work.next("registry")
        with schema_registry() as found:
            work.next("random pairs")
            fuzzed = pairs.fuzzed(params, found.registry, arm.checker)
            work.next("versions and changes")
            grid, changed = pairs.versions(params, arm.checker), pairs.changes(params, found.registry)
            gate = pairs.gate(params, found.registry)
            work.next("Kafka")
            with kafka(heap_mb=256) as cluster:
                work.next("orders of all versions")
                reading, skipped = _read(params, cluster, found)
                work.next("drills")
                drills = _drills(params, cluster, found)
                version = cluster.version
    seen = Seen(fuzzed, grid, changed, walked, timed, files_read, moved, reading, drills, gate)
    versions = {"Kafka": version, "schema registry": found.version} | {
        name: metadata.version(name) for name in LIBRARIES
    }
    shallow = fuzzed.assign(verdict=pairs.verdicts(params, SHALLOW.checker))
    return Result(params, observe(seen), metrics(seen), tables(seen), versions), {
        "the writer's schema skipped": _control(params, Seen(reading=skipped), "no_silent_corruption"),
        "names and types only": _control(params, Seen(fuzzed=shallow), "no_missed_break"),
    }


def _read(params: Params, cluster: Kafka, found: SchemaRegistry) -> tuple[pd.DataFrame, pd.DataFrame]:
    sent = topic.write(params, cluster.bootstrap, found.registry)
    read = [topic.read(cluster.bootstrap, found.registry.url, sent, reader) for reader in READERS]
    skipped = topic.read(cluster.bootstrap, found.registry.url, sent, READERS[0], by_own_schema)
    return pd.concat(read, ignore_index=True), skipped


def _drills(params: Params, cluster: Kafka, found: SchemaRegistry) -> pd.DataFrame:
    """Ways in turn, so that a machine that slows down slows both."""
    rows = [
        drill.drill(params, cluster.bootstrap, found.registry, policy, number)
        for number in range(params.drills)
        for policy in drill.POLICIES
    ]
    return pd.DataFrame(rows)


def _control(params: Params, seen: Seen, breaks: str) -> Result:
    observed = {name: item for name, item in observe(seen).items() if name == breaks}
    return Result(params, observed, (), tables(seen), {})
