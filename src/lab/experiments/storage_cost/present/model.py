"""The bill at other sizes, and beside it a law: so much for a GB, so much for an object. Standard's price falls with volume."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from lab.evidence.result import FACTORS, Advice, Model, Prediction, Result
from lab.experiments.storage_cost.present.calculator import HOT_COLUMN, calculator
from lab.experiments.storage_cost.present.findings import BASIS, Findings, findings, percent

PB = 1e15
_BY_LAW = "saving by the law"


def model(treatment: Result, controls: Mapping[str, Result]) -> Model:
    """Monthly dollars of all hot and of the chosen policy for a PB that is cut into ever more objects."""
    found = findings(treatment, controls)
    times = found.params.copies
    return Model(
        statement=(
            "The month's bill is so many dollars for each GB (storage, minimum durations, retrieval) and so many for each object "
            "(requests, transitions, overhead); objects below 128 KB are not moved, and the others as often as at the run's size."
        ),
        formula=r"C = B\,(w\,a_p + (1-w)\,a_h) + N\,(v\,b_p + (1-v)\,b_h)",
        constants=[
            treatment.metric(name)
            for name in ("a_hot", "b_hot", "a_chosen", "b_chosen", "mean_gb", *_shares(1), *_shares(times))
        ],
        check=Prediction(
            f"monthly bill of the chosen policy for {times} times the objects at a {times}th of their size",
            found.value("predicted_monthly"),
            found.value("billed_monthly"),
            "USD",
            "model_predicts",
        ),
        projection=pd.DataFrame([_row(found, factor) for factor in FACTORS]),
        advice=_advice(found),
        grades={
            "mean object, MB": "arithmetic",
            "objects in a PB": "arithmetic",
            HOT_COLUMN: "simulated",
            f"{found.chosen}, USD a month for a PB": "simulated",
            "saving": "simulated",
            _BY_LAW: "extrapolated",
        },
        checked_to=FACTORS[-1],  # each row is billed; the law has a column of its own
        changes_at=_changes_at(found),
        calculator=calculator(found, PB / found.prices.bytes_per_gb),
    )


def _shares(factor: int) -> tuple[str, str]:
    """w and v of the formula, with objects that are `factor` times smaller."""
    return f"bytes_moved_{factor}", f"objects_moved_{factor}"


def _mean_gb(found: Findings) -> float:
    return found.value("mean_gb")


def _row(found: Findings, factor: int) -> dict[str, object]:
    """A PB that is kept, in objects that are a factor-th as large, as they are billed."""
    each = _mean_gb(found) / factor
    pb = PB / found.prices.bytes_per_gb
    megabytes = each * found.prices.bytes_per_gb / 1e6
    hot, chosen = found.billed_month(pb, factor)
    return {
        "factor": factor,
        "mean object, MB": f"{megabytes:.3g}",
        "objects in a PB": f"{pb / each:.3g}",
        HOT_COLUMN: f"{hot:,.0f}",
        f"{found.chosen}, USD a month for a PB": f"{chosen:,.0f}",
        "saving": percent(_saving(found, factor), 1),
        _BY_LAW: percent(_by_law(found, factor), 1),
    }


def _saving(found: Findings, factor: int) -> float:
    """As billed, with objects that are `factor` times smaller."""
    hot, chosen = found.billed_month(1, factor)
    return 1 - chosen / hot


def _by_law(found: Findings, factor: int) -> float:
    """The same as the law has it, which moves what is large enough as often as at this run's size."""
    gb = _mean_gb(found)
    return 1 - found.chosen_month(gb, factor, factor) / found.hot_month(gb, factor)


def _changes_at(found: Findings) -> str:
    half = [factor for factor in FACTORS if _saving(found, factor) <= _saving(found, 1) / 2]
    if not half:
        return "at none of these sizes: more than half is still saved"
    size = _mean_gb(found) / half[0] * found.prices.bytes_per_gb / 1e6
    return f"objects of {size:.2g} MB on average: half the saving is gone"


def _advice(found: Findings) -> list[Advice]:
    small = found.sensitivity("object size")
    advice = [
        Advice(
            f"Pack small objects before moving them: with a thousandth of the size {found.chosen} saves "
            f"{percent(small['saving_low'], 1)}, with a hundredfold {percent(small['saving_high'])}.",
            "simulated",
            BASIS,
        ),
        _volume(found),
    ]
    if found.tiering is not None:
        each = next(at.monitoring for at in found.prices.tiering) / 1000
        smallest = (
            each
            / (found.prices.hot.gb_month - found.prices.tiering[-1].gb_month)
            * found.prices.bytes_per_gb
            / 1e6
        )
        advice.append(
            Advice(
                f"Give Intelligent-Tiering objects of more than {smallest:.2g} MB: below that its monitoring fee takes all "
                "that its lowest instant tier saves.",
                "arithmetic",
                f"{found.prices.source}, {found.prices.date}",
            )
        )
    return advice


def _volume(found: Findings) -> Advice:
    tiers = found.prices.standard_tiers
    gb, paid, before = PB / found.prices.bytes_per_gb, 0.0, 0.0
    for up_to, price in tiers:
        paid += max(0.0, min(gb, up_to) - before) * price
        before = up_to
    listed = gb * found.prices.hot.gb_month
    return Advice(
        f"From 50 TB on count with volume prices: a PB in {found.prices.hot.name} lists at {paid or listed:,.0f} USD a month "
        f"instead of {listed:,.0f}, so a saving against all hot is up to {percent(1 - (paid or listed) / listed, 1)} of that "
        "bill smaller.",
        "arithmetic",
        f"{found.prices.source}, {found.prices.date}",
    )
