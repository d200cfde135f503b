"""The themes' style sheets without what can match nothing."""

from __future__ import annotations

import pytest

from lab.report.styles import pruned

USED = {"kept", "show", "table"}


@pytest.mark.parametrize(
    "rule",
    [
        "main{color:red}",
        ".kept{color:red}",
        ".kept.show>a:hover{color:red}",
        ".gone,.kept{color:red}",
        ".kept:not(.gone){color:red}",
        'a[href$=".gone"]{color:red}',
        ".bs-tooltip-end{color:red}",
        ":root{--size:1.5em}",
        "@keyframes turn{0%{top:0}to{top:1px}}",
        "@media (max-width:600px){.kept{color:red}}",
    ],
)
def test_a_rule_that_can_match_stays(rule: str) -> None:
    assert pruned(rule, USED).replace("\n", "") == rule


@pytest.mark.parametrize(
    "rule",
    [
        ".gone{color:red}",
        ".kept .gone{color:red}",
        ".kept.gone{color:red}",
        "@media print{.gone{color:red}}",
        "@font-face{font-family:Icons;src:url(icons.woff2)}",
        "/* said to nobody */",
    ],
)
def test_a_rule_that_can_not_match_goes(rule: str) -> None:
    assert pruned(rule, USED).strip() == ""
