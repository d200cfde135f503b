"""Whether a process lives, as seen from outside."""

from __future__ import annotations

import psutil


def lives(pid: int) -> bool:
    """False once it has ended, though nobody may have asked for its status yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
