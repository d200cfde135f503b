"""Iceberg REST catalog, started for real; requests are those of the open API specification."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.faults.process import hang
from lab.services import http
from lab.services.icebergcatalog import VARIABLE, IcebergCatalog, iceberg_catalog
from lab.services.postgres import postgres
from lab.services.process import Process
from lab.services.s3 import S3
from listening import addresses

pytestmark = pytest.mark.service

SCHEMA = {"type": "struct", "fields": [{"id": 1, "name": "id", "type": "long", "required": False}]}


@pytest.fixture(autouse=True)
def _not_attached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


@pytest.fixture(scope="module")
def empty() -> Iterator[IcebergCatalog]:
    """One for all tests that leave it up and without the namespace `bank`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with iceberg_catalog() as found:
            yield found


def _create(uri: str, table: str) -> dict[str, Any]:
    http.call("POST", f"{uri}/v1/namespaces", {"namespace": ["bank"]}, timeout_s=30)
    return http.call(
        "POST", f"{uri}/v1/namespaces/bank/tables", {"name": table, "schema": SCHEMA}, timeout_s=30
    )


def _tables(uri: str, timeout_s: float = 30) -> list[str]:
    found = http.call("GET", f"{uri}/v1/namespaces/bank/tables", timeout_s=timeout_s)
    return [item["name"] for item in found["identifiers"]]


def test_tables_survive_a_kill(tmp_path: Path) -> None:
    with iceberg_catalog(tmp_path.as_uri()) as catalog:
        made = _create(catalog.uri, "accounts")
        assert made["metadata-location"].startswith(f"file:{tmp_path}/bank/accounts/metadata/")
        catalog.node.kill()
        with pytest.raises(ServiceError, match="refused"):
            _tables(catalog.uri)
        catalog.node.restart()
        assert _tables(catalog.uri) == ["accounts"]
        with hang(catalog.node), pytest.raises(ServiceError, match="timed out"):
            _tables(catalog.uri, timeout_s=2)
        assert _tables(catalog.uri) == ["accounts"]


def test_only_loopback_is_open(empty: IcebergCatalog) -> None:
    assert isinstance(empty.node, Process)
    assert addresses(empty.node.pid) == {"127.0.0.1"}


def test_two_catalogs_share_what_one_database_holds(tmp_path: Path) -> None:
    with postgres() as db, iceberg_catalog(tmp_path.as_uri(), database=db.dsn) as one:
        _create(one.uri, "accounts")
        with iceberg_catalog(tmp_path.as_uri(), database=db.dsn) as other:
            assert _tables(other.uri) == ["accounts"]


def test_a_refusal_is_told_in_the_catalogs_words(empty: IcebergCatalog) -> None:
    with pytest.raises(http.HttpError, match="Namespace does not exist: bank"):
        _tables(empty.uri)


def test_a_database_that_is_not_there_is_told() -> None:
    dsn = "postgresql://nobody@127.0.0.1:1/none"
    with (
        pytest.raises(ServiceError, match=r"database does not answer.*refused"),
        iceberg_catalog(database=dsn),
    ):
        pass


def test_keys_go_to_clients_but_not_into_what_is_printed() -> None:
    store = S3("http://127.0.0.1:1", "key", "hidden")
    with pytest.raises(ValueError, match="needs the object store's endpoint"), iceberg_catalog("s3://lake/"):
        pass
    with iceberg_catalog("s3://lake/warehouse", s3=store) as catalog:
        assert catalog.client()["s3.secret-access-key"] == "hidden"
        assert "hidden" not in repr(catalog)


def test_an_attached_catalog_is_used_but_not_hurt(
    empty: IcebergCatalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, empty.uri)
    with iceberg_catalog() as attached:
        http.call("POST", f"{attached.uri}/v1/namespaces", {"namespace": ["seen"]}, timeout_s=30)
        with pytest.raises(NotAvailableError, match=VARIABLE):
            attached.node.kill()
    assert ["seen"] in http.call("GET", f"{empty.uri}/v1/namespaces")["namespaces"]


def test_an_attached_catalog_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:1")
    with pytest.raises(ServiceError, match=VARIABLE), iceberg_catalog():
        pass
