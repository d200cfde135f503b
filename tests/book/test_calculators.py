"""The pages' calculators: the script says what the Python function says, and both what the projection says."""

from __future__ import annotations

import importlib
import math
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from browsing import PHONE, Visit
from calculating import drawn, own
from lab import paths
from lab.report import catalogue
from lab.runner.execute import Run

pytestmark = [pytest.mark.browser, pytest.mark.timeout(1800)]  # the first test makes all the runs
EXPERIMENTS = paths.PROJECT / "src" / "lab" / "experiments"
SLUGS = [slug for slug in catalogue.slugs() if (EXPERIMENTS / slug / "present" / "calculator.js").exists()]
FEWEST = 10
DRAWS = 300
NEAR = 1e-9  # relative: the same law in two languages
BESIDE = {"late_features"}  # its projection is for a longer watermark than its calculator opens with
_ALL = "([script, cases, constants]) => { const answer = eval(script); return cases.map(one => answer(one, constants)); }"


@pytest.fixture
def stored(slug: str, small_runs: dict[str, Run]) -> dict[str, Any]:
    """The calculator in the record of a small run."""
    model = small_runs[slug].record["model"]
    assert model["calculator"], f"a small run of {slug} left a number of its calculator unknown"
    return model["calculator"]


def computed(slug: str, stored: dict[str, Any], inputs: dict[str, Any]) -> dict[str, float]:
    """What the experiment's Python function says."""
    module = importlib.import_module(f"lab.experiments.{slug}.present.calculator")
    return module.compute(inputs, stored["constants"])


def test_at_least_ten_experiments_have_one() -> None:
    assert len(SLUGS) >= FEWEST


@pytest.mark.parametrize("slug", SLUGS)
def test_the_script_says_what_the_python_function_says(
    slug: str, stored: dict[str, Any], browser: Browser
) -> None:
    cases = [own(stored), *drawn(stored, DRAWS, slug)]
    page = browser.new_page()
    scripted = page.evaluate(_ALL, [stored["script"], cases, stored["constants"]])
    page.close()
    names = {item["name"] for item in stored["outputs"]}
    for inputs, answers in zip(cases, scripted, strict=True):
        expected = computed(slug, stored, inputs)
        assert set(answers) == set(expected) >= names
        assert not any(map(math.isnan, expected.values())), inputs
        unequal = {
            name: (value, expected[name])
            for name, value in answers.items()
            if not math.isclose(value, expected[name], rel_tol=NEAR)
        }
        assert not unequal, inputs


@pytest.mark.parametrize("slug", SLUGS)
def test_the_runs_own_numbers_give_the_projections_first_row(
    slug: str, stored: dict[str, Any], small_runs: dict[str, Run]
) -> None:
    projection = small_runs[slug].record["model"]["projection"]
    first = dict(zip(projection["columns"], projection["rows"][0], strict=True))
    answers = computed(slug, stored, own(stored))
    said = {item["name"]: first[item["column"]] for item in stored["outputs"] if item["column"]}
    assert said or slug in BESIDE
    for name, cell in said.items():
        assert _same(answers[name], cell), (name, answers[name], cell)


def _same(value: float, cell: Any) -> bool:
    """Within what the cell was rounded to: half of its last digit, or three digits."""
    found = re.match(r"-?[\d,]+(\.\d+)?(e[+-]?\d+)?", str(cell))
    if not found:
        return math.isinf(value)
    half = 0.5 * 10.0 ** (int((found[2] or "e0")[1:]) - max(0, len(found[1] or ".") - 1))
    return math.isclose(value, float(found[0].replace(",", "")), rel_tol=5e-3, abs_tol=half)


@pytest.mark.parametrize("slug", SLUGS)
def test_what_a_grade_rests_on_is_there(slug: str, stored: dict[str, Any]) -> None:
    known = [*own(stored), *(item["name"] for item in stored["outputs"])]
    names = set(known)
    assert len(names) == len(known)
    assert not [item["name"] for item in stored["outputs"] if not names.issuperset(item["rests_on"])]
    assert all(item["low"] < item["high"] for item in stored["inputs"])


@pytest.mark.parametrize("slug", SLUGS)
def test_every_number_that_may_be_typed_counts(slug: str, stored: dict[str, Any]) -> None:
    cases = list(drawn(stored, 60, slug))[-60:]
    for name in own(stored):
        changed = [
            computed(slug, stored, one) != computed(slug, stored, one | {name: other[name]})
            for one, other in zip(cases, reversed(cases), strict=True)
        ]
        assert any(changed), name


@pytest.fixture
def visit(browser: Browser, built_site: Path, request: pytest.FixtureRequest) -> Any:
    context = browser.new_context(**getattr(request, "param", {}))
    yield Visit(context.new_page(), built_site)
    context.close()


@pytest.mark.parametrize("slug", SLUGS)
def test_the_page_answers_for_numbers_that_a_reader_types(
    slug: str, stored: dict[str, Any], visit: Visit
) -> None:
    page = visit.open(f"notebooks/{slug}")
    form = page.locator("form.lab-calculator")
    assert form.is_visible()
    before = form.locator("dl").inner_text()
    assert "NaN" not in before
    for item in stored["inputs"]:
        other = item["high"] if item["value"] == item["low"] else item["low"]
        form.locator(f"[name={item['name']}]").fill(f"{other:.15g}")
    assert form.locator("dl").inner_text() != before
    form.get_by_role("button").click()
    expect(form.locator("dl")).to_have_text(before, use_inner_text=True)
    assert visit.errors == visit.refused == []


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("visit", [{"java_script_enabled": False, "viewport": PHONE}], indirect=True)
def test_without_scripts_the_projection_stays(slug: str, stored: dict[str, Any], visit: Visit) -> None:
    page = visit.open(f"notebooks/{slug}")
    assert page.locator("[aria-label=projection]").is_visible()
    assert page.locator("form.lab-calculator").is_hidden()
