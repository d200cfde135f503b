"""The catalog on both stores: the same tests, on a reader's own data and on foreign data."""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path

import pytest

from lab.experiments.data_catalog import (
    Catalog,
    Dataset,
    Field,
    Options,
    QueryError,
    StoreError,
    open_catalog,
    search,
)
from lab.experiments.data_catalog.kit.catalog import connections
from lab.experiments.data_catalog.mechanism import Postgres
from lab.services.postgres import postgres

pytestmark = pytest.mark.service
TODAY = date(2026, 1, 1)
Open = Callable[..., Catalog]


def item(id: str, name: str = "", fields: str = "", **more: object) -> Dataset:
    given = {"name": name or id, "owner": "José Núñez", "updated": date(2025, 6, 1), **more}
    return Dataset(id=id, fields=tuple(Field(name=each) for each in fields.split()), **given)


SHOP = (
    item(
        "s/orders",
        "orders",
        "order_id wt.loss CustomerID",
        title="Orders since 2020",
        tags=("daily",),
        source="shop",
    ),
    item("s/people", "people", "id age city", owner="Łucja Ødegård", email="l.o@example.org", source="shop"),
    item("h/lung", "cancer", "age sex", text="Survival of patients with lung cancer", source="health"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with postgres() as running:
        yield running.dsn


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens the same empty catalog again and again."""
    schema = f"test_{uuid.uuid4().hex[:8]}"
    dsn = request.getfixturevalue("server") if request.param == "PostgreSQL" else ""
    made: list[Catalog] = []

    def opens(**options: object) -> Catalog:
        made.append(open_catalog(dsn or str(tmp_path / "c.db"), Options(today=TODAY, **options), schema))  # type: ignore[arg-type]
        return made[-1]

    yield opens
    for catalog in made:
        catalog.close()
    if dsn:
        Postgres(dsn, schema).drop()


@pytest.fixture
def shop(opened: Open) -> Catalog:
    catalog = opened()
    catalog.put(SHOP)
    return catalog


def ids(catalog: Catalog, query: str, **more: object) -> list[str]:
    return [hit.dataset.id for hit in catalog.search(query, **more).hits]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("orders", ["s/orders"]),
        ("order", ["s/orders"]),
        ("ordrs", ["s/orders"]),
        ("ORDERS since", ["s/orders"]),
        ("wt_loss", ["s/orders"]),
        ("wt.lsos", ["s/orders"]),
        ("customer id", ["s/orders"]),
        ("customerid", ["s/orders"]),
        ("lucja odegard", ["s/people"]),
        ("Ødegård", ["s/people"]),
        ("l.o@example.org", ["s/people"]),
        ("age city", ["s/people"]),
        ("lung", ["h/lung"]),
        ("zzzz", []),
        ("id", ["s/orders", "s/people"]),
    ],
)
def test_it_finds_by_name_owner_field_and_text_whole_cut_off_and_mistyped(
    shop: Catalog, query: str, found: list[str]
) -> None:
    assert sorted(ids(shop, query)) == found and shop.matching(query) == set(found)


def test_a_hit_says_where_each_word_was_found(shop: Catalog) -> None:
    (hit,) = shop.search("survival age").hits
    assert hit.why == ("text", "field age")
    assert shop.search("nunes").hits[0].why == ("owner José Núñez",)


def test_an_answer_says_how_it_was_found(shop: Catalog) -> None:
    said = {query: shop.search(query).how for query in ("orders", "ordrs", "orders lung", "", "?!")}
    assert list(said.values()) == ["as typed", "corrected", "any word", "everything", "everything"]


def test_operators_of_either_store_are_text(shop: Catalog) -> None:
    for query in (
        'orders"',
        "'orders'",
        "orders NOT*",
        "(orders",
        "orders & ! <->:*",
        "a:b OR",
        "\0orders",
        "%_\\",
    ):
        shop.search(query)
    assert ids(shop, "NOT") == ids(shop, "'; DROP TABLE dataset; --") == []
    assert len(shop) == 3


def test_of_equal_datasets_the_fresher_comes_first_also_one_from_the_future(opened: Open) -> None:
    catalog = opened()
    dates = {
        "old": date(2020, 1, 1),
        "new": date(2025, 12, 31),
        "tomorrow": date(2026, 1, 2),
        "bc": date(1, 1, 1),
    }
    catalog.put(item(id, "wage", updated=day) for id, day in dates.items())
    assert ids(catalog, "wage") == ["tomorrow", "new", "old", "bc"]
    assert ids(catalog, "", within_days=30) == ["tomorrow", "new"]
    assert sorted(ids(opened(boost=0.0), "wage")) == sorted(dates)


def test_facets_count_all_that_was_found_not_the_page(shop: Catalog) -> None:
    answer = shop.search("age", limit=1, facets=True)
    assert answer.facets["source"] == {"health": 1, "shop": 1} and len(answer.hits) == 1
    assert answer.facets["owner"] == {"José Núñez": 1, "Łucja Ødegård": 1}
    assert answer.facets["changed within"] == {"30 days": 0, "year": 2}
    assert ids(shop, "age", filters={"source": ["Shop"], "owner": ["lucja odegard", "nobody"]}) == [
        "s/people"
    ]
    assert ids(shop, "", filters={"field": ["WT LOSS"]}) == ["s/orders"]
    assert ids(shop, "", filters={"tag": ["nothing"]}) == [] and ids(shop, "", filters={"tag": []}) != []


def test_pages_follow_one_another_without_a_gap_when_corrections_are_added(opened: Open) -> None:
    catalog = opened()
    catalog.put(item(f"{number}", "wages" if number % 2 else "wagse") for number in range(9))
    whole = ids(catalog, "wages", limit=9)
    assert [id for start in range(0, 9, 2) for id in ids(catalog, "wages", limit=2, offset=start)] == whole
    assert len(set(whole)) == 9 and ids(catalog, "wages", limit=5, offset=100) == []


def test_putting_again_replaces_and_deleting_forgets(shop: Catalog) -> None:
    assert shop.put([item("s/orders", "sales"), item("s/orders", "turnover")]) == 1
    assert (ids(shop, "orders"), ids(shop, "sales"), ids(shop, "turnover")) == ([], [], ["s/orders"])
    assert (shop.delete("s/orders"), shop.delete("s/orders"), len(shop)) == (True, False, 2)
    assert shop.get("s/orders") is None and ids(shop, "turnover") == []
    assert shop.put([]) == 0


def test_what_fails_halfway_leaves_nothing_behind(shop: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError("full disk")

    with monkeypatch.context() as patch:
        patch.setattr(shop, "_learn", fails)
        with pytest.raises(RuntimeError):
            shop.put([item("new"), item("s/orders", "sales")])
    assert (len(shop), shop.get("new"), ids(shop, "orders")) == (3, None, ["s/orders"])


def test_foreign_datasets_are_taken_whole(opened: Open) -> None:
    catalog = opened()
    strange = [
        item("данные/продажи", "продажи", "сумма", owner="Иван Ёлкин", text="x" * 100_000),
        item("wide", "wide", " ".join(f"column_{number}" for number in range(2_000)), rows=2**62),
        item("a b/c?d#e%20", 'it\'s "quoted" \\ %s', "select from: O'Brien", owner=""),
        item("empty", "?", owner="", updated=date.max, tags=("x", "x"), fields="a a A"),
    ]
    assert catalog.put(strange) == 4
    assert [catalog.get(one.id) for one in strange] == strange
    assert ids(catalog, "елкин") == ids(catalog, "ПРОДАЖИ") == ["данные/продажи"]
    assert ids(catalog, "column_1999") == ["wide"] and ids(catalog, "o'brien") == ["a b/c?d#e%20"]
    assert (
        ids(catalog, "column 1999 select") == ["a b/c?d#e%20", "wide"]
        or len(ids(catalog, "column 1999 select")) == 2
    )


@pytest.mark.parametrize(
    "wrong", [{"id": ""}, {"name": "a\0b"}, {"rows": -1}, {"owner": "\ud800"}, {"colour": "red"}]
)
def test_a_dataset_that_no_store_can_hold_is_refused_in_words(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="valid"):
        Dataset(**{"id": "a", "name": "a", "owner": "b", "updated": TODAY} | wrong)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"query": "a" * 1_001}, "at most 1,000 characters"),
        ({"query": "", "limit": 0}, "limit is at least 1"),
        ({"query": "", "offset": 499}, "at most 500"),
        (
            {"query": "", "filters": {"colour": ["red"]}},
            "no facet 'colour'; known: owner, tag, source, field",
        ),
        ({"query": "", "within_days": -1}, "days are counted"),
    ],
)
def test_a_question_that_can_not_be_answered_is_refused_in_words(
    shop: Catalog, asked: dict[str, object], said: str
) -> None:
    with pytest.raises(QueryError, match=said):
        shop.search(**asked)  # type: ignore[arg-type]


def test_readers_and_a_writer_at_once_see_whole_datasets(shop: Catalog) -> None:
    found: list[int] = []

    def read() -> None:
        for _ in range(20):
            found.append(shop.search("batch").total)

    readers = [threading.Thread(target=read) for _ in range(6)]
    for thread in readers:
        thread.start()
    for number in range(5):
        shop.put(item(f"batch-{number}-{part}", "batch") for part in range(4))
    for thread in readers:
        thread.join()
    assert len(found) == 120 and all(total % 4 == 0 for total in found) and shop.search("batch").total == 20


def test_search_by_itself_takes_a_file(tmp_path: Path) -> None:
    with_data = str(tmp_path / "own.db")
    catalog = open_catalog(with_data)
    catalog.put(SHOP)
    catalog.close()
    assert [hit.dataset.id for hit in search("ordrs", 5, with_data)] == ["s/orders"]


def test_a_file_that_is_no_database_and_a_server_that_is_not_there_are_named(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("no database at all, but long enough to be read as one" * 20)
    for database in (str(tmp_path / "text.db"), str(tmp_path / "nowhere" / "c.db")):
        with pytest.raises(StoreError, match="SQLite can't use"):
            open_catalog(database)
    with pytest.raises(StoreError, match="PostgreSQL can't be used"):
        open_catalog("postgresql://nobody@127.0.0.1:1/none")


def test_a_lost_connection_is_named_and_the_next_search_opens_another(server: str) -> None:
    import psycopg

    schema = f"test_{uuid.uuid4().hex[:8]}"
    catalog = open_catalog(server, schema=schema)
    catalog.put(SHOP)
    with psycopg.connect(server, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()")
    with pytest.raises(StoreError, match="does not answer"):
        catalog.search("orders")
    assert ids(catalog, "orders") == ["s/orders"]
    catalog.close()
    Postgres(server, schema).drop()


def test_when_all_connections_are_taken_the_next_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "LONGEST_WAIT_S", 0.05)
    catalog = open_catalog(str(tmp_path / "c.db"))
    with ExitStack() as stack:
        for _ in range(connections.MOST_CONNECTIONS):
            stack.enter_context(catalog._connections.one())
        with pytest.raises(StoreError, match="no connection was free"):
            len(catalog)
    assert len(catalog) == 0


def test_sqlite_keeps_other_tables_of_a_file_that_it_is_given(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE mine (n)")
        connection.execute("INSERT INTO mine VALUES (1)")
    connection.close()
    catalog = open_catalog(str(path))
    catalog.put(SHOP)
    catalog.close()
    with sqlite3.connect(path) as connection:
        assert list(connection.execute("SELECT n FROM mine")) == [(1,)]
    connection.close()
