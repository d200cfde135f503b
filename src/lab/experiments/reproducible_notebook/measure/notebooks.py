"""The analysis in all environments, the careless notebook in three."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lab.experiments.reproducible_notebook import workload
from lab.experiments.reproducible_notebook.mechanism import (
    Bytes,
    Comparison,
    Numbers,
    Rule,
    code_cells,
    conclude,
    reproduce,
)
from lab.experiments.reproducible_notebook.params import Params
from lab.services.session import MARK, session

AT_ONCE = 2
LIMIT_S = 120


def rules(params: Params, condition: float) -> dict[str, Rule]:
    """Whole numbers, words and rounded figures bit by bit; other numbers within `ulp`; a picture by its pixels.

    The model is solved from sums, and a rounding there counts up to `condition` times as much in it.
    """
    exact = dict.fromkeys(("*counts.csv", "*report.md", "cell *: printed", "cell *: text/*"), Bytes())
    return {**exact, "*model.json": Numbers(params.ulp * math.ceil(condition)), "*.csv": Numbers(params.ulp)}


def own_rules(params: Params) -> dict[str, Rule]:
    """For a reader's own notebook, of which nothing is known but that its texts have numbers."""
    texts = ("*.csv", "*.tsv", "*.json", "*.txt", "*.md", "cell *: printed", "cell *: text/*")
    return dict.fromkeys(texts, Numbers(params.ulp))


def analysis(
    params: Params, weather: Path, rules: Mapping[str, Rule]
) -> tuple[Comparison, float, dict[str, str]]:
    """The comparison, the seconds of all executions together, the environments that this machine does not allow."""
    given = {"months": params.months, "replicates": params.replicates, "seed": params.seed}
    environments, missing = workload.chosen(params)
    begin = time.perf_counter()
    made = reproduce(workload.ANALYSIS, environments, parameters=given, rules=rules, **_options(weather))
    return made, time.perf_counter() - begin, {**missing, **made.skipped}


def careless(weather: Path) -> Comparison:
    """In three environments, one after the other, because other work runs beside it."""
    return reproduce(workload.CARELESS, workload.careless(), **{**_options(weather), "at_once": 1})


def only_twice(made: Comparison) -> Comparison:
    """What the first two executions alone, in the same environment, tell of the careless notebook."""
    source = json.loads(workload.CARELESS.read_text(encoding="utf-8"))
    return conclude(made.executions[:2], code_cells(source))


def _options(weather: Path) -> dict[str, Any]:
    """The mark of this session goes along, by which nothing outlives a run that is killed."""
    own = session()
    marked = {MARK: own.environment()[MARK]}
    return {
        "inputs": [weather],
        "variables": marked,
        "folder": own.folder,
        "at_once": AT_ONCE,
        "timeout_s": LIMIT_S,
    }
