"""What workers do in tests."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from lab.services.session import session


def start_a_child_and_sleep(told: Path) -> None:
    """Tell the child's process id and this worker's own folder, then wait to be killed."""
    child = subprocess.Popen(
        [sys.executable, "-c", "import time; time.sleep(99)"], env=session().environment()
    )
    told.with_suffix(".part").write_text(f"{child.pid}\n{session().folder}")
    told.with_suffix(".part").rename(told)
    time.sleep(99)
