"""Criteria of privacy: audits, accounts, the accountant, keys and low-order bits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.statistics import none_seen_bound, wilson
from lab.experiments.private_aggregates.measure.leaks import ATTACKED
from lab.experiments.private_aggregates.measure.seen import Bits, Keys, Ledger, Requests
from lab.experiments.private_aggregates.oracle import recomputation
from lab.experiments.private_aggregates.params import Params


def audit_within_claim(audits: pd.DataFrame) -> Observation:
    """Largest bound, as a share of its claim."""
    row = audits.loc[audits["ratio"].idxmax()]
    detail = (
        f"of {len(audits)} audits the {row['statistic']} at claimed {row['claimed']:g}: at least "
        f"{row['bound']:.2f} (event seen {row['hits']:,} and {row['hits_neighbour']:,} times in {row['trials']:,})"
    )
    return Observation(float(row["ratio"]), detail)


def audit_has_power(audits: pd.DataFrame) -> Observation:
    """What the audit of the count finds at least, as a share of the claim."""
    counts = audits[audits["statistic"] == "count"]
    row = counts.loc[counts["ratio"].idxmin()]
    return Observation(
        float(row["ratio"]), f"at claimed {row['claimed']:g} the audit finds {row['bound']:.2f}"
    )


def library_agrees(account: Mapping[tuple[str, float], float]) -> Observation:
    """Largest loss by OpenDP's account, as a share of the claim."""
    worst = max(account, key=lambda key: account[key])
    return Observation(account[worst], f"of {len(account)} releases the {worst[0]} at {worst[1]:g}")


def budget_refuses(params: Params, ledger: Ledger) -> Observation:
    """Decisions of accountants that differ from integer arithmetic, and traces that a refusal left."""
    table = ledger.table
    # The six fill the budget to the last bit, though 0.1 + 0.35 + ... does not add up to 1 in doubles.
    wrong = int((table["admitted"] != [True] * 6 + [False]).sum()) + (ledger.entries != 6)
    wrong += sum(_wrong_decisions(requests) for requests in ledger.random)
    decisions = len(table) + sum(len(requests.costs) for requests in ledger.random)
    detail = (
        f"of {decisions:,}; after {table['spent'].iloc[-1]:g} of "
        f"{params.epsilon:g} the {table['release'].iloc[-1]} was refused"
    )
    return Observation(wrong, detail)


def _wrong_decisions(requests: Requests) -> int:
    kept = sum(cost for cost, fits in zip(requests.costs, requests.admitted, strict=True) if fits)
    traces = requests.entries != sum(requests.admitted) or requests.spent != kept
    due = recomputation.admitted(requests.limit, requests.costs)
    return sum(a != b for a, b in zip(requests.admitted, due, strict=True)) + traces


def no_key_leaks(keys: Keys) -> Observation:
    """Releases that publish a group of one person; one more if known keys were not published alike."""
    releases = len(keys.published)
    detail = (
        f"{keys.leaked:,} of {releases:,} releases publish one of the {keys.alone} groups of one person"
        + (f" (rate ≤ {none_seen_bound(releases):.2g} at 95 %)" if not keys.leaked else "")
        + f"; on average {np.mean(keys.published):.1f} of {keys.groups} groups are published"
    )
    return Observation(keys.leaked + (not keys.same_known), detail)


def naive_noise_identifies(bits: Bits) -> Observation:
    """Share of numpy's outputs that give the true neighbour away, less wrong verdicts; the lowest of the epsilons."""
    worst = bits.attack.loc[bits.attack["score"].idxmin()]
    total = 2 * ATTACKED
    return Observation(
        float(worst["score"]),
        f"at epsilon {worst['epsilon']:g}: certain and right {100 * worst['naive_right']:.0f} %, certain and "
        f"wrong {100 * worst['naive_wrong']:.0f} % of {total:,} outputs",
        wilson(round(float(worst["naive_right"]) * total), total),
    )


def opendp_bits_are_clean(bits: Bits) -> Observation:
    """OpenDP's outputs off the grid that it was told."""
    bound = "" if bits.off_grid else f" (rate ≤ {none_seen_bound(bits.outputs):.2g} at 95 %)"
    return Observation(bits.off_grid, f"of {bits.outputs:,} outputs{bound}")
