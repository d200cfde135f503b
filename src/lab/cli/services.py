"""lab services up, down, status."""

from __future__ import annotations

import click


@click.group()
def services() -> None:
    """Servers that stay up between runs, so that experiments attach to them."""


@services.command()
@click.argument("names", nargs=-1)
def up(names: tuple[str, ...]) -> None:
    """Start NAMES (default: all) and print the variables that make experiments attach."""
    from lab.services import standing  # with every server's client

    if strangers := set(names) - set(standing.NAMES):
        known = ", ".join(standing.NAMES)
        raise click.BadParameter(f"no service {', '.join(sorted(strangers))}; known: {known}")
    for name, value in standing.up(list(names) or list(standing.NAMES)).items():
        click.echo(f"export {name}={value}")


@services.command()
def down() -> None:
    """Stop what `up` started."""
    from lab.services import standing

    click.echo("stopped" if standing.down() else "nothing was up")


@services.command()
def status() -> None:
    """What is up, and where."""
    from lab.services import standing

    found = standing.status()
    for name, value in found.items():
        click.echo(f"{name}={value}")
    if not found:
        click.echo("nothing is up")


COMMANDS = (services,)
