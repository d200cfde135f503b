"""The services of a run, each one's start timed apart from any query."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.warehouse_bench.mechanism import engine_duckdb, engine_spark, engine_trino
from lab.experiments.warehouse_bench.mechanism.engine import Warehouse
from lab.experiments.warehouse_bench.params import Params
from lab.progress import Steps
from lab.services import icebergcatalog, trino
from lab.services.icebergcatalog import IcebergCatalog, iceberg_catalog


@dataclass(frozen=True)
class Engines:
    """by_name: engines that answer. starts: engine, what, seconds, cpu_s."""

    by_name: dict[str, Warehouse]
    starts: pd.DataFrame
    versions: dict[str, str]


@contextmanager
def engines(params: Params, work: Steps) -> Iterator[Engines]:
    """The engines of `params` for the block; one after the other, so that no start slows another down."""
    _refuse_two_catalogs(params)
    with ExitStack() as stack:
        work.next("Iceberg catalog")
        catalog = stack.enter_context(iceberg_catalog()) if "iceberg" in params.formats else None
        by_name: dict[str, Warehouse] = {}
        starts = []
        for name in _order(params.engines):
            work.next(f"start {name}")
            begin = time.perf_counter()
            engine = stack.enter_context(_engine(name, params, catalog))
            ready = time.perf_counter()
            engine.answer("SELECT 1")
            first = time.perf_counter() - ready
            starts.append({"engine": name, "what": "start", "seconds": ready - begin})
            starts.append({"engine": name, "what": "first statement", "seconds": first})
            by_name[name] = engine
        versions = ({"Iceberg catalog": catalog.version} if catalog else {}) | _versions(by_name)
        yield Engines({name: by_name[name] for name in params.engines}, pd.DataFrame(starts), versions)


def _order(names: Sequence[str]) -> list[str]:
    """Spark before Trino: it writes the catalog's entries that Trino then reads."""
    return sorted(names, key=["DuckDB", "Spark", "Trino"].index)


def _refuse_two_catalogs(params: Params) -> None:
    """An attached Trino has its own Iceberg catalog, and does not know one that is started here."""
    attached, shared = os.environ.get(trino.VARIABLE), os.environ.get(icebergcatalog.VARIABLE)
    if "Trino" in params.engines and "iceberg" in params.formats and attached and not shared:
        raise ServiceError(
            f"{trino.VARIABLE} is set, {icebergcatalog.VARIABLE} is not: set it to the REST catalog behind the "
            "catalog `ice` of that Trino, or leave iceberg out of formats"
        )


def _engine(name: str, params: Params, catalog: IcebergCatalog | None) -> AbstractContextManager[Warehouse]:
    if name == engine_spark.NAME:
        return engine_spark.engine(params.memory_mb, catalog)
    if name == engine_trino.NAME:
        return engine_trino.engine(params.memory_mb, params.formats, catalog)
    return engine_duckdb.engine(params.memory_mb, catalog)


def _versions(by_name: dict[str, Warehouse]) -> dict[str, str]:
    """Without the commit that Spark adds to its own."""
    return {name: str(engine.answer(_VERSION[name])[0][0]).split()[0] for name, engine in by_name.items()}


_VERSION = {
    "DuckDB": "SELECT version()",
    "Spark": "SELECT version()",
    "Trino": "SELECT node_version FROM system.runtime.nodes LIMIT 1",
}
