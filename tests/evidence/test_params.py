"""Parameters are checked before anything is started."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from lab.errors import ParameterError
from lab.evidence.params import Parameters, from_notebook, parse


class Params(Parameters):
    rate: int = Field(100, ge=1, le=1000, description="messages/s")
    share: float = Field(0.5, gt=0, le=1, description="of one")
    sizes: tuple[int, ...] = Field((1, 2), description="rows")
    shares: tuple[float, ...] = Field((0.5,), description="of one")


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"rate": -1}, r"rate = -1.*≥ 1"),
        ({"rate": "abc"}, r"rate = 'abc'.*messages/s"),
        ({"raet": 1}, r"unknown parameter 'raet'; known: rate, share, sizes, shares"),
        ({"share": float("nan")}, "share"),
        ({"rate": 1.5}, "rate = 1.5"),
    ],
)
def test_a_wrong_parameter_is_named(given_: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        parse(Params, given_)


@given(st.integers(1, 1000))
def test_a_whole_number_is_one_in_either_type(number: int) -> None:
    """papermill makes a float of 1e5."""
    made = parse(Params, {"rate": float(number), "sizes": [number, float(number)], "shares": [number]})
    assert made == parse(Params, {"rate": number, "sizes": (number, number), "shares": (float(number),)})
    assert [type(value) for value in (made.rate, *made.sizes, *made.shares)] == [int, int, int, float]


@given(st.one_of(st.booleans(), st.text(), st.none(), st.binary(), st.lists(st.integers())))
def test_nothing_but_a_number_is_taken_for_one(value: object) -> None:
    for name in ("rate", "share"):
        with pytest.raises(ParameterError, match=f"parameter {name} = "):
            parse(Params, {name: value})
    for name in ("sizes", "shares"):
        with pytest.raises(ParameterError, match=f"parameter {name}.0 = "):
            parse(Params, {name: [value]})


@given(st.floats().filter(lambda value: not value.is_integer()))
def test_a_fraction_is_not_rounded(value: float) -> None:
    with pytest.raises(ParameterError, match="parameter rate = "):
        parse(Params, {"rate": value})


def test_an_injected_name_that_the_notebook_does_not_know_is_refused() -> None:
    cells = ["rate = 100", "# Parameters\nraet = 5\n"]
    with pytest.raises(ParameterError, match="raet"):
        from_notebook(Params, {"rate": 100, "share": 0.5, "raet": 5, "In": cells})


def test_a_readers_own_variables_are_not_parameters() -> None:
    assert from_notebook(Params, {"rate": 7, "mine": 5, "In": ["mine = 5"]}).rate == 7
