"""Kinds of faults that public reports tell of, on the kit by its README, with servers: the right answer to each."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql as statements

import driftkit
from driftkit import Home, typed
from lab.experiments.infra_drift import KIT, Drift, TofuError, decide, detect, restore
from lab.experiments.infra_drift.kit.driftwatch import tickets
from lab.experiments.infra_drift.kit.driftwatch.inventory import of_environment
from lab.experiments.infra_drift.kit.driftwatch.plan import look
from lab.experiments.infra_drift.kit.driftwatch.policy import checked
from lab.experiments.infra_drift.kit.driftwatch.watch import Watch
from lab.experiments.infra_drift.mechanism import Store
from lab.services import tofu

pytestmark = pytest.mark.service
POLICY = checked(json.loads((KIT / "policy.json").read_text()))
REVOKE = "REVOKE USAGE ON SCHEMA app_mart_0 FROM app_reader_0"
READ, WAREHOUSE = "postgresql_grant.read[0]", "postgresql_database.warehouse[0]"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with driftkit.home(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture
def directory(home: Home) -> Iterator[Path]:
    """The configuration, as it was and applied again after each test."""
    folder = home[0] / "configuration"
    kept = (folder / "main.tf").read_text()
    yield folder
    (folder / "main.tf").write_text(kept)
    for file in folder.glob("own*.tf"):
        file.unlink()
    done = typed(home[0], "tofu -chdir=configuration apply -auto-approve", {**home[1], **_backend()})
    assert done.returncode == 0, done.stdout + done.stderr


def _backend() -> dict[str, str]:
    return {name: os.environ[name] for name in ("PG_CONN_STR", "PG_SCHEMA_NAME", "TF_VAR_copies")}


@contextmanager
def sql(home: Home, *lines: str) -> Iterator[psycopg.Connection]:
    """A hand on the server, which has typed `lines`."""
    with psycopg.connect(home[2], autocommit=True) as connection:
        for statement in lines:
            connection.execute(statement)
        yield connection


def by_address(found: Iterable[Drift]) -> dict[str, str]:
    return {drift.address: drift.action for drift in found}


def test_what_must_not_be_destroyed_hides_no_other_drift(home: Home, directory: Path) -> None:
    file = directory / "main.tf"
    guarded = '  lc_collate = "C"\n  lifecycle {\n    prevent_destroy = true\n  }\n'
    file.write_text(file.read_text().replace('  lc_collate = "C"\n', guarded))
    other = "CREATE DATABASE app_warehouse_0 OWNER app_owner LC_COLLATE 'C.UTF-8' TEMPLATE template0"
    with sql(home, "DROP DATABASE app_warehouse_0", other, REVOKE) as connection:
        found = look(directory)
        assert "prevent_destroy" in found.error
        assert by_address(found.drifts) == {WAREHOUSE: "replace", READ: "update"}
        with pytest.raises(TofuError, match="prevent_destroy"):
            detect(directory)
        healed = [drift for drift in found.drifts if drift.action == "update"]
        assert restore(directory, healed, lambda drift: drift.address == READ) == [READ]
        rights = "SELECT has_schema_privilege('app_reader_0', 'app_mart_0', 'USAGE')"
        assert connection.execute(rights).fetchone() == (True,)


def test_a_store_that_is_away_hides_no_drift_of_a_server(
    home: Home, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = home[1]["AWS_ENDPOINT_URL_S3"]
    with sql(home, REVOKE):
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
        found = look(directory)
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", endpoint)
    assert "Connection refused" in found.error
    assert by_address(found.drifts) == {READ: "update"}


@pytest.mark.drill
def test_what_waits_for_an_approval_holds_up_no_other_restore(
    home: Home, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    store = Store.of_environment()
    store.request("DELETE", "app-lake-0", {"policy": ""})
    store.request("DELETE", "app-lake-0")
    watch = Watch(directory, POLICY, tmp_path)

    def events() -> list[dict]:
        watch.once(0)
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    with sql(home, REVOKE):
        first = events()
    restored = [event["addresses"] for event in first if event["event"] == "restored"]
    asked = {event["drift"]["address"]: event for event in first if event["event"] == "ticket"}
    assert restored == [[READ]]
    assert set(asked) == {"aws_s3_bucket.lake[0]", "aws_s3_bucket_policy.lake[0]"}
    assert "would touch aws_s3_bucket.lake[0] too" in asked["aws_s3_bucket_policy.lake[0]"]["why"]
    assert "each look tries again" in asked["aws_s3_bucket_policy.lake[0]"]["do"]
    file = tmp_path / f"{asked['aws_s3_bucket.lake[0]']['ticket']}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"approved": True}))
    assert [event["event"] for event in events()] == ["look", "restored"]
    assert [event["event"] for event in events()] == ["look", "closed", "closed"]
    assert detect(directory) == []


def test_the_advice_of_a_ticket_leads_to_an_import(home: Home, directory: Path, tmp_path: Path) -> None:
    name = 'odd "role" of ${nobody}'
    quoted = statements.Identifier(name).as_string(None)
    with sql(home, f"CREATE ROLE {quoted}") as connection:
        (drift,) = detect(directory, lambda: [("postgresql_role", "name", name)])
        ticket = tickets.opened(tmp_path, drift, decide(drift, POLICY))
        assert ticket is not None
        block = ticket["do"][ticket["do"].index("import {") :].replace("NAME", "odd")
        written = block[block.index("id = ") + 5 : block.rindex("\n")]
        resource = f'resource "postgresql_role" "odd" {{\n  name = {written}\n}}\n'
        (directory / "own.tf").write_text(f"{block}\n{resource}")
        assert by_address(detect(directory, lambda: [("postgresql_role", "name", name)])) == {}
        done = typed(home[0], "tofu -chdir=configuration plan -no-color", {**home[1], **_backend()})
        assert "1 to import, 0 to add, 0 to change, 0 to destroy" in done.stdout, done.stdout + done.stderr
        (directory / "own.tf").unlink()
        connection.execute(f"DROP ROLE {quoted}")


def test_a_drift_that_is_accepted_as_its_ticket_says_is_told_no_more_and_the_others_are(
    home: Home, directory: Path, tmp_path: Path
) -> None:
    with sql(home, "ALTER DATABASE app_scratch_0 OWNER TO app_loader", REVOKE):
        found = {drift.address: drift for drift in detect(directory)}
        unset = found["postgresql_database.scratch[0]"]
        ticket = tickets.opened(tmp_path, unset, decide(unset, POLICY))
        assert ticket is not None and set(found) == {unset.address, READ}
        command = ticket["do"].partition("accept it by: ")[2]
        line = command.replace("tofu apply", "tofu -chdir=configuration apply -auto-approve")
        done = typed(home[0], line, {**home[1], **_backend()})
        assert done.returncode == 0, done.stdout + done.stderr
        assert by_address(detect(directory)) == {READ: "update"}


def test_a_change_that_somebody_took_into_the_state_is_pending(home: Home, directory: Path) -> None:
    with sql(home, REVOKE):
        line = "tofu -chdir=configuration apply -refresh-only -auto-approve"
        assert typed(home[0], line, {**home[1], **_backend()}).returncode == 0
        found = look(directory)
    assert found.drifts == () and found.pending == {READ: "update"}


def test_what_no_resource_describes_is_not_seen_as_the_page_says(home: Home, directory: Path) -> None:
    with sql(home, "GRANT CREATE ON SCHEMA app_mart_0 TO PUBLIC", "ALTER ROLE app_reader_0 SUPERUSER"):
        assert detect(directory) == []
    with sql(home, "REVOKE CREATE ON SCHEMA app_mart_0 FROM PUBLIC", "ALTER ROLE app_reader_0 NOSUPERUSER"):
        pass


def test_a_template_that_somebody_made_is_listed(home: Home) -> None:
    with sql(home, "CREATE DATABASE hidden IS_TEMPLATE true") as connection:
        listed = list(of_environment("postgresql")())
        connection.execute("ALTER DATABASE hidden IS_TEMPLATE false")
        connection.execute("DROP DATABASE hidden")
    assert ("postgresql_database", "name", "hidden") in listed
    assert not [name for _, _, name in listed if name in ("template0", "template1")]
    assert {kind for kind, _, _ in listed} == {"postgresql_role", "postgresql_database"}


def test_a_number_is_read_as_the_server_reads_it(home: Home) -> None:
    texts = [
        "0", "30000", " 30 s ", "30000ms", "3e4", "3.0E4", "0x7530", "0X7530ms", "072460", "07", "+30s", ".5min",
        "1.5h", "1e-1s", "2499us", "2500us", "3500us", "1d", "0.0005d", "0.03d", "1.51min", "30.0004s", "0x1.8", "0s",
    ]  # fmt: skip
    line = "import json, sys, postgresql; print(json.dumps([*map(postgresql.milliseconds, json.load(sys.stdin))]))"
    done = subprocess.run(
        [str(tofu.python()), "-c", line],
        input=json.dumps(texts),
        env={"PYTHONPATH": str(KIT / "provider")},
        capture_output=True,
        text=True,
        check=True,
    )
    read = dict(zip(texts, json.loads(done.stdout), strict=True))
    with sql(home) as connection:
        for text in texts:
            connection.execute(statements.SQL("SET statement_timeout = {}").format(text))
            row = connection.execute(
                "SELECT setting FROM pg_settings WHERE name = 'statement_timeout'"
            ).fetchone()
            connection.execute("SET statement_timeout = 0")
            assert row is not None and read[text] == int(row[0]), text
