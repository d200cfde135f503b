"""Tables of the page, as Markdown, with what their intervals are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from lab.evidence.result import Result
from lab.experiments.warehouse_bench.judge.cost import prices
from lab.experiments.warehouse_bench.judge.median_interval import WANTED, label
from lab.experiments.warehouse_bench.present.full_run import Full
from lab.experiments.warehouse_bench.present.full_run_agreement import format_effects

_LAYOUT = {"same": "same bytes", "own": "own"}


def interval(treatment: Result) -> str:
    """What the intervals of this run are."""
    return label(int(treatment.tables["timings"]["round"].max()))


def rankings(treatment: Result) -> str:
    """The order of the engines on each layout and format, and their ratios in the halves."""
    orders = _table(
        ["tables", "format", "ranking"],
        [(_LAYOUT[row.layout], row.format, row.order) for row in _rows(treatment.tables["orders"])],
    )
    ratios = _table(
        [
            "engines",
            "tables",
            "ratio of times",
            "range",
            "odd / even rounds",
            "early / late rounds",
        ],
        [
            (
                f"{row.engine_one} / {row.engine_other}",
                _LAYOUT[row.layout],
                f"{row.ratio:.3g}",
                _range(row.low, row.high),
                f"{row.odd:.3g} / {row.even:.3g}",
                f"{row.early:.3g} / {row.late:.3g}",
            )
            for row in _rows(treatment.tables["layouts"])
        ],
    )
    return (
        f"The ranking, fast to slow (`=` not told apart, `!` a contradiction):\n\n{orders}\n\n"
        f"Over all formats that both engines have:\n\n{ratios}\n\nRange: {interval(treatment)}."
    )


def formats(treatment: Result) -> str:
    """Every two formats of one engine."""
    found = treatment.tables["formats"]
    table = _table(
        ["engine", "tables", "formats", "ratio of times", "range", "told apart"],
        [
            (
                row.engine_one,
                _LAYOUT[row.layout_one],
                f"{row.format_one} / {row.format_other}",
                f"{row.ratio:.2f}",
                _range(row.low, row.high),
                "yes" if row.apart else "no",
            )
            for row in _rows(found)
        ],
    )
    chance = (1 - WANTED) * len(found)
    return (
        f"{table}\n\nRange: {interval(treatment)}. Told apart: it is known to hold the median in {WANTED:.0%} of all cases, "
        f"and 1 is not in it. Of {len(found)} such comparisons about {chance:.1f} would be told apart by chance "
        "if no format made a difference."
    )


def engines(treatment: Result) -> str:
    """Cores, memory and processes of each engine, and what else ran meanwhile."""
    busy = treatment.tables["others"].set_index("engine")["share"]
    table = _table(
        ["engine", "threads", "memory (MiB)", "processes counted", "cores taken by others meanwhile"],
        [
            (
                row.engine,
                row.threads,
                f"{row.memory_mb:,.0f} ({row.kind})",
                row.processes,
                f"{busy[row.engine]:.0%}",
            )
            for row in _rows(treatment.tables["engines"])
        ],
    )
    return (
        f"What each engine had, as it tells itself:\n\n{table}\n\nThe last column is the share of the cores' time during an "
        "engine's queries that went to anything else: compilers and collectors of the *other* engines, which sit beside it, and "
        "the rest of the machine. Waiting before short queries and taking turns make that less and spread it; it is not gone."
    )


def cost_ratios(treatment: Result) -> str:
    """Cost as multiples, by three ways of billing."""
    table = _table(
        ["engine", "tables", "format", "by CPU", "by machine", "by bytes"],
        [
            (
                row.engine,
                _LAYOUT[row.layout],
                row.format,
                f"{row.cpu:.3g} ({_range(row.cpu_low, row.cpu_high)})",
                f"{row.machine:.3g} ({_range(row.machine_low, row.machine_high)})",
                f"{row.scanned:.3g} ({_range(row.scanned_low, row.scanned_high)})",
            )
            for row in _rows(treatment.tables["cost_ratios"])
        ],
    )
    least = (treatment.tables["medians"]["read_bytes"] < prices().least_bytes).mean()
    return (
        "**Cost of the mean query as a multiple of what the cheapest engine costs over the same Parquet files**, by three ways "
        "of billing. The price cancels out:\n\n"
        f"{table}\n\nIn brackets: {interval(treatment)}. By bytes, {least:.0%} of the queries on these small tables read less "
        "than the least that is charged: there it hides every difference."
    )


def dollars(treatment: Result) -> str:
    """The same in money, with where the prices come from."""
    at = prices()
    table = _table(
        ["engine", "tables", "format", "latency (s)", "CPU (s)", "read (MB)"]
        + [f"USD by {what}" for what in ("CPU", "machine", "bytes")],
        [
            (
                row.engine,
                _LAYOUT[row.layout],
                row.format,
                f"{row.seconds:.3f}",
                f"{row.cpu_s:.3f}",
                f"{row.read_bytes / 1000000.0:.1f}",
                f"{row.usd_cpu:.2g}",
                f"{row.usd_machine:.2g}",
                f"{row.usd_scanned:.2g}",
            )
            for row in _rows(treatment.tables["costs"])
        ],
    )
    sources = "; ".join(f"{one.what}, [as of {one.as_of}]({one.url})" for one in at.sources)
    return (
        f"The same in US dollars for a thousand of the mean query:\n\n{table}\n\nPrices: {sources}. **The seconds are of this "
        f"machine, the prices of another one**: a vCPU of {at.machine} is not a core of this one, so the dollars show how such a "
        "bill is made and its order of magnitude, not what these queries would cost there. Put your own prices into "
        "`kit/prices.toml`, and run on the machine that they are for."
    )


def agreements(treatment: Result, full: Full) -> str:
    """What a format costs against plain Parquet, in this run and in the full one."""
    effects = format_effects(treatment, full)
    table = _table(
        [
            "engine",
            "format",
            "times Parquet, this run",
            "it says",
            "times Parquet, full run",
            "that says",
            "agree",
        ],
        [
            (
                row.engine,
                row.format,
                f"{row.here:.2f} ({_range(row.here_low, row.here_high)})",
                row.here_says,
                f"{row.full:.2f} ({_range(row.full_low, row.full_high)})",
                row.full_says,
                "yes" if row.agree else "**no**",
            )
            for row in _rows(effects)
        ],
    )
    return (
        f"Formats against plain Parquet, same bytes, in both runs:\n\n{table}\n\nIn brackets, this run: {interval(treatment)}; "
        f"full run: the widest that its {label(full.rounds)} allows. The two differ in size, in queries and in time."
    )


def kept(full: Full) -> str:
    """When and where the full run was made, and what is weaker in it."""
    record, machine = full.record, full.record["provenance"]["machine"]
    answered, slowest = full.criterion("answers_published"), full.criterion("slowest_query")
    return (
        f"Made on {record['finished'][:10]} on {machine['cpu']}, {machine['cores']} cores, {machine['memory_gib']} GiB, with "
        f"{full.rounds} rounds after a first: {record['duration_s'] / 60:.0f} minutes, services included. Verdict: "
        f"**{record['verdict']}** ({'; '.join(record['reasons'])}). {answered['detail']}; {answered['observed']:,} differ. "
        f"Slowest: {slowest['detail']}, {slowest['observed']:.1f} s.\n\n"
        f"What is weaker there than above: its intervals are no more than the {label(full.rounds)}, although its record "
        "calls them bootstrap intervals; with so few rounds its two criteria of reproducibility could hardly have failed. Its "
        "check of the *same bytes* was made before this project took digests when files are written: it compared files with "
        "their own hard links, so it would not have seen a change made in place. Its answers were compared as here."
    )


def by_query(full: Full) -> str:
    """Median latency by query and engine in the full run."""
    wide = full.queries.pivot(index="query", columns="engine", values="seconds")
    wide = wide.sort_index(key=lambda names: names.astype(int))
    return _table(
        ["query", *(f"{engine} (s)" for engine in wide.columns)],
        [(f"Q{query}", *(f"{value:.2f}" for value in row)) for query, row in wide.iterrows()],
    )


def _rows(found: pd.DataFrame) -> Iterable[Any]:
    """Rows with their columns as attributes."""
    return found.itertuples()


def _range(low: float, high: float) -> str:
    return f"{low:.3g} to {high:.3g}"


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines)
