"""A writer's schema with the reader's names: same bytes, and a library that ignores aliases reads them."""

from __future__ import annotations

from typing import Any

from .compatibility import matching, writer_field
from .schema import NAMED, Node, load, short


def apply_aliases(writer: Any, reader: Any) -> Any:
    """The schema `writer` in which types and fields have the names that `reader` has for them, by its aliases.

    Avro's Java library does so by itself. The first place where a named type is met decides its name, and a name that
    the writer has for something else is not taken.
    """
    node = load(writer)
    renaming = _Renaming()
    renaming.pair(load(reader), node)
    return renaming.dump(node)


class _Renaming:
    """New names of the writer's types and fields, by the identity of their nodes."""

    def __init__(self) -> None:
        self.types: dict[int, str] = {}
        self.fields: dict[tuple[int, str], str] = {}
        self.met: set[tuple[int, int]] = set()
        self.written: set[int] = set()

    def pair(self, reader: Node, writer: Node) -> None:
        if (id(reader), id(writer)) in self.met:
            return
        self.met.add((id(reader), id(writer)))
        for branch in writer["branches"] if writer["type"] == "union" else [writer]:
            if (found := matching(reader, branch)) is not None:
                self._matched(found, branch)

    def _matched(self, reader: Node, writer: Node) -> None:
        if writer["type"] in NAMED and reader["name"] not in self.types.values():
            self.types.setdefault(id(writer), reader["name"])
        for inner in ("items", "values"):
            if inner in writer:
                self.pair(reader[inner], writer[inner])
        taken = {field["name"] for field in writer.get("fields", ())}
        for field in reader.get("fields", ()):
            other = writer_field(field, writer)
            if other is None:
                continue
            if field["name"] not in taken:
                self.fields.setdefault((id(writer), other["name"]), field["name"])
            self.pair(field["type"], other["type"])

    def dump(self, node: Node) -> Any:
        """The node as JSON; a type that was written before by its name."""
        kind = node["type"]
        if kind == "union":
            return [self.dump(branch) for branch in node["branches"]]
        if kind in NAMED:
            return self._named(node)
        inner = {name: self.dump(node[name]) for name in ("items", "values") if name in node}
        return {**node, **inner} if len(node) > 1 else kind

    def _named(self, node: Node) -> Any:
        name: str = self.types.get(id(node)) or str(node["name"])
        if id(node) in self.written:
            return name
        self.written.add(id(node))
        made = {
            key: value for key, value in node.items() if key not in ("aliases", "fields", "namespace", "name")
        }
        made |= {"name": short(name), "namespace": name.rpartition(".")[0]}
        if node["type"] == "record":
            made["fields"] = [
                {
                    "name": self.fields.get((id(node), field["name"]), field["name"]),
                    "type": self.dump(field["type"]),
                }
                for field in node["fields"]
            ]
        return made
