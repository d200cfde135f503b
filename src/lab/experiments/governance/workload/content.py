"""What can be wrong with datasets: owner, personal data, retention, columns. How the audit finds it is not known here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from lab.experiments.governance import oracle
from lab.experiments.governance.workload.company import KEPT_DAYS, KINDS, OWNER, SCHEMA, Books, create
from lab.experiments.governance.workload.fault import Draw, Fault, Variant, yesterday


def _owner(draw: Draw, variant: str, owner: str | None) -> Fault:
    table = draw.table()

    def edit(books: Books) -> None:
        if owner is None:
            del books.datasets[table]["owner"]
        else:
            books.datasets[table]["owner"] = owner

    return Fault("orphaned_owner", variant, table, edit=edit)


def _owner_left(draw: Draw) -> Fault:
    table = draw.table()
    gone = draw.name("person")

    def edit(books: Books) -> None:
        books.access["people"][gone] = {
            "name": gone,
            "trained": "2026-01-15",
            "until": yesterday(draw.random.randrange(1, 40)),
        }
        books.datasets[table]["owner"] = gone

    return Fault("orphaned_owner", "owner left", table, edit=edit)


def _owned_by_a_person(draw: Draw) -> Fault:
    table = draw.table()
    return Fault(
        "orphaned_owner",
        "table owned by a person's login",
        table,
        (f"ALTER TABLE {table} OWNER TO dora",),
        (f"ALTER TABLE {table} OWNER TO {OWNER}",),
    )


def _partition_owner(draw: Draw) -> Fault:
    part = f"{SCHEMA}.events_all"
    return Fault(
        "orphaned_owner",
        "a partition owned by a person's login",
        f"{SCHEMA}.events",
        (f"ALTER TABLE {part} OWNER TO dora",),
        (f"ALTER TABLE {part} OWNER TO {OWNER}",),
    )


def _service_owner(draw: Draw) -> Fault:
    def edit(books: Books) -> None:
        books.access["services"]["loader"]["owner"] = draw.name("nobody")

    return Fault("orphaned_owner", "service without an owner", "service loader", edit=edit)


def _declared_none(draw: Draw) -> Fault:
    table = draw.table(personal=True)
    column = draw.random.choice(
        [each for each in draw.company.tables[table] if each.label != oracle.NONE]
    ).name

    def edit(books: Books) -> None:
        books.datasets[table]["columns"][column] = {"label": oracle.NONE, "class": "internal"}

    return Fault("unclassified_personal_data", "declared as nothing", f"{table}.{column}", edit=edit)


def _hidden(draw: Draw, variant: str, type: str, write: Callable[[str], str]) -> Fault:
    """A new column under a name that tells nothing, filled with identifiers, a tenth of its rows empty."""
    table, column = draw.table(), draw.name("ref")
    kinds = [kind for kind in oracle.PERSONAL if type != "bigint" or kind[1] in ("card", "PESEL", "Aadhaar")]
    make = oracle.PERSONAL[draw.random.choice(kinds)]
    values = ", ".join(f"({number}, '{make(draw.random)}')" for number in range(54))

    def edit(books: Books) -> None:
        books.datasets[table]["columns"][column] = {"label": oracle.NONE, "class": "internal"}

    return Fault(
        "unclassified_personal_data",
        variant,
        f"{table}.{column}",
        (
            f"ALTER TABLE {table} ADD COLUMN {column} {type}",
            f"UPDATE {table} t SET {column} = {write('v.value')} FROM (VALUES {values}) v (id, value) WHERE t.id = v.id",
        ),
        (f"ALTER TABLE {table} DROP COLUMN {column}",),
        edit,
    )


def _no_retention(draw: Draw) -> Fault:
    table = draw.table()
    return Fault(
        "missing_retention", "no rule", table, edit=lambda books: books.datasets[table].pop("retention")
    )


def _too_old(draw: Draw) -> Fault:
    table, over = draw.table(), draw.random.randrange(1, 400)
    column = draw.company.tables[table][-1].name
    return Fault(
        "missing_retention",
        "a row older than the rule",
        table,
        (f"INSERT INTO {table} (id, {column}) VALUES (-1, current_date - {KEPT_DAYS + 1 + over})",),
        (f"DELETE FROM {table} WHERE id = -1",),
    )


def _rule_without_column(draw: Draw) -> Fault:
    table = draw.table()

    def edit(books: Books) -> None:
        books.datasets[table]["retention"]["column"] = "no_such_column"

    return Fault("missing_retention", "a rule by a column that is not there", table, edit=edit)


def _added(draw: Draw) -> Fault:
    table, column = draw.table(), draw.name("extra")
    return Fault(
        "undeclared_column",
        "new column",
        f"{table}.{column}",
        (f"ALTER TABLE {table} ADD COLUMN {column} integer",),
        (f"ALTER TABLE {table} DROP COLUMN {column}",),
    )


def _renamed(draw: Draw) -> Fault:
    table, column = draw.table(), draw.name("renamed")
    return Fault(
        "undeclared_column",
        "renamed column",
        f"{table}.{column}",
        (f"ALTER TABLE {table} RENAME COLUMN id TO {column}",),
        (f"ALTER TABLE {table} RENAME COLUMN {column} TO id",),
        also=(("undeclared_column", f"{table}.id"), ("expired_access", f"support on {table}")),
    )


def _new_table(draw: Draw) -> Fault:
    name = f"{SCHEMA}.{draw.name('copy')}"
    make = create(name, KINDS["products"])
    return Fault(
        "undeclared_column",
        "new table",
        name,
        (make, f"ALTER TABLE {name} OWNER TO {OWNER}"),
        (f"DROP TABLE {name}",),
    )


def _new_view(draw: Draw) -> Fault:
    name, table = f"{SCHEMA}.{draw.name('view')}", draw.table()
    return Fault(
        "undeclared_column",
        "new view",
        name,
        (f"CREATE VIEW {name} AS SELECT id FROM {table}", f"ALTER VIEW {name} OWNER TO {OWNER}"),
        (f"DROP VIEW {name}",),
    )


_JSON = "jsonb_build_object('k', jsonb_build_array({}))"
CONTENT: dict[str, Sequence[Variant]] = {
    "orphaned_owner": (
        partial(_owner, variant="owner is nobody", owner="nobody"),
        partial(_owner, variant="no owner named", owner=None),
        _owner_left,
        _owned_by_a_person,
        _partition_owner,
        _service_owner,
    ),
    "unclassified_personal_data": (
        _declared_none,
        partial(_hidden, variant="new column as text", type="text", write=str),
        partial(_hidden, variant="new column as number", type="bigint", write="{}::bigint".format),
        partial(_hidden, variant="new column as JSON", type="jsonb", write=_JSON.format),
    ),
    "missing_retention": (_no_retention, _too_old, _rule_without_column),
    "undeclared_column": (_added, _renamed, _new_table, _new_view),
}
