"""Services, certificates and rights of one run; every connection of the pipeline goes by a wire that is listened to."""

from __future__ import annotations

import base64
import json
import os
import secrets
import sys
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from psycopg import conninfo

from lab.errors import NotAvailableError
from lab.experiments.encrypted_pipeline.kit import FOLDER
from lab.experiments.encrypted_pipeline.measure.wire import Wire, wire
from lab.services import compose
from lab.services.kafka import Kafka, Listening, kafka
from lab.services.node import Node
from lab.services.objectstore import ObjectStore, file_system, object_store
from lab.services.ports import free_ports
from lab.services.postgres import Postgres, postgres
from lab.services.process import Process, running
from lab.services.session import session
from lab.services.tls import Authority, Identity

if TYPE_CHECKING:
    from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

FOOTER, PII = "footer", "pii"  # master keys
BUCKET = "lake"
# Who may what: the operator rotates without being able to read, the source seals without being able to open.
GRANTS = {
    "source": ["wrap"],
    "lake": ["wrap", "unwrap"],
    "reader": ["unwrap"],
    "operator": ["create", "rotate", "revoke", "rewrap", "latest"],
}
# An index file is laid out in full; the search would read ten megabytes of nothing for each partition.
_KAFKA = {"log.index.size.max.bytes": "1048576", "log.segment.bytes": "33554432"}
# Less of the write-ahead log to search; what is searched is what was written.
_POSTGRES = {"min_wal_size": "32MB", "max_wal_size": "128MB"}


@dataclass(frozen=True)
class Place:
    """Everything up, each reached by the wire, or past it for what is timed (wired=False)."""

    folder: Path
    authority: Authority
    stranger: Authority
    identities: Mapping[str, Identity]
    database: Postgres
    cluster: Kafka
    objects: ObjectStore
    wire: Wire
    kms_url: str
    kms_port: int
    root: bytes
    ports: Mapping[str, int]

    def dsn(self, tls: bool, wired: bool = True) -> str:
        """Connection string: verify-full, or no TLS at all."""
        server = self.database.secure if tls else conninfo.make_conninfo(self.database.dsn, sslmode="disable")
        return conninfo.make_conninfo(server, port=self.ports["postgres"]) if wired else server

    def broker(self, tls: bool, who: str = "lake", wired: bool = True) -> dict[str, str]:
        """Settings of a Kafka client."""
        ways = self.cluster.fronted if wired else None
        address = (ways or (self.cluster.bootstrap, self.cluster.secure))[tls]
        return {"bootstrap.servers": address} | (kafka_tls(self.identities[who]) if tls else {})

    def bucket(self, tls: bool) -> Any:
        """The object store as an Arrow file system, with the authority's file to verify it by."""
        store = self.objects.secure if tls and self.objects.secure else self.objects.s3
        scheme = urlsplit(store.endpoint).scheme
        return file_system(replace(store, endpoint=f"{scheme}://127.0.0.1:{self.ports[scheme]}"))

    def kms(self, who: str, wired: bool = True) -> KmsClient:
        """The key service as `who`."""
        from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

        url = self.kms_url if wired else f"https://127.0.0.1:{self.kms_port}"
        return client(KmsClient, url, self.identities[who])

    @contextmanager
    def stores(self) -> Iterator[dict[str, Path]]:
        """Folders of everything that keeps rows, by name; of a container, a copy as it is now, for the block."""
        nodes = {
            "PostgreSQL": self.database.node,
            "Kafka": self.cluster.nodes[0],
            "object store": self.objects.node,
        }
        with tempfile.TemporaryDirectory(dir=session().folder) as copies:
            folders = {name: _folder(node, Path(copies) / name) for name, node in nodes.items()}
            yield folders | {"reader's files": self.lake}

    @property
    def lake(self) -> Path:
        return self.folder / "lake"


def client(kind: type, url: str, identity: Identity) -> KmsClient:
    return kind(url, identity.certificate, identity.key, identity.authority)


def kafka_tls(identity: Identity) -> dict[str, str]:
    """Settings by which librdkafka shows a certificate and verifies the broker's, name and all (its default)."""
    return {
        "security.protocol": "SSL",
        "ssl.ca.location": str(identity.authority),
        "ssl.certificate.location": str(identity.certificate),
        "ssl.key.location": str(identity.key),
    }


@contextmanager
def place() -> Iterator[Place]:
    """All services for the block."""
    folder = session().folder / f"encrypted-{secrets.token_hex(4)}"
    folder.mkdir()
    (folder / "lake").mkdir()
    authority = Authority(folder / "authority")
    identities = {name: authority.issue(name) for name in ("postgres", "kafka", "store", "kms", *GRANTS)}
    root = os.urandom(32)
    with ExitStack() as stack, ThreadPoolExecutor(3) as pool:
        wires = stack.enter_context(wire(folder / "wire"))
        names = iter(("kafka", "kafka-tls"))
        front = Listening(identities["kafka"], lambda port: wires.to(next(names), port))
        brokers = pool.submit(stack.enter_context, kafka(heap_mb=256, settings=_KAFKA, listening=front))
        stores = pool.submit(stack.enter_context, object_store([BUCKET], tls=identities["store"]))
        databases = pool.submit(stack.enter_context, postgres(_POSTGRES, tls=identities["postgres"]))
        port, wired = stack.enter_context(key_service(folder, identities, root, wires))
        cluster, objects, database = brokers.result(), stores.result(), databases.result()
        yield Place(
            folder,
            authority,
            Authority(folder / "stranger", "somebody's"),
            identities,
            database,
            cluster,
            objects,
            wires,
            f"https://127.0.0.1:{wired}",
            port,
            root,
            {name: wires.to(name, port) for name, port in _ports(database, objects).items()},
        )


@contextmanager
def key_service(
    folder: Path, identities: Mapping[str, Identity], root: bytes, wires: Wire
) -> Iterator[tuple[int, int]]:
    """The kit's key service in a process of its own, with both master keys; its port, and that of the wire to it."""
    from lab.experiments.encrypted_pipeline.kit.kms import KmsClient

    (port,) = free_ports(1)
    grants, own = folder / "grants.json", identities["kms"]
    grants.write_text(json.dumps(GRANTS))
    files = {"certificate": own.certificate, "key": own.key, "authority": own.authority, "grants": grants}
    options = [part for name, path in files.items() for part in (f"--{name}", str(path))]
    operator = client(KmsClient, f"https://127.0.0.1:{port}", identities["operator"])
    process = Process(
        name="key service",
        command=[sys.executable, "-m", "kms", str(folder / "kms"), "--port", str(port), *options],
        ready=partial(operator.create, FOOTER),
        log=folder / "kms.log",
        ports=[port],
        environment={"PYTHONPATH": str(FOLDER), "KMS_ROOT_KEY": base64.b64encode(root).decode()},
    )
    with running(process):
        operator.create(PII)
        yield port, wires.to("kms", port)


def _ports(database: Postgres, objects: ObjectStore) -> dict[str, int]:
    """Of what is reached by one port; the store's by their schemes."""
    stores = [urlsplit(store.endpoint) for store in (objects.s3, objects.secure) if store]
    own = {store.scheme: int(store.port or 0) for store in stores}
    return own | {"postgres": int(cast(str, conninfo.conninfo_to_dict(database.dsn)["port"]))}


def _folder(node: Node, copy: Path) -> Path:
    """The folder of a server that runs here; of one in a container, `copy`, with what it has now."""
    if isinstance(node, compose.Service):
        node.copy("/data", copy)
        return copy
    if not isinstance(node, Process):
        raise NotAvailableError(
            f"the files of {node.name} can't be searched from here; run it as a local process or a container"
        )
    return node.log.parent
