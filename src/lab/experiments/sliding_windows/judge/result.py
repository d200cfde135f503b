"""Treatment and controls of one run: observations, metrics, tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from lab.evidence.criteria import Observation
from lab.evidence.result import Metric, Result
from lab.experiments.sliding_windows.criteria import NO_LATENESS
from lab.experiments.sliding_windows.judge import latency, price
from lab.experiments.sliding_windows.judge.verdicts import Judged, by_lateness
from lab.experiments.sliding_windows.measure.seen import Seen
from lab.experiments.sliding_windows.params import Params
from lab.load.histogram import encode, histogram

EVENT, BEYOND = "event, in update mode", "final window of {}, in append mode"


def results(
    params: Params, seen: Seen, treated: Sequence[str], versions: Mapping[str, str]
) -> tuple[Result, dict[str, Result]]:
    """treated: names of the treatment's arms; every other arm is a control."""
    judged = [Judged(query, seen, params.max_delay_s * 1_000) for query in seen.queries]
    own = [one for one in judged if one.query.arm.name in treated]
    others = {one.query.arm.name: one for one in judged if one.query.arm.name not in treated}
    observed = sent(seen) | windows(own) | batches(own)
    prices = price.table(seen.priced)
    if len(prices):
        most = float(prices["per_event"].iloc[-1])
        observed |= {
            "state_predicted": price.error(*price.by_law(prices, params.users), most),
            "bytes_predicted": price.error(*price.by_line(prices, "checkpoint_mib"), most),
        }
    if NO_LATENESS in others:
        observed["lost_as_predicted"] = drops([others[NO_LATENESS]])
    times = _times(params, own)
    if EVENT in times:
        p95 = float(np.quantile(times[EVENT], 0.95)) / 1e9
        observed["prompt"] = Observation(p95, f"of {len(times[EVENT]):,} events")
    treatment = Result(
        params,
        observed,
        [*_metrics(own, others), *_latencies(times), *_price_metrics(prices)],
        {
            "queries": pd.DataFrame([one.row() for one in judged]),
            "lateness": by_lateness(judged),
            "state": _state(judged),
            "latency": _distributions(times),
            "prices": prices,
        },
        versions,
    )
    return treatment, {name: _control(params, one, versions) for name, one in others.items()}


def _control(params: Params, one: Judged, versions: Mapping[str, str]) -> Result:
    observed = {name: found for name, found in windows([one]).items() if name in ("accurate", "counted_once")}
    return Result(params, observed, tables={"queries": pd.DataFrame([one.row()])}, versions=versions)


def sent(seen: Seen) -> dict[str, Observation]:
    """Whether the load was what it should be."""
    scheduled = float(seen.log["due_ns"].iloc[-1])
    real = scheduled + float(seen.lateness_ns[-1])
    missing = int((seen.messages["offset"] < 0).sum())
    return {
        "rate_reached": Observation(
            scheduled / real,
            f"{len(seen.log):,} messages in {real / 1e9:.1f} s, 99 % handed over within "
            f"{np.percentile(seen.lateness_ns, 99) / 1e6:.0f} ms",
        ),
        "all_sent": Observation(missing, f"of {len(seen.messages):,}"),
    }


def windows(judged: Sequence[Judged]) -> dict[str, Observation]:
    """What the sink holds against the oracle."""
    whole = sum(len(one.in_time) for one in judged)
    shares = ", ".join(f"{one.query.arm.name} {one.accuracy:.2f} %" for one in judged)
    late = sum(len(one.windows) - len(one.in_time) for one in judged)
    return {
        # With none to compare, nothing would be shown.
        "accurate": Observation(
            sum(one.wrong for one in judged), f"of {whole:,}; accuracy: {shares}", conclusive=whole > 0
        ),
        "counted_once": Observation(
            sum(one.over for one in judged), f"of {sum(len(one.windows) for one in judged):,}"
        ),
        "late_as_predicted": Observation(
            sum(one.wrong_late for one in judged), f"of {late:,}", conclusive=late > 0
        ),
    }


def batches(judged: Sequence[Judged]) -> dict[str, Observation]:
    """What Spark reported of its batches, and how often it wrote."""
    appended = [one for one in judged if one.query.arm.mode == "append"]
    differing = sum(one.replayed.differing(one.query.batches) for one in judged)
    return {
        "drops_predicted": drops(judged),
        "watermark_predicted": Observation(
            differing,
            f"of {sum(len(one.query.progress) for one in judged):,}",
            # One that differs refutes the claim, whatever was not read.
            conclusive=differing > 0 or all(one.replayed.read for one in judged),
        ),
        "emitted_once": Observation(
            sum(one.again for one in appended), f"of {sum(len(one.query.final) for one in appended):,}"
        ),
    }


def drops(judged: Sequence[Judged]) -> Observation:
    """Worst difference of dropped to predicted; inconclusive where there is none and a query's rule drops none."""
    apart = max((abs(one.dropped - one.predicted) for one in judged), default=0.0)
    told = "; ".join(
        f"{one.query.arm.name}: {one.dropped:,.0f}, predicted {one.predicted:,}" for one in judged
    )
    return Observation(apart, told, conclusive=apart > 0 or all(one.predicted > 0 for one in judged))


def _distributions(times: Mapping[str, NDArray[np.int64]]) -> pd.DataFrame:
    found = [latency.distribution(*item) for item in times.items()]
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def _times(params: Params, judged: Sequence[Judged]) -> dict[str, NDArray[np.int64]]:
    found = {}
    for one in judged:
        if one.query.arm.mode == "update":
            found[EVENT] = latency.of_events(one)
        else:
            found[BEYOND.format(one.query.arm.name)] = latency.of_windows(params, one.seen, one.query)
    return {name: values for name, values in found.items() if len(values)}


def _metrics(own: Sequence[Judged], others: Mapping[str, Judged]) -> list[Metric]:
    """Accuracy in %, dropped events, and what Spark's counter says, by query."""
    found = []
    for one in [*own, *others.values()]:
        name, key = one.query.arm.name, one.query.arm.name.replace(" ", "_")
        found += [
            Metric(
                f"accuracy.{key}",
                one.accuracy,
                "%",
                f"windows in time that equal the oracle's, {name}",
                better="higher",
            ),
            Metric(
                f"counter.{key}",
                one.query.late_rows,
                "rows",
                f"numRowsDroppedByWatermark, all batches, {name}",
            ),
        ]
        if one.query.arm.deduplicate:
            found.append(Metric(f"dropped.{key}", one.dropped, "events", f"in no window, {name}"))
    if own:
        late, sent_events = len(own[0].late_ids), own[0].seen.log["event_id"].nunique()
        found += [
            Metric("late_events", late, "events", f"of {sent_events:,} came later than allowed"),
            Metric(
                "batch_span",
                max(one.batch_span_s for one in own) / 60,
                "min",
                "event time in a batch, at most, in time lapse",
            ),
            Metric(
                "late_let_in",
                own[0].let_in,
                "",
                f"share of them that counted all the same, {own[0].query.arm.name}",
            ),
        ]
    return found


def _latencies(times: Mapping[str, NDArray[np.int64]]) -> list[Metric]:
    """Median and 95th percentile of each kind of latency."""
    found = []
    for name, values in times.items():
        key = "event" if name == EVENT else "final_" + name.split(" of ")[1].split(",")[0].replace(" ", "_")
        for share in (50, 95):
            found.append(
                Metric(
                    f"latency_{key}.p{share}",
                    float(np.percentile(values, share)) / 1e9,
                    "s",
                    f"{name}: {'median' if share == 50 else '95th percentile'}",
                    better="lower",
                    histogram=encode(histogram(np.maximum(values, 0))) if share == 50 else "",
                )
            )
    return found


def _price_metrics(prices: pd.DataFrame) -> list[Metric]:
    columns = {"state_rows": "rows", "checkpoint_mib": "MiB", "seconds": "s"}
    return [
        Metric(
            f"price.{column}.{int(row['per_event'])}",
            float(row[column]),
            unit,
            f"1 h by {int(row['slide_s'])} s, {'state' if column == 'state_rows' else 'a batch'}",
            better="lower",
        )
        for _, row in prices.iterrows()
        for column, unit in columns.items()
    ]


def _state(judged: Sequence[Judged]) -> pd.DataFrame:
    """State rows over time: query, seconds since the sending began, windows, ids, mib."""
    parts = []
    for one in judged:
        own = one.query.state()
        parts.append(own.assign(query=one.query.arm.name, seconds=own["at_s"] - one.seen.start_s))
    return pd.concat(parts, ignore_index=True).drop(columns="at_s")
