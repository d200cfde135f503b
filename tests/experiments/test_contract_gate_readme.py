"""The gate, the example repository and the hook by the kit's README, from an empty folder."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import duckdb
import pytest

import readmes
from lab.experiments.contract_gate import KIT
from lab.services.datacontract import schemas
from lab.services.git import bare

README = KIT / "README.md"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The kit in a folder outside of the project, with data that are as fresh as the samples once were."""
    kit = tmp_path / "taken home"
    shutil.copytree(KIT, kit, ignore=shutil.ignore_patterns("__pycache__", "__init__.py"))
    shutil.copytree(
        KIT / "contract_gate",
        kit / "contract_gate",
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns("__pycache__"),
    )
    shutil.copytree(kit / "example", kit / "last")
    with duckdb.connect(str(kit / "example" / "warehouse.duckdb")) as made:
        for path in sorted((kit / "example" / "samples" / "shop").glob("*.csv")):
            made.execute(f"CREATE TABLE {path.stem} AS FROM read_csv('{path}')")
        made.execute("UPDATE orders SET ordered_at = now() - interval '2 hours', shipped_at = NULL")
        made.execute("ALTER TABLE orders ALTER shipped_at TYPE timestamptz")
    return kit


def test_the_example_is_checked_tested_gated_and_built_by_the_readmes_lines(home: Path) -> None:
    variables = {"ODCS_SCHEMAS": str(schemas()), "SHOP_DUCKDB": "warehouse.duckdb"}
    lines = readmes.block(README, "cp -r example")
    status, said = readmes.typed(home, lines, variables)
    assert status == 0 and said.count(" passed") == 2, said
    gated = readmes.block(README, "&& dbt run")
    status, said = readmes.typed(home / "my-repository", gated, variables)
    assert status == 0 and "0 broken" in said and "PASS=2" in said, said
    with duckdb.connect(str(home / "my-repository" / "warehouse.duckdb")) as made:
        made.execute("UPDATE orders SET status = 'lost' WHERE order_id = 1")
    status, said = readmes.typed(home / "my-repository", gated, variables)
    assert status == 1 and "orders.status: set" in said and "PASS" not in said
    python = readmes.block(README, "from contract_gate import")
    status, said = readmes.typed(home / "my-repository", f"python - <<'end'\n{python}end\n", variables)
    assert status == 0 and said.startswith("set orders status "), said


def test_the_hook_guards_a_repository_by_the_readmes_lines(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ODCS_SCHEMAS", str(schemas()))
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=":")
    server = bare(tmp_path / "server.git")
    (server.folder / "hooks").mkdir(exist_ok=True)
    hook = server.folder / "hooks" / "pre-receive"
    lines = [line.strip() for line in readmes.block(README, "contract_gate.hook").splitlines()]
    hook.write_text("\n".join(lines).replace("/srv/gate", f"'{home}'") + "\n")
    hook.chmod(0o755)
    clone = server.clone(tmp_path / "clone")
    contract = (home / "example" / "contracts" / "shop.odcs.yaml").read_text()
    clone.commit({"contracts/shop.odcs.yaml": contract}, "First")
    first = clone.push()
    assert first.accepted and any("rules in 1 contract" in line for line in first.lines)
    clone.commit(
        {"contracts/shop.odcs.yaml": contract.replace("maximum: 1000000", "maximum: 2000000")}, "Less"
    )
    refused = clone.push()
    assert not refused.accepted and any("orders.total: range is weaker" in line for line in refused.lines)
