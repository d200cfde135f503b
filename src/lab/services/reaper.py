"""Waits for the end of one process, then ends everything that carries its mark."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

from lab.services.session import CLEAN_UP, MARK

_GIVE_UP_S = 20


def main(owner: str, folder: Path) -> None:
    sys.stdin.buffer.read()  # returns when nobody holds the other end any more
    kill_marked(owner)
    for command in _clean_up(folder):
        subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120, check=False
        )
    shutil.rmtree(folder, ignore_errors=True)


def kill_marked(owner: str) -> None:
    """SIGKILL every process of `owner` until none is left; one that is just being started is met again."""
    deadline = time.monotonic() + _GIVE_UP_S
    while (found := marked(owner)) and time.monotonic() < deadline:
        for process in found:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        time.sleep(0.05)


def marked(owner: str) -> list[psutil.Process]:
    """Processes whose environment carries `owner`, alone or within a longer mark."""
    return [process for process in psutil.process_iter() if owner in _mark(process)]


def _mark(process: psutil.Process) -> str:
    try:
        if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
            return ""
        return process.environ().get(MARK, "")
    except (psutil.Error, OSError):
        return ""


def _clean_up(folder: Path) -> list[list[str]]:
    path = folder / CLEAN_UP
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
