"""Metrics and tables of a run; none of a measurement that was not made."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from lab.evidence.result import Metric
from lab.evidence.statistics import wilson
from lab.experiments.data_catalog.judge import model
from lab.experiments.data_catalog.judge.measures import NAMES, measured
from lab.experiments.data_catalog.measure.seen import Seen, Served
from lab.experiments.data_catalog.params import KINDS
from lab.load.histogram import encode, milliseconds

PERCENTILES = (50, 90, 95, 99)
_TEXTS = {
    "success": "share of queries with a relevant dataset in the first ten",
    "precision": "share of the first ten that is relevant",
    "recall": "share of the relevant that is in the first ten",
    "r_precision": "share of the first R that is relevant, R being how many are",
    "mrr": "mean of 1 / rank of the first relevant",
    "ndcg": "nDCG@10",
}


def slug(*parts: str) -> str:
    """A metric's name."""
    return "_".join(parts).replace(" ", "_").lower()


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """By name."""
    found = {
        "queries": measured(seen.asked) if seen.asked else None,
        "hostile": seen.hostile,
        "boosts": seen.boosts,
        "times": seen.times,
        "words": seen.words,
        "latency": _latency(seen) if seen.served else None,
        "sample": pd.DataFrame({"json": [_shortened(seen.sample)]}) if seen.sample else None,
        "examples": pd.DataFrame({"answer": list(seen.examples)}) if seen.examples else None,
    }
    return {name: table for name, table in found.items() if table is not None}


def _shortened(sample: Mapping[str, Any]) -> str:
    """As JSON for a page: of fields and text the beginning."""
    fields = [*sample["fields"][:3], f"... {len(sample['fields'])} in all"]
    return json.dumps(
        {**sample, "fields": fields, "text": sample["text"][:200] + " ..."}, indent=1, ensure_ascii=False
    )


def metrics(seen: Seen, made: dict[str, pd.DataFrame]) -> list[Metric]:
    """In the order of the measurements."""
    return [
        *(_retrieval(made["queries"]) if "queries" in made else []),
        *(_boosts(made["boosts"]) if "boosts" in made else []),
        *(metric for item in seen.served for metric in _service(item)),
        *(_growth(made["times"], made["words"]) if "times" in made else []),
    ]


def _retrieval(table: pd.DataFrame) -> list[Metric]:
    common = table[table["kind"].isin(KINDS)]
    found = [_found(arm, kind, part) for (arm, kind), part in _groups(table, ["arm", "kind"])]
    found += [
        _found(arm, form, part) for (arm, form), part in _groups(common, ["arm", "form"]) if form != "two"
    ]
    return found + [
        Metric(
            slug(name, arm), float(part[name].mean()), "", f"{_TEXTS[name]}, common queries", better="higher"
        )
        for (arm,), part in _groups(common, ["arm"])
        for name in NAMES
    ]


def _groups(table: pd.DataFrame, columns: list[str]) -> Iterator[tuple[tuple[str, ...], pd.DataFrame]]:
    """Parts of a table with the texts in `columns` that they share, in the order in which they come."""
    for key, part in table.groupby(columns, sort=False):
        yield tuple(map(str, key if isinstance(key, tuple) else (key,))), part


def _found(arm: str, kind: str, part: pd.DataFrame) -> Metric:
    hits = int(part["success"].sum())
    return Metric(
        slug("found", kind, arm),
        hits / len(part),
        "",
        f"{_TEXTS['success']}, {kind}",
        interval=wilson(hits, len(part)),
        method="wilson 95 %",
        better="higher",
    )


def _boosts(table: pd.DataFrame) -> list[Metric]:
    means = table.groupby("boost")[["ndcg", "age"]].mean()
    return [
        metric
        for boost, row in means.iterrows()
        for metric in (
            Metric(f"ndcg_at_boost_{boost:g}", row["ndcg"], "", "nDCG@10 where more than ten are relevant"),
            Metric(f"age_at_boost_{boost:g}", row["age"], "days", "mean age of the first ten there"),
        )
    ]


def _service(item: Served) -> list[Metric]:
    return [
        Metric(
            slug(f"p{percentile}", item.store),
            milliseconds(item.latency, percentile),
            "ms",
            f"{percentile}th percentile from when a search was due",
            better="lower",
            histogram=encode(item.latency) if percentile == 95 else "",
        )
        for percentile in PERCENTILES
    ]


def _latency(seen: Seen) -> pd.DataFrame:
    return pd.DataFrame(
        [
            (item.store, percentile, milliseconds(item.latency, percentile))
            for item in seen.served
            for percentile in PERCENTILES
        ],
        columns=["store", "percentile", "ms"],
    )


def _growth(times: pd.DataFrame, words: pd.DataFrame) -> list[Metric]:
    fitted, searches = model.fitted(times, words), model.medians(times)
    whole = words[words["factor"] == 1].iloc[0]
    return [
        Metric("fixed_ms", fitted.time.fixed, "ms", "a, processor time of a search, whatever it matches"),
        Metric("ms_per_match", fitted.time.each, "ms", "b, of a search, for each dataset that it matches"),
        Metric("match_share", fitted.share, "", "s, share of the catalog that a search matches, mean"),
        Metric("bytes_per_dataset", fitted.bytes_each, "bytes", "of a dataset with its indexes"),
        Metric("tokens_per_dataset", fitted.tokens_each, "words", "w, words in a row of a dataset"),
        Metric("heaps_beta", fitted.beta, "", "β, exponent of Heaps' law"),
        Metric("heaps_k", fitted.k, "", "k, factor of Heaps' law"),
        Metric("words", float(whole["words"]), "words", "different words of at least four letters"),
        *(
            Metric(
                f"search_ms_at_{factor}",
                float(part["ms"].mean()),
                "ms",
                f"mean of a search with facets, {part['datasets'].iloc[0]:,} datasets",
                raw=[float(value) for value in part["ms"]],
                better="lower",
            )
            for factor, part in searches.groupby("factor")
        ),
    ]
