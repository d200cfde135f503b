"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.reproducible_notebook.judge.model import chance, clean_runs, half
from lab.experiments.reproducible_notebook.judge.observations import AGAIN
from lab.experiments.reproducible_notebook.present.findings import Findings, findings, listed, steps
from lab.experiments.reproducible_notebook.present.model import PUBLISHED, SHARE

ALTERNATIVES = (
    Alternative(
        "papermill or nbclient in CI",
        "Executes the notebook and fails on an error; nobody looks at what came out.",
        "papermill 2.7, run here as a step of the workflow",
    ),
    Alternative(
        "nbval",
        "pytest --nbval compares the stored outputs of each cell with new ones, as text; regular expressions take out what "
        "may differ.",
        "nbval 0.11 documentation; not run here",
    ),
    Alternative(
        "numpy.testing, pytest-regressions",
        "Compare arrays and tables within a tolerance, in tests that you write. NumPy itself lets a function differ by up to "
        "4 steps between instruction sets.",
        "NumPy 2.4 (assert_array_max_ulp) and its pull request 19478; not run here",
    ),
    Alternative(
        "reprotest with disorderfs",
        "Debian's check of builds: twice with other time, zone, locale, home, user, paths, file order; all at once, bit by bit.",
        "reprotest 0.7 documentation; not run here",
    ),
    Alternative(
        "A container by digest, Nix, Guix",
        "Fix every library, so that bits are likelier to be equal; the processor still chooses the code.",
        "their documentation; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    again, changed = found.value("caught_by_repeating"), found.value("caught_by_changing")
    other = found.value("other_bytes")
    bits = (
        f"Not bit by bit: bytes differ in {other:.0f}, numbers by at most {steps(found.value('largest_ulp'))} between doubles."
        if other
        else "Bit by bit, too."
    )
    return Summary(
        answer=(
            f"{'No' if found.differing else 'Yes'}, by class: of {len(found.pairs):,} comparisons in "
            f"{len(found.environments)} other environments {found.differing or 'none'} differ beyond rounding. {bits} "
            f"A careless notebook is caught: repeating it shows {again:.0f} of {changed:.0f} faults, another hash seed all."
        ),
        conditions=(
            f"an analysis of {found.value('rows'):,.0f} rows that pins seed, order, encoding and time zone itself",
            f"one machine; another processor is imitated: NumPy without {_left_out(found.setting('narrow vectors'))}, OpenBLAS "
            f"as on a {found.setting('other BLAS kernel') or 'present one'}",
            f"numbers may differ by {found.params.ulp} steps between doubles, our threshold; the model's by {found.allowed:,.0f}",
        ),
        headline=Metric(
            "differing",
            found.differing,
            "comparisons",
            "artefacts that differ beyond their class",
            better="lower",
        ),
        figure="environments",
        decisions=(
            _bytes(found),
            _tolerance(found),
            _twice(found),
            _time(found),
            _many(),
            *([_project(found)] if "project" in treatment.tables else []),
        ),
        alternatives=ALTERNATIVES,
    )


def _left_out(features: str) -> str:
    """Vector instructions by the first and the last: how many there are is the processor's affair."""
    names = features.split()
    return f"{names[0]} to {names[-1]}" if len(names) > 1 else features or "nothing"


def _bytes(found: Findings) -> Decision:
    return Decision(
        "May CI compare a notebook's results byte by byte?",
        f"Counts and text yes, rounded figures unless one lies on the edge; floats only with the same versions and processor. In "
        f"{len(found.other_bytes)} of {len(found.environments)} environments bytes changed ({listed(found.other_bytes)}); "
        f"{found.compared}.",
        "measured",
        ("other_bytes", "environments_with_other_bytes", "equal_everywhere", "same_bytes_twice"),
        figure="environments",
    )


def _tolerance(found: Findings) -> Decision:
    beyond = f"{found.beyond} comparison{'' if found.beyond == 1 else 's'}" if found.beyond else "nothing"
    return Decision(
        "Which tolerance do floating-point results need?",
        f"Monthly means differ by at most {steps(found.value('largest_of_means'))} between doubles, a model solved from "
        f"sums over {found.value('rows'):,.0f} rows by {found.value('largest_of_model'):.0f}: a rounding there counts up to "
        f"{found.value('condition'):.0f}-fold. We allow {found.params.ulp} steps, and the model its condition number times as "
        f"many; {found.params.ulp} alone would fail {beyond}.",
        "measured",
        ("largest_of_model", "largest_of_means", "condition", "oracle_agrees"),
        figure="distances",
    )


def _twice(found: Findings) -> Decision:
    again, changed = found.value("caught_by_repeating"), found.value("caught_by_changing")
    causes = found.treatment.tables["causes"]
    shown = " and ".join(causes[causes["environments"].str.contains(AGAIN)]["kind"])
    return Decision(
        "Is it enough to run a notebook twice?",
        f"No: it shows {again:.0f} of {changed:.0f} planted faults ({shown}). The order of a set shows only where the hash seed "
        "changes, so make that CI's second execution.",
        "measured",
        ("caught_by_repeating", "caught_by_changing", "causes_named"),
        figure="careless",
    )


def _time(found: Findings) -> Decision:
    executions, one = found.cost.executions, found.value("execution_s")
    return Decision(
        "How long does CI take?",
        f"{found.value('ci_s'):.0f} s to execute, report and compare with one change, installation apart. All {executions} "
        f"environments took {found.value('all_s'):.0f} s, two at a time, the first two {one:.1f} s each: "
        "mostly kernel and imports.",
        "measured",
        ("ci_s", "all_s", "execution_s"),
        figure="steps",
    )


def _many() -> Decision:
    return Decision(
        "How reliable must one notebook be if I have many?",
        f"At {100 * SHARE:g} % each all of {half(SHARE):.0f} reproduce in half of the tries, of 1,000 in "
        f"{100 * chance(SHARE, 1000):.1g} %; to show {100 * SHARE:g} % takes {clean_runs(SHARE)} clean executions. Published "
        f"notebooks: {100 * PUBLISHED.share:.1f} %.",
        "arithmetic",
        (),
        basis=f"p^n, of clean executions at most 5 %; {PUBLISHED.source}",
    )


def _project(found: Findings) -> Decision:
    held = found.treatment.tables["project"]
    return Decision(
        "Do this project's own results reproduce?",
        f"Of one experiment (private_aggregates), run anew with fewer draws, {int(held['equal'].sum())} of {len(held)} outcomes "
        "are the committed baseline's. The rest of the project is compared every week by its workflow.",
        "measured",
        ("baseline_holds",),
    )
