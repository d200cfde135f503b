"""A standalone Spark cluster of real processes: one master, and workers that can be killed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from lab.errors import ServiceError
from lab.services import http, sparkjvm
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
    master: Process
    workers: Sequence[Process]


@contextmanager
def standalone(workers: int = 2, cores: int = 1, memory_mb: int = 1024) -> Iterator[Cluster]:
    """A cluster for the block. cores, memory_mb: what each worker has to give to executors."""
    if workers < 1:
        raise ValueError(f"at least one worker, not {workers}")
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
        yield Cluster(url, sparkjvm.version(), master, nodes)


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
    found = http.call("GET", f"http://127.0.0.1:{page}/json/")["workers"]
    return {worker["port"] for worker in found if worker["state"] == "ALIVE"}
