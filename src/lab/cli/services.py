"""lab services up, down, status."""

from __future__ import annotations

import click

from lab.services import standing


@click.group()
def services() -> None:
    """Servers that stay up between runs, so that experiments attach to them."""


@services.command()
@click.argument("names", nargs=-1, type=click.Choice(standing.NAMES))
def up(names: tuple[str, ...]) -> None:
    """Start NAMES (default: all) and print the variables that make experiments attach."""
    for name, value in standing.up(list(names) or list(standing.NAMES)).items():
        click.echo(f"export {name}={value}")


@services.command()
def down() -> None:
    """Stop what `up` started."""
    click.echo("stopped" if standing.down() else "nothing was up")


@services.command()
def status() -> None:
    """What is up, and where."""
    found = standing.status()
    for name, value in found.items():
        click.echo(f"{name}={value}")
    if not found:
        click.echo("nothing is up")


COMMANDS = (services,)
