"""Storage classes and retention: bills of real access traces by policy, checked three ways, and rules in a real store."""

from __future__ import annotations

from dataclasses import replace

from lab import wheels
from lab.evidence.result import Result
from lab.experiments.storage_cost.judge import observations
from lab.experiments.storage_cost.judge.metrics import metrics, policies, shown, tables
from lab.experiments.storage_cost.measure import checks, scale, sensitivity, sheet, store
from lab.experiments.storage_cost.measure.bound import bound
from lab.experiments.storage_cost.measure.seen import Checks, Compared, Seen
from lab.experiments.storage_cost.mechanism import (
    Bill,
    Policy,
    Prices,
    Trace,
    all_hot,
    bill,
    load,
    offline_optimum,
)
from lab.experiments.storage_cost.params import Params
from lab.experiments.storage_cost.workload import arms, traces
from lab.experiments.storage_cost.workload.arms import AGE, HOT, LADDER, Candidate
from lab.progress import steps

OWN_POLICY = "own policy"
DAYS_OF_CONTROL, OBJECTS_OF_CONTROL = 360, 100


def run(params: Params, policy: Policy | None = None) -> Result:
    """The whole experiment; with a `policy` of your own its bill on MovieLens beside the others', judged as if chosen.

    policy: (History) -> [Move(day, class)], asked when an object is put and after each day with a read.
    """
    if policy is None:
        return run_with_controls(params)[0]
    seen = _billed(params, load(params.prices) if params.prices else load())
    own = Candidate(OWN_POLICY, "", policy)
    bills = {**seen.compared.bills, own.name: bill(seen.compared.trace, policy, seen.prices)}
    return _result(params, replace(seen, chosen=own, compared=replace(seen.compared, bills=bills)))


def run_with_controls(params: Params) -> tuple[Result, dict[str, Result]]:
    """The treatment; a trace that re-heats; a bill that forgets minimum durations; a policy for which waiting is no matter."""
    with steps(5) as work:
        work.next("bills and optimum")
        prices = load(params.prices) if params.prices else load()
        seen = _billed(params, prices)
        test, compared = seen.compared.trace, seen.compared
        work.next("the bill by hand, by SQL, by all schedules")
        checked = Checks(
            checks.by_hand_table(),
            checks.by_meter(test, {**shown(seen), **_ladder(seen)}, seen.rule, prices),
            checks.least(params.instances, params.seed, prices),
        )
        work.next("other prices and loads")
        films = _every_fourth(traces.films(params.median_mb, params.seed))
        seen = replace(
            seen,
            compared=replace(compared, retention=arms.retention(test, seen.rule, prices)),
            dense=1 - offline_optimum(films, prices).total / bill(films, all_hot, prices).total,
            checks=checked,
            bound=bound(test, prices, seen.chosen.to),
            sensitivity=sensitivity.sensitivity(test, seen.chosen, params, prices),
            scale=scale.law(
                test,
                seen.chosen,
                compared.bills[HOT],
                compared.bills[seen.chosen.name],
                params.copies,
                prices,
            ),
            sheet=sheet.sheet(shown(seen), prices),
        )
        work.next("rules in the store")
        stored, version = store.in_store(params.sample, seen.rule, prices)
        work.next("controls")
        return _result(params, replace(seen, store=stored), version), _controls(params, seen)


def _billed(params: Params, prices: Prices) -> Seen:
    """Policies chosen on CDNOW; all bills on MovieLens."""
    test = traces.movielens(params.median_mb, params.session_minutes, params.seed)
    tuning = traces.cdnow(params.median_mb, params.seed + 1)
    test, tuning = (replace(trace, egress=params.egress) for trace in (test, tuning))
    among = arms.candidates(params, tuning, prices)
    tuned = arms.table(among, arms.billed(tuning, among, prices))
    bills = arms.billed(test, among, prices)
    compared = Compared(test, bills, offline_optimum(test, prices), arms.without_waits(test, params, prices))
    chosen, rule = among[arms.choose(tuned, params)], among[arms.choose_rule(tuned, params)]
    return Seen(prices, params.max_wait_s, chosen, rule, compared, tuned, arms.table(among, bills))


def _every_fourth(trace: Trace) -> Trace:
    return replace(trace, objects=trace.objects[::4])


def _ladder(seen: Seen) -> dict[str, Bill]:
    return {name: found for name, found in seen.compared.bills.items() if name == LADDER}


def _controls(params: Params, seen: Seen) -> dict[str, Result]:
    minimum = observations.differing(
        checks.by_hand_table(_forgetful(load())), "bills", observations.MILLIONTH
    )
    cheapest = str(seen.tuning.sort_values("usd")["policy"].iloc[0])
    waiting, hot = seen.compared.bills[cheapest], seen.compared.bills[HOT]
    return {
        "re-heating trace": _reheated(params, seen),
        "minimum durations forgotten": Result(params, {"bill_equals_hand": minimum}),
        "waiting allowed": Result(
            params,
            {
                "latency_acceptable": observations.latency(waiting, params.max_wait_s),
                "saves_on_unseen_trace": observations.saving(waiting, hot, cheapest),
            },
        ),
    }


def _reheated(params: Params, seen: Seen) -> Result:
    """The aggressive rule of age on objects that are read again and again."""
    prices, to = seen.prices, seen.rule.to
    trace: Trace = traces.reheating(
        OBJECTS_OF_CONTROL, DAYS_OF_CONTROL, params.reheat_days, params.median_mb, params.seed
    )
    rule = arms.age_rule(to, max(params.aggressive_age, prices.of(to).rule_from_days))
    same = {seen.chosen.name: seen.chosen} if seen.chosen.kind != AGE else {}
    compared = Compared(
        trace,
        arms.billed(trace, {rule.name: rule, **same}, prices),
        offline_optimum(trace, prices),
        arms.without_waits(trace, params, prices),
    )
    observed = {
        "never_dearer_than_hot": observations.dearer(compared.bills[rule.name], compared.bills[HOT]),
        "none_beats_the_optimum": observations.none_beats(compared),
    }
    return Result(params, observed, tables={"policies": policies(compared)})


def _forgetful(prices: Prices) -> Prices:
    return replace(prices, classes=tuple(replace(item, min_days=0) for item in prices.classes))


def _result(params: Params, seen: Seen, version: str = "") -> Result:
    versions = {
        "recbole (MovieLens)": wheels.version("movielens", traces.MOVIELENS),
        "lifetimes (CDNOW)": wheels.version("cdnow", traces.CDNOW),
        "price table": seen.prices.date,
    } | ({"SeaweedFS": version} if version else {})
    notes = (
        (f"the store's answer to rules of transition: {seen.store.transition_refused or 'taken'}",)
        if seen.store
        else ()
    )
    files = {"storage-cost-model.xlsx": seen.sheet.xlsx} if seen.sheet else {}
    return Result(
        params, observations.observe(params, seen), metrics(seen), tables(seen), versions, notes, files
    )
