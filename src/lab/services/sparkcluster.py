"""A standalone Spark cluster of real processes: one master, and workers that can be killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lab.errors import ServiceError
from lab.services import compose, http, sparkjvm
from lab.services.node import Node
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session

_LOG = Path(__file__).with_name("log4j2.properties").as_uri()
_DAEMON_MB = 256  # heap of the master and of each worker; executors' is on top of that


@dataclass(frozen=True)
class Cluster:
    """url: for `spark_session(master=...)` or SPARK_MASTER_URL. A worker's executors die and freeze with it."""

    url: str
    version: str
    master: Node
    workers: Sequence[Node]
    _page: int

    def executors(self) -> int:
        """Number of workers on which an application has cores now."""
        return sum(worker["coresused"] > 0 for worker in _workers(self._page))


@contextmanager
def standalone(workers: int = 2, cores: int = 1, memory_mb: int = 1024) -> Iterator[Cluster]:
    """A cluster for the block. cores, memory_mb: what each worker has to give to executors."""
    if workers not in (1, 2):
        raise ValueError(f"one or two workers, not {workers}")
    if compose.chosen():
        with _containers(workers, cores, memory_mb) as cluster:
            yield cluster
    else:
        with _local(workers, cores, memory_mb) as cluster:
            yield cluster


@contextmanager
def _containers(workers: int, cores: int, memory_mb: int) -> Iterator[Cluster]:
    port, page, *others = free_ports(2 + 2 * workers)
    variables: dict[str, object] = {
        "SPARK_PORT": port,
        "SPARK_PAGE_PORT": page,
        "SPARK_CORES": cores,
        "SPARK_MEMORY": f"{memory_mb}m",
        "SPARK_DAEMON_MEMORY": f"{_DAEMON_MB}m",
        "SPARK_DAEMON_JAVA_OPTS": "-Dlog4j2.configurationFile=file:/opt/log4j2.properties -XX:+UseSerialGC",
    }
    services = {"spark-master": partial(http.call, "GET", f"http://127.0.0.1:{page}/json/")}
    for number in range(1, workers + 1):
        own, own_page = others[2 * number - 2 : 2 * number]
        variables |= {f"SPARK_WORKER_{number}_PORT": own, f"SPARK_WORKER_{number}_PAGE_PORT": own_page}
        services[f"spark-worker-{number}"] = partial(_registered, page, own)
    with compose.up(services, variables) as project:
        master, *nodes = project.nodes.values()
        yield Cluster(f"spark://127.0.0.1:{port}", sparkjvm.version(), master, nodes, page)


@contextmanager
def _local(workers: int, cores: int, memory_mb: int) -> Iterator[Cluster]:
    port, page = free_ports(2)
    folder = session().folder / f"spark-cluster-{port}"
    folder.mkdir()
    url = f"spark://127.0.0.1:{port}"
    with ExitStack() as stack:
        master = stack.enter_context(running(_master(port, page, folder)))
        nodes = [_worker(number, url, page, folder, cores, memory_mb) for number in range(1, workers + 1)]
        for node in nodes:
            stack.callback(node.kill)
            node.launch()
        for node in nodes:
            node.await_ready()
        yield Cluster(url, sparkjvm.version(), master, nodes, page)


def _master(port: int, page: int, folder: Path) -> Process:
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(page)]
    return Process(
        name="Spark master",
        command=_daemon("master.Master", *arguments),
        ready=partial(http.call, "GET", f"http://127.0.0.1:{page}/json/"),
        log=folder / "master.log",
        ports=[port, page],
        environment=_environment(folder),
        cwd=folder,
        hint=sparkjvm.INSTALL,
    )


def _worker(number: int, url: str, page: int, folder: Path, cores: int, memory_mb: int) -> Process:
    port, own_page = free_ports(2)
    offer = ["--cores", str(cores), "--memory", f"{memory_mb}m", "--work-dir", str(folder / f"work-{number}")]
    place = ["--host", "127.0.0.1", "--port", str(port), "--webui-port", str(own_page)]
    return Process(
        name=f"Spark worker {number}",
        command=_daemon("worker.Worker", *place, *offer, url),
        ready=partial(_registered, page, port),
        log=folder / f"worker-{number}.log",
        ports=[port, own_page],
        environment=_environment(folder),
        cwd=folder,
        hint=sparkjvm.INSTALL,
    )


def _daemon(name: str, *arguments: str) -> list[str]:
    program = str(sparkjvm.spark_home() / "bin" / "spark-class")
    return [program, f"org.apache.spark.deploy.{name}", *arguments]


def _environment(folder: Path) -> dict[str, str]:
    options = f"-Djava.io.tmpdir={folder} -Dlog4j2.configurationFile={_LOG} -XX:+UseSerialGC"
    return sparkjvm.environment() | {
        "SPARK_DAEMON_MEMORY": f"{_DAEMON_MB}m",
        "SPARK_DAEMON_JAVA_OPTS": options,
        "SPARK_LOCAL_DIRS": str(folder),
        "SPARK_LOG_DIR": str(folder),
    }


def _registered(page: int, port: int) -> None:
    if port not in _alive(page):
        raise ServiceError(f"the master does not know a worker at port {port}")


def _alive(page: int) -> set[int]:
    """Ports of the workers that the master counts as alive."""
    return {worker["port"] for worker in _workers(page) if worker["state"] == "ALIVE"}


def _workers(page: int) -> list[dict[str, Any]]:
    """The workers, as the master's page tells of them."""
    return http.call("GET", f"http://127.0.0.1:{page}/json/")["workers"]
