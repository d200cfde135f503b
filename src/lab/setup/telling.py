"""Say what set-up does and how long it took."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

import click

from lab.errors import SetupError

_SPENT: ContextVar[list[float] | None] = ContextVar("spent", default=None)  # one for each thread


@contextmanager
def timed() -> Iterator[list[float]]:
    """Collects how long each `doing` of this thread takes within the block, s."""
    spent: list[float] = []
    token = _SPENT.set(spent)
    try:
        yield spent
    finally:
        _SPENT.reset(token)


@contextmanager
def doing(what: str) -> Iterator[None]:
    """`what ... 5.8 s` on standard error; a full disk becomes a sentence."""
    click.echo(f"setup: {what} ...", err=True)
    begin, spent = time.monotonic(), _SPENT.get()
    token = _SPENT.set(None)  # what is done within counts once
    try:
        yield
    except OSError as error:
        raise SetupError(f"{what}: {error.strerror or error} ({error.filename or 'no file named'})") from None
    finally:
        _SPENT.reset(token)
    seconds = time.monotonic() - begin
    click.echo(f"setup: {what}: done in {seconds:.1f} s", err=True)
    if spent is not None:
        spent.append(seconds)


def call(
    command: Sequence[str],
    what: str,
    hint: str,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> None:
    """Run `command` to its end, in `folder`; SetupError with its last lines and `hint` if it fails."""
    try:
        done = subprocess.run(
            command,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=dict(environment) if environment else None,
            cwd=folder,
            check=False,
        )
    except FileNotFoundError:
        raise SetupError(f"{what}: no program {command[0]!r}. {hint}") from None
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-15:])
        raise SetupError(f"{what} ended with status {done.returncode}. {hint}\n{tail}")
