"""Wait for a run and draw its progress: a bar in a terminal, nothing elsewhere."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tqdm import tqdm


def watch(slug: str, child: subprocess.Popen[bytes], progress: Path) -> int:
    """The exit status of `child`; meanwhile the steps that its notebook writes to `progress` are shown."""
    with tqdm(
        total=1, desc=slug, disable=not sys.stderr.isatty(), leave=False, bar_format="{l_bar}{bar}| {elapsed}"
    ) as bar:
        while True:
            try:
                return child.wait(0.2)
            except subprocess.TimeoutExpired:
                _draw(bar, slug, progress)


def _draw(bar: tqdm, slug: str, progress: Path) -> None:
    step = _last(progress)
    if step:
        bar.total, bar.n = step["of"], step["step"] - 1
        bar.set_description_str(f"{slug}: {step['what']}")
    bar.refresh()


def _last(progress: Path) -> dict | None:
    if not progress.exists():
        return None
    # The last line may be half-written.
    lines = progress.read_text().rpartition("\n")[0].splitlines()
    return json.loads(lines[-1]) if lines else None
