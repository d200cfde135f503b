"""The catalogue: access.yml and a file for each dataset, read whole, with everything that is wrong in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema
import yaml

TEMPLATES = Path(__file__).parents[1] / "templates"
CLASSES = ("public", "internal", "confidential", "restricted")
NONE = "none"  # the label of a column that holds nothing about a person
# Without these two the audit has checks of its own, which say more than "is a required property".
CHECKED_APART = ("retention", "owner")


class CatalogueError(ValueError):
    """A catalogue that can't be read at all: no folder, no access.yml, no YAML."""


class Flaw(NamedTuple):
    """What is wrong in one file. subject: the dataset, or access.yml."""

    subject: str
    detail: str


@dataclass(frozen=True)
class Grant:
    """One approved access. columns: empty means all."""

    role: str
    privileges: frozenset[str]
    columns: frozenset[str]
    until: date


@dataclass(frozen=True)
class Dataset:
    """One file. columns: (label, class) by name; retention: None, {"days", "column"} or {"keep"}."""

    name: str
    owner: str
    level: str
    columns: Mapping[str, tuple[str, str]]
    retention: Mapping[str, Any] | None
    access: tuple[Grant, ...]
    description: str


@dataclass(frozen=True)
class Window:
    """An approved use of a privileged role."""

    role: str
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Catalogue:
    """All files. people: last working day by login, None while they stay; groups: end date by member by group."""

    datasets: Mapping[str, Dataset]
    people: Mapping[str, date | None]
    services: Mapping[str, str]
    groups: Mapping[str, Mapping[str, date]]
    privileged: Mapping[str, frozenset[str]]
    public: frozenset[str]
    windows: tuple[Window, ...]
    flaws: tuple[Flaw, ...]

    def works(self, login: str, today: date) -> bool:
        """Whether this is a person who still works here."""
        return login in self.people and (self.people[login] or today) >= today


def read(folder: Path | str) -> Catalogue:
    """The catalogue in `folder`: access.yml and datasets/*.yml. CatalogueError if it can't be read at all."""
    path = Path(folder)
    if not (path / "access.yml").is_file():
        raise CatalogueError(f"there is no access.yml in {path}. Copy templates/access.yml and fill it in.")
    files = sorted((path / "datasets").glob("*.y*ml"))
    return parse(load(path / "access.yml"), [load(file) for file in files])


def parse(access: Mapping[str, Any], datasets: Iterable[Mapping[str, Any]]) -> Catalogue:
    """A catalogue from what its files hold. Flaws are kept in it, for the audit to tell; nothing is guessed."""
    given = list(datasets)
    flaws = [Flaw("access.yml", text) for text in flaws_of(access, "access")]
    access = access if isinstance(access, Mapping) else {}
    known: dict[str, Dataset] = {}
    for number, item in enumerate(given, 1):
        name = str(item.get("dataset", "")) if isinstance(item, Mapping) else ""
        subject = name or f"dataset file {number}"
        flaws += [Flaw(subject, text) for text in flaws_of(item, "dataset")]
        if name in known:
            flaws.append(Flaw(name, "two files describe this dataset"))
        elif name:
            known[name] = _dataset(item)
    made = Catalogue(
        known,
        {login: _day(_of(one).get("until")) for login, one in _of(access.get("people")).items()},
        {role: str(_of(one).get("owner", "")) for role, one in _of(access.get("services")).items()},
        {group: _days(_of(members)) for group, members in _of(access.get("groups")).items()},
        {role: frozenset(map(str, _list(held))) for role, held in _of(access.get("privileged")).items()},
        frozenset(map(str, _list(access.get("public")))),
        tuple(_windows(_list(access.get("break_glass")))),
        (),
    )
    flaws += [Flaw(name, text) for name, item in known.items() for text in _inconsistent(item)]
    flaws += [
        Flaw(str(item["dataset"]), f"approved by {who}, who is not in access.yml")
        for item in given
        if isinstance(item, Mapping) and "dataset" in item
        for who in sorted(
            {str(_of(one).get("approved_by")) for one in _list(item.get("access"))} - set(made.people)
        )
    ]
    return Catalogue(**{**made.__dict__, "flaws": tuple(flaws)})


def flaws_of(item: Any, kind: str) -> list[str]:
    """What in one file departs from its schema, a sentence each. kind: "dataset" or "access"."""
    found = sorted(_validator(kind).iter_errors(item), key=lambda error: [str(part) for part in error.path])
    return [
        ": ".join(filter(None, [".".join(map(str, error.path)), _words(error)]))
        for error in found
        if not (
            error.validator == "required"
            and any(error.message.startswith(f"'{name}'") for name in CHECKED_APART)
        )
    ]


def _words(error: jsonschema.ValidationError) -> str:
    text = error.message if len(error.message) < 160 else f"{error.message[:160]} ..."
    return f"{text} (a day is YYYY-MM-DD)" if error.validator == "pattern" and "until" in error.path else text


@cache
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(json.loads((TEMPLATES / f"{kind}.schema.json").read_text()))


# The one in C is ten times as fast, and not everywhere.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):
    """YAML whose dates, yes and no stay text, and which refuses a key that comes twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012  # as in the class above
        first: [(tag, rule) for tag, rule in rules if not tag.endswith((":timestamp", ":bool"))]
        for first, rules in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[str, Any]:
        keys = [str(self.construct_object(key, deep=True)) for key, _ in node.value]
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.constructor.ConstructorError(None, None, f"{twice[0]} comes twice", node.start_mark)
        return {str(key): value for key, value in super().construct_mapping(node, deep).items()}


def load(path: Path) -> Any:
    """What one YAML file holds. CatalogueError in words if it is none."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        raise CatalogueError(f"{path} is not YAML: {' '.join(str(error).split())}") from None
    except OSError as error:
        raise CatalogueError(f"{path} can't be read: {error.strerror}") from None


def _of(item: Any) -> Mapping[str, Any]:
    return item if isinstance(item, Mapping) else {}


def _list(item: Any) -> Sequence[Any]:
    return item if isinstance(item, list | tuple) else ()


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text is not None else None
    except ValueError:
        return date.min  # a day that does not exist has passed; the flaw tells


def _days(members: Mapping[str, Any]) -> dict[str, date]:
    return {str(member): _day(day) or date.min for member, day in members.items()}


def _windows(items: Sequence[Any]) -> Iterator[Window]:
    for item in map(_of, items):
        try:
            start, end = (
                datetime.fromisoformat(str(item[key]).replace("Z", "+00:00")) for key in ("from", "to")
            )
        except (KeyError, ValueError):
            continue  # no approval; the schema's flaw tells
        if start.tzinfo and end.tzinfo:
            yield Window(str(item.get("role")), start, end)


def _dataset(item: Mapping[str, Any]) -> Dataset:
    columns = {
        str(name): (str(_of(one).get("label", NONE)), str(_of(one).get("class", "")))
        for name, one in _of(item.get("columns")).items()
    }
    grants = [
        Grant(
            str(one.get("role")),
            frozenset(map(str, _list(one.get("privileges")))),
            frozenset(map(str, _list(one.get("columns")))),
            _day(one.get("until")) or date.min,
        )
        for one in map(_of, _list(item.get("access")))
    ]
    retention = item.get("retention")
    return Dataset(
        str(item["dataset"]),
        str(item.get("owner") or ""),
        str(item.get("class", "")),
        columns,
        retention if isinstance(retention, Mapping) else None,
        tuple(grants),
        str(item.get("description", "")),
    )


def _inconsistent(item: Dataset) -> Iterator[str]:
    for name, (label, level) in item.columns.items():
        if level in CLASSES and item.level in CLASSES and CLASSES.index(level) > CLASSES.index(item.level):
            yield f"column {name} is {level}, the dataset only {item.level}"
        if label != NONE and level in CLASSES[:2]:
            yield f"column {name} is {label} and only {level}; what is about a person is at least confidential"
    for grant in item.access:
        if unknown := sorted(grant.columns - item.columns.keys()):
            yield f"{grant.role} is granted columns that there are not: {', '.join(unknown)}"
