"""The command `papermill`: papermill itself, with a default output path in `build/` where it demands one.

papermill writes to its standard output where no output path is named, but not to a terminal: there it refuses.
Only that case is ours. With an output path, with `-`, in a pipe and for whatever else, this is papermill.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import click
import nbformat
from papermill import cli

from lab import paths
from lab.errors import ParameterError
from lab.evidence import record
from lab.runner import execute
from lab.runner.many import line
from lab.runner.place import Place, changes, exploratory, published, told

_ASKS = {"-h", "--help", "--version", "--help-notebook"}


def main() -> None:
    """Entry point of the console script."""
    arguments = sys.argv[1:]
    options = {} if _ASKS & set(arguments) else _options(arguments)
    if _lacks_output(options):
        _run(arguments, options)
    cli.papermill(prog_name="papermill")


def _options(arguments: list[str]) -> Mapping[str, Any]:
    """What papermill's own command line makes of `arguments`; it is left to papermill to refuse any."""
    return cli.papermill.make_context("papermill", list(arguments), resilient_parsing=True).params


def _lacks_output(options: Mapping[str, Any]) -> bool:
    notebook, output = options.get("notebook_path"), options.get("output_path")
    piped = cli.INPUT_PIPED or cli.OUTPUT_PIPED
    return bool(notebook) and notebook != "-" and not output and not piped


def _run(arguments: list[str], options: Mapping[str, Any]) -> NoReturn:
    source = Path(options["notebook_path"])
    typed = dict([*(options["parameters"] or ()), *(options["parameters_raw"] or ())])
    place = exploratory(source.stem, typed)
    os.environ["LAB_RECORDS"] = str(place.records)
    begin = time.monotonic()
    status = _papermill([*arguments, str(place.notebook)])
    if not place.notebook.exists():  # refused before it began
        shutil.rmtree(place.records)
    elif status is None or options["prepare_only"] or not _is_the_experiments(source):
        _tell(place.notebook, next(place.records.glob("*.json"), None))
    else:
        _settle(place, status, time.monotonic() - begin)
    sys.exit(1 if status is None else status)


def _papermill(arguments: list[str]) -> int | None:
    """Its exit status, or None if it was interrupted; what it raises is shown as it would show it."""
    heard: list[int] = []
    try:
        with _insisting(heard):
            cli.papermill.main(arguments, prog_name="papermill", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        _aborted()
        return None
    except SystemExit as leaving:
        return leaving.code if isinstance(leaving.code, int) else 1
    except Exception:
        if heard:  # a kernel that Ctrl-C ended before papermill heard of it is no error
            _aborted()
            return None
        sys.excepthook(*sys.exc_info())
        return 1
    return 0


def _aborted() -> None:
    # A task of the event loop that nobody waits for any more would tell at the very end that its kernel is dead.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    click.echo("Aborted!", err=True)


@contextmanager
def _insisting(heard: list[int], every_s: float = 10) -> Iterator[None]:
    """Let Ctrl-C be heard: where a callback of an event loop swallows the KeyboardInterrupt, it comes again.

    heard: takes the signals that came.
    """

    def interrupt(number: int, frame: object) -> NoReturn:
        heard.append(number)
        signal.setitimer(signal.ITIMER_REAL, every_s)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _is_the_experiments(source: Path) -> bool:
    return source.resolve() == paths.notebook(source.stem).resolve()


def _settle(place: Place, status: int, seconds: float) -> None:
    """Publish the run if its parameters are the notebook's own; say where everything is."""
    given = nbformat.read(place.notebook, as_version=4).metadata.papermill.parameters
    try:
        checked = execute.check_parameters(place.slug, given)
    except ParameterError:  # so nothing was run
        return _tell(place.notebook, None)
    result = execute.outcome(place, checked, status, seconds)
    target = place if changes(place.slug, result["params"]) else published(place.slug)
    kept = execute.keep(place, result, target).place
    if kept != place:
        shutil.rmtree(place.records)
    return _tell(kept.notebook, kept.record)


def _tell(notebook: Path, kept: Path | None) -> None:
    if kept:
        result = record.read(kept)
        click.echo(f"{result['experiment']}: {line(result)}")
    click.echo(told(notebook, kept))


if __name__ == "__main__":
    main()
