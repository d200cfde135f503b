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


@pytest.mark.parametrize(
    ("given_", "said"),
    [
        ({"rate": -1}, r"rate = -1.*≥ 1"),
        ({"rate": "abc"}, r"rate = 'abc'.*messages/s"),
        ({"raet": 1}, r"unknown parameter 'raet'; known: rate, share"),
        ({"share": float("nan")}, "share"),
        ({"rate": 1.5}, "rate = 1.5"),
    ],
)
def test_a_wrong_parameter_is_named(given_: dict, said: str) -> None:
    with pytest.raises(ParameterError, match=said):
        parse(Params, given_)


@given(st.integers(1, 1000))
def test_papermill_turns_whole_numbers_into_floats(rate: int) -> None:
    assert parse(Params, {"rate": float(rate)}).rate == rate


def test_an_injected_name_that_the_notebook_does_not_know_is_refused() -> None:
    cells = ["rate = 100", "# Parameters\nraet = 5\n"]
    with pytest.raises(ParameterError, match="raet"):
        from_notebook(Params, {"rate": 100, "share": 0.5, "raet": 5, "In": cells})


def test_a_readers_own_variables_are_not_parameters() -> None:
    assert from_notebook(Params, {"rate": 7, "mine": 5, "In": ["mine = 5"]}).rate == 7
