"""The served models under traffic that drifts: Prometheus, Alertmanager, the retrain job, and a receiver that keeps time."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from lab.experiments.model_drift import oracle
from lab.experiments.model_drift.kit import FOLDER
from lab.experiments.model_drift.measure.seen import Live
from lab.experiments.model_drift.params import KINDS, Params
from lab.experiments.model_drift.workload.people import FEATURES, TARGET, People
from lab.experiments.model_drift.workload.requests import Traffic, traffic
from lab.load.http import load
from lab.load.schedule import SECOND
from lab.services.alertmanager import Alertmanager, alertmanager
from lab.services.dashboard import panels
from lab.services.prometheus import Prometheus, prometheus
from lab.services.receiver import Receiver, receiver
from lab.services.webapp import WebApp, web_app

INTERVAL_S = 1  # of scrapes, evaluations and grouping; the kit's files have a minute and less
SETTLE_S = 4.0  # after the last request, for the last scrape and alert
RATE_WINDOW = "10s"
PLENTY = 12_000  # rows of the model that retraining is held against
JOB = ["model", "rows", "since", "before", "after", "deployed", "version", "failed"]
ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Stack:
    """What runs: the model server, where its models lie, and the path of an alert."""

    app: WebApp
    folder: Path
    prometheus: Prometheus
    alertmanager: Alertmanager
    receiver: Receiver


def base_model(people: People, file: Path) -> Any:
    """The model that all arms begin with, made by the kit's own job."""
    from lab.experiments.model_drift.kit.monitor.retrain import make

    return make(people.trained[list(FEATURES)], people.trained[TARGET], file)[0]


@contextmanager
def stack(params: Params, folder: Path, base: Path) -> Iterator[Stack]:
    """Everything for the block, with a copy of the model for each kind of drift."""
    for kind in KINDS:
        shutil.copy(base, folder / f"{kind}.v1.joblib")
    looks = int(np.ceil((params.quiet_s + params.drift_s) / params.window_s))
    told = {"MODEL_FOLDER": str(folder), "MODEL_WINDOW": str(params.window), "MODEL_LOOKS": str(looks)}
    with ExitStack() as up:
        app = up.enter_context(web_app("monitor.server:app", FOLDER, environment=told | ONE_THREAD))
        asked = {"MODEL_SERVER": app.url, "RETRAIN_ROWS": str(params.retrain_rows)} | told | ONE_THREAD
        trigger = up.enter_context(web_app("monitor.trigger:app", FOLDER, environment=asked))
        hook = up.enter_context(receiver())
        alerts = up.enter_context(alertmanager(_alertmanager(hook.url, trigger.url)))
        rules = [FOLDER / "prometheus" / "rules.yml"]
        server = up.enter_context(prometheus(_prometheus(app.url, alerts.address), rules))
        yield Stack(app, folder, server, alerts, hook)


def _alertmanager(hook: str, trigger: str) -> dict[str, Any]:
    """The kit's configuration with our addresses and intervals."""
    told = yaml.safe_load((FOLDER / "prometheus" / "alertmanager.yml").read_text())
    told["route"] |= {"group_wait": f"{INTERVAL_S}s", "group_interval": f"{INTERVAL_S}s"}
    places = {"http://127.0.0.1:9000/alerts": hook, "http://127.0.0.1:8001/alerts": trigger}
    for each in told["receivers"]:
        for webhook in each["webhook_configs"]:
            webhook["url"] = f"{places[webhook['url']]}/alerts"
    return dict(told)


def _prometheus(app: str, alerts: str) -> dict[str, Any]:
    told = yaml.safe_load((FOLDER / "prometheus" / "prometheus.yml").read_text())
    told["global"] = {"scrape_interval": f"{INTERVAL_S}s", "evaluation_interval": f"{INTERVAL_S}s"}
    told["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"] = [alerts]
    told["scrape_configs"][0]["static_configs"][0]["targets"] = [app.partition("://")[2]]
    return {name: part for name, part in told.items() if name != "rule_files"}


def episode(params: Params, people: People, up: Stack) -> Live:
    """All models under the same schedule, drift from the same moment on."""
    sent = traffic(params, people)
    up.prometheus.await_alertmanager(lambda: bool(up.prometheus.query("model_version")))
    with load(up.app.url, sent.requests, sent.due_ns, connections=32) as under:
        begun = time.time() + (under.start_ns - time.monotonic_ns()) / SECOND
        answers = under.answers()
    time.sleep(SETTLE_S)
    series, empty = panels(
        up.prometheus, FOLDER / "dashboard.json", begun, time.time(), INTERVAL_S, RATE_WINDOW, "model"
    )
    lines = {kind: _lines(up.folder / f"{kind}.jsonl") for kind in KINDS}
    predictions = pd.concat([_predictions(kind, lines[kind], sent) for kind in KINDS], ignore_index=True)
    return Live(
        begun + params.quiet_s,
        predictions,
        _compared(up.folder, lines, sent),
        up.receiver.deliveries(),
        {kind: _best(params, people, kind, sent, predictions) for kind in KINDS[1:]},
        series,
        pd.DataFrame(_jobs(up.folder), columns=JOB),
        answers,
        {
            "Prometheus": up.prometheus.version,
            "Alertmanager": up.alertmanager.version,
            "uvicorn": up.app.version,
        },
        empty,
    )


def _lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def _predictions(kind: str, lines: list[dict[str, Any]], sent: Traffic) -> pd.DataFrame:
    """One row for each row served, in the order in which they came."""
    parts = [
        pd.DataFrame(
            {"id": line["ids"], "score": line["scores"], "version": line["version"], "at": line["at"]}
        )
        for line in lines
        if line["event"] == "predicted"
    ]
    served = pd.concat(parts, ignore_index=True)
    truth = sent.rows[kind].loc[served["id"], ["label", "drifted"]].reset_index(drop=True)
    return pd.concat([served, truth], axis=1).assign(model=kind)


def _compared(folder: Path, lines: dict[str, list[dict[str, Any]]], sent: Traffic) -> pd.DataFrame:
    """Every window that was compared, beside scipy on its rows. Columns: model, version, at, end, ours, scipy (lowest p),
    difference (largest of a feature), drifted (corrected).
    """
    import joblib

    made = []
    for kind, journal in lines.items():
        order = np.concatenate([line["ids"] for line in journal if line["event"] == "predicted"])
        for line in journal:
            if line["event"] != "window":
                continue
            reference = joblib.load(folder / f"{kind}.v{line['version']}.joblib")["reference"]
            now = sent.rows[kind].loc[order[line["first"] : line["end"]]]
            ps = {name: oracle.ks(reference[name], now[name]) for name in FEATURES}
            apart = max(abs(ps[name] - line["by_feature"][name]) for name in FEATURES)
            at = {name: line[name] for name in ("version", "at", "end", "drifted")}
            made.append(
                {"model": kind, **at, "ours": line["ks_p"], "scipy": min(ps.values()), "difference": apart}
            )
    return pd.DataFrame(made)


def _best(params: Params, people: People, kind: str, sent: Traffic, predictions: pd.DataFrame) -> float:
    """Log-loss on the drifted rows of a model made from others of their kind."""
    rows, random = sent.rows[kind], np.random.default_rng([params.seed, 7])
    # Of the half of the people that was not served.
    others = people.draw(random, PLENTY, kind, params.doses[-1], half=1)
    labels = pd.Series(people.labels(random, others, kind, params.doses[-1]))
    served = predictions[(predictions["model"] == kind) & predictions["drifted"]]
    test = rows.loc[served["id"]]
    train = people.frame.iloc[others][list(FEATURES)]
    return oracle.best_loss(train, labels, test[list(FEATURES)], test["label"])


def _jobs(folder: Path) -> list[dict[str, Any]]:
    """What each retrain job said."""
    logs = sorted(folder.glob("*.retrain.log"))
    return [json.loads(line) for log in logs for line in log.read_text().splitlines()]
