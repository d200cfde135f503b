"""The classifier on columns that it never saw, at several thresholds, and by names alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from lab.experiments.governance.mechanism import Label, classify
from lab.experiments.governance.params import Params
from lab.experiments.governance.workload.columns import Sample, named, samples

VALUES, NAMES = "values and names", "names only"
Classify = Callable[[Sample], Label]


def by_threshold(threshold: float) -> Classify:
    return lambda sample: classify([sample.name], [[value] for value in sample.values], threshold)[
        sample.name
    ]


def by_name(sample: Sample) -> Label:
    """The control: nothing of the values is shown."""
    return classify([sample.name], [])[sample.name]


def ways(params: Params) -> dict[tuple[str, float], Classify]:
    """By name and threshold."""
    tried = sorted({*params.thresholds, params.threshold})
    return {(VALUES, threshold): by_threshold(threshold) for threshold in tried}


def labels(params: Params, tried: Mapping[tuple[str, float], Classify]) -> pd.DataFrame:
    """Columns: way, threshold, label (what it holds), kind, dirt, said."""
    made = list(samples(params))
    return pd.DataFrame(
        [
            (way, threshold, sample.label, sample.kind, sample.dirt, label(sample).label)
            for (way, threshold), label in tried.items()
            for sample in made
        ],
        columns=["way", "threshold", "label", "kind", "dirt", "said"],
    )


def names(params: Params) -> pd.DataFrame:
    """Columns: name, label, said: of names that public schemas give to columns."""
    label = by_threshold(params.threshold)
    rows = [(sample.name, sample.label, label(sample).label) for sample in named(params)]
    return pd.DataFrame(rows, columns=["name", "label", "said"])
