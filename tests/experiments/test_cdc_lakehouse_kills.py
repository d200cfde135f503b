"""When a killed worker was last known to be alive, and what the writers had logged by then."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from lab.errors import ServiceError
from lab.experiments.cdc_lakehouse import oracle
from lab.experiments.cdc_lakehouse.measure import kills
from lab.experiments.cdc_lakehouse.measure.kills import _kill
from lab.experiments.cdc_lakehouse.workload.writers import logged


class Dying:
    """A Connect that answers until it is dead, `dies` s after it was told; the command returns after `takes` s."""

    def __init__(self, dies: float, takes: float) -> None:
        self.node = SimpleNamespace(kill=self._kill)
        self.dies, self.takes, self.dead = dies, takes, float("inf")

    def _kill(self) -> None:
        self.dead = time.time() + self.dies
        time.sleep(self.takes)

    def names(self) -> list[str]:
        time.sleep(0.001)
        if time.time() >= self.dead:
            raise ServiceError("connection refused")
        return []


def test_a_kill_that_takes_its_time_is_told_by_the_last_answer() -> None:
    dying = Dying(dies=1.0, takes=1.2)
    alive = _kill(dying)  # type: ignore[arg-type]
    assert dying.dead - 0.5 < alive < dying.dead


def test_a_kill_at_once_leaves_the_moment_before_it() -> None:
    before = time.time()
    dying = Dying(dies=0.0, takes=0.0)
    assert before <= _kill(dying) <= dying.dead  # type: ignore[arg-type]


def test_a_kill_that_fails_is_not_kept_quiet() -> None:
    dying = Dying(dies=9, takes=0)
    dying.node.kill = lambda: (_ for _ in ()).throw(ServiceError("no such container"))
    with pytest.raises(ServiceError, match="no such container"):
        _kill(dying)  # type: ignore[arg-type]


def test_a_line_half_written_does_not_count_yet(tmp_path: Path) -> None:
    whole, half = tmp_path / "0", tmp_path / "1"
    whole.write_text('["transfer", 7, 1.0, 1.5]\n["rolled back", null, 2.0, 2.5]\n')
    half.write_text('["transfer", 8, 1.0, 1.5]\n["transf')
    assert [one.xid for one in logged([whole, half])] == [7, None, 8]
    half.write_text("")
    assert len(logged([whole, half])) == 2


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "60"]) as found:
        yield found
        found.kill()


def state(process: subprocess.Popen[bytes]) -> str:
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[0]


def frozen(
    monkeypatch: pytest.MonkeyPatch, process: subprocess.Popen[bytes], commits_after: float
) -> oracle.Snapshot | None:
    """What is found where the JVM commits after so many seconds."""
    old, new = (oracle.Snapshot(number, 0.0, {}) for number in (1, 2))
    begun = time.monotonic()

    def snapshots(*_: object) -> list[oracle.Snapshot]:
        assert state(process) == "T"  # it is looked for only while the driver can't hear of it
        return [old, new] if time.monotonic() - begun > commits_after else [old]

    monkeypatch.setattr(oracle, "snapshots", snapshots)
    monkeypatch.setattr(kills, "_MOMENT_S", 0.05)
    monkeypatch.setattr(kills, "_FROZEN_S", 0.2)
    own = SimpleNamespace(sink=SimpleNamespace(pid=process.pid), catalog=SimpleNamespace(uri=""))
    return kills._frozen_at_commit(own, {1}, timeout_s=1.5)  # type: ignore[arg-type]


@pytest.mark.parametrize("after", [0.0, 0.7])
def test_the_driver_is_frozen_when_the_catalog_has_the_commit(
    monkeypatch: pytest.MonkeyPatch, sleeper: subprocess.Popen[bytes], after: float
) -> None:
    found = frozen(monkeypatch, sleeper, after)
    assert found is not None and found.id == 2
    assert state(sleeper) == "T"


def test_a_commit_that_never_comes_is_no_hit(
    monkeypatch: pytest.MonkeyPatch, sleeper: subprocess.Popen[bytes]
) -> None:
    assert frozen(monkeypatch, sleeper, 60.0) is None
