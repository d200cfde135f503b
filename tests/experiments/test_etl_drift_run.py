"""What parameters are refused."""

from __future__ import annotations

import pytest

from lab.errors import ParameterError
from lab.evidence import params as parameters
from lab.experiments.etl_drift import (
    Params,
)

pytestmark = pytest.mark.service


@pytest.mark.parametrize(
    "wrong",
    [
        {"rows": 499},
        {"shared": 3_000},
        {"shared_tried": (500, 100)},
        {"sizes": (1_000, 5_000)},
        {"sizes": (10, 5_000, 9_000)},
        {"threshold": 0.0},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError):
        parameters.parse(Params, wrong)
