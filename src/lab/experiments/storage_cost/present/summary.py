"""What the landing page and the top of the page say about a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lab.evidence.result import Alternative, Decision, Metric, Result, Summary
from lab.experiments.storage_cost.criteria import SAVING
from lab.experiments.storage_cost.present.findings import BASIS, Findings, duration, findings, named, percent
from lab.experiments.storage_cost.workload.arms import AGE, HOT, QUICK, TIERING

ALTERNATIVES = (
    Alternative(
        "S3 Intelligent-Tiering",
        "Moves objects by itself after 30 and 90 idle days, without retrieval fees, for a fee per object; billed beside it here.",
        "S3 User Guide and price list, 2026",
    ),
    Alternative(
        "S3 Storage Class Analysis, S3 Storage Lens",
        "Report which prefixes are read how often, and recommend an age for Standard-IA only; they see no cost of reads to come.",
        "S3 User Guide, 2026; not run here",
    ),
    Alternative(
        "Google Cloud Storage Autoclass, Azure Blob lifecycle",
        "Autoclass moves by last access without retrieval fees; Azure's rules know the last access time, S3's do not.",
        "Google Cloud and Microsoft Learn documentation, 2026; not run here",
    ),
)


def summary(treatment: Result, controls: Mapping[str, Result]) -> Summary:
    """Answer, conditions, headline, decisions; every figure from the run."""
    found = findings(treatment, controls)
    chosen, optimum, rule = found.of(found.chosen), found.of(QUICK), found.of(found.rule)
    tiering = (
        f"; Intelligent-Tiering saves {percent(found.tiering['saving'])}" if found.tiering is not None else ""
    )
    return Summary(
        answer=(
            f"Knowing the future would save {percent(optimum['saving'])} of all hot's bill on MovieLens without a wait. "
            f"{_begun(found.chosen)}, chosen on CDNOW, saves {percent(chosen['saving'])} ({percent(found.refetched, 1)} if "
            f"copies back pay retrieval again), no read waits above {duration(chosen['longest'])} and "
            f"{percent(chosen['cold'], 1)} pay retrieval{tiering}. The best rule of age on "
            f"CDNOW ({percent(found.tuned(found.rule)['saving'])} there) saves {percent(rule['saving'])}."
        ),
        conditions=(
            f"reads within {found.params.session_minutes:g} minutes count once; each rating a read: "
            f"{percent(found.sensitivity('reads')['saving_high'])} saved",
            f"objects of {found.params.median_mb:g} MB (median), read whole, inside the region; a thousandth of that: "
            f"{percent(found.sensitivity('object size')['saving_low'], 1)} saved",
            f"readers write objects back; by copies that pay retrieval again {percent(found.refetched, 1)} saved; open minimum "
            f"durations charged: {percent(found.sensitivity('open minimum durations')['saving_low'], 1)}",
        ),
        headline=Metric(
            "saving_on_unseen_trace",
            100 * float(chosen["saving"]),
            "%",
            "saved against all hot on a trace that the policy was not chosen on; "
            f"{duration(chosen['longest'])} to the first byte",
            better="higher",
            grade="simulated",
        ),
        figure="frontier",
        decisions=tuple(
            item
            for item in (
                _which(found),
                _tiering(found),
                _archive(found),
                _retention(found),
                _reheating(found),
            )
            if item
        ),
        alternatives=ALTERNATIVES,
    )


def _begun(text: str) -> str:
    return text[0].upper() + text[1:]


def _which(found: Findings) -> Decision:
    rule, chosen = found.best(AGE), found.of(found.chosen)
    return Decision(
        "Is a lifecycle rule by age enough?",
        f"{'Not here' if rule['saving'] < SAVING else 'Here it is'}: the best of those tried without a wait "
        f"({rule['policy']}) saves {percent(rule['saving'])}, {found.chosen} "
        f"{percent(chosen['saving'])}, as it goes by the last read. A rule of age pays retrieval for every return "
        f"({percent(rule['cold_share'])} of reads).",
        "simulated",
        (named("saving", found.rule), named("saving", found.chosen), named("saving", str(rule["policy"]))),
        BASIS,
        "stack",
    )


def _tiering(found: Findings) -> Decision | None:
    if found.tiering is None:
        return None
    chosen, own = found.tiering, found.of(found.chosen)
    better = TIERING if chosen["saving"] > own["saving"] else found.chosen
    return Decision(
        "Intelligent-Tiering, or a job of your own?",
        f"{better}: the tariff saves {percent(chosen['saving'])} with no retrieval fees and no job, {found.chosen} "
        f"{percent(own['saving'])} and needs a job that knows of reads ({percent(found.refetched)} if its copies back pay "
        "retrieval again).",
        "simulated",
        (named("saving", TIERING), named("saving", found.chosen)),
        BASIS,
        "frontier",
    )


def _archive(found: Findings) -> Decision:
    best, chosen = found.best(waiting=True), found.of(found.chosen)
    return Decision(
        "What would waiting for archives save?",
        f"{_begun(str(best['policy']))} saves {percent(best['saving'])} instead of {percent(chosen['saving'])}, but "
        f"{percent(best['cold_share'])} of reads wait up to {duration(best['longest_wait'])}: for data that nobody waits for.",
        "simulated",
        (
            named("saving", str(best["policy"])),
            named("slow_reads", str(best["policy"])),
            "latency_acceptable",
        ),
        BASIS,
        "frontier",
    )


def _retention(found: Findings) -> Decision | None:
    name = next((name for name in found.policies.index if name.startswith(f"{HOT}, deleted")), None)
    if name is None or not found.of(name)["lost"]:
        return None
    item = found.of(name)
    return Decision(
        "Delete by age instead?",
        f"{_begun(name)}, saves {percent(item['saving'])} without any other class, and "
        f"{percent(item['lost'])} of the reads find nothing: only where the age limit is a rule of the business.",
        "simulated",
        (named("saving", name), named("lost_reads", name)),
        BASIS,
    )


def _reheating(found: Findings) -> Decision:
    table: Any = found.heated.set_index("policy")
    aggressive = table.index[1]
    others = ", ".join(
        f"{name} {percent(table.loc[name, 'saving'])}"
        for name in (found.chosen, TIERING)
        if name in table.index
    )
    return Decision(
        "When does moving to a colder class cost more?",
        f"When objects come back: read every {found.params.reheat_days} days, {aggressive} costs "
        f"{percent(-table.loc[aggressive, 'saving'])} more than all hot. Saved there: {others}.",
        "simulated",
        ("never_dearer_than_hot",),
        "a synthetic trace in which every object is read again at one interval; list prices",
    )
