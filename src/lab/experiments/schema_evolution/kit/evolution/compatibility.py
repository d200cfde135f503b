"""Which values one Avro schema can't read of another, found from the two schemas alone.

`compatible(reader, writer)` compares two, `check(history, new, mode)` a new version with those that went before it.
Beside what a reader must refuse it names what is legal and loses something: `Break.lossy`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from .schema import NAMED, Node, label, load, logical, short

MODES = (
    *("NONE", "BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE"),
    *("FULL", "FULL_TRANSITIVE"),
)
# Writer's type -> the types to which the specification lets a reader promote it.
PROMOTIONS = {
    "int": {"long", "float", "double"},
    "long": {"float", "double"},
    "float": {"double"},
    "string": {"bytes"},
    "bytes": {"string"},
}
# Those that can change the value: a float has 24 bits of mantissa, a double 53; not all bytes are UTF-8.
_LOSING = {
    ("int", "float"): "precision",
    ("long", "float"): "precision",
    ("long", "double"): "precision",
    ("bytes", "string"): "encoding",
}


@dataclass(frozen=True)
class Break:
    """One thing that a reader's schema can't take from a writer's, or takes with a loss.

    kind: `type`, `name`, `no default`, `enum symbol`, `fixed size`, `union branch`, `ambiguous alias`; of the lossy ones
    `precision`, `encoding`, `enum default`, `logical type`, `changed default`. path: from the root of the reader's schema.
    lossy: legal by the specification's rules, but a value can change or lose its meaning.
    direction: `backward` if the new schema reads, `forward` if an old one does. version: the other one's place in the history.
    """

    kind: str
    path: str
    message: str
    lossy: bool = False
    direction: str = "backward"
    version: int | None = None


def compatible(reader: Any, writer: Any) -> list[Break]:
    """What `reader` can't take, or takes with a loss, of what is written with `writer`; empty if all is well.

    reader, writer: Avro schemas as parsed JSON. SchemaError, in words, if one of them is no Avro schema.
    """
    return list(dict.fromkeys(_Comparison().breaks(load(reader), load(writer), "")))


def check(history: Sequence[Any], new: Any, mode: str) -> list[Break]:
    """What keeps `new` from following `history` (oldest first) under a compatibility mode of schema registries.

    mode: one of MODES, as Confluent defines them: BACKWARD, `new` reads the latest; FORWARD, the latest reads `new`; FULL,
    both; _TRANSITIVE: with every version, not the latest alone. ValueError for another mode, SchemaError for no schema.
    """
    if mode not in MODES:
        raise ValueError(f"{mode!r} is no compatibility mode; there are {', '.join(MODES)}")
    given = _defaults(load(new))
    known = [_defaults(load(old)) for old in history]
    first = 0 if mode.endswith("_TRANSITIVE") else max(len(history) - 1, 0)
    found: list[Break] = []
    for version, old in enumerate(history[first:], first):
        if mode.startswith(("BACKWARD", "FULL")):
            found += [replace(item, version=version) for item in compatible(new, old)]
            found += [
                replace(item, version=version) for item in _changed_defaults(known, known[version], given)
            ]
        if mode.startswith(("FORWARD", "FULL")):
            found += [replace(item, version=version, direction="forward") for item in compatible(old, new)]
    return found


def matching(reader: Node, writer: Node) -> Node | None:
    """The node that reads `writer`, which is no union: `reader`, or the first branch of it that matches by type and name."""
    candidates = reader["branches"] if reader["type"] == "union" else [reader]
    return next((item for item in candidates if _matches(item, writer)), None)


def writer_field(field: Node, writer: Node) -> Node | None:
    """The writer's field that the reader's `field` takes: the one of its name, else of one of its aliases."""
    fields = {item["name"]: item for item in writer["fields"]}
    return next((fields[name] for name in (field["name"], *field["aliases"]) if name in fields), None)


def _matches(reader: Node, writer: Node) -> bool:
    if reader["type"] != writer["type"]:
        return reader["type"] in PROMOTIONS.get(writer["type"], ())
    if reader["type"] not in NAMED:
        return True
    same = short(reader["name"]) == short(writer["name"]) or writer["name"] in reader["aliases"]
    return same and (reader["type"] != "fixed" or reader["size"] == writer["size"])


class _Comparison:
    """One comparison; pairs of nodes that were met before are not entered again, or a recursive schema would never end."""

    def __init__(self) -> None:
        self.met: set[tuple[int, int]] = set()

    def breaks(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        if (id(reader), id(writer)) in self.met:
            return
        self.met.add((id(reader), id(writer)))
        if writer["type"] == "union":
            for branch in writer["branches"]:
                yield from self._one(reader, branch, path)
        else:
            yield from self._one(reader, writer, path)

    def _one(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        found = matching(reader, writer)
        if found is None:
            yield _mismatch(reader, writer, path)
            return
        yield from _losses(found, writer, path)
        kind = found["type"]
        if kind == "record":
            yield from self._fields(found, writer, path)
        elif kind == "enum":
            yield from _symbols(found, writer, path)
        elif kind == "array":
            yield from self.breaks(found["items"], writer["items"], f"{path}/items")
        elif kind == "map":
            yield from self.breaks(found["values"], writer["values"], f"{path}/values")

    def _fields(self, reader: Node, writer: Node, path: str) -> Iterator[Break]:
        names = {item["name"] for item in writer["fields"]}
        own = {item["name"] for item in reader["fields"]}
        for field in reader["fields"]:
            where = f"{path}/{field['name']}"
            other = writer_field(field, writer)
            claimed = sorted({field["name"], *(set(field["aliases"]) - own)} & names)
            if len(claimed) > 1:
                text = f"several fields of the writer can be {field['name']}: {', '.join(claimed)}"
                yield Break("ambiguous alias", where, text)
            if other and other["name"] != field["name"] and other["name"] in own:
                text = f"{other['name']} is an alias of {field['name']}, and a field of its own"
                yield Break("ambiguous alias", where, text)
            elif other:
                yield from self.breaks(field["type"], other["type"], where)
            elif "default" not in field:
                yield Break(
                    "no default", where, "the writer has no such field, and the reader no default for it"
                )


def _mismatch(reader: Node, writer: Node, path: str) -> Break:
    kind = "type"
    if reader["type"] == "union":
        kind = "union branch"
    elif reader["type"] == writer["type"]:
        same = short(reader["name"]) == short(writer["name"]) or writer["name"] in reader["aliases"]
        kind = "fixed size" if same else "name"
    return Break(kind, path or "/", f"{label(writer)} can't be read as {label(reader)}")


def _losses(reader: Node, writer: Node, path: str) -> Iterator[Break]:
    was, now = logical(writer), logical(reader)
    if was != now and not _wider_decimal(now, was):
        text = f"{label(writer)} {was or ''} is read as {label(reader)} {now or ''}"
        yield Break("logical type", path or "/", text.replace("  ", " ").strip(), lossy=True)
    if kind := _LOSING.get((writer["type"], reader["type"])):
        yield Break(kind, path or "/", f"{writer['type']} is read as {reader['type']}", lossy=True)


def _wider_decimal(now: tuple[Any, ...] | None, was: tuple[Any, ...] | None) -> bool:
    if not now or not was or now[0] != "decimal" or was[0] != "decimal":
        return False
    return bool(now[2] == was[2] and now[1] >= was[1])


def _symbols(reader: Node, writer: Node, path: str) -> Iterator[Break]:
    if missing := [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]:
        text = f"the reader's {short(reader['name'])} has no {', '.join(missing)}"
        default = reader.get("default")
        if default is None:
            yield Break("enum symbol", path or "/", text)
        else:
            yield Break("enum default", path or "/", f"{text}: read as {default}", lossy=True)


def _changed_defaults(
    history: Sequence[dict[str, Any]], was: dict[str, Any], now: dict[str, Any]
) -> Iterator[Break]:
    """Fields whose default differs, where a version lacks the field: its data read differently from now on."""
    for path in [path for path in was if path in now]:
        if (
            ... not in (was[path], now[path])
            and was[path] != now[path]
            and any(path not in version for version in history)
        ):
            text = f"data without this field read as {now[path]!r}, no longer as {was[path]!r}"
            yield Break("changed default", path, text, lossy=True)


def _defaults(node: Node, path: str = "", within: frozenset[int] = frozenset()) -> dict[str, Any]:
    """Default by the path of each field, nested ones too; `...` where there is none."""
    if id(node) in within:
        return {}
    within |= {id(node)}
    found: dict[str, Any] = {}
    for field in node.get("fields", ()):
        found[f"{path}/{field['name']}"] = field.get("default", ...)
        found |= _defaults(field["type"], f"{path}/{field['name']}", within)
    for name in ("items", "values"):
        if name in node:
            found |= _defaults(node[name], f"{path}/{name}", within)
    for branch in node.get("branches", ()):
        found |= _defaults(branch, path, within)
    return found
