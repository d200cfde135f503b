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
    told = {}
    for path in sorted(folder.glob("*.drift.json")):
        name = path.name.removesuffix(".drift.json")
        drifted = json.loads(path.read_text())
        try:
            for rows in (first, drifted, drifted):
                table = dlt.resource(rows, name=name, primary_key=key, write_disposition="merge")
                pipeline.run(table)
            told[name] = "loaded"
        except Exception as error:
            told[name] = f"refused: {type(error).__name__}: {error}"[:300]
    (folder / "dlt.json").write_text(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4:])
