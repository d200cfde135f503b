"""(c) `lab book` with nothing changed. Run `make book` before."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

LIMIT_S = 10


def main() -> None:
    lab = Path(sys.executable).with_name("lab")
    begin = time.monotonic()
    done = subprocess.run([str(lab), "book"], capture_output=True, text=True, check=False)
    took = time.monotonic() - begin
    changed = [line for line in done.stderr.splitlines() if "nothing changed" not in line]
    print(f"book, nothing changed: {took:.1f} s (target at most {LIMIT_S} s)")
    if changed:
        print(f"  but this was not so; run `make book` first: {changed}")
