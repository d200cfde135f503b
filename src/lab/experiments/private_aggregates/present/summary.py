"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.private_aggregates.present.findings import Findings, findings, percent
from lab.experiments.private_aggregates.workload.survey import WAVES

ALTERNATIVES = (
    Alternative(
        "OpenDP",
        "Exact samplers and a proved privacy map; contribution bounds and clipping are for the caller to state.",
        "OpenDP 0.16, used here",
    ),
    Alternative(
        "diffprivlib",
        "Protects one row, not one person; without bounds it reads them off the data and warns (PrivacyLeakWarning).",
        "diffprivlib 0.6, run beside it here",
    ),
    Alternative(
        "A private quantile for the bound",
        "The usual way to a clipping bound that nobody knows beforehand: part of the budget pays for a quantile.",
        "Andrew et al., NeurIPS 2021 (adaptive clipping); not run here",
    ),
    Alternative(
        "PLD accounting",
        "Composes privacy loss distributions numerically: tighter than basic composition or zero-concentrated DP.",
        "Koskela, Jälkö and Honkela, AISTATS 2020; Google's dp-accounting; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    params, worst = found.params, found.worst
    audited = treatment.observed["audit_within_claim"]
    halved = controls["half the sensitivity"].observed["audit_within_claim"]
    return Summary(
        answer=(
            f"Six statistics of {found.people:,.0f} people fit into one budget of ε = {params.epsilon:g}: 95 % of the "
            f"releases of each err by at most {percent(worst['p95'], 1)} (the worst is the {worst['statistic']}). "
            f"The strongest of {len(treatment.tables['audits'])} audits proves {percent(audited.value)} of the claimed ε; with "
            f"noise for half the sensitivity it proves {percent(halved.value)}, which refutes the claim."
        ),
        conditions=(
            f"all {params.rows} rows of a person count: the noise is {params.rows} times that of one row",
            f"bounds of {params.visits_bound} visits and {params.income_bound:g} thousand marks, chosen without the data",
            "one person comes or goes with all rows; a curator sees the data and is trusted",
        ),
        headline=Metric(
            "worst_relative_error",
            100 * float(worst["p95"]),
            "%",
            f"95th percentile of the worst statistic's relative error, total epsilon {params.epsilon:g}",
            better="lower",
        ),
        figure="error",
        decisions=(_groups(found), _epsilon(found), _bound(found), _rows(found), *_libraries(found)),
        alternatives=ALTERNATIVES,
    )


def _groups(found: Findings) -> Decision:
    tried, target = found.tried("group size"), percent(found.params.target)
    return Decision(
        "How many rows does a group need for an accurate count?",
        f"{tried.values[1]:,.0f} for {target} error (our threshold) at ε = {found.value('group_epsilon'):g}: tried, they err by "
        f"{_held(found, tried.errors[1])}, half of them by {percent(tried.errors[0], 1)}. To be published at all, a key "
        f"that is not known beforehand needs a noisy count of {found.value('key_threshold'):,.0f} rows "
        f"at δ = {found.params.delta:g}.",
        "measured",
        (*tried.names, "key_threshold", "no_key_leaks"),
        figure="groups",
    )


def _held(found: Findings, error: float) -> str:
    """A tried error against the target: theory puts it exactly there, so chance decides on which side it falls."""
    return f"{percent(error, 1)} (threshold {'met' if error <= found.params.target else 'missed'})"


def _epsilon(found: Findings) -> Decision:
    tried, target = found.tried("epsilon of the sum"), percent(found.params.target)
    answer = (
        f"{tried.values[1]:.2g} by theory for {target} error (our threshold) with {found.people:,.0f} people and values up to "
        f"{found.params.visits_bound}: tried, the sum errs by {_held(found, tried.errors[1])}, with half of it by "
        f"{percent(tried.errors[0], 1)}, with twice by {percent(tried.errors[2], 1)}."
        if tried.values
        else f"None is enough: clipping and contribution bound take {percent(found.model.bias)} of the sum."
    )
    return Decision(
        "How large an epsilon does a sum need?",
        answer,
        "measured",
        (*tried.names, "clipping_bias"),
        figure="error",
    )


def _bound(found: Findings) -> Decision:
    tried = found.tried("bound on visits")
    each = ", ".join(
        f"{value:g}: {percent(error, 1)}" for value, error in zip(tried.values, tried.errors, strict=True)
    )
    return Decision(
        "At which bound should values be clipped?",
        f"At {tried.best} visits of those tried ({each}): lower is more bias, higher more noise. Take the bound from "
        "outside knowledge or pay for a private quantile; read off the data it leaks.",
        "measured",
        tried.names,
        figure="bounds",
    )


def _rows(found: Findings) -> Decision:
    tried = found.tried("rows per person")
    each = ", ".join(
        f"{value:g}: {percent(error)}" for value, error in zip(tried.values, tried.errors, strict=True)
    )
    return Decision(
        "How many rows of one person should count?",
        f"{tried.best} for this sum of people with at most {WAVES} rows (error by contribution bound: {each}). Fewer need less "
        "noise, but what is dropped is lost, and no epsilon brings it back: where people's rows are many or unequal, try anew.",
        "measured",
        tried.names,
        figure="bounds",
    )


def _libraries(found: Findings) -> tuple[Decision, Decision]:
    mean = found.value("ours_over_diffprivlib_mean")
    identified = found.treatment.observed["naive_noise_identifies"].value
    return (
        Decision(
            "May I add np.random.laplace to a result?",
            f"No. For a count of 0 or 1, {percent(identified)} of its outputs reveal by their low-order bits "
            "which of the two it was.",
            "measured",
            ("naive_noise_identifies", "opendp_bits_are_clean"),
            figure="bits",
        ),
        Decision(
            "OpenDP or diffprivlib?",
            "The same noise on counts, sums and histograms. diffprivlib protects a row and takes the number of rows "
            f"for public, which makes our mean's error {mean:.2f} times its own.",
            "measured",
            ("agrees_with_diffprivlib", "ours_over_diffprivlib_mean"),
        ),
    )
