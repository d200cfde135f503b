"""Measures of every answer, by the field's own program: trec_eval, as the library pytrec_eval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from lab.experiments.data_catalog import oracle
from lab.experiments.data_catalog.measure.seen import Asked

if TYPE_CHECKING:
    import pytrec_eval
else:
    from lab.lazy import module

    pytrec_eval = module("pytrec_eval")

# Ours by trec_eval's name.
NAMES = {
    "success": "success_10",
    "precision": "P_10",
    "recall": "recall_10",
    "r_precision": "Rprec",
    "mrr": "recip_rank",
    "ndcg": "ndcg_cut_10",
}
_ASKED = {"success.10", "P.10", "recall.10", "Rprec", "recip_rank", "ndcg_cut.10"}


def measured(asked: Asked) -> pd.DataFrame:
    """One row for each arm and query. Columns: arm, query, kind, form, typed, relevant, and NAMES."""
    qrel = {str(place): dict.fromkeys(wanted, 1) for place, wanted in enumerate(asked.relevant)}
    judge = pytrec_eval.RelevanceEvaluator(qrel, _ASKED)
    rows = []
    for arm, ranked in asked.ranked.items():
        found = judge.evaluate({str(place): _scores(ids) for place, ids in enumerate(ranked) if ids})
        for place, query in enumerate(asked.queries):
            # trec_eval passes over a query without an answer; it found nothing, so all its measures are zero.
            values = found.get(str(place), {})
            rows.append(
                {
                    "arm": arm,
                    "query": place,
                    "kind": query.kind,
                    "form": query.form,
                    "typed": query.typed,
                    "relevant": len(asked.relevant[place]),
                    **{ours: float(values.get(theirs, 0.0)) for ours, theirs in NAMES.items()},
                }
            )
    return pd.DataFrame(rows)


def _scores(ids: Sequence[str]) -> dict[str, float]:
    # trec_eval sorts by score, and equal ones by id: it may not see the engine's own scores, which repeat.
    return {id: float(-rank) for rank, id in enumerate(ids)}


def largest_difference(asked: Asked, table: pd.DataFrame) -> tuple[float, int]:
    """Between the library's values and those by definition, and how many were compared."""
    worst = 0.0
    for row in table.to_dict("records"):
        place = int(row["query"])
        due = oracle.measures(asked.ranked[row["arm"]][place], asked.relevant[place])
        worst = max(worst, *(abs(float(row[name]) - due[name]) for name in NAMES))
    return worst, len(table) * len(NAMES)
