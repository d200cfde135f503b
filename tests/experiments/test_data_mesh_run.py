"""The kit's projects from a folder elsewhere; what parameters are refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import psycopg
import pytest
from psycopg import conninfo

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.data_mesh import (
    KIT,
    Broker,
    Params,
    Publication,
    grants,
    read,
)
from lab.services import git
from lab.services.commands import run as command
from lab.services.dbt import dbt
from lab.services.postgres import postgres
from lab.setup import golang

pytestmark = pytest.mark.service


def test_the_kits_domains_build_from_a_folder_elsewhere(tmp_path: Path) -> None:
    home = Path(shutil.copytree(KIT, tmp_path / "home", ignore=shutil.ignore_patterns("__pycache__")))
    with postgres() as server, dbt() as warm, psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute((KIT / "sample.sql").read_text())
        known = conninfo.conninfo_to_dict(server.dsn)
        place = {"PGHOST": known["host"], "PGPORT": known["port"], "PGDATABASE": known["dbname"]}
        for domain in ("orders", "finance", "marketing"):
            told = warm.invoke(
                ["build"], home / domain, environment={name: str(value) for name, value in place.items()}
            )
            assert told.success, (told.error, told.nodes)
        # Rights to the whole table, which the sample's default privileges give, do not outweigh those to columns.
        publication = Publication("orders", "1", connection, "orders")
        for statement in grants(
            publication, [read(KIT / "finance" / "expectations" / "orders.yml")], "finance"
        ):
            connection.execute(statement)
        connection.execute("SET ROLE finance")
        assert connection.execute("SELECT count(total) FROM orders.orders").fetchone() == (10,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT channel FROM orders.orders")
        assert connection.execute("SELECT sum(orders) FROM finance.daily_revenue").fetchone() == (3,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SELECT * FROM orders_private.raw_orders")


def test_the_kits_hook_guards_a_repository_of_a_readers_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broker = Broker(tmp_path / "broker.db")
    monkeypatch.setenv("MESH", str(KIT))
    monkeypatch.setenv("MESH_BROKER", str(broker.path))
    server = git.bare(tmp_path / "server.git")
    (server.folder / "hooks").mkdir(exist_ok=True)
    shutil.copy(KIT / "hooks" / "pre-receive", server.folder / "hooks")
    clone = server.clone(tmp_path / "clone")
    commit = clone.commit({"models/orders.sql": "select 1"}, "First")
    refused = clone.push()
    assert not refused.accepted and f"- orders {commit[:12]} is not known: add it first" in refused.lines
    broker.add("orders", commit)
    assert clone.push().accepted


@pytest.mark.parametrize(
    "name", ["orders/.github/workflows/publish.yml", "finance/.github/workflows/consume.yml"]
)
def test_the_workflows_have_no_fault_that_actionlint_knows(name: str) -> None:
    command([str(golang.program("actionlint")), str(KIT / name)], "actionlint")


@pytest.mark.parametrize(
    "wrong",
    [
        {"changes": 3},
        {"orders": 10},
        {"consumers": (4, 20)},
        {"consumers": (20, 4, 80)},
        {"timed_orders": 10},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
