"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import bootstrap, wilson
from lab.experiments.data_catalog.judge import model
from lab.experiments.data_catalog.judge.measures import largest_difference, measured
from lab.experiments.data_catalog.measure.seen import Compared, Seen, Served
from lab.experiments.data_catalog.measure.service import OK, WELL_REFUSED
from lab.experiments.data_catalog.params import KINDS, Params
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, SQLITE
from lab.load.histogram import milliseconds

SHARE = 0.9  # of the acceptance criterion
LARGEST_ERROR = 0.25  # of the model, as in the criterion
ANSWERABLE = ("exact", "prefix")  # by LIKE: mistyped words and two fields are nowhere as they were typed
SHOWN = 3  # examples of what is wrong


def observe(params: Params, seen: Seen, arms: Sequence[str] = (SQLITE, POSTGRES)) -> dict[str, Observation]:
    """By criterion. arms: those that are judged, of all that were asked."""
    found = {}
    if seen.asked is not None:
        table = measured(seen.asked)
        found["common_queries_found"] = common_queries_found(table, arms)
        found["measures_agree"] = _measures_agree(*largest_difference(seen.asked, table))
        if LIKE in seen.asked.ranked and SQLITE in seen.asked.ranked:
            found["ranks_better_than_like"] = ranks_better(table, SQLITE, LIKE)
    compared = {
        "stores_agree": seen.agreement,
        "corrections_complete": seen.corrections,
        "facets_count": seen.facets,
    }
    found |= {name: differing(part) for name, part in compared.items() if part is not None}
    if seen.hostile is not None:
        found["no_server_error"] = no_server_error(seen.hostile)
    if seen.boosts is not None:
        found |= freshness(params, seen.boosts)
    if seen.served:
        found |= {"load_reached": load_reached(seen.served), "p95_at_clients": p95(seen.served)}
    if seen.times is not None and seen.words is not None:
        found["model_predicts"] = model_predicts(seen.times, seen.words)
        found["vocabulary_predicted"] = _prediction(*model.counted(seen.times, seen.words), "words")
    return found


def common_queries_found(table: pd.DataFrame, arms: Sequence[str]) -> Observation:
    """The worst kind on the worst arm; inconclusive if the limit lies within its interval."""
    judged = table[table["arm"].isin(arms) & table["kind"].isin(KINDS)]
    shares = judged.groupby(["arm", "kind"])["success"].agg(["mean", "sum", "count"])
    shares = shares.reset_index().sort_values("mean", kind="stable")
    row = shares.iloc[0]
    interval = wilson(int(row["sum"]), int(row["count"]))
    # Only queries drawn at random lie between the two; a share of exactly all or nothing is no doubt.
    clear = not interval[0] < SHARE < interval[1]
    detail = f"{row['kind']} queries, {row['arm']}: {row['sum']:.0f} of {row['count']:.0f}"
    if not clear:
        detail += "; the limit lies within the interval: ask more queries"
    return Observation(float(row["mean"]), detail, interval, conclusive=clear)


def ranks_better(table: pd.DataFrame, ours: str, theirs: str) -> Observation:
    """Mean difference of nDCG@10 over common queries that LIKE can answer, query by query."""
    judged = table[table["kind"].isin(KINDS) & table["form"].isin(ANSWERABLE)]
    pairs = judged.pivot(index="query", columns="arm", values="ndcg")
    difference = (pairs[ours] - pairs[theirs]).to_numpy()
    low, high = bootstrap(list(difference), np.mean)
    detail = f"{pairs[ours].mean():.3f} against {pairs[theirs].mean():.3f}, {len(pairs)} queries"
    return Observation(float(difference.mean()), detail, (low, high), conclusive=not low < 0 < high)


def differing(part: Compared) -> Observation:
    """How many differ, with the first of them."""
    shown = "; ".join(part.wrong[:SHOWN])
    return Observation(len(part.wrong), f"{shown} (of {part.cases:,})" if shown else f"of {part.cases:,}")


def no_server_error(hostile: pd.DataFrame) -> Observation:
    """Inputs that got neither an answer nor a refusal in words."""
    refused = (hostile["status"] == WELL_REFUSED) & (hostile["words"] != "")
    wrong = hostile[(hostile["status"] != OK) & ~refused]
    shown = "; ".join(f"{row.input}: {row.status} {row.words}"[:90] for row in wrong.head(SHOWN).itertuples())
    answered, well = int((hostile["status"] == OK).sum()), int(refused.sum())
    detail = f"of {len(hostile)}, {answered} answered and {well} refused in words"
    return Observation(len(wrong), f"{shown} ({detail})" if shown else detail)


def freshness(params: Params, boosts: pd.DataFrame) -> dict[str, Observation]:
    """What the boost that is set does to age and relevance, against none, query by query."""
    wide = boosts.pivot(index="query", columns="boost", values=["ndcg", "age"])
    if wide.empty:
        return {}
    age, ndcg = wide["age"], wide["ndcg"]
    ratio = float(age[params.boost].mean() / age[0.0].mean())
    lost = (ndcg[0.0] - ndcg[params.boost]).to_numpy()
    interval = bootstrap(list(lost), np.mean) if len(lost) > 1 else None
    return {
        "fresher_first": Observation(
            ratio,
            f"{age[params.boost].mean():.0f} days against {age[0.0].mean():.0f}, {len(wide)} queries",
        ),
        "freshness_costs_little": Observation(
            float(lost.mean()),
            f"nDCG@10 {ndcg[params.boost].mean():.3f} against {ndcg[0.0].mean():.3f}",
            interval,
        ),
    }


def load_reached(served: Sequence[Served]) -> Observation:
    """Smallest share of searches that were sent in time and answered."""
    worst = min(served, key=lambda item: min(item.punctual, item.answered))
    errors = ", ".join(f"{count} {what}" for what, count in worst.errors.items()) or "no error"
    detail = f"{worst.store}: {worst.punctual:.2%} in time, {worst.answered:.2%} answered, {errors}"
    return Observation(min(worst.punctual, worst.answered), detail)


def p95(served: Sequence[Served]) -> Observation:
    """95th percentile of the slower store."""
    slower = max(served, key=lambda item: milliseconds(item.latency, 95))
    return Observation(milliseconds(slower.latency, 95), f"{slower.store}, {slower.searches:,} searches")


def _measures_agree(difference: float, compared: int) -> Observation:
    return Observation(difference, f"of {compared:,} values")


def model_predicts(times: pd.DataFrame, words: pd.DataFrame) -> Observation:
    """Error of the line in the copies; inconclusive if the limit lies within what other searches and rounds might give."""
    found = _prediction(*model.predicted(times, words), "ms")
    low, high = model.error_between(times, words)
    clear = not low < LARGEST_ERROR < high
    told = (
        found.detail
        if clear
        else f"{found.detail}; the limit lies within the interval: time more searches and rounds"
    )
    return Observation(found.value, told, (low, high), conclusive=clear)


def _prediction(predicted: float, measured: float, unit: str) -> Observation:
    detail = f"{predicted:,.3g} {unit} predicted, {measured:,.3g} {unit} measured"
    return Observation(model.error(predicted, measured), detail)
