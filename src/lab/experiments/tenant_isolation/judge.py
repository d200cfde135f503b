"""From what was seen to observations, metrics and tables, without a service."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from lab.evidence.criteria import Observation
from lab.evidence.fit import line
from lab.evidence.result import Metric
from lab.evidence.statistics import none_seen_bound
from lab.experiments.tenant_isolation.measure.attempts import Outcome
from lab.experiments.tenant_isolation.measure.audited import Audited
from lab.experiments.tenant_isolation.measure.faults import Linted
from lab.experiments.tenant_isolation.measure.overhead import ALONE, EACH, INDEXES, ONCE, WRITTEN
from lab.experiments.tenant_isolation.measure.sequences import Sequences
from lab.experiments.tenant_isolation.workload.arms import TREATMENT

SHOWN = 3  # examples of what is wrong
COLUMNS = ["arm", "model", "kind", "name", "open", "gives", "held", "how"]
MODELS = {"api": "api_blocked", "sql": "sql_blocked"}
WITH, WITHOUT = INDEXES


@dataclass(frozen=True)
class Seen:
    """outcomes: of all installations. The rest is of the one as it should be; explained: findings of the others, by name."""

    outcomes: Sequence[Outcome] = ()
    audited: Audited | None = None
    sequences: Sequences | None = None
    linted: Linted | None = None
    explained: Mapping[str, Sequence[str]] = field(default_factory=dict)
    forms: pd.DataFrame | None = None
    planning: pd.DataFrame | None = None


def observe(seen: Seen, arm: str = TREATMENT.name) -> dict[str, Observation]:
    """By criterion; attacks and actions are those of `arm`."""
    table = matrix(seen.outcomes)
    own = table[table["arm"] == arm]
    found = {name: blocked(own, model) for model, name in MODELS.items() if _attacks(own, model).any()}
    if (own["gives"] != "").any():
        found["legitimate_allowed"] = _listed(
            _titles(own[(own["gives"] != "") & ~own["held"]]), int((own["gives"] != "").sum()), "actions"
        )
    if arm == TREATMENT.name and table["arm"].nunique() > 1:
        found["attacks_are_real"] = real(table)
    if seen.audited is not None:
        found |= _audit(seen.audited)
    if seen.sequences is not None:
        bound = f"rate at most {none_seen_bound(seen.sequences.tried):.2g} at 95 %"
        tried = f"sequences, {seen.sequences.statements:,} statements; {bound}"
        found["random_agrees"] = _listed(seen.sequences.differing, seen.sequences.tried, tried)
    if seen.linted is not None:
        wrong = [*seen.linted.missed, *(f"{one.code}: {one.object}" for one in seen.linted.clean)]
        found["lint_finds"] = _listed(wrong, seen.linted.tried, "faults")
    if seen.forms is not None:
        found |= _forms(medians(seen.forms))
    if seen.planning is not None:
        found["planning_predicted"] = _planning(seen.planning)
    return found


def matrix(outcomes: Sequence[Outcome]) -> pd.DataFrame:
    """A row for each attempt: arm, model, kind, name, open, gives, held, how."""
    rows = [
        one.attack.model_dump(include=set(COLUMNS)) | {"arm": one.arm, "held": one.held, "how": one.how}
        for one in outcomes
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"open": bool, "held": bool})


def _attacks(table: pd.DataFrame, model: str) -> pd.Series:
    return (table["model"] == model) & (table["gives"] == "") & ~table["open"]


def blocked(own: pd.DataFrame, model: str) -> Observation:
    """Attacks of one threat model that succeeded, on one installation."""
    tried = own[_attacks(own, model)]
    return _listed(_titles(tried[~tried["held"]]), len(tried), "attacks")


def real(table: pd.DataFrame) -> Observation:
    """Attacks that succeed on no other installation than the one as it should be, or were tried on no other."""
    tried = table[(table["gives"] == "") & ~table["open"]]
    keys, ours = ["model", "kind", "name"], tried["arm"] == TREATMENT.name
    succeeded = set(tried[~ours & ~tried["held"]][keys].itertuples(index=False, name=None))
    known = list(tried[ours][keys].itertuples(index=False, name=None))
    return _listed([f"{key[1]}, {key[2]}" for key in known if key not in succeeded], len(known), "attacks")


def _audit(seen: Audited) -> dict[str, Observation]:
    of = f"accesses, {seen.refused} of them refused"
    wrong = [*seen.page_missing, *seen.page_wrong]
    return {
        "accesses_audited": _listed(seen.missing, seen.sent, of),
        "audit_page_answers": _listed(wrong, seen.readers, "accesses that brought rows of the tenant"),
    }


def medians(timed: pd.DataFrame) -> pd.Series:
    """Median ms over the rounds, by all other columns."""
    keys = [name for name in timed.columns if name not in ("round", "ms")]
    return timed.groupby(keys, sort=False)["ms"].median()


def _forms(ms: pd.Series) -> dict[str, Observation]:
    each, once = float(ms[EACH, WITHOUT]), float(ms[ONCE, WITHOUT])
    policy, written = float(ms[ONCE, WITH]), float(ms[WRITTEN, WITH])
    return {
        "once_not_per_row": Observation(each / once, f"{each:.1f} ms against {once:.1f} ms"),
        "policy_costs_little": Observation(policy / written, f"{policy:.2f} ms against {written:.2f} ms"),
    }


@dataclass(frozen=True)
class Quadratic:
    """ms to plan with p partitions: fixed + each p². A power of p drawn through the same ends misses the number between."""

    fixed: float
    each: float

    def at(self, partitions: float) -> float:
        return float(self.fixed + self.each * partitions**2)

    def reaches(self, ms: float) -> float:
        """Partitions at which planning takes so long; infinite if it does not grow, none if it takes that anyway."""
        return math.sqrt(max(0.0, ms - self.fixed) / self.each) if self.each > 0 else math.inf


def planned(planning: pd.DataFrame) -> tuple[Quadratic, int, float]:
    """(ms by partitions, from the fewest and the most; the number between; what was measured there), the policy alone."""
    ms = medians(planning).xs(ALONE, level="query").sort_index()
    counts = [int(count) for count in ms.index]
    first, middle, last = counts[0], counts[len(counts) // 2], counts[-1]
    law = line([first**2, last**2], [ms[first], ms[last]]).rising()
    return Quadratic(law.fixed, law.each), middle, float(ms[middle])


def _planning(planning: pd.DataFrame) -> Observation:
    law, middle, measured = planned(planning)
    detail = f"{law.at(middle):.2f} ms predicted, {measured:.2f} ms measured with {middle} partitions"
    return Observation(abs(law.at(middle) / measured - 1), detail)


def metrics(seen: Seen) -> list[Metric]:
    """Counts of the matrix by installation, times by form and by partitions."""
    found = []
    table = matrix(seen.outcomes)
    for (arm, model), own in table[table["gives"] == ""].groupby(["arm", "model"], sort=False):
        closed, left = own[~own["open"]], own[own["open"]]
        found.append(
            Metric(
                slug("blocked", model, arm),
                float(closed["held"].sum()),
                "attacks",
                f"{arm}: of {len(closed)} by {model}",
            )
        )
        if len(left):
            told = float((~left["held"]).sum())
            found.append(
                Metric(
                    slug("metadata", model, arm), told, "leaks", f"{arm}: metadata told, of {len(left)} tried"
                )
            )
    allowed = table[table["gives"] != ""]
    if len(allowed):
        found.append(
            Metric(
                "allowed",
                float(allowed["held"].sum()),
                "actions",
                f"of {len(allowed)} that must be allowed",
                better="higher",
            )
        )
    for timed in (seen.forms, seen.planning):
        if timed is not None:
            found += _times(timed)
    if seen.planning is not None:
        law, _, _ = planned(seen.planning)
        found += [
            Metric("planning_fixed_ms", law.fixed, "ms", "c, planning by partitions"),
            Metric("planning_each_us", 1e3 * law.each, "µs", "a, planning, for each partition by each other"),
        ]
    if seen.audited is not None:
        found.append(
            Metric(
                "audited",
                float(seen.audited.sent),
                "accesses",
                f"sent, of which {seen.audited.refused} were refused",
            )
        )
    return found


def _times(timed: pd.DataFrame) -> list[Metric]:
    keys = [name for name in timed.columns if name not in ("round", "ms")]
    return [
        Metric(
            slug("ms", *map(str, key)),
            float(part["ms"].median()),
            "ms",
            f"{', '.join(map(str, key))}, median",
            raw=[float(value) for value in part["ms"]],
            better="lower",
        )
        for key, part in timed.groupby(keys, sort=False)
    ]


def tables(seen: Seen) -> dict[str, pd.DataFrame]:
    """attempts, always; findings, forms, planning, where they are."""
    made = {"attempts": matrix(seen.outcomes)}
    if seen.explained:
        rows = [(arm, code) for arm, codes in seen.explained.items() for code in codes]
        made["findings"] = pd.DataFrame(rows, columns=["arm", "code"])
    if seen.audited is not None:
        made["audit"] = pd.DataFrame([vars(entry) for entry in seen.audited.entries])
    return made | {
        name: timed
        for name, timed in (("forms", seen.forms), ("planning", seen.planning))
        if timed is not None
    }


def slug(*words: object) -> str:
    """A metric's name."""
    return "_".join(map(str, words)).replace("-", "_").replace(" ", "_").lower()


def _titles(rows: pd.DataFrame) -> list[str]:
    return [
        f"{kind}, {name} ({how})"
        for kind, name, how in zip(rows["kind"], rows["name"], rows["how"], strict=True)
    ]


def _listed(wrong: Sequence[str], of: int, what: str) -> Observation:
    shown = "; ".join(wrong[:SHOWN])
    return Observation(len(wrong), f"{shown} (of {of} {what})" if shown else f"of {of} {what}")
