"""Each experiment's small run with its services as containers, and a table of how each went: env/containers small [SLUG...].

A run counts only if containers were started for it. Status 1 if one failed or could not be made.
"""

from __future__ import annotations

import os
import shlex
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab import declared, paths
from lab.report import catalogue
from lab.runner.execute import run
from lab.runner.place import Place
from lab.services import compose

SMALL = paths.PROJECT / "tests" / "experiments"
NOTHING_TO_TRY = "no service: nothing to try"
_FINE = ("pass", "inconclusive")


@dataclass(frozen=True)
class Row:
    """verdict: of the run; "" where there was nothing to try. told: its containers, or why it did not come to a result."""

    slug: str
    verdict: str
    seconds: float
    told: str

    @property
    def fine(self) -> bool:
        return self.verdict in ("", *_FINE)


def main(asked: Sequence[str]) -> int:
    """Try those asked for, or all, and print the table even if that is interrupted. The exit status."""
    known = catalogue.slugs()
    if strangers := set(asked) - set(known):
        sys.exit(f"no experiment {', '.join(sorted(strangers))}; there are: {', '.join(known)}")
    os.environ["LAB_SERVICES"] = "compose"
    rows = []
    try:
        for slug in asked or known:
            rows.append(tried(slug))
            print(line(rows[-1]), file=sys.stderr)
    finally:
        print(table(rows))
    return int(not all(row.fine for row in rows))


def tried(slug: str) -> Row:
    """The experiment's small run, made if a service of it can be a container."""
    if not images() & set(declared.needs(slug)):
        return Row(slug, "", 0, NOTHING_TO_TRY)
    log = noted()
    parameters = yaml.safe_load((SMALL / f"{slug}.small.yaml").read_text())
    place = paths.build() / "containers" / slug
    begun = time.monotonic()
    result = run(slug, parameters, Place(slug, place, place)).record
    seconds, containers = time.monotonic() - begun, started(log)
    if result["verdict"] not in _FINE:
        return Row(slug, result["verdict"], seconds, " ".join("; ".join(result["reasons"]).split()))
    if not containers:
        return Row(
            slug,
            "error",
            seconds,
            "a service of env/compose.yaml is among its NEEDS, but no container was started",
        )
    return Row(slug, result["verdict"], seconds, ", ".join(containers))


def images() -> set[str]:
    """Needs for which the compose file has an image."""
    services = yaml.safe_load(compose.FILE.read_text())["services"].values()
    return {service["build"]["target"] for service in services}


def noted() -> Path:
    """Have the engine's compose program note each call that went well; the file in which it does."""
    folder = paths.build() / "containers"  # it stays: what is left of a run is taken down by the same program
    folder.mkdir(parents=True, exist_ok=True)
    log, program = folder / "calls", folder / "compose"
    log.write_text("")
    if (engine := os.environ.get("LAB_COMPOSE", "docker compose")) != shlex.quote(str(program)):
        program.write_text(f'#!/bin/sh\n{engine} "$@" || exit\necho "$@" >> {shlex.quote(str(log))}\n')
        program.chmod(0o755)
        os.environ["LAB_COMPOSE"] = shlex.quote(str(program))
    return log


def started(log: Path) -> list[str]:
    """Services that were started by the calls in `log`, each once, by name."""
    calls = [call.split() for call in log.read_text().splitlines()]
    return sorted(
        {name for call in calls if "up" in call for name in call[call.index("up") + 1 :] if name[0] != "-"}
    )


def table(rows: Iterable[Row]) -> str:
    return "\n".join([f"{'experiment':24} {'verdict':13} {'s':>4}  containers, or why not", *map(line, rows)])


def line(row: Row) -> str:
    seconds = f"{row.seconds:.0f}" if row.verdict else ""
    return f"{row.slug:24} {row.verdict or '-':13} {seconds:>4}  {row.told}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
