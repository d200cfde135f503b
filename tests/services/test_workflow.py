"""Experiments on containers by the very steps of their workflow."""

from __future__ import annotations

from pathlib import Path

import pytest

import workflows
from clones import Clone, clone, real
from lab import paths

WORKFLOW = paths.PROJECT / ".github" / "workflows" / "experiments.yml"


@pytest.mark.engine
@pytest.mark.drill
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("slug", ["kafka_lag", "sql_windows"])
def test_an_experiment_runs_on_containers_by_the_steps_of_the_workflow(tmp_path: Path, slug: str) -> None:
    """Nothing stands in here, but podman for docker where no docker runs, and no package of Ubuntu where this is none."""
    place = Clone(clone(tmp_path).folder, real(tmp_path / "calls"))
    run = workflows.run_job(WORKFLOW, "run", place.folder, place.environment, {"matrix.slug": slug})
    assert run.fine, run.steps[-1]
    assert any("up" in call for call in place.calls if call[:2] == ["docker", "compose"])
    assert run.summary in (f"{slug}: pass\n", f"{slug}: inconclusive\n")
