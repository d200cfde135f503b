"""What is under test; a reader takes it home as the kit's folder `tenancy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.experiments.tenant_isolation.kit import FOLDER, POLICIES
from lab.experiments.tenant_isolation.kit.tenancy import audit, tokens
from lab.experiments.tenant_isolation.kit.tenancy.lint import RULES, Finding, lint

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from typing import Any

    from fastapi import FastAPI

    Scope = Callable[[Any, str, str], AbstractContextManager[None]]

__all__ = [
    "FOLDER",
    "POLICIES",
    "RULES",
    "Finding",
    "audit",
    "create_app",
    "in_transaction",
    "lint",
    "tokens",
]


def create_app(
    database: str,
    read_token: Callable[[str], tokens.Claims],
    log: Path,
    audit_database: str | None = None,
    scope: Scope | None = None,
) -> FastAPI:
    """The application; see the kit's `app.py`, whose library is asked for only here. scope: `in_transaction` if None."""
    from lab.experiments.tenant_isolation.kit.tenancy import app

    return app.create_app(database, read_token, log, audit_database, scope or app.in_transaction)


def in_transaction(connection: Any, tenant: str, label: str) -> AbstractContextManager[None]:
    """One transaction for `tenant`, as the application makes it."""
    from lab.experiments.tenant_isolation.kit.tenancy import app

    return app.in_transaction(connection, tenant, label)
