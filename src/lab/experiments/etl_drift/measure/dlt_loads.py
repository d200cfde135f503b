"""A program for dlt's own environment: a batch, the drifted one, and that again, for each drift. Imports nothing of this project.

python dlt_loads.py FOLDER DSN SCHEMA KEY...: reads FOLDER/first.json and FOLDER/NAME.drift.json, writes FOLDER/dlt.json.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: Path, dsn: str, schema: str, key: list[str]) -> None:
    import dlt

    pipeline = dlt.pipeline(
        pipeline_name="etl_drift",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.postgres(dsn),
        dataset_name=schema,
    )
    first = json.loads((folder / "first.json").read_text())
    paths = {path.name.removesuffix(".drift.json"): path for path in sorted(folder.glob("*.drift.json"))}
    drifted = {name: json.loads(path.read_text()) for name, path in paths.items()}
    for delivery in (dict.fromkeys(drifted, first), drifted, drifted):
        pipeline.run(
            [
                dlt.resource(rows, name=name, primary_key=key, write_disposition="merge")
                for name, rows in delivery.items()
            ]
        )
    (folder / "dlt.json").write_text(json.dumps(list(drifted)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
