"""Ten window queries on three engines: the same rows, and time that grows as their notes say."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Result
from lab.experiments.sql_windows import observations
from lab.experiments.sql_windows.broken import broken_queries
from lab.experiments.sql_windows.engines import bench
from lab.experiments.sql_windows.params import Params
from lab.experiments.sql_windows.queries import Query
from lab.experiments.sql_windows.queries import queries as kit
from lab.experiments.sql_windows.session import Session
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


def run_controls(params: Params) -> dict[str, Result]:
    """Each control's broken query, compared with the oracle."""
    return {name: run(params, broken, timed=False) for name, broken in broken_queries().items()}


def _rows_only(session: Session, work: Steps) -> Result:
    work.next("rows")
    fresh = session.rows_on_new_data()
    return observations.rows_result(session.params, fresh, session.bench.versions)


def _everything(session: Session, work: Steps) -> Result:
    work.next("rows of the sample")
    documented = session.rows_of_the_sample()
    work.next("rows of new purchases")
    fresh = session.rows_on_new_data()
    work.next("CDNOW")
    published = session.cdnow()
    work.next("sliding frame")
    sliding = session.sliding()
    work.next("larger tables")
    top = session.load_the_others()
    work.next("timings")
    timings = session.timings()
    work.next("sort memory")
    spill = session.spill()
    work.next("what helps")
    found = observations.Found(
        documented,
        fresh,
        published,
        sliding,
        timings,
        spill,
        session.aids(top),
        session.fetching(),
        session.plan(),
    )
    return observations.result(session.params, session.queries, found, session.bench.versions)
