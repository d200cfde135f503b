"""A schema registry, started for real."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from lab.errors import NotAvailableError, ServiceError
from lab.services.http import HttpError
from lab.services.schemaregistry import VARIABLE, SchemaRegistry, schema_registry

pytestmark = pytest.mark.service


def order(*fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "record", "name": "Order", "fields": [{"name": "id", "type": "long"}, *fields]}


@pytest.fixture(scope="module")
def found() -> Iterator[SchemaRegistry]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        with schema_registry() as registry:
            yield registry


def test_a_schema_comes_back_by_its_id_and_has_it_once(found: SchemaRegistry) -> None:
    first = found.registry.register("a topic/with odd signs?-value", order())
    assert found.registry.register("a topic/with odd signs?-value", order()) == first
    assert found.registry.schema(first) == order()
    with pytest.raises(HttpError, match="404"):
        found.registry.schema(999_999)


def test_a_level_decides_what_may_follow(found: SchemaRegistry) -> None:
    registry, breaking = found.registry, order({"name": "new", "type": "string"})
    registry.register("levels", order())
    registry.set_level("NONE", "levels")
    assert registry.compatible("levels", breaking).compatible
    registry.set_level("BACKWARD", "levels")
    assert not registry.compatible("levels", breaking).compatible
    with pytest.raises(HttpError, match="409"):
        registry.register("levels", breaking)


def test_one_that_is_attached_is_used_and_can_not_be_hurt(
    found: SchemaRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, f"{found.registry.url}/")
    with schema_registry() as other:
        assert other.registry.url == found.registry.url
        with pytest.raises(NotAvailableError, match=VARIABLE):
            other.node.kill()
    monkeypatch.setenv(VARIABLE, "http://127.0.0.1:9")
    with pytest.raises(ServiceError, match=f"{VARIABLE}.*unset it"), schema_registry():
        pass
