"""The gate: one batch against a suite, judged by Great Expectations, and a refusal that says what, where and which rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import pandas as pd

from lab.experiments.data_quality.mechanism.learn import check_names
from lab.experiments.data_quality.mechanism.suite import Expectation, Suite, gx

SAMPLE = 3  # rows that an error shows
TOLERATED = 1  # violated expectations; a batch with more is rejected


@dataclass(frozen=True)
class Violation:
    """One expectation that a batch does not meet.

    observed: in words. rows: positions (from 0) of up to SAMPLE rows that fail; of a value of the whole column the
    rows that pull it furthest; empty where no row of the batch is at fault, such as a missing column or too few rows.
    """

    expectation: Expectation
    observed: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class Decision:
    """accepted: the batch may be loaded. violated: all that it violates, loaded or not. rows: of the batch."""

    accepted: bool
    violated: tuple[Violation, ...]
    rows: int
    error: str = ""


def gate(suite: Suite, batch: pd.DataFrame, tolerated: int = TOLERATED) -> Decision:
    """Whether `batch` violates no more than `tolerated` expectations of `suite`; the batch is not changed.

    A column that is missing, or that has values of another type, violates all that is expected of it.
    ValueError if column names are no text or come twice: then nobody can say which column is meant.
    """
    check_names(batch)
    frame = batch.reset_index(drop=True)
    # Asked first for yes or no, which is the cheapest; then for rows, of what was violated only.
    failed = [item for item, each in _judged(suite, frame, "BOOLEAN_ONLY") if not each["success"]]
    told = _judged(Suite(suite.columns, tuple(failed)), frame, "SUMMARY") if failed else []
    found = [_violation(item, each, frame) for item, each in told]
    accepted = len(found) <= tolerated
    return Decision(accepted, tuple(found), len(frame), "" if accepted else error(found, frame, tolerated))


def validate(suite: Suite, batch: pd.DataFrame, result_format: str = "SUMMARY") -> Any:
    """Great Expectations' own result, as Data Docs are rendered from. batch: with unique column names.

    result_format: as the library has it; BOOLEAN_ONLY computes no samples.
    """
    asked = {"result_format": result_format, "partial_unexpected_count": SAMPLE}
    whole = _definition().get_batch(batch_parameters={"dataframe": batch})
    return whole.validate(suite.gx(), result_format=asked)


def error(violated: list[Violation], batch: pd.DataFrame, tolerated: int = TOLERATED) -> str:
    """What a log says of a rejected batch: a line for each expectation, with its column and sample rows."""
    head = (
        f"batch of {len(batch):,} rows rejected: {len(violated)} expectations violated, {tolerated} tolerated"
    )
    return "\n".join([head, *(f"- {_line(item, batch)}" for item in violated)])


def _line(item: Violation, batch: pd.DataFrame) -> str:
    where = f" (column {', '.join(item.expectation.columns)})" if item.expectation.columns else " (table)"
    columns = [name for name in item.expectation.columns if name in batch.columns]
    shown = "; ".join(f"row {row}: {_values(batch, row, columns)}" for row in item.rows)
    return f"{item.expectation.type}{where}: {item.observed}" + (f"; {shown}" if shown else "")


def _values(batch: pd.DataFrame, row: int, columns: list[str]) -> str:
    # repr shows what a terminal would hide or obey: NUL, no-break spaces, escape sequences.
    cells = batch.iloc[row][columns] if columns else batch.iloc[row]
    return ", ".join(f"{name}={_short(value)}" for name, value in cells.items())


def _short(value: object) -> str:
    text = repr(value.item() if hasattr(value, "item") else value)
    return text if len(text) <= 40 else text[:37] + "..."


@cache
def _definition() -> Any:
    """A batch definition in a context of its own that keeps nothing; making it takes as long as a validation."""
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("batches").add_dataframe_asset("batch")
    return asset.add_batch_definition_whole_dataframe("whole")


def _judged(
    suite: Suite, frame: pd.DataFrame, result_format: str
) -> list[tuple[Expectation, Mapping[str, Any]]]:
    """Each expectation with its result; the library groups results by column, so they are matched by what was asked."""
    known = {(item.type, *_asked(item.kwargs)): item for item in suite.expectations}
    found = []
    for result in validate(suite, frame, result_format).results:
        config = result.expectation_config
        item = known.pop((config.type, *_asked(config.kwargs)))
        raised = result.exception_info or {}
        found.append(
            (item, {"success": result.success, "result": result.result or {}, "raised": _raised(raised)})
        )
    if known:
        raise RuntimeError(
            f"Great Expectations judged {len(found)} of {len(suite.expectations)} expectations"
        )
    order = {id(item): place for place, item in enumerate(suite.expectations)}
    return sorted(found, key=lambda pair: order[id(pair[0])])


def _asked(kwargs: Mapping[str, Any]) -> tuple[object, ...]:
    return kwargs.get("column"), kwargs.get("column_A"), kwargs.get("column_B")


def _raised(info: Mapping[str, Any]) -> str:
    """The message of an exception, which the library keeps once, or once for each metric."""
    items = (
        [info]
        if "exception_message" in info
        else [each for each in info.values() if isinstance(each, Mapping)]
    )
    said = [str(each["exception_message"]) for each in items if each.get("exception_message")]
    return said[0].splitlines()[0] if said and said[0] else ""


def _violation(item: Expectation, judged: Mapping[str, Any], frame: pd.DataFrame) -> Violation:
    result, missing = judged["result"], [name for name in item.columns if name not in frame.columns]
    if missing:
        return Violation(item, f"there is no column {', '.join(missing)}", ())
    if judged["raised"]:
        return Violation(
            item, f"can't be told of these values: {judged['raised'][:120]}", _of_other_type(item, frame)
        )
    if "unexpected_count" in result:
        share = 100 * result["unexpected_count"] / max(result["element_count"], 1)
        asked = 100 * item.kwargs.get("mostly", 1.0)
        rows = tuple(int(row) for row in result.get("partial_unexpected_index_list") or ())
        said = f"{result['unexpected_count']:,} rows fail ({share:.2f} %), {100 - asked:.2f} % may"
        return Violation(item, said, rows[:SAMPLE])
    return _of_whole(item, result, frame)


def _of_whole(item: Expectation, result: Mapping[str, Any], frame: pd.DataFrame) -> Violation:
    observed, low, high = (
        result.get("observed_value"),
        item.kwargs.get("min_value"),
        item.kwargs.get("max_value"),
    )
    if low is None or high is None:
        expected = item.kwargs.get("column_set", [])
        lost, new = sorted(set(expected) - set(frame.columns)), sorted(set(frame.columns) - set(expected))
        return Violation(item, f"missing {lost or 'none'}, unknown {new or 'none'}", ())
    if not isinstance(observed, int | float):
        return Violation(item, f"there is no value, {low:.6g} to {high:.6g} was expected", ())
    rows = _pulling(item, frame, above=observed > high)
    return Violation(item, f"{observed:.6g} is outside {low:.6g} to {high:.6g}", rows)


def _pulling(item: Expectation, frame: pd.DataFrame, above: bool) -> tuple[int, ...]:
    """Rows that pull a mean or a spread furthest; of a count there are none."""
    if item.type not in ("expect_column_mean_to_be_between", "expect_column_stdev_to_be_between"):
        return ()
    column = frame[item.columns[0]].dropna().astype(float)
    spread = item.type == "expect_column_stdev_to_be_between"
    pull = (column - column.median()).abs() if spread else column
    return tuple(int(row) for row in (pull.nlargest(SAMPLE) if above else pull.nsmallest(SAMPLE)).index)


def _of_other_type(item: Expectation, frame: pd.DataFrame) -> tuple[int, ...]:
    """Rows whose values are of the rarer type of the column."""
    values = frame[item.columns[0]].dropna() if item.columns else pd.Series(dtype=object)
    kinds = values.map(lambda value: type(value).__name__)
    if kinds.nunique() < 2:
        return tuple(int(row) for row in values.index[:SAMPLE])
    rare = kinds.value_counts().index[-1]
    return tuple(int(row) for row in kinds.index[kinds == rare][:SAMPLE])
