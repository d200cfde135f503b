"""(c) `lab book` with nothing changed. Run `make book` before."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from bench import limits
from bench.budget import Budget, Found


def main() -> dict[Budget, Found]:
    lab = Path(sys.executable).with_name("lab")
    begin = time.monotonic()
    done = subprocess.run([str(lab), "book"], capture_output=True, text=True, check=False)
    took = time.monotonic() - begin
    changed = [line for line in done.stderr.splitlines() if "nothing changed" not in line]
    print(f"book: {took:.1f} s")
    if changed:
        print(f"  but something had changed; run `make book` first: {changed}")
        return {limits.UNCHANGED: Found(None, "something had changed. Run: make book")}
    return {limits.UNCHANGED: Found(took, "measured here")}
