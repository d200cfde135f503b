"""A month of updates joined on time; updates and lookups together; Redis killed and filled again."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from importlib import metadata
from pathlib import Path

from lab.evidence.result import Result
from lab.experiments.feature_store.criteria import EVENT_TIME, LAST_WRITE, NO_TIME
from lab.experiments.feature_store.judge.metrics import metrics, tables
from lab.experiments.feature_store.judge.observations import observe
from lab.experiments.feature_store.measure import checks, live, offline, outage, rival
from lab.experiments.feature_store.measure.live import Bench
from lab.experiments.feature_store.measure.seen import Seen
from lab.experiments.feature_store.params import Params
from lab.experiments.feature_store.workload.joins import JOINS, OURS, Join
from lab.progress import Steps, steps
from lab.services.session import session


def run(params: Params, join: Join = OURS) -> Result:
    """One way to join on time, a reader's own too: `Join("mine", sql)`. No server is started."""
    with tempfile.TemporaryDirectory(dir=session().folder) as folder:
        past = offline.past(params, Path(folder), live.now())
        return _result(params, Seen(join.name, [offline.joined(past, join)]), {})


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """Joins first, when nothing else runs; then one log that feeds both stores, with lookups and checks beside it."""
    with steps(7) as work, tempfile.TemporaryDirectory(dir=session().folder) as name:
        folder = Path(name)
        work.next("history")
        past = offline.past(params, folder / "offline", live.now())
        work.next("joins")
        joins = [offline.joined(past, join) for join in JOINS]
        work.next("Feast")
        joins += rival.joined(past, folder / "feast")
        # The month ends anew, so that values of ageing entities get too old while lookups run.
        past = offline.past(params, folder / "live", live.now())
        work.next("servers")
        with live.bench(params, past, folder) as bench:
            seen, naive = _together(bench, work)
        seen = replace(seen, joins=joins)
    versions = {**bench.versions, "Feast": rival.version(), "DuckDB": metadata.version("duckdb")}
    return results(params, seen, naive, versions)


def _together(bench: Bench, work: Steps) -> tuple[Seen, Seen]:
    """Lookups, outage and rest on one bench."""
    with live.traffic(bench) as running:
        work.next("lookups")
        served, found = live.lookups(bench, running)
        until = live.now()
        bench.end(bench.jobs[1:])
        work.next("outage")
        hurt = outage.outage(bench)
    work.next("at rest")
    treated, control = outage.rest(bench)
    judged = checks.checked(bench, found)
    bench.end(bench.jobs[:1])
    seen = live.live(bench, served, judged, until)
    return Seen(OURS.name, (), seen, hurt, treated, outage.log(bench)), Seen(LAST_WRITE, rest=control)


def results(
    params: Params, seen: Seen, naive: Seen, versions: dict[str, str]
) -> tuple[Result, dict[str, Result]]:
    """Treatment and controls of what was seen."""
    controls = {name: _result(params, Seen(name, _of(seen, name)), {}) for name in (NO_TIME, EVENT_TIME)}
    return _result(params, seen, versions), {**controls, LAST_WRITE: _result(params, naive, {})}


def _of(seen: Seen, name: str) -> Sequence[offline.Joined]:
    return [join for join in seen.joins if join.join == name]


def _result(params: Params, seen: Seen, versions: dict[str, str]) -> Result:
    made = tables(params, seen)
    return Result(params, observe(params, seen), metrics(params, seen), made, versions)
