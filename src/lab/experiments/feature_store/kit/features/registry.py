"""The registry: views of features, read from YAML and checked before anything else is done."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import yaml

TYPES = ("BIGINT", "DOUBLE", "BOOLEAN", "VARCHAR")
# Columns that the store adds to the fields of an update.
RESERVED = frozenset(
    {"entity", "event_time", "known_time", "event_id", "log_offset"}
    | {"at", "moment", "position", "place", "counts_from"}
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
_LONGEST_TTL_S = 10_000 * 366 * 86_400


class FeatureError(ValueError):
    """What was given can't be used; the message says what and why. Nothing was changed."""


@dataclass(frozen=True)
class Feature:
    """A feature: `sql` over the view's fields and `event_time`, cast to `type`."""

    name: str
    type: str
    sql: str


@dataclass(frozen=True)
class View:
    """Features of one kind of entity that come with the same updates.

    entity: name of the entity's key. ttl: how long after its event a value holds; None: for ever.
    fields: name -> type of what an update brings.
    """

    name: str
    entity: str
    ttl: timedelta | None
    fields: Mapping[str, str]
    features: tuple[Feature, ...]

    @property
    def names(self) -> list[str]:
        return [feature.name for feature in self.features]

    def select(self, when: str = "TRUE") -> str:
        """The features as a list of SQL expressions, NULL unless `when`.

        What is no finite number is NULL too, which JSON can carry; and so is what can't be computed (an overflow, text that
        is no number): one such update must not keep all others from being read.
        """
        made = (f'CASE WHEN {when} THEN {_finite(item)} END AS "{item.name}"' for item in self.features)
        return ", ".join(made)

    def holds(self, event_time: datetime, at: datetime) -> bool:
        """True while a value of `event_time` is not too old at `at`."""
        return self.ttl is None or at - event_time <= self.ttl


@dataclass(frozen=True)
class Registry:
    """All views by name."""

    views: Mapping[str, View]

    def view(self, name: str) -> View:
        if name not in self.views:
            raise FeatureError(f"no view {name!r}; the registry has: {', '.join(self.views)}")
        return self.views[name]


def load_registry(path: str | Path) -> Registry:
    """The registry in a YAML file. FeatureError, in words, for one that can't be used."""
    try:
        found = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise FeatureError(f"{path} can't be read as YAML: {error}") from None
    if not isinstance(found, dict) or found.get("version") != 1 or not isinstance(found.get("views"), list):
        raise FeatureError(f"{path} needs `version: 1` and a list `views`")
    views = [_view(item) for item in found["views"]]
    if not views or len({view.name for view in views}) < len(views):
        raise FeatureError(f"{path}: give at least one view, each with a name of its own")
    return Registry({view.name: view for view in views})


def _view(given: Any) -> View:
    if not isinstance(given, dict):
        raise FeatureError(f"{given!r} is no view; a view has name, entity, fields and features")
    name = _named(given.get("name"), "a view")
    fields = given.get("fields")
    if not isinstance(fields, dict) or not fields:
        raise FeatureError(f"view {name}: `fields` names what an update brings, such as amount: BIGINT")
    checked = {_named(field, f"a field of {name}"): _typed(kind, field) for field, kind in fields.items()}
    items = given.get("features")
    if not isinstance(items, list) or not items:
        raise FeatureError(f"view {name}: `features` is a list of name, type and sql")
    features = tuple(_feature(item, name) for item in items)
    _distinct(name, [given.get("entity"), *checked, *(feature.name for feature in features)])
    view = View(
        name, _named(given.get("entity"), f"the entity of {name}"), _ttl(given, name), checked, features
    )
    _try(view)
    return view


def _feature(given: Any, view: str) -> Feature:
    if not isinstance(given, dict) or not isinstance(given.get("sql"), str):
        raise FeatureError(f"view {view}: a feature has name, type and sql, not {given!r}")
    name = _named(given.get("name"), f"a feature of {view}")
    return Feature(name, _typed(given.get("type"), name), given["sql"])


def _named(name: Any, what: str) -> str:
    if isinstance(name, str) and _NAME.fullmatch(name) and name not in RESERVED:
        return name
    kept = ", ".join(sorted(RESERVED))
    raise FeatureError(f"{name!r} can't name {what}: small letters, digits and _; not one of {kept}")


def _typed(kind: Any, name: str) -> str:
    if kind in TYPES:
        return str(kind)
    raise FeatureError(f"{name} has the type {kind!r}; known: {', '.join(TYPES)}")


def _distinct(view: str, names: list[Any]) -> None:
    if twice := sorted({str(name) for name in names if names.count(name) > 1}):
        raise FeatureError(f"view {view}: {', '.join(twice)} is there twice; names must differ")


def _ttl(given: Mapping[str, Any], view: str) -> timedelta | None:
    seconds = given.get("ttl_s")
    if seconds is None:
        return None
    number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
    if number and 0 < seconds <= _LONGEST_TTL_S:
        return timedelta(seconds=seconds)
    raise FeatureError(f"view {view}: ttl_s is {seconds!r}; give seconds above 0, or leave it out")


def _try(view: View) -> None:
    """Ask DuckDB for the features of no row: a wrong expression shows here, not in the middle of a stream."""
    columns = "".join(f', NULL::{kind} AS "{name}"' for name, kind in view.fields.items())
    with duckdb.connect() as connection:
        try:
            connection.execute(f"SELECT {view.select()} FROM (SELECT NULL::TIMESTAMP AS event_time{columns})")
        except duckdb.Error as error:
            raise FeatureError(f"view {view.name}: {str(error).splitlines()[0]}") from None


def _finite(feature: Feature) -> str:
    cast = f"TRY(CAST(({feature.sql}) AS {feature.type}))"
    return f"CASE WHEN isfinite({cast}) THEN {cast} END" if feature.type == "DOUBLE" else cast
