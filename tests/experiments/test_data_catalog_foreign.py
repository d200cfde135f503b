"""Kinds of faults that others have reported of search and of its stores, each with an input of our own.

Sources, read in November 2026: issues tome 206 and lossless-claw 125 (scripts without spaces); django-cacheops 291 and
dataverse 5243 (apostrophes); NuGetGallery 1143 and 1226 (C++ and C#); kart 391 and nocodb 5398, raml-module-builder
pull request 1230 (a role without CREATE).
"""

from __future__ import annotations

import sqlite3
import uuid
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest

from lab.experiments.data_catalog import Arm, Catalog, Dataset, Field, Options, StoreError, open_catalog
from lab.experiments.data_catalog.mechanism import Postgres
from lab.experiments.data_catalog.workload import arms
from lab.services.postgres import postgres

pytestmark = pytest.mark.service
Open = Callable[[list[Dataset]], Catalog]


def _item(id: str, name: str = "", owner: str = "a team", **more: object) -> Dataset:
    return Dataset(id=id, name=name or id, owner=owner, updated=date(2026, 1, 1), **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as running:
        yield running.dsn


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def filled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a catalog with these datasets."""
    schema = f"test_{uuid.uuid4().hex[:8]}"
    dsn = request.getfixturevalue("server") if request.param == "PostgreSQL" else ""
    made: list[Catalog] = []

    def opens(datasets: list[Dataset]) -> Catalog:
        made.append(open_catalog(dsn or str(tmp_path / "c.db"), Options(), schema))
        made[0].put(datasets)
        return made[0]

    yield opens
    made[0].close()
    if dsn:
        Postgres(dsn, schema).drop()


def _ids(catalog: Catalog, query: str, **filters: str) -> list[str]:
    narrowed = {kind: [value] for kind, value in filters.items()}
    return sorted(hit.dataset.id for hit in catalog.search(query, filters=narrowed).hits)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("目录", ["zh"]),
        ("数据目录", ["zh"]),
        ("gen", ["zh"]),
        ("민국", ["ko"]),
        ("テスト", ["ja"]),
        ("ข้อมูล", ["th"]),
    ],
)
def test_scripts_without_spaces_are_found_within_a_run_of_signs(
    filled: Open, query: str, found: list[str]
) -> None:
    catalog = filled(
        [
            _item("zh", text="这是数据目录gen后台"),
            _item("ko", title="대한민국 통계"),
            _item("ja", fields=(Field(name="単体テスト結果"),)),
            _item("th", "ชุดข้อมูลสถิติ"),
        ]
    )
    assert _ids(catalog, query) == found


@pytest.mark.parametrize("typed", ["obrien", "O'Brien", "o’brien", "jeanluc", "jean luc", "Jean-Luc"])
def test_names_with_apostrophes_and_hyphens_are_found_with_and_without(filled: Open, typed: str) -> None:
    assert _ids(filled([_item("a", owner="Jean-Luc O'Brien"), _item("b", owner="Brie Lucas")]), typed) == [
        "a"
    ]


def test_a_facet_counts_what_narrowing_by_it_finds(filled: Open) -> None:
    names = ("C", "C++", "C#", "++", "?!", "Café", "cafe", "CAFE", "a-b", "ab")
    catalog = filled([_item(str(number), tags=(name,)) for number, name in enumerate(names)])
    counted = catalog.search("", facets=True).facets["tag"]
    assert counted == dict.fromkeys(names, 1)
    assert [_ids(catalog, "", tag=name) for name in names] == [[str(number)] for number in range(len(names))]
    # What is not there as it is written is looked for by its letters; what has none finds nothing.
    assert (_ids(catalog, "", tag="A B"), _ids(catalog, "", tag="!!")) == (["8", "9"], [])


def test_a_role_that_may_only_read_reads_and_is_told_that_it_may_not_write(server: str) -> None:
    schema = f"test_{uuid.uuid4().hex[:8]}"
    catalog = open_catalog(server, schema=schema)
    catalog.put([_item("a", "orders")])
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE reader_{schema} LOGIN")
        admin.execute(f"GRANT USAGE ON SCHEMA {schema} TO reader_{schema}")
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO reader_{schema}")
    known = psycopg.conninfo.conninfo_to_dict(server)
    reader = open_catalog(
        f"postgresql://reader_{schema}@{known['host']}:{known['port']}/{known['dbname']}", schema=schema
    )
    assert _ids(reader, "ordrs") == ["a"]
    with pytest.raises(StoreError, match="refuses"):
        reader.put([_item("b")])
    assert (len(reader), _ids(reader, "orders")) == (1, ["a"])
    reader.close()
    catalog.close()
    Postgres(server, schema).drop()
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"DROP ROLE reader_{schema}")


@pytest.mark.parametrize("columns", ["number, id, updated, mine", "a", "number, id"])
def test_a_table_that_is_somebody_elses_is_named_and_left_alone(
    server: str, tmp_path: Path, columns: str
) -> None:
    path, schema = tmp_path / "shared.db", f"test_{uuid.uuid4().hex[:8]}"
    with sqlite3.connect(path) as own:
        own.execute(f"CREATE TABLE dataset ({columns})")
    own.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match=r"shared\.db"):
        open_catalog(str(path))
    assert path.read_bytes() == before
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f"CREATE SCHEMA {schema}")
        admin.execute(f"CREATE TABLE {schema}.dataset ({columns.replace(',', ' int,')} int)")
        with pytest.raises(StoreError, match="can't be used"):
            open_catalog(server, schema=schema)
        left = admin.execute("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema]).fetchone()
        assert left == (1,)
        admin.execute(f"DROP SCHEMA {schema} CASCADE")


@pytest.mark.parametrize(
    "wrong",
    [{"boost": float("nan")}, {"boost": -1}, {"half_life": 0}, {"half_life": float("inf")}, {"enough": -1}],
)
def test_settings_without_a_meaning_are_refused_in_words(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="at least 0"):
        Options(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("arm", [arms.trigrams(), arms.raw_match(), arms.like()], ids=lambda arm: arm.name)
def test_an_arm_whose_block_fails_is_closed(arm: Arm, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), arm.open([_item("orders")], tmp_path) as search:
        assert search("orders", 10) == ["orders"]
        raise RuntimeError
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        search("orders", 10)
