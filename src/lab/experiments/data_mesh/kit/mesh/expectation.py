"""What a consumer needs of a published dataset, written down by the consumer: an expectation, as in Pact, for tables."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

Value = str | int | float | bool


class ExpectationError(ValueError):
    """An expectation that can't be meant; the message says what to write."""


@dataclass(frozen=True)
class Need:
    """What is needed of one field; nothing but its presence by default.

    type: integer, decimal, float, text, boolean, date, timestamp, timestamptz, each of any width, or another type as the
    database names it; "" for any. nulls: whether it may be NULL. one_of: it has no other values; includes: each of these
    occurs. minimum, maximum: inclusive, of numbers.
    """

    type: str = ""
    nulls: bool = True
    one_of: tuple[Value, ...] = ()
    includes: tuple[Value, ...] = ()
    minimum: int | float | None = None
    maximum: int | float | None = None

    def __post_init__(self) -> None:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ExpectationError(f"no number is from {self.minimum} to {self.maximum}")


@dataclass(frozen=True)
class Fresh:
    """The newest value of `field`, a date or a time, is at most `hours` old."""

    field: str
    hours: float

    def __post_init__(self) -> None:
        if not 0 < self.hours <= 1_000_000:
            raise ExpectationError(f"fresh.hours is more than 0 and at most a million, not {self.hours!r}")


@dataclass(frozen=True)
class Expectation:
    """What `consumer` needs of `dataset`, which `publisher` publishes.

    fields: by name, as the database spells it. key: fields that together are unique, and not NULL. rows: how many there are
    at least; of an empty table nothing can be verified.
    """

    consumer: str
    publisher: str
    dataset: str
    fields: Mapping[str, Need] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    fresh: Fresh | None = None
    rows: int = 1

    def __post_init__(self) -> None:
        used = [*self.key, *([self.fresh.field] if self.fresh else [])]
        if missing := [name for name in used if name not in self.fields]:
            # A field that is needed and not listed could be removed without a word.
            raise ExpectationError(f"{missing[0]} is used by key or fresh: list it under fields too")
        if len(set(self.key)) < len(self.key):
            raise ExpectationError("key names a field twice")
        if self.rows < 0 or self.rows != int(self.rows):
            raise ExpectationError(f"rows is a whole number, not {self.rows!r}")

    @property
    def digest(self) -> str:
        """The same for the same content: a verification of one holds for the other."""
        return hashlib.sha256(self.dumps().encode()).hexdigest()

    def dumps(self) -> str:
        """As JSON; `parse` reads it."""
        return json.dumps(asdict(self), sort_keys=True)


def read(path: Path) -> Expectation:
    """The expectation in a file, YAML (with PyYAML) or JSON."""
    try:
        text = path.read_text(encoding="utf-8-sig")
        return parse(json.loads(text, object_pairs_hook=_once) if path.suffix == ".json" else _yaml(text))
    except (ExpectationError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ExpectationError(f"{path}: {error}") from None


def parse(document: Any) -> Expectation:
    """An expectation from a document's mapping. ExpectationError, which names the place, for anything that is not known."""
    given = _known(document, Expectation, "an expectation")
    for name in ("consumer", "publisher", "dataset"):
        if not isinstance(given.get(name), str) or not given[name]:
            raise ExpectationError(f"{name} is missing, or no text")
    needs = given.get("fields") or {}
    if not isinstance(needs, Mapping):
        raise ExpectationError("fields is no mapping of names to needs")
    return Expectation(
        consumer=given["consumer"],
        publisher=given["publisher"],
        dataset=given["dataset"],
        fields={_name(name): _need(_name(name), need) for name, need in needs.items()},
        key=tuple(_name(name) for name in _list(given.get("key"), "key")),
        fresh=_fresh(given.get("fresh")),
        rows=_number(given.get("rows", 1), "rows"),
    )


def _known(document: Any, model: type, what: str) -> Mapping[str, Any]:
    if not isinstance(document, Mapping):
        raise ExpectationError(f"{what} is a mapping, not {document!r}")
    known = [item.name for item in fields(model)]
    if strangers := [name for name in document if name not in known]:
        raise ExpectationError(f"{what} has no {strangers[0]!r}; it may have {', '.join(known)}")
    return document


def _name(name: Any) -> str:
    if not isinstance(name, str) or not name or "\0" in name:
        raise ExpectationError(f"a field is called {name!r}: put its name in quotes")
    return name


def _need(name: str, document: Any) -> Need:
    given = _known({} if document is None else document, Need, f"fields.{name}")
    if not isinstance(given.get("type", ""), str) or not isinstance(given.get("nulls", True), bool):
        raise ExpectationError(f"fields.{name}: type is a text, nulls is true or false")
    return Need(
        type=given.get("type", ""),
        nulls=given.get("nulls", True),
        one_of=_values(given.get("one_of"), f"fields.{name}.one_of"),
        includes=_values(given.get("includes"), f"fields.{name}.includes"),
        minimum=_bound(given.get("minimum"), f"fields.{name}.minimum"),
        maximum=_bound(given.get("maximum"), f"fields.{name}.maximum"),
    )


def _bound(value: Any, where: str) -> int | float | None:
    return None if value is None else _number(value, where)


def _fresh(document: Any) -> Fresh | None:
    if document is None:
        return None
    given = _known(document, Fresh, "fresh")
    return Fresh(_name(given.get("field")), _number(given.get("hours"), "fresh.hours"))


def _list(value: Any, where: str) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, (list, tuple)):
        raise ExpectationError(f"{where} is a list, not {value!r}")
    return list(value)


def _values(value: Any, where: str) -> tuple[Value, ...]:
    listed = _list(value, where)
    kinds = {_kind(each) for each in listed}
    if len(kinds) > 1 or None in kinds:
        # YAML reads NO as false and 1.10 as 1.1.
        raise ExpectationError(f"{where} mixes kinds of values: {listed!r}. Put texts in quotes")
    if any("\0" in each for each in listed if isinstance(each, str)):
        raise ExpectationError(f"{where} has a NUL character, which no database keeps in a text")
    return tuple(listed)


def _kind(value: Any) -> str | None:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number" if math.isfinite(value) else None
    return "text" if isinstance(value, str) else None


def _number(value: Any, where: str) -> Any:
    if _kind(value) != "number":
        raise ExpectationError(f"{where} is a number, not {value!r}")
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping in which nothing is said twice: the later one would win without a word."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ExpectationError(f"{name!r} is there twice")
        found[name] = value
    return found


def _yaml(text: str) -> Any:
    import yaml

    class Loader(yaml.SafeLoader):
        pass

    def mapping(loader: Any, node: Any) -> dict[str, Any]:
        # What is merged in (<<) may be said again: that is what merging is for.
        own = [key for key, _ in node.value if not key.tag.endswith(":merge")]
        _once([(loader.construct_object(key), None) for key in own])
        loader.flatten_mapping(node)
        return {
            loader.construct_object(key): loader.construct_object(value, True) for key, value in node.value
        }

    Loader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, TypeError) as error:  # a list as a key, too
        raise ExpectationError(f"it is no YAML: {error}") from None
