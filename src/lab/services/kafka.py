"""Apache Kafka in KRaft mode: attached by KAFKA_BOOTSTRAP_SERVERS, or one to three brokers started here."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from lab.errors import NotAvailableError, ServiceError
from lab.services import compose, jvm
from lab.services.commands import run
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.session import session
from lab.services.tls import Identity
from lab.services.waiting import until

VARIABLE = "KAFKA_BOOTSTRAP_SERVERS"
_INSTALL = "Run: lab setup kafka_lag"
_NEWEST_JAVA = 25
_LOG = Path(__file__).with_name("log4j2.properties").as_uri()
_HEARTBEAT_S = 0.5
_CLUSTER = "TWVhc3VyZWREYXRhRW5naQ"  # any 16 bytes in base64; all nodes of a cluster must share it

# Sized for one small machine: few internal partitions, quick detection of a dead broker or transactional producer.
SETTINGS = {
    "process.roles": "broker,controller",
    "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    "inter.broker.listener.name": "PLAINTEXT",
    "controller.listener.names": "CONTROLLER",
    "num.partitions": "3",
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "group.initial.rebalance.delay.ms": "0",
    "auto.create.topics.enable": "false",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "log.cleaner.dedupe.buffer.size": "16777216",
    "log.segment.bytes": "134217728",
    "broker.session.timeout.ms": "3000",
    "broker.heartbeat.interval.ms": f"{_HEARTBEAT_S * 1e3:.0f}",
    "controller.quorum.fetch.timeout.ms": "2000",
    "replica.lag.time.max.ms": "10000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
}


@dataclass(frozen=True)
class Kafka:
    """A cluster that answers. nodes: one per broker, to hurt and to mend.

    secure: as bootstrap, by TLS, where that was asked for; fronted: both once more, by way of their fronts.
    """

    bootstrap: str
    version: str
    nodes: Sequence[Node]
    secure: str = ""
    fronted: tuple[str, str] | None = None

    def tool(
        self, java_class: str, *arguments: str, timeout_s: float = 300
    ) -> subprocess.CompletedProcess[str]:
        """Run one of Kafka's own Java tools to its end; ServiceError with its output if it fails."""
        return run(
            tool_command(java_class, *arguments), java_class.rpartition(".")[2], timeout_s, hint=_INSTALL
        )


@dataclass(frozen=True)
class Listening:
    """A second way in, by TLS on both sides: the client must show a certificate of the same authority.

    front: told the port of a listener, gives the one by which clients are to come, such as a relay's; asked twice, for
    a listener in plain text and for one by TLS, beside those that are reached directly.
    """

    tls: Identity
    front: Callable[[int], int] | None = None


@contextmanager
def kafka(
    brokers: int = 1,
    heap_mb: int = 512,
    settings: Mapping[str, str] | None = None,
    listening: Listening | None = None,
) -> Iterator[Kafka]:
    """A Kafka cluster for the block.

    brokers: 1 to 3, replication and minimum in-sync replicas follow. settings: more broker properties,
    not applied when attached. listening: TLS beside plain text, for one broker that is started here
    (NotAvailableError elsewhere).
    """
    if not 1 <= brokers <= 3:
        raise ValueError(f"1 to 3 brokers, not {brokers}")
    if listening is not None:
        with _encrypting(brokers, heap_mb, settings or {}, listening) as cluster:
            yield cluster
        return
    if bootstrap := os.environ.get(VARIABLE):
        attached("Kafka", VARIABLE, partial(_answers, bootstrap, 1))
        yield Kafka(bootstrap, "attached, version unknown", [Attached("Kafka", VARIABLE)])
    elif compose.chosen():
        with _containers(brokers, heap_mb, settings or {}) as cluster:
            yield cluster
    else:
        with _local(brokers, heap_mb, settings or {}) as cluster:
            yield cluster


def tool_command(java_class: str, *arguments: str, heap_mb: int = 256) -> list[str]:
    """The command line of one of Kafka's Java tools, quiet but for warnings."""
    return _java(java_class, *arguments, heap_mb=heap_mb)


def version() -> str:
    """Version of the Kafka that set-up fetched."""
    return jvm.release("kafka", r"kafka_2\.13-([\d.]+)\.jar", _INSTALL)


def replication(brokers: int) -> dict[str, str]:
    """Replicate to every broker, and acknowledge only what a majority has."""
    count, minimum = str(brokers), str(brokers // 2 + 1)
    return {
        "default.replication.factor": count,
        "min.insync.replicas": minimum,
        "offsets.topic.replication.factor": count,
        "transaction.state.log.replication.factor": count,
        "transaction.state.log.min.isr": minimum,
        "share.coordinator.state.topic.replication.factor": count,
        "share.coordinator.state.topic.min.isr": minimum,
    }


@contextmanager
def _containers(brokers: int, heap_mb: int, settings: Mapping[str, str]) -> Iterator[Kafka]:
    client, control, common = _cluster(brokers, settings)
    with _project(client, control, heap_mb, common) as project:
        yield Kafka(_together(client), version(), list(project.nodes.values()))


def _project(
    client: Sequence[int], control: Sequence[int], heap_mb: int, settings: Mapping[str, str]
) -> AbstractContextManager[compose.Project]:
    # The container's entry point adds what is a node's own to the properties that all share.
    shared = ";".join(f"{name}={value}" for name, value in settings.items())
    variables: dict[str, object] = {"KAFKA_HEAP_MB": heap_mb, "KAFKA_SETTINGS": shared}
    services = {}
    for number, (port, own) in enumerate(zip(client, control, strict=True), 1):
        variables |= {f"KAFKA_{number}_PORT": port, f"KAFKA_{number}_CONTROL_PORT": own}
        services[f"kafka-{number}"] = partial(_serves, f"127.0.0.1:{port}", number)
    return compose.up(services, variables)


def _cluster(brokers: int, settings: Mapping[str, str]) -> tuple[list[int], list[int], dict[str, str]]:
    """Ports for clients, ports for the nodes' quorum, and the properties that all nodes share."""
    ports = free_ports(2 * brokers)
    client, control = ports[:brokers], ports[brokers:]
    voters = ",".join(f"{number}@127.0.0.1:{port}" for number, port in enumerate(control, 1))
    common = SETTINGS | replication(brokers) | {"controller.quorum.voters": voters} | dict(settings)
    return client, control, common


@contextmanager
def _local(brokers: int, heap_mb: int, settings: Mapping[str, str]) -> Iterator[Kafka]:
    client, control, common = _cluster(brokers, settings)
    with ExitStack() as stack:
        nodes = []
        for number in range(1, brokers + 1):
            own = _node(number, client[number - 1], control[number - 1], heap_mb, common)
            # All must be launched before any is ready: a single voter of three elects nobody.
            stack.callback(own.kill)
            nodes.append(own)
        _start_together(nodes)
        yield Kafka(_together(client), version(), nodes)


def _start_together(nodes: Sequence[Process]) -> None:
    for node in nodes:
        node.launch()
    for node in nodes:
        node.await_ready()


@contextmanager
def _encrypting(
    brokers: int, heap_mb: int, settings: Mapping[str, str], listening: Listening
) -> Iterator[Kafka]:
    """One broker with listeners in plain text and by TLS, and another pair behind the fronts, if there are any."""
    if brokers != 1 or os.environ.get(VARIABLE):
        raise NotAvailableError(
            f"certificates are made for one broker that is started here; unset {VARIABLE}"
        )
    client, control, common = _cluster(1, settings)
    secure, *behind = free_ports(3)
    places = {"PLAINTEXT": (client[0], client[0]), "TLS": (secure, secure), "CONTROLLER": (control[0],) * 2}
    if listening.front:
        # A broker tells its clients the address that belongs to the listener by which they came.
        fronts = zip(("FRONTPLAIN", "FRONTTLS"), behind, map(listening.front, behind), strict=True)
        places |= {name: (port, front) for name, port, front in fronts}
    folder = _folder(client[0])
    own = _stores(listening.tls.copied(folder), folder) | {
        name: ",".join(f"{listener}://127.0.0.1:{ports[end]}" for listener, ports in places.items())
        for end, name in enumerate(("listeners", "advertised.listeners"))
    }
    plain, by_tls = (f"127.0.0.1:{places.get(name, (0, 0))[1]}" for name in ("FRONTPLAIN", "FRONTTLS"))
    fronted = (plain, by_tls) if listening.front else None
    with ExitStack() as up:
        if compose.chosen():
            nodes: list[Node] = [
                *up.enter_context(_project(client, control, heap_mb, common | own)).nodes.values()
            ]
        else:
            nodes = [
                up.enter_context(running(_node(1, client[0], control[0], heap_mb, common | own, folder)))
            ]
        yield Kafka(f"127.0.0.1:{client[0]}", version(), nodes, f"127.0.0.1:{secure}", fronted)


def _stores(tls: Identity, folder: Path) -> dict[str, str]:
    """Properties of the listeners by TLS: key and chain in one file, as Kafka's PEM stores have them."""
    store = folder / "server.pem"
    store.touch(mode=0o600)
    store.write_text(tls.key.read_text() + tls.certificate.read_text())
    kinds = {"PLAINTEXT": "PLAINTEXT", "TLS": "SSL", "FRONTPLAIN": "PLAINTEXT", "FRONTTLS": "SSL"}
    return {
        "listener.security.protocol.map": ",".join(
            map(":".join, (kinds | {"CONTROLLER": "PLAINTEXT"}).items())
        ),
        "ssl.keystore.type": "PEM",
        "ssl.keystore.location": str(store),
        "ssl.truststore.type": "PEM",
        "ssl.truststore.location": str(tls.authority),
        "ssl.client.auth": "required",
    }


def _folder(client: int) -> Path:
    folder = session().folder / f"kafka-{client}"
    folder.mkdir()
    return folder


def _node(
    number: int,
    client: int,
    control: int,
    heap_mb: int,
    settings: Mapping[str, str],
    folder: Path | None = None,
) -> Process:
    folder = folder or _folder(client)
    properties = folder / "server.properties"
    plain = f"PLAINTEXT://127.0.0.1:{client},CONTROLLER://127.0.0.1:{control}"
    own = {
        "node.id": str(number),
        "listeners": settings.get("listeners", plain),
        "advertised.listeners": settings.get("advertised.listeners", plain),
        "log.dirs": str(folder / "data"),
    }
    properties.write_text("".join(f"{name}={value}\n" for name, value in (dict(settings) | own).items()))
    arguments = ("format", "-t", _CLUSTER, "-c", str(properties))
    storage = tool_command("kafka.tools.StorageTool", *arguments, heap_mb=128)
    run(storage, "Kafka's StorageTool", hint=_INSTALL)
    return Process(
        name=f"Kafka broker {number}",
        command=_java("kafka.Kafka", str(properties), heap_mb=heap_mb, serving=True),
        ready=partial(_serves, f"127.0.0.1:{client}", number),
        log=folder / "broker.log",
        ports=[client, control],
        timeout_s=90,
        hint=_INSTALL,
    )


def _serves(bootstrap: str, number: int) -> None:
    """An exception unless each partition that broker `number` keeps has a leader that answers for it."""
    if not _led(bootstrap, number):
        return  # nothing was ever stored here
    # One that was frozen for longer than its session may be fenced, and lose its partitions, only after it has
    # answered; when a heartbeat was due meanwhile, that is over.
    time.sleep(1.2 * _HEARTBEAT_S)
    _led(bootstrap, number)


def _led(bootstrap: str, number: int) -> int:
    """How many partitions broker `number` keeps; an exception if one of them has no leader that answers."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    asked = {
        TopicPartition(name, partition.id): OffsetSpec.latest()
        for name, topic in admin.list_topics(timeout=2).topics.items()
        for partition in topic.partitions.values()
        if number in partition.replicas
    }
    if asked:
        for answer in admin.list_offsets(asked, request_timeout=2).values():
            answer.result()
    return len(asked)


def _answers(bootstrap: str, brokers: int) -> None:
    """Ask for the cluster's metadata; an exception unless at least `brokers` are in it."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    found = len(admin.list_topics(timeout=2).brokers)
    if found < brokers:
        raise ServiceError(f"{found} of {brokers} Kafka brokers at {bootstrap} are there")


def _together(client: Sequence[int]) -> str:
    """Bootstrap servers of the cluster whose brokers have these ports, once all of them know one another."""
    bootstrap = ",".join(f"127.0.0.1:{port}" for port in client)
    until(partial(_answers, bootstrap, len(client)), f"Kafka cluster of {len(client)} at {bootstrap}")
    return bootstrap


def _java(java_class: str, *arguments: str, heap_mb: int, serving: bool = False) -> list[str]:
    version()
    # A tool lives for a second or two and never gets to gain from the optimising compiler.
    # And it writes numbers as the machine's language does: 99437,5 for 99437.5.
    brief = [] if serving else ["-XX:TieredStopAtLevel=1", "-Duser.language=en", "-Duser.language.format=en"]
    options = [f"-Xms{heap_mb}m", *brief, f"-Dlog4j2.configurationFile={_LOG}"]
    return jvm.java("kafka", java_class, *arguments, heap_mb=heap_mb, options=options, newest=_NEWEST_JAVA)
