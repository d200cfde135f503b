"""Strategies on a reader's own data and on foreign data: the right features, or a refusal in words."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.experiments.cold_start import STRATEGIES, Population, fit, learn, shrinkage, zeros
from lab.experiments.cold_start.kit.coldstart.population import ITEM_WEIGHT, own

ITEMS = {"Alien": ["dark"], "Heat": ["dark"], "Up": ["family"], "Ärger im Paradies": []}
OTHERS = [name for name in STRATEGIES if name != "popularity"]


def people(count: int = 200, seed: int = 3) -> Population:
    """Strict ones under 30 who like the dark, generous ones from 30 on who do not."""
    random, ratings, attributes = np.random.default_rng(seed), [], {}
    for user in range(count):
        old = user % 2
        attributes[user] = {"age": 20 + 20 * old + int(random.integers(5)), "city": ["Graz", "Linz"][old]}
        for item, groups in ITEMS.items():
            likes = 3 + old + (0.5 - old) * ("dark" in groups) + random.normal(0, 0.3)
            ratings.append((user, item, float(np.clip(likes, 1, 5))))
    return learn(ratings, attributes, ITEMS, scale=(1, 5))


@pytest.fixture(scope="module")
def known() -> Population:
    return people()


def test_the_shrunk_level_is_what_the_formula_says(known: Population) -> None:
    history = [("Alien", 5.0), ("Up", 4.0)]
    k, average = known.weights[0], known.average[0]
    mean = known.mean + np.mean([rating - known.expected(item) for item, rating in history])
    assert shrinkage(known)({}, history)[0] == pytest.approx((2 * mean + k * average) / (2 + k))


def test_an_items_mean_is_drawn_to_the_mean_of_all_and_can_leave_a_rating_out(known: Population) -> None:
    total, count = known.sums["Up"]
    assert known.expected("Up") == pytest.approx(known.mean + total / (count + ITEM_WEIGHT))
    without = known.mean + (total - (4.0 - known.mean)) / (count - 1 + ITEM_WEIGHT)
    assert known.expected("Up", 4.0) == pytest.approx(without)


@pytest.mark.parametrize("name", ["attributes", "nearest segment", "shrinkage to attributes"])
def test_attributes_tell_the_two_kinds_of_people_apart(known: Population, name: str) -> None:
    strategy = STRATEGIES[name](known)
    young, old = (strategy({"age": age, "city": city}, []) for age, city in ((22, "Graz"), (42, "Linz")))
    dark = known.names.index("dark")
    assert young[0] < old[0] and young[dark] > old[dark]


@pytest.mark.parametrize("name", STRATEGIES)
def test_without_a_history_nothing_fails(known: Population, name: str) -> None:
    features = STRATEGIES[name](known)({}, [])
    assert features.shape == (len(known.names),) and np.isfinite(features).all()


def test_zeros_are_zeros_without_a_history_and_nothing_else_with_one(known: Population) -> None:
    assert not zeros(known)({"age": 22}, []).any()
    assert zeros(known)({}, [("Up", 4.0)])[0] > 3


@given(st.lists(st.tuples(st.sampled_from(list(ITEMS)), st.floats(1.2, 4.8)), max_size=6), st.randoms())
@settings(max_examples=30, deadline=None)
def test_the_order_of_a_history_does_not_matter(history: list[tuple[str, float]], random: object) -> None:
    known, turned = _KNOWN, list(history)
    random.shuffle(turned)  # type: ignore[attr-defined]
    for name in STRATEGIES:
        made = STRATEGIES[name](known)
        assert made({"age": 25}, history) == pytest.approx(made({"age": 25}, turned))


_KNOWN = people()


# Foreign data: what forms, files and other programs hand over.


@pytest.mark.parametrize("nothing", [None, math.nan, np.float32("nan"), pd.NA, pd.NaT, ""])
@pytest.mark.parametrize("name", OTHERS)
def test_a_missing_attribute_counts_as_average(known: Population, name: str, nothing: object) -> None:
    strategy = STRATEGIES[name](known)
    assert strategy({"age": nothing, "city": nothing}, []) == pytest.approx(strategy({}, []))


@pytest.mark.parametrize("value", ["graz ", "Zürich", "東京", True, 7, ("Graz",)])
def test_a_value_never_seen_counts_as_average(known: Population, value: object) -> None:
    strategy = STRATEGIES["attributes"](known)
    assert strategy({"city": value}, []) == pytest.approx(strategy({}, []))


@pytest.mark.parametrize("age", [np.int8(44), np.uint16(44), np.float32(44), 44.0])
def test_small_and_unsigned_integers_are_the_number_that_they_say(known: Population, age: object) -> None:
    strategy = STRATEGIES["attributes"](known)
    assert strategy({"age": age}, []) == pytest.approx(strategy({"age": 44}, []))


@pytest.mark.parametrize("age", [999, -1, 10**30, math.inf])
def test_a_number_beyond_what_was_seen_is_drawn_into_the_range(known: Population, age: float) -> None:
    strategy = STRATEGIES["attributes"](known)
    edge = {"age": known.encoder.numbers["age"][3 if age > 0 else 2]}
    assert strategy({"age": age}, []) == pytest.approx(strategy(edge, []))


@pytest.mark.parametrize("age", ["44", "forty", True, [44]])
def test_text_for_a_number_is_refused_by_name(known: Population, age: object) -> None:
    with pytest.raises(ValueError, match=r"age = .* is not a number"):
        STRATEGIES["attributes"](known)({"age": age}, [])


@pytest.mark.parametrize(
    "rating", [math.nan, math.inf, 50, -1, 0, None, pd.NA, "4", b"4", [4], Decimal("NaN")]
)
def test_a_rating_outside_of_the_scale_is_refused_with_its_item(known: Population, rating: float) -> None:
    with pytest.raises(ValueError, match="item 'Up' is outside of the scale"):
        shrinkage(known)({}, [("Alien", 3.0), ("Up", rating)])


def test_an_unknown_item_counts_for_the_level_alone(known: Population) -> None:
    mine = own(known, [("never seen", 4.0)])
    assert mine.values[0] == pytest.approx(4.0) and mine.counts.tolist() == [1.0] + [0.0] * (
        len(known.names) - 1
    )


def test_numpys_integers_find_the_items_that_pythons_do() -> None:
    known = learn([(1, 7, 3), (1, 8, 4), (2, 7, 5), (2, 8, 1)], {}, {7: ["a"]})
    strategy = shrinkage(known)
    assert strategy({}, [(np.int64(7), np.int8(4))]) == pytest.approx(strategy({}, [(7, 4)]))


def test_users_without_attributes_items_without_groups_and_equal_ratings_can_be_learnt_from() -> None:
    known = learn([(user, item, 3) for user in "ab" for item in "xyz"], {}, {})
    assert known.names == ("level",)
    assert all(np.isfinite(STRATEGIES[name](known)({}, [("x", 3)])).all() for name in STRATEGIES)


@pytest.mark.parametrize("ratings", [[], [("a", "x", 3)], [("a", "x", 3), ("a", "y", 4)]])
def test_too_few_users_are_refused(ratings: list[tuple[str, str, float]]) -> None:
    with pytest.raises(ValueError, match="too few to learn from"):
        learn(ratings, {}, {})


def test_a_rating_that_is_no_number_is_refused_before_anything_is_learnt() -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        learn([("a", "x", 3), ("b", "x", math.nan)], {}, {})


@pytest.mark.parametrize("rating", ["3", None, pd.NA])
def test_text_and_nothing_are_no_ratings_to_learn_from(rating: object) -> None:
    with pytest.raises(ValueError, match="not a finite number"):
        learn([("a", "x", 3), ("b", "x", rating)], {}, {})  # type: ignore[list-item]


def test_decimals_are_the_numbers_that_they_say(known: Population) -> None:
    assert shrinkage(known)({}, [("Up", Decimal("4.5"))]) == pytest.approx(
        shrinkage(known)({}, [("Up", 4.5)])
    )  # type: ignore[list-item]


def test_a_text_in_place_of_a_list_of_groups_is_refused_not_cut_into_letters() -> None:
    with pytest.raises(ValueError, match="groups of item 'x' are the text 'Drama'"):
        learn([("a", "x", 3), ("b", "x", 4)], {}, {"x": "Drama"})


def test_ratings_outside_of_the_stated_scale_are_refused() -> None:
    with pytest.raises(ValueError, match="outside of the scale 1 to 5"):
        learn([("a", "x", 3), ("b", "x", 10)], {}, {}, scale=(1, 5))


def test_an_infinite_attribute_is_refused() -> None:
    with pytest.raises(ValueError, match="infinite"):
        learn([("a", "x", 3), ("b", "x", 4)], {"a": {"age": math.inf}}, {})


@pytest.mark.parametrize("likes", [[1, 1], [0, 2], [0, math.nan]])
def test_a_model_refuses_what_can_not_be_told_apart(likes: list[float]) -> None:
    with pytest.raises(ValueError, match="likes"):
        fit(np.array([[1.0], [2.0]]), np.array(likes))


def test_a_model_of_classes_that_never_mix_stays_finite() -> None:
    made = fit(np.array([[1.0], [2.0], [3.0], [4.0]]), np.array([0, 0, 1, 1]))
    assert np.isfinite(made.weights).all()
    assert made.probability(np.array([[0.0], [9.0]])).round(3).tolist() == [0, 1]
