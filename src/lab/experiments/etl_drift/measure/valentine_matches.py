"""A program for valentine's own environment: scores of its matchers. It imports nothing of this project.

python valentine_matches.py FOLDER: reads FOLDER/examples.csv and FOLDER/case-N.csv, writes FOLDER/scores.json: of each case
and matcher its one-to-one matches (case, matcher, source, target, score).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main(folder: Path) -> None:
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


if __name__ == "__main__":
    main(Path(sys.argv[1]))
