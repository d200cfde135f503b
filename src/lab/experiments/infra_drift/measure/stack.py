"""What everything else is done to: a server, a store, a receiver, and the kit's configuration applied to them."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import conninfo

from lab.experiments.infra_drift import oracle
from lab.experiments.infra_drift.kit import FOLDER
from lab.experiments.infra_drift.mechanism import Store, of_environment, tofu
from lab.experiments.infra_drift.workload import Hand
from lab.services import objectstore, postgres
from lab.services import tofu as programs
from lab.services.commands import run
from lab.services.node import Attached
from lab.services.process import Process, running
from lab.services.receiver import Receiver, receiver
from lab.services.s3 import S3
from lab.services.session import MARK, session

LIBPQ = {
    "host": "PGHOST",
    "port": "PGPORT",
    "user": "PGUSER",
    "password": "PGPASSWORD",
    "dbname": "PGDATABASE",
}
INIT = ("init", "-input=false", "-no-color")
APPLY = ("apply", "-auto-approve", "-input=false", "-no-color")
FOREIGN = ("PG", "AWS_", "TF_")  # beginnings of variables of libpq, S3 clients and OpenTofu
OWN_PROVIDERS = {"TF_REATTACH_PROVIDERS": ""}  # from the mirror, started by the tofu that needs them
# In the order in which they can go.
OWN = {
    "DATABASE": "SELECT datname FROM pg_database WHERE starts_with(datname::text, %s)",
    "SCHEMA": "SELECT nspname FROM pg_namespace WHERE starts_with(nspname::text, %s)",
    "ROLE": "SELECT rolname FROM pg_roles WHERE starts_with(rolname::text, %s)",
}


@dataclass(frozen=True)
class Stack:
    """environment: of every tofu, provider and detector. hand: who changes things past them. folder: of this run.

    before: what was there already, which the policy leaves alone. managed: objects in the state, made in apply_s.
    """

    folder: Path
    environment: Mapping[str, str]
    hand: Hand
    s3: S3
    receiver: Receiver
    before: Sequence[str]
    managed: int
    apply_s: float
    versions: Mapping[str, str]

    @property
    def directory(self) -> Path:
        return self.folder / "configuration"

    def popen(
        self, *arguments: str, directory: Path | None = None, more: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """tofu as a process of its own, in another working `directory` and with `more` in its environment if need be."""
        command = [str(programs.program()), f"-chdir={directory or self.directory}", *arguments]
        own, pipe = os.environ | dict(self.environment) | dict(more or {}), subprocess.PIPE
        return subprocess.Popen(command, text=True, env=own, stdout=pipe, stderr=subprocess.STDOUT)

    def declared(self, kind: str, copy: int) -> bool:
        hand = self.hand
        return oracle.as_declared(hand.connection, hand.store.endpoint, hand.prefix, kind, copy)

    def identities(self) -> dict[str, int]:
        from pyarrow import fs

        buckets = objectstore.file_system(self.s3).get_file_info(fs.FileSelector(""))
        names = [bucket.base_name for bucket in buckets]
        return oracle.identities(self.hand.connection, names, self.hand.prefix)


@contextmanager
def stack(copies: int, folder: Path) -> Iterator[Stack]:
    """Everything for the block; `copies` of each resource, applied."""
    prefix = f"lab{secrets.token_hex(3)}"
    with ExitStack() as up:
        server = up.enter_context(postgres.postgres({"fsync": "off"}))
        store = up.enter_context(objectstore.object_store(buckets=()))
        hook = up.enter_context(receiver())
        up.enter_context(alone())
        hand = Hand(
            up.enter_context(psycopg.connect(server.dsn, autocommit=True)),
            Store(store.s3.endpoint, store.s3.access_key, store.s3.secret_key, store.s3.region),
            prefix,
        )
        shutil.copytree(FOLDER / "configuration", folder / "configuration")
        variables = _variables(folder, server.dsn, hand, copies)
        variables |= {"TF_REATTACH_PROVIDERS": up.enter_context(_providers(folder, variables))}
        up.enter_context(in_environment(variables))
        before = [f"{kind}:{name}" for kind, _, name in of_environment()()]
        if isinstance(server.node, Attached) or isinstance(store.node, Attached):
            up.callback(_take_away, hand, store.s3)
        begun = time.perf_counter()
        tofu(folder / "configuration", *INIT)
        tofu(folder / "configuration", *APPLY)
        took = time.perf_counter() - begun
        for copy in range(copies):
            for key in (f"lake-{copy}/public/x", f"feed-{copy}/private/x"):
                _put(store.s3, f"{prefix}-{key}")
        managed = len(tofu(folder / "configuration", "state", "list").split())
        versions = {
            "OpenTofu": programs.version(),
            "PostgreSQL": server.version,
            "SeaweedFS": store.version,
            "tf (framework of the providers)": programs.framework(),
        }
        yield Stack(folder, variables, hand, store.s3, hook, before, managed, took, versions)


def _variables(folder: Path, dsn: str, hand: Hand, copies: int) -> dict[str, str]:
    installed = run(
        [str(programs.python()), str(FOLDER / "provider" / "install.py"), str(folder)], "installing providers"
    )
    told = {name: str(value) for name, value in conninfo.conninfo_to_dict(dsn).items() if value is not None}
    server = {LIBPQ[name]: told[name] for name in LIBPQ if name in told}
    mode = told.get("sslmode", "disable")  # the backend's driver demands TLS where nothing is said
    return {
        **programs.variables(Path(installed.stdout.strip()), folder),
        **server,
        "PGSSLMODE": mode,
        "PG_CONN_STR": conninfo.make_conninfo(dsn, sslmode=mode),
        "PG_SCHEMA_NAME": f"{hand.prefix}_state",
        "AWS_ENDPOINT_URL_S3": hand.store.endpoint,
        "AWS_ACCESS_KEY_ID": hand.store.access_key,
        "AWS_SECRET_ACCESS_KEY": hand.store.secret_key,
        "AWS_REGION": hand.store.region,
        "TF_VAR_prefix": hand.prefix,
        "TF_VAR_database": told.get("dbname", "postgres"),
        "TF_VAR_copies": str(copies),
        "TOFU": str(programs.program()),
        MARK: session().owner,  # so that what the kit starts here goes with this process too
    }


@contextmanager
def _providers(folder: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Both providers as servers that every tofu goes to (TF_REATTACH_PROVIDERS): a start of Python takes longer than a plan, and
    each plan would start six.
    """
    found: dict[str, object] = {}
    with ExitStack() as up:
        for name in ("postgresql", "aws"):
            log = folder / f"{name}.log"

            def told(log: Path = log) -> dict[str, object]:
                return json.loads(log.read_text().partition("TF_REATTACH_PROVIDERS='")[2].partition("'")[0])

            command = [str(programs.python()), "-u", str(FOLDER / "provider" / f"{name}.py"), "--dev"]
            up.enter_context(
                running(Process(f"provider {name}", command, ready=told, log=log, environment=variables))
            )
            found |= told()
        yield json.dumps(found)


@contextmanager
def alone() -> Iterator[None]:
    """Without what a shell says of other servers, stores and states: libpq's PGSERVICE goes before PGHOST, and TF_WORKSPACE
    chooses another state.
    """
    foreign = {name: value for name, value in os.environ.items() if name.startswith(FOREIGN)}
    for name in foreign:
        del os.environ[name]
    try:
        yield
    finally:
        os.environ.update(foreign)


@contextmanager
def in_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """`variables` in this process too, for the kit's functions, which are called here as a reader would."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _put(s3: S3, key: str) -> None:
    with objectstore.file_system(s3).open_output_stream(key) as sink:
        sink.write(oracle.BODY)


def write_policy(stack: Stack, policy: Mapping[str, Sequence[str]] | None) -> Path:
    """The kit's policy, or a reader's own, which leaves alone what was there before the first apply."""
    told = dict(policy if policy is not None else json.loads((FOLDER / "policy.json").read_text()))
    told["ignore"] = [*told.get("ignore", ()), *stack.before]
    file = stack.folder / "policy.json"
    file.write_text(json.dumps(told))
    return file


def _take_away(hand: Hand, s3: S3) -> None:
    """Nothing of this run stays on servers that are others' too."""
    files = objectstore.file_system(s3)
    for bucket in hand.store.buckets():
        if bucket.startswith(hand.prefix):
            files.delete_dir(bucket)
    for kind, query in OWN.items():
        for (name,) in hand.connection.execute(query, [hand.prefix]).fetchall():
            if kind == "ROLE":
                hand.connection.execute(f'DROP OWNED BY "{name}"')
            hand.connection.execute(f'DROP {kind} "{name}"' + (" CASCADE" if kind == "SCHEMA" else ""))
