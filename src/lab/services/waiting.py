"""Wait until a server answers a real request."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.errors import ServiceError

Ready = Callable[[], object]  # makes a request; any exception means "not yet"


def until(ready: Ready, what: str, timeout_s: float = 60) -> None:
    """Block until `ready` no longer raises; ServiceError with its last words after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            ready()
            return
        except Exception as error:
            if time.monotonic() > deadline:
                raise ServiceError(f"{what}: not ready after {timeout_s:g} s ({error})") from None
        time.sleep(0.1)
