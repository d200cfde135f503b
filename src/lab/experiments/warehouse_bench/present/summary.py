"""What the landing page and the top of the page say, from the run and from the whole benchmark that is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.warehouse_bench.judge.observations import CORES
from lab.experiments.warehouse_bench.present.findings import Findings, milliseconds, multiple, signed

ALTERNATIVES = (
    Alternative(
        "ANALYZE on Trino",
        "Without statistics Trino keeps the query's order of joins; a plain Parquet table has none until somebody runs ANALYZE.",
        "Trino 476, Cost-based optimizations; run here on every table",
    ),
    Alternative(
        "200 shuffle partitions",
        "Spark's default, which adaptive execution merges where data are few; two here.",
        "Spark 4.1, SQL performance tuning",
    ),
    Alternative(
        "File sizes",
        "Iceberg's writers aim at 512 MB a file, Trino's splits at 64 MB; each table here is four files.",
        "Iceberg 1.11, write.target-file-size-bytes; Trino 476, hive.max-split-size",
    ),
    Alternative(
        "Other engines for one machine",
        "ClickHouse, Polars, DataFusion and others read the same files; not tried here.",
        "ClickBench, github.com/ClickHouse/ClickBench",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline and the questions that practitioners ask."""
    found = Findings(treatment)
    slowest = found.whole_engines[-1]
    worst = found.whole(f"{slowest}.times")
    day, rounds, others = treatment.tables["kept"][["finished", "rounds", "others"]].iloc[0]
    return Summary(
        answer=_answer(found),
        headline=Metric(
            "slowest_to_fastest",
            worst.value,
            "times",
            f"{slowest}'s typical time over {found.whole_engines[0]}'s, TPC-H at scale factor 1, run of {day}",
            interval=worst.interval,
            method=worst.method,
        ),
        decisions=[_engine(found), _formats(found), _cluster(found), _start(found)],
        conditions=(
            "1 GB of text, as Parquet in the page cache: no disk and no network is waited for",
            f"one query at a time, engines warm; {CORES} cores and {found.params.memory_mb:,} MiB for each engine in turn",
            f"scale factor 1: {rounds} rounds on {day}, other work and idle engines took {others:.0%} of the cores; "
            "the subset is this build's",
        ),
        figure="queries",
        alternatives=ALTERNATIVES,
    )


def _answer(found: Findings) -> str:
    first, *others = found.whole_engines
    slower = ", ".join(f"{found.whole(f'{name}.times').value:.1f} times as long on {name}" for name in others)
    wrong = found.treatment.observed["answers_published"].value
    return (
        f"TPC-H's 22 queries at scale factor 1, on one machine over the same Parquet files: the typical one takes "
        f"{found.whole(f'{first}.parquet.latency').value:.2g} s on {first}, {slower}. This build's subset found "
        f"{wrong:,} wrong values. No cluster was run."
    )


def _engine(found: Findings) -> Decision:
    others, wins = found.whole_engines[1:], found.wins
    longer, dearer = (
        ", ".join(f"{name} {multiple(found.whole(f'{name}.{kind}'))}" for name in others)
        for kind in ("times", "busy")
    )
    return Decision(
        "Which engine for a gigabyte on one machine?",
        f"{wins.index[0]}: first on {wins.iloc[0]} of {wins.sum()} queries. Others take this many times as long: {longer}; in "
        f"processor time, which a busy machine bills: {dearer}.",
        "measured",
        [f"whole.{name}.{kind}" for name in others for kind in ("times", "busy")],
        figure="queries",
    )


def _formats(found: Findings) -> Decision:
    """Each format by engine, from the whole benchmark."""
    names = [f"{engine}.{kind}.added" for kind in ("iceberg", "delta") for engine in found.whole_engines]
    told, open_ = [], []
    for name in names:
        metric, (engine, kind, _) = found.whole(name), name.split(".")
        low, high = metric.interval or (metric.value, metric.value)
        if low <= 0 <= high:
            open_.append(metric.value)
        else:
            told.append(f"{kind.capitalize()} on {engine} {milliseconds(metric)}")
    rest = f"; the ranges of the other {len(open_)} hold 0 (by median {_span(open_)} ms)" if open_ else ""
    return Decision(
        "What does a table format add to a typical query over plain Parquet?",
        f"At scale factor 1 all rounds agree on {', '.join(told) or 'none'}{rest}.",
        "measured",
        [f"whole.{name}" for name in names],
        figure="formats",
    )


def _span(values: Sequence[float]) -> str:
    return " to ".join(dict.fromkeys(signed(value) for value in (min(values), max(values))))


def _cluster(found: Findings) -> Decision:
    """How many machines it would take at the least at the whole benchmark's size: as many as one takes times as long.

    No slopes of the small sizes: a line that is drawn out bounds nothing.
    """
    first, *others = found.whole_engines
    least = ", ".join(f"{name} {multiple(found.whole(f'{name}.times'))}" for name in others)
    return Decision(
        "From which size on does a cluster pay?",
        f"Not told here: no cluster was run. At scale factor 1 it needs at least this many such machines to be as fast as one "
        f"with {first}: {least}.",
        "extrapolated",
        [f"whole.{name}.times" for name in others],
        "typical times on one machine; a bound if workers share all work without loss; no larger size was measured",
        figure="queries",
    )


def _start(found: Findings) -> Decision:
    starts = found.treatment.tables["starts"].groupby("engine")["seconds"].sum()
    return Decision(
        "What does it cost to start an engine for one query?",
        ", ".join(f"{engine} {value:.2g} s" for engine, value in starts.items())
        + " until it has answered SELECT 1 (one start of each).",
        "measured",
        [f"{engine}.{what}" for engine in starts.index for what in ("start", "first statement")],
    )
