"""The judgement of model_drift, on histories of which the outcome is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from lab.experiments.model_drift.judge import rates
from lab.experiments.model_drift.judge.observations import (
    alert_follows_ks,
    at_most_nominal,
    at_nominal,
    drift_alerted,
    family_wise,
    no_page,
    power_predicted,
    restored,
    rules_tested,
)
from lab.experiments.model_drift.judge.tables import deliveries
from lab.experiments.model_drift.measure.drifts import corrected
from lab.experiments.model_drift.measure.seen import Quiet
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.workload.arms import CORRECTED, UNCORRECTED
from lab.services.receiver import Delivery

DRIFT_AT = 100.0


def history(*told: tuple[float, str, str, str]) -> pd.DataFrame:
    return deliveries(
        [
            Delivery(
                at,
                "/alerts",
                {"alerts": [{"labels": {"alertname": alert, "model": model}, "status": status}]},
            )
            for at, alert, model, status in told
        ]
    )


GOOD = (
    (103.0, "FeatureDrift", "covariate", "firing"),
    (103.0, "FeatureDrift", "label", "firing"),
    (104.0, "AccuracyLow", "concept", "firing"),
)


def windows(*below: tuple[str, float]) -> pd.DataFrame:
    quiet = [(model, 50.0, 0.5) for model in ("none", "covariate", "label", "concept")]
    return pd.DataFrame(
        [*quiet, *((model, at, 0.001) for model, at in below)], columns=["model", "at", "scipy"]
    )


def test_alerts_after_windows_below_the_limit_are_right() -> None:
    assert alert_follows_ks(windows(("covariate", 102), ("label", 101)), history(*GOOD)).value == 0


@pytest.mark.parametrize(
    ("below", "told"),
    [
        ((("covariate", 102.0), ("label", 101.0), ("none", 60.0)), GOOD),  # a window below, and no alert
        ((("covariate", 102.0),), GOOD),  # an alert without such a window
        ((("covariate", 103.5), ("label", 101.0)), GOOD),  # an alert before its window was full
    ],
)
def test_an_alert_that_is_missing_early_or_groundless_is_seen(
    below: tuple[tuple[str, float], ...], told: tuple[tuple[float, str, str, str], ...]
) -> None:
    assert alert_follows_ks(windows(*below), history(*told)).value == 1


def test_a_resolved_alert_or_one_before_the_drift_is_no_detection() -> None:
    assert drift_alerted(history(*GOOD), DRIFT_AT).value == 0
    late = history(
        *GOOD[:2], (99.0, "AccuracyLow", "concept", "firing"), (120.0, "AccuracyLow", "concept", "resolved")
    )
    assert drift_alerted(late, DRIFT_AT).value == 1
    assert drift_alerted(history(), DRIFT_AT).value == 3


def test_a_page_without_a_drift_is_seen() -> None:
    assert no_page(history(*GOOD), DRIFT_AT).value == 0
    for wrong in (
        (150.0, "AccuracyLow", "none", "firing"),
        (99.0, "FeatureDriftCorrected", "label", "firing"),
        (150.0, "FeatureDriftCorrected", "concept", "firing"),
    ):
        assert no_page(history(*GOOD, wrong), DRIFT_AT).value == 1


def test_performance_that_never_came_back_is_none_regained() -> None:
    frame = pd.DataFrame(
        {
            "model": ["covariate", "concept"],
            "during": [0.40, 0.90],
            "after": [0.40, np.nan],
            "best": [0.40, 0.60],
        }
    )
    assert restored(frame).value == 0
    assert restored(frame.assign(after=[0.4, 0.63])).value == pytest.approx(0.9)
    assert not restored(frame.head(1)).conclusive


def test_a_spoilt_rule_that_passes_its_test_is_seen() -> None:
    frame = pd.DataFrame({"rules": ["as they are", "spoilt"], "passed": [True, True], "due": [True, False]})
    assert rules_tested(frame).value == 1


def test_rates_at_above_and_below_nominal() -> None:
    random = np.random.default_rng(0)
    right, high, low = ((random.random((4_000, 16)) < rate).mean(1) for rate in (0.01, 0.02, 0.001))
    assert at_nominal(right).value == 0 and at_nominal(high).value > 0 and at_nominal(low).value > 0
    assert at_most_nominal(low, "").value < 0.01 < at_most_nominal(high, "").value


def test_only_corrected_looks_keep_their_level() -> None:
    ps = np.random.default_rng(0).random((1_500, 16))
    quiet = Quiet(ps, ps)
    assert family_wise(Params(), quiet, CORRECTED).value < 0.01
    assert family_wise(Params(), quiet, UNCORRECTED).value == pytest.approx(rates.formula(160), abs=0.12)


def test_a_power_that_is_wrong_at_either_alpha_is_seen() -> None:
    rows, small = 6_000, corrected(Params())
    due = [round(200 * rates.shown(0.07, rows, 9, alpha)) for alpha in (0.01, small)]
    frame = pd.DataFrame(
        {"w": [0.07], "freedom": [9], "windows": [200], "shown": due[:1], "shown_corrected": due[1:]}
    )
    assert power_predicted(Params(), frame).value < 0.01
    for column in ("shown", "shown_corrected"):
        assert power_predicted(Params(), frame.assign(**{column: frame[column] - 30})).value > 0.12


def test_rows_needed_give_the_power_that_was_asked_for() -> None:
    rows = rates.rows_needed(0.1, 9, 0.01)
    assert rates.shown(0.1, rows, 9, 0.01) == pytest.approx(0.8, abs=1e-6)
