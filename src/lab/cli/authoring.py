"""lab new, lock, test, keep, pictures, readme."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from lab import paths


@click.command()
@click.argument("slug")
@click.option("--theme", help="The part of the book; a new one gets a page.")
@click.option("--question", help="What the experiment answers.")
def new(slug: str, theme: str | None, question: str | None) -> None:
    """Write the skeleton of the experiment SLUG: it runs, and says `not run`."""
    from lab.authoring.new import propose, write

    for path in write(propose(slug, theme, question)):
        click.echo(_within(path))
    click.echo(f"try it: lab run {slug}; what goes where: book/add-an-experiment.md")


@click.command()
@click.argument("name")
def lock(name: str) -> None:
    """Make env/python/NAME.lock from NAME.in: every package pinned and hashed."""
    from lab.authoring import locking

    click.echo(_within(locking.lock(name)))


@click.command()
@click.argument("slug")
def test(slug: str) -> None:
    """Test one experiment: its own tests, the architecture, its small run, its page in a browser."""
    from lab.authoring import testing

    sys.exit(testing.test(slug))


@click.command()
@click.argument("slug")
def keep(slug: str) -> None:
    """Make the published result of SLUG, a pass, the baseline that later runs are compared with."""
    from lab.authoring import keeping

    click.echo(_within(keeping.keep(slug)))


@click.command()
def pictures() -> None:
    """Take the README's pictures anew, from the built site."""
    from lab.authoring import pictures as taking
    from lab.report.browser import chromium

    with chromium() as browser:
        for path in taking.take(browser, paths.build() / "site"):
            click.echo(_within(path))


@click.command()
def readme() -> None:
    """Write the README's table of experiments anew."""
    from lab.authoring import readme as writing

    click.echo(_within(writing.refresh()))


def _within(path: Path) -> Path:
    return path.relative_to(paths.PROJECT)


COMMANDS = (new, lock, test, keep, pictures, readme)
