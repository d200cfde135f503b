"""Ten window queries on three engines: the same rows, and time that grows as their notes say."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Result
from lab.experiments.sql_windows.judge.metrics import metrics, tables
from lab.experiments.sql_windows.judge.observations import observe, rows_that_differ
from lab.experiments.sql_windows.judge.slopes import growths
from lab.experiments.sql_windows.measure.engines import bench
from lab.experiments.sql_windows.measure.seen import Seen
from lab.experiments.sql_windows.measure.session import Session
from lab.experiments.sql_windows.mechanism.queries import Query
from lab.experiments.sql_windows.mechanism.queries import queries as kit
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.workload.arms import broken_queries
from lab.progress import Steps, steps


def run(params: Params, queries: Mapping[str, Query] | None = None, timed: bool = True) -> Result:
    """All ten queries, or those of `queries` in the place of the kit's of the same name.

    An own one: `run(params, queries={"running_total": parse(text)})`. With timed=False only the rows of the
    given queries are compared, which is all that a control needs.
    """
    given = dict(queries) if queries is not None else kit()
    with steps(9 if timed else 3) as work:
        work.next("PostgreSQL")
        with bench() as engines:
            if timed:
                return _everything(Session(params, engines, kit() | given), work)
            return _rows_only(Session(params, engines, given), work)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """All ten, and each control's broken query, compared with the oracle."""
    controls = broken_queries().items()
    return run(params), {name: run(params, broken, timed=False) for name, broken in controls}


def _rows_only(session: Session, work: Steps) -> Result:
    work.next("rows")
    fresh = session.rows_on_new_data()
    observed = {"rows_match": rows_that_differ(fresh)}
    return Result(session.params, observed, tables={"rows": fresh}, versions=session.bench.versions)


def _everything(session: Session, work: Steps) -> Result:
    params, seen = session.params, _seen(session, work)
    growth = growths(seen.timings, session.queries)
    return Result(
        params,
        observe(params, seen, growth),
        metrics(params, seen),
        tables(seen, growth),
        session.bench.versions,
    )


def _seen(session: Session, work: Steps) -> Seen:
    work.next("rows of the sample")
    documented = session.rows_of_the_sample()
    work.next("rows of new purchases")
    fresh = session.rows_on_new_data()
    work.next("CDNOW")
    cdnow = session.cdnow()
    work.next("sliding frame")
    sliding = session.sliding()
    work.next("larger tables")
    top = session.load_the_others()
    work.next("timings")
    timings = session.timings()
    work.next("sort memory")
    spill = session.spill()
    work.next("what helps")
    speedups, fetching, plan = session.speedups(top), session.fetching(), session.plan()
    return Seen(documented, fresh, cdnow, sliding, timings, spill, speedups, fetching, plan)
