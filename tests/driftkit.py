"""What a user of the kit has: its files in an empty folder, a PostgreSQL server and a store (experiment infra_drift)."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from psycopg import conninfo

from lab.experiments.infra_drift import KIT
from lab.experiments.infra_drift.measure.stack import FOREIGN, alone, in_environment
from lab.services import objectstore, postgres, tofu
from readmes import block

Home = tuple[Path, dict[str, str], str]  # the kit, the variables of its README, the server's dsn


@contextmanager
def home(parent: Path) -> Iterator[Home]:
    """The kit in an empty folder with servers of a reader's own, after the README's second block."""
    folder = parent / "kit"
    shutil.copytree(KIT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    with postgres.postgres({"fsync": "off"}) as server, objectstore.object_store(buckets=()) as store:
        told = conninfo.conninfo_to_dict(server.dsn)
        variables = {
            **tofu.variables(folder / "tofu.rc", folder),
            "PGHOST": str(told["host"]),
            "PGPORT": str(told["port"]),
            "PGUSER": str(told["user"]),
            "PGDATABASE": "postgres",
            "PGSSLMODE": "disable",
            "AWS_ENDPOINT_URL_S3": store.s3.endpoint,
            "AWS_ACCESS_KEY_ID": store.s3.access_key,
            "AWS_SECRET_ACCESS_KEY": store.s3.secret_key,
            "TF_CLI_ARGS_apply": "-no-color",  # the end of its colours would stand before the first event
        }
        lines = block(folder / "README.md", "install.py")
        done = typed(folder, lines, variables)
        assert done.returncode == 0, done.stdout + done.stderr
        look = json.loads(done.stdout.splitlines()[-1 - done.stdout.count('"event": "ticket"')])
        assert look["managed"] == 13 and all(drift["unmanaged"] for drift in look["drifts"])
        config = (
            f"host={told['host']} port={told['port']} user={told['user']} dbname=postgres sslmode=disable"
        )
        more = {"PG_CONN_STR": config, "PG_SCHEMA_NAME": "app_state", "TF_VAR_copies": "1"}
        with alone(), in_environment(variables | more):
            yield folder, variables, server.dsn


def typed(folder: Path, lines: str, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Lines in a shell that stops at a failure; python is the one with the framework for providers."""
    prelude = f'python() {{ "{tofu.python()}" "$@"; }}\n'
    own = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", *FOREIGN))}
    command = ["bash", "-euc", prelude + lines]
    return subprocess.run(
        command, cwd=folder, env=own | dict(variables), capture_output=True, text=True, check=False
    )
