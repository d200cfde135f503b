"""The mapping, on simulated drift of a small made-up table. No database is needed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from etl import Column, Mapping, Schema, SchemaError, map_columns

ROWS = 400
TARGET = Schema(
    "orders",
    (
        Column("id", "integer", key=True),
        Column("placed_hour", "integer"),
        Column("cents", "integer", aliases=("amount_cents",)),
        Column("city"),
        Column("year", "integer"),
    ),
)


def table(count: int = ROWS) -> pd.DataFrame:
    random, rows = np.random.default_rng(1), 1_000
    made = pd.DataFrame(
        {
            "id": np.arange(rows),
            "placed_hour": random.integers(0, 24, rows),
            "cents": random.integers(1, 90_000, rows),
            "city": random.choice(["Kraków", "Łódź", "Zürich", "O'Fallon"], rows),
            "year": np.full(rows, 2013),
        }
    )
    return made.head(count)


def pairs(mapping: Mapping) -> dict[str | None, str | None]:
    return {match.target: match.source for match in mapping.accepted}


SAME = {name: name for name in table().columns}


def test_the_same_columns_in_another_order_are_accepted() -> None:
    mapping = map_columns(table()[::-1].iloc[:, ::-1], TARGET, table())
    assert pairs(mapping) == SAME and mapping.automatic == 1


@pytest.mark.parametrize("name", ["id", "placed_hour", "cents", "city"])
@pytest.mark.parametrize("new", ["x7", "Ünïcode näme", 'with "quotes"', "hourPlaced"])
def test_a_renamed_column_is_found_by_its_values(name: str, new: str) -> None:
    mapping = map_columns(table().rename(columns={name: new}), TARGET, table())
    assert pairs(mapping) == SAME | {name: new} and not mapping.asked


def test_a_constant_column_under_another_name_is_asked() -> None:
    mapping = map_columns(table().rename(columns={"year": "x7"}), TARGET, table())
    assert "year" not in pairs(mapping) and {"year", None} >= {match.target for match in mapping.asked}


def test_exchanged_names_do_not_deceive() -> None:
    swapped = table().rename(columns={"cents": "placed_hour", "placed_hour": "cents"})
    assert pairs(map_columns(swapped, TARGET, table())) == SAME | {
        "cents": "placed_hour",
        "placed_hour": "cents",
    }


def test_an_added_and_a_dropped_column_are_not_asked() -> None:
    added = map_columns(table().assign(note="x"), TARGET, table())
    assert [match.source for match in added.unmapped] == ["note"] and not added.asked
    dropped = map_columns(table().drop(columns="city"), TARGET, table())
    assert [match.target for match in dropped.unmapped] == ["city"] and not dropped.asked


def test_what_may_be_a_split_or_a_merger_is_asked() -> None:
    frame = table()
    split = frame.assign(a=frame["city"].str[:2], b=frame["city"].str[2:]).drop(columns="city")
    mapping = map_columns(split, TARGET, table())
    assert {match.target or match.source for match in mapping.asked} == {"city", "b"}


@pytest.mark.parametrize(("factor", "scale"), [(100, 0.01), (1 / 60, 60)])
def test_a_change_of_unit_under_the_same_name_is_asked_with_its_factor(factor: float, scale: float) -> None:
    mapping = map_columns(table().assign(cents=table()["cents"] * factor), TARGET, table())
    (asked,) = mapping.asked
    assert asked.target == "cents" and asked.scale == pytest.approx(scale) and "unit" in asked.reason


def test_another_meaning_under_the_same_name_is_asked() -> None:
    frame = table()
    changed = frame.assign(placed_hour=np.where(frame["id"] % 10 < 7, frame["placed_hour"], 0))
    (asked,) = map_columns(changed, TARGET, frame).asked
    assert asked.target == "placed_hour" and asked.reason.startswith("same name, but")


def test_another_spelling_is_asked() -> None:
    recoding = {"Kraków": "KRK", "Łódź": "LCJ", "Zürich": "ZRH", "O'Fallon": "OFN"}
    (asked,) = map_columns(table().assign(city=table()["city"].map(recoding)), TARGET, table()).asked
    assert asked.target == "city" and "recoded" in asked.reason


@pytest.mark.parametrize("kind", ["float64", "Int64", "uint32", "string", "object"])
def test_the_same_values_in_another_type_are_the_same(kind: str) -> None:
    assert pairs(map_columns(table().astype({"cents": kind}), TARGET, table())) == SAME


def test_leading_zeros_are_not_the_same() -> None:
    padded = table().assign(cents=table()["cents"].astype(str).str.zfill(6))
    assert "cents" not in pairs(map_columns(padded, TARGET, table()))


def test_null_recoded_as_a_number_is_asked() -> None:
    target = table().assign(cents=table()["cents"].where(table()["id"] % 5 > 0).astype("Int64"))
    recoded_null = target.assign(cents=target["cents"].fillna(0))
    assert "cents" not in pairs(map_columns(recoded_null, TARGET, target))
    assert pairs(map_columns(target, TARGET, target)) == SAME


def test_a_copy_under_another_name_does_not_take_the_place_of_the_name() -> None:
    assert pairs(map_columns(table().assign(cents_2=table()["cents"]), TARGET, table())) == SAME
    both = table().rename(columns={"cents": "a"}).assign(b=table()["cents"])
    assert "cents" not in pairs(map_columns(both, TARGET, table()))


def test_a_join_on_the_wrong_columns_is_seen_by_the_others() -> None:
    # Two columns with the same values: joined on the wrong one, other rows meet.
    target = Schema(
        "t",
        (Column("day", "integer", key=True), Column("no", "integer", key=True), Column("paid", "integer")),
    )
    random = np.random.default_rng(2)
    made = pd.DataFrame({"day": np.repeat(np.arange(20), 20), "no": np.tile(np.arange(20), 20)})
    made["paid"] = random.integers(0, 9_999, len(made))
    turned = made.rename(columns={"day": "no", "no": "day"})
    assert pairs(map_columns(turned, target, made)) == {"day": "no", "no": "day", "paid": "paid"}


def test_an_alias_counts_as_the_name() -> None:
    both = table().rename(columns={"cents": "amount_cents"}).assign(b=table()["cents"])
    assert pairs(map_columns(both, TARGET, table()))["cents"] == "amount_cents"


@pytest.mark.parametrize(
    "examples", [None, table().head(0), table().head(100), table().assign(id=table()["id"] + 9_999)]
)
def test_without_enough_shared_rows_nothing_is_accepted(examples: pd.DataFrame | None) -> None:
    mapping = map_columns(table(), TARGET, examples)
    assert not mapping.accepted and {match.target for match in mapping.asked} == set(SAME)


def test_empty_and_strange_frames() -> None:
    assert len(map_columns(pd.DataFrame(), TARGET).asked) == 5
    assert len(map_columns(table().head(1), TARGET, table()).asked) == 5
    with pytest.raises(ValueError, match="two columns are called 'id'"):
        map_columns(pd.concat([table(), table()[["id"]]], axis=1), TARGET, table())
    with pytest.raises(ValueError, match="the examples lack the target's column 'placed_hour'"):
        map_columns(table(), TARGET, table()[["id"]])
    with pytest.raises(ValueError, match="threshold"):
        map_columns(table(), TARGET, table(), threshold=1.5)
    numbered = table().set_axis(range(5), axis=1)
    assert map_columns(numbered, TARGET, table()).accepted[0].source == "0"


@pytest.mark.parametrize(
    "columns",
    [
        (),
        (Column("a"), Column("a")),
        (Column("a", "money"),),
        (Column(""),),
        (Column("x" * 64),),
        (Column("_batch"),),
        (Column("a\0"),),
    ],
)
def test_a_wrong_schema_is_refused(columns: tuple[Column, ...]) -> None:
    with pytest.raises(SchemaError):
        Schema("t", columns)
