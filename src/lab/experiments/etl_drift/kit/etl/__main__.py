"""python -m etl BATCH.csv --source NAME --schema SCHEMA.json: load one file into the database that DATABASE_URL names.

Ends with 0 if the batch is in the table, 3 if it is held because of questions, 2 if it can't be loaded.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import psycopg

from .batch import LoadError
from .loader import Answer, Loaded, load
from .schema import Schema
from .values import as_type, misfits, texts

REFUSED, HELD = 2, 3


def read_csv(path: Path) -> pd.DataFrame:
    """A CSV file in UTF-8, its empty fields as NULL. LoadError for a line that has not as many fields as the header.

    A column becomes numbers only if all are written as they would be again: of 0517, 1.10 or 1E5 each spelling may count.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = csv.reader(file, strict=True)
        header, rows = next(lines, []), []
        for row in filter(None, lines):
            if len(row) != len(header):
                raise LoadError(f"{path}, line {lines.line_num}: {len(row)} fields, not {len(header)}")
            rows.append([value or None for value in row])
    frame = pd.DataFrame(rows, columns=header, dtype=object)
    for place in range(len(header)):
        column = texts(frame.iloc[:, place])
        if not misfits(column, "numeric") and as_type(column, "numeric") is column:
            frame.isetitem(place, frame.iloc[:, place].map(Decimal, na_action="ignore").to_numpy())
    return frame


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m etl", description=__doc__)
    parser.add_argument("batch", type=Path)
    parser.add_argument("--source", required=True, help="who delivers it; a part of the batch's identity")
    parser.add_argument("--schema", type=Path, required=True, help="the target, as JSON")
    parser.add_argument(
        "--answers", type=Path, help='JSON: [{"source": ..., "target": ..., "scale": 1, "by": ...}]'
    )
    given = parser.parse_args(arguments)
    try:
        told = json.loads(given.answers.read_text(encoding="utf-8")) if given.answers else []
        answers = [Answer(**one) for one in told]
        with psycopg.connect(os.environ.get("DATABASE_URL", ""), autocommit=True) as connection:
            done = load(connection, read_csv(given.batch), given.source, Schema.read(given.schema), answers)
    except (OSError, ValueError, TypeError, csv.Error, psycopg.Error) as error:
        print(f"not loaded: {error}", file=sys.stderr)
        return REFUSED
    return _told(done)


def _told(done: Loaded) -> int:
    print(f"{done.status}: {done.rows} rows, batch {done.batch[:12]}")
    for question in done.questions:
        print(f"  asked: source {question.source!r}, target {question.target!r}: {question.reason}")
    return HELD if done.questions else 0


if __name__ == "__main__":
    sys.exit(main())
