"""A shop's orders for many tenants: FastAPI, a token for each caller, one pooled login, one transaction a request.

`uvicorn tenancy.app:app` is told by DATABASE_URL (the service's login), TENANCY_KEY (of the tokens), TENANCY_LOG (a file, a
JSON line for each request) and TENANCY_AUDIT_URL (a login that may read the server's log).
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, Literal

import psycopg
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse
from psycopg import sql
from psycopg.rows import dict_row
from pydantic import BaseModel, ConfigDict, Field

from . import audit
from .tokens import AUDITOR, Claims, RefusedError, verified

COLUMNS = ("order_id", "customer_id", "number", "amount", "product", "note")
Sort = Literal["order_id", "number", "amount"]
Connection = psycopg.Connection[Any]
Scope = Callable[[Connection, str, str], AbstractContextManager[None]]
ReadToken = Callable[[str], Claims]


class Change(BaseModel):
    """What may be changed of an order. A field that is not here is refused: the tenant is none."""

    model_config = ConfigDict(extra="forbid")
    amount: Decimal = Field(ge=0, lt=10**12)
    note: str = Field("", max_length=1000)


class Order(Change):
    """A new order."""

    number: str = Field(min_length=1, max_length=50)
    customer_id: int = Field(ge=0, lt=2**63)
    product: str = Field("", max_length=100)


@contextmanager
def in_transaction(connection: Connection, tenant: str, label: str) -> Iterator[None]:
    """One transaction for `tenant`. Both settings end with it, whoever has the server's connection next."""
    with connection.transaction():
        connection.execute(
            "SELECT set_config('app.tenant', %s, true), set_config('application_name', %s, true)",
            (tenant, label),
        )
        yield


def create_app(
    database: str,
    read_token: ReadToken,
    log: Path,
    audit_database: str | None = None,
    scope: Scope = in_transaction,
) -> FastAPI:
    """The application. database: of the service's login; read_token: raises RefusedError; scope: how a tenant is set."""
    app = FastAPI(title="Orders", version="1")
    app.middleware("http")(partial(_logged, log))
    app.exception_handler(psycopg.Error)(_database_error)
    app.exception_handler(RequestValidationError)(_invalid)

    def caller(request: Request) -> Claims:
        """Who sends this; 401 if nobody knows."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        try:
            if kind != "Bearer":
                raise RefusedError("no bearer token")
            request.state.claims = read_token(token)
        except RefusedError as error:
            request.state.why = str(error)
            raise HTTPException(401, "send a good token: Authorization: Bearer ...") from None
        return request.state.claims

    @contextmanager
    def rows(request: Request, claims: Claims) -> Iterator[psycopg.Cursor[dict[str, Any]]]:
        # Statements that a server keeps by name do not go through a pool of transactions (PgBouncer before 1.21).
        with psycopg.connect(database, autocommit=True, prepare_threshold=None) as connection:
            label = f"{request.state.id}/{claims.tenant}/{claims.user}"[:60]
            with scope(connection, claims.tenant, label), connection.cursor(row_factory=dict_row) as cursor:
                yield cursor

    _orders(app, caller, rows)
    _writing(app, caller, rows)
    _audit(app, caller, log, audit_database)

    @app.get("/health")
    def health() -> dict[str, str]:
        return {"status": "ok"}

    return app


def _orders(app: FastAPI, caller: Any, rows: Any) -> None:
    known = Depends(caller)
    listed = sql.SQL("SELECT {} FROM shop.orders").format(sql.SQL(", ").join(map(sql.Identifier, COLUMNS)))

    @app.get("/orders")
    def orders(
        request: Request, q: str = "", sort: Sort = "order_id", claims: Claims = known
    ) -> list[dict[str, Any]]:
        """Orders whose note or product has `q` in it. No tenant is named here: the policy does that."""
        query = sql.SQL("{} WHERE strpos(note || ' ' || product, %s) > 0 ORDER BY {}").format(
            listed, sql.Identifier(sort)
        )
        with rows(request, claims) as cursor:
            return cursor.execute(query, (q,)).fetchall()

    @app.get("/orders/{order_id}")
    def order(request: Request, order_id: int, claims: Claims = known) -> dict[str, Any]:
        with rows(request, claims) as cursor:
            found = cursor.execute(listed + sql.SQL(" WHERE order_id = %s"), (order_id,)).fetchone()
        return _found(found)

    @app.get("/totals")
    def totals(request: Request, claims: Claims = known) -> list[dict[str, Any]]:
        """Orders by customer, from the materialised view."""
        with rows(request, claims) as cursor:
            return cursor.execute("SELECT email, orders, total FROM shop.my_sales ORDER BY email").fetchall()

    @app.get("/orders.csv", response_class=PlainTextResponse)
    def export(request: Request, claims: Claims = known) -> str:
        query = sql.SQL("COPY ({}) TO STDOUT (FORMAT csv, HEADER)").format(listed)
        with rows(request, claims) as cursor, cursor.copy(query) as copy:
            return b"".join(map(bytes, copy)).decode()


def _writing(app: FastAPI, caller: Any, rows: Any) -> None:
    known = Depends(caller)

    @app.post("/orders", status_code=201)
    def create(request: Request, order: Order, claims: Claims = known) -> dict[str, Any]:
        fields = order.model_dump()
        query = sql.SQL("INSERT INTO shop.orders ({}) VALUES ({}) RETURNING order_id").format(
            sql.SQL(", ").join(map(sql.Identifier, fields)), sql.SQL(", ").join(map(sql.Placeholder, fields))
        )
        with rows(request, claims) as cursor:
            return _found(cursor.execute(query, fields).fetchone())

    @app.patch("/orders/{order_id}")
    def change(request: Request, order_id: int, new: Change, claims: Claims = known) -> dict[str, Any]:
        query = "UPDATE shop.orders SET amount = %s, note = %s WHERE order_id = %s RETURNING order_id"
        with rows(request, claims) as cursor:
            return _found(cursor.execute(query, (new.amount, new.note, order_id)).fetchone())

    @app.delete("/orders/{order_id}")
    def delete(request: Request, order_id: int, claims: Claims = known) -> dict[str, Any]:
        query = "DELETE FROM shop.orders WHERE order_id = %s RETURNING order_id"
        with rows(request, claims) as cursor:
            return _found(cursor.execute(query, (order_id,)).fetchone())


def _audit(app: FastAPI, caller: Any, log: Path, database: str | None) -> None:
    known = Depends(caller)

    @app.get("/audit", response_class=HTMLResponse)
    def shown(tenant: str, day: date, access: str = audit.READ, claims: Claims = known) -> str:
        """Who read (or, by `access`, wrote) a tenant's rows on a day. For auditors."""
        if claims.role != AUDITOR:
            raise HTTPException(403, "for auditors")
        if database is None:
            raise HTTPException(503, "the application was started without TENANCY_AUDIT_URL")
        with psycopg.connect(database) as connection:
            logins: dict[str, str] = dict(
                connection.execute("SELECT login::text, tenant FROM tenancy.logins").fetchall()
            )
            members = "SELECT rolname::text FROM pg_roles WHERE rolcanlogin AND NOT rolsuper AND pg_has_role(oid, %s, 'MEMBER')"
            services = {name for (name,) in connection.execute(members, ("tenancy_service",))}
            lines = audit.read_log(connection, day)
            name = connection.info.dbname
        own = log.read_text().splitlines() if log.exists() else []
        found = audit.about(audit.entries(lines, own, logins, services, name), tenant, day, access)
        return audit.page(found, tenant, day, access, audit.begins(lines))


def _found(row: dict[str, Any] | None) -> dict[str, Any]:
    """Another tenant's order and none at all are the same."""
    if row is None:
        raise HTTPException(404, "no such order")
    return row


async def _logged(log: Path, request: Request, call_next: Any) -> Any:
    """A line for each request, refused ones too, before the answer leaves."""
    request.state.id, begun = secrets.token_hex(6), datetime.now(UTC)
    status = 500
    try:
        response = await call_next(request)
        status = response.status_code
        response.headers["X-Request-Id"] = request.state.id
        return response
    finally:
        claims = getattr(request.state, "claims", None)
        line = {
            "at": begun.isoformat(),
            "request": request.state.id,
            "user": claims.user if claims else "",
            "tenant": claims.tenant if claims else "",
            "method": request.method,
            "path": str(request.url.path) + (f"?{request.url.query}" if request.url.query else ""),
            "status": status,
            "why": getattr(request.state, "why", "") or (f"status {status}" if status >= 400 else ""),
        }
        with log.open("a") as file:
            file.write(json.dumps(line) + "\n")


def _database_error(_: Request, error: Exception) -> JSONResponse:
    """In words of our own: the database's may name rows that the caller must not know of."""
    status, words = 503, "the database can't do this now"
    if isinstance(error, psycopg.errors.UniqueViolation):
        status, words = 409, "this number is taken"
    elif isinstance(error, psycopg.errors.ForeignKeyViolation):
        status, words = 422, "no such customer"
    elif isinstance(error, psycopg.DataError):
        status, words = 422, "not storable"
    return JSONResponse({"detail": words}, status)


def _invalid(_: Request, error: Exception) -> JSONResponse:
    """What is wrong and where. What was sent is not sent back: it may be no text at all."""
    assert isinstance(error, RequestValidationError)
    told = [f"{'.'.join(map(str, one['loc'][1:]))[:100]}: {one['msg']}" for one in error.errors()]
    return JSONResponse({"detail": "; ".join(told)}, 422)


def __getattr__(name: str) -> FastAPI:
    """`app`, made when a server asks for it."""
    if name != "app":
        raise AttributeError(name)
    key = os.environ["TENANCY_KEY"]
    log = Path(os.environ.get("TENANCY_LOG", "requests.jsonl"))
    audited = os.environ.get("TENANCY_AUDIT_URL")
    return create_app(os.environ["DATABASE_URL"], partial(verified, key=key), log, audited)
