"""Three domains by the kit's README, from an empty folder: built, verified, deployed, a field announced to go."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

import readmes
from lab.experiments.data_mesh import KIT
from lab.services.postgres import postgres

pytestmark = pytest.mark.service


def test_the_readmes_commands_take_three_domains_from_nothing_to_production(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "target", "logs")
    home = Path(shutil.copytree(KIT, tmp_path / "home", ignore=ignored))
    with postgres() as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE mesh")
        known = {key: str(value) for key, value in conninfo.conninfo_to_dict(server.dsn).items()}
        dsn = conninfo.make_conninfo(server.dsn, dbname="mesh")
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute((home / "sample.sql").read_text())
        variables = {"PGHOST": known["host"], "PGPORT": known["port"], "PGPASSWORD": "orders"}
        build = "for domain in orders finance marketing; do (cd $domain && dbt build --profiles-dir .); done"
        status, said = readmes.typed(home, build, variables)
        assert status == 0 and said.count("ERROR=0") == 3, said
        # Where the server is, on this machine.
        lines = readmes.block(home / "README.md", "python -m mesh add").replace(
            "host=localhost", f"host={known['host']}"
        )
        status, said = readmes.typed(home, lines, variables)
    assert status == 0, said
    assert "finance has what it needs of orders" in said
    assert "finance 1 can be deployed to production" in said and "orders.channel can be removed" in said
