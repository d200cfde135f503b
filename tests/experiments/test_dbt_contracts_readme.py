"""The dbt package by its README, from an empty folder, in a project of a reader's own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

import readmes
from lab.experiments.dbt_contracts import KIT, PACKAGE

pytestmark = pytest.mark.service
README = KIT / "README.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The package, and beside it a project that has nothing but a profile."""
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", "*.duckdb")
    shutil.copytree(PACKAGE, tmp_path / "shop_orders", ignore=ignored)
    mine = tmp_path / "mine"
    mine.mkdir()
    output = {"type": "duckdb", "path": "mine.duckdb", "schema": "marts"}
    (mine / "dbt_project.yml").write_text(json.dumps({"name": "mine", "version": "1.0.0", "profile": "mine"}))
    (mine / "profiles.yml").write_text(json.dumps({"mine": {"target": "it", "outputs": {"it": output}}}))
    (mine / "packages.yml").write_text(readmes.block(README, "packages:"))
    return tmp_path


def test_the_package_is_installed_and_built_on_a_source_of_a_readers_own(home: Path) -> None:
    with duckdb.connect(str(home / "mine" / "mine.duckdb")) as source:
        source.execute("CREATE SCHEMA raw_shop")
        for path in sorted((home / "shop_orders" / "integration_tests" / "seeds").glob("*.csv")):
            source.execute(f"CREATE TABLE raw_shop.{path.stem} AS FROM read_csv('{path}')")
        source.execute("ALTER TABLE raw_shop.orders ALTER total TYPE numeric(12, 2)")
        source.execute("ALTER TABLE raw_shop.order_lines ALTER unit_price TYPE numeric(12, 2)")
    lines = readmes.block(README, "package:shop_orders")
    status, said = readmes.typed(home / "mine", lines)
    assert status == 0 and "ERROR=0" in said, said
    with duckdb.connect(str(home / "mine" / "mine.duckdb")) as built:
        assert built.sql("SELECT count(*) FROM marts.fct_orders").fetchall() == [(12,)]
        built.execute("ALTER TABLE raw_shop.orders RENAME COLUMN total TO amount")
    status, said = readmes.typed(home / "mine", lines)
    assert status != 0 and "missing in definition" in said and "total" in said
