"""What is read of an experiment without importing it is what importing it would say."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from lab import declared, paths
from lab.errors import ParameterError
from lab.report import catalogue
from lab.runner.execute import check_parameters
from lab.runner.place import changes

SLUGS = catalogue.slugs()


@pytest.mark.parametrize("slug", SLUGS)
def test_it_is_what_the_package_says(slug: str) -> None:
    module = importlib.import_module(f"lab.experiments.{slug}")
    said = declared.title(slug), declared.question(slug), declared.needs(slug)
    assert said == (module.TITLE, module.QUESTION, module.NEEDS)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_run_without_a_parameter_is_published(slug: str) -> None:
    """A default that its own checks would turn into something else made each run an exploratory one."""
    assert changes(slug, check_parameters(slug, {}).model_dump(mode="json")) == {}


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for ask in (declared.title, declared.needs, declared.defaults):
        with pytest.raises(ParameterError, match="nope"):
            ask("nope")
    notebook = paths.notebook("kafka_lag").read_text().replace("rate = 100_000", "rate = 10 ** 5")
    (tmp_path / "kafka_lag.ipynb").write_text(notebook)
    monkeypatch.setattr(paths, "notebook", lambda slug: tmp_path / f"{slug}.ipynb")
    with pytest.raises(ParameterError, match="plain literal"):
        declared.defaults("kafka_lag")
