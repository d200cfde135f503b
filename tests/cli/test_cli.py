"""The command line refuses what is wrong before anything is started, with a status of its own."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lab import cli

LAB = Path(sys.executable).with_name("lab")


def _lab(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LAB), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | environment,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "kafka_lag", "-p", "rate=-1"], "rate = -1"),
        (["run", "kafka_lag", "-p", "rate=abc"], "rate = 'abc'"),
        (["run", "kafka_lag", "-p", "rate=1:00:00"], "rate = '1:00:00'"),
        (["run", "kafka_lag", "-p", "consumers=yes"], "consumers = 'yes'"),
        (["run", "kafka_lag", "-p", "seed=True"], "seed = True"),
        (["run", "kafka_lag", "-p", "strategies=[keyed]"], "not a list in JSON"),
        (["sweep", "kafka_lag", "-p", "seed=1,no"], "seed = 'no'"),
        (["run", "kafka_lag", "-p", "raet=1000"], "unknown parameter 'raet'"),
        (["run", "kafka_lag", "-p", "rate"], "name=value"),
        (["run", "nope"], "no experiment 'nope'"),
        (["sweep", "kafka_lag", "-p", "rate=1000,abc"], "rate = 'abc'"),
        (["sweep", "kafka_lag", "-p", "rate=1000", "--keep"], "kept from two points on"),
        (["sweep", "kafka_lag", "-p", "rate=1000", "-p", "rate=2000"], "rate is given twice"),
        (["book", "nope"], "not in _toc.yml"),
        (["history", "nope"], "no experiment 'nope'"),
        (["history"], "name an experiment"),
        (["reproduce", "kafka_lag", "nope"], "no experiment nope"),
        (["reproduce", "kafka_lag", "--seed", "x"], "Invalid value for '--seed'"),
        (["services", "up", "nope"], "no service nope; known: kafka"),
        (["frobnicate"], "No such command"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_started(
    arguments: list[str], said: str, tmp_path: Path
) -> None:
    done = _lab(*arguments, LAB_BUILD=str(tmp_path / "build"))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "build").exists()


def test_a_check_without_results_fails(tmp_path: Path) -> None:
    done = _lab("check", LAB_BUILD=str(tmp_path))
    assert done.returncode == 4
    assert "not run" in done.stdout


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, True), (errno.ENOENT, False)])
def test_a_full_disk_is_a_sentence_and_a_mistake_of_ours_is_not(
    number: int, told: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(standalone_mode: bool) -> None:
        raise OSError(number, "No space left on device", "build/records/x.json")

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(SystemExit if told else OSError):
        cli.main()
    assert ("error: No space left on device (build/records/x.json)" in capsys.readouterr().err) == told


def test_services_are_down_where_none_were_started(tmp_path: Path) -> None:
    assert "nothing is up" in _lab("services", "status", LAB_BUILD=str(tmp_path)).stdout


def test_list_names_every_experiment() -> None:
    assert "kafka_lag" in _lab("list").stdout
