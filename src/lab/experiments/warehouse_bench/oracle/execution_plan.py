"""What a run must have done, told from its parameters alone: the code that does it is not asked."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from lab.experiments.warehouse_bench.params import ANSWERED, Params

Execution = tuple[str, str, str, int]  # engine, dataset, query, round


def expected(params: Params) -> set[Execution]:
    """Every execution that the parameters ask for: the formats first, then the sizes in twice as many rounds."""
    return {
        (engine, dataset, str(query), number)
        for engine in params.engines
        for dataset, queries, numbers in _rounds(params)
        for query in queries
        for number in numbers
    }


def answered(executions: set[Execution]) -> set[Execution]:
    """Those of a size for which there is a published answer."""
    sizes = {_text(size) for size in ANSWERED}
    return {found for found in executions if found[1].split("_")[1] in sizes}


def left_out(wanted: set[Execution], found: pd.DataFrame) -> tuple[set[Execution], set[Execution]]:
    """Missing and surplus. found: engine, dataset, query, round."""
    columns = ["engine", "dataset", "query", "round"]
    seen = {(str(e), str(d), str(q), int(r)) for e, d, q, r in found[columns].itertuples(index=False)}
    return wanted - seen, seen - wanted


def _rounds(params: Params) -> Iterator[tuple[str, tuple[int, ...], range]]:
    for name in params.formats:
        yield f"{name}_{_text(params.scale_factor)}", params.numbers, range(params.repeats + 1)
    for size in params.sizes:
        yield f"parquet_{_text(size)}", params.model_queries, params.growth_rounds


def _text(size: float) -> str:
    return f"{size:g}".replace(".", "p")
