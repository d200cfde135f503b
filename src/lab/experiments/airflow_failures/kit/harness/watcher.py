"""Alerts from outside: `python -m harness.watcher URL DAG WEBHOOK EVERY_S LATE_S [TOKEN]`.

A task whose process was killed runs no callback itself. With retries left the scheduler has the DAG processor run one;
for the last try nobody does. This asks Airflow every EVERY_S which tries have failed, which runs have, and which tasks
run longer than LATE_S, and tells each once. What failed while no watcher ran is told by none: watch the watcher.
"""

from __future__ import annotations

import json
import sys
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from .api import Airflow

Key = tuple[str | int, ...]
OPEN = ("scheduled", "queued", "running", "up_for_retry", "failed")  # states of a try that is worth a look


def signs(
    tasks: Iterable[Mapping[str, Any]], runs: Mapping[str, str], now: float, late_s: float
) -> Iterator[tuple[Key, dict[str, Any]]]:
    """What is wrong, each with a key by which it is told once.

    tasks: newest try of each; a try that failed between two looks shows by the number of the next one. A task that somebody
    cleared has such a number too: `failed` tells them apart.
    """
    for each in tasks:
        run, task, number = each["dag_run_id"], each["task_id"], int(each["try_number"] or 0)
        index = int(each.get("map_index", -1))
        failed = number if each["state"] in ("up_for_retry", "failed") else number - 1
        told = {"dag_id": each["dag_id"], "run_id": run, "task_id": task, "map_index": index}
        if failed > 0:
            yield (run, task, index, failed), told | {"kind": "try failed", "try_number": failed}
        if each["state"] == "running" and each["start_date"] and now - _seconds(each["start_date"]) > late_s:
            yield (run, task, index, number, "late"), told | {"kind": "late", "try_number": number}
    for run, state in runs.items():
        if state == "failed":
            yield (run,), {"dag_id": "", "run_id": run, "task_id": "", "kind": "run failed", "try_number": 0}


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def failed(airflow: Airflow, sign: Mapping[str, Any]) -> bool:
    """Whether a try that is said to have failed did so; True where Airflow does not say."""
    if sign["kind"] != "try failed":
        return True
    try:
        tries = airflow.tries(sign["dag_id"], sign["run_id"], sign["task_id"], sign["map_index"])
    except RuntimeError:
        return True
    states = [each["state"] for each in tries if each["try_number"] == sign["try_number"]]
    return not states or any(state in ("failed", "up_for_retry") for state in states)


def watch(connect: Callable[[], Airflow], dag: str, webhook: str, every_s: float, late_s: float) -> None:
    """Until killed. What there was before the first look is not told."""
    told: set[Key] = set()
    airflow: Airflow | None = None
    first = True
    while True:
        try:
            airflow = airflow or connect()
            tasks, runs = airflow.tasks(dag, *OPEN), airflow.runs(dag, "failed")
            found = dict(signs(tasks, runs, time.time(), late_s))
            for key in found.keys() - told:
                sign = found[key] | {"dag_id": dag}
                if not first and failed(airflow, sign):
                    _tell(webhook, sign | {"source": "watcher"})
                told.add(key)
            first = False
        except Exception as error:  # whatever it is, there is a next look
            print(error, flush=True)
            airflow = None  # a token is valid for a day, by default
        time.sleep(every_s)


def _tell(webhook: str, told: Mapping[str, Any]) -> None:
    request = urllib.request.Request(webhook, json.dumps(told).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=5) as answer:
        answer.read()


if __name__ == "__main__":
    address, name, hook, every, late, *rest = sys.argv[1:]
    watch(lambda: Airflow.of(address, *rest), name, hook, float(every), float(late))
