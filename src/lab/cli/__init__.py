"""The command `lab`: one file for each group of verbs."""

from __future__ import annotations

import errno
import sys

import click

from lab.cli import authoring, evidence, experiments, services
from lab.errors import LabError, ParameterError

_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="measured-data-engineering", prog_name="lab")
def cli() -> None:
    """Run measured experiments on real services, and build the book of them."""


for group in (experiments, evidence, services, authoring):
    for command in group.COMMANDS:
        cli.add_command(command)


def main() -> None:
    """Entry point: an error meant for the reader is one sentence and an exit status."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; everything that was started is being taken down", err=True)
        sys.exit(130)
    except ParameterError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(2)
    except LabError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(4)
    except OSError as error:
        if error.errno not in _DISK:
            raise
        where = error.filename or "no file named"
        click.echo(f"error: {error.strerror} ({where}); LAB_BUILD names another folder to build in", err=True)
        sys.exit(4)
