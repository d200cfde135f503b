"""Names of a run's own on servers that somebody else may use too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lab.services.schemaregistry import Registry
from lab.services.session import session


def own(name: str) -> str:
    """`name` as nobody else has it: with the run's mark."""
    return f"{name}-{session().folder.name.rpartition('-')[2]}"


def register_all(registry: Registry, subject: str, schemas: Sequence[Any]) -> list[int]:
    """Ids of the schemas as versions of one subject, whatever the registry's level is."""
    found = []
    for place, schema in enumerate(schemas):
        found.append(registry.register(subject, schema))
        if place == 0:
            registry.set_level("NONE", subject)
    return found
