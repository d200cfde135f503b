"""The retrain job: fit on labelled rows from the drift on, compare with what is served, redeploy if it is not worse.

python -m monitor.retrain --server http://127.0.0.1:8000 --model NAME --folder models --rows 3000
A served file holds a dict: model (with predict_proba), reference (the features it was fitted on), accuracy and
held_out (on how many rows that were held out).
"""

from __future__ import annotations

import argparse
import json
import time
import urllib.request
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss

HELD_OUT = 0.2


def fit(features: pd.DataFrame, labels: pd.Series) -> Any:
    """Boosted trees, which take codes and numbers as they are; put your own model here."""
    model = HistGradientBoostingClassifier(max_iter=60, learning_rate=0.15, max_leaf_nodes=15, random_state=0)
    return model.fit(features, labels)


def make(features: pd.DataFrame, labels: pd.Series, file: Path) -> Any:
    """Fit, test on rows held out at random, and write `file` whole or not at all."""
    order = np.random.default_rng(0).permutation(len(features))
    test, train = np.split(order, [int(len(order) * HELD_OUT)])
    model = fit(features.iloc[train], labels.iloc[train])
    right = float(np.mean(model.predict(features.iloc[test]) == labels.iloc[test]))
    reference = features.iloc[train].reset_index(drop=True)
    part = file.with_suffix(".part")
    joblib.dump({"model": model, "reference": reference, "accuracy": right, "held_out": len(test)}, part)
    part.replace(file)
    return model, features.iloc[test], labels.iloc[test]


def retrain(server: str, name: str, folder: Path, rows: int, patience_s: float = 60) -> dict[str, Any]:
    """Retrain `name` and have `server` serve it. Says what was done; deploys nothing that is worse on rows held out."""
    status = _call("GET", f"{server}/models/{name}")
    features, labels = _labelled(server, name, status["suspect_since"], rows, patience_s)
    file = folder / f"{name}.v{status['version'] + 1}.joblib"
    candidate = file.with_suffix(".candidate")
    model, test, truth = make(features, labels, candidate)
    served = joblib.load(folder / f"{name}.v{status['version']}.joblib")["model"]
    before, after = (log_loss(truth, each.predict_proba(test), labels=[0, 1]) for each in (served, model))
    said = {
        "model": name,
        "rows": len(features),
        "since": status["suspect_since"],
        "before": before,
        "after": after,
    }
    if after > before:
        candidate.unlink()
        return said | {"deployed": False}
    candidate.replace(file)
    return said | {"deployed": True} | _call("PUT", f"{server}/models/{name}", {"file": file.name})


def _labelled(
    server: str, name: str, since: int, rows: int, patience_s: float
) -> tuple[pd.DataFrame, pd.Series]:
    """The newest `rows` labelled ones from row `since` on; waits until there are as many."""
    deadline = time.monotonic() + patience_s
    while True:
        found = _call("GET", f"{server}/models/{name}/labelled?since={since}")
        if len(found["labels"]) >= rows:
            return pd.DataFrame(found["rows"]).tail(rows), pd.Series(found["labels"]).tail(rows)
        if time.monotonic() > deadline:
            raise TimeoutError(f"{len(found['labels'])} of {rows} labelled rows after {patience_s:g} s")
        time.sleep(0.5)


def _call(method: str, url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main() -> None:
    parser = argparse.ArgumentParser(description="Retrain a served model and redeploy it.")
    for option in ("--server", "--model", "--folder"):
        parser.add_argument(option, required=True)
    parser.add_argument("--rows", type=int, default=3_000)
    given = parser.parse_args()
    print(json.dumps(retrain(given.server, given.model, Path(given.folder), given.rows)))


if __name__ == "__main__":
    main()
