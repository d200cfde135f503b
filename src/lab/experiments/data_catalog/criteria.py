"""What is claimed, declared before any run."""

from __future__ import annotations

from lab.evidence.criteria import Control, Criterion, at_least, at_most, exactly

CRITERIA = (
    Criterion(
        "common_queries_found",
        "Of common queries (by name, owner or field; exact, cut off or mistyped) at least 90 % have a relevant dataset in "
        "the first ten; the worst of the three kinds, on the worse of the two stores.",
        at_least(0.9),
        "ratio",
        acceptance=True,
    ),
    Criterion(
        "ranks_better_than_like",
        "Without typing errors too, on one word or name that LIKE can find, the catalog's nDCG@10 is higher; mean difference.",
        at_least(0.0),
        "ratio",
    ),
    Criterion(
        "stores_agree",
        "SQLite and PostgreSQL find the same set of datasets; queries that differ.",
        exactly(0),
        "invariant",
        "queries",
    ),
    Criterion(
        "corrections_complete",
        "For a mistyped word the catalog looks up exactly the words that are one typing error away; words missing or too many "
        "against all words compared one by one.",
        exactly(0),
        "invariant",
        "words",
    ),
    Criterion(
        "facets_count",
        "Facets count what was found; queries whose counts differ from a count by hand.",
        exactly(0),
        "invariant",
        "queries",
    ),
    Criterion(
        "no_server_error",
        "Operators, quotes, NUL, broken text, 10 kB and unknown facets get an answer, or a refusal in words (422); inputs "
        "that get anything else.",
        exactly(0),
        "invariant",
        "inputs",
    ),
    Criterion(
        "measures_agree",
        "The library's measures (trec_eval) are those of their definitions; largest difference.",
        at_most(1e-6),
        "invariant",
    ),
    Criterion(
        "fresher_first",
        "The boost for fresh data makes the first ten younger, where more than ten are relevant; mean age / without boost.",
        at_most(0.95),
        "ratio",
    ),
    Criterion(
        "freshness_costs_little",
        "It takes at most 0.02 of nDCG@10 for that (our threshold).",
        at_most(0.02),
        "ratio",
    ),
    Criterion(
        "load_reached",
        "Searches are sent within 10 ms of their time and answered with 200; smallest share.",
        at_least(0.99),
        "ratio",
        precondition=True,
    ),
    Criterion(
        "p95_at_clients",
        "With all clients searching, 95 % of the answers come within 200 ms of the time at which the search was due (our "
        "threshold); the slower store.",
        at_most(200.0),
        "absolute",
        "ms",
    ),
    Criterion(
        "model_predicts",
        "The time of a search in copies of the catalog, predicted from those in the catalog itself and two copies of it: "
        "difference / measured, our threshold.",
        at_most(0.25),
        "ratio",
    ),
    Criterion(
        "vocabulary_predicted",
        "Heaps' law, fitted to parts of up to a half, predicts the words of the whole catalog: difference / counted.",
        at_most(0.10),
        "absolute",
    ),
)

CONTROLS = (
    Control(
        "LIKE",
        "The whole query somewhere in a column, in the order of names.",
        breaks="common_queries_found",
    ),
    Control(
        "raw MATCH",
        "The reader's text handed to FTS5 as it is.",
        breaks="no_server_error",
    ),
)
