"""The price table: a dated file that a reader replaces."""

from __future__ import annotations

import math
import tomllib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any

DEFAULT = Path(__file__).with_name("prices.toml")


class PriceError(ValueError):
    """A price table that can't be used, and why."""


@dataclass(frozen=True)
class StorageClass:
    """One class. Requests (put, get, transition, retrieval, monitoring) are per 1,000; sizes in bytes.

    min_bytes: an object is billed as at least so large. overhead_bytes, overhead_hot_bytes: added to each object, at this
    class's price and at the first class's. restore: reading takes a copy, kept for a day at the first class's price.
    automatic: the tariff moves objects here without a fee.
    rule_from_days: age before which no lifecycle rule may move an object here.
    """

    name: str
    gb_month: float
    put: float
    get: float
    wait_s: float
    transition: float = 0.0
    retrieval_gb: float = 0.0
    retrieval: float = 0.0
    monitoring: float = 0.0
    min_days: int = 0
    min_bytes: int = 0
    overhead_bytes: int = 0
    overhead_hot_bytes: int = 0
    rule_from_days: int = 0
    restore: bool = False
    automatic: bool = False

    @property
    def cold(self) -> bool:
        """True if reading costs more than the request."""
        return self.retrieval_gb > 0 or self.restore


@dataclass(frozen=True)
class Prices:
    """classes: from warm to cold, the first one where objects are put; tiering: those of the tariff that moves objects itself."""

    source: str
    date: str
    checked: str
    bytes_per_gb: int
    days_in_month: int
    egress_gb: float
    classes: tuple[StorageClass, ...]
    tiering: tuple[StorageClass, ...] = ()
    standard_tiers: tuple[tuple[float, float], ...] = ()

    @property
    def hot(self) -> StorageClass:
        return self.classes[0]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._ranks)

    @cached_property
    def _ranks(self) -> dict[str, int]:
        return {item.name: rank for rank, item in enumerate(self.classes)}

    def rank(self, name: str) -> int:
        """Position from warm to cold; PriceError for a class that the table does not have."""
        if name not in self._ranks:
            raise PriceError(
                f"there is no class {name!r} in the price table; there are {', '.join(self.names)}"
            )
        return self._ranks[name]

    def of(self, name: str) -> StorageClass:
        return self.classes[self.rank(name)]

    def tariff(self) -> Prices:
        """The tariff that moves objects itself, as a table of its own."""
        if not self.tiering:
            raise PriceError("the price table has no section [[tiering]]")
        return replace(self, classes=self.tiering, tiering=())

    def changed(self, factors: dict[str, float]) -> Prices:
        """Every class's prices multiplied: {"retrieval_gb": 2.0}; "hot" and "cold" are the storage prices."""
        return replace(self, classes=tuple(_scaled(item, factors, item is self.hot) for item in self.classes))


def load(path: Path | str = DEFAULT) -> Prices:
    """Read a price table. PriceError, which names the figure, for one that can't be used."""
    try:
        given = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
        classes, tiering = (
            tuple(_class(item) for item in given.get(part, [])) for part in ("classes", "tiering")
        )
        found = Prices(
            str(given["source"]),
            str(given["date"]),
            str(given.get("checked", "")),
            int(_number(given, "bytes_per_gb", 1)),
            int(_number(given, "days_in_month", 1)),
            _number(given, "egress_gb"),
            classes,
            tiering,
            tuple((float(up_to), float(price)) for up_to, price in given.get("standard_tiers", [])),
        )
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PriceError(f"{path} is not a TOML file: {error}") from None
    except KeyError as missing:
        raise PriceError(f"{path} lacks {missing}") from None
    if not classes or len(found.names) < len(classes):
        raise PriceError(f"{path}: classes need to be there, each name once")
    if found.hot.cold or found.hot.min_days or found.hot.min_bytes:
        raise PriceError(
            f"{path}: the first class must have no retrieval fee, minimum duration or minimum size"
        )
    return found


def _class(given: dict[str, Any]) -> StorageClass:
    known = {field.name: field.type for field in fields(StorageClass)}
    if unknown := set(given) - set(known):
        raise PriceError(f"class {given.get('name')!r}: unknown figure {sorted(unknown)[0]!r}")
    values: dict[str, Any] = {"name": str(given["name"])}
    for name in set(given) - {"name"}:
        if known[name] == "bool":
            if not isinstance(given[name], bool):
                raise PriceError(
                    f"class {values['name']!r}: {name} is {given[name]!r}; allowed: true or false"
                )
            values[name] = given[name]
        else:
            number = _number(given, name)
            values[name] = int(number) if known[name] == "int" else number
    if missing := {"gb_month", "put", "get", "wait_s"} - set(values):
        raise PriceError(f"class {values['name']!r} lacks {sorted(missing)[0]!r}")
    return StorageClass(**values)


def _number(given: dict[str, Any], name: str, low: float = 0) -> float:
    value = given[name]
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or not math.isfinite(value)
        or value < low
    ):
        raise PriceError(f"{name} is {value!r}; allowed: a number from {low:g}")
    return float(value)


def _scaled(item: StorageClass, factors: dict[str, float], hot: bool) -> StorageClass:
    names = {("gb_month" if name == ("hot" if hot else "cold") else name): by for name, by in factors.items()}
    return replace(
        item, **{name: getattr(item, name) * by for name, by in names.items() if name not in ("hot", "cold")}
    )
