"""A run in little, the kit by its README in an empty folder, and what the providers do when a server does not answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

import psycopg
import pytest

import driftkit
import wholerun
from driftkit import Home, typed
from lab.evidence.result import Result
from lab.experiments import infra_drift as package
from lab.experiments.infra_drift import (
    Params,
    PolicyError,
    TofuError,
    detect,
    restore,
    run,
    run_with_controls,
)
from lab.services import objectstore
from lab.services.s3 import S3

pytestmark = pytest.mark.service
KEYS = ("ENDPOINT_URL_S3", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")
# A slow machine has done with a look, and with what follows from it, before the next one is due.
SMALL = Params(every_s=8, copies=1, looks=3, quiet=2, sizes=(10, 30, 60), repeats=1)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, Mapping[str, Result]]:
    return run_with_controls(SMALL)


def test_a_run_in_little_holds_its_invariants_and_fails_its_controls(whole: wholerun.Whole) -> None:
    wholerun.invariants_hold_and_controls_fail(package, whole)


def test_the_record_says_how_strong_it_is(whole: wholerun.Whole) -> None:
    wholerun.says_how_strong_it_is(package, whole)


def test_the_metrics_of_the_exercise_are_there(whole: wholerun.Whole) -> None:
    assert {"detection_mean_s", "remediation_rate"} <= {item.name for item in whole[0].metrics}


def test_the_projection_starts_from_what_was_measured_at_the_watched_state(whole: wholerun.Whole) -> None:
    row = package.model(*whole).projection.iloc[0]
    assert row["a look, one state, s"] == f"{whole[0].metric('run_s').value:.1f}"


def test_what_applying_everything_accepted_is_counted_over_the_whole_run(whole: wholerun.Whole) -> None:
    table = whole[0].tables["everything"]
    accepted = list(table["item"][table["what"] == "accepted"])
    assert accepted == [f"postgresql_database.scratch[{copy}]" for copy in range(SMALL.copies + 1)]


def test_a_wrong_policy_stops_before_anything_starts() -> None:
    with pytest.raises(PolicyError, match="unknown in the policy: ignored"):
        run(SMALL, {"ignored": []})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with driftkit.home(tmp_path_factory.mktemp("home")) as found:
        yield found


def test_the_readme_leads_to_a_first_look(home: Home) -> None:
    assert list(
        (home[0] / "tickets").glob("*.json")
    )  # for the server's own role, which the reader then ignores


def test_a_readers_own_directory_and_list(home: Home) -> None:
    folder, _, dsn = home
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER ROLE app_reader_0 NOLOGIN")
        found = detect(folder / "configuration", lambda: [("postgresql_role", "name", "stranger")])
        connection.execute("ALTER ROLE app_reader_0 LOGIN")
    assert [(drift.address, drift.action) for drift in found] == [
        ("postgresql_role.reader[0]", "update"),
        ("postgresql_role:stranger", "no-op"),
    ]


def test_a_server_that_does_not_answer_is_an_error_and_not_a_loss(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9")
    with pytest.raises(TofuError, match="Connection refused"):
        detect(home[0] / "configuration")


def test_keys_that_are_refused_are_an_error_and_not_a_loss(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(TofuError, match="the store answers 403"):
        detect(home[0] / "configuration")


def test_restoring_deploys_nothing_that_was_not_deployed(home: Home) -> None:
    directory, dsn = home[0] / "configuration", home[2]
    written = directory / "main.tf"
    deployed = written.read_text()
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("REVOKE USAGE ON SCHEMA app_mart_0 FROM app_reader_0")
    (drift,) = detect(directory)
    written.write_text(deployed.replace("30000", "60000"))  # merged, and not applied yet
    with pytest.raises(TofuError, match=r"would touch postgresql_role\.reader\[0\] too"):
        restore(directory, [drift], lambda _: True)
    assert len([found for found in detect(directory) if found.action == "update"]) == 1
    written.write_text(deployed)
    assert restore(directory, [drift], lambda _: True) == ["postgresql_grant.read[0]"]
    assert detect(directory) == []


def test_a_bucket_with_objects_is_not_deleted(home: Home) -> None:
    files = objectstore.file_system(S3(*(os.environ[f"AWS_{name}"] for name in KEYS)))
    with files.open_output_stream("app-archive-0/x") as sink:
        sink.write(b"x")
    written = home[0] / "configuration" / "main.tf"
    kept = written.read_text()
    written.write_text(kept[: kept.index('resource "aws_s3_bucket" "archive"')])
    done = typed(home[0], "tofu -chdir=configuration apply -auto-approve", os.environ)
    written.write_text(kept)
    assert done.returncode and "app-archive-0 has objects in it" in done.stdout + done.stderr
    with files.open_input_stream("app-archive-0/x") as source:
        assert source.read() == b"x"


def test_an_unmanaged_role_can_be_imported(home: Home) -> None:
    folder, _, dsn = home
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute('CREATE ROLE "Odd name" CONNECTION LIMIT 3')
    written = folder / "configuration" / "imported.tf"
    written.write_text(
        'import {\n  to = postgresql_role.odd\n  id = "Odd name"\n}\n'
        'resource "postgresql_role" "odd" {\n  name = "Odd name"\n}\n'
    )
    done = typed(folder, "tofu -chdir=configuration apply -auto-approve", os.environ)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 imported, 0 added, 0 changed, 0 destroyed" in done.stdout
    assert detect(folder / "configuration", lambda: [("postgresql_role", "name", "Odd name")]) == []
