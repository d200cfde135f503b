"""The datasets and queries themselves; what parameters are refused."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.data_catalog import Params, pages
from lab.experiments.data_catalog.oracle import distance, plain, relevant
from lab.experiments.data_catalog.workload.datasets import Page
from lab.experiments.data_catalog.workload.queries import cut, mistyped, queries

pytestmark = pytest.mark.service
SMALL = Params(datasets=300, queries=12, boosts=(0.0, 0.5, 2.0), seconds=1.0, clients=5, copies=3)


@pytest.fixture(scope="module")
def some() -> list[Page]:
    return pages(SMALL)


def test_datasets_are_those_of_the_wheel_and_the_same_each_time(some: list[Page]) -> None:
    assert len(some) == 300 and len({page.dataset.id for page in some}) == 300
    assert [page.dataset for page in some] == [page.dataset for page in pages(SMALL)]
    assert all(page.dataset.owner for page in some)
    assert [page.dataset.id for page in some if not page.dataset.fields] in ([], ["datasets/CO2"])
    assert not any(each.name == "rownames" for page in some for each in page.dataset.fields)


def test_nothing_that_queries_are_made_of_is_in_the_catalog(some: list[Page]) -> None:
    for page in some:
        assert not {"Description", "Format"} & set(page.apart)
        assert all(part not in page.dataset.text for part in page.apart.values() if len(part) > 200)


def test_queries_are_of_every_kind_and_form_and_each_has_something_relevant(some: list[Page]) -> None:
    made, facts = queries(some, SMALL), [page.fact() for page in some]
    kinds = Counter((query.kind, query.form) for query in made)
    assert set(kinds) == {
        *((kind, form) for kind in ("name", "owner", "field") for form in ("exact", "prefix", "typo")),
        ("field", "two"),
        ("text", "two"),
    }
    assert max(kinds.values()) == 12 and all(relevant(query, facts) for query in made)
    assert made == queries(some, SMALL)


@pytest.mark.parametrize("word", ["wage", "wt.loss", "Łódź1", "aaaa"])
def test_a_typing_error_is_one_error_and_seen(word: str) -> None:
    random = np.random.default_rng(0)
    for _ in range(200):
        error = mistyped(word, random)
        assert plain(error) != plain(word) and distance(plain(error), plain(word)) == 1


def test_a_prefix_is_the_beginning() -> None:
    assert [cut(word) for word in ("wage", "income", "ab")] == ["wag", "inco", "ab"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"datasets": 2_294},
        {"boosts": (0.5, 1.0, 2.0)},
        {"boosts": (0.0, 2.0, 1.0)},
        {"clients": 0},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
