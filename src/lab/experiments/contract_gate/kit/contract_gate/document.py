"""A contract as it is written: YAML that keeps to the standard's own JSON Schema, read into rules."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from .rules import PATTERN, ContractError, Rule, freshness, of_table

SCHEMAS = "ODCS_SCHEMAS"  # variable that names a folder of the standard's JSON Schemas


@dataclass(frozen=True)
class Contract:
    """tables: names in the data, each with its columns' logical types. left: what this gate does not check, in words."""

    id: str
    version: str
    tables: Mapping[str, Mapping[str, str]]
    rules: tuple[Rule, ...]
    left: tuple[str, ...]


def load(path: Path | str, schemas: Path | None = None) -> Contract:
    """The contract in a file. schemas: folder with the standard's JSON Schemas, odcs-VERSION.schema.json.

    Without it they are those of the variable ODCS_SCHEMAS, or of an installed datacontract-cli. ContractError, in words, for
    what is no valid document, and for rules that contradict themselves.
    """
    document = _read(Path(path))
    _validate(document, schemas or _schemas())
    tables = document.get("schema", ())
    names: dict[str, tuple[str, dict[str, str]]] = {}
    for table in tables:
        if table["name"] in names:
            raise ContractError(f"there are two tables {table['name']!r}")
        names[table["name"]] = (table.get("physicalName") or table["name"], _columns(table))
    found = [rule for table in tables for rule in of_table(table, names)]
    for sla in document.get("slaProperties", ()):
        fresh = sla["property"] == "freshness"
        found.append(freshness(sla, names) if fresh else f"service level {sla['property']}")
    rules = tuple(rule for rule in found if isinstance(rule, Rule))
    if not rules:
        raise ContractError("it promises nothing, so that all data would pass")
    for rule in rules:
        _check_pattern(rule)
    logical = {
        physical: {columns[one["name"]]: one.get("logicalType", "") for one in table.get("properties", ())}
        for table in tables
        for physical, columns in [names[table["name"]]]
    }
    left = tuple(rule for rule in found if isinstance(rule, str))
    return Contract(document["id"], document["version"], logical, rules, left)


class _Loader(yaml.SafeLoader):
    """Dates stay text, as in JSON; a key that comes twice is an error, where YAML keeps the last one."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        letter: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:timestamp"]
        for letter, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        # What is merged in (<<) may be said again: that is what merging is for.
        texts = [
            key for key, _ in node.value if isinstance(key.value, str) and not key.tag.endswith(":merge")
        ]
        keys = [self.construct_object(key, deep=True) for key in texts]
        for key in keys:
            if keys.count(key) > 1:
                raise ContractError(f"line {node.start_mark.line + 1}: {key!r} comes twice")
        return super().construct_mapping(node, deep)


def _read(path: Path) -> dict[str, Any]:
    try:
        document = yaml.load(path.read_text(encoding="utf-8-sig"), _Loader)
    except OSError as error:
        raise ContractError(f"{path} can't be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ContractError(f"{path.name} is no YAML: {' '.join(str(error).split())}") from None
    except ContractError as error:
        raise ContractError(f"{path.name}, {error}") from None
    if not isinstance(document, dict):
        raise ContractError(f"{path.name} is no contract: it holds no keys")
    return document


@contextmanager
def _without(module: str) -> Iterator[None]:
    """The block as if a package that is optional to others were not installed."""
    absent = module not in sys.modules
    if absent:
        sys.modules[module] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if absent:
            del sys.modules[module]


# jsonschema imports every checker of formats that there is; one builds a grammar for two seconds, and none is needed here.
with _without("rfc3987_syntax"):
    from jsonschema import Draft201909Validator
    from jsonschema.exceptions import best_match


def _validate(document: Mapping[str, Any], schemas: Path) -> None:
    version = document.get("apiVersion")
    if not re.fullmatch(r"v3\.\d+\.\d+", str(version)):
        raise ContractError(f"apiVersion is {version!r}; this gate knows v3 of the standard")
    # Each release of the schema admits earlier versions too: take the one that is closest.
    for path in sorted(schemas.glob("odcs-3.*.schema.json")):
        versions, validator = _schema(path)
        if version in versions:
            error = best_match(validator.iter_errors(document))
            if error is not None:
                place = _place(document, error.absolute_path) or "the document"
                raise ContractError(f"not valid against ODCS {version}: {place}: {error.message[:200]}")
            return
    raise ContractError(f"there is no JSON Schema of ODCS {version} in {schemas}")


def _place(document: Any, path: Iterable[str | int]) -> str:
    """A path by names, where elements of a list have them."""
    words = []
    for key in path:
        document = document[key]
        named = isinstance(key, int) and isinstance(document, dict)
        words.append(str(document.get("name", key) if named else key))
    return ".".join(words)


@cache
def _schema(path: Path) -> tuple[list[str], Draft201909Validator]:
    """(versions of documents that it admits, validator)."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    return schema["properties"]["apiVersion"]["enum"], Draft201909Validator(schema)


def _schemas() -> Path:
    if given := os.environ.get(SCHEMAS):
        return Path(given)
    found = importlib.util.find_spec("datacontract")
    if found is None or not found.submodule_search_locations:
        raise ContractError(f"the standard's JSON Schema: pip install datacontract-cli, or set {SCHEMAS}")
    return Path(next(iter(found.submodule_search_locations))) / "schemas"


def _columns(table: Mapping[str, Any]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for column in table.get("properties", ()):
        if column["name"] in columns:
            raise ContractError(f"{table['name']}: there are two columns {column['name']!r}")
        columns[column["name"]] = column.get("physicalName") or column["name"]
    return columns


def _check_pattern(rule: Rule) -> None:
    if rule.kind == PATTERN:
        try:
            re.compile(rule.limits["pattern"])
        except re.error as error:
            if "bad escape" in str(error):  # such as \p{L}, which some engines know
                return
            raise ContractError(f"{rule.place}: the pattern is no regular expression: {error}") from None
