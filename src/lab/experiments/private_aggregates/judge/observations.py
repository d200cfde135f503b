"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from lab.evidence.criteria import Observation
from lab.experiments.private_aggregates.judge import accuracy, privacy
from lab.experiments.private_aggregates.judge.model import sum_of_ten_copies
from lab.experiments.private_aggregates.measure.seen import Seen
from lab.experiments.private_aggregates.params import Params


def observe(params: Params, seen: Seen) -> dict[str, Observation]:
    """By criterion."""
    return _accuracy(params, seen) | _privacy(params, seen)


def _accuracy(params: Params, seen: Seen) -> dict[str, Observation]:
    found = {}
    if seen.exactness is not None:
        found["exact_before_noise"] = accuracy.exact_before_noise(params, seen.exactness)
    if seen.errors is not None:
        found["error_equals_theory"] = accuracy.error_equals_theory(seen.errors)
    if seen.utility is not None:
        found["utility_kept"] = accuracy.utility_kept(params, seen.utility)
    if seen.coverage is not None:
        found["interval_covers"] = accuracy.interval_covers(seen.coverage)
    if seen.sizes is not None and seen.errors is not None:
        found["model_predicts"] = accuracy.model_predicts(*sum_of_ten_copies(params, seen.sizes, seen.errors))
    if seen.peer is not None:
        found["agrees_with_diffprivlib"] = accuracy.agrees_with_diffprivlib(seen.peer)
    return found


def _privacy(params: Params, seen: Seen) -> dict[str, Observation]:
    found = {}
    if seen.ledger is not None:
        found["budget_refuses"] = privacy.budget_refuses(params, seen.ledger)
    if seen.audits is not None:
        found["audit_within_claim"] = privacy.audit_within_claim(seen.audits)
        found["audit_has_power"] = privacy.audit_has_power(seen.audits)
    if seen.account is not None:
        found["library_agrees"] = privacy.library_agrees(seen.account)
    if seen.keys is not None:
        found["no_key_leaks"] = privacy.no_key_leaks(seen.keys)
    if seen.bits is not None:
        found["naive_noise_identifies"] = privacy.naive_noise_identifies(seen.bits)
        found["opendp_bits_are_clean"] = privacy.opendp_bits_are_clean(seen.bits)
    return found
