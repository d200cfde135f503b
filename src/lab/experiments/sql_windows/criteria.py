"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

SLOPE_LIMIT = 0.2
# On a table this small a statement costs little beside its fixed cost; what it takes there is subtracted.
SMALL_ROWS = 1_000
OVERHEAD_LIMIT = 1 / 3
# Slopes in the width of a frame, our thresholds: what grows with it, and what hardly feels it.
GROWS, FLAT = 0.7, 0.2

CRITERIA = (
    Criterion(
        "documented_rows",
        "All ten queries give the documented rows of the sample on PostgreSQL, DuckDB and SQLite: rows that "
        "differ in any value or in order.",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "rows_match",
        "On purchases made for this run, all ten give on each engine what the pandas oracle gives, row by row: "
        "rows that differ (integers exactly, averages and ratios by more than 1e-9 of their value).",
        exactly(0),
        "invariant",
        "rows",
        acceptance=True,
    ),
    Criterion(
        "slopes_agree",
        "Work grows as the query's note says: log-log slope of processor time over the sizes against the slope "
        "of the declared O() over the same sizes, both less their value at 1,000 rows (fixed cost); largest "
        "difference. Each size's least value counts. A size counts for an engine if a statement on 1,000 rows "
        "takes at most a third of what it takes there (median of the queries).",
        at_most(SLOPE_LIMIT),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "cdnow_published",
        "Frequency, recency and T of each CDNOW customer, computed on each engine, equal the published "
        "summary: customers of the 2,357 that differ or are missing.",
        exactly(0),
        "invariant",
        "customers",
    ),
    Criterion(
        "sliding_max_counterexample",
        "On PostgreSQL the work of a sliding maximum grows with the frame's width w, as O(n w) says: log-log "
        "slope of processor time in w over all widths, its fixed cost included, at a fixed number of rows. Undecided where "
        "the spread of the timings could take the slope across the limit.",
        at_least(GROWS),
        "ratio",
    ),
    Criterion(
        "float_sum_counterexample",
        "On PostgreSQL the same holds for a sliding sum of double precision, which has no moving aggregate.",
        at_least(GROWS),
        "ratio",
    ),
    Criterion(
        "others_stay_flat",
        "A sliding sum of integers on PostgreSQL, and all three on DuckDB and SQLite, hardly feel the width: largest "
        "log-log slope of processor time in w over all widths. Undecided as above.",
        at_most(FLAT),
        "ratio",
    ),
    Criterion(
        "time_predicted",
        "The model, fitted at 1,000 rows and at the size before the largest, predicts the running total's time at the "
        "largest: relative error on the worst engine (our threshold).",
        at_most(0.5),
        "absolute",
    ),
    Criterion(
        "answers_in_time",
        "Slowest query on the slowest engine at the top size (our threshold).",
        at_most(10.0),
        "absolute",
        "s",
    ),
)

CONTROLS = (
    Control(
        "no tie-breaker",
        "The running total ordered by time alone: where a customer has two purchases in the same second, the "
        "engine may take either first.",
        breaks="rows_match",
    ),
    Control(
        "ROWS for RANGE",
        "The moving average over time with the one word RANGE replaced by ROWS: the frame counts rows, not "
        "seconds.",
        breaks="rows_match",
    ),
)
