"""An observation for each criterion whose measurement was made."""

from __future__ import annotations

from collections.abc import Sequence

from lab.evidence.criteria import Observation
from lab.experiments.contract_gate.judge import census, kinds, metrics
from lab.experiments.contract_gate.measure.seen import DUCKDB, Built, Ended, Judged, Pushed, Seen
from lab.experiments.contract_gate.measure.times import GATE
from lab.experiments.contract_gate.workload.mutants import GOOD

SHOWN = 3  # examples of what is wrong


def observe(seen: Seen, kept: census.Tables | None = None) -> dict[str, Observation]:
    """What can be said of the parts that were measured. kept: the census, where it is of this data and this gate."""
    found = {}
    if kept is not None and seen.built:
        wrong = census.differing(metrics.judged_tables(seen), kept)
        found["census_agrees"] = _listed(wrong, len(seen.built) - 1, "changes")
    if seen.pushed:
        found |= {
            "merges_blocked": merges_blocked(seen.pushed),
            "good_pushes_pass": good_pushes_pass(seen.pushed),
        }
    if seen.built:
        found |= {"wrong_marts": wrong_marts(seen.judged, seen.built), "marts_right": marts_right(seen.built)}
    if seen.judged:
        found |= {"rules_named": rules_named(seen.judged), "good_blocked": good_blocked(seen.judged)}
        found["validators_agree"] = _listed(*kinds.disagreeing(seen.judged), "rules")
    if any(one.place != DUCKDB for one in seen.judged):
        wrong, compared = kinds.elsewhere_differing(seen.judged)
        found["formats_agree"] = _told(wrong, f"{_counted(compared)}; {len(compared)} comparisons")
    if seen.ended:
        found["statuses"] = statuses(seen.ended)
    if seen.timed:
        found |= {"gate_predicted": gate_predicted(seen), "gate_seconds": gate_seconds(seen)}
    return found


def merges_blocked(pushed: Sequence[Pushed]) -> Observation:
    """Bad pushes that were accepted, or refused in words that do not name what is wrong."""
    bad = [one for one in pushed if not one.push.good]
    wrong = [
        f"{one.push.name}: {'accepted' if one.accepted else 'not named'}"
        for one in bad
        if one.accepted or not all(name in "\n".join(one.said) for name in one.push.names)
    ]
    return _listed(wrong, len(bad), "pushes")


def good_pushes_pass(pushed: Sequence[Pushed]) -> Observation:
    good = [one for one in pushed if one.push.good]
    return _listed([one.push.name for one in good if not one.accepted], len(good), "pushes")


def wrong_marts(judged: Sequence[Judged], built: Sequence[Built]) -> Observation:
    """Without a gate nothing was judged, and all goes on to dbt."""
    rows = kinds.fates(_on_duckdb(judged), built)
    violating = rows[~rows["group"].isin((kinds.OUTSIDE, GOOD))]
    return _listed(list(kinds.let_through(rows, "with")["change"]), len(violating), "changes")


def marts_right(built: Sequence[Built]) -> Observation:
    """On the data as agreed; marts that can't be read count as one row."""
    clean = [one for one in built if one.mutant is None]
    wrong = sum(1 if one.differing is None else one.differing for one in clean)
    return Observation(wrong, "two marts of the data as agreed")


def rules_named(judged: Sequence[Judged]) -> Observation:
    """Changes, and the data as agreed, of which the gate flags other rules than were broken."""
    own = _on_duckdb(judged)
    wrong = [
        f"{one.mutant.name if one.mutant else 'as agreed'}: {sorted(one.gate.broken ^ kinds.broken_by(one.mutant))}"
        for one in own
        if one.gate.broken != kinds.broken_by(one.mutant)
    ]
    return _listed(wrong, len(own), "changes")


def good_blocked(judged: Sequence[Judged]) -> Observation:
    """Of the changes that were drawn, wherever they were judged; the data as agreed count too, apart."""
    good = [one for one in judged if one.mutant is None or one.mutant.group == GOOD]
    wrong = [
        f"{one.place}, {one.mutant.name if one.mutant else 'as agreed'}" for one in good if one.gate.broken
    ]
    return _told(wrong, _counted(good))


def statuses(ended: Sequence[Ended]) -> Observation:
    wrong = [f"{one.case}: {one.status}, not {one.due}" for one in ended if one.status != one.due]
    return _listed(wrong, len(ended), "commands")


def gate_predicted(seen: Seen) -> Observation:
    predicted, measured = metrics.predicted(seen.timed)
    size = metrics.middle(seen.timed)
    detail = f"{predicted:.2f} s predicted, {measured:.2f} s measured at {size:,} orders"
    return Observation(abs(predicted / measured - 1), detail)


def gate_seconds(seen: Seen) -> Observation:
    size, seconds = list(metrics.medians(seen.timed, GATE).items())[-1]
    return Observation(float(seconds), f"median at {size:,} orders, without the start of a process")


def _on_duckdb(judged: Sequence[Judged]) -> list[Judged]:
    return [one for one in judged if one.place == DUCKDB]


def _counted(judged: Sequence[Judged]) -> str:
    """Changes by the places where they were judged, each once; the data as agreed apart, for they are no change."""
    places: dict[str, list[str]] = {}
    for one in judged:
        places.setdefault(one.mutant.name if one.mutant else "", []).append(one.place)
    agreed, alike = places.pop("", []), dict[tuple[str, ...], list[str]]()
    for name, where in places.items():
        alike.setdefault(tuple(where), []).append(name)
    changes = []
    for placed, names in alike.items():
        shown = ", ".join(names[:SHOWN]) + (" and more" if len(names) > SHOWN else "")
        changes.append(f"{len(names)} change{'s' if len(names) > 1 else ''} ({', '.join(placed)}): {shown}")
    return "; ".join([*(changes or ["0 changes"]), f"the data as agreed ({', '.join(agreed) or 'nowhere'})"])


def _listed(wrong: Sequence[object], of: int, what: str) -> Observation:
    return _told(wrong, f"{of} {what}")


def _told(wrong: Sequence[object], of: str) -> Observation:
    shown = "; ".join(map(str, wrong[:SHOWN]))
    return Observation(len(wrong), f"{shown} (of {of})" if shown else f"of {of}")
