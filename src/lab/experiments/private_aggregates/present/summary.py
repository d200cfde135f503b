"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping

from lab.evidence.result import Decision, Metric, Result, Summary
from lab.experiments.private_aggregates.present.findings import TARGET, Findings, findings, percent


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, headline, shape of the finding, decisions; every figure from the run."""
    found = findings(treatment, controls)
    params, worst = found.params, treatment.observed["utility_kept"]
    audited = treatment.observed["audit_within_claim"]
    halved = controls["half the sensitivity"].observed["audit_within_claim"]
    return Summary(
        answer=(
            f"Six statistics of {found.people:,.0f} patients fit into one budget of epsilon {params.epsilon:g}: "
            f"95 % of the releases of each are within {percent(worst.value, 1)} of the true answer (the worst is "
            f"{worst.detail.partition(',')[0]}). An audit finds at most {percent(audited.value)} of the claimed "
            f"epsilon; with half the noise it finds {percent(halved.value)} and so refutes the claim."
        ),
        headline=Metric(
            "worst_relative_error",
            100 * float(worst.value),
            "%",
            f"95th percentile of the worst statistic's relative error, total epsilon {params.epsilon:g}",
            better="lower",
        ),
        decisions=_decisions(found),
    )


def _decisions(found: Findings) -> list[Decision]:
    mean = found.value("ours_over_diffprivlib_mean")
    identified = found.treatment.observed["naive_noise_identifies"].value
    return [
        Decision(
            "How small a group may be published?",
            f"From {found.smallest_group:,.0f} rows on, for {percent(TARGET)} error at epsilon "
            f"{found.group_epsilon:g} and {found.params.rows} rows per person; that number does not "
            f"depend on the size of the table.",
        ),
        Decision(
            "How large an epsilon does a sum need?",
            f"{found.epsilon_for_target(found.people):.2g} for {percent(TARGET)} error with {found.people:,.0f} "
            f"people and values up to {found.params.visits_bound}; a tenth of that for ten times the people."
            if found.bias < TARGET
            else f"None is enough here: clipping and the row limit take {percent(found.bias)} of the sum.",
        ),
        Decision(
            "May I add np.random.laplace to a result?",
            f"No. For a count of 0 or 1, {percent(identified)} of its outputs reveal by their low-order bits "
            f"which of the two it was. Use a library that samples exactly.",
        ),
        Decision(
            "OpenDP or diffprivlib?",
            f"Same noise on counts, sums and histograms. diffprivlib protects a row and takes the number of "
            f"rows for public, which makes our mean's error {mean:.2f} times its own; whoever has several rows "
            f"per person must bound them first in either.",
        ),
    ]
