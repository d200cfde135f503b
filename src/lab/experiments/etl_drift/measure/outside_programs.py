"""Programs for the rivals' own environment; nothing of this project is imported here.

python outside_programs.py valentine FOLDER: reads examples.csv and case-N.csv, writes scores.json: of each case and matcher its
one-to-one matches (case, matcher, source, target, score).
python outside_programs.py dlt FOLDER DSN SCHEMA KEY...: reads first.json and NAME.drift.json, loads the first batch and then
the drifted one into a table for each NAME, writes dlt.json: their names.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def valentine(folder: Path) -> None:
    import pandas as pd
    from valentine import valentine_match
    from valentine.algorithms import Coma, JaccardDistanceMatcher
    from valentine.algorithms.jaccard_distance import StringDistanceFunction

    examples = pd.read_csv(folder / "examples.csv")
    matchers = {
        "Coma, by names": Coma(use_instances=False),
        "Jaccard, by values": JaccardDistanceMatcher(distance_fun=StringDistanceFunction.Exact),
    }
    found = []
    for path in sorted(folder.glob("case-*.csv")):
        source = pd.read_csv(path)
        for name, matcher in matchers.items():
            matches = valentine_match([source, examples], matcher).one_to_one_hungarian(threshold=0.0)
            for pair, score in matches.items():
                columns = (pair.source_column, pair.target_column)
                found.append([int(path.stem.split("-")[1]), name, *columns, float(score)])
    (folder / "scores.json").write_text(json.dumps(found))


def dlt(folder: Path, dsn: str, schema: str, *key: str) -> None:
    import dlt as library

    pipeline = library.pipeline(
        pipeline_name="etl_drift",
        pipelines_dir=str(folder / "pipelines"),
        destination=library.destinations.postgres(dsn),
        dataset_name=schema,
    )
    first = json.loads((folder / "first.json").read_text())
    paths = {path.name.removesuffix(".drift.json"): path for path in sorted(folder.glob("*.drift.json"))}
    drifted = {name: json.loads(path.read_text()) for name, path in paths.items()}
    for delivery in (dict.fromkeys(drifted, first), drifted):
        pipeline.run(
            [
                library.resource(rows, name=name, primary_key=key, write_disposition="merge")
                for name, rows in delivery.items()
            ]
        )
    (folder / "dlt.json").write_text(json.dumps(list(drifted)))


if __name__ == "__main__":
    if sys.argv[1] == "dlt":
        dlt(Path(sys.argv[2]), *sys.argv[3:])
    else:
        valentine(Path(sys.argv[2]))
