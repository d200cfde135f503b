"""The people and their drift; parameters that are refused; the kit in an empty folder."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from lab.errors import ParameterError, ServiceError
from lab.evidence import params as parameters
from lab.experiments.model_drift import KIT, Params, detect
from lab.experiments.model_drift.measure import beside
from lab.experiments.model_drift.measure.trials import look
from lab.experiments.model_drift.workload.people import AGE, FEATURES, People, people
from lab.services import http
from lab.services.webapp import web_app

pytestmark = pytest.mark.service
SMALL = Params(windows=150, streams=10, doses=(0.1, 0.4), looks=5, quiet_s=3.0, drift_s=10.0)


@pytest.fixture(scope="module")
def everybody() -> People:
    return people(SMALL)


def test_people_are_whole_and_no_model_sees_those_that_are_drawn(everybody: People) -> None:
    assert len(everybody.frame) + len(everybody.trained) == 68_785 and len(everybody.later) == 208_892
    assert not everybody.later.isna().any().any()


def test_drift_moves_what_it_says_and_nothing_else(everybody: People) -> None:
    random = np.random.default_rng(0)
    age, employed = everybody.frame[AGE], everybody.frame["employed"]
    older = everybody.draw(random, 5_000, "covariate", 0.4)
    assert age[older].mean() > age.mean() + 5
    assert not set(everybody.draw(random, 900, half=0)) & set(everybody.draw(random, 900, half=1))
    fewer = everybody.draw(random, 5_000, "label", 0.4)
    assert employed[fewer].mean() < employed.mean() - 0.1
    same = everybody.draw(random, 5_000, "concept", 0.4)
    assert abs(age[same].mean() - age.mean()) < 1.5
    assert np.mean(everybody.labels(random, same, "concept", 0.4) != employed[same]) == pytest.approx(
        0.31, abs=0.05
    )


def test_the_tests_of_the_quiet_windows_are_those_of_detect(everybody: People) -> None:
    rows = everybody.draw(np.random.default_rng(3), 6_000)
    parts = rows[:5_000], rows[5_000:]
    distances, ps = look(everybody, *(everybody.counts(part) for part in parts))
    before, now = (everybody.frame.iloc[part][list(FEATURES)] for part in parts)
    found = detect(before, now).features
    assert distances == pytest.approx([each.ks for each in found])
    assert ps == pytest.approx([each.chi2_p for each in found], abs=1e-12)


def test_an_edit_that_spoils_nothing_is_no_test_of_the_rules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "SPOILT", (("no such words", "other words"),))
    with pytest.raises(ValueError, match="spoils nothing"):
        beside.rule_tests(tmp_path)


@pytest.mark.parametrize(
    "wrong",
    [{"window": 99}, {"doses": (0.4, 0.1)}, {"doses": (0.1, 1.5)}, {"rate": 0}, {"looks": True}, {"raet": 1}],
)
def test_a_wrong_parameter_stops_before_anything_starts(wrong: dict[str, object]) -> None:
    with pytest.raises(ParameterError, match=next(iter(wrong))):
        parameters.parse(Params, wrong)


@pytest.fixture(scope="module")
def kit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The kit in an empty folder, with the README's first model."""
    folder = tmp_path_factory.mktemp("home") / "kit"
    shutil.copytree(KIT, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "models").mkdir()
    random = np.random.default_rng(0)
    table = pd.DataFrame({"age": random.integers(18, 90, 1_500), "plan": random.integers(0, 3, 1_500)})
    table["label"] = (random.random(1_500) < table["age"] / 100).astype(int)
    table.to_csv(folder / "train.csv", index=False)
    readme = (folder / "README.md").read_text()
    start = readme.index('python -c "') + len('python -c "')
    code = readme[start : readme.index('"\n', start)]
    first = readme[readme.index("```python\n") + 10 :]
    for given in (code, first[: first.index("```")]):
        bare = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([sys.executable, "-c", given], cwd=folder, check=True, env=bare, timeout=240)
    return folder


@pytest.fixture(scope="module")
def served(kit: Path) -> Any:
    told = {"MODEL_FOLDER": str(kit / "models"), "MODEL_WINDOW": "100"}
    with web_app("monitor.server:app", kit, environment=told) as app:
        yield app.url


def test_the_kit_serves_and_takes_labels(served: str) -> None:
    said = http.call(
        "POST", f"{served}/models/mine/predict", {"ids": [1, 2], "rows": {"age": [41, 30], "plan": [2, 1]}}
    )
    assert said["version"] == 1 and len(said["scores"]) == 2
    assert http.call("POST", f"{served}/models/mine/labels", {"ids": [1, 99], "labels": [1, 0]}) == {
        "known": 1
    }
    assert http.call("GET", f"{served}/models/mine/labelled")["labels"] == [1]


@pytest.mark.parametrize(
    ("method", "target", "body", "status"),
    [
        ("POST", "mine/predict", {"ids": [1], "rows": {"age": [41]}}, 422),
        ("POST", "mine/predict", {"ids": [1], "rows": {"age": [41], "plan": [1], "x": [1]}}, 422),
        ("POST", "mine/predict", {"ids": [1, 2], "rows": {"age": [41], "plan": [1]}}, 422),
        ("POST", "mine/predict", {"ids": [], "rows": {}}, 422),
        ("POST", "mine/predict", {"ids": [1], "rows": {"age": ["old"], "plan": [1]}}, 422),
        ("POST", "mine/labels", {"ids": [1], "labels": [2]}, 422),
        ("POST", "other/predict", {"ids": [1], "rows": {}}, 404),
        ("PUT", "mine", {"file": "../../etc/passwd"}, 422),
        ("PUT", "mine", {"file": "mine.v9.joblib"}, 422),
        ("PUT", "mine", {"file": "mine.v7.joblib"}, 422),
    ],
)
def test_the_kit_refuses_in_words_and_goes_on(
    kit: Path, served: str, method: str, target: str, body: Any, status: int
) -> None:
    (kit / "models" / "mine.v7.joblib").write_bytes(b"no model")
    try:
        with pytest.raises(http.HttpError) as refused:
            http.call(method, f"{served}/models/{target}", body)
        assert refused.value.status == status
        assert http.call("GET", f"{served}/models/mine")["version"] == 1
    finally:
        (kit / "models" / "mine.v7.joblib").unlink()


def test_a_request_of_several_windows_is_compared_to_its_end(served: str) -> None:
    before = http.call("GET", f"{served}/models/mine")
    rows = {"age": [20 + number % 60 for number in range(350)], "plan": [number % 3 for number in range(350)]}
    http.call("POST", f"{served}/models/mine/predict", {"ids": list(range(1_000, 1_350)), "rows": rows})
    after = http.call("GET", f"{served}/models/mine")
    assert after["rows"] == before["rows"] + 350 and len(after["windows"]) == after["rows"] // 100


def test_a_fraction_for_a_whole_number_is_refused_and_not_cut(served: str) -> None:
    for age in (41.5, 1e300):
        with pytest.raises(http.HttpError, match="age") as refused:
            http.call(
                "POST", f"{served}/models/mine/predict", {"ids": [1], "rows": {"age": [age], "plan": [1]}}
            )
        assert refused.value.status == 422


def test_numbers_that_are_none_are_refused(served: str) -> None:
    import urllib.request

    body = b'{"ids": [1], "rows": {"age": [1e999], "plan": [1]}}'
    request = urllib.request.Request(
        f"{served}/models/mine/predict", body, {"Content-Type": "application/json"}
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=60)
    assert refused.value.code == 422


def test_an_empty_model_folder_is_said(tmp_path: Path, kit: Path) -> None:
    told = {"MODEL_FOLDER": str(tmp_path)}
    with (
        pytest.raises(ServiceError, match=r"no NAME\.v1\.joblib"),
        web_app("monitor.server:app", kit, environment=told),
    ):
        pass
