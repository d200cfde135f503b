"""A whole run in little, and what parameters are refused."""

from __future__ import annotations

import pytest

from lab.errors import NotAvailableError, ParameterError
from lab.evidence import params as parameters
from lab.evidence.result import Result
from lab.experiments.governance import Params, run, run_with_controls
from lab.services.postgres import VARIABLE

pytestmark = pytest.mark.service
SMALL = Params(
    tables=12,
    rounds=3,
    clean=4,
    columns=5,
    thresholds=(0.3, 0.5, 1.0),
    onboardings=3,
    sizes=(5, 10),
    rows=60,
)


@pytest.fixture(scope="module")
def whole() -> tuple[Result, dict[str, Result]]:
    pytest.importorskip("stdnum")
    return run_with_controls(SMALL)


@pytest.mark.drill
def test_what_is_known_to_escape_is_not_found(whole: tuple[Result, dict[str, Result]]) -> None:
    faults = whole[0].tables["faults"]
    unseen = faults[faults["kind"] == "not seen"]
    assert list(unseen["found"]) == [False] * 5


def test_a_server_of_others_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NotAvailableError, match=f"unset {VARIABLE}"):
        run(SMALL)


@pytest.mark.parametrize(
    "wrong",
    [
        {"tables": 9},
        {"faults": 0},
        {"thresholds": (0.8, 0.5, 1.0)},
        {"thresholds": (0.0, 0.5, 1.0)},
        {"threshold": 1.5},
        {"dirt": 1.0},
        {"sizes": (20, 10)},
        {"sizes": (1, 10)},
        {"seed": -1},
        {"raet": 1},
    ],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)
