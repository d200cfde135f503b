"""What workers do in tests."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lab.load.gate import Gate
from lab.services.session import session

if TYPE_CHECKING:
    from lab.experiments.kafka_lag.workload.producer import Generator


def start_a_child_and_sleep(told: Path) -> None:
    """Tell the child's process id and this worker's own folder, then wait to be killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(99)"], env=session().environment()
    )
    told.with_suffix(".part").write_text(f"{child.pid}\n{session().folder}")
    told.with_suffix(".part").rename(told)
    time.sleep(99)


def arrive_and_fail(generator: Generator) -> None:
    """Be ready for the first window of a load, and then send nothing."""
    folder = generator.folder / "window-0"
    while not folder.exists():
        time.sleep(0.01)
    Gate(folder).arrive(generator.name)
    raise RuntimeError("no acknowledgement came")
