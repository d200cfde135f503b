"""Run a program to its end, with an error that tells what it said."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence

from lab.errors import ServiceError
from lab.services.session import session


def run(
    command: Sequence[str],
    what: str,
    timeout_s: float = 120,
    environment: Mapping[str, str] | None = None,
    hint: str = "",
    given: str = "",
) -> subprocess.CompletedProcess[str]:
    """`command` finished with status 0, its output as text; else ServiceError with its last lines.

    given: what it reads from its standard input.
    """
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",  # what a server logs need not be text
            timeout=timeout_s,
            env=session().environment(environment),
            input=given,
            check=False,
        )
    except FileNotFoundError:
        raise ServiceError(f"{what}: no program {command[0]!r}. {hint}") from None
    except subprocess.TimeoutExpired:
        raise ServiceError(f"{what} took longer than {timeout_s:g} s. {hint}") from None
    if done.returncode:
        tail = "\n".join((done.stdout + done.stderr).strip().splitlines()[-15:])
        raise ServiceError(f"{what} ended with status {done.returncode}. {hint}\n{tail}")
    return done
