"""python -m etl BATCH.csv --source NAME --schema SCHEMA.json: load one file into the database that DATABASE_URL names.

Ends with 0 if the batch is in the table, 3 if it is held because of questions, 2 if it can't be loaded.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import pandas as pd
import psycopg

from .batch import LoadError
from .loader import Answer, Loaded, load
from .schema import Schema, SchemaError
from .values import misfits, texts

REFUSED, HELD = 2, 3


def read_csv(path: Path) -> pd.DataFrame:
    """A CSV file in UTF-8. A column is made of numbers only if no digit gets lost: 0517 stays text. Empty is NULL."""
    frame = pd.read_csv(path, dtype=object, keep_default_na=False, na_values=[""])
    for name in frame.columns:
        if not misfits(texts(frame[name]), "numeric"):
            frame[name] = frame[name].map(Decimal, na_action="ignore")
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
        answers = [Answer(**one) for one in json.loads(given.answers.read_text())] if given.answers else []
        with psycopg.connect(os.environ.get("DATABASE_URL", ""), autocommit=True) as connection:
            done = load(connection, read_csv(given.batch), given.source, Schema.read(given.schema), answers)
    except (LoadError, SchemaError, OSError, ValueError, TypeError, psycopg.Error) as error:
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
