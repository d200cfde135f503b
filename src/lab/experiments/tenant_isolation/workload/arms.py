"""Installations that are compared: as it should be, and with something taken away. And faults for the lint, one at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from weakref import WeakSet

from lab.experiments.tenant_isolation.mechanism import create_app, in_transaction, tokens

APP = "tenancy.app:app"
_SEEN: WeakSet[Any] = WeakSet()


@contextmanager
def session_level(connection: Any, tenant: str, label: str) -> Iterator[None]:
    """The tenant is set once for a connection, in a transaction of its own, as a hook of a driver's pool does it."""
    if connection not in _SEEN:
        connection.execute("SELECT set_config('app.tenant', %s, false)", (tenant,))
        _SEEN.add(connection)
    yield


@dataclass(frozen=True)
class Arm:
    """weaken: SQL after the installation, with {owner}, {login}, {large_object}. application: what uvicorn serves, "" for
    none. shared: who sends SQL has the service's login. session: the application sets the tenant for its connection."""

    name: str
    weaken: tuple[str, ...] = ()
    application: str = ""
    shared: bool = False
    session: bool = False

    @property
    def sql(self) -> bool:
        """Whether it is of interest to who sends SQL."""
        return self.application in ("", APP)

    def scope(self, connection: Any, tenant: str, label: str) -> AbstractContextManager[None]:
        """The application's work for a tenant."""
        return (session_level if self.session else in_transaction)(connection, tenant, label)


_OWN = f"{__name__}:"
TREATMENT = Arm("as it should be", application=APP)
OFF = Arm(
    "policies off",
    tuple(f"ALTER TABLE shop.{name} DISABLE ROW LEVEL SECURITY" for name in ("customers", "orders")),
    APP,
)
VIEW = Arm("view of its owner", ("ALTER VIEW shop.large_orders SET (security_invoker = false)",))
SESSION = Arm("session-level SET", application=f"{_OWN}session_app", session=True)
SHARED = Arm("one shared login", shared=True)
NOT_HARDENED = Arm(
    "not hardened",
    (
        "ALTER TABLE shop.customers DROP CONSTRAINT customers_email, ADD CONSTRAINT customers_email UNIQUE (email)",
        "ALTER TABLE shop.customers ADD CONSTRAINT customers_id UNIQUE (customer_id)",
        "ALTER TABLE shop.orders DROP CONSTRAINT orders_customer, ADD CONSTRAINT orders_customer "
        "FOREIGN KEY (customer_id) REFERENCES shop.customers (customer_id)",
        "GRANT TRUNCATE ON shop.customers, shop.orders TO tenancy_login",
        "ALTER TABLE shop.orders_0 DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE shop.orders_1 DISABLE ROW LEVEL SECURITY",
        "GRANT SELECT, UPDATE ON shop.orders_0, shop.orders_1 TO tenancy_login",
        "GRANT SELECT ON shop.sales TO tenancy_login",
        "ALTER VIEW shop.my_sales SET (security_barrier = false)",
        "ALTER FUNCTION shop.notes_of(bigint) SECURITY DEFINER",
        "ALTER FUNCTION shop.find(text) SECURITY DEFINER",
        "ALTER FUNCTION tenancy.tenant() IMMUTABLE",
        "GRANT SELECT, UPDATE ON tenancy.logins TO tenancy_login",
        "GRANT SELECT ON SEQUENCE shop.orders_order_id_seq TO tenancy_login",
        "GRANT EXECUTE ON FUNCTION lo_get(oid) TO PUBLIC",
        "GRANT SELECT ON pg_largeobject_metadata TO PUBLIC",
        "GRANT SELECT ON LARGE OBJECT {large_object} TO tenancy_login",
        "GRANT {owner} TO {login}",
        "ALTER ROLE {login} REPLICATION",
    ),
)
CARELESS = Arm("careless application", NOT_HARDENED.weaken[1:3], f"{_OWN}careless_app")
CONTROLS = (OFF, VIEW, SESSION, SHARED, NOT_HARDENED, CARELESS)

# What the lint must name: the rule's code, and the statements that make the fault on a shop that has none.
FAULTS = (
    ("not enabled", "ALTER TABLE shop.customers DISABLE ROW LEVEL SECURITY"),
    ("not enabled", "CREATE TABLE shop.invoices (tenant_id bigint NOT NULL)"),
    ("not forced", "ALTER TABLE shop.orders NO FORCE ROW LEVEL SECURITY"),
    ("partition open", NOT_HARDENED.weaken[4] + "; GRANT SELECT ON shop.orders_0 TO PUBLIC"),
    ("tenant's column missing", "CREATE TABLE shop.lines (shop bigint, number bigint, what text, FOREIGN KEY (shop, number) "
     "REFERENCES shop.orders); GRANT SELECT ON shop.lines TO tenancy_login"),
    ("reads all", "CREATE POLICY support ON shop.customers FOR SELECT USING (true)"),
    ("reads all", "CREATE POLICY mail ON shop.customers FOR SELECT USING (email <> '')"),
    ("writes all", "CREATE POLICY load ON shop.orders FOR INSERT WITH CHECK (true)"),
    ("login above", "CREATE ROLE {new} LOGIN BYPASSRLS"),
    ("login can go above", "CREATE ROLE {new} BYPASSRLS; GRANT {new} TO {login}"),
    ("owner logs in", "GRANT {owner} TO {login}"),
    ("owner logs in", "ALTER TABLE shop.customers OWNER TO {login}"),
    ("view of its owner", VIEW.weaken[0]),
    ("view of its owner", "CREATE VIEW shop.mails AS TABLE shop.customers; GRANT SELECT (email) ON shop.mails TO PUBLIC"),
    ("materialised view open", "GRANT SELECT ON shop.sales TO tenancy_service"),
    ("view without barrier", NOT_HARDENED.weaken[8]),
    ("definer function", "ALTER FUNCTION shop.notes_of(bigint) SECURITY DEFINER"),
    ("definer search_path", "ALTER FUNCTION tenancy.tenant() RESET search_path"),
    ("policy function immutable", "ALTER FUNCTION tenancy.tenant() IMMUTABLE"),
    ("marked leakproof", "ALTER FUNCTION shop.find(text) LEAKPROOF"),
    ("truncate and the like", "GRANT TRUNCATE ON shop.customers TO tenancy_login"),
    ("truncate and the like", "GRANT REFERENCES (customer_id) ON shop.customers TO PUBLIC"),
    ("replication login", "ALTER ROLE {login} REPLICATION"),
    ("large objects", "GRANT EXECUTE ON FUNCTION lo_get(oid) TO PUBLIC"),
    ("key across tenants", "CREATE UNIQUE INDEX mail ON shop.customers (lower(email))"),
    ("reference across tenants", f"{NOT_HARDENED.weaken[1]}; {NOT_HARDENED.weaken[2]}"),
    ("asked for each row", "ALTER POLICY tenant ON shop.orders USING (tenant_id = tenancy.tenant()::bigint) "
     "WITH CHECK (tenant_id = tenancy.tenant()::bigint)"),
    ("no index", "CREATE TABLE shop.events (tenant_id bigint NOT NULL); SELECT tenancy.protect('shop.events')"),
)  # fmt: skip


def unverified(token: str) -> tokens.Claims:
    """What a token says, believed."""
    import jwt

    try:
        return tokens.claimed(jwt.decode(token, options={"verify_signature": False}))
    except jwt.PyJWTError as error:
        raise tokens.RefusedError(str(error)) from None


def _formatted(app: Any, database: str) -> Any:
    """The list of orders with the caller's words put into the statement."""
    import psycopg
    from fastapi.responses import PlainTextResponse

    async def orders(request: Any, call_next: Any) -> Any:
        q = request.query_params.get("q")
        if q is None or (request.method, request.url.path) != ("GET", "/orders"):
            return await call_next(request)
        claims = unverified(request.headers["Authorization"].removeprefix("Bearer "))
        query = f"SELECT order_id, number, note FROM shop.orders WHERE note LIKE '%{q}%' ORDER BY 1"
        connected = psycopg.connect(database, autocommit=True, prepare_threshold=None)
        with connected as connection, in_transaction(connection, claims.tenant, "formatted"):
            return PlainTextResponse(str(connection.execute(query).fetchall()))

    app.middleware("http")(orders)
    return app


def __getattr__(name: str) -> Any:
    """The applications that leave something out, made when a server asks for them."""
    if name not in ("session_app", "careless_app"):
        raise AttributeError(name)
    told, key = os.environ, partial(tokens.verified, key=os.environ["TENANCY_KEY"])
    known = told["DATABASE_URL"], Path(told["TENANCY_LOG"]), told["TENANCY_AUDIT_URL"]
    if name == "session_app":
        return create_app(known[0], key, *known[1:], session_level)
    return _formatted(create_app(known[0], unverified, *known[1:]), known[0])
