"""Formulas as MathML: those of the book, and what can't be shown is refused."""

from __future__ import annotations

import json

import pytest

from lab import paths
from lab.report.mathml import mathml

FORMULAS = {
    path.stem: json.loads(path.read_text())["model"]["formula"]
    for path in sorted((paths.PROJECT / "baseline").glob("*.json"))
}


@pytest.mark.parametrize("slug", FORMULAS)
def test_every_models_formula_can_be_shown(slug: str) -> None:
    shown = mathml(FORMULAS[slug], "block")
    assert shown.startswith("<math")
    assert 'display="block"' in shown
    assert "\\" not in shown


def test_lines_that_are_gathered_or_aligned_stand_below_each_other() -> None:
    for latex in (
        r"\begin{gathered} a \\ b \end{gathered}",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
    ):
        assert mathml(latex).count("<mtr>") == 2


def test_an_underscore_in_a_name_is_no_command() -> None:
    assert "<mtext>work_mem</mtext>" in mathml(r"\text{work\_mem}")


@pytest.mark.parametrize(
    "latex",
    [r"\frac{1", r"\nosuch{1}", r"\left( x", r"a \\ b", "a & b", r"\begin{gathered} a"],
)
def test_what_can_not_be_shown_is_refused(latex: str) -> None:
    with pytest.raises(ValueError, match="the formula"):
        mathml(latex)
