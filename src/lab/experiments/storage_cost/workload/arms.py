"""The policies that are compared, by name; and how one is chosen on one trace for use on another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pandas as pd

from lab.experiments.storage_cost.mechanism import (
    Bill,
    Policy,
    Prices,
    StorageClass,
    Trace,
    age_rules,
    all_hot,
    automatic_tiering,
    bill,
    break_even,
    learn,
    offline_optimum,
)
from lab.experiments.storage_cost.params import Params

HOT, TIERING, LADDER = "all hot", "Intelligent-Tiering", "ladder 30, 90, 180 days"
OPTIMUM, QUICK = "offline optimum", "offline optimum without waits"
AGE, BREAK_EVEN, PREDICTOR = "age", "break-even", "predictor"
RETENTION_DAYS = (60, 120)


@dataclass(frozen=True)
class Candidate:
    """A policy that may be chosen. kind: AGE, BREAK_EVEN or PREDICTOR; to: the class; age: of a rule of age."""

    kind: str
    to: str
    policy: Policy
    age: int = 0

    @property
    def name(self) -> str:
        return (
            f"{self.to} at {self.age} {'day' if self.age == 1 else 'days'}"
            if self.kind == AGE
            else f"{self.kind} to {self.to}"
        )


def age_rule(to: str, age: int) -> Candidate:
    return Candidate(AGE, to, age_rules((age, to)), age)


def candidates(params: Params, tuning: Trace, prices: Prices) -> dict[str, Candidate]:
    """Of every class below the first: rules of age that S3 would accept, break-even, and a predictor learned on `tuning`."""
    found = []
    for at in prices.classes[1:]:
        found += [age_rule(at.name, age) for age in params.ages if age >= at.rule_from_days]
        found.append(Candidate(BREAK_EVEN, at.name, break_even(prices, at.name)))
        found.append(Candidate(PREDICTOR, at.name, learn(tuning, prices, at.name)[0]))
    return {item.name: item for item in found}


def billed(trace: Trace, among: Mapping[str, Candidate], prices: Prices) -> dict[str, Bill]:
    """The bill of all hot, of every candidate, of the ladder, and of the tariff that moves objects itself."""
    found = {HOT: bill(trace, all_hot, prices)}
    found |= {name: bill(trace, item.policy, prices) for name, item in among.items()}
    found |= {name: bill(trace, policy, prices) for name, policy in ladder(prices.classes).items()}
    return found | ({TIERING: automatic_tiering(trace, prices)} if prices.tiering else {})


def table(among: Mapping[str, Candidate], bills: Mapping[str, Bill]) -> pd.DataFrame:
    """Each candidate's cost, saving, share of reads that pay retrieval, longest wait."""
    hot = bills[HOT].total
    return pd.DataFrame(
        {
            "policy": name,
            "kind": item.kind,
            "class": item.to,
            "age": item.age,
            "usd": bills[name].total,
            "saving": 1 - bills[name].total / hot,
            "cold_share": bills[name].cold_share,
            "longest_wait": bills[name].longest_wait,
        }
        for name, item in among.items()
    )


def choose(tried: pd.DataFrame, params: Params) -> str:
    """The cheapest within both thresholds; if none is, the one with the fewest reads that pay retrieval."""
    within = tried[(tried["longest_wait"] <= params.max_wait_s) & (tried["cold_share"] <= params.cold_share)]
    return str(
        (within if len(within) else tried.sort_values("cold_share").head(1))
        .sort_values("usd")["policy"]
        .iloc[0]
    )


def choose_rule(tried: pd.DataFrame, params: Params) -> str:
    """The cheapest rule of age within the waiting time: what a lifecycle rule alone can do."""
    rules = tried[tried["kind"] == AGE]
    quick = rules[rules["longest_wait"] <= params.max_wait_s]
    return str((quick if len(quick) else rules).sort_values("usd")["policy"].iloc[0])


def ladder(classes: tuple[StorageClass, ...]) -> dict[str, Policy]:
    """One class after the other, as lifecycle tutorials have it; nothing where there are too few classes."""
    if len(classes) < 4:
        return {}
    steps = list(zip((30, 90, 180), (classes[1].name, classes[2].name, classes[-1].name), strict=True))
    return {LADDER: age_rules(*steps)}


def without_waits(trace: Trace, params: Params, prices: Prices) -> Bill:
    """The optimum among the classes whose wait is acceptable; the first class always is one."""
    quick = tuple(at for at in prices.classes if at is prices.hot or at.wait_s <= params.max_wait_s)
    return offline_optimum(trace, replace(prices, classes=quick))


def retention(trace: Trace, rule: Candidate, prices: Prices) -> dict[str, Bill]:
    """Deletion by age, alone and on top of a rule of age: another service, as it loses reads."""
    found = {}
    for days in RETENTION_DAYS:
        found[f"{HOT}, deleted at {days} days"] = bill(trace, age_rules(expire=days), prices)
        if days > rule.age:
            policy = age_rules((rule.age, rule.to), expire=days)
            found[f"{rule.name}, deleted at {days} days"] = bill(trace, policy, prices)
    return found
