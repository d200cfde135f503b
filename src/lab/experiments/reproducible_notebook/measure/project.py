"""This project itself: one of its experiments run anew, beside the record that is committed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lab import paths
from lab.errors import ServiceError
from lab.evidence import baseline, record
from lab.experiments.reproducible_notebook.measure.seen import Fresh
from lab.services.session import session

SLUG = "private_aggregates"  # it times nothing, so that it may run beside other work
# Fewer draws than those of the baseline, so that it takes a third of the time. The audit is at a large epsilon, where the
# fewest draws show most of what is claimed.
FEWER = {
    "draws": 1_000,
    "audit_draws": 3_000,
    "leak_runs": 100,
    "epsilons": [0.1, 1.0, 5.0],
    "audited": [2.0],
}
LIMIT_S = 600


def fresh(folder: Path) -> Fresh:
    """Run the experiment's notebook by papermill in the new folder `folder`; ServiceError if it leaves no record."""
    kept = baseline.kept(SLUG)
    if kept is None:
        raise ServiceError(f"baseline/{SLUG}.json is not here: nothing to compare a fresh run with")
    folder.mkdir()
    options = ["--no-progress-bar", "--log-level", "ERROR", "-y", json.dumps(FEWER)]
    quiet = {"LAB_PROGRESS": str(folder / "progress.jsonl"), "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(
        [sys.executable, "-m", "papermill", str(paths.notebook(SLUG)), "fresh.ipynb", *options],
        cwd=folder,
        env=session().environment({"LAB_RECORDS": str(folder), **quiet}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    if done.returncode:
        raise ServiceError(f"{SLUG} could not be run: {done.stderr.strip()[-500:]}")
    return Fresh(kept, record.read(folder / f"{SLUG}.json"))
