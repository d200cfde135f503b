"""Beside the served models: a restart in place of a swap, and the tests of the alert rules."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pandas as pd

from lab.errors import ServiceError
from lab.experiments.model_drift.kit import FOLDER
from lab.experiments.model_drift.measure.live import Stack
from lab.experiments.model_drift.params import Params
from lab.experiments.model_drift.workload.people import FEATURES, People
from lab.experiments.model_drift.workload.requests import JSON, stream
from lab.load.http import Answers, Request, load
from lab.load.schedule import constant
from lab.services.prometheus import promtool

AS_THEY_ARE = "as they are"
SPOILT = (  # edits of the rules, each of which the rules' tests must catch
    ("model:ks_p_value:min < 0.01", "model:ks_p_value:min < 0.001"),
    ("model:ks_p_value:min < 0.01", "model:ks_p_value:min <= 0.01"),
    ("< -3 *", "< -4 *"),
)


def _spoilt(rules: str, old: str, new: str) -> str:
    if rules.count(old) != 1:
        raise ValueError(
            f"the rules have {old!r} {rules.count(old)} times; an edit of nothing spoils nothing"
        )
    return rules.replace(old, new)


def restarted(params: Params, people: People, up: Stack) -> Answers:
    """The control: the same requests to one of the models, whose server is started again in the middle."""
    rows = stream(params, people, "none")[list(FEATURES)].head(params.batch)
    body = json.dumps({"ids": rows.index.tolist(), "rows": rows.to_dict("list")}).encode()
    request = Request("/models/none/predict", "POST", body, JSON)
    with load(up.app.url, [request], constant(4 * params.rate, 2.0), connections=32, timeout_s=5) as under:
        time.sleep(0.5)
        up.app.node.restart()
        return under.answers()


def rule_tests(folder: Path) -> pd.DataFrame:
    """promtool's tests of the kit's rules, and of rules that were spoilt. Columns: rules, passed, due, said."""
    source = FOLDER / "prometheus"
    rules, made = (source / "rules.yml").read_text(), []
    shutil.copy(source / "rules_test.yml", folder)
    for name, text in (
        (AS_THEY_ARE, rules),
        *((new.strip(), _spoilt(rules, old, new)) for old, new in SPOILT),
    ):
        (folder / "rules.yml").write_text(text)
        try:
            promtool("test", "rules", str(folder / "rules_test.yml"))
            passed, said = True, ""
        except ServiceError as error:
            passed, said = False, str(error)[-200:]
        made.append((name, passed, name == AS_THEY_ARE, said))
    return pd.DataFrame(made, columns=["rules", "passed", "due", "said"])
