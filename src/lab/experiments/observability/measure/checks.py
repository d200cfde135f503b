"""What promtool and amtool say: of the kit's files as they are, and of rules that were spoilt."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import yaml

from lab.errors import ServiceError
from lab.experiments.observability.kit import FOLDER
from lab.experiments.observability.mechanism import RULES, entries
from lab.services.alertmanager import amtool
from lab.services.prometheus import promtool

SPOILT = (  # edits of the rules, each of which the rules' tests must catch
    ("a window without its limit", " and pipeline:rejected:ratio_rate5m > 14.4 * 0.001", ""),
    ("another burn rate", "ratio_rate6h > 6 * 0.01", "ratio_rate6h > 9 * 0.01"),
    ("no zero for a worker that hangs", "or 0 * sum", "or 1 * sum"),
    ("another bucket", 'le="0.5"', 'le="1.0"'),
)


def checks(folder: Path) -> pd.DataFrame:
    """Columns: check, passed, due, said."""
    source = FOLDER / "prometheus"
    rules = RULES.read_text()
    config, routes = str(source / "prometheus.yml"), str(source / "alertmanager.yml")
    due: dict[str, Callable[[], object]] = {
        "promtool check config": lambda: promtool("check", "config", config),
        "amtool check-config": lambda: amtool("check-config", routes),
        "a page goes to the runbook": lambda: _routed(routes, "severity=page", "page"),
        "another alert does not": lambda: _routed(routes, "severity=ticket", "people"),
        "promtool test rules": lambda: _tested(folder / "whole", rules),
    }
    spoilt = {name: rules.replace(old, new) for name, old, new in SPOILT}
    assert rules not in spoilt.values()
    with ThreadPoolExecutor(2) as pool:  # each takes one processor for a second or two
        rows = [pool.submit(_row, name, check, True) for name, check in due.items()]
        rows += [
            pool.submit(_row, f"tests of {name}", partial(_tested, folder / name, text), False)
            for name, text in spoilt.items()
        ]
    return pd.DataFrame([row.result() for row in rows], columns=["check", "passed", "due", "said"])


def _row(name: str, check: Callable[[], object], due: bool) -> tuple[str, bool, bool, str]:
    try:
        check()
        return name, True, due, ""
    except ServiceError as error:
        return name, False, due, str(error)[-300:]


def _routed(routes: str, label: str, receiver: str) -> None:
    amtool("config", "routes", "test", f"--config.file={routes}", f"--verify.receivers={receiver}", label)


def _tested(folder: Path, rules: str) -> None:
    folder.mkdir()
    shutil.copy(FOLDER / "prometheus" / "rules_test.yml", folder)
    (folder / "rules.yml").write_text(rules)
    promtool("test", "rules", str(folder / "rules_test.yml"))


def unlinked(rules: str, runbook: str) -> list[str]:
    """Alert rules whose `runbook_url` names no entry with commands."""
    known = entries(runbook)
    alerts = [rule for group in yaml.safe_load(rules)["groups"] for rule in group["rules"] if "alert" in rule]
    linked = {
        rule["alert"]: str(rule.get("annotations", {}).get("runbook_url", "")).rpartition("#")[2]
        for rule in alerts
    }
    return [name for name, anchor in linked.items() if not known.get(anchor)]
