"""What a page says of a mechanism of one's own comes true: its very lines are run, small, and judged by the same criteria."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from lab import paths
from lab.evidence import params as parameters
from lab.evidence.criteria import judge_all
from lab.evidence.result import Result
from lab.report import catalogue, own

SLUGS = catalogue.slugs()
MOST = 9  # lines; five, and what it takes where the mechanism works in another process


def _experiment(slug: str) -> ModuleType:
    return importlib.import_module(f"lab.experiments.{slug}")


def _typed(slug: str, source: str) -> Result:
    """What the lines leave as `result`, in a notebook that has got as far as its parameters."""
    small = paths.PROJECT / "tests" / "experiments" / f"{slug}.small.yaml"
    params = parameters.parse(_experiment(slug).Params, yaml.safe_load(small.read_text()))
    known: dict[str, Any] = {"experiment": _experiment(slug), "params": params, "__name__": "__main__"}
    exec(compile(source, own.file(slug), "exec"), known)
    return known["result"]


@pytest.mark.service
@pytest.mark.drill
@pytest.mark.parametrize("slug", SLUGS)
def test_a_mechanism_of_ones_own_is_judged_by_the_same_criteria(
    slug: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # As for a notebook's kernel: what is written beside the notebook can be imported.
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mine", raising=False)
    source = own.file(slug).read_text()
    found = _typed(slug, source)
    judged = judge_all(_experiment(slug).CRITERIA, found.observed)
    if not found.observed and not (paths.PROJECT / "baseline" / f"{slug}.json").exists():
        pytest.skip(f"{slug} was not run: it is a skeleton")
    # By the value alone: so short a run may be too noisy to be conclusive.
    seen = {
        item.criterion.name: (item.criterion.limit, item.observation) for item in judged if item.observation
    }
    outcomes = {name: "pass" if limit.admits(each.value) else "fail" for name, (limit, each) in seen.items()}
    expected = own.expected(source)
    told = {name: outcomes.get(name, "not run") for name in expected}
    assert told == expected, {name: found.observed.get(name) for name in expected}
    assert "HTML object" in capsys.readouterr().out  # shown to the reader


@pytest.mark.parametrize("slug", SLUGS)
def test_the_lines_are_few_and_say_what_comes_out(slug: str) -> None:
    source = own.file(slug).read_text()
    typed = own.lines(source)
    assert len(typed) <= MOST
    assert typed[-1] == "judged(experiment, result)"
    assert any("experiment.run(" in line for line in typed)
    gating = {
        item.name for item in _experiment(slug).CRITERIA if item.tier != "absolute" and not item.precondition
    }
    assert own.expected(source)
    assert set(own.expected(source)) <= gating


def test_lines_are_counted_without_imports_and_what_comes_out_is_read() -> None:
    source = "# Mine.\nimport os\nfrom x import y\n\ny(os)\nz = 1\n# fails: a, b\n# passes: c\n"
    assert own.lines(source) == ["y(os)", "z = 1"]
    assert own.expected(source) == {"a": "fail", "b": "fail", "c": "pass"}


def test_a_page_shows_the_file_as_it_is_run() -> None:
    shown = own.fold("cold_start")
    assert own.file("cold_start").read_text().strip() in shown
    assert "<summary>Put in your own mechanism: 4 lines</summary>" in shown
    assert own.fold("no_such_experiment") == ""
